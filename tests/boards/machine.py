"""The module `machine` of a microcontroller, with the chips of `tests/boards/chips.py` on its wires.

On MICROPYPATH it stands before MicroPython's own, so that a board's file runs as it is; on CPython the same classes are
handed to drivers. What hangs where is put into `I2C.wired`, `SPI.wired` and `UART.wired`; `Pin.drive` is a finger on a key.
"""

# ruff: noqa: UP037  own types stay quoted: MicroPython has no typing
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PWRON_RESET, WDT_RESET = 1, 3
_EIO = 5
cause = PWRON_RESET
restart: "Callable[[], None]" = sys.exit


class Pin:
    """A pin of the chip. Its level is what drives it from outside, else its pull resistor's, else nobody's: 0."""

    IN, OUT = 0, 1
    PULL_UP, PULL_DOWN = 1, 2
    IRQ_FALLING, IRQ_RISING = 4, 8
    driven: "dict[int, int]" = {}  # by number
    watched: "dict[int, Callable[[int], None]]" = {}  # what hangs on an output
    known: "dict[int, Pin]" = {}

    def __new__(cls, number: int, *arguments: "Any", **named: "Any") -> "Pin":
        if number not in cls.known:
            cls.known[number] = object.__new__(cls)
        return cls.known[number]

    def __init__(self, number: int, mode: int = -1, pull: "int | None" = None, value: "int | None" = None) -> None:
        self.number = number
        if mode == self.OUT:
            self.driven[number] = value or 0
        if mode != -1:
            self._pull = pull
        if not hasattr(self, "_handler"):
            self._handler: "Callable[[Pin], None] | None" = None
            self._trigger = 0

    def value(self, level: "int | None" = None) -> "int | None":
        if level is not None:
            self.driven[self.number] = level
            if self.number in self.watched:
                self.watched[self.number](level)
            return None
        return self.driven.get(self.number, 1 if self._pull == self.PULL_UP else 0)

    __call__ = value

    def irq(self, handler: "Callable[[Pin], None] | None" = None, trigger: int = 12, hard: bool = False) -> None:
        self._handler, self._trigger = handler, trigger

    @classmethod
    def drive(cls, number: int, level: "int | None") -> None:
        """Something outside puts the pin to a level, or lets go of it."""
        pin = cls.known.get(number)
        before = pin.value() if pin else None
        if level is None:
            cls.driven.pop(number, None)
        else:
            cls.driven[number] = level
        if pin is None or pin._handler is None:
            return
        after = pin.value()
        edge = 0 if after == before else cls.IRQ_RISING if after else cls.IRQ_FALLING
        if edge & pin._trigger:
            if sys.implementation.name == "micropython":
                import micropython

                micropython.schedule(pin._handler, pin)  # type: ignore[attr-defined]
            else:
                pin._handler(pin)


class I2C:
    """`wired`: (SDA, SCL, address) -> chip."""

    wired: "dict[tuple[int, int, int], Any]" = {}
    PINS = {0: ((0, 4, 8, 12, 16, 20), (1, 5, 9, 13, 17, 21)), 1: ((2, 6, 10, 14, 18, 26), (3, 7, 11, 15, 19, 27))}

    def __init__(self, number: int, *, scl: Pin, sda: Pin, freq: int = 400_000, timeout: int = 50_000) -> None:
        if sda.number not in self.PINS[number][0] or scl.number not in self.PINS[number][1]:
            raise ValueError("bad SCL pin")
        self._pins = (sda.number, scl.number)
        self._freq = freq
        self._timeout_us = timeout

    def writeto(self, address: int, data: "bytes | bytearray | memoryview", stop: bool = True) -> int:
        chip = self.wired.get((self._pins[0], self._pins[1], address))
        if chip is None:
            raise OSError(_EIO)
        if 9_000_000 * (1 + len(data)) // self._freq > self._timeout_us:
            raise OSError(110)  # ETIMEDOUT: the port gives a message that long
        chip.receive(data)
        return len(data)


class SPI:
    """`wired`: (SCK, MOSI) -> chips, each with the pins that select it and, or -1, that tell it data from commands."""

    wired: "dict[tuple[int, int], list[tuple[int, int, Any]]]" = {}

    def __init__(self, number: int, baudrate: int, *, sck: Pin, mosi: Pin, miso: Pin) -> None:
        self._chips = self.wired.get((sck.number, mosi.number), [])
        self._baudrate = baudrate

    def _selected(self) -> "tuple[int, int, Any]":
        chips = [chip for chip in self._chips if Pin.driven.get(chip[0]) == 0]
        if len(chips) != 1:
            raise AssertionError(f"{len(chips)} chips are selected")
        if self._baudrate > chips[0][2].MOST_HZ:
            raise AssertionError("The chip does not follow")
        return chips[0]

    def write(self, data: "bytes | bytearray | memoryview") -> None:
        _, data_pin, chip = self._selected()
        chip.receive(data, bool(Pin.driven.get(data_pin)))

    def write_readinto(self, data: "bytes | bytearray", answer: "bytearray") -> None:
        answer[:] = self._selected()[2].transfer(data)


class UART:
    """`wired`: TX pin -> what receives. A byte takes its time on the line only for `txdone`, which says no once."""

    wired: "dict[int, Any]" = {}

    def __init__(
        self,
        number: int,
        baudrate: int = 115200,
        bits: int = 8,
        parity: "int | None" = None,
        stop: int = 1,
        *,
        tx: Pin,
        rx: Pin,
        txbuf: int = 256,
        timeout: int = 0,
    ) -> None:
        self.baudrate = baudrate
        self.format = (bits, parity, stop)
        self.most = 0  # bytes of the longest write
        self._txbuf = txbuf
        self._peer = self.wired.get(tx.number)
        self._came = bytearray()
        self._busy = False
        if self._peer is not None:
            self._peer.line = self

    def write(self, data: "bytes | bytearray | memoryview") -> "int | None":
        self.most = max(self.most, len(data))
        if len(data) > self._txbuf:
            raise AssertionError(f"The port would wait for the line: its buffer holds {self._txbuf} bytes")
        self._busy = True
        if self._peer is not None:
            self._came += self._peer.receive(data)
        return len(data)

    def read(self, n: int = 1 << 20) -> "bytes | None":
        came, self._came = bytes(self._came[:n]), self._came[n:]
        return came or None

    def txdone(self) -> bool:
        busy, self._busy = self._busy, False
        return not busy


class WDT:
    """`started`: the one there is. It bites when `ticks_ms` has gone `timeout` further than at the last `feed`."""

    started: "WDT | None" = None

    def __init__(self, id: int = 0, timeout: int = 5000) -> None:
        if timeout > 8388:
            raise ValueError("timeout exceeds 8388")
        self.timeout = timeout
        self.fed = 0
        WDT.started = self

    def feed(self) -> None:
        self.fed += 1


class Timer:
    """Calls back between two steps of whatever runs, as the ports do that schedule it."""

    PERIODIC = 1

    def __init__(self, id: int, *, period: int, mode: int, callback: "Callable[[Timer], None]") -> None:
        if mode != self.PERIODIC:
            raise AssertionError("Only periodic timers are modelled")
        self._period_ms = period
        self._callback = callback
        import _thread  # of MicroPython: a driver under test on CPython is given another timer

        _thread.start_new_thread(self._run, ())

    def _run(self) -> None:
        import micropython

        while True:
            time.sleep_ms(self._period_ms)  # type: ignore[attr-defined]
            micropython.schedule(self._callback, self)  # type: ignore[attr-defined]


def unique_id() -> bytes:
    return b"\xe6\x60\x58\x38\x83\x1f\x2b\x2e"


class RTC:
    """`told`: what it was last set to."""

    told: "tuple[int, ...]" = (2021, 1, 1, 4, 0, 0, 0, 0)

    def datetime(self, fields: "tuple[int, ...] | None" = None) -> "tuple[int, ...]":
        if fields is not None:
            RTC.told = fields
        return RTC.told


def reset_cause() -> int:
    return cause


def reset() -> None:
    restart()
