"""The seam: what the firmware may ask of the world, and nothing else.

`firmware.device.Device` is given one `Board`. Behind it stand real parts (`hal/<thing>_<part>.py`), parts at the far end
of a link (`hal/board_live.py`) or simulated parts (`sim/`). The contract of each part is written here and tested in
`tests/contract/` against every board there is. Types only: nothing imports this file at run time.

Units are in the names (`_ms`, `_s`). Methods without `async` return at once and never wait for the world.
Errors are those of `hal.errors`; a part raises nothing else, except `MemoryError`.
"""

from collections.abc import Callable
from typing import Protocol

Buffer = bytes | bytearray | memoryview

class Clock(Protocol):
    """Two clocks that are never mixed: the wall clock may be unset, wrong or stepped; ticks only go forward."""

    def now(self) -> int | None:
        """Seconds since 1970-01-01 UTC by the device's wall clock, or None while it has never been set."""
    def ticks_ms(self) -> int:
        """Milliseconds since power-on. Never goes back and never wraps (the part widens a port's short counter)."""
    async def sleep_ms(self, ms: int) -> None:
        """Return once `ticks_ms()` has grown by `ms`; 0 lets other tasks run. Callers keep to a day at most."""

class Interface(Protocol):
    """One network interface. Exactly one is `standard`; only that one carries OAuth 2.0 (manual R10)."""

    name: str  # "Wired LAN", "Wi-Fi"
    standard: bool
    mac: str  # "02:00:5E:10:00:01"
    address: str  # IPv4, "" while it has none
    netmask: str
    gateway: str
    dns: str
    web_url: str  # what a person types to reach what was listened for last, "" while it has no address
    def up(self) -> bool:
        """Whether there is a link and an address."""
    def signal_dbm(self) -> int | None:
        """How strong the radio signal is now; None for a cable, and while there is no link."""

class Stream(Protocol):
    """A two-way byte stream. One task reads, one writes; a stream that raised is only good for `close`."""

    peer: str  # "address:port" of the other end, for the log
    async def read(self, n: int, timeout_ms: int) -> bytes:
        """At least 1 and at most `n` bytes as soon as there are any; b"" at the end of the stream.

        Raises NetworkTimeout, ConnectionLost.
        """
    async def write(self, data: Buffer, timeout_ms: int) -> None:
        """Hand over all of `data`. Raises NetworkTimeout, ConnectionLost."""
    async def start_tls(self, server_hostname: str, ca: list[bytes] | None, verify: bool, timeout_ms: int) -> None:
        """Turn a plain stream into TLS, as client. Bytes that were read before TLS and not yet taken are an error.

        `ca`: DER certificates to trust, or None for the board's built-in roots; `verify=False` checks nothing.
        Raises CertificateError, TLSError, NetworkTimeout, ConnectionLost.
        """
    async def serve_tls(self, certificate: bytes, key: bytes, timeout_ms: int, begun: Callable[[], None]) -> None:
        """Turn a plain stream into TLS, as server, on models that have HTTPS (`Identity.features`).

        Nothing may have been read before; while nothing comes it costs no memory.

        `certificate`: in DER; `key`: its private key in DER, SEC1 or PKCS #8. `begun()` once the client's hello is whole and
        answered, which has cost the device what a handshake costs. Raises CertificateError when these cannot be
        used, TLSError, NetworkTimeout, ConnectionLost, and MemoryError when there is no room for the session.
        """
    async def close(self) -> None:
        """Close both directions. Never raises; a second call does nothing."""

class Listener(Protocol):
    async def accept(self) -> Stream:
        """The next connection. Those not yet accepted wait in a short queue of the part (8), more are refused."""
    async def close(self) -> None: ...

class Network(Protocol):
    fitted: bool  # False on a board that has no network: its standard interface is never up, and there is no Web Config
    interfaces: list[Interface]
    async def connect(self, host: str, port: int, interface: Interface, timeout_ms: int) -> Stream:
        """Resolve `host` and connect over `interface`. Raises LinkDown, NameNotFound, ConnectFailed, NetworkTimeout."""
    async def changed(self) -> None:
        """Return once an interface has another state or address, or the clock was set over it. One task waits at a time."""
    async def listen(self, port: int) -> Listener:
        """Accept connections on `port` of every interface: 80 for HTTP, 443 for HTTPS; from now on `web_url` leads there.

        Raises ConnectFailed when the port cannot be had.
        """

class Panel(Protocol):
    """The display. It pulls: the firmware draws when `ready()` returns, and tells words whenever they change."""

    width: int  # pixels
    height: int
    depth: int  # bits a pixel: 1 (framebuf.MONO_HLSB) or 4 (framebuf.GS4_HMSB, an index into `palette`)
    def palette(self, colours: bytes) -> None:
        """16 colours of 3 bytes (red, green, blue), for depth 4; ignored at depth 1."""
    async def ready(self) -> None:
        """Wait until the last frame has been taken, or until somebody looks: then a new one is worth drawing."""
    def show(self, frame: bytearray) -> None:
        """Take one whole frame, row by row, rows padded to whole bytes. The buffer may be reused after `ready()`."""
    def say(self, screen: str, language: str, rows: "list[tuple[str, int, int, int, int, int]]") -> None:
        """The screen in words: its name, "en" or "lt", and rows (text, x, y, width, height, flags) from top to bottom.

        flags: 1 = can be tapped or chosen, 2 = has the focus, 4 = disabled.
        """

class Keys(Protocol):
    async def next(self) -> tuple[str, bool]:
        """The next raw transition (key, pressed). Keys: up down left right ok back home start stop backspace, or one
        printable character of an attached keyboard. They bounce; debouncing is the firmware's."""

class Touch(Protocol):
    async def next(self) -> tuple[int, int, bool]:
        """The next raw transition (x, y, pressed) in pixels."""

class Document(Protocol):
    """A sheet (or a stack) that lies on the scanner."""

    id: str  # new each time something is laid down; the same after a power cut
    name: str  # file name it should get, any Unicode
    content_type: str  # "application/pdf"
    size: int  # bytes
    pages: int  # 0 where the scanner cannot tell

class Scan(Protocol):
    page: int  # the page of what was read last, from 1; 0 while or where the scanner cannot tell
    async def read(self) -> bytes:
        """The next 1 to 8192 bytes of the document, b"" at its end. Raises ScannerError when it was taken away."""
    async def close(self) -> None: ...

class Scanner(Protocol):
    def document(self) -> Document | None:
        """What lies on the glass now."""
    async def open(self, document: Document) -> Scan:
        """Start scanning it from its beginning. Raises ScannerError when it is no longer there."""

class Printer(Protocol):
    width: int  # dots across the paper that can be printed on, a multiple of 8: 576 on paper of 80 mm, 384 on 58 mm
    def states(self) -> list[str]:
        """What keeps it from printing, in IPP's words (RFC 8011 5.4.12): "media-empty", "cover-open"; [] when ready."""
    async def changed(self) -> None:
        """Return once `states()` has become another. One task waits at a time."""
    async def write(self, data: Buffer) -> None:
        """Send ESC/POS bytes; waits while the printer is not ready. Raises PrinterError when it is gone."""

class Storage(Protocol):
    """A flat directory of small files where `rename` is atomic, also across a power cut.

    Names: 1 to 32 of a-z 0-9 - _ . and not beginning with a dot. Calls are synchronous, as flash is.
    """

    def names(self) -> list[str]: ...
    def size(self, name: str) -> int:
        """Bytes in the file, -1 when there is none."""
    def read(self, name: str, offset: int, n: int) -> bytes:
        """Up to `n` bytes from `offset`, b"" at the end or when there is no such file. Raises StorageError."""
    def write(self, name: str, data: Buffer) -> None:
        """Create or overwrite. Not atomic: a power cut may leave part of it. Raises StorageFull, StorageError."""
    def append(self, name: str, data: Buffer) -> None:
        """Add at the end, creating the file. Not atomic. Raises StorageFull, StorageError."""
    def rename(self, old: str, new: str) -> None:
        """Replace `new` by `old` in one step. Raises StorageError when there is no `old`."""
    def remove(self, name: str) -> None:
        """Remove the file; nothing happens when there is none."""

class Entropy(Protocol):
    def random(self, n: int) -> bytes:
        """`n` bytes fit for keys."""

class Identity(Protocol):
    """What the factory wrote into the device and on its label."""

    model: str
    serial: str
    firmware: str  # version
    roots: str  # the built-in root certificates: name and version of their collection, and how many there are
    label_password: str  # the first administrator password; random, not computable from the rest
    must_change_password: bool  # the label password was drawn by the device itself and must not stay
    chip_key: bytes  # 32 bytes that a copy of the flash does not give away (`firmware/vault.py`)
    client_id: str  # of the owner's own registration with the built-in services, "" for the firmware's
    tenant: str  # the owner's, by its ID or domain, "" for any
    features: tuple[str, ...]  # what this model has of "fax" (fax server, manual R21), "my-email" (R22) and "https"
    https: bool  # Web Config is over HTTPS only, until somebody chooses
    language: str | None  # of the panel until a person chooses one: "en", "lt"; None = the firmware's own default
    def new_chip_key(self) -> None:
        """Draw another `chip_key`: what was sealed with the one before opens nowhere any more. Raises StorageError when it
        could not be kept."""
    def certificate(self) -> tuple[bytes, bytes] | None:
        """Certificate and private key for HTTPS that provisioning gave, both in DER; None when it gave none."""

class Monitor(Protocol):
    """What the device tells whoever looks after it: the serial console of a board, the simulator's state."""

    @property
    def attended(self) -> bool:
        """Whether `state` is read by anybody; where it is not, the firmware need not make it."""
    def state(self, part: str, value: object) -> None:
        """`part` of the device's state changed: "accounts", "signin", "jobs", "web". JSON-ready, without secrets.

        "jobs" is told once, at the start; from then on "newest_jobs" has those that may have changed since.
        """
    def log(self, line: str) -> None:
        """One line, without secrets."""

class Watchdog(Protocol):
    """Restarts a device that hangs. It pulls, as the display does: an idle device need not tick for it."""

    async def hungry(self) -> None:
        """Return when it wants to be fed, well before it bites."""
    def feed(self) -> None:
        """The device is well. The first one makes it watch."""
    def warn(self, tell: Callable[[], None]) -> None:
        """Before it bites, `tell` is called, from an interrupt between two steps of whatever runs. A part that has no
        interrupts bites without a word."""
    def stand_down(self) -> None:
        """The firmware is being stopped by somebody at the console: it bites no more."""

class Reset(Protocol):
    def cause(self) -> str:
        """Why the device started: "power-on", "watchdog", "soft"."""
    def expect(self) -> None:
        """Whatever restarts the device next, it is not its watchdog: `cause` will be "soft"."""
    def restart(self) -> None:
        """Restart the device; does not return."""

class Board(Protocol):
    clock: Clock
    network: Network
    panel: Panel
    keys: Keys
    touch: Touch | None
    printer: Printer
    @property
    def scanner(self) -> Scanner: ...  # some are made when somebody looks
    storage: Storage
    entropy: Entropy
    identity: Identity
    monitor: Monitor
    watchdog: Watchdog
    reset: Reset
