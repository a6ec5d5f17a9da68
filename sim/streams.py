"""Connections that servers of the simulator speak over: what they have in common, and those over real sockets.

`ServerStream` is the contract; `SocketStream` keeps it over asyncio, `sim.network.MemoryStream` in the virtual world. Start
at `listen`. Errors are those of `hal.errors`.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from hal.errors import ConnectionLost, NetworkError, NetworkTimeout, TLSError

Buffer = bytes | bytearray | memoryview

_CLOSE_S = 1.0  # how long a polite end may take before the connection is cut
_BACKLOG = 100
_RESET = struct.pack("ii", 1, 0)  # linger for no time: what is left to send is dropped and the client gets RST


class ServerStream(Protocol):
    """The server's end of a connection. One task reads, one writes."""

    @property
    def peer(self) -> str:
        """ "address:port" or "address" of the client."""

    async def read(self, n: int, timeout_ms: int) -> bytes:
        """1 to `n` bytes as soon as there are any, b"" at the end. Raises NetworkTimeout, ConnectionLost."""

    async def write(self, data: bytes, timeout_ms: int) -> None:
        """Hand over all of `data`. Raises NetworkTimeout, ConnectionLost."""

    async def start_tls_server(self, certificate_der: bytes, timeout_ms: int) -> None:
        """Turn to TLS, presenting this certificate. Bytes read before TLS and not yet taken are dropped (RFC 3207 6).

        Raises TLSError, NetworkTimeout, ConnectionLost.
        """

    async def close(self) -> None:
        """Never raises; a second call does nothing."""

    def cut(self) -> None:
        """Reset the connection, as a dead process does."""


class _TLSProtocol(asyncio.StreamReaderProtocol):
    """CPython 3.11 takes a stream that was turned to TLS later for one in clear, and warns when its client leaves early."""

    def eof_received(self) -> bool:
        super().eof_received()
        return False  # TLS has no half-open connections


class SocketStream:
    """A ServerStream over asyncio's streams. `contexts`: certificates that it can present, by their DER form."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        contexts: Mapping[bytes, ssl.SSLContext] | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._contexts = contexts or {}
        self._before_tls: asyncio.StreamWriter | None = None
        self._closed = False
        address = writer.get_extra_info("peername")
        self.peer = f"{address[0]}:{address[1]}" if address else ""
        raw = writer.get_extra_info("socket")
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def read(self, n: int, timeout_ms: int) -> bytes:
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                return await self._reader.read(n)
        except TimeoutError:
            raise NetworkTimeout(f"Nothing came within {timeout_ms} ms") from None
        except OSError as error:  # ssl.SSLError is one
            raise ConnectionLost("The connection was lost") from error

    async def write(self, data: Buffer, timeout_ms: int) -> None:
        if self._closed or self._writer.is_closing():
            raise ConnectionLost("The connection was closed")
        try:
            self._writer.write(data)
            async with asyncio.timeout(timeout_ms / 1000):
                await self._writer.drain()
        except TimeoutError:
            raise NetworkTimeout(f"Nothing was taken within {timeout_ms} ms") from None
        except OSError as error:
            raise ConnectionLost("The connection was lost") from error

    async def start_tls_server(self, certificate_der: bytes, timeout_ms: int = 60_000) -> None:
        # A new reader: what came in clear stays in the old one, and nobody will read it there.
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = _TLSProtocol(reader)
        try:
            transport = await loop.start_tls(
                self._writer.transport,
                protocol,
                self._contexts[certificate_der],
                server_side=True,
                ssl_handshake_timeout=timeout_ms / 1000,
            )
        except ssl.SSLError as error:
            raise TLSError("The client did not begin a TLS handshake, or gave it up") from error
        except TimeoutError:
            raise NetworkTimeout(f"No TLS handshake within {timeout_ms} ms") from None
        except OSError as error:
            raise ConnectionLost("The connection was lost in the TLS handshake") from error
        if transport is None:
            raise ConnectionLost("The connection was lost in the TLS handshake")
        protocol.connection_made(transport)
        self._before_tls = self._writer  # CPython 3.13 closes the connection when its first writer is forgotten
        self._reader = reader
        self._writer = asyncio.StreamWriter(transport, protocol, reader, loop)

    def cut(self) -> None:
        self._closed = True
        raw = self._writer.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._writer.transport.abort()

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()


class Listening:
    """A port that is listened on, and the visits of those who came. `listen` makes it."""

    def __init__(self, on_stream: Callable[[SocketStream], Awaitable[None]], contexts: Mapping[bytes, ssl.SSLContext]):
        self.port = 0
        self._on_stream = on_stream
        self._contexts = contexts
        self._visits: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        self._server = await asyncio.start_server(self._accept, host, port, backlog=_BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]

    def visits(self) -> int:
        """How many are there now."""
        return len(self._visits)

    async def close(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._server is None:
            return
        self._server.close()
        visits = list(self._visits)
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.get_running_loop().create_task(self._visit(SocketStream(reader, writer, self._contexts)))
        self._visits.add(visit)
        visit.add_done_callback(self._left)

    async def _visit(self, stream: SocketStream) -> None:
        try:
            await self._on_stream(stream)
        except NetworkError:
            return  # the client went away: there is nobody left to tell
        finally:
            await stream.close()

    def _left(self, visit: asyncio.Task[None]) -> None:
        self._visits.discard(visit)
        if not visit.cancelled() and (error := visit.exception()) is not None:
            context = {"message": "A server of the simulator failed", "exception": error}
            visit.get_loop().call_exception_handler(context)


async def listen(
    host: str,
    port: int,
    on_stream: Callable[[SocketStream], Awaitable[None]],
    contexts: Mapping[bytes, ssl.SSLContext] | None = None,
) -> Listening:
    """Serve each connection to `port` (0: a free one) with `on_stream`, and close it. Raises OSError."""
    listening = Listening(on_stream, contexts or {})
    await listening.start(host, port)
    return listening
