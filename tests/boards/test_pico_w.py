"""A Pico W from its folder: WLAN that comes and goes, clock and Web Config, on the real MicroPython with real sockets."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import time
from pathlib import Path

import pytest

from boards.packs import build
from tests.boards.lan import names, serving, the_time
from tests.boards.on_bench import Bench, install

pytestmark = pytest.mark.live
PINS = {"up": 14, "down": 15, "ok": 13}
DEVICE = {"ssid": "bureau", "wifi_password": "air password", "country": "LT", "ntp": "time.bureau.example"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pico_w")
    shutil.copytree(build("pico_w"), folder / "root")
    (folder / "root" / "device.json").write_text(json.dumps(DEVICE))
    install(folder / "root", folder / "flash")
    return folder / "flash"


@pytest.fixture
def flash(installed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(installed, tmp_path / "flash"))


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
            async with Bench.powered(flash, "pico_w", PINS, lan) as bench:
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
    installed: Path, tmp_path: Path, device: dict[str, str], said: str
) -> None:
    root = Path(shutil.copytree(build("pico_w"), tmp_path / "root"))
    (root / "device.json").write_text(json.dumps(device))
    install(root, tmp_path / "flash")

    async def story() -> list[str]:
        async with Bench.powered(tmp_path / "flash", "pico_w", PINS) as bench:
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
        loop = asyncio.get_running_loop()
        async with Bench.powered(flash, "pico_w", PINS, {"192.0.2.53:53": silence.getsockname()[1]}) as bench:
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
