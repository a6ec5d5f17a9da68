"""A clock that is only a counter: the wall clock is unset until somebody sets it (`hal/api.pyi` Clock)."""

import asyncio

from hal.ticks import Ticks


class TickClock:
    def __init__(self) -> None:
        self._ticks = Ticks()
        self._unix_ms_at_start: int | None = None

    def now(self) -> int | None:
        return None if self._unix_ms_at_start is None else (self._unix_ms_at_start + self._ticks.now_ms()) // 1000

    def set(self, unix_ms: int) -> None:
        """It is `unix_ms` milliseconds since 1970 now."""
        self._unix_ms_at_start = unix_ms - self._ticks.now_ms()

    def ticks_ms(self) -> int:
        return self._ticks.now_ms()

    async def sleep_ms(self, ms: int) -> None:
        await asyncio.sleep(max(0, ms) / 1000)
