"""A plain Pico: boots through its own `main.py` on the real MicroPython, littlefs and simulated chips.

Its code is run in place, in a ROM partition. With official MicroPython, which has none, it comes from packs into the heap.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from boards.packs import build
from firmware.panel.fonts import sans_22
from hal.network_none import NoInterface
from tests.boards.machine import unique_id
from tests.boards.on_bench import Bench, another, install, install_in_place
from tests.panel.fake import Desk, Device
from tests.panel.receipt import Reader, decode

pytestmark = pytest.mark.live
# Of the chip's number, which is not shown itself: `hal/identity_file.py`.
_SERIAL = "SP" + hashlib.sha256(b"scanpost serial\0" + unique_id()).hexdigest()[:12].upper()
PINS = {"up": 14, "down": 15, "ok": 13}
_WIDTH = 384  # dots: paper of 58 mm
WAY_TO_THE_SHEET = (  # manual R14: what is chosen, and the screen that follows
    ("Settings", "settings"),
    ("General Settings", "general"),
    ("Network Settings", "network"),
    ("Network Status", "network_status"),
    ("Print Status Sheet", "print_sheet"),
    ("Print", "print_sheet"),
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pico")
    (folder / "root").mkdir()
    install_in_place("pico", folder / "root", folder / "flash", half=1)  # of a Pico W the tests run the other one
    return folder / "flash"


@pytest.fixture
def flash(installed: Path, tmp_path: Path) -> Path:
    """A new board."""
    return another(installed, tmp_path)


def as_drawn(*keys: str) -> bytes:
    """The home screen of a device like this one, drawn on CPython, after these keys."""

    async def draw() -> bytes:
        device = Device((128, 64))
        device.board.network.interfaces = [NoInterface()]  # type: ignore[list-item]
        device.board.network.fitted = False
        device.board.clock.unix_s = None
        device.saved["method"] = "off"
        desk = await Desk(device).begin()
        await desk.key(*keys)
        frame = await desk.frame()
        await desk.end()
        return frame

    return asyncio.run(draw())


def test_the_home_screen_is_on_the_display_pixel_by_pixel(flash: Path) -> None:
    pictures = {(): as_drawn(), ("down",): as_drawn("down"), ("down", "down"): as_drawn("down", "down")}
    assert len(set(pictures.values())) == 3 and all(any(picture) for picture in pictures.values())

    async def story() -> None:
        async with Bench.powered(flash, "pico", PINS) as bench:
            await bench.on("home")
            await shown(bench, pictures[()])
            await bench.until(lambda: "No network\nThis model has none" in bench.screen.words)
            for keys in (("down",), ("down", "down")):
                await bench.press("down")
                await shown(bench, pictures[keys])
            await bench.press("up")
            await shown(bench, pictures[("down",)])

    asyncio.run(story())


async def shown(bench: Bench, picture: bytes) -> None:
    """Once the display shows it."""
    seen = b""
    for _ in range(200):
        seen = await bench.display()
        if seen == picture:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"The display shows something else:\n{drawn(seen)}\n{drawn(picture)}\n{bench.lines[-20:]}")


def drawn(picture: bytes) -> str:
    """For a person to look at."""
    rows = [picture[y * 16 : y * 16 + 16] for y in range(64)]
    return "\n".join("".join(".#"[byte >> 7 - bit & 1] for byte in row for bit in range(8)) for row in rows)


def test_presses_while_the_board_computes_are_not_lost(flash: Path) -> None:
    async def story() -> None:
        async with Bench.powered(flash, "pico", PINS) as bench:
            await bench.on("home")
            await bench.until(lambda: bench.screen.focus == "Scan to Email" and "has none" in bench.screen.words)
            await bench.ask("presses", PINS["down"], 3)
            await bench.until(lambda: bench.screen.focus == "Sign in")

    asyncio.run(story())


def test_the_status_sheet_goes_out_of_the_serial_line(flash: Path) -> None:
    async def story() -> str:
        async with Bench.powered(flash, "pico", PINS) as bench:
            await bench.on("home")
            await print_sheet(bench)
            return bench.lines[0]

    password = asyncio.run(story())
    assert password.startswith("The administrator password is ")
    [page] = decode(flash.with_suffix(".uart").read_bytes(), _WIDTH)
    reader = Reader(sans_22)
    read = [reader.read(picture) for picture in page.pictures]
    for words in ("Scanpost Pico", _SERIAL, "No network", "Disconnected"):
        assert any(reader.told(words) in line for line in read), (words, read)
    assert not any(reader.told(password.rpartition(" ")[2]) in line for line in read)


async def print_sheet(bench: Bench) -> None:
    for words, screen in WAY_TO_THE_SHEET:
        await bench.choose(words, screen)
    await bench.until(lambda: "was printed" in bench.screen.words)
    await bench.press("ok")


def test_settings_and_history_survive_a_reset(tmp_path: Path) -> None:
    """On official MicroPython, with the code in files."""
    flash = tmp_path / "flash"
    install(build("pico"), flash)

    async def story() -> None:
        async with Bench.powered(flash, "pico", PINS) as bench:
            await bench.on("home")
            password = bench.lines[0]
            await print_sheet(bench)
            for menu in ("network", "general", "settings"):
                await bench.press("ok", held_ms=700)  # a long press goes back
                await bench.on(menu)
            await bench.choose("Language", "language")
            await bench.choose("Lietuvių", "language")
            await bench.until(lambda: bench.screen.language == "lt")
            await bench.again()
            await bench.on("home")
            assert bench.screen.language == "lt"
            assert bench.lines.count(password) == 2  # the same one, told until somebody chooses another
            await bench.choose("Užduoties būsena", "jobs")
            await bench.until(lambda: "Būsenos lapas" in bench.screen.words)

    asyncio.run(story())


def test_the_watchdog_is_fed_and_only_what_a_plain_pico_has_is_loaded(flash: Path) -> None:
    async def story() -> None:
        async with Bench.powered(flash, "pico", PINS) as bench:
            await bench.on("home")
            timeout_ms, fed = (await bench.ask("watchdog")).split()
            assert int(timeout_ms) <= 8388
            while int((await bench.ask("watchdog")).split()[1]) < int(fed) + 2:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.1)
            modules = (await bench.ask("modules")).split()
            assert not [name for name in modules if name.startswith(("microdot", "firmware.web", "hal.network_m"))]
            assert not [line for line in bench.lines if "rror" in line or "web:" in line], bench.lines

    asyncio.run(story())
