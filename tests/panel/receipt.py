"""What a receipt printer puts on paper, and what is to be read there: start at `decode`, then `read`.

Written from Epson's ESC/POS command reference (https://download4.epson.biz/sec_pubs/pos/reference_en/escpos/), apart from
`sim/printer.py`, so that each checks the other. A command that is not here is an error. `read` knows the letters from the
font's own bytes, not from how the firmware draws them.
"""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

_LINE_DOTS = 30  # ESC 2: the line spacing of 3.75 mm that a printer has after ESC @, at 8 dots a mm
_MODES = {0: (1, 1), 1: (2, 1), 2: (1, 2), 3: (2, 2)}  # GS v 0: how often each dot is printed across and down
_BOX = "\ufffd"  # in place of letters that the font has not
_OVERLAP = 2  # dots by which a letter may reach into the one before it
_RULE, _BAR = 3, 6  # dots: of the line below a heading, and of the bar beside a warning


class Picture(NamedTuple):
    """Rows of dots as numbers, the leftmost dot being the highest of `width` bits; 1 is black."""

    width: int
    rows: list[int]


class Page:
    """A piece of paper that was cut off: everything on it, and its pictures one by one."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows: list[int] = []
        self.pictures: list[Picture] = []

    def bytes(self) -> bytes:
        """As of PBM: eight dots a byte, rows without a gap."""
        return b"".join(row.to_bytes(self.width // 8, "big") for row in self.rows)


def decode(data: bytes, width: int) -> list[Page]:
    """The pages that come out of a printer whose paper is `width` dots across. Raises ValueError with what it cannot do."""
    pages, page, at = [], Page(width), 0

    def take(count: int) -> bytes:
        nonlocal at
        if at + count > len(data):
            raise ValueError("The last command is not whole")
        at += count
        return data[at - count : at]

    while at < len(data):
        name = take(2)
        if name == b"\x1b@":  # ESC @: initialise
            continue
        if name == b"\x1bJ":  # ESC J n: feed n dots
            page.rows += [0] * take(1)[0]
        elif name == b"\x1bd":  # ESC d n: feed n lines
            page.rows += [0] * (take(1)[0] * _LINE_DOTS)
        elif name == b"\x1dV":  # GS V m (n): cut; 65 and 66 feed to the cutter and n dots first
            kind = take(1)[0]
            if kind in (65, 66):
                take(1)
            elif kind not in (0, 1, 48, 49):
                raise ValueError(f"GS V {kind} is no cut of these")
            pages.append(page)
            page = Page(width)
        elif name == b"\x1dv":  # GS v 0 m xL xH yL yH d1..dk
            if take(1) != b"0":
                raise ValueError("GS v without 0 is no picture")
            mode, x_low, x_high, y_low, y_high = take(5)
            across, down = _MODES[mode % 48]
            stride, height = x_low + 256 * x_high, y_low + 256 * y_high
            rows = [row for _ in range(height) for row in [_row(take(stride), across, width)] * down]
            page.pictures.append(Picture(width, rows))
            page.rows += rows
        else:
            raise ValueError(f"{name!r} is no command of these")
    if page.rows:
        raise ValueError("The last page was not cut off")
    return pages


def _row(dots: bytes, across: int, width: int) -> int:
    bits = "".join(bit * across for byte in dots for bit in f"{byte:08b}")
    return int(bits[:width].ljust(width, "0"), 2)


class _Letter(NamedTuple):
    character: str
    columns: tuple[int, ...]  # its dots from the leftmost on, each with the line's top row as the lowest bit


def _letters(font: ModuleType, bold: bool) -> list[_Letter]:
    """What is in the font (`sim/fonts.py` says how), those with the most dots first: an m is no r and n."""
    letters = []
    for number, character in enumerate("".join(chr(code) for code in range(32, 127)) + font.CHARACTERS):
        start = font.OFFSETS[2 * number] | font.OFFSETS[2 * number + 1] << 8
        shape = font.GLYPHS[start] | font.GLYPHS[start + 1] << 8
        top, width, height = shape >> 10, shape >> 5 & 31, shape & 31
        columns = [0] * (width + bold)
        for y in range(height):
            for x in range(width):
                if font.GLYPHS[start + 2 + y * ((width + 7) // 8) + x // 8] >> 7 - x % 8 & 1:
                    for place in range(x, x + 1 + bold):
                        columns[place] |= 1 << top + y
        while columns and not columns[0]:
            del columns[0]
        if columns:
            letters.append(_Letter(character, tuple(columns)))
    return sorted(letters, key=lambda letter: -sum(column.bit_count() for column in letter.columns))


class Reader:
    """Reads pictures of one line of text each, in one font, plain or bold."""

    def __init__(self, font: ModuleType) -> None:
        self._alphabets = [_letters(font, False), _letters(font, True)]
        first: dict[tuple[int, ...], str] = {}
        self._alike = {
            letter.character: first.setdefault(letter.columns, letter.character) for letter in self._alphabets[0]
        }

    def told(self, words: str) -> str:
        """As much of `words` as can be told by looking: no blanks, and one letter for those that look the same (I and l)."""
        return "".join(self._alike.get(character, _BOX) for character in words if character != " ")

    def read(self, line: Picture) -> str:
        """What stands there, as `told` has it. Raises ValueError when not every dot belongs to a letter."""
        full = (1 << line.width) - 1
        rows = [row ^ full for row in line.rows] if line.rows[0] == line.rows[-1] == full else list(line.rows)
        if all(row == full for row in rows[-_RULE:]):
            rows[-_RULE:] = [0] * _RULE
        bar = full ^ full >> _BAR
        if all(row & bar == bar for row in rows):
            rows = [row ^ bar for row in rows]
        columns = [sum((row >> line.width - 1 - x & 1) << y for y, row in enumerate(rows)) for x in range(line.width)]
        for letters in self._alphabets:
            words = self._spell(columns, letters)
            if words is not None:
                return self.told(words)
        raise ValueError("There are dots that belong to no letter")

    @staticmethod
    def _spell(columns: list[int], letters: list[_Letter]) -> str | None:
        """The letter that begins with the leftmost dots left, again and again; None when there is none."""
        left, words = list(columns), ""
        for x in range(len(left)):
            while left[x]:
                letter = next((each for each in letters if _stands(each.columns, columns[x:], left[x:])), None)
                if letter is None:
                    return None
                for place, dots in enumerate(letter.columns, x):
                    left[place] &= ~dots
                words += letter.character
        return words


def _stands(letter: tuple[int, ...], page: list[int], left: list[int]) -> bool:
    """Whether all dots of the letter are there, and no others but those that the next letter may have among them."""
    own = max(1, len(letter) - _OVERLAP)
    return (
        len(page) >= len(letter)
        and all(dots & ~there == 0 for dots, there in zip(letter, page, strict=False))
        and all(there & ~dots == 0 for dots, there in zip(letter[:own], left, strict=False))
    )
