"""The guard in front of Web Config: reads what comes through the door, and lets pass only whole, small and honest requests.

A general HTTP server falls over on a device: endless requests eat its heap, and browsers can be led to it under a foreign
name (DNS rebinding). Every limit is a constant below. `parse_head` is the judgement, without I/O; start there.
A request that passes is handed on as fresh, canonical bytes: what is behind the guard sees no header that was not checked.
"""

from micropython import const

from hal.errors import NetworkTimeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hal.api import Board, Buffer, Stream

    Handle = Callable[[bytes, "Writer"], Awaitable[None]]
    Begin = Callable[[Stream, Callable[[], None]], Awaitable[None]]

_HEAD_MS = const(3000)  # for the whole head, however many reads it takes
_BODY_MS = const(10000)
_ANSWER_MS = const(10000)
_LINGER_MS = const(300)  # a refused client may still be sending: a reset would cost it the answer
_LINGER_BYTES = const(65536)
_LONGEST_HEAD = const(4096)
_MOST_LINES = const(40)
_LONGEST_TARGET = const(512)
_LONGEST_TYPE = const(128)
_LONGEST_BODY = const(16384)
_BLOCK = const(1024)

COOKIE = b"scanpost_session"
# Over HTTPS another one: nobody can plant it over HTTP (RFC 6265bis 4.1.3.2), and it does not stand in that one's way.
SECURE_COOKIE = b"__Host-scanpost"
_LONGEST_COOKIE = const(64)
_LANGUAGES = (b"en", b"lt")

_METHODS = (b"GET", b"HEAD", b"POST")
_OTHER_METHODS = (b"PUT", b"DELETE", b"PATCH", b"OPTIONS")
_WANTED = (
    b"host",
    b"origin",
    b"cookie",
    b"accept-language",
    b"content-type",
    b"content-length",
    b"transfer-encoding",
    b"expect",
)
_TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"  # RFC 9110 5.6.2, lower case
_PATH = b"-_./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # all that the pages' paths need
_HOST = b"-.0123456789abcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"

_REASONS = {
    200: b"OK",
    303: b"See Other",
    307: b"Temporary Redirect",
    400: b"Bad Request",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    411: b"Length Required",
    413: b"Content Too Large",
    414: b"URI Too Long",
    415: b"Unsupported Media Type",
    417: b"Expectation Failed",
    421: b"Misdirected Request",
    422: b"Unprocessable Content",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    501: b"Not Implemented",
    503: b"Service Unavailable",
    505: b"HTTP Version Not Supported",
}

# The referrer policy is "same-origin" and not "no-referrer": with the latter browsers send "Origin: null" with the
# device's own forms (Fetch, "append a request Origin header"). Foreign sites learn nothing in either. There is no
# Strict-Transport-Security: it would let nobody past a browser's warning of a certificate that nobody vouches for, such as
# the device's own (RFC 6797 12.1), nor back to HTTP when HTTPS is switched off.
_ON_EVERY_ANSWER = (
    b"Connection: close\r\n"
    b"Content-Security-Policy: default-src 'none'; style-src 'self'; form-action 'self'; "
    b"frame-ancestors 'none'; base-uri 'none'\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"Referrer-Policy: same-origin\r\n"
    b"Cache-Control: no-store\r\n"
)

# While a mail is sent the pages may not fit beside it. Whoever waits sees them as soon as they do.
_NO_ROOM = b"The device is busy and has no memory for this page now. It is tried again by itself.\n"
# The browser asks for the page again, and sends nothing a second time by itself.
_NOT_TAKEN = (
    b"The device is busy and has no memory for this now. The page comes again by itself: if it does not show what you did, "
    b"do it once more.\n"
)
AGAIN_S = "3"


class Refusal:
    """Why a request goes no further. `text` repeats nothing of the request."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text


class Head:
    """What counts of a request's head, checked."""

    def __init__(
        self,
        method: bytes,
        path: bytes,
        host: str,
        content_type: bytes,
        session: bytes,
        length: int,
        language: bytes = b"",
    ) -> None:
        self.method = method
        self.path = path
        self.host = host  # lower case, without the port
        self.content_type = content_type
        self.session = session  # the value of our own cookie, b"" without one
        self.length = length  # of the body, bytes
        self.language = language  # the one of ours that the browser would like most, b"" for none

    def canonical(self) -> bytes:
        lines = [self.method + b" " + self.path + b" HTTP/1.1", b"Host: " + self.host.encode()]
        if self.session:
            lines.append(b"Cookie: " + COOKIE + b"=" + self.session)
        if self.language:
            lines.append(b"Accept-Language: " + self.language)
        if self.method == b"POST":
            lines.append(b"Content-Type: " + self.content_type)
            lines.append(b"Content-Length: %d" % self.length)
        return b"\r\n".join(lines) + b"\r\n\r\n"


def parse_head(data: bytes, secure: bool = False) -> "Head | Refusal":
    """Judge a head, `data` up to and including its empty line. `secure`: it came over HTTPS."""
    if len(data) > _LONGEST_HEAD:
        return Refusal(431, "The request's header is too long.")
    if data[-4:] != b"\r\n\r\n":
        return Refusal(400, "The request's header is not complete.")
    lines = data[:-4].split(b"\r\n")
    if len(lines) > _MOST_LINES:
        return Refusal(431, "The request has too many header lines.")

    words = lines[0].split(b" ")
    if len(words) != 3:
        return Refusal(400, "The request line is malformed.")
    method, target, version = words
    if method not in _METHODS:
        if method in _OTHER_METHODS:
            return Refusal(405, "Web Config knows GET, HEAD and POST.")
        return Refusal(501, "Web Config knows GET, HEAD and POST.")
    if version not in (b"HTTP/1.1", b"HTTP/1.0"):
        return Refusal(505 if version[:5] == b"HTTP/" else 400, "Web Config speaks HTTP/1.1.")
    if len(target) > _LONGEST_TARGET:
        return Refusal(414, "The address is too long.")
    path = target.split(b"?")[0]  # no page takes a query
    if path[:1] != b"/" or not _only(path, _PATH) or b"//" in path or b"/." in path or not _visible(target):
        return Refusal(400, "The address is malformed.")

    headers: dict[bytes, bytes] = {}
    for line in lines[1:]:
        colon = line.find(b":")
        name = line[: max(colon, 0)].lower()
        value = line[colon + 1 :].strip(b" \t")
        if not name or not _only(name, _TOKEN) or not _harmless(value):
            return Refusal(400, "A header line is malformed.")
        if name in _WANTED:
            if name in headers:
                return Refusal(400, "A header that must be single is there twice.")
            headers[name] = value

    if b"transfer-encoding" in headers:
        return Refusal(501, "Web Config takes no transfer encoding.")
    if b"expect" in headers:
        return Refusal(417, "Web Config fulfils no expectation.")
    authority = headers.get(b"host", b"").lower()
    host, _, port = authority.partition(b":")
    if not host or not _only(host, _HOST) or not _only(port, _DIGITS) or len(port) > 5:
        return Refusal(400, "The Host header is missing or malformed.")
    own = (b"https://" if secure else b"http://") + authority
    if headers.get(b"origin", own).lower() != own:
        return Refusal(403, "The request comes from another site.")
    content_type = headers.get(b"content-type", b"")
    if len(content_type) > _LONGEST_TYPE or not _ascii(content_type):
        return Refusal(400, "The content type is malformed.")
    length = headers.get(b"content-length")
    if length is None:
        if method == b"POST":
            return Refusal(411, "The request does not say how long it is.")
        length = b"0"
    if not length or not _only(length, _DIGITS):
        return Refusal(400, "The content length is malformed.")
    if len(length) > 9 or int(length) > _LONGEST_BODY:
        return Refusal(413, "The request is too large.")
    if int(length) and method != b"POST":
        return Refusal(400, "Only POST has a body.")
    session = _own_cookie(headers.get(b"cookie", b""), SECURE_COOKIE if secure else COOKIE)
    language = _language(headers.get(b"accept-language", b""))
    return Head(method, path, host.decode(), content_type, session, int(length), language)


def _own_cookie(value: bytes, name: bytes) -> bytes:
    """Our cookie's value; b"" when it is missing, malformed or there twice (somebody else's then, RFC 6265 8.6)."""
    found = [pair.strip()[len(name) + 1 :] for pair in value.split(b";") if pair.strip().startswith(name + b"=")]
    if len(found) != 1 or len(found[0]) > _LONGEST_COOKIE or not _only(found[0], b"0123456789abcdef"):
        return b""
    return found[0]


def _language(value: bytes) -> bytes:
    """The first of our languages that is in it: browsers name them in the order that people like (RFC 9110 12.5.4)."""
    for wanted in value.lower().split(b","):
        language = wanted.strip()[:2]
        if language in _LANGUAGES and wanted.strip()[2:3] in (b"", b"-", b";"):
            return language
    return b""


def _only(data: bytes, allowed: bytes) -> bool:
    return all(byte in allowed for byte in data)


def _visible(data: bytes) -> bool:
    return all(0x20 < byte < 0x7F for byte in data)


def _harmless(data: bytes) -> bool:
    """No control characters but the tab; what is beyond ASCII is opaque (RFC 9110 5.5)."""
    return all((byte >= 0x20 and byte != 0x7F) or byte == 9 for byte in data)


def _ascii(data: bytes) -> bool:
    return all(byte < 0x80 for byte in data)


class Writer:
    """Where an answer goes: gathers small pieces, and puts the headers that every answer has behind the status line."""

    def __init__(self, board: "Board", stream: "Stream") -> None:
        self._clock = board.clock
        self._deadline_ms = 0  # counts from the answer's begin: what a page does before is not the client's doing
        self._stream = stream
        self._waiting = b""
        self._begun = False
        self.sent = False  # some of it

    def get_extra_info(self, name: str) -> "str | None":
        return self._stream.peer if name == "peername" else None

    async def awrite(self, data: "Buffer") -> None:
        """`data`: first the status line alone, then anything. Raises NetworkTimeout, ConnectionLost."""
        if not self._begun:
            self._begun = True
            self._deadline_ms = self._clock.ticks_ms() + _ANSWER_MS
            data = _opening(int(bytes(data[9:12])))
        if len(self._waiting) + len(data) > _BLOCK:
            await self._flush()
        if len(data) > _BLOCK:
            await self._send(data)
        else:
            self._waiting += bytes(data)

    async def aclose(self) -> None:
        await self._flush()

    async def _flush(self) -> None:
        waiting, self._waiting = self._waiting, b""
        if waiting:
            await self._send(waiting)

    async def _send(self, data: "Buffer") -> None:
        self.sent = True
        await self._stream.write(data, max(1, self._deadline_ms - self._clock.ticks_ms()))


def no_room(posted: bool) -> bytes:
    """What somebody is told whose request finds no memory. `posted`: who sent something, and did not only ask for a page."""
    return _NOT_TAKEN if posted else _NO_ROOM


def _opening(status: int) -> bytes:
    return b"HTTP/1.1 %d %s\r\n" % (status, _REASONS.get(status, b"Other")) + _ON_EVERY_ANSWER


class Guard:
    """`names` gives the host names (lower case) under which the device may be asked for now; `handle` gets each request
    that passed, whole, and a `Writer` for the answer. `begin` turns a stream into TLS, where the pages are over HTTPS.
    """

    def __init__(
        self, board: "Board", names: "Callable[[], list[str]]", handle: "Handle", begin: "Begin | None" = None
    ) -> None:
        self._board = board
        self._names = names
        self._handle = handle
        self._begin = begin

    async def answer(
        self, stream: "Stream", heard: "Callable[[], None]", begun: "Callable[[], None]" = lambda: None
    ) -> None:
        """Read one request from `stream` and see that it is answered.

        `begun()` once a TLS handshake has cost something, `heard()` once the request is whole.
        Raises NetworkError, and MemoryError when there is no room for TLS.
        """
        if self._begin is not None:
            await self._begin(stream, begun)
        data = await self._read(stream, b"", _HEAD_MS, _whole_head)
        if not data:
            return
        end = _whole_head(data)
        if not end:
            await self._refuse(stream, Refusal(408, "The request's header came too slowly."))
            return
        head = parse_head(data[:end], self._begin is not None)
        if isinstance(head, Head) and head.host not in self._names():
            head = Refusal(421, "Open Web Config by the address that the device's panel shows.")
        if isinstance(head, Refusal):
            await self._refuse(stream, head)
            return
        length = head.length
        body = await self._read(stream, data[end : end + length], _BODY_MS, lambda body: len(body) >= length)
        if len(body) < length:
            await self._refuse(stream, Refusal(408, "The request's body came too slowly."))
            return
        heard()
        writer = Writer(self._board, stream)
        try:
            request = head.canonical() + body[:length]
            data = body = b""  # a small heap has no room for it three times
            await self._handle(request, writer)
        except MemoryError:
            self._board.monitor.log("web: out of memory")
            if not writer.sent:
                words = no_room(head.method == b"POST")
                answer = (
                    _opening(503) + b"Refresh: " + AGAIN_S.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(words)
                )
                await stream.write(answer + words, _ANSWER_MS)

    async def _read(self, stream: "Stream", data: bytes, limit_ms: int, whole: "Callable[[bytes], object]") -> bytes:
        """Read on until `data` is `whole`, the other end has no more, or the time is over, which counts for all reads."""
        clock = self._board.clock
        deadline_ms = clock.ticks_ms() + limit_ms
        while not whole(data):
            left_ms = deadline_ms - clock.ticks_ms()
            if left_ms <= 0:
                break
            try:
                more = await stream.read(_BLOCK, left_ms)
            except NetworkTimeout:
                break
            if not more:
                break
            data += more
        return data

    async def _refuse(self, stream: "Stream", refusal: Refusal) -> None:
        self._board.monitor.log("web: " + stream.peer + " refused with " + str(refusal.status))
        body = refusal.text.encode() + b"\n"
        await stream.write(
            _opening(refusal.status)
            + (b"Allow: GET, HEAD, POST\r\n" if refusal.status == 405 else b"")
            + b"Content-Type: text/plain; charset=UTF-8\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body,
            _ANSWER_MS,
        )
        dropped = 0
        deadline_ms = self._board.clock.ticks_ms() + _LINGER_MS
        while dropped < _LINGER_BYTES and self._board.clock.ticks_ms() < deadline_ms:
            try:
                more = await stream.read(_BLOCK, deadline_ms - self._board.clock.ticks_ms())
            except NetworkTimeout:
                return
            if not more:
                return
            dropped += len(more)


def _whole_head(data: bytes) -> int:
    """Where the head ends, its length when it is too long to go on, 0 when it is not whole yet."""
    end = data.find(b"\r\n\r\n") + 4
    return end if end > 3 else len(data) if len(data) > _LONGEST_HEAD else 0
