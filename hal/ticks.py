"""Milliseconds since the start that never wrap: where a port's own counter is short, it is widened.

MicroPython's `ticks_ms` begins anew after 2**30 ms on most boards, which is 12 days: ask at least every 6 days.
"""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_monotonic_ns: "Any" = getattr(time, "monotonic_ns", None)  # boards have none; it does not wrap


class Ticks:
    def __init__(self) -> None:
        self._total_ms = 0
        self._last: Any = time.ticks_ms() if hasattr(time, "ticks_ms") else _monotonic_ns()

    def now_ms(self) -> int:
        if not hasattr(time, "ticks_ms"):
            return int(_monotonic_ns() - self._last) // 1_000_000
        now: Any = time.ticks_ms()
        self._total_ms += time.ticks_diff(now, self._last)  # type: ignore[attr-defined]
        self._last = now
        return self._total_ms
