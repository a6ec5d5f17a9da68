"""Draws the rows of a sheet for a receipt printer: ESC/POS raster bands, one for each line of text. Start at `pieces`.

The letters are the panel's own and travel as pictures, because the code pages that receipt printers have differ from model
to model: so any of them prints Lithuanian. One buffer is used for all bands; there is never more of the page in memory.
Loaded while a sheet is printed, and let go afterwards. Commands are named as in Epson's ESC/POS reference.
"""

import framebuf
from micropython import const

from firmware.panel.canvas import Font
from firmware.panel.fonts import sans_22
from firmware.sheet.paper import FIELD, SECTION, TITLE, WARNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from firmware.sheet.paper import Row
    from hal.api import Buffer

_INITIALISE = b"\x1b@"  # ESC @
_GAP = b"\x1bJ\x10"  # ESC J 16: feed as many dots
_SMALL_GAP = b"\x1bJ\x04"
END = b"\x1bd\x03\x1dVB\x00"  # ESC d 3: feed lines, past the edge of printers that only tear; GS V 66 0: feed and cut
_RASTER = b"\x1dv0\x00"  # GS v 0 0, then bytes a row and rows, both low byte first
_HEAD = const(8)  # bytes of it
_LEADING = const(4)  # rows of a band below its text
_RULE = const(3)  # rows of the line below a heading
_BAR = const(6)  # dots of the bar beside a warning
_PAD = const(8)
_INDENT = const(24)  # of a value below its label


class _Bold(Font):
    """Each letter printed twice, a dot apart, and a dot wider, so that none touches the next."""

    def __init__(self, module: "Any") -> None:
        super().__init__(module)
        self._advances = bytes([advance + 8 for advance in module.ADVANCES])

    def draw(self, target: "framebuf.FrameBuffer", words: str, x: int, y: int, paper: int, palette: "Any") -> None:
        super().draw(target, words, x, y, paper, palette)
        super().draw(target, words, x + 1, y, paper, palette)


class _Band:
    """A line of text, as wide as the paper: its command, which is what the printer gets, and a frame to draw on."""

    def __init__(self, width: int) -> None:
        self.font = Font(sans_22)
        self.bold = _Bold(sans_22)
        self.width = width
        self.height = self.font.height + _LEADING
        stride = width // 8
        self.command = bytearray(_HEAD + stride * self.height)
        self.command[:_HEAD] = _RASTER + bytes((stride & 255, stride >> 8, self.height & 255, self.height >> 8))
        self.frame = framebuf.FrameBuffer(memoryview(self.command)[_HEAD:], width, self.height, framebuf.MONO_HLSB)
        self._inks = framebuf.FrameBuffer(bytearray(1), 2, 1, framebuf.MONO_HLSB)
        self._paper = 0

    def clear(self, paper: int = 0) -> None:
        """Begin anew: white, or black with white letters."""
        self._paper = paper
        self._inks.pixel(0, 0, paper)
        self._inks.pixel(1, 0, 1 - paper)
        self.frame.fill(paper)

    def text(self, font: Font, words: str, x: int) -> None:
        font.draw(self.frame, words, x, 0, self._paper, self._inks)


def pieces(page: "list[Row]", width: int) -> "Iterator[Buffer]":
    """What to send to the printer, whose paper is `width` dots across, in pieces of at most 4 KB.

    A piece is good until the next one is asked for.
    """
    yield _INITIALISE
    band = _Band(width)
    for kind, words, value in page:
        if kind == FIELD:
            yield from _field(band, words, value)
            continue
        if kind == SECTION:
            yield _GAP
        x = 0 if kind == SECTION else 2 * _PAD
        for line in band.bold.wrap(words, width - x - _PAD):
            band.clear(kind == TITLE)
            band.text(band.bold, line, x)
            if kind == SECTION:
                band.frame.fill_rect(0, band.height - _RULE, width, _RULE, 1)
            elif kind == WARNING:
                band.frame.fill_rect(0, 0, _BAR, band.height, 1)
            yield band.command
        if kind == SECTION:
            yield _SMALL_GAP
    yield END


def _field(band: _Band, label: str, value: str) -> "Iterator[Buffer]":
    """The value beside its label where both fit, else below, in as many lines as it takes."""
    font = band.font
    # The widest of the usual ones stand beside each other: on wide paper the name of a service, on narrow a MAC address.
    column = band.width * 4 // 9 + 49
    beside = font.width(label) + _PAD <= column and column + font.width(value) <= band.width
    for line in font.wrap(label, band.width):
        band.clear()
        band.text(font, line, 0)
        if beside:  # then the label is one line
            band.text(font, value, column)
        yield band.command
    if not beside:
        for line in font.wrap(value, band.width - _INDENT):
            band.clear()
            band.text(font, line, _INDENT)
            yield band.command
