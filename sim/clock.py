"""Time of the simulated world, and the device's own idea of it.

`WorldClock` is true time: Unix seconds that the cloud goes by. In the virtual world it follows the loop; in the live
world it is the computer's clock plus an offset that time travel moves. `DeviceClock` is what the device has inside: ticks
since power-on and a wall clock that may be unset or wrong. A World makes one of each.
"""

from __future__ import annotations

import asyncio
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
    """The device's clocks in the virtual world (`hal/api.pyi` Clock)."""

    def __init__(self, world: WorldClock, loop: VirtualLoop) -> None:
        self._world = world
        self._loop = loop
        self._started_ms = loop.now_ms
        self.drift_s = 0.0  # how far the wall clock is ahead of true time
        self.unset = False

    def power_on(self) -> None:
        self._started_ms = self._loop.now_ms

    def now(self) -> int | None:
        return None if self.unset else int(self._world.now() + self.drift_s)

    def ticks_ms(self) -> int:
        return self._loop.now_ms - self._started_ms

    async def sleep_ms(self, ms: int) -> None:
        await asyncio.sleep(max(0, ms) / 1000)
