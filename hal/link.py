"""The language between a firmware process and the simulator: frames over one local TCP connection.

Pure: bytes in, frames out, the same code at both ends (`hal/board_live.py` and `sim/link.py`). Start at `FrameReader`.
Each end first sends `PREAMBLE`, which names the version; then frames: type (1 byte), length (4 bytes, little end first),
payload. The device speaks first, with HELLO; the simulator answers WELCOME or closes. Whatever is not as said here is a
`LinkError`, and the connection ends; a link that broke is never repaired, the process that spoke over it ends.

    device -> simulator
    HELLO       text: the token that the simulator gave to this process
    FRAME       one whole frame of the panel, as `hal/api.pyi` Panel.show takes it
    PALETTE     48 bytes
    WORDS       JSON [screen, language, [[text, x, y, width, height, flags], ..]]
    SCAN_OPEN   number of the scan (1 byte), then text: the document's id. Answered by SCAN_DATA or SCAN_GONE
    SCAN_READ   number of the scan. Answered by SCAN_DATA or SCAN_GONE
    SCAN_CLOSE  number of the scan
    PRINT       number of the piece (1 byte), then ESC/POS bytes. Answered by PRINTED or PRINT_GONE
    STATE       JSON [part, value]
    LOG         text: one line
    WEB_PORT    JSON [port that the firmware listens on, port of the host that this one became]
    RESTART     empty: the device restarts; its process ends
    CLOCK_ACK   JSON [ms until the device's next alarm or null, connections it is opening]: the clock has been set, and
                what was pressed before is dealt with
    FED         empty: the watchdog has been fed; with the first one it begins to watch
    CHIP_KEY    32 bytes: the device's chip key from now on

    simulator -> device
    WELCOME     JSON: see `sim/link.py`
    LOOK        empty: the last frame has been taken, or somebody looks
    KEY         pressed (1 byte, 0 or 1), then text: the key
    TOUCH       JSON [x, y, pressed]
    DOCUMENT    JSON {"id", "name", "content_type", "size", "pages"} or null: what lies on the glass now
    SCAN_DATA   number of the scan, its page (2 bytes, little end first; 0 is not known), then bytes; none of them after
                SCAN_READ is the end, after SCAN_OPEN "go on"
    SCAN_GONE   number of the scan, then text: why it failed
    PRINTER     JSON [state, ..]: what keeps the printer from printing
    PRINTED     number of the piece: the printer has taken it
    PRINT_GONE  number of the piece, then text: why it failed
    CLOCK       JSON {"offset_ms", "drift_ms", "unset"}. Answered by CLOCK_ACK
    INTERFACE   JSON {"name", "up", ..}: an interface as it is now
    HUNGRY      empty: the watchdog wants to be fed. Answered by FED
    NAMES       JSON {"host:port": [address, port], ..}: where names lead
"""

import json
import struct
import sys

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = const(2)
_MAGIC = b"scanpost"
PREAMBLE = _MAGIC + bytes([VERSION])
MAX_PAYLOAD_BYTES = const(65536)

HELLO = const(1)
FRAME = const(2)
PALETTE = const(3)
WORDS = const(4)
SCAN_OPEN = const(5)
SCAN_READ = const(6)
SCAN_CLOSE = const(7)
PRINT = const(8)
STATE = const(9)
LOG = const(10)
WEB_PORT = const(11)
RESTART = const(12)
CLOCK_ACK = const(13)
FED = const(14)

WELCOME = const(15)
LOOK = const(16)
KEY = const(17)
TOUCH = const(18)
DOCUMENT = const(19)
SCAN_DATA = const(20)
SCAN_GONE = const(21)
PRINTER = const(22)
PRINTED = const(23)
PRINT_GONE = const(24)
CLOCK = const(25)
INTERFACE = const(26)
HUNGRY = const(27)
NAMES = const(28)

CHIP_KEY = const(29)
_LAST_TYPE = const(29)

_HTTPS = const(443)
_HEADER = "<BI"
_HEADER_BYTES = const(5)

# MicroPython's `json` cannot join the two halves of an escaped pair and has no such option itself.
_RAW_LETTERS: dict[str, bool] = {} if sys.implementation.name == "micropython" else {"ensure_ascii": False}


class LinkError(Exception):
    """The other end does not speak this language; the text says how."""


def header(kind: int, payload_bytes: int) -> bytes:
    """What goes before a payload. Raises LinkError when the payload is too long."""
    if payload_bytes > MAX_PAYLOAD_BYTES:
        raise LinkError(f"A frame of {payload_bytes} bytes is too long for the link")
    return struct.pack(_HEADER, kind, payload_bytes)


def pack(value: object) -> bytes:
    """JSON as a payload."""
    return json.dumps(value, **_RAW_LETTERS).encode("utf-8", "replace")  # type: ignore[arg-type]


def unpack(payload: bytes) -> "Any":
    """The value of a JSON payload. Raises LinkError."""
    try:
        return json.loads(text(payload))
    except ValueError:
        raise LinkError("A frame that should be JSON is not") from None


def text(payload: bytes) -> str:
    """The text of a payload. Raises LinkError."""
    try:
        return payload.decode()
    except UnicodeError:
        raise LinkError("A frame that should be text is not") from None


def web_url(host: str, port: int, real_port: int) -> str:
    """Where a browser on this computer finds what the firmware listens for on `port`."""
    return ("https://" if port == _HTTPS else "http://") + host + ":" + str(real_port) + "/"


class FrameReader:
    """Finds the frames in a stream that comes in pieces cut anywhere."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._greeted = False
        self._failure = ""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The frames that `data` completes, as (type, payload). Raises LinkError, and then always again."""
        if self._failure:
            raise LinkError(self._failure)
        try:
            return self._frames(data)
        except LinkError as error:
            self._failure = str(error)
            self._pending = bytearray()
            raise

    def _frames(self, data: bytes) -> list[tuple[int, bytes]]:
        pending = self._pending
        pending.extend(data)
        position = 0 if self._greeted else self._greeting()
        frames = []
        while len(pending) - position >= _HEADER_BYTES and self._greeted:
            kind, length = struct.unpack_from(_HEADER, pending, position)
            if not 0 < kind <= _LAST_TYPE:
                raise LinkError(f"There is no frame of type {kind}")
            if length > MAX_PAYLOAD_BYTES:
                raise LinkError(f"A frame of {length} bytes is too long for the link")
            end = position + _HEADER_BYTES + length
            if len(pending) < end:
                break
            frames.append((kind, bytes(memoryview(pending)[position + _HEADER_BYTES : end])))
            position = end
        pending[:position] = b""
        return frames

    def _greeting(self) -> int:
        """How many bytes the preamble takes of what is pending: none while it is not whole."""
        pending = self._pending
        if pending[: len(_MAGIC)] != _MAGIC[: len(pending)]:
            raise LinkError("The other end does not speak Scanpost's link")
        if len(pending) < len(PREAMBLE):
            return 0
        if pending[len(_MAGIC)] != VERSION:
            raise LinkError(f"The other end speaks version {pending[len(_MAGIC)]} of the link, this one {VERSION}")
        self._greeted = True
        return len(PREAMBLE)
