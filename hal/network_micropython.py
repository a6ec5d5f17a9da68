"""TCP and TLS over MicroPython's `socket` and `tls`, for every port that has them. Start at `Sockets`.

asyncio's own streams are not used. They cannot set TCP_NODELAY before the handshake (40 ms lost), need a task for each
deadline, and poll a TLS socket every millisecond. Here each operation first tries the socket and then waits on the *raw*
socket in asyncio's poll set; one watchdog wakes those whose time is over (`Waiters`).
"""

import asyncio
import errno
import io
import select
import socket
from asyncio import core  # type: ignore[attr-defined]
from time import ticks_add, ticks_diff, ticks_ms  # type: ignore[attr-defined]

import tls  # type: ignore[import-not-found]
from micropython import const

from hal.certificate import check_dates
from hal.errors import CertificateError, ConnectFailed, ConnectionLost, NameNotFound, NetworkTimeout, TLSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hal.api import Buffer

_BACKLOG = const(8)
_WATCH_MS = const(50)  # how late a deadline may be noticed
_READ_BYTES = const(4096)  # memory is taken for a whole read before it is known how much comes
_QUICK_STEPS = const(8)  # operations without waiting, after which other tasks get their turn
_ACCEPT_PAUSE_MS = const(100)

_TCP = const(6)
_TCP_NODELAY = getattr(socket, "TCP_NODELAY", 1)  # a bit of its own where the network is lwIP
_EAGAIN = const(11)
_MBEDTLS_EOF = const(-0x7280)  # MBEDTLS_ERR_SSL_CONN_EOF: the other end closed without saying so in TLS
_MBEDTLS_NO_ROOTS = const(-0x7680)  # MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED

_RECORD_HEADER_BYTES = const(5)
_CHANGE_CIPHER_SPEC = const(20)
_HANDSHAKE = const(22)

# In the order in which they matter when several hold; the texts are those of mbedTLS.
_REASONS = (
    ("not correctly signed", "untrusted"),
    ("does not match", "name"),
    ("has expired", "expired"),
    ("in the future", "not-yet-valid"),
)


class Waiters:
    """Tasks that wait for a raw socket, each with its deadline.

    A task is woken early by putting it back into asyncio's run queue, as Event.set does; it then finds by itself why. (To
    cancel it instead would swallow somebody else's cancellation, and asyncio's IOQueue forgets both tasks of a socket then.)
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[Any, Any, int | None]] = []  # task, socket, deadline in ticks
        self._watching = False

    async def wait(self, raw: "Any", writing: bool, deadline: int | None) -> None:
        """Until `raw` is ready, or `wake` was called, or it is a little after `deadline`."""
        entry = (asyncio.current_task(), raw, deadline)
        self._waiting.append(entry)
        if deadline is not None and not self._watching:
            self._watching = True
            asyncio.create_task(self._watch())  # noqa: RUF006 - MicroPython keeps tasks
        try:
            if writing:
                core._io_queue.queue_write(raw)
            else:
                core._io_queue.queue_read(raw)
            await _suspended()
        finally:
            self._waiting.remove(entry)

    def wake(self, raw: "Any") -> None:
        for entry in list(self._waiting):
            if entry[1] is raw:
                _wake(entry[0])

    async def _watch(self) -> None:
        while True:
            now = ticks_ms()
            more = False
            for task, _, deadline in self._waiting:
                if deadline is not None:
                    more = True
                    if ticks_diff(deadline, now) <= 0:
                        _wake(task)
            if not more:
                break
            await asyncio.sleep_ms(_WATCH_MS)  # type: ignore[attr-defined]
        self._watching = False


def _suspended() -> "Any":
    yield


def _wake(task: "Any") -> None:
    if task.data is core._io_queue:  # otherwise it is in the run queue already
        core._io_queue.remove(task)
        core._task_queue.push(task)


class _Wire(io.IOBase):
    """The raw socket, as seen by TLS from below.

    mbedTLS shakes hands inside the first read or write and MicroPython does not say when it is done, but the records do:
    in TLS 1.2 without resumption the handshake ends with the server's Finished, the first handshake record after its
    ChangeCipherSpec (RFC 5246 7.3). The server answers the client's, which looks alike, with its own at once.
    """

    def __init__(self, raw: "Any") -> None:
        self.raw = raw
        self.finished = False
        self.wrote = False
        self._header = b""
        self._left = 0  # bytes of the record's body that have not been read yet
        self._changed_cipher = False

    def readinto(self, buffer: "Any") -> int | None:
        try:
            n: int | None = self.raw.readinto(buffer)
        except OSError as error:
            return -error.errno  # type: ignore[operator]
        if n and not self.finished:
            self._follow(bytes(buffer[:n]))
        return n

    def write(self, data: "Any") -> int | None:
        self.wrote = True
        try:
            n: int | None = self.raw.write(data)
        except OSError as error:
            return -error.errno  # type: ignore[operator]
        return n

    def ioctl(self, request: int, argument: int) -> int:  # noqa: ARG002
        return 0  # closing is the stream's, polling goes to the raw socket

    def _follow(self, data: bytes) -> None:
        """mbedTLS reads a record's header and its body apart."""
        if self._left == 0:
            self._header += data
            if len(self._header) < _RECORD_HEADER_BYTES:
                return
            self._left = self._header[3] << 8 | self._header[4]
        else:
            self._left -= len(data)
        if self._left == 0:
            if self._header[0] == _CHANGE_CIPHER_SPEC:
                self._changed_cipher = True
            elif self._header[0] == _HANDSHAKE and self._changed_cipher:
                self.finished = True
            self._header = b""


class SocketStream:
    """A connection (`hal/api.pyi` Stream). It is in the list `streams` until it is closed."""

    def __init__(self, raw: "Any", peer: str, sockets: "Sockets", streams: "list[Any]") -> None:
        self.peer = peer
        self._raw = raw
        self._io = raw  # the raw socket, or TLS over it
        self._sockets = sockets
        self._streams = streams
        self._early = b""  # what came with the end of the handshake
        self.tls_errno = 0  # why the handshake failed
        self._failure = ""
        self._quick = 0
        streams.append(self)

    async def read(self, n: int, timeout_ms: int) -> bytes:
        deadline: Any = ticks_add(ticks_ms(), timeout_ms)
        if self._early:
            early, self._early = self._early, b""
            return early
        n = min(n, _READ_BYTES)
        while True:
            self._check()
            try:
                data: bytes | None = self._io.read(n)
            except OSError as error:
                raise ConnectionLost(f"The connection to {self.peer} broke: {error.errno}") from None
            if data is not None:
                await self._breathe()
                return data
            await self.wait(False, deadline)

    async def write(self, data: "Buffer", timeout_ms: int) -> None:
        deadline: Any = ticks_add(ticks_ms(), timeout_ms)
        view = memoryview(data)
        while view:
            self._check()
            try:
                n = self._io.write(view)
            except OSError as error:
                raise ConnectionLost(f"The connection to {self.peer} broke: {error.errno}") from None
            if n:
                view = view[n:]
                await self._breathe()
            else:
                await self.wait(True, deadline)

    async def start_tls(self, server_hostname: str, ca: "list[bytes] | None", verify: bool, timeout_ms: int) -> None:
        deadline: Any = ticks_add(ticks_ms(), timeout_ms)
        leaf = [b""]

        def keep(certificate: bytes, depth: int) -> int:
            if depth == 0:
                leaf[0] = bytes(certificate)
            return 0

        context: Any = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        if verify:
            try:
                for der in self._sockets.roots() if ca is None else ca:
                    context.load_verify_locations(der)
            except ValueError:
                raise TLSError("A certificate to trust cannot be read") from None
            context.verify_callback = keep
        else:
            context.verify_mode = tls.CERT_NONE
        wire = self.over_wire(
            lambda wire: context.wrap_socket(wire, server_hostname=server_hostname, do_handshake_on_connect=False)
        )
        while not wire.finished:
            self.shake(server_hostname)
            if not wire.finished:
                await self.wait(False, deadline)
        if verify:
            check_dates(leaf[0], self._sockets.now())

    async def serve_tls(self, certificate: bytes, key: bytes, timeout_ms: int, begun: "Callable[[], None]") -> None:
        from hal.tls_server import serve

        await serve(self, certificate, key, timeout_ms, begun)

    def over_wire(self, wrap: "Callable[[Any], Any]") -> _Wire:
        """Put TLS, which `wrap` gives, over the raw socket; what is returned knows when the handshake is finished."""
        self._check()
        wire = _Wire(self._raw)
        self._io = wrap(wire)
        return wire

    async def close(self) -> None:
        if self._failure != _CLOSED:
            self.lose(_CLOSED)
            self._streams.remove(self)
            if self._io is not self._raw:
                self._io.close()
            self._raw.close()

    def lose(self, why: str = "The link went down") -> None:
        """From now on every operation raises ConnectionLost, those that wait as well."""
        self._failure = why
        self._sockets.waiters.wake(self._raw)

    def shake(self, peer: str) -> None:
        """Take the handshake as far as it goes without waiting, and keep what the peer sent after it, if anything."""
        self._check()
        try:
            data = self._io.read(1)
        except ValueError as error:
            raise CertificateError(_reason(str(error)), f"The certificate of {peer} is refused") from None
        except OSError as error:
            if error.errno == _MBEDTLS_EOF or error.errno > 0:  # type: ignore[operator]
                raise ConnectionLost(f"The connection to {self.peer} broke in the TLS handshake") from None
            if error.errno == _MBEDTLS_NO_ROOTS:
                raise CertificateError("untrusted", f"No certificate is trusted for {peer}") from None
            self.tls_errno = error.errno or 0
            raise TLSError(f"No TLS with {peer}: {error.errno}") from None
        if data == b"":
            raise ConnectionLost(f"{self.peer} closed the connection in the TLS handshake")
        self._early = data or b""

    def _check(self) -> None:
        if self._failure:
            raise ConnectionLost(self._failure)

    async def wait(self, writing: bool, deadline: int) -> None:
        """Until something can be read or written, or it is the deadline. Raises NetworkTimeout when that has passed."""
        if ticks_diff(deadline, ticks_ms()) <= 0:
            raise NetworkTimeout(f"{self.peer} did not {'take' if writing else 'send'} anything in time")
        await self._sockets.waiters.wait(self._raw, writing, deadline)

    async def _breathe(self) -> None:
        self._quick += 1
        if self._quick % _QUICK_STEPS == 0:
            await asyncio.sleep(0)


_CLOSED = "The connection was closed"


class Listener:
    """A listening socket (`hal/api.pyi` Listener)."""

    def __init__(self, raw: "Any", sockets: "Sockets", streams: "list[Any]") -> None:
        self._raw = raw
        self._sockets = sockets
        self._streams = streams
        self._closed = False

    async def accept(self) -> SocketStream:
        while not self._closed:
            try:
                raw, address = self._raw.accept()
            except OSError as error:
                if error.errno == _EAGAIN:
                    await self._sockets.waiters.wait(self._raw, False, None)
                else:  # the connection is gone already, or the system has no more sockets now
                    await asyncio.sleep_ms(_ACCEPT_PAUSE_MS)  # type: ignore[attr-defined]
            else:
                raw.setblocking(False)
                raw.setsockopt(_TCP, _TCP_NODELAY, 1)
                return SocketStream(raw, _peer(address), self._sockets, self._streams)
        raise ConnectionLost(_CLOSED)

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._sockets.waiters.wake(self._raw)
            self._raw.close()


class Sockets:
    """`root_files`: DER certificates that are trusted by themselves. `now`: the device's wall clock."""

    def __init__(self, root_files: list[str], now: "Callable[[], int | None]") -> None:
        self.now = now
        self.waiters = Waiters()
        self._root_files = root_files

    def roots(self) -> list[bytes]:
        roots = []
        for path in self._root_files:
            with open(path, "rb") as file:
                roots.append(file.read())
        return roots

    async def connect(self, address: str, port: int, timeout_ms: int, streams: "list[Any]") -> SocketStream:
        """Raises NameNotFound, ConnectFailed, NetworkTimeout. To look up a name holds up everything else."""
        deadline: Any = ticks_add(ticks_ms(), timeout_ms)
        peer = f"{address}:{port}"
        try:
            where = socket.getaddrinfo(address, port)[0][-1]
        except OSError:
            raise NameNotFound(f"The name {address} is not known") from None
        raw: Any = socket.socket()
        try:
            raw.setblocking(False)
            try:
                raw.connect(where)
            except OSError as error:
                if error.errno != errno.EINPROGRESS:
                    raise ConnectFailed(f"No connection to {peer}: {error.errno}") from None
            poller = select.poll()
            poller.register(raw, select.POLLOUT)
            while not (ready := poller.poll(0)):
                if ticks_diff(deadline, ticks_ms()) <= 0:
                    raise NetworkTimeout(f"{peer} did not answer in time")
                await self.waiters.wait(raw, True, deadline)
            if ready[0][1] & (select.POLLERR | select.POLLHUP):
                raise ConnectFailed(f"{peer} accepts no connection")
            raw.setsockopt(_TCP, _TCP_NODELAY, 1)
        except BaseException:  # a cancelled task as well must not leave its socket open
            raw.close()
            raise
        return SocketStream(raw, peer, self, streams)

    def listen(self, address: str, port: int, streams: "list[Any]") -> Listener:
        """Accepted streams go into `streams`. Raises ConnectFailed when the port cannot be had."""
        raw: Any = socket.socket()
        try:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            raw.bind(socket.getaddrinfo(address, port)[0][-1])
            raw.listen(_BACKLOG)
            raw.setblocking(False)
        except OSError:
            raw.close()
            raise ConnectFailed(f"Port {port} cannot be had") from None
        return Listener(raw, self, streams)


def _reason(text: str) -> str:
    for part, reason in _REASONS:
        if part in text:
            return reason
    return "other"


def _peer(address: "Any") -> str:
    """Who connected, of what a port's `accept` gives: a tuple on boards, a sockaddr_in on unix."""
    if isinstance(address, tuple):
        return str(address[0]) + ":" + str(address[1])
    if len(address) >= 8:
        return ".".join([str(byte) for byte in address[4:8]]) + ":" + str(address[2] << 8 | address[3])
    return "a client"
