"""The parts of a device whose hardware is at the far end of a link: panel, keys, touch, scanner, printer and small ones.

Each fulfils its Protocol of `hal/api.pyi` by sending and taking the frames of `hal/link.py`. `Parts` hands what arrives to
the part that it is for. The link itself, and the board made of all this, are in `hal/board_live.py`.
"""

import asyncio
import binascii

from hal import link
from hal.errors import PrinterError, ScannerError
from hal.link import pack, text, unpack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hal.api import Buffer
    from hal.api import Document as DocumentOfApi

    Send = Callable[[int, Buffer], None]

_MOST_WAITING = 64  # transitions of keys or touch; further ones are lost, as in a keyboard's own short queue
_PIECE_BYTES = 8192


class _Inbox:
    """A short queue between the link and the one task that waits for what it brings."""

    def __init__(self) -> None:
        self._items: list[Any] = []
        self._filled = asyncio.Event()

    def empty(self) -> bool:
        return not self._items

    def put(self, item: "Any") -> None:
        if len(self._items) < _MOST_WAITING:
            self._items.append(item)
            self._filled.set()

    async def get(self) -> "Any":
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        return self._items.pop(0)


class LinkPanel:
    def __init__(self, send: "Send", width: int, height: int, depth: int) -> None:
        self.width = width
        self.height = height
        self.depth = depth
        self.wanted = asyncio.Event()
        self._send = send

    def palette(self, colours: bytes) -> None:
        self._send(link.PALETTE, colours)

    async def ready(self) -> None:
        await self.wanted.wait()

    def show(self, frame: bytearray) -> None:
        self.wanted.clear()
        self._send(link.FRAME, frame)

    def say(self, screen: str, language: str, rows: "list[tuple[str, int, int, int, int, int]]") -> None:
        self._send(link.WORDS, pack([screen, language, rows]))


class LinkKeys:
    def __init__(self) -> None:
        self.inbox = _Inbox()

    async def next(self) -> tuple[str, bool]:
        key, pressed = await self.inbox.get()
        return key, pressed


class LinkTouch:
    def __init__(self) -> None:
        self.inbox = _Inbox()

    async def next(self) -> tuple[int, int, bool]:
        x, y, pressed = await self.inbox.get()
        return x, y, pressed


class LinkDocument:
    def __init__(self, fields: "dict[str, Any]") -> None:
        self.id: str = fields["id"]
        self.name: str = fields["name"]
        self.content_type: str = fields["content_type"]
        self.size: int = fields["size"]
        self.pages: int = fields["pages"]


class LinkScan:
    """One scan. Its number tells its answers from those of a scan before it that was given up."""

    def __init__(self, scanner: "LinkScanner", number: int) -> None:
        self.inbox = _Inbox()
        self.page = 0
        self._scanner = scanner
        self._number = bytes([number])

    async def start(self, document_id: str) -> None:
        self._scanner.send(link.SCAN_OPEN, self._number + document_id.encode())
        await self._answer()

    async def read(self) -> bytes:
        self._scanner.send(link.SCAN_READ, self._number)
        return await self._answer()

    async def close(self) -> None:
        if self._scanner.scans.pop(self._number[0], None) is not None:
            self._scanner.send(link.SCAN_CLOSE, self._number)

    async def _answer(self) -> bytes:
        kind, payload = await self.inbox.get()
        if kind == link.SCAN_GONE:
            raise ScannerError(text(payload[1:]))
        self.page = payload[1] | payload[2] << 8
        data: bytes = payload[3:]
        return data


class LinkScanner:
    def __init__(self, send: "Send", on_glass: "dict[str, Any] | None") -> None:
        self.send = send
        self.scans: dict[int, LinkScan] = {}
        self._number = 0
        self.lay(on_glass)

    def lay(self, on_glass: "dict[str, Any] | None") -> None:
        """What lies on the glass from now on."""
        self._document = LinkDocument(on_glass) if on_glass else None

    def document(self) -> "LinkDocument | None":
        return self._document

    async def open(self, document: "DocumentOfApi") -> LinkScan:
        self._number = (self._number + 1) & 0xFF
        scan = self.scans[self._number] = LinkScan(self, self._number)
        try:
            await scan.start(document.id)
        except BaseException:  # a cancelled task as well must not leave its scan open
            await scan.close()
            raise
        return scan


class LinkPrinter:
    def __init__(self, send: "Send", states: list[str], width: int) -> None:
        self.width = width
        self._states = states
        self._changed = asyncio.Event()
        self.inbox = _Inbox()
        self._send = send
        self._number = 0

    def tell(self, states: list[str]) -> None:
        self._states = states
        self._changed.set()

    def states(self) -> list[str]:
        return self._states

    async def changed(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def write(self, data: "Buffer") -> None:
        view = memoryview(data)
        for start in range(0, len(view), _PIECE_BYTES):
            self._number = (self._number + 1) & 0xFF
            self._send(link.PRINT, bytes([self._number]) + bytes(view[start : start + _PIECE_BYTES]))
            kind, payload = await self.inbox.get()
            while payload[0] != self._number:  # an answer to a piece of a sheet that was cancelled
                kind, payload = await self.inbox.get()
            if kind == link.PRINT_GONE:
                raise PrinterError(text(payload[1:]))


class LinkMonitor:
    attended = True

    def __init__(self, send: "Send") -> None:
        self._send = send

    def state(self, part: str, value: object) -> None:
        self._send(link.STATE, pack([part, value]))

    def log(self, line: str) -> None:
        self._send(link.LOG, line.encode())


class LinkIdentity:
    def __init__(
        self, send: "Send", random: "Callable[[int], bytes]", fields: "dict[str, Any]", language: str | None
    ) -> None:
        self._send = send
        self._random = random
        self.language = language  # of the panel of a new device, as ordered
        self.model = fields["model"]
        self.serial = fields["serial"]
        self.firmware = fields["firmware"]
        self.roots = fields["roots"]
        self.label_password = fields["label_password"]
        self.must_change_password = bool(fields["must_change_password"])
        self.chip_key = binascii.unhexlify(fields["chip_key"])
        self.features = tuple(fields["features"])
        self.https = bool(fields["https"])
        self.client_id = fields["client_id"]
        self.tenant = fields["tenant"]

    def new_chip_key(self) -> None:
        self.chip_key = self._random(len(self.chip_key))
        self._send(link.CHIP_KEY, self.chip_key)  # the simulator keeps it

    def certificate(self) -> "tuple[bytes, bytes] | None":
        return None  # the simulator provisions none


class LinkWatchdog:
    """The simulator asks whether the device still lives, and restarts it when no answer comes."""

    def __init__(self, send: "Send") -> None:
        self.asked = asyncio.Event()
        self._send = send

    async def hungry(self) -> None:
        await self.asked.wait()

    def feed(self) -> None:
        self.asked.clear()
        self._send(link.FED, b"")

    def warn(self, tell: "Callable[[], None]") -> None:
        """Nothing here interrupts a process."""

    def stand_down(self) -> None:
        """The process ends, and the link with it."""


class LinkReset:
    """A restart ends the process; the simulator starts another one."""

    def __init__(self, send: "Send", leave: "Callable[[], None]", cause: str) -> None:
        self._send = send
        self._leave = leave
        self._cause = cause

    def cause(self) -> str:
        return self._cause

    def expect(self) -> None:
        """The simulator knows whether its watchdog bit."""

    def restart(self) -> None:
        self._send(link.RESTART, b"")
        self._leave()


class Parts:
    """All of them, made as WELCOME says."""

    def __init__(
        self, send: "Send", leave: "Callable[[], None]", random: "Callable[[int], bytes]", welcome: "dict[str, Any]"
    ) -> None:
        size = welcome["panel"]
        self.panel = LinkPanel(send, size["width"], size["height"], size["depth"])
        self.keys = LinkKeys()
        self.touch = LinkTouch() if welcome["touch"] else None
        self.scanner = LinkScanner(send, welcome["document"])
        self.printer = LinkPrinter(send, welcome["printer"], welcome["printer_width"])
        self.monitor = LinkMonitor(send)
        self.identity = LinkIdentity(send, random, welcome["identity"], welcome["language"])
        self.watchdog = LinkWatchdog(send)
        self.reset = LinkReset(send, leave, welcome["cause"])

    def pressed(self) -> bool:
        """Whether the firmware has yet to take what was pressed or touched."""
        return not self.keys.inbox.empty() or (self.touch is not None and not self.touch.inbox.empty())

    def take(self, kind: int, payload: bytes) -> bool:
        """Hand a frame to the part it is for; False when it is for none of these. Raises LinkError."""
        if kind == link.LOOK:
            self.panel.wanted.set()
        elif kind == link.KEY:
            self.keys.inbox.put((text(payload[1:]), payload[0] == 1))
        elif kind == link.TOUCH and self.touch is not None:
            self.touch.inbox.put(unpack(payload))
        elif kind == link.DOCUMENT:
            self.scanner.lay(unpack(payload))
        elif kind in (link.SCAN_DATA, link.SCAN_GONE):
            scan = self.scanner.scans.get(payload[0])
            if scan is not None:
                scan.inbox.put((kind, payload))
        elif kind == link.PRINTER:
            self.printer.tell(unpack(payload))
        elif kind in (link.PRINTED, link.PRINT_GONE):
            self.printer.inbox.put((kind, payload))
        elif kind == link.HUNGRY:
            self.watchdog.asked.set()
        else:
            return False
        return True
