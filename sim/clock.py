"""Time of the simulated world, and the device's own idea of it.

`WorldClock` is true time: Unix seconds that the cloud goes by. In the virtual world it follows the loop; in the live
world it is the computer's clock plus an offset that time travel moves. `DeviceClock` is what the device has inside: ticks
since power-on and a wall clock that may be unset or wrong. A World makes one of each.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable

from sim.loop import VirtualLoop

EPOCH_S = 1_764_576_000  # 2025-12-01 08:00:00 UTC: where a virtual world's time begins


class WorldClock:
    """True time in Unix seconds. `offset_s` is how far it was moved away from where it would be by itself."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self.offset_s = 0.0

    @classmethod
    def virtual(cls, loop: VirtualLoop) -> WorldClock:
        return cls(lambda: EPOCH_S + loop.now_ms / 1000)

    @classmethod
    def live(cls) -> WorldClock:
        return cls(time.time)

    def now(self) -> float:
        return self._base() + self.offset_s


class DeviceClock:
    """The device's clocks in the virtual world (`hal/api.pyi` Clock): two crystals, neither of them perfect.

    The wall clock can be stepped (set `drift_s`) and gains or loses steadily (`run_wrong`); ticks only run a little fast or
    slow, never back. Rates are in millionths: 100 is 8.64 s a day.
    """

    def __init__(self, world: WorldClock, loop: VirtualLoop) -> None:
        self._world = world
        self._loop = loop
        self._step_s = 0.0
        self._wall_ppm = 0
        self._wrong_since_ms = 0
        self._ticks_ppm = 0
        self._ticks_base, self._ticks_base_ms = 0, loop.now_ms  # so many ticks had passed at that time
        self.unset = False

    def power_on(self) -> None:
        self._ticks_base, self._ticks_base_ms = 0, self._loop.now_ms

    @property
    def drift_s(self) -> float:
        """How far the wall clock is ahead of true time."""
        return self._step_s + (self._loop.now_ms - self._wrong_since_ms) * self._wall_ppm / 1e9

    @drift_s.setter
    def drift_s(self, seconds: float) -> None:
        self._step_s, self._wrong_since_ms = seconds, self._loop.now_ms

    def run_wrong(self, wall_ppm: int = 0, ticks_ppm: int = 0) -> None:
        """From now on gain so much on true time; negative loses. Raises ValueError for what no crystal does."""
        if max(abs(wall_ppm), abs(ticks_ppm)) > 100_000:
            raise ValueError("A crystal is wrong by 100,000 millionths at most")
        self.drift_s = self.drift_s
        self._ticks_base, self._ticks_base_ms = self.ticks_ms(), self._loop.now_ms
        self._wall_ppm, self._ticks_ppm = wall_ppm, ticks_ppm

    def now(self) -> int | None:
        return None if self.unset else int(self._world.now() + self.drift_s)

    def ticks_ms(self) -> int:
        passed_ms = self._loop.now_ms - self._ticks_base_ms
        if self._ticks_ppm:
            passed_ms += passed_ms * self._ticks_ppm // 1_000_000
        return self._ticks_base + passed_ms

    async def sleep_ms(self, ms: int) -> None:
        if self._ticks_ppm:
            ms = math.ceil(max(0, ms) * 1e6 / (1e6 + self._ticks_ppm)) + 1  # rounding may cost a tick
        await asyncio.sleep(max(0, ms) / 1000)
