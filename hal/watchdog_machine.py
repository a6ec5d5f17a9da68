"""The chip's own watchdog (`hal/api.pyi` Watchdog). Once it runs nothing stops it but a reset.

A timer of the chip looks at it from beside, whatever the firmware does: it tells of a hang before the watchdog bites, and
feeds it while somebody at the console has stopped the firmware, whose prompt would be gone after eight seconds else.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from machine import WDT

BITES_MS = 8000  # the RP2040's counter of 24 bits goes no further than 8388 ms
LOOK_MS = 1000
_LATE_LOOKS = 6  # there is still time to write a note
_HUNGRY_S = 2


class MachineWatchdog:
    """`start` makes it watch: `lambda: WDT(timeout=BITES_MS)`. `tick` makes a timer that calls what it is given every
    LOOK_MS, not in the interrupt itself but soon after it, where memory can be had; it has to be held."""

    def __init__(self, start: "Callable[[], WDT]", tick: "Callable[[Callable[[Any], None]], object]") -> None:
        self._start = start
        self._tick = tick
        self._dog: WDT | None = None
        self._timer: object = None
        self._looks = 0  # since it was fed: not by a clock, which goes on while all of this is halted
        self._tell: Callable[[], None] | None = None
        self._stopped = False

    async def hungry(self) -> None:
        await asyncio.sleep(_HUNGRY_S)

    def feed(self) -> None:
        self._looks = 0
        if self._dog is None:
            self._dog = self._start()
            self._timer = self._tick(self._look)
        self._dog.feed()

    def warn(self, tell: "Callable[[], None]") -> None:
        self._tell = tell

    def stand_down(self) -> None:
        self._stopped = True

    def _look(self, _: object) -> None:
        tell = self._tell
        self._looks += 1
        if self._stopped and self._dog is not None:
            self._dog.feed()
        elif tell is not None and self._looks > _LATE_LOOKS:
            self._tell = None
            tell()
