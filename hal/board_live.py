"""A board in a process of its own: parts at the far end of a link, real sockets, TLS and files. Start at `connect_board`.

The process lives as long as its link: when the link breaks, the process ends at once, as a device does whose power is cut.
"""

import asyncio
import os
import sys

from hal import link
from hal.clock_travel import TravelClock
from hal.entropy_system import SystemEntropy
from hal.link import FrameReader, LinkError, pack, unpack
from hal.network_link import LinkNetwork
from hal.parts_link import Parts
from hal.storage_files import FileStorage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hal.api import Buffer
    from hal.network_cpython import Sockets

_HANDSHAKE_S = 5
_READ_BYTES = 2048  # memory is taken for a whole read before it is known how much comes
_TCP = 6
_TCP_NODELAY = 1
_MOST_TURNS = 500  # of the other tasks; a program may leave presses where they are
_TURNS = 3  # after a press was taken, until what it changes has been said
_LINK_BROKE = 4  # exit code
_RESTART = 3  # exit code


class LiveBoard:
    """What `hal/api.pyi` Board asks for, made as the simulator's WELCOME says."""

    def __init__(self, connection: "_Connection", welcome: "dict[str, Any]") -> None:
        clock = welcome["clock"]
        self.clock = TravelClock(clock["offset_ms"], clock["drift_ms"], clock["unset"])
        self.storage = FileStorage(welcome["storage"])
        self.entropy = SystemEntropy()
        sockets = _sockets(welcome["roots"], self.clock)
        self.network = LinkNetwork(sockets, connection.send, self.entropy.random, welcome)
        self.parts = parts = Parts(connection.send, lambda: _leave(_RESTART), self.entropy.random, welcome)
        self.panel = parts.panel
        self.keys = parts.keys
        self.touch = parts.touch
        self.scanner = parts.scanner
        self.printer = parts.printer
        self.monitor = parts.monitor
        self.identity = parts.identity
        self.watchdog = parts.watchdog
        self.reset = parts.reset
        self._connection = connection
        self._tasks = [asyncio.create_task(self._take_frames()), asyncio.create_task(connection.drain())]

    async def _take_frames(self) -> None:
        """What the simulator sends, until the link breaks."""
        try:
            while True:
                for kind, payload in await self._connection.receive():
                    self._take(kind, payload)
        except (OSError, LinkError) as error:
            print("The link to the simulator broke:", error)  # nobody but whoever started the process is left to tell
            _leave(_LINK_BROKE)
        except MemoryError as error:  # what came is lost, so nothing that follows would fit
            print("There was no memory for what the simulator sent:", error)
            self.reset.restart()

    def _take(self, kind: int, payload: bytes) -> None:
        if self.parts.take(kind, payload):
            return
        value = unpack(payload)
        if kind == link.CLOCK:
            self.clock.move(value["offset_ms"], value["drift_ms"], value["unset"])
            self._acknowledging = asyncio.create_task(self._acknowledge())
        elif kind == link.INTERFACE:
            self.network.set_interface(value)
        elif kind == link.NAMES:
            self.network.names = value
        else:
            raise LinkError(f"A frame of type {kind} is not for a device")

    async def _acknowledge(self) -> None:
        """Once the firmware has taken what was pressed, whoever the clock woke has gone on, and both have had an effect."""
        for _ in range(_MOST_TURNS):
            alarm_ms = self.clock.next_alarm_ms()
            if not self.parts.pressed() and (alarm_ms is None or alarm_ms > 0):
                break
            await asyncio.sleep(0)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self._connection.send(link.CLOCK_ACK, pack([self.clock.next_alarm_ms(), self.network.opening]))


class _Connection:
    """The TCP connection to the simulator."""

    def __init__(self, reader: "asyncio.StreamReader", writer: "asyncio.StreamWriter") -> None:
        self._reader = reader
        self._writer = writer
        self._frames = FrameReader()
        self._early: list[tuple[int, bytes]] = []  # what came together with WELCOME
        self._written = asyncio.Event()
        if sys.implementation.name == "micropython":  # CPython's asyncio does it by itself
            writer.s.setsockopt(_TCP, _TCP_NODELAY, 1)  # type: ignore[attr-defined]

    async def greet(self, token: str) -> "dict[str, Any]":
        """Say who this is; the answer is WELCOME's fields. Raises LinkError, OSError."""
        self._writer.write(link.PREAMBLE)
        self.send(link.HELLO, token.encode())
        await self._writer.drain()
        frames: list[tuple[int, bytes]] = []
        while not frames:
            frames = await self.receive()
        kind, payload = frames.pop(0)
        self._early = frames
        if kind != link.WELCOME:
            raise LinkError("The simulator did not say welcome")
        welcome: dict[str, Any] = unpack(payload)
        return welcome

    def send(self, kind: int, payload: "Buffer") -> None:
        """Send a frame: what the system takes of it now, the rest in `drain`."""
        try:
            self._writer.write(link.header(kind, len(payload)))
            if payload:
                self._writer.write(payload)
        except OSError:
            _leave(_LINK_BROKE)
        self._written.set()

    async def drain(self) -> None:
        while True:
            await self._written.wait()
            self._written.clear()
            await self._writer.drain()

    async def receive(self) -> list[tuple[int, bytes]]:
        """The frames that came, none to many. Raises LinkError, OSError."""
        if self._early:
            early, self._early = self._early, []
            return early
        data = await self._reader.read(_READ_BYTES)
        if not data:
            raise LinkError("the simulator closed it")
        return self._frames.feed(data)


async def connect_board(host: str, port: int, token_file: str) -> LiveBoard:
    """The board whose parts a simulator keeps at `host`:`port`. Raises LinkError, OSError.

    `token_file` holds the token that the simulator gave to this process, and is removed.
    """
    with open(token_file) as file:  # noqa: ASYNC230 - a few bytes, before anything else runs
        token = file.read()
    os.remove(token_file)
    reader, writer = await asyncio.open_connection(host, port)
    connection = _Connection(reader, writer)
    welcome = await asyncio.wait_for(connection.greet(token), _HANDSHAKE_S)
    return LiveBoard(connection, welcome)


def _sockets(root_files: list[str], clock: TravelClock) -> "Sockets":
    if sys.implementation.name == "micropython":
        from hal.network_micropython import Sockets
    else:
        from hal.network_cpython import Sockets  # type: ignore[assignment]
    return Sockets(root_files, clock.now)  # type: ignore[return-value]


def _leave(code: int) -> None:
    """End the process as a power cut does: at once, without cleaning up."""
    if hasattr(os, "_exit"):
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)
