"""`--printer-port`: a real printer, on a serial port or on the network, gets the bytes that the simulated one prints.

The serial port is a pseudo terminal's, the network printer a server that only listens; what they got is decoded apart from
the simulator (`tests/panel/receipt.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hal.errors import PrinterError
from sim import printer_port
from sim.live_world import LiveWorld
from sim.printer import NARROW
from sim.printer_port import PrinterPort
from sim.words import words
from sim.world import World
from tests.live.started import Started, said
from tests.panel.receipt import Page, decode
from tests.stories.printing import print_sheet, says, tap, whole

pytestmark = [
    pytest.mark.live,
    # pyserial 3.5 shuts its socket down before it closes it, and leaves it to be collected when the other end is gone.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

_PATIENCE_S = 20.0


class NetworkPrinter:
    """`heard`: what came, by connections. It hangs up when the newest one has brought `most` bytes."""

    def __init__(self) -> None:
        self.heard: list[bytearray] = []
        self.most: int | None = None
        self.port = 0
        self._came = asyncio.Condition()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"socket://127.0.0.1:{self.port}"

    async def plug_in(self) -> None:
        """At the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def unplug(self) -> None:
        if self._server is not None:
            self._server.close()

    async def until_it_has(self, count: int, connection: int = 0) -> bytes:
        async with asyncio.timeout(_PATIENCE_S), self._came:
            await self._came.wait_for(lambda: len(self.heard) > connection and len(self.heard[connection]) >= count)
        return bytes(self.heard[connection])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = bytearray()
        self.heard.append(heard)
        while (self.most is None or len(heard) < self.most) and (data := await reader.read(1000)):
            heard += data
            async with self._came:
                self._came.notify_all()
        if self.most is not None:
            self.unplug()
        writer.close()


class SerialPrinter:
    """At the end of a pseudo terminal. It takes nothing before `listen`."""

    def __init__(self, folder: Path) -> None:
        self.heard = bytearray()
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        # The name in /dev/pts is given to the next who opens one as soon as this one is closed: a name as in
        # /dev/serial/by-id, which goes with the printer.
        self._name = folder / "printer"
        self._name.symlink_to(os.ttyname(self._theirs))
        self.url = str(self._name)
        self._came = asyncio.Event()

    def listen(self) -> None:
        asyncio.get_running_loop().add_reader(self._ours, self._hear)

    async def until_it_has(self, count: int) -> bytes:
        async with asyncio.timeout(_PATIENCE_S):
            while len(self.heard) < count:
                self._came.clear()
                await self._came.wait()
        return bytes(self.heard)

    def unplug(self) -> None:
        if self._ours >= 0:
            asyncio.get_running_loop().remove_reader(self._ours)
            self._name.unlink()
            os.close(self._ours)
            os.close(self._theirs)
            self._ours = -1

    def _hear(self) -> None:
        self.heard += os.read(self._ours, 4096)
        self._came.set()


@contextlib.asynccontextmanager
async def printing_at(url: str, folder: Path, narrow: bool = False) -> AsyncIterator[LiveWorld]:
    world = LiveWorld(folder, interpreter="cpython", printer_port=url, narrow_paper=narrow)
    try:
        await world.start()
        yield world
    finally:
        await world.stop()


def sheet(world: World, data: bytes) -> Page:
    """The last page of what a printer got, which is what the simulated one has printed."""
    paper = world.parts.printer.papers[-1]
    assert whole(world, paper)
    page = decode(data, world.parts.printer.width)[-1]
    assert page.bytes() == bytes(0xFF ^ byte for byte in paper.image().tobytes())
    return page


def size_of(world: World) -> int:
    """How many bytes the sheet that was printed last is, its pictures alone."""
    image = world.parts.printer.papers[-1].image()
    return image.height * image.width // 8 // 2


def test_a_serial_port_gets_the_same_bytes(tmp_path: Path) -> None:
    async def story() -> None:
        printer = SerialPrinter(tmp_path)
        printer.listen()
        async with printing_at(printer.url, tmp_path / "state", narrow=True) as world:
            await print_sheet(world)
            await says(world, "message.printed")
            while not printer.heard.endswith(b"\x1dVB\x00"):
                await printer.until_it_has(len(printer.heard) + 1)
            assert world.parts.printer.width == NARROW
            assert sheet(world, bytes(printer.heard)).pictures
        printer.unplug()

    asyncio.run(story())


def test_a_network_printer_that_is_not_there_yet(tmp_path: Path) -> None:
    """The sheet waits for it, and the panel says what to look after."""

    async def story() -> None:
        printer = NetworkPrinter()
        await printer.plug_in()
        printer.unplug()  # now the port is known, and nobody listens
        async with printing_at(printer.url, tmp_path / "state") as world:
            await print_sheet(world)
            await says(world, "message.sheet_paused", "printer.connecting-to-device")
            assert not world.parts.printer.papers
            await printer.plug_in()
            await says(world, "message.printed")
            data = await printer.until_it_has(size_of(world))
            while not data.endswith(b"\x1dVB\x00"):
                data = await printer.until_it_has(len(data) + 1)
            assert sheet(world, data).pictures
        printer.unplug()

    asyncio.run(story())


def test_pulled_out_in_the_middle_and_plugged_in_again(tmp_path: Path) -> None:
    """That sheet fails, as nobody knows how much of it arrived. The simulator goes on, and the next sheet is whole."""

    async def story() -> None:
        printer = NetworkPrinter()
        printer.most = 20_000
        await printer.plug_in()
        async with printing_at(printer.url, tmp_path / "state") as world:
            await print_sheet(world)
            await says(world, "code.379", "solution.379")
            assert world.parts.printer.states() == ["connecting-to-device"]
            assert (await world.until(lambda s: s["jobs"][0]["code"] == 379))["power"] == "on"
            await tap(world, "panel.ok")
            await print_sheet(world)
            await says(world, "message.sheet_paused", "printer.connecting-to-device")
            printer.most = None
            await printer.plug_in()
            await says(world, "message.printed")
            data = await printer.until_it_has(size_of(world), connection=1)
            while data.count(b"\x1dVB\x00") < 2:
                data = await printer.until_it_has(len(data) + 1, connection=1)
            assert sheet(world, data).pictures
            assert len(decode(data, world.parts.printer.width)) == 2  # what was torn off before
        printer.unplug()

    asyncio.run(story())


def test_a_cable_pulled_out_of_a_serial_port(tmp_path: Path) -> None:
    async def story() -> None:
        printer = SerialPrinter(tmp_path)
        printer.listen()
        async with printing_at(printer.url, tmp_path / "state") as world:
            await print_sheet(world)
            await printer.until_it_has(10_000)
            printer.unplug()
            await says(world, "code.379")
            assert world.parts.printer.states() == ["connecting-to-device"]
            await tap(world, "panel.ok")
            assert world.state()["power"] == "on"

    asyncio.run(story())


def test_a_printer_that_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one without paper does, which cannot say so over its cable: it is waited for, and printing can be given up."""
    monkeypatch.setattr(printer_port, "_PATIENCE_S", 0.2)

    async def story() -> None:
        printer = SerialPrinter(tmp_path)
        async with printing_at(printer.url, tmp_path / "state") as world:
            await print_sheet(world)
            await says(world, "message.sheet_paused", "printer.timed-out")
            printer.listen()
            await says(world, "message.printed")
            assert world.parts.printer.states() == []
        printer.unplug()

    asyncio.run(story())


def test_what_the_printer_says_is_passed_over(tmp_path: Path) -> None:
    """Nonsense by the kilobyte, which nobody asked for."""

    async def story() -> None:
        told: list[str] = []
        states: list[list[str]] = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(bytes(range(256)) * 64)
            while data := await reader.read(1000):
                heard.extend(data)
                writer.write(data)
            writer.close()

        heard = bytearray()
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        url = f"socket://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        port = PrinterPort(url, 9600, lambda: states.append(port.states()), told.append)
        async with asyncio.timeout(_PATIENCE_S):
            for number in range(300):
                await port.write(b"\x1bJ" + bytes([number % 256]))
        assert port.states() == []
        await port.stop()
        server.close()
        assert (told, states) == ([], [[]])  # as it was there from the beginning

    asyncio.run(story())


def test_a_write_fails_when_the_printer_goes(tmp_path: Path) -> None:
    async def story() -> None:
        printer = NetworkPrinter()
        printer.most = 1
        await printer.plug_in()
        port = PrinterPort(printer.url, 9600, lambda: None, lambda _: None)

        async def write_on() -> None:
            while True:
                await port.write(bytes(1000))

        with pytest.raises(PrinterError, match="is gone"):
            async with asyncio.timeout(_PATIENCE_S):
                await write_on()
        await port.stop()

    asyncio.run(story())


def test_the_command_line(tmp_path: Path) -> None:
    """`python -m sim run --printer-port` prints there, and ends when it is told to."""

    async def story() -> bytes:
        printer = NetworkPrinter()
        await printer.plug_in()

        def press() -> None:
            with Started.run(tmp_path, "--printer-port", printer.url, "--printer-paper", "58") as run:
                for key in ("title", "general", "network", "network_status", "print_sheet"):
                    run.call("POST", "/api/tap", {"words": words("settings." + key)})
                run.call("POST", "/api/tap", {"words": words("panel.print")})
                run.until(lambda s: s["paper"])
                run.until(lambda s: words("message.printed") in s["panel"]["words"])

        await asyncio.to_thread(press)
        printer.unplug()
        return bytes(printer.heard[0])

    [page] = decode(asyncio.run(story()), NARROW)
    assert len(page.pictures) > 30


def test_a_port_that_there_cannot_be_is_said() -> None:
    code, out, complaint = said("run", "--headless", "--printer-port", "nonsense://printer")
    assert (code, out) == (2, "") and "--printer-port" in complaint and "Traceback" not in complaint, complaint
