"""A colour display of 320x240 on SPI whose chip speaks MIPI DCS: ILI9341 or ST7789 (`hal/api.pyi` Panel).

Frames have 4 bits a pixel; the chip wants 16. They are turned into colours and sent in bands of a few rows, one at a time
with other tasks in between, and only bands that changed. Start at `DCSPanel.show`. Commands are numbered as in the chips'
datasheets (ILI9341 V1.11, ST7789VW V1.0).
"""

import asyncio
import binascii
from array import array

import framebuf
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import SPI, Pin

    Say = Callable[[str, str, "list[tuple[str, int, int, int, int, int]]"], None]

_WIDTH = const(320)
_HEIGHT = const(240)
_ROWS = const(8)  # of a band: 5 KB of colours
_BANDS = const(30)
_BAND_BYTES = const(1280)  # of a frame
_RESET_S = 0.15  # until the chip takes commands again: 120 ms and its oscillator
_DARK = const(192)  # red, green and blue together: a frame of one such colour needs no light

_COLUMNS, _ROWS_FROM, _WRITE = b"\x2a", b"\x2b", b"\x2c"

# What follows the reset: each command with the number of bytes that follow it, and these.
ILI9341 = (
    b"\xc0\x01\x23"  # power control 1: 4.6 V for the grey levels
    b"\xc1\x01\x10"  # power control 2
    b"\xc5\x02\x3e\x28"  # VCOM control 1: 4.25 V, -1.5 V
    b"\xc7\x01\x86"  # VCOM control 2: 58 steps less
    b"\x36\x01\x28"  # memory access: rows and columns exchanged, which turns it on its side; blue is where red was meant
    b"\x3a\x01\x55"  # 16 bits a pixel
    b"\x11\x00"  # sleep out
)
ST7789 = (
    b"\x36\x01\x60"  # memory access: rows and columns exchanged, columns from right to left
    b"\x3a\x01\x55"  # 16 bits a pixel
    b"\x21\x00"  # inversion on, which the glass is made for
    b"\x13\x00"  # normal display
    b"\x11\x00"  # sleep out
)


class DCSPanel:
    """`chip`: ILI9341 or ST7789. `select` and `reset` work low, `data` is low for a command, `light` is the backlight."""

    width = _WIDTH
    height = _HEIGHT
    depth = 4

    def __init__(
        self, spi: "SPI", select: "Pin", data: "Pin", reset: "Pin", light: "Pin", chip: bytes, say: "Say"
    ) -> None:
        self.say = say
        self._spi = spi
        self._select = select
        self._data = data
        self._reset = reset
        self._light = light
        self._chip = chip
        self._colours = bytes(48)
        self._palette = framebuf.FrameBuffer(bytearray(32), 16, 1, framebuf.RGB565)
        self._band = bytearray(_WIDTH * _ROWS * 2)
        self._canvas = framebuf.FrameBuffer(self._band, _WIDTH, _ROWS, framebuf.RGB565)
        self._sums = array("I", bytes(4 * _BANDS))  # CRC-32 of the part of the frame that each band shows
        self._is_on = False
        self._whole = True  # send all bands: what they show is not known, or has other colours
        self._taken = asyncio.Event()
        self._taken.set()
        light.value(0)
        select.value(1)

    def palette(self, colours: bytes) -> None:
        self._colours = bytes(colours)
        for number in range(16):
            red, green, blue = colours[3 * number : 3 * number + 3]
            high, low = red & 0xF8 | green >> 5, green << 3 & 0xE0 | blue >> 3
            self._palette.pixel(number, 0, low << 8 | high)  # the chip wants the high byte first, framebuf has it last
        self._whole = True

    async def ready(self) -> None:
        await self._taken.wait()

    def show(self, frame: bytearray) -> None:
        self._taken.clear()
        self._sending = asyncio.create_task(self._send(frame))

    async def _send(self, frame: bytearray) -> None:
        if not self._is_on:
            await self._start()
        view = memoryview(frame)
        picture = framebuf.FrameBuffer(frame, _WIDTH, _HEIGHT, framebuf.GS4_HMSB)
        whole, self._whole = self._whole, False
        for band in range(_BANDS):
            total = binascii.crc32(view[band * _BAND_BYTES : (band + 1) * _BAND_BYTES]) & 0xFFFFFFFF
            if whole or total != self._sums[band]:
                self._sums[band] = total
                self._canvas.blit(picture, 0, -band * _ROWS, -1, self._palette)
                self._send_band(band * _ROWS)
                await asyncio.sleep(0)
        if not self._is_on:
            self._command(b"\x29", b"")  # display on; not before: the memory is random when the power comes
            self._is_on = True
        self._light.value(0 if self._nothing_to_see(frame[0]) else 1)
        self._taken.set()

    async def _start(self) -> None:
        for level in (0, 1):
            self._reset.value(level)
            await asyncio.sleep(_RESET_S)
        at = 0
        chip = self._chip
        while at < len(chip):
            end = at + 2 + chip[at + 1]
            self._command(chip[at : at + 1], chip[at + 2 : end])
            at = end
        await asyncio.sleep(_RESET_S)  # out of its sleep
        self._command(_COLUMNS, bytes((0, 0, (_WIDTH - 1) >> 8, (_WIDTH - 1) & 0xFF)))

    def _send_band(self, row: int) -> None:
        last = row + _ROWS - 1
        self._command(_ROWS_FROM, bytes((0, row, 0, last)))
        self._command(_WRITE, self._band)

    def _command(self, command: bytes, data: "bytes | bytearray") -> None:
        self._select.value(0)
        self._data.value(0)
        self._spi.write(command)
        self._data.value(1)
        if data:
            self._spi.write(data)
        self._select.value(1)

    def _nothing_to_see(self, first: int) -> bool:
        """Whether the frame is all of one dark colour, as the screen saver's: `first` is its first two pixels."""
        number = first & 15
        if first >> 4 != number or sum(self._colours[3 * number : 3 * number + 3]) >= _DARK:
            return False
        same = binascii.crc32(bytes([first]) * _BAND_BYTES) & 0xFFFFFFFF
        return all(total == same for total in self._sums)
