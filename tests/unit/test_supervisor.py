"""The watchdog is fed only while every task moves: who rests may rest for ever, who is late ends the device."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.supervisor import Hung, Supervisor, Watch
from sim.board import SimWatchdog
from sim.clock import DeviceClock, WorldClock
from sim.loop import VirtualLoop

DAY_S = 86_400


class Dog:
    """A supervisor on a board of nothing but clock and watchdog, and how often that bit."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.clock = DeviceClock(WorldClock.virtual(self.loop), self.loop)
        self.bites: list[int] = []
        self.watchdog = SimWatchdog(lambda: self.bites.append(self.loop.now_ms))
        board: Any = SimpleNamespace(clock=self.clock, watchdog=self.watchdog)
        self.supervisor = Supervisor(board)
        self.watch = Watch("queue")
        self.supervisor.see(Watch("panel"), self.watch)

    def live(self, work: Any, for_s: float) -> int:
        """Supervise beside `work` for so long, or until something hangs; the time at the end, in ms."""

        async def both() -> None:
            working = asyncio.create_task(work(self.watch))
            supervising = asyncio.create_task(self.supervisor.run())
            done, _ = await asyncio.wait([supervising], timeout=for_s)
            working.cancel()
            if done:
                await supervising

        try:
            self.loop.run(both())
        finally:
            self.loop.failed = False
        return self.loop.now_ms


async def rests(watch: Watch) -> None:
    watch.rest()
    await asyncio.Event().wait()


async def moves(watch: Watch) -> None:
    while True:
        watch.within(60_000)
        await asyncio.sleep(59)


async def hangs(watch: Watch) -> None:
    watch.within(60_000)
    await asyncio.Event().wait()


async def spins(watch: Watch) -> None:
    """It lets others run, and gets nowhere."""
    watch.within(60_000)
    while True:  # noqa: ASYNC110 - that is what is wrong with it
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("work", [rests, moves])
def test_a_task_that_rests_or_moves_may_do_so_for_a_day(work: Any) -> None:
    dog = Dog()
    dog.live(work, DAY_S)
    assert not dog.bites


@pytest.mark.parametrize("work", [hangs, spins])
def test_a_task_that_does_not_move_ends_the_device_by_its_name(work: Any) -> None:
    dog = Dog()
    with pytest.raises(Hung, match=r"^queue$"):
        dog.live(work, DAY_S)
    assert 60_000 < dog.loop.now_ms <= 60_000 + 20_000


def test_one_that_moves_later_than_it_said_but_before_anybody_looked_is_forgiven() -> None:
    async def late(watch: Watch) -> None:
        for _ in range(100):
            watch.within(1000)
            await asyncio.sleep(9)
        await rests(watch)

    dog = Dog()
    dog.live(late, DAY_S)
    assert not dog.bites


def test_a_clock_that_jumps_makes_nobody_late() -> None:
    """Time travel in the simulator, where an answer still takes its real time."""

    async def jump(watch: Watch) -> None:
        watch.within(60_000)
        dog.clock._ticks_base += 91 * DAY_S * 1000
        await asyncio.sleep(30)
        await rests(watch)

    dog = Dog()
    dog.live(jump, 3600)
    assert not dog.bites


def test_without_a_supervisor_the_watchdog_bites() -> None:
    dog = Dog()

    async def fed_once() -> None:
        dog.watchdog.feed()
        await asyncio.sleep(7)
        assert not dog.bites
        dog.watchdog.feed()
        await asyncio.sleep(60)

    dog.loop.run(fed_once())
    assert dog.bites == [15_000]


def test_a_task_that_lets_no_other_run_is_known_by_its_name() -> None:
    supervisor = Dog().supervisor

    async def asked() -> str:
        return str(supervisor.busy())

    async def story() -> tuple[str, str]:
        watch = Watch("accounts")
        names: list[str] = []

        async def work() -> None:
            names.append(str(supervisor.busy()))

        await supervisor.named(watch, work())
        other = await asyncio.create_task(asked())
        return names[0], other

    named, other = asyncio.run(story())
    assert named == "accounts"
    assert other  # a task without a watch is told by what it is
