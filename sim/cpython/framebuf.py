"""MicroPython's `framebuf` for CPython: pydevices-pygraphics where it has a wheel, else plain Python.

What is in plain Python is what the panel and its drivers draw with, pixel for pixel as MicroPython does it
(`extmod/modframebuf.c`); a test compares the three.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

MONO_VLSB = 0
RGB565 = 1
GS4_HMSB = 2
MONO_HLSB = 3
GS2_HMSB = 5

_BITS = {MONO_VLSB: 1, RGB565: 16, GS4_HMSB: 4, MONO_HLSB: 1, GS2_HMSB: 2}

Buffer = bytes | bytearray | memoryview
Parts = tuple[Buffer, int, int, int]  # buffer, width, height, format


class PlainFrameBuffer:
    """A picture in `buffer`: rows padded to whole bytes, the leftmost pixel in a byte's highest bits (GS2_HMSB: lowest).

    MONO_VLSB: rows of bytes, of 8 pixels below each other, the topmost in the lowest bit. RGB565: two bytes, low one first.
    """

    def __init__(self, buffer: Buffer, width: int, height: int, format: int) -> None:
        self._buffer = buffer
        self._width = width
        self._height = height
        self._bits = _BITS[format]
        self._lowest_first = format == GS2_HMSB
        self._vertical = format == MONO_VLSB
        self._stride = (width * self._bits + 7) // 8

    def _place(self, x: int, y: int) -> tuple[int, int]:
        """The byte that a pixel is in, and how far up in it."""
        if self._vertical:
            return (y >> 3) * self._width + x, y & 7
        position = x * self._bits & 7
        shift = position if self._lowest_first or self._bits == 16 else 8 - self._bits - position
        return y * self._stride + (x * self._bits >> 3), shift

    def _get(self, x: int, y: int) -> int:
        index, shift = self._place(x, y)
        if self._bits == 16:
            return self._buffer[index] | self._buffer[index + 1] << 8
        return self._buffer[index] >> shift & ((1 << self._bits) - 1)

    def _set(self, x: int, y: int, colour: int) -> None:
        assert not isinstance(self._buffer, bytes)
        index, shift = self._place(x, y)
        if self._bits == 16:
            self._buffer[index], self._buffer[index + 1] = colour & 255, colour >> 8 & 255
            return
        mask = (1 << self._bits) - 1
        # One bit a pixel: any colour but 0 is lit.
        value = int(colour != 0) if self._bits == 1 else colour & mask
        self._buffer[index] = self._buffer[index] & ~(mask << shift) & 0xFF | value << shift

    def fill(self, colour: int) -> None:
        self.fill_rect(0, 0, self._width, self._height, colour)

    def fill_rect(self, x: int, y: int, width: int, height: int, colour: int) -> None:
        left, right = max(0, x), min(self._width, x + width)
        for row in range(max(0, y), min(self._height, y + height)):
            for column in range(left, right):
                self._set(column, row, colour)

    def hline(self, x: int, y: int, width: int, colour: int) -> None:
        self.fill_rect(x, y, width, 1, colour)

    def vline(self, x: int, y: int, height: int, colour: int) -> None:
        self.fill_rect(x, y, 1, height, colour)

    def rect(self, x: int, y: int, width: int, height: int, colour: int) -> None:
        self.hline(x, y, width, colour)
        self.hline(x, y + height - 1, width, colour)
        self.vline(x, y, height, colour)
        self.vline(x + width - 1, y, height, colour)

    def pixel(self, x: int, y: int, colour: int | None = None) -> int | None:
        if not (0 <= x < self._width and 0 <= y < self._height):
            return None
        if colour is None:
            return self._get(x, y)
        self._set(x, y, colour)
        return None

    def blit(
        self,
        source: PlainFrameBuffer | Parts,
        x: int,
        y: int,
        key: int = -1,
        palette: PlainFrameBuffer | Parts | None = None,
    ) -> None:
        """Draw `source` at (x, y). `palette` has a pixel for each colour of it; the colour `key` is left out."""
        picture = source if isinstance(source, PlainFrameBuffer) else PlainFrameBuffer(*source)
        colours = palette if palette is None or isinstance(palette, PlainFrameBuffer) else PlainFrameBuffer(*palette)
        for row in range(max(0, -y), min(picture._height, self._height - y)):
            for column in range(max(0, -x), min(picture._width, self._width - x)):
                colour = picture._get(column, row)
                if colours is not None:
                    colour = colours._get(colour, 0)
                if colour != key:
                    self._set(x + column, y + row, colour)


if TYPE_CHECKING:
    FrameBuffer = PlainFrameBuffer
else:
    try:
        from pygraphics import FrameBuffer
    except ImportError:  # no wheel for this platform
        FrameBuffer = PlainFrameBuffer
