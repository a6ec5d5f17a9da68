"""Keys between a pin with a pull-up and ground (`hal/api.pyi` Keys). They bounce; debouncing is the firmware's.

Each edge is noted when it comes, also while something else computes or draws. What came apart is handed over apart: after a
TLS handshake, in which nothing else runs, two presses would be taken for one that bounces. A pressed key reads 0.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from machine import Pin

    from hal.ticks import Ticks

    class Flag(Protocol):
        """asyncio.ThreadSafeFlag: may be set from an interrupt; waiting for it clears it."""

        def set(self) -> None: ...
        async def wait(self) -> None: ...


_MOST_WAITING = 32  # transitions; further ones are lost
_APART_MS = 25  # longer than contacts bounce


class GpioKeys:
    """`pins`: the name of each key and its pin, an input with pull-up. `edges`: what to ask the pins for
    (`Pin.IRQ_FALLING | Pin.IRQ_RISING`)."""

    def __init__(self, pins: "list[tuple[str, Pin]]", edges: int, flag: "Flag", ticks: "Ticks") -> None:
        self._pins = pins
        self._pressed = [False] * len(pins)
        self._waiting: list[tuple[str, bool, int]] = []  # key, pressed, when
        self._came_ms = self._gave_ms = 0  # the last transition: when it came, and when it was handed over
        self._flag = flag
        self._ticks = ticks
        for _, pin in pins:
            pin.irq(handler=self._edge, trigger=edges)

    async def next(self) -> tuple[str, bool]:
        while not self._waiting:
            self._look()  # an edge may have been lost in a burst of them
            if not self._waiting:
                await self._flag.wait()
        name, pressed, came_ms = self._waiting[0]
        if came_ms - self._came_ms >= _APART_MS:
            left_ms = self._gave_ms + _APART_MS - self._ticks.now_ms()
            if left_ms > 0:  # far more after days without a press, when the port's counter has begun anew
                await asyncio.sleep(min(left_ms, _APART_MS) / 1000)
        del self._waiting[0]
        self._came_ms, self._gave_ms = came_ms, self._ticks.now_ms()
        return name, pressed

    def _edge(self, pin: "Pin") -> None:  # noqa: ARG002
        self._look()
        self._flag.set()

    def _look(self) -> None:
        for number, (name, pin) in enumerate(self._pins):
            pressed = pin.value() == 0
            if pressed != self._pressed[number] and len(self._waiting) < _MOST_WAITING:
                self._pressed[number] = pressed
                self._waiting.append((name, pressed, self._ticks.now_ms()))
