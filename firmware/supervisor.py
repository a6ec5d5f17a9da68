"""Sees that every task of the device moves, and feeds the watchdog only then. Start at `Supervisor.run`.

A task that lives long says with its `Watch` how soon it moves again: `within` before a step that ends by itself (a timer, an
answer that has a deadline), `rest` before it waits for what may never come (a person, a job, a browser). One that did not
move in time hangs: that ends the device, and `firmware/main.py` restarts it. One that lets no other run keeps this one from
running too; then the watchdog tells of it (`Supervisor.busy`) or bites.
"""

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from hal.api import Board

# Time passes in looks, none of which counts for more than this: a clock that jumps makes nobody late. As much longer than it
# said a task may take, since the first look comes at any time after it said so.
_LOOK_MS = const(10_000)


class Hung(Exception):
    """A task did not move in time; its name."""


class Restart(Exception):
    """Somebody asked for a restart: nothing is wrong."""


class Watch:
    """How one task goes. It says so itself; a device without a supervisor does not care."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.left_ms: "int | None" = None  # None: it rests
        self.task: "Any" = None

    def within(self, ms: int) -> None:
        """The task has moved, and moves again within `ms`."""
        self.left_ms = ms

    def rest(self) -> None:
        """The task has moved, and waits for what may never come."""
        self.left_ms = None


class Supervisor:
    def __init__(self, board: "Board") -> None:
        self._board = board
        self.watches: "list[Watch]" = []

    def see(self, *watches: Watch) -> None:
        """From now on these tasks have to move."""
        self.watches += watches

    async def named(self, watch: Watch, work: "Coroutine[Any, Any, None]") -> None:
        """Do `work`, seen by `watch`, which bears its name."""
        watch.task = asyncio.current_task()
        self.see(watch)
        await work

    async def run(self) -> None:
        """For ever. Raises Hung."""
        clock, watchdog = self._board.clock, self._board.watchdog
        seen_ms = clock.ticks_ms()
        while True:
            watchdog.feed()
            await watchdog.hungry()
            now_ms = clock.ticks_ms()
            self._look(min(now_ms - seen_ms, _LOOK_MS))
            seen_ms = now_ms

    def _look(self, passed_ms: int) -> None:
        for watch in self.watches:
            if watch.left_ms is not None:
                watch.left_ms -= passed_ms
                if watch.left_ms < -_LOOK_MS:
                    raise Hung(watch.name)

    def busy(self) -> Hung:
        """Which task has not let others run. For who looks from outside, such as an interrupt."""
        task = asyncio.current_task()
        for watch in self.watches:
            if watch.task is task:
                return Hung(watch.name)
        return Hung(repr(getattr(task, "coro", task)).partition(" at ")[0])  # where it lies in memory says nothing
