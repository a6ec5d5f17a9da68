"""The page's server over real sockets: loopback only, bad requests do not end it, and it ends when told (SV-02, SV-03)."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from sim.web.server import ControlServer
from tests.simweb.fake_world import FakeWorld


def served(story: Callable[[ControlServer, int], Coroutine[Any, Any, None]], outside: bool = False) -> None:
    async def whole() -> None:
        server = ControlServer(FakeWorld(outside=outside))
        page = await server.start(0, fixed=False)
        try:
            await asyncio.wait_for(story(server, int(page.rstrip("/").rpartition(":")[2])), 20)
        finally:
            await server.stop()

    asyncio.run(whole())


async def raw(port: int, request: bytes, address: str = "127.0.0.1") -> bytes:
    """Everything that comes back for these bytes, up to the end of the connection."""
    reader, writer = await asyncio.open_connection(address, port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def get(port: int, path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_page_and_api_answer_on_loopback_only() -> None:
    async def story(server: ControlServer, port: int) -> None:
        for path in ("/", "/app.js", "/api/state", "/api/panel.png"):
            assert (await raw(port, get(port, path))).startswith(b"HTTP/1.1 200 "), path
        addresses = {sock.getsockname()[0] for each in server._servers for sock in each.sockets}
        assert "127.0.0.1" in addresses and addresses <= {"127.0.0.1", "::1"}
        assert server.first_url == server.page

    served(story)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /api/state HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"GET /api/state HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET /api/state HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n",
        b"GET /api/state HTTP/1.1\r\nHost: evil.example:%d\r\nConnection: close\r\n\r\n",
        b"GET http://evil.example/api/state HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
    ],
)
def test_bad_host_is_400_and_the_server_lives_on(request_: bytes) -> None:
    async def story(server: ControlServer, port: int) -> None:
        answer = await raw(port, request_.replace(b"%d", b"%d" % port))
        assert answer.startswith(b"HTTP/1.1 400 "), answer[:100]
        assert b"SIGNED_OUT" not in answer
        assert (await raw(port, get(port, "/api/state"))).startswith(b"HTTP/1.1 200 ")

    served(story)


def test_address_of_a_user_may_be_percent_encoded() -> None:
    async def story(server: ControlServer, port: int) -> None:
        for path in ("/api/mailboxes/ona%40bureau.example", "/api/mailboxes/ona@bureau.example"):
            assert (await raw(port, get(port, path))).startswith(b"HTTP/1.1 200 ")

    served(story)


def test_a_device_that_reaches_outside_needs_the_token() -> None:
    async def story(server: ControlServer, port: int) -> None:
        assert (await raw(port, get(port, "/api/state"))).startswith(b"HTTP/1.1 401 ")
        bearer = f"Authorization: Bearer {server.token}"
        assert (await raw(port, get(port, "/api/state", bearer))).startswith(b"HTTP/1.1 200 ")
        assert server.first_url == f"{server.page}?token={server.token}"

    served(story, outside=True)


def test_a_port_in_use_is_left_alone() -> None:
    async def story(server: ControlServer, port: int) -> None:
        second = ControlServer(FakeWorld())
        with pytest.raises(OSError, match="in use"):
            await second.start(port, fixed=True)
        page = await second.start(port, fixed=False)
        assert page != server.page
        await second.stop()

    served(story)


def test_stop_does_not_wait_for_who_watches() -> None:
    async def story(server: ControlServer, port: int) -> None:
        watching = asyncio.ensure_future(raw(port, get(port, "/api/watch?after=1")))
        following = asyncio.ensure_future(raw(port, get(port, "/api/trace?follow=1")))
        for _ in range(1000):
            await asyncio.sleep(0)
        assert len(server._visits) == 2
        await server.stop()
        await asyncio.wait([watching, following])

    served(story)
