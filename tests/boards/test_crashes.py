"""A board that crashes, hangs or is stopped at its console: a plain Pico, on the real MicroPython.

What one more task of the firmware does wrong is in `tests/boards/boot.py` (`Console.wrong`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.boards.on_bench import Bench, another
from tests.boards.test_pico import PINS, installed

pytestmark = pytest.mark.live
__all__ = ["installed"]  # the fixture
Story = Callable[[Bench], Coroutine[Any, Any, None]]


@pytest.fixture
def flash(installed: Path, tmp_path: Path) -> Path:
    return another(installed, tmp_path)


def play(flash: Path, story: Story) -> None:
    async def main() -> None:
        async with Bench.powered(flash, "pico", PINS) as bench:
            await bench.on("home")
            await story(bench)

    asyncio.run(main())


async def restarted(bench: Bench) -> None:
    """Once the chip has reset itself; it starts again."""
    await asyncio.wait_for(bench.restarted.wait(), 30)
    await bench.again("watchdog")  # as the RP2040 calls every reset that is not its power's


def test_a_crash_in_a_task_restarts_it_and_is_said_on_display_and_console(flash: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.ask("wrong", "crash")
        await restarted(bench)
        await bench.on("restarted")
        await bench.until(lambda: "The device restarted because of an error." in bench.screen.words)
        assert "start: soft" in bench.lines
        assert "crash: ValueError, 1 times, 1 in a row" in bench.lines
        assert "crash: in boot.py, line " in "\n".join(bench.lines)
        assert "secret" not in "\n".join(bench.lines)
        while bench.screen.name != "home":  # first it reads on, until OK can be seen
            await bench.press("ok")
        await bench.again()
        await bench.on("home")

    play(flash, story)


def test_a_task_that_lets_no_other_run_is_noted_before_the_watchdog_bites(flash: Path) -> None:
    async def story(bench: Bench) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await bench.ask("wrong", "busy")
        await restarted(bench)
        assert loop.time() - begun < 8.5
        await bench.on("restarted")
        await bench.until(lambda: "The device restarted because it no longer responded." in bench.screen.words)
        assert "start: soft" in bench.lines
        assert "crash: Hung: <generator object '_busy', 1 times, 1 in a row" in bench.lines

    play(flash, story)


def test_after_ctrl_c_the_prompt_stays_and_the_next_start_is_no_accident(flash: Path) -> None:
    """The watchdog goes on, since nothing stops an RP2040's: a timer feeds it."""

    async def story(bench: Bench) -> None:
        bench.interrupt()
        await bench.until(lambda: ">>> " in bench.lines)
        assert "The device was stopped at its console. Ctrl-D starts it again." in bench.lines
        fed = int((await bench.ask("watchdog")).split()[1])
        while int((await bench.ask("watchdog")).split()[1]) < fed + 2:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.1)
        assert not bench.restarted.is_set()
        await bench.again("watchdog")  # `make flash` resets it, for example
        await bench.on("home")
        assert "start: soft" in bench.lines

    play(flash, story)


def test_a_bite_without_a_word_is_said_too(flash: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.again("watchdog")
        await bench.on("restarted")
        assert "start: watchdog" in bench.lines and "crash: Hung, 1 times, 1 in a row" in bench.lines

    play(flash, story)
