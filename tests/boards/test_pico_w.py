"""A Pico W, its code in a ROM partition: WLAN that comes and goes, clock and Web Config.

All on the real MicroPython, in the board's heap, with real sockets.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urldefrag

import pytest

from boards.kinds import KINDS
from boards.stand_in import scaled_kb
from sim.browser import Browser
from sim.streams import SocketStream
from tests.boards.lan import names, serving, the_time
from tests.boards.on_bench import BENCH_KB, Bench, another, install_in_place

pytestmark = pytest.mark.live
HEAP_KB = scaled_kb("pico_w", KINDS["pico_w"].heap_kb) + BENCH_KB
PINS = {"up": 14, "down": 15, "ok": 13}
DEVICE = {"ssid": "bureau", "wifi_password": "air password", "country": "LT", "ntp": "time.bureau.example"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_device(DEVICE, tmp_path_factory.mktemp("pico_w"))


def with_device(device: dict[str, str], place: Path) -> Path:
    """The flash of a new board with this `device.json`."""
    (place / "root").mkdir()
    (place / "root" / "device.json").write_text(json.dumps(device))
    install_in_place("pico_w", place / "root", place / "flash")
    return place / "flash"


@pytest.fixture
def flash(installed: Path, tmp_path: Path) -> Path:
    return another(installed, tmp_path)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def get(port: int, context: ssl.SSLContext | None = None) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(b"GET / HTTP/1.1\r\nHost: 192.0.2.17\r\n\r\n")
    answer = await reader.read(-1)
    writer.close()
    return answer


def test_it_joins_sets_its_clock_serves_web_config_and_comes_back_after_a_loss(flash: Path) -> None:
    async def story() -> None:
        async with (
            serving(names({"time.bureau.example": "192.0.2.123"})) as names_port,
            serving(the_time()) as time_port,
        ):
            web_port = free_port()
            lan = {"192.0.2.53:53": names_port, "192.0.2.123:123": time_port, "0.0.0.0:80": web_port}
            async with Bench.powered(flash, "pico_w", PINS, lan, HEAP_KB) as bench:
                await bench.on("home")
                await bench.until(lambda: "http://192.0.2.17/" in bench.screen.words)
                await bench.until(lambda: time.strftime("%H:%M UTC", time.gmtime()) in bench.screen.words)
                assert (await get(web_port)).startswith(b"HTTP/1.1 200 ")
                assert "clock: set by time.bureau.example" in bench.lines
                assert any("192.0.2.17, -61 dBm" in line for line in bench.lines)
                await bench.ask("air", "off")
                await bench.until(lambda: "Wi-Fi, Disconnected" in bench.screen.words)
                await bench.ask("air", "on")
                await bench.until(lambda: "Wi-Fi, Connected" in bench.screen.words)
                assert (await get(web_port)).startswith(b"HTTP/1.1 200 ")
                assert not [line for line in bench.lines if "air password" in line]
                for row, screen in (
                    ("Settings", "settings"),
                    ("General Settings", "general"),
                    ("Network Settings", "network"),
                    ("Network Status", "network_status"),
                    ("Wired LAN/Wi-Fi Status", "wired_status"),
                ):
                    await bench.choose(row, screen)
                await bench.press("down")
                await bench.until(lambda: "Signal Strength\n-61 dBm" in bench.screen.words)

    asyncio.run(story())


def test_an_administrator_visits_all_pages(flash: Path) -> None:
    """Whose code is loaded with the first; each page is imported when it is asked for."""
    web_port = free_port()

    async def dial(host: str, port: int) -> SocketStream:
        assert (host, port) == ("192.0.2.17", 80)
        return SocketStream(*await asyncio.open_connection("127.0.0.1", web_port))

    async def story() -> list[str]:
        async with Bench.powered(flash, "pico_w", PINS, {"0.0.0.0:80": web_port}, HEAP_KB) as bench:
            await bench.until(lambda: "http://192.0.2.17/" in bench.screen.words)
            browser = Browser(dial)
            password = bench.lines[0].removeprefix("The administrator password is ")
            page = await browser.press(await browser.open("http://192.0.2.17/login"), "OK", password=password)
            page = await browser.press(page, "OK", old=password, new="a new one 17", again="a new one 17")
            assert "was changed" in page.text
            pages = ["http://192.0.2.17/network/email/basic"]
            for url in pages:
                page = await browser.open(url)
                assert page.status == 200, (url, page.text)
                links = [urldefrag(link).url for link in page.links.values()]
                pages += [link for link in dict.fromkeys(links) if link not in pages]
            assert not [line for line in bench.lines if "emory" in line], bench.lines
            return pages

    assert len(asyncio.run(story())) > 10


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ({**DEVICE, "wifi_password": "another password"}, "wlan: bureau: it cannot be joined, status -3"),
        ({**DEVICE, "ssid": "elsewhere"}, "wlan: elsewhere: it cannot be joined, status -2"),
        ({}, "wlan: no network was named"),
    ],
    ids=["wrong password", "no such network", "nothing was provisioned"],
)
def test_without_a_network_it_works_all_the_same_and_tries_again(
    tmp_path: Path, device: dict[str, str], said: str
) -> None:
    flash = with_device(device, tmp_path)

    async def story() -> list[str]:
        async with Bench.powered(flash, "pico_w", PINS, heap_kb=HEAP_KB) as bench:
            await bench.on("home")
            await bench.until(lambda: bench.lines.count(said) >= (2 if device else 1))
            await bench.choose("Settings", "settings")
            assert "Disconnected" in "\n".join(bench.lines)
            return bench.lines

    assert not [line for line in asyncio.run(story()) if "another password" in line]


def test_a_dead_name_server_holds_up_nobody(flash: Path) -> None:
    """The clock asks it for a time server from the moment that the network is there."""

    async def story() -> None:
        silence = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        silence.bind(("127.0.0.1", 0))
        silence.setblocking(False)
        lan = {"192.0.2.53:53": silence.getsockname()[1]}
        loop = asyncio.get_running_loop()
        async with Bench.powered(flash, "pico_w", PINS, lan, HEAP_KB) as bench:
            await bench.until(lambda: "Wi-Fi, Connected" in bench.screen.words)
            await loop.sock_recv(silence, 512)  # it has asked
            for _ in range(10):
                before, begun = bench.screen, loop.time()
                await bench.press("down")
                await bench.until(lambda before=before: bench.screen is not before)  # type: ignore[misc]
                assert loop.time() - begun < 1.0
            assert not [line for line in bench.lines if line.startswith("clock: ")]  # it still waits
            await bench.until(lambda: [line for line in bench.lines if line.startswith("clock: No name server")])
        silence.close()

    asyncio.run(story())
