"""The watchdog over the link: firmware that hangs is restarted and told why, firmware that answers is left alone."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from sim.live_world import LiveWorld
from tests.live.rig import INTERPRETERS, Rig

pytestmark = pytest.mark.live

_SOON_S = 1.0


@pytest.fixture(params=INTERPRETERS)
def interpreter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_firmware_that_hangs_is_restarted(interpreter: str, tmp_path: Path) -> None:
    """Over and over, as in life, and each time another process."""

    async def main() -> None:
        async with Rig.running(interpreter, "stuck.py", tmp_path, watchdog_s=_SOON_S) as rig:
            assert rig.process is not None
            first = rig.process.pid
            assert await rig.state("cause") == "power-on"
            await rig.until(lambda: rig.parts.monitor.parts["cause"] == "watchdog")
            second = rig.process.pid
            await rig.until(lambda: rig.process is not None and rig.process.pid not in (first, second))
            assert rig.lines.count("The firmware hung: the watchdog restarts the device") == 2

    asyncio.run(main())


def test_firmware_that_answers_is_left_alone(interpreter: str, tmp_path: Path) -> None:
    """For more than twice as long as it takes the watchdog to bite."""

    async def main() -> None:
        async with Rig.running(interpreter, "fed.py", tmp_path, watchdog_s=_SOON_S) as rig:
            assert rig.process is not None
            first = rig.process.pid
            await rig.until(lambda: rig.parts.monitor.parts.get("feeds", 0) > 9)
            assert rig.process.pid == first

    asyncio.run(main())


def test_a_stopped_printer_comes_back_with_web_config_and_says_that_it_hung(tmp_path: Path) -> None:
    """The firmware itself, its process halted in the middle of whatever it was doing."""

    async def main() -> None:
        world = LiveWorld(tmp_path)
        world.link.watchdog_s = _SOON_S
        try:
            await world.start()
            assert world._process is not None
            url, first = world.web_config_url(), world._process.pid
            assert [event["log"] for event in world.events if "start: " in event.get("log", "")] == ["start: power-on"]
            os.kill(first, signal.SIGSTOP)
            await world.until(lambda _: any(event.get("log") == "start: watchdog" for event in world.events), 20)
            await asyncio.wait_for(world.link.web_ready.wait(), 20)
            assert world._process.pid != first and world.web_config_url() == url
            await world.until(lambda state: state["panel"]["screen"] == "restarted")
            await world.tap("OK")
            await world.tap("Job Status")
            await world.until(lambda state: state["panel"]["screen"] == "jobs")
        finally:
            await world.stop()

    asyncio.run(main())
