"""The guard over connections: deadlines, how many, which names, and the headers of every answer (WC-05, WC-10)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from firmware.supervisor import Watch
from firmware.web.door import Door
from firmware.web.guard import Guard, Writer
from tests.web.support import ADDRESS, Answer, Browser, FakeDevice, read_all, run

REQUEST = f"GET / HTTP/1.1\r\nHost: {ADDRESS}\r\n\r\n".encode()


def test_a_request_in_single_bytes_is_answered() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        stream = device.board.network.dial(80)
        for byte in REQUEST:
            await stream.write(bytes([byte]), 1000)
            await device.board.clock.sleep_ms(10)
        assert Answer(await read_all(stream)).status == 200

    run(story)


def test_a_head_has_three_seconds_however_many_reads_it_takes() -> None:
    """WC-10: one byte a second."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        stream = device.board.network.dial(80)
        started_ms = device.board.clock.ticks_ms()
        asking = asyncio.create_task(read_all(stream))
        for byte in REQUEST[:3]:
            await stream.write(bytes([byte]), 1000)
            await device.board.clock.sleep_ms(999)
        assert Answer(await asking).status == 408
        # 3 s for the head, then a moment in which the client may stop sending
        assert 3000 <= device.board.clock.ticks_ms() - started_ms <= 3300

    run(story)


def test_a_silent_connection_is_closed_without_a_word() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        assert await read_all(device.board.network.dial(80)) == b""
        assert device.board.clock.ticks_ms() == 3001

    run(story)


def test_a_body_has_ten_seconds() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        stream = device.board.network.dial(80)
        await stream.write(f"POST /login HTTP/1.1\r\nHost: {ADDRESS}\r\nContent-Length: 20\r\n\r\npass".encode(), 1000)
        assert Answer(await read_all(stream)).status == 408
        assert 10_000 <= device.board.clock.ticks_ms() <= 10_400

    run(story)


def test_a_body_that_ends_early_is_refused() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        stream = device.board.network.dial(80)
        await stream.write(f"POST /login HTTP/1.1\r\nHost: {ADDRESS}\r\nContent-Length: 20\r\n\r\npass".encode(), 1000)
        await stream.close()
        await device.board.clock.sleep_ms(1)
        assert device.admin.locked_for_s() == 0  # the half of a password was not tried

    run(story)


def test_what_follows_a_body_is_no_second_request() -> None:
    """WC-09: nothing to smuggle, a connection carries one request."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        data = await browser.send(REQUEST + REQUEST)
        assert data.count(b"HTTP/1.1 ") == 1
        assert Answer(data).headers["connection"] == "close"

    run(story)


def test_in_a_crowd_of_half_open_connections_the_honest_get_their_turn() -> None:
    """WC-10: six at a time; who has been longest about a request makes room for who comes."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        network, clock = device.board.network, device.board.clock
        half_open = []
        for _ in range(100):
            half_open.append(network.dial(80))
            await half_open[-1].write(b"GET / HTTP/1.1\r\n", 1000)
            await clock.sleep_ms(1)
        started_ms = clock.ticks_ms()
        assert Answer(await browser.send(REQUEST)).status == 200
        assert clock.ticks_ms() - started_ms < 100
        for stream in half_open[:94]:
            assert await stream.read(1, 1) == b"", "it was sent away"

    run(story)


def test_a_client_that_takes_nothing_loses_its_place() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        for _ in range(6):
            stream = device.board.network.dial(80)
            stream._inbox += bytes(100_000)  # its window is full
            await stream.write(REQUEST, 1000)
        assert Answer(await browser.send(REQUEST)).status == 200
        assert device.board.clock.ticks_ms() <= 10_100

    run(story)


def test_when_memory_runs_out_the_guard_goes_on() -> None:
    class Listener:
        def __init__(self, inner: Any) -> None:
            self.inner = inner
            self.failures = 2

        async def accept(self) -> Any:
            if self.failures:
                self.failures -= 1
                raise MemoryError
            return await self.inner.accept()

    async def story(device: FakeDevice, browser: Browser) -> None:
        async def handle(request: bytes, writer: Writer) -> None:
            if request.startswith(b"GET /greedy"):
                raise MemoryError
            await writer.awrite(b"HTTP/1.0 200 OK\r\n")
            await writer.awrite(b"\r\nhere")
            await writer.aclose()

        board: Any = device.board
        listener: Any = Listener(await board.network.listen(81))
        guard = asyncio.create_task(
            Door(board, lambda: Guard(board, lambda: [ADDRESS], handle), Watch("web")).run(listener)
        )
        for path, body in ((b"/greedy", b""), (b"/", b"here")):
            await board.clock.sleep_ms(200)
            stream = board.network.dial(81)
            await stream.write(REQUEST.replace(b"/", path, 1), 1000)
            assert (await read_all(stream)).endswith(body)
        guard.cancel()
        assert board.monitor.lines == ["web: out of memory"] * 3

    run(story)


def test_a_page_may_take_long_and_its_answer_comes_whole() -> None:
    """As the import of a long list of users does; the time that a client has begins with the answer."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        async def handle(request: bytes, writer: Writer) -> None:
            await device.board.clock.sleep_ms(60_000)
            await writer.awrite(b"HTTP/1.0 200 OK\r\n")
            await writer.awrite(b"\r\n")
            for _ in range(300):
                await writer.awrite(bytes(1000))
            await writer.aclose()

        board: Any = device.board
        listener = await board.network.listen(81)
        guard = asyncio.create_task(
            Door(board, lambda: Guard(board, lambda: [ADDRESS], handle), Watch("web")).run(listener)
        )
        stream = board.network.dial(81)
        await stream.write(REQUEST, 1000)
        await board.clock.sleep_ms(62_000)
        assert (await read_all(stream)).partition(b"\r\n\r\n")[2] == bytes(300_000)
        guard.cancel()

    run(story)


@pytest.mark.parametrize(
    "host", ["evil.example", "198.51.100.8", "localhost", "127.0.0.1", "198.51.100.7.evil.example"]
)
def test_a_name_that_is_not_the_devices_is_misdirected(host: str) -> None:
    """WC-05: DNS rebinding; nothing of the device is in the answer."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        answer = await browser.ask("GET", "/", Host=host)
        assert answer.status == 421
        assert "Scanpost" not in answer.text

    run(story)


def test_each_interface_has_its_names() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        assert (await browser.ask("GET", "/", Host="203.0.113.7")).status == 200
        assert (await browser.ask("GET", "/", Host=ADDRESS + ":8080")).status == 200
        device.board.network.interfaces[0].web_url = "http://127.0.0.1:8123/"
        assert (await browser.ask("GET", "/", Host="127.0.0.1:8123")).status == 200
        assert (await browser.ask("GET", "/", Host="localhost:8123")).status == 200

    run(story)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/network/email/basic", 303),
        ("PUT", "/", 405),
        ("GET", "/%", 400),
    ],
)
def test_every_answer_has_the_headers_that_protect(method: str, path: str, status: int) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        answer = await browser.ask(method, path)
        assert answer.status == status
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"

    run(story)


def test_head_gives_the_head_of_get() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        got, asked = await browser.ask("GET", "/login"), await browser.ask("HEAD", "/login")
        assert asked.body == b""
        assert asked.headers == got.headers

    run(story)


def test_the_monitor_learns_where_web_config_is() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        assert device.board.monitor.parts["web"] == f"http://{ADDRESS}/"
        device.board.network.interfaces[0].web_url = ""
        device.subscriber("network")
        assert device.board.monitor.parts["web"] == "http://203.0.113.7/"

    run(story)
