"""HTTP/1.1 servers without a framework: h11 speaks it, `serve` gives it a connection, a handler answers.

Works over any `sim.streams.ServerStream`, so that the same server answers on sockets and in virtual time. It is strict:
one Host, no two ways to say how long a body is, limits and deadlines on all that a client sends. Start at `serve`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_to_bytes

import h11

from hal.errors import NetworkError, NetworkTimeout
from sim.streams import ServerStream

MAX_BODY_BYTES = 1 << 20
_MAX_HEADER_BYTES = 16 * 1024
_MAX_HEADERS = 100
_MAX_QUERY_FIELDS = 100
_READ_BYTES = 65536
_IDLE_MS = 60_000  # between two requests
_HEADER_MS = 10_000  # from the first byte of a request to the end of its header
_BODY_MS = 60_000
_WRITE_MS = 60_000
_WATCH_MS = 3_600_000
_LINGER_MS = 1_000  # after a refusal, what still comes is read so that the refusal arrives (RFC 9112 9.6)
_LINGER_BYTES = 64 << 20
_HOST = re.compile(r"([A-Za-z0-9.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass
class Request:
    """`path` is percent-decoded; header names are lower-case; of a repeated query field the last value counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""
    scheme: str = "http"
    host: str = ""
    peer: str = ""


@dataclass
class Response:
    """An async iterator as `body` is streamed; the connection ends with it."""

    status: int
    body: bytes | str | AsyncIterator[bytes] = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Request], Awaitable[Response]]


class Unanswered(Exception):
    """Raised by a handler that wants the connection to end without an answer."""


class _RefusedError(Exception):
    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


async def serve(
    stream: ServerStream,
    handler: Handler,
    *,
    max_body: int = MAX_BODY_BYTES,
    scheme: str = "http",
    on_error: Callable[[Exception], None] | None = None,
) -> None:
    """Answer the requests of one connection until it ends, and close it.

    An exception of the handler is answered with 500 and no detail, then given to `on_error`, or raised where there is none.
    """
    visit = _Visit(stream, handler, max_body, scheme, on_error)
    try:
        while await visit.one_request():
            pass
    except (NetworkError, Unanswered):
        return  # the client went away, or is to believe that we did
    finally:
        await stream.close()


class _Visit:
    def __init__(
        self,
        stream: ServerStream,
        handler: Handler,
        max_body: int,
        scheme: str,
        on_error: Callable[[Exception], None] | None,
    ) -> None:
        self._stream = stream
        self._handler = handler
        self._max_body = max_body
        self._scheme = scheme
        self._on_error = on_error
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEADER_BYTES)

    async def one_request(self) -> bool:
        """Whether another one may follow."""
        method = ""
        failure: Exception | None = None
        try:
            request = await self._read_request()
            if request is None:
                return False
            method = request.method
            response = await self._handler(request)
        except _RefusedError as refused:
            await self._refuse(refused.status, refused.sentence)
            return False
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint, f"This is not HTTP as it should be: {error}")
            return False
        except (NetworkError, Unanswered):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a handler does wrong, the client gets a sentence
            failure = error
            response = Response(500, "The server failed to answer this request.\n")
        await self._send(response, method)
        if failure is not None:
            if self._on_error is None:
                raise failure
            self._on_error(failure)
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    # --- reading ---

    async def _read_request(self) -> Request | None:
        head = await self._read_head()
        if head is None:
            return None
        request = self._checked(head)
        if self._http.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
            await self._write(self._http.send(go_on))
        request.body = await self._read_body()
        return request

    async def _read_head(self) -> h11.Request | None:
        timeout_ms = _HEADER_MS if self._http.trailing_data[0] else _IDLE_MS
        begun = timeout_ms == _HEADER_MS
        deadline = self._deadline(timeout_ms)
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                return event
            if event is not h11.NEED_DATA:  # the connection ended between two requests
                return None
            try:
                data = await self._stream.read(_READ_BYTES, self._left_ms(deadline))
            except NetworkTimeout:
                if not begun:
                    return None
                raise _RefusedError(408, "The request's header took too long") from None
            if not begun:
                begun, deadline = True, self._deadline(_HEADER_MS)
            self._http.receive_data(data)

    async def _read_body(self) -> bytes:
        deadline = self._deadline(_BODY_MS)
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                try:
                    self._http.receive_data(await self._stream.read(_READ_BYTES, self._left_ms(deadline)))
                except NetworkTimeout:
                    raise _RefusedError(408, "The request's body took too long") from None
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._max_body:
                    raise _RefusedError(413, f"The body may have at most {self._max_body} bytes")
            else:
                return bytes(body)

    def _checked(self, head: h11.Request) -> Request:
        """What h11 lets pass and we do not. Raises _RefusedError."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in head.headers:
            name, value = raw_name.decode("ascii"), raw_value.decode("latin-1")
            if name in ("host", "content-length", "transfer-encoding") and name in headers:
                raise _RefusedError(400, f"The header {name} may stand only once")
            headers[name] = headers[name] + ("; " if name == "cookie" else ", ") + value if name in headers else value
        host = headers.get("host", "")
        if len(head.headers) > _MAX_HEADERS:
            raise _RefusedError(431, f"At most {_MAX_HEADERS} headers, please")
        if not _HOST.fullmatch(host):
            raise _RefusedError(400, "Exactly one header Host must say which server is meant")
        if "content-length" in headers and "transfer-encoding" in headers:
            raise _RefusedError(400, "Content-Length and Transfer-Encoding exclude each other")
        method = head.method.decode("ascii")
        if method not in _METHODS:
            raise _RefusedError(501, "There is no such method here")
        if int(headers.get("content-length", "0")) > self._max_body:
            raise _RefusedError(413, f"The body may have at most {self._max_body} bytes")
        raw_path, _, raw_query = head.target.decode("ascii", "replace").partition("?")
        if not raw_path.startswith("/"):
            raise _RefusedError(400, "The request's target must be a path")
        try:
            path = unquote_to_bytes(raw_path).decode("utf-8")
            pairs = parse_qsl(raw_query, keep_blank_values=True, errors="strict", max_num_fields=_MAX_QUERY_FIELDS)
        except ValueError:
            raise _RefusedError(400, "The request's target is not UTF-8, or has too many fields") from None
        if not path.isprintable():
            raise _RefusedError(400, "The request's path has characters that nobody can see")
        return Request(method, path, dict(pairs), headers, b"", self._scheme, host, self._stream.peer)

    # --- writing ---

    async def _send(self, response: Response, method: str) -> None:
        headers = [("Content-Type", response.content_type), *response.headers.items()]
        body = response.body.encode("utf-8") if isinstance(response.body, str) else response.body
        if not isinstance(body, bytes | bytearray):
            headers.append(("Connection", "close"))
            await self._write(self._http.send(h11.Response(status_code=response.status, headers=headers)))
            if method != "HEAD":
                await self._send_stream(body)
            await self._write(self._http.send(h11.EndOfMessage()))
            return
        headers.append(("Content-Length", str(len(body))))
        data = self._http.send(h11.Response(status_code=response.status, headers=headers)) or b""
        if body and method != "HEAD":
            data += self._http.send(h11.Data(data=body)) or b""
        data += self._http.send(h11.EndOfMessage()) or b""
        await self._write(data)

    async def _send_stream(self, body: AsyncIterator[bytes]) -> None:
        """Until the body ends, or the client hangs up: it may be silent for hours, so somebody has to watch."""
        hung_up = asyncio.ensure_future(self._hung_up())
        try:
            while True:
                piece = asyncio.ensure_future(_next(body))
                await asyncio.wait((piece, hung_up), return_when=asyncio.FIRST_COMPLETED)
                if not piece.done():
                    piece.cancel()
                    await asyncio.wait((piece,))
                    raise Unanswered
                data = piece.result()
                if data is None:
                    return
                if data:
                    await self._write(self._http.send(h11.Data(data=data)))
        finally:
            hung_up.cancel()

    async def _hung_up(self) -> None:
        while True:
            try:
                if not await self._stream.read(_READ_BYTES, _WATCH_MS):
                    return
            except NetworkTimeout:
                continue
            except NetworkError:
                return

    async def _refuse(self, status: int, sentence: str) -> None:
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        await self._send(Response(status, sentence + "\n", headers={"Connection": "close"}), "GET")
        left, deadline = _LINGER_BYTES, self._deadline(_LINGER_MS)
        while left > 0:
            data = await self._stream.read(_READ_BYTES, self._left_ms(deadline))
            if not data:
                return
            left -= len(data)

    async def _write(self, data: bytes | None) -> None:
        if data:
            await self._stream.write(data, _WRITE_MS)

    def _deadline(self, timeout_ms: int) -> float:
        return asyncio.get_running_loop().time() + timeout_ms / 1000

    def _left_ms(self, deadline: float) -> int:
        """Milliseconds until the deadline. Raises NetworkTimeout when it has passed."""
        left_ms = int((deadline - asyncio.get_running_loop().time()) * 1000)
        if left_ms <= 0:
            raise NetworkTimeout("The request took too long")
        return left_ms


async def _next(body: AsyncIterator[bytes]) -> bytes | None:
    try:
        return await anext(body)
    except StopAsyncIteration:
        return None
