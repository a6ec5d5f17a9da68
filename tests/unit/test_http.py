"""The token service's HTTP client: one meaning for each answer however it is cut, and a bound on everything."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware.checks import is_host, split_url
from firmware.http import (
    HTTPError,
    ResponseParser,
    build_request,
    fetch,
    retry_after_ms,
    urlencode,
)
from hal.errors import ConnectionLost, NetworkTimeout

MAX_BODY = 1000


def outcome(pieces: list[bytes], max_body: int = MAX_BODY) -> tuple[Any, ...]:
    """What comes of an answer that arrives in these pieces and then ends."""
    parser = ResponseParser(max_body)
    try:
        for piece in pieces:
            if parser.feed(piece):
                break
        if not parser.done:
            parser.end()
    except HTTPError as error:
        return ("error", error.reason)
    return parser.status, parser.headers, bytes(parser.body)


def body_of(answer: bytes, max_body: int = MAX_BODY) -> bytes:
    result = outcome([answer], max_body)
    assert result[0] == 200, result
    return bytes(result[2])


def refusal_of(answer: bytes, max_body: int = MAX_BODY) -> str:
    result = outcome([answer], max_body)
    assert result[0] == "error", result
    return str(result[1])


OK = b"HTTP/1.1 200 OK\r\n"


def test_body_by_length_by_chunks_and_until_close() -> None:
    assert body_of(OK + b"Content-Length: 5\r\n\r\nhello") == b"hello"
    assert body_of(OK + b"Content-Length: 0\r\n\r\n") == b""
    chunks = b"5;name=value\r\nhello\r\n1 \r\n!\r\n0\r\nTrailer: x\r\n\r\n"
    assert body_of(OK + b"Transfer-Encoding: Chunked\r\n\r\n" + chunks) == b"hello!"
    assert body_of(b"HTTP/1.0 200 \r\n\r\nuntil the end") == b"until the end"
    assert body_of(b"HTTP/1.1 200\r\n\r\n") == b""


def test_status_without_body_needs_no_end() -> None:
    parser = ResponseParser(MAX_BODY)
    assert parser.feed(b"HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n")
    assert parser.body == b""


def test_headers_are_lower_case_and_joined() -> None:
    status, headers, _ = outcome([OK + b"X-A: 1\r\nx-a:\t2 \r\nName: \xc5\xbe\r\nContent-Length: 0\r\n\r\n"])
    assert (status, headers["x-a"], headers["name"]) == (200, "1, 2", "??")


def test_interim_answers_are_skipped_and_bounded() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    status, headers, body = outcome([interim * 3 + OK + b"Content-Length: 2\r\n\r\nok"])
    assert (status, headers, body) == (200, {"content-length": "2"}, b"ok")
    assert refusal_of(interim * 50 + OK + b"Content-Length: 0\r\n\r\n") == "head-too-large"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/2 200 OK\r\n\r\n", "status"),
        (b"220 mail.bureau.example ESMTP\r\n", "status"),
        (b"HTTP/1.1 2x0 OK\r\n\r\n", "status"),
        (b"HTTP/1.1 099 OK\r\n\r\n", "status"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "status"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "status"),
        (b"HTTP/1.1 200 OK\n\n", "header"),
        (OK + b"Name\r\n\r\n", "header"),
        (OK + b": x\r\n\r\n", "header"),
        (OK + b"Name : x\r\n\r\n", "header"),
        (OK + b"A: 1\r\n folded\r\n\r\n", "header"),
        (OK + b"A: 1\x00\r\n\r\n", "header"),
        (OK + b"A: 1\r2\r\n\r\n", "header"),
        (OK + b"\xc5\xbe: 1\r\n\r\n", "header"),
        (OK + b"A: " + b"x" * 9000 + b"\r\n\r\n", "head-too-large"),
        (OK + b"A: " + b"x" * 9000, "head-too-large"),
        (OK + b"A: 1\r\n" * 40 + b"\r\n", "head-too-large"),
        (OK + b"Content-Length: -1\r\n\r\n", "length"),
        (OK + b"Content-Length: +5\r\n\r\nhello", "length"),
        (OK + b"Content-Length: 1_0\r\n\r\n0123456789", "length"),
        (OK + b"Content-Length: 0x5\r\n\r\nhello", "length"),
        (OK + b"Content-Length: 5, 5\r\n\r\nhello", "length"),
        (OK + b"Content-Length:\r\n\r\n", "length"),
        (OK + b"Content-Length: 9999999999\r\n\r\n", "length"),
        (OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "length"),
        (OK + b"Content-Length: 1001\r\n\r\n", "body-too-large"),
        (OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "transfer-encoding"),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "transfer-encoding"),
        (b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "transfer-encoding"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", "chunk"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n\r\n", "chunk"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", "chunk"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n12345678\r\n", "chunk"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 300 + b"\r\n", "chunk"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 1001, "body-too-large"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: 1\r\n" * 50, "head-too-large"),
        (OK + b"\r\n" + b"x" * 1001, "body-too-large"),
        (OK + b"Content-Length: 5\r\n\r\nhell", "incomplete"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "incomplete"),
        (OK + b"A: 1\r\n", "incomplete"),
        (b"", "incomplete"),
    ],
)
def test_what_is_refused_and_by_which_name(answer: bytes, reason: str) -> None:
    assert refusal_of(answer) == reason
    assert outcome([answer[i : i + 1] for i in range(len(answer))]) == ("error", reason)


ANSWERS = st.lists(
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.0 404 x\r\n",
            b"HTTP/1.1 100 \r\n",
            b"HTTP/1.1 204 x\r\n",
            b"Content-Length: 5\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"A: b\r\n",
            b"\r\n",
            b"\n",
            b"\r",
            b"5\r\n",
            b"hello",
            b"0\r\n",
            b":",
            b"\x00",
            b"\xff",
            b"x" * 300,
        ]
    )
    | st.binary(max_size=12),
    max_size=12,
)


@given(parts=ANSWERS, cuts=st.lists(st.integers(1, 40), max_size=60))
@example(parts=[OK, b"\r\n", b"x" * 300, b"x" * 300, b"x" * 300, b"x" * 300], cuts=[10, 1, 10])
def test_the_cuts_make_no_difference_and_only_named_errors_come_out(parts: list[bytes], cuts: list[int]) -> None:
    answer = b"".join(parts)
    pieces, at = [], 0
    for n in cuts:
        pieces.append(answer[at : at + n])
        at += n
    pieces.append(answer[at:])
    assert outcome(pieces) == outcome([answer])


def test_bytes_after_the_answer_are_ignored() -> None:
    parser = ResponseParser(MAX_BODY)
    assert parser.feed(OK + b"Content-Length: 2\r\n\r\nokHTTP/1.1 500 no\r\n\r\n")
    assert parser.feed(b"more") and parser.body == b"ok" and parser.status == 200


def test_request_is_one_block_with_its_length() -> None:
    request = build_request("POST", "login.bureau.example", "/token", {"Accept": "application/json"}, b"a=b")
    assert request == (
        b"POST /token HTTP/1.1\r\nHost: login.bureau.example\r\nConnection: close\r\n"
        b"Accept: application/json\r\nContent-Length: 3\r\n\r\na=b"
    )
    assert b"Content-Length" not in build_request("GET", "h", "/", {})


@pytest.mark.parametrize(
    ("method", "host", "path", "headers"),
    [
        ("GET\r\n", "h", "/", {}),
        ("GET", "h\r\nX: y", "/", {}),
        ("GET", "h", "/a b", {}),
        ("GET", "h", "/\x00", {}),
        ("GET", "h", "/ž", {}),
        ("GET", "h", "/", {"A": "b\r\nC: d"}),
        ("GET", "h", "/", {"A b": "c"}),
    ],
)
def test_request_cannot_be_split(method: str, host: str, path: str, headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="cannot have"):
        build_request(method, host, path, headers)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://Login.Bureau.example", ("https", "login.bureau.example", 443, "/")),
        ("https://a.example:8443/x/y?z=1", ("https", "a.example", 8443, "/x/y?z=1")),
        ("http://127.0.0.1/p", ("http", "127.0.0.1", 80, "/p")),
        ("http://[::1]:8080/p", ("http", "::1", 8080, "/p")),
        ("https://[::1]?q", ("https", "::1", 443, "/?q")),
    ],
)
def test_url_is_split(url: str, parts: tuple[str, str, int, str]) -> None:
    assert split_url(url) == parts


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://a.example/",
        "HTTPS://a.example/",
        "//a.example/",
        "javascript:alert(1)",
        "https:///x",
        "https://user@a.example/",
        "https://a.example@evil.example/",
        "https://a.example\\@evil.example/",
        "https://a.example/#f",
        "https://a.example:0/",
        "https://a.example:65536/",
        "https://a.example:/",
        "https://a.example:+1/",
        "https://a example/",
        "https://a.example/\r\nX: y",
        "https://ž.example/",
        "https://-a.example/",
        "https://a..example/",
        "https://1.2.3/",
        "https://1.2.3.256/",
        "https://[::1/",
        "https://[::1]x/",
        "https://[abc]/",
        "https://a.example/<b>",
        "https://a.example/" + "x" * 2100,
    ],
)
def test_unusual_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        split_url(url)


def test_host_is_a_name_or_ipv4() -> None:
    for good in ("a", "smtp-mail.outlook.com", "192.0.2.1", "x1.2y", "a" * 63 + ".example"):
        assert is_host(good), good
    for bad in ("", "a b", "a_b", ".a", "a.", "a-.b", "192.0.2.300", "1.2", "a" * 64, "[::1]", "ž", "a" * 260):
        assert not is_host(bad), bad


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=4))
def test_form_is_what_the_standard_library_reads(form: dict[str, str]) -> None:
    from urllib.parse import parse_qsl

    try:
        encoded = urlencode(form)
    except UnicodeEncodeError:
        assert any(0xD800 <= ord(c) < 0xE000 for name, value in form.items() for c in name + value)
        return
    assert dict(parse_qsl(encoded.decode(), keep_blank_values=True, strict_parsing=bool(form))) == form
    assert b"+" not in encoded and b" " not in encoded


def test_retry_after_in_seconds_or_as_a_date_by_the_servers_own_clock() -> None:
    date = "Sun, 23 Nov 2025 10:00:00 GMT"
    for value, headers, ms in (
        ("0", {}, 0),
        ("17", {}, 17_000),
        ("1000000000", {}, 3_600_000),
        ("-1", {}, None),
        ("1.5", {}, None),
        ("²", {}, None),
        ("soon", {}, None),
        ("", {}, None),
        ("Sun, 23 Nov 2025 10:00:30 GMT", {"date": date}, 30_000),
        ("Sun, 23 Nov 2025 09:00:30 GMT", {"date": date}, 0),
        ("Sun, 23 Nov 2099 10:00:30 GMT", {"date": date}, 3_600_000),
        ("Sun, 23 Nov 2025 10:00:30 GMT", {}, None),
        ("Sun, 23 Nov 2025 10:00:30 UTC", {"date": date}, None),
        ("Sun, 23 ovN 2025 10:00:30 GMT", {"date": date}, None),
    ):
        assert retry_after_ms(dict(headers, **{"retry-after": value})) == ms, value
    assert retry_after_ms({}) is None


@given(st.datetimes(min_value=__import__("datetime").datetime(1970, 1, 1)))
def test_http_dates_agree_with_the_calendar(when: Any) -> None:
    from datetime import UTC, timedelta
    from email.utils import format_datetime

    when = when.replace(microsecond=0, tzinfo=UTC)
    if when.year == 9999 and when.month == 12:
        return
    later = when + timedelta(seconds=77)
    headers = {"date": format_datetime(when, usegmt=True), "retry-after": format_datetime(later, usegmt=True)}
    assert retry_after_ms(headers) == 77_000


# --- fetch ---


class Clock:
    def __init__(self) -> None:
        self.ms = 0

    def ticks_ms(self) -> int:
        return self.ms


class Stream:
    """`script`: what each read gives; each costs `read_ms` of the clock."""

    def __init__(self, clock: Clock, script: list[bytes], read_ms: int) -> None:
        self.clock = clock
        self.script = script
        self.read_ms = read_ms
        self.calls: list[tuple[Any, ...]] = []
        self.sent = b""
        self.closed = False

    async def start_tls(self, host: str, ca: list[bytes] | None, verify: bool, timeout_ms: int) -> None:
        self.calls.append(("tls", host, ca, verify))

    async def write(self, data: bytes, timeout_ms: int) -> None:
        assert self.calls[-1][0] == "tls"
        self.sent += data

    async def read(self, n: int, timeout_ms: int) -> bytes:
        if self.read_ms > timeout_ms:
            raise NetworkTimeout("nothing came")
        self.clock.ms += self.read_ms
        if not self.script:
            raise ConnectionLost("cut")
        return self.script.pop(0)

    async def close(self) -> None:
        self.closed = True


class Network:
    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.asked: list[tuple[Any, ...]] = []

    async def connect(self, host: str, port: int, interface: object, timeout_ms: int) -> Stream:
        self.asked.append((host, port, interface, timeout_ms))
        return self.stream


def ask(script: list[bytes], url: str = "https://login.bureau.example/token", read_ms: int = 1, **more: Any) -> Any:
    clock = Clock()
    stream = Stream(clock, script, read_ms)
    network = Network(stream)
    more.setdefault("timeout_ms", 1000)
    more.setdefault("max_body", MAX_BODY)
    call: Callable[..., Any] = fetch
    try:
        return asyncio.run(call(network, "lan", clock, "POST", url, **more)), network
    except Exception:  # whatever it was: the stream is closed by then
        assert stream.closed or not network.asked
        raise


def test_fetch_posts_a_form_over_verified_tls_and_closes() -> None:
    response, network = ask([OK + b"Content-Le", b"ngth: 2\r\n\r\nok"], form={"a": "b c"}, ca=[b"der"])
    assert (response.status, response.body) == (200, b"ok")
    assert network.asked == [("login.bureau.example", 443, "lan", 1000)]
    assert network.stream.calls == [("tls", "login.bureau.example", [b"der"], True)] and network.stream.closed
    assert network.stream.sent.endswith(b"\r\n\r\na=b%20c")
    assert b"Content-Type: application/x-www-form-urlencoded\r\n" in network.stream.sent


def test_fetch_names_the_port_that_is_not_the_usual_one() -> None:
    _, network = ask([OK + b"\r\nx", b""], "https://[::1]:8443/")
    assert network.asked[0][:2] == ("::1", 8443) and b"Host: [::1]:8443\r\n" in network.stream.sent


def test_fetch_follows_no_redirect() -> None:
    response, network = ask([b"HTTP/1.1 307 x\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n"])
    assert response.status == 307 and len(network.asked) == 1


def test_fetch_keeps_one_deadline_over_all_reads() -> None:
    with pytest.raises(NetworkTimeout, match=r"login\.bureau\.example"):
        ask([b"H", b"T", b"T", b"P", b"/", b"1"], read_ms=250)


def test_fetch_never_goes_out_in_the_clear() -> None:
    with pytest.raises(ValueError, match="https"):
        ask([], "http://login.bureau.example/")


def test_fetch_names_cut_and_broken_answers() -> None:
    with pytest.raises(ConnectionLost):
        ask([OK])
    with pytest.raises(HTTPError):
        ask([OK + b"Content-Length: 5\r\n\r\nhell", b""])
    with pytest.raises(HTTPError):
        ask([b"SSH-2.0\r\n"])
