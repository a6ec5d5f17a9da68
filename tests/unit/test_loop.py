"""The virtual loop: time jumps, order is first in first out, and nobody sleeps or spins unnoticed."""

import asyncio
from collections.abc import Iterator

import pytest

from sim.loop import AsleepForEver, DeadlinePassed, Spinning, VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


def test_a_year_of_sleep_costs_one_jump(loop: VirtualLoop) -> None:
    async def main() -> float:
        await asyncio.sleep(365 * 86400)
        return loop.time()

    assert loop.run(main()) == 365 * 86400


def test_timers_of_one_moment_fire_in_the_order_they_were_set(loop: VirtualLoop) -> None:
    fired: list[int] = []

    async def main() -> None:
        for number in range(20):
            loop.call_later(1.0, fired.append, number)
        await asyncio.sleep(2)

    loop.run(main())
    assert fired == list(range(20))


def test_asleep_for_ever_names_the_sleepers(loop: VirtualLoop) -> None:
    async def main() -> None:
        loop.create_task(asyncio.Event().wait(), name="panel")
        await asyncio.Event().wait()

    with pytest.raises(AsleepForEver, match="main, panel"):
        loop.run(main())


def test_spinning_is_an_error_that_names_what_ran(loop: VirtualLoop) -> None:
    async def spin() -> None:
        while loop.time() == 0:  # noqa: ASYNC110 - it never waits, on purpose
            await asyncio.sleep(0)

    async def main() -> None:
        loop.create_task(spin(), name="busy part")
        await asyncio.sleep(1)

    with pytest.raises(Spinning, match="by busy part"):
        loop.run(main())


def test_deadline(loop: VirtualLoop) -> None:
    with pytest.raises(DeadlinePassed):
        loop.run(asyncio.sleep(10), deadline_ms=9_999)


def test_an_exception_in_any_task_ends_the_run(loop: VirtualLoop) -> None:
    async def fails() -> None:
        await asyncio.sleep(1)
        raise KeyError("part")

    async def main() -> None:
        loop.create_task(fails(), name="part")
        await asyncio.sleep(100)

    with pytest.raises(KeyError, match="part"):
        loop.run(main())
    assert loop.time() == 1


def test_wait_for_and_locks_work(loop: VirtualLoop) -> None:
    async def main() -> str:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 3)
        queue: asyncio.Queue[str] = asyncio.Queue()
        loop.call_later(1, queue.put_nowait, "word")
        return await asyncio.wait_for(queue.get(), 3)

    assert loop.run(main()) == "word"
    assert loop.time() == 4


def order_of(seed: int | None) -> list[int]:
    loop = VirtualLoop(seed)
    seen: list[int] = []

    async def main() -> None:
        for number in range(20):
            loop.call_soon(seen.append, number)
            loop.call_later(1.0, seen.append, 100 + number)
        await asyncio.sleep(2)

    loop.run(main())
    loop.close()
    return seen


def test_who_is_ready_at_one_instant_goes_in_an_order_drawn_from_the_seed() -> None:
    first_in_first_out = [*range(20), *range(100, 120)]
    assert order_of(None) == order_of(0) == first_in_first_out
    assert order_of(1) == order_of(1) != first_in_first_out
    assert order_of(1) != order_of(2)
    assert sorted(order_of(1)[:20]) == list(range(20))  # never across instants


def test_a_loop_goes_on_where_it_stopped_and_fails_when_told(loop: VirtualLoop) -> None:
    seen: list[float] = []

    async def tick() -> None:
        while True:
            await asyncio.sleep(10)
            seen.append(loop.time())

    async def begin() -> None:
        loop.create_task(tick(), name="ticking")

    loop.run(begin())
    loop.run(asyncio.sleep(25))
    loop.run(asyncio.sleep(10))
    assert seen == [10, 20, 30]
    loop.call_later(5, loop.fail, KeyError("somebody watched"))
    with pytest.raises(KeyError, match="somebody watched"):
        loop.run(asyncio.sleep(100))
    assert loop.failed and loop.time() == 40


def test_asleep_for_ever_names_a_part_of_the_firmware_by_what_it_is(loop: VirtualLoop) -> None:
    class Queue:
        async def run(self) -> None:
            await asyncio.Event().wait()

    async def main() -> None:
        await asyncio.gather(Queue().run(), Queue().run())

    with pytest.raises(AsleepForEver, match=r"Queue\.run"):
        loop.run(main())
