"""The device's two clocks: the wall clock steps and drifts, ticks only run a little wrong and never go back."""

import asyncio
from collections.abc import Iterator

import pytest

from sim.clock import EPOCH_S, DeviceClock, WorldClock
from sim.loop import VirtualLoop

DAY_S = 86400


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


@pytest.fixture
def clock(loop: VirtualLoop) -> DeviceClock:
    return DeviceClock(WorldClock.virtual(loop), loop)


def test_a_crystal_that_runs_fast_gains_steadily(loop: VirtualLoop, clock: DeviceClock) -> None:
    clock.run_wrong(wall_ppm=100)
    loop.run(asyncio.sleep(10 * DAY_S))
    assert clock.drift_s == pytest.approx(86.4)
    assert clock.now() == EPOCH_S + 10 * DAY_S + 86
    assert clock.ticks_ms() == 10 * DAY_S * 1000


def test_a_step_is_on_top_of_the_drift_that_goes_on(loop: VirtualLoop, clock: DeviceClock) -> None:
    clock.run_wrong(wall_ppm=-100)
    loop.run(asyncio.sleep(DAY_S))
    clock.drift_s = 3600
    loop.run(asyncio.sleep(DAY_S))
    assert clock.drift_s == pytest.approx(3600 - 8.64)


@pytest.mark.parametrize("ppm", [-100_000, -37, 0, 41, 100_000])
def test_ticks_never_go_back_and_sleeps_last_as_long_as_promised(
    loop: VirtualLoop, clock: DeviceClock, ppm: int
) -> None:
    seen = [clock.ticks_ms()]

    async def sleeper() -> None:
        for ms in (1, 7, 999, 5000, 86_400_000):
            before = clock.ticks_ms()
            clock.run_wrong(ticks_ppm=ppm if ms != 999 else -ppm)
            await clock.sleep_ms(ms)
            assert clock.ticks_ms() - before >= ms
            seen.append(clock.ticks_ms())

    loop.run(sleeper())
    assert seen == sorted(seen)
    assert loop.now_ms == pytest.approx(86_406_007 * (1 - ppm / 1e6), rel=0.02)


def test_ticks_begin_anew_with_the_power(loop: VirtualLoop, clock: DeviceClock) -> None:
    clock.run_wrong(ticks_ppm=500)
    loop.run(asyncio.sleep(100))
    clock.power_on()
    assert clock.ticks_ms() == 0
    loop.run(asyncio.sleep(1000))
    assert clock.ticks_ms() == 1_000_500


def test_no_crystal_is_that_wrong(clock: DeviceClock) -> None:
    with pytest.raises(ValueError, match="crystal"):
        clock.run_wrong(wall_ppm=1_000_000)
