"""The simulator's end of the link to a firmware process: what `hal/board_live.py` is at the other end.

`LinkServer` listens on loopback and works the simulated parts for the one process that knows its token. The frames are
described in `hal/link.py`. WELCOME's JSON is
    {"panel": {"width", "height", "depth"}, "touch": true or false,
     "identity": {"model", "serial", "firmware", "roots", "label_password", "must_change_password", "chip_key", "features",
                  "https", "client_id", "tenant"},
     "document": as DOCUMENT, "printer": as PRINTER, "printer_width": dots, "interfaces": [as INTERFACE, ..],
     "names": as NAMES, "clock": as CLOCK,
     "cause": why the device starts,
     "language": of the panel of a new device, or null,
     "storage": directory of the device's files,
     "roots": [file of a root certificate in DER, ..], which the device trusts by itself,
     "outside": whether names that are not in the table may be looked up for real,
     "web_ports": {port that Web Config listened on: port of the host that it had last}}
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import struct
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hal import link
from hal.errors import PrinterError, ScannerError
from hal.link import FrameReader, LinkError, pack, text, unpack
from sim.board import interfaces

if TYPE_CHECKING:
    from hal.api import Scan
    from sim.board import Parts
    from sim.clock import WorldClock
    from sim.network import SimInterface

HOST = "127.0.0.1"
_HANDSHAKE_S = 5.0
_READ_BYTES = 65536
_WATCH_S = 0.05  # how often the parts are looked at for changes that they cannot tell
_WATCHDOG_S = 8.388  # the longest that an RP2040's can be set to
_ASKS = 4  # how often the watchdog asks within that time
_NOBODY = None, 0  # no alarm, and no connection is being opened: there is no device


class Hung(Exception):
    """The watchdog was not fed in time."""


class LinkServer:
    """`clock`: true time. `interfaces` may be worked on; the device is told within `_WATCH_S`."""

    def __init__(self, parts: Parts, clock: WorldClock) -> None:
        self.interfaces = interfaces(HOST)
        self.storage = Path()  # directory of the device's files
        self.token = secrets.token_hex(32)
        self.port = 0
        self.restart_cause = ""  # why the device is to start again, "" when it is not
        self.watchdog_s = _WATCHDOG_S
        self.bite: Callable[[], None] = lambda: None  # what ends a process that hangs
        self.connected = asyncio.Event()  # a device has been welcomed
        self.disconnected = asyncio.Event()  # there is none
        self.disconnected.set()
        self.web_ready = asyncio.Event()  # Web Config answers at `web_url`
        self._parts = parts
        self._clock = clock
        self._drift_s = 0.0
        self._unset = False
        self._acknowledgements: deque[asyncio.Future[tuple[int | None, int]]] = deque()
        self.web_ports: dict[str, int] = {}  # port that Web Config listened on -> port of the host
        self._web_url = ""
        self._names: dict[str, list[Any]] = {}
        self._roots: list[Path] = []
        self._language: str | None = None
        self._outside = False
        self._device: _Device | None = None
        self._server: asyncio.Server | None = None

    def configure(
        self,
        names: dict[str, list[Any]],
        roots: list[Path],
        language: str | None = None,
        outside: bool = False,
    ) -> None:
        """What a device is told when it starts; a device that runs is told the names.

        `names`: "host:port" -> [address, port], and a device without `outside` reaches nothing else. `roots`: DER files.
        `language`: of the device's panel when it is new.
        """
        self._names, self._roots, self._language, self._outside = names, roots, language, outside
        if self._device is not None:
            self._device.send(link.NAMES, pack(names))

    @property
    def web_url(self) -> str:
        """Where Web Config answers, "" until it first has."""
        return self._web_url

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and hang up; a device that is connected ends."""
        if self._server is not None:
            self._server.close()
        if self._device is not None:
            self._device.hang_up()
        await self.disconnected.wait()

    async def set_clock(self, offset_s: float, drift_s: float, unset: bool = False) -> tuple[int | None, int]:
        """Move the device's clocks; returns once the device goes by them, if there is one."""
        self._clock.offset_s, self._drift_s, self._unset = offset_s, drift_s, unset
        return await self.settled()

    def move_clock(self, offset_s: float) -> None:
        """Move the device's clocks before what is pressed next; nobody waits for it."""
        self._clock.offset_s = offset_s
        if self._device is not None:
            self._send_clock(self._device)

    def _send_clock(self, device: _Device) -> asyncio.Future[tuple[int | None, int]]:
        """The device's acknowledgement, or `_NOBODY` once it is gone."""
        device.send(link.CLOCK, pack(self._clocks()))
        acknowledged: asyncio.Future[tuple[int | None, int]] = asyncio.get_running_loop().create_future()
        self._acknowledgements.append(acknowledged)
        return acknowledged

    async def settled(self) -> tuple[int | None, int]:
        """Wait until the device has dealt with what was pressed, laid, pulled or set so far, if there is a device.

        Returns the milliseconds until its next alarm, None without any, and how many connections it is opening.
        """
        while self._device is not None and self._parts.pressed():  # noqa: ASYNC110 - one turn of the loop or two
            await asyncio.sleep(0)  # until that is on its way
        if self._device is None:
            return _NOBODY
        self._device.tell()
        return await self._send_clock(self._device)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: the device's, or somebody's who is sent away."""
        device = _Device(reader, writer, self._parts, self.interfaces)
        try:
            kind, token = await asyncio.wait_for(device.first_frame(), _HANDSHAKE_S)
            if kind != link.HELLO or not hmac.compare_digest(token, self.token.encode()) or self._device is not None:
                return
            self._device = device
            self.disconnected.clear()
            device.send(link.WELCOME, pack(self._welcome()))
            self.restart_cause = ""
            self.connected.set()
            try:
                await device.work(self._take, self.watchdog_s)
            except Hung:
                self.restart_cause = "watchdog"
                self._parts.monitor.log("The firmware hung: the watchdog restarts the device")
                self.bite()
            finally:
                self._device = None
                while self._acknowledgements:
                    self._acknowledge(_NOBODY)
                self.connected.clear()
                self.web_ready.clear()
                self.disconnected.set()
        except (LinkError, OSError):  # OSError: TimeoutError too
            pass  # what came is not a device, or the device is gone; `disconnected` says so
        finally:
            writer.close()

    def _take(self, kind: int, payload: bytes) -> None:
        """Frames that are not for a part."""
        if kind == link.CLOCK_ACK:
            if not self._acknowledgements:
                raise LinkError("Nobody asked for an acknowledgement")
            alarm_ms, opening = unpack(payload)
            self._acknowledge((alarm_ms, opening))
        elif kind == link.WEB_PORT:
            port, real_port = unpack(payload)
            self.web_ports[str(port)] = real_port
            self._web_url = link.web_url(HOST, port, real_port)
            for interface in self.interfaces:
                interface.web_url = self.web_url
            self.web_ready.set()
        elif kind == link.RESTART:
            self.restart_cause = "soft"
        else:
            raise LinkError(f"A frame of type {kind} is not for a simulator")

    def _acknowledge(self, how: tuple[int | None, int]) -> None:
        acknowledged = self._acknowledgements.popleft()
        if not acknowledged.done():
            acknowledged.set_result(how)

    def _welcome(self) -> dict[str, Any]:
        parts = self._parts
        identity = parts.identity
        return {
            "panel": {"width": parts.panel.width, "height": parts.panel.height, "depth": parts.panel.depth},
            "touch": parts.touch is not None,
            "identity": {
                "model": identity.model,
                "serial": identity.serial,
                "firmware": identity.firmware,
                "roots": identity.roots,
                "label_password": identity.label_password,
                "must_change_password": identity.must_change_password,
                "chip_key": identity.chip_key.hex(),
                "features": identity.features,
                "https": identity.https,
                "client_id": identity.client_id,
                "tenant": identity.tenant,
            },
            "document": _document(parts),
            "printer": parts.printer.states(),
            "printer_width": parts.printer.width,
            "interfaces": [_interface(interface) for interface in self.interfaces],
            "names": self._names,
            "clock": self._clocks(),
            "cause": self.restart_cause or "power-on",
            "language": self._language,
            "storage": str(self.storage),
            "roots": [str(root) for root in self._roots],
            "outside": self._outside,
            "web_ports": self.web_ports,
        }

    def _clocks(self) -> dict[str, Any]:
        offset_ms, drift_ms = round(self._clock.offset_s * 1000), round(self._drift_s * 1000)
        return {"offset_ms": offset_ms, "drift_ms": drift_ms, "unset": self._unset}


class _Device:
    """A connected firmware process."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        parts: Parts,
        interfaces: list[SimInterface],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._parts = parts
        self._interfaces = interfaces
        self._frames = FrameReader()
        self._arrived: list[tuple[int, bytes]] = []
        self._drawn = asyncio.Event()
        self._hung_up = asyncio.Event()
        self._fed = asyncio.Event()
        self._prints: asyncio.Queue[bytes] = asyncio.Queue()
        self._scans: dict[int, Scan] = {}
        self._told: list[tuple[int, Any]] = []  # what the device knows of `_visible`
        self._outgoing = bytearray(link.PREAMBLE)
        self._flush()

    def send(self, kind: int, payload: bytes = b"") -> None:
        """In one piece with all that is sent in this turn of the loop: calls of the system are dear."""
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing += link.header(kind, len(payload)) + payload

    def _flush(self) -> None:
        self._writer.write(bytes(self._outgoing))
        self._outgoing.clear()

    def hang_up(self) -> None:
        self._hung_up.set()

    async def first_frame(self) -> tuple[int, bytes]:
        while not self._arrived:
            self._arrived = await self._receive()
        return self._arrived.pop(0)

    async def work(self, take: Callable[[int, bytes], None], watchdog_s: float) -> None:
        """Work the parts until it is hung up. `take` is given what is not for a part. Raises LinkError, OSError, Hung."""
        self._told = self._visible()  # as WELCOME has just said
        jobs = (
            self._hung_up.wait(),
            self._take_frames(take),
            self._panel(),
            self._keys(),
            self._touch(),
            self._printer(),
            self._watch(),
            self._watchdog(watchdog_s / _ASKS),
        )
        tasks = [asyncio.ensure_future(job) for job in jobs]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self) -> list[tuple[int, bytes]]:
        data = await self._reader.read(_READ_BYTES)
        if not data:
            raise LinkError("The device is gone")
        return self._frames.feed(data)

    async def _take_frames(self, take: Callable[[int, bytes], None]) -> None:
        arrived, self._arrived = self._arrived, []
        while True:
            for kind, payload in arrived:
                if not await self._for_part(kind, payload):
                    take(kind, payload)
            arrived = await self._receive()

    async def _for_part(self, kind: int, payload: bytes) -> bool:
        parts = self._parts
        if kind == link.FRAME:
            parts.panel.show(bytearray(payload))
            self._drawn.set()
        elif kind == link.PALETTE:
            parts.panel.palette(payload)
        elif kind == link.WORDS:
            screen, language, rows = unpack(payload)
            parts.panel.say(screen, language, [tuple(row) for row in rows])
        elif kind == link.STATE:
            part, value = unpack(payload)
            parts.monitor.state(part, value)
        elif kind == link.LOG:
            parts.monitor.log(text(payload))
        elif kind == link.FED:
            self._fed.set()
        elif kind == link.CHIP_KEY:
            parts.identity.keep_chip_key(payload)
        elif kind == link.PRINT:
            self._prints.put_nowait(payload)
        elif kind in (link.SCAN_OPEN, link.SCAN_READ, link.SCAN_CLOSE):
            await self._scan(kind, payload)
        else:
            return False
        return True

    async def _scan(self, kind: int, payload: bytes) -> None:
        number, document_id = payload[0], payload[1:]
        try:
            if kind == link.SCAN_OPEN:
                document = self._parts.scanner.document()
                if document is None or document.id != text(document_id):
                    raise ScannerError("The document is not on the glass any more")
                self._scans[number] = await self._parts.scanner.open(document)
                self.send(link.SCAN_DATA, payload[:1] + bytes(2))
            elif kind == link.SCAN_CLOSE:
                scan = self._scans.pop(number, None)
                if scan is not None:
                    await scan.close()
            else:
                if number not in self._scans:
                    raise LinkError(f"There is no scan {number} to read")
                data = await self._scans[number].read()
                self.send(link.SCAN_DATA, payload[:1] + struct.pack("<H", self._scans[number].page) + data)
        except ScannerError as error:
            self.send(link.SCAN_GONE, payload[:1] + str(error).encode())

    async def _panel(self) -> None:
        while True:
            await self._parts.panel.ready()
            self._drawn.clear()
            self.send(link.LOOK)
            await self._drawn.wait()

    async def _keys(self) -> None:
        while True:
            key, pressed = await self._parts.keys.next()
            self.tell()
            self.send(link.KEY, bytes([pressed]) + key.encode())

    async def _touch(self) -> None:
        touch = self._parts.touch
        if touch is None:
            await asyncio.Event().wait()
        else:
            while True:
                place = await touch.next()
                self.tell()
                self.send(link.TOUCH, pack(place))

    async def _printer(self) -> None:
        while True:
            payload = await self._prints.get()
            try:
                await self._parts.printer.write(payload[1:])
            except PrinterError as error:
                self.send(link.PRINT_GONE, payload[:1] + str(error).encode())
            else:
                self.send(link.PRINTED, payload[:1])

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_S)
            self.tell()

    def tell(self) -> None:
        """Tell the device what changed about glass, printer and interfaces: always before what is pressed afterwards."""
        now = self._visible()
        for before, (kind, value) in zip(self._told, now, strict=True):
            if before != (kind, value):
                self.send(kind, pack(value))
        self._told = now

    async def _watchdog(self, ask_every_s: float) -> None:
        """Raises Hung. It counts its own questions: while this process was stopped, the device hung no more than it did."""
        await self._fed.wait()
        unanswered = 0
        while unanswered < _ASKS:
            self._fed.clear()
            self.send(link.HUNGRY)
            await asyncio.sleep(ask_every_s)
            unanswered = 0 if self._fed.is_set() else unanswered + 1
        raise Hung

    def _visible(self) -> list[tuple[int, Any]]:
        """The frames that say how things are: kind and value."""
        return [
            (link.DOCUMENT, _document(self._parts)),
            (link.PRINTER, list(self._parts.printer.states())),
            *((link.INTERFACE, _interface(interface)) for interface in self._interfaces),
        ]


def _document(parts: Parts) -> dict[str, Any] | None:
    document = parts.scanner.document()
    if document is None:
        return None
    return {
        "id": document.id,
        "name": document.name,
        "content_type": document.content_type,
        "size": document.size,
        "pages": document.pages,
    }


def _interface(interface: SimInterface) -> dict[str, Any]:
    return {
        "name": interface.name,
        "standard": interface.standard,
        "mac": interface.mac,
        "address": interface.address,
        "netmask": interface.netmask,
        "gateway": interface.gateway,
        "dns": interface.dns,
        "web_url": interface.web_url,
        "up": interface.up(),
        "signal_dbm": interface.signal_dbm(),
    }
