"""A firmware process and the simulator's end of its link: the seam's contract over it, time travel, and its life."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hal import link
from hal.errors import PrinterError
from hal.link import FrameReader
from sim.clock import WorldClock
from sim.live import find_micropython
from tests.contract import checks
from tests.live.certificates import Authority
from tests.live.rig import INTERPRETERS, SCRIPTS, Rig
from tests.live.test_network import echo, plain, serving, silent, visit_in_tls

pytestmark = pytest.mark.live

_DAY_S = 86400
_ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(params=INTERPRETERS)
def interpreter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- the contract ---


async def world_around(rig: Rig) -> None:
    """What the contract's checks ask of the world."""
    told = rig.parts.monitor.parts
    while "outcomes" not in told:
        await rig.until(
            lambda: (
                told.keys() & {"listening", "listening_tls", "scanning", "keys", "outcomes"} or rig.parts.panel.screen
            )
        )
        if told.pop("listening", None):
            await rig.until(rig.link.web_ready.is_set)
            reader, writer = await asyncio.open_connection("127.0.0.1", int(rig.link.web_url.rstrip("/").split(":")[2]))
            writer.write(b"ping")
            assert await reader.readexactly(4) == b"pong"
            writer.close()
        if (number := told.pop("listening_tls", None)) is not None:
            await rig.until(lambda: rig.link.web_url.startswith("https"))
            await visit_in_tls(int(rig.link.web_url.rstrip("/").split(":")[2]), number)
        if told.pop("scanning", None):
            rig.parts.scanner.take_away()
        if told.pop("keys", None):
            rig.parts.keys.press("ok")
            rig.parts.keys.press("ž")
            if rig.parts.touch is not None:
                rig.parts.touch.touch(10, 20)
        if rig.parts.panel.screen == "probe":
            rig.parts.panel.look()
            await asyncio.sleep(0)


@pytest.mark.parametrize("size", [(320, 240), (128, 64)])
def test_contract_of_the_seam(interpreter: str, size: tuple[int, int], tmp_path: Path) -> None:
    """All checks on one board, but the one that takes the document away comes last."""
    names = sorted((check.__name__ for check in checks.CHECKS), key=lambda name: name == "scanner_removal")
    authority = Authority("Test Root")
    root = tmp_path / "root.der"
    root.write_bytes(authority.der)
    device = tmp_path / "device"
    device.mkdir()

    async def main() -> Rig:
        right, wrong = authority.server(tmp_path, "tls.test"), authority.server(tmp_path, "other.test")
        async with (
            serving(echo) as echo_port,
            serving(echo, right) as tls_port,
            serving(echo, wrong) as wrong_port,
            serving(silent) as silent_port,
            serving(plain) as plain_port,
        ):
            ports = {
                "echo.test:7": echo_port,
                "echo.test:8": 1,
                "tls.test:443": tls_port,
                "wrong.test:443": wrong_port,
                "silent.test:9": silent_port,
                "plain.test:443": plain_port,
            }
            async with Rig.running(
                interpreter,
                "contract.py",
                device,
                size=size,
                names={name: ["127.0.0.1", port] for name, port in ports.items()},
                roots=[root],
                files={"checks": json.dumps(names).encode()},
                document=("žodis.pdf", checks.DOCUMENT),
            ) as rig:
                await world_around(rig)
                return rig

    rig = asyncio.run(main())
    assert rig.parts.monitor.parts["outcomes"] == dict.fromkeys(names, "")
    assert rig.parts.printer.papers[0].text == "Būsena"
    assert rig.parts.panel.rows == [("Žodžiai", 1, 2, 30, 10, 1)]


def test_what_a_person_does_while_it_starts_is_not_lost(interpreter: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig.running(interpreter, "clock.py", tmp_path, key="ok") as rig:
            assert (await rig.state("clocks"))[0] >= 1

    asyncio.run(main())


def test_names_in_any_letters_and_a_printer_that_goes_away(interpreter: str, tmp_path: Path) -> None:
    name = "Sutartis – Žąsų 🦢.pdf"

    async def main() -> None:
        async with Rig.running(interpreter, "peripherals.py", tmp_path, document=(name, b"x")) as rig:
            printed = bytearray()

            async def take(data: bytes) -> None:
                printed.extend(data)
                if len(printed) > 30_000:
                    raise PrinterError("The printer is gone")

            rig.parts.printer.write = take  # type: ignore[assignment, method-assign]
            assert await rig.state("printer") == "The printer is gone"
            assert await rig.state("document") == name
            rig.parts.printer.states = lambda: ["media-empty"]  # type: ignore[method-assign]
            assert await rig.state("states") == ["media-empty"]

    asyncio.run(main())


# --- time ---


def test_time_travel_wakes_sleepers_and_moves_both_clocks(interpreter: str, tmp_path: Path) -> None:
    """Drift moves the wall clock alone; travel back moves it too, and never the ticks."""

    async def main() -> None:
        async with Rig.running(interpreter, "clock.py", tmp_path) as rig:
            told = rig.parts.monitor.parts

            async def clocks() -> tuple[int | None, int]:
                before = told.get("clocks", [0])[0]
                rig.parts.keys.press("ok")
                await rig.until(lambda: told.get("clocks", [0])[0] >= before + 2)
                return told["clocks"][1], told["clocks"][2]

            wall_s, ticks_ms = await rig.state("asleep")
            assert abs(wall_s - WorldClock.live().now()) < 10

            await rig.link.set_clock(90 * _DAY_S, 0)
            then_s, then_ms = await clocks()
            assert then_s is not None and 0 <= then_s - wall_s - 90 * _DAY_S < 10
            assert 0 <= then_ms - ticks_ms - 90 * _DAY_S * 1000 < 10_000
            assert "awake" not in told

            await rig.link.set_clock(91 * _DAY_S, 0)
            wall_s, ticks_ms = await rig.state("awake")
            assert ticks_ms >= 91 * _DAY_S * 1000

            await rig.link.set_clock(91 * _DAY_S, 3600)
            drifted_s, drifted_ms = await clocks()
            assert drifted_s is not None and 3600 <= drifted_s - wall_s < 3610 and 0 <= drifted_ms - ticks_ms < 10_000

            await rig.link.set_clock(0, 0)
            back_s, back_ms = await clocks()
            assert back_s is not None and abs(back_s - WorldClock.live().now()) < 10 and back_ms >= drifted_ms

            await rig.link.set_clock(0, 0, unset=True)
            assert (await clocks())[0] is None

    asyncio.run(main())


# --- life of the process ---


def test_the_process_ends_with_its_link(interpreter: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig.running(interpreter, "hello.py", tmp_path) as rig:
            assert rig.process is not None
            await rig.link.stop()
            assert await rig.process.wait() == 4
            assert any("link to the simulator broke" in line for line in rig.lines)

    asyncio.run(main())


def test_a_power_cut_leaves_no_process(interpreter: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig.running(interpreter, "stuck.py", tmp_path) as rig:
            assert rig.process is not None
            await rig.state("stuck")
            await rig.process.stop()
            with pytest.raises(ProcessLookupError):
                os.kill(rig.process.pid, 0)  # a zombie would still be there
            assert rig.link.disconnected.is_set()

    asyncio.run(main())


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux to watch a process that is not a child")
@pytest.mark.parametrize("script", ["hello.py", "stuck.py"])
def test_no_device_outlives_a_killed_simulator(interpreter: str, script: str, tmp_path: Path) -> None:
    """Neither one that works nor one that hangs."""
    simulator = subprocess.Popen(
        [sys.executable, SCRIPTS / "orphan.py", interpreter, script, tmp_path],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "sim" / "cpython"), *sys.path])},
        stdout=subprocess.PIPE,
    )
    try:
        assert simulator.stdout is not None
        device = os.pidfd_open(int(simulator.stdout.readline()))
        simulator.kill()
        ready, _, _ = select.select([device], [], [], 10)
        os.close(device)
        assert ready, "the device still runs 10 s after its simulator was killed"
    finally:
        simulator.kill()
        simulator.communicate()


def test_a_restart_starts_it_again_with_web_config_where_it_was(interpreter: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig.running(interpreter, "restart.py", tmp_path) as rig:
            told = rig.parts.monitor.parts
            assert await rig.state("cause") == "power-on"
            url = rig.link.web_url
            assert url == rig.link.interfaces[0].web_url
            rig.parts.keys.press("ok")
            await rig.until(lambda: told["cause"] == "soft")
            assert rig.link.web_url == url

    asyncio.run(main())


def test_a_script_that_fails_is_heard(interpreter: str, tmp_path: Path) -> None:
    """Its traceback comes as lines, and that it ended is said."""

    async def main() -> None:
        async with Rig.running(interpreter, "dial.py", tmp_path, files={"calls": b"{"}) as rig:
            assert rig.process is not None
            assert await rig.process.wait() == 1
            assert any("Traceback" in line for line in rig.lines)
            assert rig.lines[-1] == "The firmware's process ended with code 1"

    asyncio.run(main())


@pytest.mark.parametrize(
    "greeting",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        link.PREAMBLE + link.header(link.HELLO, 5) + b"wrong",
        link.PREAMBLE + link.header(link.LOG, 2) + b"hi",
        link.PREAMBLE + link.header(link.HELLO, 64),
    ],
    ids=["a browser", "wrong token", "no hello", "half a hello"],
)
def test_a_stranger_is_sent_away_and_the_device_notices_nothing(greeting: bytes, tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig.running("cpython", "hello.py", tmp_path) as rig:
            reader, writer = await asyncio.open_connection("127.0.0.1", rig.link.port)
            writer.write(greeting)
            writer.write_eof()
            async with asyncio.timeout(10):
                answer = await reader.read()
            assert FrameReader().feed(answer) == []
            writer.close()
            assert rig.link.connected.is_set()

    asyncio.run(main())


def test_a_second_device_with_the_same_token_is_sent_away(tmp_path: Path) -> None:
    async def main() -> None:
        async with Rig.running("cpython", "hello.py", tmp_path) as rig:
            reader, writer = await asyncio.open_connection("127.0.0.1", rig.link.port)
            writer.write(link.PREAMBLE + link.header(link.HELLO, len(rig.link.token)) + rig.link.token.encode())
            async with asyncio.timeout(10):
                assert FrameReader().feed(await reader.read()) == []
            writer.close()
            assert rig.link.connected.is_set()

    asyncio.run(main())


# --- size ---


def test_25_mb_pass_through_a_heap_of_512_kb(tmp_path: Path) -> None:
    if find_micropython() is None:
        pytest.skip("no MicroPython here")
    document = bytes(range(256)) * (25 * 4096)
    authority = Authority("Test Root")
    root = tmp_path / "root.der"
    root.write_bytes(authority.der)
    device = tmp_path / "device"
    device.mkdir()
    taken = hashlib.sha256()
    ended = asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 20):
            taken.update(data)
        ended.set()

    async def main() -> int:
        async with serving(take, authority.server(tmp_path, "server.test")) as port:
            configuration: dict[str, Any] = {"names": {"server.test:443": ["127.0.0.1", port]}, "roots": [root]}
            async with Rig.running(
                "micropython",
                "scan_to_tls.py",
                device,
                heap_kb=512,
                document=("large.pdf", document),
                **configuration,
            ) as rig:
                sent_ms: int = await rig.state("sent_ms")
                await asyncio.wait_for(ended.wait(), 10)
                return sent_ms

    sent_ms = asyncio.run(main())
    print(f"25 MB from the glass to the end of TLS in {sent_ms} ms")
    assert taken.digest() == hashlib.sha256(document).digest()
