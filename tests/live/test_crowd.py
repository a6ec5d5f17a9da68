"""Web Config in a crowd (WC-10): 1,000 half-open, 1,000 silent and 100 one-byte-a-second clients, and the honest."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sim.live import find_micropython
from sim.person import ONA
from tests.live.started import Started

pytestmark = pytest.mark.live

_HALF_OPEN = _SILENT = 1000
_SLOW = 100
_ENOUGH = 14  # connections: all that the guard takes, and all that wait for it
_HONEST_S = 5.0
_PANEL_S = 1.0
_BEGIN = b"GET / HTTP/1.1\r\nHost: 127"


@pytest.fixture(autouse=True)
def files() -> Iterator[None]:
    """Room for that many connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _HALF_OPEN + _SILENT + _SLOW + 200
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"This user may open {hard} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Crowd:
    """Those who are slow come again as soon as they are sent away."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._came = 0
        self._there = asyncio.Event()
        self._clients: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Crowd:
        beginnings = [_BEGIN] * _HALF_OPEN + [b""] * _SILENT
        self._clients = [asyncio.create_task(self._stay(begin)) for begin in beginnings]
        self._clients += [asyncio.create_task(self._dawdle()) for _ in range(_SLOW)]
        async with asyncio.timeout(30):
            await self._there.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            try:
                opened = await asyncio.open_connection(*self._address)
            except OSError:
                await asyncio.sleep(0)  # refused: at once again
                continue
            self._came += 1
            if self._came >= _ENOUGH:
                self._there.set()
            return opened

    async def _stay(self, begin: bytes) -> None:
        reader, writer = await self._open()
        try:
            writer.write(begin)
            await reader.read()
        except OSError:
            pass  # sent away
        finally:
            writer.close()

    async def _dawdle(self) -> None:
        """A byte whenever a second has passed without an answer."""
        while True:
            reader, writer = await self._open()
            try:
                for byte in _BEGIN + b"x" * 100:
                    writer.write(bytes([byte]))
                    if not await self._silent_for_a_second(reader):
                        break
            except OSError:
                pass  # sent away
            finally:
                writer.close()

    async def _silent_for_a_second(self, reader: asyncio.StreamReader) -> bool:
        try:
            async with asyncio.timeout(1):
                await reader.read(1)
        except TimeoutError:
            return True
        return False


async def honest(host: str, port: int) -> float:
    """Seconds until the log-in page was answered; whoever is sent away tries again, as a browser's user does."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(f"GET /login HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            answer = await reader.read(100)
            writer.close()
        except OSError:
            continue
        if answer:
            assert answer.startswith(b"HTTP/1.1 200 "), answer
            return loop.time() - started


@pytest.mark.skipif(not find_micropython(), reason="There is no MicroPython here")
def test_in_a_crowd_the_device_works_and_answers(tmp_path: Path) -> None:
    """The process lives, keys are answered, a mail goes out, and the honest are served in time."""

    async def story(run: Started) -> list[float]:
        url = urlsplit(run.ready["web_config"])
        host, port = url.hostname or "", url.port or 0
        loop = asyncio.get_running_loop()
        async with Crowd(host, port):
            asking = [asyncio.create_task(honest(host, port)) for _ in range(3)]
            for key, screen in (("home", "home"), ("down", "home"), ("ok", "scan")):
                pressed_at = loop.time()
                await asyncio.to_thread(run.call, "POST", "/api/key", {"key": key})
                state = await asyncio.to_thread(run.state)
                assert state["panel"]["screen"] == screen and loop.time() - pressed_at < _PANEL_S
            job = await asyncio.to_thread(run.scan, ONA)
            assert job["status"] == "sent", job
            async with asyncio.timeout(60):
                return sorted(await asyncio.gather(*asking))

    with Started.run(tmp_path, "--interpreter", "micropython") as run:
        run.sign_in()
        firmware = run.firmware()
        waited = asyncio.run(story(run))
        print(
            f"\nhonest requests in a crowd of {_HALF_OPEN + _SILENT + _SLOW}: {[round(each, 1) for each in waited]} s"
        )
        assert waited[1] <= _HONEST_S, waited
        assert run.firmware() == firmware, "it was restarted"
