"""TCP and TLS over CPython's asyncio and ssl, with the manners of `hal/network_micropython.py`. Start at `Sockets`.

asyncio's streams are not used: they turn to TLS with bytes still in their buffers, and cannot be cut from outside.
"""

import asyncio
import base64
import socket
import ssl
import tempfile
import time

from hal.certificate import check_dates
from hal.errors import (
    CertificateError,
    ConnectFailed,
    ConnectionLost,
    NameNotFound,
    NetworkTimeout,
    TLSError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, TypeVar

    from hal.api import Buffer

    _T = TypeVar("_T")

_BACKLOG = 8
_READ_BYTES = 16384
_ACCEPT_PAUSE_S = 0.1
_CLOSED = "The connection was closed"

# OpenSSL's X509_V_ERR_ numbers; what is not here is "other".
_REASONS = {
    9: "not-yet-valid",
    10: "expired",
    2: "untrusted",
    18: "untrusted",
    19: "untrusted",
    20: "untrusted",
    21: "untrusted",
    24: "untrusted",
    79: "untrusted",
    62: "name",
    64: "name",
}


class SocketStream:
    """A connection (`hal/api.pyi` Stream). It is in the list `streams` until it is closed."""

    def __init__(self, raw: socket.socket, peer: str, sockets: "Sockets", streams: "list[Any]") -> None:
        self.peer = peer
        self._raw = raw
        self._sockets = sockets
        self._streams = streams
        self._tls: ssl.SSLObject | None = None
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._sending = asyncio.Lock()  # records must go out in their order
        self._pending: set[asyncio.Task[Any]] = set()
        self._failure = ""
        self._answered = False  # in TLS
        streams.append(self)

    async def read(self, n: int, timeout_ms: int) -> bytes:
        deadline_s = time.monotonic() + timeout_ms / 1000
        while True:
            self._check()
            if self._tls is None:
                return await self._receive(n, deadline_s)
            try:
                return self._tls.read(n)
            except ssl.SSLWantReadError:
                await self._more(deadline_s)
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError as error:
                raise ConnectionLost(f"The TLS connection to {self.peer} broke: {error.reason}") from error

    async def write(self, data: "Buffer", timeout_ms: int) -> None:
        deadline_s = time.monotonic() + timeout_ms / 1000
        self._check()
        if self._tls is None:
            await self._in_time(asyncio.get_running_loop().sock_sendall(self._raw, data), deadline_s)
            return
        view = memoryview(data)
        while view:
            try:
                view = view[self._tls.write(view) :]
            except ssl.SSLError as error:
                raise ConnectionLost(f"The TLS connection to {self.peer} broke: {error.reason}") from error
            await self._flush(deadline_s)
            self._check()

    async def start_tls(self, server_hostname: str, ca: "list[bytes] | None", verify: bool, timeout_ms: int) -> None:
        deadline_s = time.monotonic() + timeout_ms / 1000
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if verify:
            try:
                for der in self._sockets.roots() if ca is None else ca:
                    context.load_verify_locations(cadata=der)
            except (ssl.SSLError, ValueError) as error:
                raise TLSError("A certificate to trust cannot be read") from error
        else:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._check()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_hostname)
        while not await self._shake(self._tls, server_hostname, deadline_s):
            await self._more(deadline_s)
        if verify:
            check_dates(self._tls.getpeercert(binary_form=True) or b"", self._sockets.now())

    async def serve_tls(self, certificate: bytes, key: bytes, timeout_ms: int, begun: "Callable[[], None]") -> None:
        deadline_s = time.monotonic() + timeout_ms / 1000
        await self._more(deadline_s)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            with tempfile.NamedTemporaryFile(
                "w"
            ) as file:  # nobody else may read it, and OpenSSL takes nothing but a file
                file.write(_pem("CERTIFICATE", certificate))
                file.write(_pem("EC PRIVATE KEY" if _is_sec1(key) else "PRIVATE KEY", key))
                file.flush()
                context.load_cert_chain(file.name)
        except ssl.SSLError as error:
            raise CertificateError("other", f"The device's own certificate is of no use: {error.reason}") from error
        self._check()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        told = False
        while not await self._shake(self._tls, self.peer, deadline_s):
            if self._answered and not told:
                told = True
                begun()
            await self._more(deadline_s)

    async def close(self) -> None:
        if self._failure == _CLOSED:
            return
        polite = self._tls is not None and not self._failure
        self.lose(_CLOSED)
        self._streams.remove(self)
        await asyncio.gather(*self._pending, return_exceptions=True)
        if polite:
            self._say_goodbye()
        self._raw.close()

    def lose(self, why: str = "The link went down") -> None:
        """From now on every operation raises ConnectionLost, those that wait as well."""
        self._failure = why
        for task in self._pending:
            task.cancel()

    async def _shake(self, tls: ssl.SSLObject, peer: str, deadline_s: float) -> bool:
        """Take the handshake as far as it goes without waiting for the peer; whether it is done."""
        done = False
        try:
            tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLCertVerificationError as error:
            await self._flush(deadline_s)
            reason = _REASONS.get(error.verify_code, "other")
            raise CertificateError(reason, f"The certificate of {peer} is refused") from error
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:  # which of them depends on CPython's version
            raise ConnectionLost(f"{self.peer} closed the connection in the TLS handshake") from error
        except ssl.SSLError as error:
            raise TLSError(f"No TLS with {peer}: {error.reason}") from error
        await self._flush(deadline_s)
        return done

    async def _more(self, deadline_s: float) -> None:
        """Get bytes for TLS from the network."""
        data = await self._receive(_READ_BYTES, deadline_s)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    async def _flush(self, deadline_s: float) -> None:
        async with self._sending:
            data = self._outgoing.read()
            if data:
                self._answered = True
                await self._in_time(asyncio.get_running_loop().sock_sendall(self._raw, data), deadline_s)

    async def _receive(self, n: int, deadline_s: float) -> bytes:
        return await self._in_time(asyncio.get_running_loop().sock_recv(self._raw, n), deadline_s)

    async def _in_time(self, operation: "Coroutine[Any, Any, _T]", deadline_s: float) -> "_T":
        task = asyncio.ensure_future(operation)
        self._pending.add(task)
        try:
            await asyncio.wait({task}, timeout=max(0.0, deadline_s - time.monotonic()))
            if not task.done():
                raise NetworkTimeout(f"{self.peer} did not send or take anything in time")
            if task.cancelled():
                raise ConnectionLost(self._failure)
            return task.result()
        except OSError as error:
            raise ConnectionLost(f"The connection to {self.peer} broke: {error.errno}") from error
        finally:
            task.cancel()
            self._pending.discard(task)

    def _check(self) -> None:
        if self._failure:
            raise ConnectionLost(self._failure)

    def _say_goodbye(self) -> None:
        """Tell the other end in TLS that this is the end, if that goes without waiting."""
        assert self._tls is not None
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            pass  # its answer is not waited for
        try:
            self._raw.send(self._outgoing.read())
        except OSError:
            pass  # it is gone


def _is_sec1(key: bytes) -> bool:
    """Whether a private key is an ECPrivateKey: the number that is its first field is 1 there (RFC 5915), else 0."""
    return b"\x02\x01\x01" in key[:6]


def _pem(what: str, der: bytes) -> str:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {what}-----\n{body}-----END {what}-----\n"


class Listener:
    """A listening socket (`hal/api.pyi` Listener)."""

    def __init__(self, raw: socket.socket, sockets: "Sockets", streams: "list[Any]") -> None:
        self._raw = raw
        self._sockets = sockets
        self._streams = streams
        self._accepting: asyncio.Task[Any] | None = None
        self._closed = False

    async def accept(self) -> SocketStream:
        while not self._closed:
            self._accepting = asyncio.ensure_future(asyncio.get_running_loop().sock_accept(self._raw))
            try:
                await asyncio.wait({self._accepting})
            finally:
                self._accepting.cancel()
            if self._accepting.cancelled():
                break
            if self._accepting.exception() is not None:  # gone already, or the system has no more sockets now
                await asyncio.sleep(_ACCEPT_PAUSE_S)
                continue
            raw, address = self._accepting.result()
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return SocketStream(raw, f"{address[0]}:{address[1]}", self._sockets, self._streams)
        raise ConnectionLost(_CLOSED)

    async def close(self) -> None:
        self._closed = True
        if self._accepting is not None:
            self._accepting.cancel()
            await asyncio.wait({self._accepting})
        self._raw.close()


class Sockets:
    """`root_files`: DER certificates that are trusted by themselves. `now`: the device's wall clock."""

    def __init__(self, root_files: list[str], now: "Callable[[], int | None]") -> None:
        self.now = now
        self._root_files = root_files

    def roots(self) -> list[bytes]:
        roots = []
        for path in self._root_files:
            with open(path, "rb") as file:
                roots.append(file.read())
        return roots

    async def connect(self, address: str, port: int, timeout_ms: int, streams: "list[Any]") -> SocketStream:
        """Raises NameNotFound, ConnectFailed, NetworkTimeout."""
        loop = asyncio.get_running_loop()
        peer = f"{address}:{port}"
        raw = None
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                family, _, _, _, where = (await loop.getaddrinfo(address, port, type=socket.SOCK_STREAM))[0]
                raw = socket.socket(family, socket.SOCK_STREAM)
                raw.setblocking(False)
                raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await loop.sock_connect(raw, where)
        except BaseException as error:
            if raw is not None:
                raw.close()
            if isinstance(error, TimeoutError) and error.errno is None:
                raise NetworkTimeout(f"{peer} did not answer in time") from error
            if isinstance(error, socket.gaierror):
                raise NameNotFound(f"The name {address} is not known") from error
            if isinstance(error, OSError):
                raise ConnectFailed(f"No connection to {peer}: {error.errno}") from error
            raise
        return SocketStream(raw, peer, self, streams)

    def listen(self, address: str, port: int, streams: "list[Any]") -> Listener:
        """Accepted streams go into `streams`. Raises ConnectFailed when the port cannot be had."""
        raw = socket.socket()
        try:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            raw.bind((address, port))
            raw.listen(_BACKLOG)
            raw.setblocking(False)
        except OSError as error:
            raw.close()
            raise ConnectFailed(f"Port {port} cannot be had") from error
        return Listener(raw, self, streams)
