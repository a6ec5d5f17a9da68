"""The clock of a firmware process: the host's, moved by the simulator's time travel (`hal/api.pyi` Clock)."""

import asyncio
import time

from hal.ticks import Ticks

_LONGEST_SLEEP_MS = 86_400_000  # asyncio.sleep overflows on 32 bit after 6.2 days


class TravelClock:
    """Wall clock = host + offset + drift. Ticks = host since the start + every step forward of the offset."""

    def __init__(self, offset_ms: int, drift_ms: int, unset: bool) -> None:
        self._host = Ticks()
        self._travelled_ms = 0
        self._offset_ms = offset_ms
        self._drift_ms = drift_ms
        self._unset = unset
        self._moved = asyncio.Event()
        self._alarms: list[int] = []  # in ticks, when each sleeper is to wake

    def now(self) -> int | None:
        return None if self._unset else (time.time_ns() // 1_000_000 + self._offset_ms + self._drift_ms) // 1000

    def ticks_ms(self) -> int:
        return self._host.now_ms() + self._travelled_ms

    async def sleep_ms(self, ms: int) -> None:
        end_ms = self.ticks_ms() + ms
        if ms <= 0:
            await asyncio.sleep(0)
        self._alarms.append(end_ms)
        try:
            while (left_ms := end_ms - self.ticks_ms()) > 0:
                try:
                    await asyncio.wait_for(self._moved.wait(), min(left_ms, _LONGEST_SLEEP_MS) / 1000)
                except asyncio.TimeoutError:  # noqa: UP041 - MicroPython has no other
                    pass
        finally:
            self._alarms.remove(end_ms)

    def next_alarm_ms(self) -> int | None:
        """How long until the next sleeper wakes: 0 or less while one has not gone on yet, None when nobody sleeps."""
        return min(self._alarms) - self.ticks_ms() if self._alarms else None

    def move(self, offset_ms: int, drift_ms: int, unset: bool) -> None:
        """Set offset and drift. Ticks follow the offset forward only; sleepers wake to see whether their time came."""
        self._travelled_ms += max(0, offset_ms - self._offset_ms)
        self._offset_ms = offset_ms
        self._drift_ms = drift_ms
        self._unset = unset
        moved = self._moved
        self._moved = asyncio.Event()
        moved.set()
