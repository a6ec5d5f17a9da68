"""The chip's own watchdog (`hal/api.pyi` Watchdog). Once it runs nothing stops it but a reset."""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import WDT

BITES_MS = 8000  # the RP2040's counter of 24 bits goes no further than 8388 ms
_HUNGRY_S = 2


class MachineWatchdog:
    """`start` makes it watch: `lambda: WDT(timeout=BITES_MS)`."""

    def __init__(self, start: "Callable[[], WDT]") -> None:
        self._start = start
        self._dog: WDT | None = None

    async def hungry(self) -> None:
        await asyncio.sleep(_HUNGRY_S)

    def feed(self) -> None:
        if self._dog is None:
            self._dog = self._start()
        self._dog.feed()
