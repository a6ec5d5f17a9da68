"""The full device from its folder, with a colour display and touch on SPI: what a person sees, and where they touch."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from boards.packs import build
from tests.boards.on_bench import Bench, install
from tests.panel.fake import Desk, Device, Fax, Interface

pytestmark = pytest.mark.live
BOARDS = [("pico2_w", "ili9341"), ("pico2_w", "st7789"), ("esp32s3", "ili9341")]
LIGHT = {"pico2_w": 22, "esp32s3": 7}
_HEAP_KB = 8192
_PATIENCE_S = 30.0
_FRAME_BYTES = 320 * 240 * 2
_BAND_BYTES = 320 * 8 * 2
_BAND_COMMANDS = 1 + 4 + 1


@pytest.fixture(params=BOARDS, ids=lambda param: "-".join(param))
def kind(request: pytest.FixtureRequest) -> tuple[str, str]:
    board, chip = request.param
    return board, chip


def flash_of(folder: Path, board: str, **device: Any) -> Path:
    """A new board with this `/device.json`."""
    root = Path(shutil.copytree(build(board), folder / "root"))
    (root / "device.json").write_text(json.dumps(device))
    install(root, folder / "flash")
    return folder / "flash"


class Drawn:
    """A screen of a device like this one, drawn on CPython: its picture as the display should have it, and its rows."""

    def __init__(self, picture: bytes, rows: list[Any]) -> None:
        self.picture = picture
        self._rows = rows

    def place(self, words: str) -> tuple[int, int]:
        """The middle of what bears these words."""
        row = next(row for row in self._rows if row[0] == words)
        return row[1] + row[3] // 2, row[2] + row[4] // 2


def drawn(tap: str = "") -> Drawn:
    async def draw() -> Drawn:
        device = Device((320, 240))
        device.board.network.interfaces = [Interface("Wi-Fi", True, "")]
        device.board.clock.unix_s = None
        device.saved["method"] = "off"
        device.has_my_email, device.fax = True, Fax(device)
        desk = await Desk(device).begin()
        if tap:
            await desk.tap(tap)
        frame = await desk.frame()
        await desk.end()
        return Drawn(coloured(frame, desk.panel.colours), desk.rows)

    return asyncio.run(draw())


def coloured(frame: bytes, palette: bytes) -> bytes:
    """Two bytes a pixel: red's 5 bits, green's 6, blue's 5."""
    colours = []
    for number in range(16):
        red, green, blue = palette[3 * number : 3 * number + 3]
        colours.append((red >> 3 << 11 | green >> 2 << 5 | blue >> 3).to_bytes(2, "big"))
    return b"".join(colours[byte >> 4] + colours[byte & 15] for byte in frame)


async def shown(bench: Bench, picture: bytes) -> None:
    """Once the display shows it, however long the chip takes to begin and how fast the bench asks."""
    seen = b""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while seen != picture:
                seen = await bench.display()
    except TimeoutError:
        wrong = [at for at in range(0, len(picture), 2) if seen[at : at + 2] != picture[at : at + 2]]
        places = [(at // 2 % 320, at // 640) for at in wrong[:10]]
        said = bench.lines[-10:]
        raise AssertionError(f"{len(wrong)} pixels are others, such as {places}; the console said {said}") from None


def test_what_is_seen_is_what_was_drawn_and_touching_it_works(kind: tuple[str, str], tmp_path: Path) -> None:
    board, chip = kind
    home, settings = drawn(), drawn("Settings")
    flash = flash_of(tmp_path, board, display=chip)

    async def story() -> None:
        async with Bench.powered(flash, board, {}, heap_kb=_HEAP_KB, display=chip) as bench:
            await bench.on("home")
            await shown(bench, home.picture)
            assert await bench.ask("pin", LIGHT[board]) == "1"
            await bench.tap(*home.place("Settings"))
            await bench.on("settings")
            await shown(bench, settings.picture)
            await bench.tap(*settings.place("Home"))
            await bench.on("home")
            await shown(bench, home.picture)

    asyncio.run(story())


def test_only_bands_that_changed_are_sent(tmp_path: Path) -> None:
    flash = flash_of(tmp_path, "pico2_w")
    home, settings = drawn(), drawn("Settings")

    async def story() -> list[int]:
        async with Bench.powered(flash, "pico2_w", {}, heap_kb=_HEAP_KB, display="ili9341") as bench:
            await bench.on("home")
            await shown(bench, home.picture)
            sent = [int(await bench.ask("traffic"))]
            await bench.tap(*home.place("Settings"))
            await bench.on("settings")
            await shown(bench, settings.picture)
            sent.append(int(await bench.ask("traffic")) - sent[0])
            return sent

    first, second = asyncio.run(story())
    print("Bytes to the display: the first frame", first, "another screen", second)
    start = 14 + 7 + 5 + 1  # commands of the start, the columns and that it is on
    assert abs(first - (_FRAME_BYTES + 30 * _BAND_COMMANDS + start)) < 16
    bands = second / (_BAND_BYTES + _BAND_COMMANDS)
    assert bands == int(bands) and 5 <= bands <= 30


@pytest.mark.parametrize("edges", [[3800, 300, 3750, 350, 1], [250, 3900, 3600, 400, 0], [400, 3700, 300, 3800, 1]])
def test_touch_goes_by_its_calibration(edges: list[int], tmp_path: Path) -> None:
    """Whichever way round the module's layers are; the measurements are noisy."""
    flash = flash_of(tmp_path, "pico2_w", touch=edges)
    home = drawn()

    async def story() -> None:
        async with Bench.powered(flash, "pico2_w", {}, heap_kb=_HEAP_KB, display="ili9341", edges=edges) as bench:
            await bench.on("home")
            await bench.tap(*home.place("Settings"))
            await bench.on("settings")

    asyncio.run(story())
