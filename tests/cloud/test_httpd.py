"""The HTTP server: strict about what comes, bounded in what it takes, quiet about what goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hal.errors import ConnectionLost
from sim import httpd
from sim.httpd import Request, Response, Unanswered
from sim.loop import VirtualLoop
from sim.network import MemoryStream, pair

HELLO = b"GET /hello HTTP/1.1\r\nHost: a.test\r\n\r\n"


async def echo(request: Request) -> Response:
    """Says what it was asked."""
    return Response(200, repr((request.method, request.path, request.query, request.host, request.body)))


class Server:
    """One connection to a server, in virtual time."""

    def __init__(self, handler: httpd.Handler = echo, **options: Any) -> None:
        self.loop = VirtualLoop()
        self.client, self._server = pair("203.0.113.5:50000", "a.test:80")
        self._handler, self._options = handler, options

    async def _serve(self) -> None:
        await httpd.serve(self._server, self._handler, **self._options)

    def run(self, story: Callable[[MemoryStream], Awaitable[bytes]]) -> bytes:
        async def main() -> bytes:
            asyncio.get_running_loop().create_task(self._serve(), name="server")
            return await story(self.client)

        try:
            return self.loop.run(main(), deadline_ms=10_000_000)
        finally:
            self.loop.close()

    def exchange(self, *pieces: bytes) -> bytes:
        """Everything that is answered until the server hangs up."""

        async def story(stream: MemoryStream) -> bytes:
            answer = b""
            try:
                for piece in pieces:
                    await stream.write(piece, 1000)
                    await asyncio.sleep(0.001)
            except ConnectionLost:
                pass  # it hung up: hear what it said before
            while data := await stream.read(65536, 10_000_000):
                answer += data
            return answer

        return self.run(story)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def test_a_request() -> None:
    answer = Server().exchange(
        b"GET /s%C4%85/x?a=1&b=%20&a=2&c HTTP/1.1\r\nHost: a.test:80\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 200 \r\n")
    expected = repr(("GET", "/są/x", {"a": "2", "b": " ", "c": ""}, "a.test:80", b"")).encode()
    assert answer.endswith(b"\r\n\r\n" + expected)
    assert b"Content-Length: %d\r\n" % len(expected) in answer


def test_kept_alive_and_pipelined() -> None:
    answer = Server().exchange(HELLO + HELLO, HELLO[:10], HELLO[10:])
    assert answer.count(b"HTTP/1.1 200 ") == 3


def test_an_idle_connection_ends() -> None:
    server = Server()
    assert server.exchange(HELLO).count(b"HTTP/1.1") == 1
    assert 59 <= server.loop.time() <= 62


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    ],
)
def test_bodies(body: bytes) -> None:
    answer = Server().exchange(b"PUT / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n" + body)
    assert answer.endswith(b"b'hello')")
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\n") == (b"Expect" in body)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
        (b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /?%ff HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /?" + b"a&" * 200 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1_0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + b"a" * 101, 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000, 431),
    ],
)
def test_what_is_refused(request_: bytes, expected: int) -> None:
    answer = Server(max_body=100).exchange(request_)
    assert status(answer) == expected
    assert b"Traceback" not in answer


@pytest.mark.parametrize("begun", [b"GET / HT", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"])
def test_slow_requests_end(begun: bytes) -> None:
    server = Server()
    assert status(server.exchange(begun)) == 408
    assert server.loop.time() < 65


def test_a_client_that_sends_a_byte_now_and_then_ends_too() -> None:
    server = Server()
    answer = server.exchange(*[b"X" if n else b"GET / HTTP/1.1\r\nA: " for n in range(20_000)])
    assert status(answer) == 408


def test_a_silent_connection_ends_without_a_word() -> None:
    assert Server().exchange() == b""


def test_a_handler_that_fails_tells_the_client_nothing() -> None:
    failures: list[Exception] = []

    async def fail(_: Request) -> Response:
        raise RuntimeError("the password is x")

    answer = Server(fail, on_error=failures.append).exchange(HELLO, HELLO)
    assert answer.count(b"HTTP/1.1 500 ") == 2
    assert b"password" not in answer
    assert [str(failure) for failure in failures] == ["the password is x"] * 2


def test_a_failure_that_nobody_takes_ends_the_run() -> None:
    async def fail(_: Request) -> Response:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        Server(fail).exchange(HELLO)


def test_unanswered() -> None:
    async def silent(_: Request) -> Response:
        raise Unanswered

    assert Server(silent).exchange(HELLO) == b""


def test_head_has_no_body() -> None:
    answer = Server().exchange(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: " in answer


def test_a_streamed_body() -> None:
    async def lines() -> AsyncIterator[bytes]:
        for n in range(3):
            await asyncio.sleep(1000)
            yield b"line %d\n" % n

    async def stream(_: Request) -> Response:
        return Response(200, lines(), "application/x-ndjson")

    answer = Server(stream).exchange(HELLO)
    assert answer.endswith(b"7\r\nline 0\n\r\n7\r\nline 1\n\r\n7\r\nline 2\n\r\n0\r\n\r\n")


def test_a_streamed_body_ends_when_the_client_hangs_up() -> None:
    ended: list[bool] = []

    async def forever() -> AsyncIterator[bytes]:
        try:
            yield b"begun"
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def stream(_: Request) -> Response:
        return Response(200, forever())

    async def story(client: MemoryStream) -> bytes:
        await client.write(HELLO, 1000)
        said = await client.read(65536, 1000)
        await client.close()
        await asyncio.sleep(1)
        return said

    assert Server(stream).run(story).startswith(b"HTTP/1.1 200 ")
    assert ended == [True]


REQUESTS = st.lists(
    st.sampled_from(
        [
            b"GET / HTTP/1.1\r\n",
            b"Host: a\r\n",
            b"\r\n",
            b"Content-Length: 5\r\n",
            b"Content-Length: 0\r\n",
            b"hello",
            b"Transfer-Encoding: chunked\r\n",
            b"0\r\n\r\n",
            b"5\r\n",
            b"Expect: 100-continue\r\n",
            b"POST /\xff HTTP/1.1\r\n",
            b"Host: \xff\r\n",
            b"Connection: close\r\n",
            b"POST /a%zz?%zz= HTTP/1.0\r\n",
            b"X" * 3000,
            b": \r\n",
            b"\x00",
        ]
    )
    | st.binary(max_size=6),
    max_size=12,
)


@settings(max_examples=500, deadline=None)
@given(REQUESTS)
@example([b"GET / HTTP/1.1\r\n", b"Host: a\r\n", b"Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n"])
@example([b"CONNECT / HTTP/1.1\r\n", b"Host: a\r\n\r\n"])
def test_the_server_outlives_anything(pieces: list[bytes]) -> None:
    answer = Server().exchange(b"".join(pieces))
    assert answer == b"" or status(answer) in (100, 200, 400, 408, 413, 431, 501)
    assert b"500" not in answer[:20]
