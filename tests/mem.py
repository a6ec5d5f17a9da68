"""`make mem`: how much memory the firmware takes on the real MicroPython, in each scenario and on each board.

The interpreter keeps no high-water mark of its heap, so the heap is made smaller until the scenario fails: what is printed
counts holes, too. It runs the .mpy files of the full device (`boards/stand_in.py`). `make mem ARGS="first_mail"` measures
only the scenarios that are named.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from boards import rom, stand_in
from boards.kinds import KINDS
from sim import scenario
from sim.cloud.certificates import Authority
from sim.live import NoInterpreter, find_micropython
from sim.live_world import LiveWorld
from sim.scenario import Report, Scenario, load, names
from tests.boards import mailing
from tests.boards.heap_in_use import budget_kb, listening, plain_pico
from tests.boards.startup import MOST_MS, counted

_BOARD = "pico2_w"
_MOST_KB = 2048
_STEP_KB = 8
_GUESS_KB = 432  # where the search begins
_MAILING_GUESS_KB = 216


def main(wanted: list[str]) -> int:
    """The exit code: 1 when a scenario needs more than the board has, or nothing can be measured."""
    try:
        find_micropython(stand_in.rom_image(mailing.BOARD))
    except NoInterpreter as problem:
        print(problem, file=sys.stderr)
        return 1
    stories = [load(name) for name in wanted or names()]
    authority = Authority.new(random.Random(1))
    width = max(len(story.name) for story in stories)
    print(f"{'':{width}}  least heap here, on a {KINDS[_BOARD].title} (32-bit; TLS takes 30 KB of it)")
    guess, marks = _GUESS_KB, []
    for story in stories:
        guess = least_kb(partial(_enough, story, authority), guess)
        marks.append(guess)
        print(f"{story.name:{width}}  {guess:4} KB           {stand_in.unscaled_kb(_BOARD, guess):4} KB", flush=True)
    there_kb = stand_in.heap_kb(_BOARD)
    print(f"The most is {max(marks)} KB; {there_kb} KB stand in for the board's heap while the device talks TLS.\n")
    asyncio.run(_boards())
    print(_mailing(authority), flush=True)
    return int(max(marks) > there_kb)


def _enough(story: Scenario, authority: Authority, kb: int) -> bool:
    return asyncio.run(gets_through(story, kb, authority))


def least_kb(enough: Callable[[int], bool], guess: int) -> int:
    """The least heap that is enough, to 8 KB; `guess` is where to look first. Raises RuntimeError."""
    step = _STEP_KB
    if enough(guess):
        while enough(guess - step):
            guess, step = guess - step, 2 * step
        too_little, least = guess - step, guess
    else:
        while not enough(guess + step):
            guess, step = guess + step, 2 * step
            if guess > _MOST_KB:
                raise RuntimeError("It fails with any heap: something else is wrong")
        too_little, least = guess, guess + step
    while least - too_little > _STEP_KB:
        middle = (least + too_little) // 2
        if enough(middle):
            least = middle
        else:
            too_little = middle
    return least


async def gets_through(story: Scenario, heap_kb: int, authority: Authority) -> bool:
    """Whether the scenario passes, and the device was never short of memory."""
    report = Report(story, "micropython", story.variants[0])
    with tempfile.TemporaryDirectory() as folder:
        world = LiveWorld(
            Path(folder) / "state",
            interpreter="micropython",
            size=report.variant.size,
            fresh_tenant=story.fresh_tenant,
            language=report.variant.language,
            heap_kb=heap_kb,
            image=stand_in.image(_BOARD),
            authority=authority,
        )

        def short(_: object = None) -> bool:
            said = (str(event.get("log")) for event in world.events)
            return any("MemoryError" in line or "restarts" in line for line in said)

        try:
            await world.start()
            playing = asyncio.create_task(scenario.play(report, world))
            giving_up = asyncio.create_task(world.until(short, 3600))
            await asyncio.wait({playing, giving_up}, return_when=asyncio.FIRST_COMPLETED)
            for task in (playing, giving_up):
                task.cancel()
            await asyncio.gather(playing, giving_up, return_exceptions=True)
            return not short() and report.failure is None and bool(report.end)
        except OSError:  # the device did not start
            return False
        finally:
            await world.stop()


async def _boards() -> None:
    for board in ("pico", "pico_w", "pico2_w"):
        with tempfile.TemporaryDirectory() as folder:
            used = await (plain_pico(Path(folder)) if board == "pico" else listening(board, Path(folder)))
        told = ", ".join(f"{what} {kb} KB" for what, kb in used.items())
        code = "its code in place" if board in rom.BOARDS else "its code from packs"
        print(f"{_title(board)}, {code}: in use {told}; budget {budget_kb(board)} KB", flush=True)
    for in_place in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            startup = await counted(Path(folder), in_place)
        print(f"{KINDS['pico'].title}, power-up to the home screen: {startup}; budget {MOST_MS} ms", flush=True)


def _mailing(authority: Authority) -> str:
    """What the board has that mails with the least heap, and what it needs."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        asyncio.run(mailing.signed_in(state, authority))
        least = least_kb(lambda kb: asyncio.run(mailing.sent(state, kb, authority)) == "sent", _MAILING_GUESS_KB)
    there_kb = stand_in.heap_kb(mailing.BOARD)
    needed_kb, has_kb = (stand_in.unscaled_kb(mailing.BOARD, kb) for kb in (least, there_kb))
    return (
        f"{_title(mailing.BOARD)}: a mail over TLS needs {needed_kb} KB, and {has_kb} are there beside the session; "
        f"{mailing.FREE_KB} KB are to stay free (here {least} of {there_kb} KB)"
    )


def _title(board: str) -> str:
    return f"{KINDS[board].title} ({KINDS[board].heap_kb} KB)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
