"""Touch with the XPT2046 on SPI (`hal/api.pyi` Touch). Start at `XPT2046Touch.next`.

While nobody touches it, nothing runs: the chip pulls a pin low when somebody does. A place is the middle one of several
measurements, since each of them is noisy. Where on the display it is, the calibration says (`/device.json`, "touch").
"""

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    from machine import SPI, Pin

    class Flag(Protocol):
        def set(self) -> None: ...
        async def wait(self) -> None: ...


# Control bytes (XPT2046 datasheet): start, channel, 12 bits, differential; then off, with the pin's interrupt on.
_X, _Y, _PRESSURE = const(0xD0), const(0x90), const(0xB0)
_SAMPLES = const(7)
_SPREAD = const(120)  # between the middle ones, in steps of 4096: more than that is a finger that is coming or going
_PRESSED = const(120)  # of 4096: less is no finger
_SETTLE_S = 0.01
_LOOK_S = 0.02
# Of the usual modules, measured from left to right and from top to bottom in a frame on its side.
_USUAL = [3800, 300, 3750, 350, 1]


class XPT2046Touch:
    """`irq`: low while it is touched. `edges`: what to ask it for (`Pin.IRQ_FALLING`).

    `calibration`: what is measured at the left, right, top and bottom edge of the display, and 1 where its x is measured on
    the chip's Y; None for that of the usual modules.
    """

    def __init__(
        self, spi: "SPI", select: "Pin", irq: "Pin", edges: int, flag: "Flag", size: tuple[int, int], calibration: "Any"
    ) -> None:
        self._spi = spi
        self._select = select
        self._irq = irq
        self._flag = flag
        self._size = size
        self._edges = calibration if _is_calibration(calibration) else _USUAL
        self._command = bytearray(3)
        self._answer = bytearray(3)
        self._place: tuple[int, int] | None = None  # where it is touched
        select.value(1)
        irq.irq(handler=self._touched, trigger=edges)

    async def next(self) -> tuple[int, int, bool]:
        while True:
            if self._place is not None:
                x, y = self._place
                await self._until_released()
                self._place = None
                return x, y, False
            if self._irq.value():
                await self._flag.wait()
            await asyncio.sleep(_SETTLE_S)
            self._place = self._measured()
            if self._place is not None:
                x, y = self._place
                return x, y, True

    def _touched(self, pin: "Pin") -> None:  # noqa: ARG002
        self._flag.set()

    async def _until_released(self) -> None:
        released = 0
        while released < 2:  # a finger that slides loses contact for a moment
            await asyncio.sleep(_LOOK_S)
            released = released + 1 if self._irq.value() else 0

    def _measured(self) -> tuple[int, int] | None:
        """Where it is touched, in pixels; None when it is not, or not firmly."""
        if self._irq.value() or self._read(_PRESSURE) < _PRESSED:
            return None
        xs = sorted([self._read(_X) for _ in range(_SAMPLES)])
        ys = sorted([self._read(_Y) for _ in range(_SAMPLES)])
        middle = _SAMPLES // 2
        for values in (xs, ys):
            if values[middle + 1] - values[middle - 1] > _SPREAD:
                return None
        if self._read(_PRESSURE) < _PRESSED:  # it was let go meanwhile
            return None
        across, down = xs[middle], ys[middle]
        left, right, top, bottom, turned = self._edges
        if turned:
            across, down = down, across
        width, height = self._size
        return _pixel(across, left, right, width), _pixel(down, top, bottom, height)

    def _read(self, control: int) -> int:
        self._command[0] = control
        self._select.value(0)
        self._spi.write_readinto(self._command, self._answer)
        self._select.value(1)
        return (self._answer[1] << 8 | self._answer[2]) >> 3


def _pixel(measured: int, first: int, last: int, size: int) -> int:
    return max(0, min(size - 1, (measured - first) * size // (last - first)))


def _is_calibration(value: "Any") -> bool:
    if not isinstance(value, list) or len(value) != 5 or not all(isinstance(edge, int) for edge in value):
        return False
    return bool(value[0] != value[1] and value[2] != value[3])
