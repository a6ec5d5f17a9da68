"""The seam's contract on the virtual board."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from hal.errors import ConnectionLost, TLSError
from sim.board import Parts, SimIdentity, VirtualBoard, interfaces
from sim.clock import DeviceClock, WorldClock
from sim.cloud.certificates import Authority
from sim.loop import VirtualLoop
from sim.network import MemoryStream, SimNetwork
from sim.storage import RamStorage
from tests.contract import checks


async def echo(stream: MemoryStream) -> None:
    while data := await stream.read(65536, 60_000):
        await stream.write(data, 60_000)


async def silent(stream: MemoryStream) -> None:
    await asyncio.sleep(60)


async def plain(stream: MemoryStream) -> None:
    await stream.write(b"HTTP/1.1 400 Bad Request\r\n", 1000)
    await asyncio.sleep(60)


def tls_echo(certificate_der: bytes) -> Callable[[MemoryStream], Awaitable[None]]:
    async def serve(stream: MemoryStream) -> None:
        await stream.start_tls_server(certificate_der)
        await echo(stream)

    return serve


async def visit_in_tls(stream: MemoryStream, number: int) -> None:
    """As `checks.serve_tls` asks for."""
    if number == 2:
        await stream.write(b"GET / HTTP/1.1\r\n\r\n", 1000)
    elif number == 4:
        await stream.close()
    elif number != 1:
        try:
            await stream.start_tls("device", [], False, 1000)
        except (ConnectionLost, TLSError):
            assert number == 3
            return
        assert stream.shown == checks.CERTIFICATE
        await stream.write(b"ping", 1000)
        assert (await stream.read(4, 1000)) == b"pong"
        left = 20_000
        while left:
            left -= len(await stream.read(65536, 1000))
        await stream.close()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new(random.Random(1))


@pytest.mark.parametrize("size", [(320, 240), (128, 64)])
@pytest.mark.parametrize("name", [check.__name__ for check in checks.CHECKS])
def test_contract(name: str, size: tuple[int, int], authority: Authority) -> None:
    loop = VirtualLoop()
    clock = WorldClock.virtual(loop)
    seeded = random.Random(7)
    seen: list[str] = []
    changed = asyncio.Event()

    def on_change() -> None:
        changed.set()

    parts = Parts(size, SimIdentity.drawn(seeded), seeded, on_change, seen.append)
    device_clock = DeviceClock(clock, loop)
    network = SimNetwork(device_clock, [authority.ca_der], interfaces())
    right = authority.issue(["tls.test"]).certificate_der
    wrong = authority.issue(["other.test"]).certificate_der
    network.services.update(
        {
            ("echo.test", 7): echo,
            ("tls.test", 443): tls_echo(right),
            ("wrong.test", 443): tls_echo(wrong),
            ("silent.test", 9): silent,
            ("plain.test", 443): plain,
        }
    )
    parts.scanner.lay("žodis.pdf", "application/pdf", checks.DOCUMENT)
    board = VirtualBoard(parts, device_clock, network, RamStorage(), seeded)

    async def world() -> None:
        while True:
            await changed.wait()
            changed.clear()
            told = parts.monitor.parts
            if told.pop("listening", None):
                stream = network.dial(80)
                await stream.write(b"ping", 1000)
                assert await stream.read(4, 1000) == b"pong"
                await stream.close()
            if (number := told.pop("listening_tls", None)) is not None:
                await visit_in_tls(network.dial(443), number)
            if told.pop("scanning", None):
                parts.scanner.take_away()
            if told.pop("keys", None):
                parts.keys.press("ok")
                parts.keys.press("ž")
                if parts.touch is not None:
                    parts.touch.touch(10, 20)
            if parts.panel.screen == "probe":
                parts.panel.look()

    async def main() -> str:
        around = asyncio.get_running_loop().create_task(world(), name="world")
        try:
            return await checks.run(board, name)  # type: ignore[arg-type]
        finally:
            around.cancel()

    try:
        assert loop.run(main(), deadline_ms=60_000) == ""
    finally:
        loop.close()
    if name == "printer":
        assert parts.printer.papers[0].text == "Būsena"
