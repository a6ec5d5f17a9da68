"""Keys between a pin with a pull-up and ground (`hal/api.pyi` Keys). They bounce; debouncing is the firmware's.

Each edge is noted when it comes, also while something else computes or draws. A pressed key reads 0.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from machine import Pin

    class Flag(Protocol):
        """asyncio.ThreadSafeFlag: may be set from an interrupt; waiting for it clears it."""

        def set(self) -> None: ...
        async def wait(self) -> None: ...


_MOST_WAITING = 32  # transitions; further ones are lost


class GpioKeys:
    """`pins`: the name of each key and its pin, an input with pull-up. `edges`: what to ask the pins for
    (`Pin.IRQ_FALLING | Pin.IRQ_RISING`)."""

    def __init__(self, pins: "list[tuple[str, Pin]]", edges: int, flag: "Flag") -> None:
        self._pins = pins
        self._pressed = [False] * len(pins)
        self._waiting: list[tuple[str, bool]] = []
        self._flag = flag
        for _, pin in pins:
            pin.irq(handler=self._edge, trigger=edges)

    async def next(self) -> tuple[str, bool]:
        while not self._waiting:
            self._look()  # an edge may have been lost in a burst of them
            if not self._waiting:
                await self._flag.wait()
        return self._waiting.pop(0)

    def _edge(self, pin: "Pin") -> None:  # noqa: ARG002
        self._look()
        self._flag.set()

    def _look(self) -> None:
        for number, (name, pin) in enumerate(self._pins):
            pressed = pin.value() == 0
            if pressed != self._pressed[number] and len(self._waiting) < _MOST_WAITING:
                self._pressed[number] = pressed
                self._waiting.append((name, pressed))
