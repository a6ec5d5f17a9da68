"""HTTP/1.1 as a client of the token service: small, bounded, strict. Over TLS only, and always verified.

Start at `fetch`, the one function that touches the network. `ResponseParser` is fed bytes in any pieces and does no I/O;
`build_request`, `urlencode` and `retry_after_ms` are the words around it. One connection carries one request. No redirect
is followed: a form that is sent again elsewhere takes its secrets with it (RFC 9700 4.12).
"""

from micropython import const

from firmware.checks import only, printable, split_url
from hal.errors import NetworkTimeout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Clock, Interface, Network

_HEAD_BYTES = const(8192)  # of all heads of one answer, interim ones and trailers included
_HEAD_LINES = const(40)
_CHUNK_LINE_BYTES = const(256)
_LENGTH_DIGITS = const(9)
_CHUNK_DIGITS = const(7)
_READ_BYTES = const(2048)
_URL_CHARACTERS = const(2048)
_LONGEST_RETRY_AFTER_MS = const(3_600_000)

# What the parser expects next. All up to _CHUNK_END are lines.
_STATUS = const(0)
_HEADER = const(1)
_TRAILER = const(2)
_CHUNK_SIZE = const(3)
_CHUNK_END = const(4)
_BODY = const(5)
_CHUNK = const(6)
_UNTIL_CLOSE = const(7)

_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_UNRESERVED = _LETTERS + _DIGITS + "-._~"  # RFC 3986 2.3
_TOKEN = _LETTERS + _DIGITS + "!#$%&'*+-.^_`|~"  # RFC 9110 5.6.2
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"


class HTTPError(Exception):
    """The answer cannot be used. `reason`: "status", "header", "head-too-large", "length", "transfer-encoding", "chunk",
    "body-too-large" or "incomplete"."""

    def __init__(self, reason: str) -> None:
        super().__init__("HTTP answer refused: " + reason)
        self.reason = reason


class Response:
    """`headers` have lower-case names; those that came more than once are joined by commas."""

    def __init__(self, status: int, headers: "dict[str, str]", body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class ResponseParser:
    """Understands one answer, fed in pieces of any size; the pieces make no difference. Bytes after it are ignored."""

    def __init__(self, max_body: int) -> None:
        self.status = 0
        self.headers: "dict[str, str]" = {}
        self.body = bytearray()
        self.done = False
        self._max_body = max_body
        self._expect = _STATUS
        self._rest = b""  # the begin of a line
        self._left = 0  # bytes still to come of the body or chunk
        self._head_bytes = _HEAD_BYTES
        self._head_lines = _HEAD_LINES
        self._http_1_0 = False

    def feed(self, data: bytes) -> bool:
        """Take the next bytes. True once the answer is whole. Raises HTTPError."""
        data = self._rest + data
        at = 0
        while not self.done:
            if self._expect > _CHUNK_END:
                piece = data[at : at + self._left]
                if self._expect == _UNTIL_CLOSE and len(piece) == self._left:
                    raise HTTPError("body-too-large")
                self.body.extend(piece)
                self._left -= len(piece)
                at += len(piece)
                if self._left:
                    break
                if self._expect == _CHUNK:
                    self._expect = _CHUNK_END
                else:
                    self.done = True
                continue
            end = data.find(b"\n", at)
            longest = self._head_bytes if self._expect <= _TRAILER else _CHUNK_LINE_BYTES
            if (end if end >= 0 else len(data)) - at >= longest:
                raise HTTPError("head-too-large" if self._expect <= _TRAILER else "chunk")
            if end < 0:
                break
            line = data[at : end + 1]
            at = end + 1
            if line[-2:] != b"\r\n":
                raise HTTPError("header" if self._expect <= _TRAILER else "chunk")
            self._line(line[:-2])
        self._rest = data[at:]
        return self.done

    def end(self) -> None:
        """The stream has ended. Raises HTTPError unless the answer is whole."""
        if self._expect == _UNTIL_CLOSE:
            self.done = True
        if not self.done:
            raise HTTPError("incomplete")

    def _line(self, line: bytes) -> None:
        if self._expect == _CHUNK_SIZE:
            self._chunk_size(line)
        elif self._expect == _CHUNK_END:
            if line:
                raise HTTPError("chunk")
            self._expect = _CHUNK_SIZE
        else:
            self._head_bytes -= len(line) + 2
            self._head_lines -= 1
            if self._head_lines < 0:
                raise HTTPError("head-too-large")
            if self._expect == _STATUS:
                self._status_line(line)
            elif line:
                name, value = _header(line)
                if self._expect == _HEADER:
                    self._keep(name, value)
            elif self._expect == _HEADER:
                self._head_is_whole()
            else:
                self.done = True

    def _status_line(self, line: bytes) -> None:
        version, code = line[:9], line[9:12]
        if version not in (b"HTTP/1.1 ", b"HTTP/1.0 ") or line[12:13] not in (b"", b" ") or len(code) != 3:
            raise HTTPError("status")
        if not code.isdigit() or not 100 <= int(code) <= 599 or code == b"101":  # nobody asked for an upgrade
            raise HTTPError("status")
        self._http_1_0 = version == b"HTTP/1.0 "
        self.status = int(code)
        self._expect = _HEADER

    def _keep(self, name: str, value: str) -> None:
        if name in self.headers:  # two lengths become one that is no number (RFC 9112 6.3), also when they agree
            value = self.headers[name] + ", " + value
        self.headers[name] = value

    def _head_is_whole(self) -> None:
        if self.status < 200:  # an interim answer (RFC 9110 15.2): what it says has no meaning here
            self.headers = {}
            self._expect = _STATUS
            return
        coding = self.headers.get("transfer-encoding")
        length = self.headers.get("content-length")
        if coding is not None:
            if coding.lower() != "chunked" or length is not None or self._http_1_0:
                raise HTTPError("transfer-encoding")
            self._expect = _CHUNK_SIZE
        elif length is not None:
            if not 1 <= len(length) <= _LENGTH_DIGITS or not only(length, _DIGITS):
                raise HTTPError("length")
            self._left = int(length)
            if self._left > self._max_body:
                raise HTTPError("body-too-large")
            self._expect = _BODY
        else:
            self._left = self._max_body + 1
            self._expect = _UNTIL_CLOSE
        if self.status in (204, 304):
            self._left = 0
            self._expect = _BODY

    def _chunk_size(self, line: bytes) -> None:
        digits = line.partition(b";")[0].rstrip(b" \t")
        if not 1 <= len(digits) <= _CHUNK_DIGITS or digits.lower().strip(b"0123456789abcdef"):
            raise HTTPError("chunk")
        self._left = int(digits, 16)
        if len(self.body) + self._left > self._max_body:
            raise HTTPError("body-too-large")
        self._expect = _CHUNK if self._left else _TRAILER


def _header(line: bytes) -> "tuple[str, str]":
    name, colon, value = line.partition(b":")
    value = value.replace(b"\t", b" ").strip(b" ")
    if not colon or not name or max(name) > 126 or (value and min(value) < 32) or 127 in value:
        raise HTTPError("header")
    text = name.decode().lower()
    if not only(text, _TOKEN):
        raise HTTPError("header")
    if value and max(value) > 126:
        value = bytes([byte if byte < 127 else 63 for byte in value])  # "?"
    return text, value.decode()


def build_request(method: str, host: str, path: str, headers: "dict[str, str]", body: bytes = b"") -> bytes:
    """The bytes of a request after which the server closes. Raises ValueError for what would not stay on its line."""
    lines = [method + " " + path + " HTTP/1.1", "Host: " + host, "Connection: close"]
    if not (method and printable(method + path + host, 3, _URL_CHARACTERS)):
        raise ValueError("The request line has characters that it cannot have")
    for name, value in headers.items():
        if not only(name, _TOKEN) or not printable(value.replace(" ", "_"), 0, _URL_CHARACTERS):
            raise ValueError("The header " + name + " has characters that it cannot have")
        lines.append(name + ": " + value)
    if body or method == "POST":
        lines.append("Content-Length: " + str(len(body)))
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def urlencode(form: "dict[str, str]") -> bytes:
    """`form` as application/x-www-form-urlencoded."""
    return "&".join(_quoted(name) + "=" + _quoted(value) for name, value in form.items()).encode()


def _quoted(text: str) -> str:
    if only(text, _UNRESERVED):
        return text
    return "".join(chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def retry_after_ms(headers: "dict[str, str]") -> "int | None":
    """How long the server asks to wait (RFC 9110 10.2.3), at most an hour; None when it does not say so clearly.

    A date is measured against the answer's own Date: the device's clock may be wrong or unset.
    """
    value = headers.get("retry-after", "")
    if value and only(value, _DIGITS):
        return _LONGEST_RETRY_AFTER_MS if len(value) > 5 else min(int(value) * 1000, _LONGEST_RETRY_AFTER_MS)
    then_s, now_s = _date_s(value), _date_s(headers.get("date", ""))
    if then_s is None or now_s is None:
        return None
    return min(max(then_s - now_s, 0) * 1000, _LONGEST_RETRY_AFTER_MS)


def _date_s(text: str) -> "int | None":
    """Unix seconds of "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7, the only form that servers may still send)."""
    if len(text) != 29 or text[3:5] != ", " or text[16] != " " or text[19] != ":" or text[22] != ":":
        return None
    day, year, hour, minute, second = text[5:7], text[12:16], text[17:19], text[20:22], text[23:25]
    month = _MONTHS.find(text[8:11])
    if text[25:] != " GMT" or month < 0 or month % 3 or not only(day + year + hour + minute + second, _DIGITS):
        return None
    month = month // 3 + 1
    # Days since 1970-01-01, with the year taken to begin in March so that the leap day is its last.
    y = int(year) - (month < 3)
    days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * ((month + 9) % 12) + 2) // 5 + int(day) - 1 - 719468
    return ((days * 24 + int(hour)) * 60 + int(minute)) * 60 + int(second)


async def fetch(
    network: "Network",
    interface: "Interface",
    clock: "Clock",
    method: str,
    url: str,
    *,
    form: "dict[str, str] | None" = None,
    ca: "list[bytes] | None" = None,
    timeout_ms: int,
    max_body: int,
) -> Response:
    """Ask once and return the answer, whatever its status. `ca`: DER certificates to trust, None for the built-in roots.

    Raises ValueError for a URL that is not https, HTTPError, NetworkError.
    """
    scheme, host, port, path = split_url(url)
    if scheme != "https":
        raise ValueError("Only https is fetched")
    name = "[" + host + "]" if ":" in host else host
    headers = {"Accept": "application/json"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    request = build_request(
        method, name if port == 443 else name + ":" + str(port), path, headers, b"" if form is None else urlencode(form)
    )
    deadline = clock.ticks_ms() + timeout_ms

    def left_ms() -> int:
        ms = deadline - clock.ticks_ms()
        if ms <= 0:
            raise NetworkTimeout("No whole answer from " + host + " within " + str(timeout_ms) + " ms")
        return ms

    parser = ResponseParser(max_body)
    stream = await network.connect(host, port, interface, left_ms())
    try:
        await stream.start_tls(host, ca, True, left_ms())
        await stream.write(request, left_ms())
        while not parser.done:
            data = await stream.read(_READ_BYTES, left_ms())
            if data:
                parser.feed(data)
            else:
                parser.end()
    finally:
        await stream.close()
    return Response(parser.status, parser.headers, bytes(parser.body))
