"""Drawing on a frame: boxes, and text in bitmap fonts. Start at `Canvas`; one with colours is in `colours.py`.

One buffer for the whole display, in the display's own format. Glyphs are drawn from the font's constants without an
object for each.
"""

import framebuf
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LEFT_BIAS = const(4)
_BLANK = const(32)
_ASCII_END = const(127)
_ASCII = const(95)  # characters
_SHORT = const(3)  # characters of an abbreviation, such as "el." or "Nr.", which stays with the word after it
ELLIPSIS = "…"
_REPLACEMENT = "\ufffd"


class Font:
    """`module`: one of `firmware.panel.fonts` (see `sim/fonts.py` for what is in it)."""

    def __init__(self, module: "Any") -> None:
        self.height: int = module.HEIGHT
        self._format: int = module.FORMAT
        self._characters: str = module.CHARACTERS
        self._advances: bytes = module.ADVANCES
        self._offsets: bytes = module.OFFSETS
        self._glyphs = memoryview(module.GLYPHS)

    def number(self, character: str) -> int:
        """Which glyph it is; the one of an empty box for characters that there are none for."""
        code = ord(character)
        if _BLANK <= code < _ASCII_END:
            return code - _BLANK
        place = self._characters.find(character)
        return _ASCII + (place if place >= 0 else self._characters.find(_REPLACEMENT))

    def width(self, words: str) -> int:
        advances, total = self._advances, 0
        for character in words:
            code = ord(character)  # most are ASCII, and a call for each is dear
            total += advances[code - _BLANK if _BLANK <= code < _ASCII_END else self.number(character)] >> 3
        return total

    def fit(self, words: str, width: int) -> str:
        """`words`, cut with an ellipsis to take at most `width` pixels."""
        if self.width(words) <= width:
            return words
        return self._head(words, width - self.width(ELLIPSIS)) + ELLIPSIS

    def _head(self, words: str, width: int) -> str:
        """As many characters from the beginning as fit into `width` pixels."""
        advances, count = self._advances, 0
        for character in words:
            width -= advances[self.number(character)] >> 3
            if width < 0:
                break
            count += 1
        return words[:count]

    def wrap(self, words: str, width: int, most: int = 99) -> "list[str]":
        """`words` in lines of at most `width` pixels, broken at blanks where there are any; at most `most` lines."""
        lines: "list[str]" = []
        line, used, blank = "", 0, self.width(" ")
        for word in words.split(" "):
            wide = self.width(word)
            if line and used + blank + wide <= width:
                line += " " + word
                used += blank + wide
                continue
            if line:
                before, _, last = line.rpartition(" ")
                if before and last.endswith(".") and len(last) <= _SHORT:
                    line, word = before, last + " " + word
                    wide = self.width(word)
                lines.append(line)
            while len(word) > 1 and wide > width:
                head = self._head(word, width) or word[0]
                cut = max([head.rfind(mark) for mark in "@./-_"]) + 1  # addresses break where they have parts
                if 2 * cut > len(head):
                    head = head[:cut]
                lines.append(head)
                word = word[len(head) :]
                wide = self.width(word)
            line, used = word, wide
        lines.append(line)
        if len(lines) > most:
            del lines[most:]
            lines[-1] = self.fit(lines[-1] + ELLIPSIS, width)
        return lines

    def draw(self, target: "framebuf.FrameBuffer", words: str, x: int, y: int, paper: int, palette: "Any") -> None:
        advances, offsets, glyphs, format = self._advances, self._offsets, self._glyphs, self._format
        for character in words:
            code = ord(character)
            number = code - _BLANK if _BLANK <= code < _ASCII_END else self.number(character)
            start = offsets[2 * number] | offsets[2 * number + 1] << 8
            shape = glyphs[start] | glyphs[start + 1] << 8
            advance = advances[number]
            if shape:
                picture = (glyphs[start + 2 :], shape >> 5 & 31, shape & 31, format)
                target.blit(picture, x + (advance & 7) - _LEFT_BIAS, y + (shape >> 10), paper, palette)
            x += advance >> 3


class Canvas:
    """`buffer` is the frame. Colours are 0 (dark) and 1 (lit).

    Text is drawn where its line lies wholly between the rows `top` and `bottom`: half a line is not seen.
    """

    def __init__(self, width: int, height: int, depth: int = 1, format: int = framebuf.MONO_HLSB) -> None:
        self.width = width
        self.height = height
        self.top = self.bottom = 0
        self.buffer = bytearray((width * depth + 7) // 8 * height)
        self._frame = framebuf.FrameBuffer(self.buffer, width, height, format)
        self._inks = framebuf.FrameBuffer(bytearray(2), 4, 1, format)
        self._corners: "dict[int, bytes]" = {}  # by radius
        self.fill = self._frame.fill
        self.rect = self._frame.fill_rect
        self.frame = self._frame.rect
        self.hline = self._frame.hline
        self.vline = self._frame.vline

    def text(self, font: Font, words: str, x: int, y: int, ink: int, paper: int) -> None:
        """Draw `words` with the upper left corner of their cells at (x, y), over what has the colour `paper`."""
        if self.top <= y and y + font.height <= self.bottom:
            font.draw(self._frame, words, x, y, paper, self._mixed(ink, paper))

    def _mixed(self, ink: int, paper: int) -> "framebuf.FrameBuffer":
        """The colours of a picture's shades."""
        inks = self._inks
        inks.pixel(0, 0, paper)
        inks.pixel(1, 0, ink)
        return inks

    def text_right(self, font: Font, words: str, right: int, y: int, ink: int, paper: int) -> None:
        self.text(font, words, right - font.width(words), y, ink, paper)

    def text_centred(self, font: Font, words: str, x: int, y: int, width: int, ink: int, paper: int) -> None:
        self.text(font, words, x + (width - font.width(words)) // 2, y, ink, paper)

    def round(self, x: int, y: int, width: int, height: int, colour: int, paper: int, radius: int = 4) -> None:  # noqa: ARG002
        """A filled box with round corners."""
        corner = self._corner(radius)
        hline = self._frame.hline
        self.rect(x, y + radius, width, height - 2 * radius, colour)
        for row in range(radius):
            solid = corner[3 * row]
            hline(x + solid, y + row, width - 2 * solid, colour)
            hline(x + solid, y + height - 1 - row, width - 2 * solid, colour)

    def _corner(self, radius: int) -> bytes:
        """For each row of a corner from its top: where it is solid, and how many pixels before that have each shade."""
        if radius not in self._corners:
            self._corners[radius] = _corner(radius)
        return self._corners[radius]


def _corner(radius: int) -> bytes:
    """For each row of a corner from its top: where it is solid, and how many pixels before that have each shade."""
    rows = bytearray()
    for row in range(radius):
        solid = strong = weak = 0
        for column in range(radius):
            # Twice the distance from the corner's centre, squared, of the pixel's middle.
            distance = (2 * (radius - column) - 1) ** 2 + (2 * (radius - row) - 1) ** 2
            if distance <= (2 * radius - 1) ** 2:
                break
            solid += 1
            strong += distance <= (2 * radius) ** 2
            weak += (2 * radius) ** 2 < distance <= (2 * radius + 1) ** 2
        rows += bytes((solid, strong, weak))
    return bytes(rows)
