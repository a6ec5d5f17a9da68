"""The judgement on a request's head: what passes, and why the rest does not (WC-05, WC-09, WC-11, WC-18)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.web.guard import Head, Refusal, parse_head

GET = b"GET / HTTP/1.1"
POST = b"POST /login HTTP/1.1"
HOST = b"Host: 198.51.100.7"
SESSION = b"0123456789abcdef0123456789abcdef"


def head(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n"


def status(*lines: bytes) -> int:
    judged = parse_head(head(*lines))
    return judged.status if isinstance(judged, Refusal) else 200


def passed(*lines: bytes) -> Head:
    judged = parse_head(head(*lines))
    assert isinstance(judged, Head)
    return judged


def test_what_a_browser_sends_passes() -> None:
    judged = passed(
        b"POST /network/email/basic?from=there HTTP/1.1",
        b"Host: Printer.Bureau.Example:8080",
        b"Origin: http://printer.bureau.example:8080",
        b"Content-Type: application/x-www-form-urlencoded",
        b"Content-Length: 12",
        b"Cookie: theme=dark; scanpost_session=" + SESSION + b"; other=\xc5\xa1",
        b"Accept-Language: lt,en;q=0.5",
    )
    assert (judged.method, judged.path, judged.length) == (b"POST", b"/network/email/basic", 12)
    assert judged.host == "printer.bureau.example"
    assert judged.session == SESSION


def test_what_is_behind_the_guard_sees_only_what_was_checked() -> None:
    judged = passed(GET, HOST, b"Cookie: a=b; scanpost_session=" + SESSION, b"X-Forwarded-For: 127.0.0.1")
    assert judged.canonical() == head(GET, HOST, b"Cookie: scanpost_session=" + SESSION)


@pytest.mark.parametrize(
    ("expected", "lines"),
    [
        (405, (b"DELETE / HTTP/1.1", HOST)),
        (405, (b"OPTIONS / HTTP/1.1", HOST)),
        (501, (b"TRACE / HTTP/1.1", HOST)),
        (501, (b"CONNECT a:1 HTTP/1.1", HOST)),
        (501, (b"PRI * HTTP/2.0",)),
        (501, (b"get / HTTP/1.1", HOST)),
        (505, (b"GET / HTTP/2.0", HOST)),
        (505, (b"GET / HTTP/1.10", HOST)),
        (400, (b"GET /", HOST)),
        (400, (b"GET  / HTTP/1.1", HOST)),
        (400, (b"GET / HTTP/1.1 ", HOST)),
        (400, (b"GET / http/1.1", HOST)),
        (400, (b"GET http://198.51.100.7/ HTTP/1.1", HOST)),
        (400, (b"GET //evil.example HTTP/1.1", HOST)),
        (400, (b"GET * HTTP/1.1", HOST)),
        (400, (b"GET /../flash HTTP/1.1", HOST)),
        (400, (b"GET /%2e%2e/flash HTTP/1.1", HOST)),
        (400, (b"GET /a%00 HTTP/1.1", HOST)),
        (400, (b"GET /a\\b HTTP/1.1", HOST)),
        (400, (b"GET /?a\x01 HTTP/1.1", HOST)),
        (414, (b"GET /" + b"a" * 512 + b" HTTP/1.1", HOST)),
        (400, (GET,)),
        (400, (GET, b"Host:")),
        (400, (GET, HOST, HOST)),
        (400, (GET, b"Host: :80")),
        (400, (GET, b"Host: user@198.51.100.7")),
        (400, (GET, b"Host: 198.51.100.7:8o")),
        (400, (GET, b"Host: 198.51.100.7, evil.example")),
        (400, (GET, HOST, b"No colon")),
        (400, (GET, HOST, b"Folded: a", b" b")),
        (400, (GET, HOST, b"Space : a")),
        (400, (GET, HOST, b": a")),
        (400, (GET, HOST, b"Bare: a\nb")),
        (400, (GET, HOST, b"Nul: \0")),
        (403, (POST, HOST, b"Origin: http://evil.example", b"Content-Length: 0")),
        (403, (POST, HOST, b"Origin: null", b"Content-Length: 0")),
        (403, (POST, HOST, b"Origin: https://198.51.100.7", b"Content-Length: 0")),
        (403, (POST, HOST, b"Origin: http://198.51.100.7:81", b"Content-Length: 0")),
        (411, (POST, HOST)),
        (400, (POST, HOST, b"Content-Length: -1")),
        (400, (POST, HOST, b"Content-Length: +5")),
        (400, (POST, HOST, b"Content-Length: 1_0")),
        (400, (POST, HOST, b"Content-Length: 1e3")),
        (400, (POST, HOST, b"Content-Length: 5, 5")),
        (400, (POST, HOST, b"Content-Length:")),
        (400, (POST, HOST, b"Content-Length: 5", b"Content-Length: 5")),
        (413, (POST, HOST, b"Content-Length: 16385")),
        (413, (POST, HOST, b"Content-Length: 99999999999999999999")),
        (501, (POST, HOST, b"Content-Length: 5", b"Transfer-Encoding: chunked")),
        (417, (POST, HOST, b"Content-Length: 5", b"Expect: 100-continue")),
        (400, (GET, HOST, b"Content-Length: 5")),
        (431, (GET, HOST, *[b"X: y"] * 40)),
        (431, (GET, HOST, b"X: " + b"y" * 4096)),
    ],
)
def test_refused(expected: int, lines: tuple[bytes, ...]) -> None:
    assert status(*lines) == expected


def test_the_limits_are_where_they_say() -> None:
    assert status(GET, HOST, *[b"X: y"] * 38) == 200
    assert status(GET, HOST, *[b"X: y"] * 39) == 431
    assert status(POST, HOST, b"Content-Length: 16384") == 200


@pytest.mark.parametrize(
    "cookie",
    [
        b"scanpost_session=" + SESSION + b"; scanpost_session=" + SESSION,
        b"scanpost_session=" + SESSION.upper(),
        b"scanpost_session=" + SESSION * 3,
        b"xscanpost_session=" + SESSION,
        b"scanpost_session",
    ],
)
def test_a_cookie_that_is_not_ours_is_no_cookie(cookie: bytes) -> None:
    assert passed(GET, HOST, b"Cookie: " + cookie).session == b""


def test_refusals_repeat_nothing() -> None:
    for lines in ((GET, b"Host: <b>"), (b"GET /<b> HTTP/1.1", HOST), (b"<b> / HTTP/1.1", HOST)):
        judged = parse_head(head(*lines))
        assert isinstance(judged, Refusal)
        assert "<b>" not in judged.text


_PIECES = st.sampled_from(
    [
        b"GET ",
        b"POST ",
        b"/",
        b" HTTP/1.1",
        b"\r\n",
        b"\r\n\r\n",
        b"Host: a",
        b"Content-Length: ",
        b"1",
        b":",
        b" ",
        b"\n",
    ]
)


@given(st.lists(_PIECES | st.binary(max_size=12), max_size=30).map(b"".join))
def test_any_bytes_are_judged(data: bytes) -> None:
    judged = parse_head(data)
    if isinstance(judged, Refusal):
        assert 400 <= judged.status < 600
    else:
        again = parse_head(judged.canonical())
        assert isinstance(again, Head)
        assert again.canonical() == judged.canonical()


@given(
    st.sampled_from([b"GET", b"HEAD", b"POST"]),
    st.text("abc-/._", max_size=20).map(str.encode),
    st.lists(st.tuples(st.text("ABCxyz-", min_size=1).map(str.encode), st.binary(max_size=40)), max_size=10),
)
def test_near_requests_are_judged_and_what_passes_is_clean(
    method: bytes, path: bytes, fields: list[tuple[bytes, bytes]]
) -> None:
    lines = [method + b" /" + path + b" HTTP/1.1", HOST, b"Content-Length: 0"]
    judged = parse_head(head(*lines, *[name + b": " + value for name, value in fields]))
    if isinstance(judged, Head):
        assert b"/." not in judged.path
        assert b"/." not in judged.path
        assert judged.canonical().count(b"\r\n\r\n") == 1
