"""What somebody sees of the panel: each text that is drawn, where its ink is, and in which colour on what.

Start at `Eyes`; `look` draws what a `Desk` shows and remembers it.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import NamedTuple

import pytest

from firmware.panel.canvas import Canvas, Font
from firmware.panel.colours import PALETTE, ColourCanvas, Icons
from tests.panel.fake import Desk

_EACH = 3  # pixels: how close to each other those are that are looked at below a text
_HAS_PARTS = re.compile(r"\w[@/]\w|://|\w-\w")  # addresses and marks: broken there where they are too long
_FIRST_ICON = 0xE000


class Seen(NamedTuple):
    """A text on the display and the box around its ink: from `left` to below `right`, from `top` to below `bottom`."""

    words: str
    left: int
    top: int
    right: int
    bottom: int
    ink: int
    paper: int

    @property
    def is_icon(self) -> bool:
        return all(ord(character) >= _FIRST_ICON for character in self.words)

    def is_in(self, other: Seen) -> bool:
        return (
            other.left <= self.left
            and self.right <= other.right
            and other.top <= self.top
            and self.bottom <= other.bottom
        )

    def covers(self, other: Seen) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


class Eyes:
    """`seen`: what the last look found. `cut`: texts that were shortened, or cut within a word, since `forget`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.seen: list[Seen] = []
        self.cut: set[str] = set()
        self.wrong_paper: list[str] = []
        self._watch(patch)

    def forget(self) -> None:
        self.cut.clear()

    async def look(self, desk: Desk) -> list[Seen]:
        """Have it placed and drawn anew."""
        self.seen.clear()
        self.wrong_paper.clear()
        desk.ui.mark()
        await desk.settle()
        await desk.frame()
        return list(self.seen)

    def _watch(self, patch: pytest.MonkeyPatch) -> None:
        fit, wrap, text, draw_icon = Font.fit, Font.wrap, Canvas.text, ColourCanvas.icon

        def watched_fit(font: Font, words: str, width: int) -> str:
            shown = fit(font, words, width)
            if shown != words:
                self.cut.add(words)
            return shown

        def watched_wrap(font: Font, words: str, width: int, most: int = 99) -> list[str]:
            before = set(self.cut)
            lines = wrap(font, words, width, most)
            self.cut = before  # what is cut is the whole, not a line of it
            whole = "".join(lines).replace(" ", "") == words.replace(" ", "")
            if not whole or (" ".join(lines) != words and not _HAS_PARTS.search(words)):
                self.cut.add(words)
            return lines

        def watched_text(canvas: Canvas, font: Font, words: str, x: int, y: int, ink: int, paper: int) -> None:
            if canvas.top <= y and y + font.height <= canvas.bottom and words.strip():
                seen = _ink(font, words, x, y, ink, paper)
                self.seen.append(seen)
                if not _is_all(canvas, seen, paper):
                    self.wrong_paper.append(words)
            text(canvas, font, words, x, y, ink, paper)

        patch.setattr(Font, "fit", watched_fit)
        patch.setattr(Font, "wrap", watched_wrap)

        def watched_icon(canvas: ColourCanvas, icons: Icons, icon: str, x: int, y: int, ink: int, paper: int) -> None:
            if canvas.top <= y and y + icons.size <= canvas.bottom:
                seen = Seen(icon, x, y, x + icons.size, y + icons.size, ink, paper)
                self.seen.append(seen)
                if not _is_all(canvas, seen, paper):
                    self.wrong_paper.append(icon)
            draw_icon(canvas, icons, icon, x, y, ink, paper)

        patch.setattr(Canvas, "text", watched_text)
        patch.setattr(ColourCanvas, "icon", watched_icon)


def faults(desk: Desk, seen: list[Seen]) -> list[str]:
    """What is wrong with a picture: ink outside of the widget that it belongs to, and texts over each other."""
    display = Seen("", 0, 0, desk.panel.width, desk.panel.height, 0, 0)
    boxes = [Seen("", w.x, w.y, w.x + w.width, w.y + w.height, 0, 0) for w in desk.ui._widgets]
    found = [f"{one} is in no widget" for one in seen if not any(one.is_in(box) for box in boxes)]
    found += [f"{one} is over {other}" for one, other in combinations(seen, 2) if one.covers(other)]
    return found + [f"{one} is cut by the edge" for one in seen if not one.is_in(display)]


def contrast(one: int, other: int) -> float:
    """Of two colours of the palette (WCAG 2.2, contrast ratio)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: int) -> float:
    parts = [part / 255 for part in PALETTE[3 * colour : 3 * colour + 3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _ink(font: Font, words: str, x: int, y: int, ink: int, paper: int) -> Seen:
    left, top, right, bottom = 1 << 20, 1 << 20, -(1 << 20), -(1 << 20)
    for character in words:
        number = font.number(character)
        start = font._offsets[2 * number] | font._offsets[2 * number + 1] << 8
        shape = font._glyphs[start] | font._glyphs[start + 1] << 8
        advance = font._advances[number]
        if shape & 31:
            begin = x + (advance & 7) - 4
            left, right = min(left, begin), max(right, begin + (shape >> 5 & 31))
            top, bottom = min(top, y + (shape >> 10)), max(bottom, y + (shape >> 10) + (shape & 31))
        x += advance >> 3
    return Seen(words, left, top, right, bottom, ink, paper)


def _is_all(canvas: Canvas, seen: Seen, paper: int) -> bool:
    pixel = canvas._frame.pixel
    return all(
        pixel(x, y) == paper
        for x in range(max(0, seen.left), min(canvas.width, seen.right), _EACH)
        for y in range(max(0, seen.top), min(canvas.height, seen.bottom), _EACH)
    )
