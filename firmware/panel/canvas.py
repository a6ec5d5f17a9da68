"""Drawing on a frame: boxes, and text in bitmap fonts. Start at `Canvas`.

One buffer for the whole display, in the display's own format. Glyphs are drawn from the font's constants without an
object for each. At depth 4 a glyph has four shades; the two between ink and paper are the nearest of the 16 colours.
"""

import framebuf
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PAPER = const(0)  # cards, and text on dark
GROUND = const(1)  # behind cards
LINE = const(2)  # thin lines
SHADE = const(3)  # disabled surfaces
GREY = const(4)  # disabled text on PAPER, an outline
MUTED = const(5)  # second lines; 4.5:1 and more on PAPER, GROUND and ACCENT_SOFT (WCAG AA)
INK = const(6)
ACCENT = const(7)
ACCENT_DARK = const(8)
ACCENT_SOFT = const(9)  # what has the focus
GOOD = const(10)
BAD = const(11)
WARN = const(12)
GOOD_SOFT = const(13)
BAD_SOFT = const(14)
WARN_SOFT = const(15)

PALETTE = bytes.fromhex(
    "FFFFFF" "EDF1F4" "CDD6DD" "DFE5EA" "9AA6B0" "51606D" "15212B" "0B6170"
    "07434E" "CFE8EA" "1B6E3F" "B3261E" "8A4F00" "DCF1E3" "FBE3E0" "FDEFCF"
)  # fmt: skip

_LEFT_BIAS = const(4)
_REPLACEMENT = const(31)  # the place of "?" after the blank
_ASCII = const(95)
ELLIPSIS = "…"


class Font:
    """`module`: one of `firmware.panel.fonts` (see `sim/fonts.py` for what is in it)."""

    def __init__(self, module: "Any") -> None:
        self.height: int = module.HEIGHT
        self.baseline: int = module.BASELINE
        self._format: int = module.FORMAT
        self._characters: str = module.CHARACTERS
        self._offsets: bytes = module.OFFSETS
        self._glyphs = memoryview(module.GLYPHS)

    def _place(self, character: str) -> int:
        """Where the glyph begins among the glyphs."""
        code = ord(character)
        index = code - 32 if code < 127 else self._characters.find(character) + _ASCII
        if index < 0 or (code >= 127 and index < _ASCII):
            index = _REPLACEMENT
        offsets = self._offsets
        return offsets[2 * index] | offsets[2 * index + 1] << 8

    def width(self, words: str) -> int:
        glyphs, total = self._glyphs, 0
        for character in words:
            total += glyphs[self._place(character)]
        return total

    def fit(self, words: str, width: int) -> str:
        """`words`, cut with an ellipsis to take at most `width` pixels."""
        if self.width(words) <= width:
            return words
        return self._head(words, width - self.width(ELLIPSIS)) + ELLIPSIS

    def _head(self, words: str, width: int) -> str:
        """As many characters from the beginning as fit into `width` pixels."""
        glyphs, count = self._glyphs, 0
        for character in words:
            width -= glyphs[self._place(character)]
            if width < 0:
                break
            count += 1
        return words[:count]

    def wrap(self, words: str, width: int, most: int = 99) -> "list[str]":
        """`words` in lines of at most `width` pixels, broken at blanks where there are any; at most `most` lines."""
        lines: "list[str]" = []
        line = ""
        for word in words.split(" "):
            longer = line + " " + word if line else word
            if self.width(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            while len(word) > 1 and self.width(word) > width:
                head = self._head(word, width) or word[0]
                cut = max([head.rfind(mark) for mark in "@./-_"]) + 1  # addresses break where they have parts
                if 2 * cut > len(head):
                    head = head[:cut]
                lines.append(head)
                word = word[len(head) :]
            line = word
        lines.append(line)
        if len(lines) > most:
            del lines[most:]
            lines[-1] = self.fit(lines[-1] + ELLIPSIS, width)
        return lines

    def draw(self, target: "framebuf.FrameBuffer", words: str, x: int, y: int, paper: int, palette: "Any") -> None:
        glyphs = self._glyphs
        per_byte = 8 if self._format == framebuf.MONO_HLSB else 4
        for character in words:
            place = self._place(character)
            width, height = glyphs[place + 3], glyphs[place + 4]
            if width:
                start = place + 5
                end = start + height * ((width + per_byte - 1) // per_byte)
                target.blit(
                    (glyphs[start:end], width, height, self._format),
                    x + glyphs[place + 1] - _LEFT_BIAS,
                    y + glyphs[place + 2],
                    paper,
                    palette,
                )
            x += glyphs[place]


class Canvas:
    """`buffer` is the frame. At depth 1 colours are 0 (dark) and 1 (lit)."""

    def __init__(self, width: int, height: int, depth: int) -> None:
        self.width = width
        self.height = height
        self._depth = depth
        format = framebuf.GS4_HMSB if depth == 4 else framebuf.MONO_HLSB
        self.buffer = bytearray((width * depth + 7) // 8 * height)
        self._frame = framebuf.FrameBuffer(self.buffer, width, height, format)
        self._inks = framebuf.FrameBuffer(bytearray(2), 4, 1, format)
        self._shades: "dict[int, int]" = {}  # ink << 4 | paper -> the two shades between them
        self.fill = self._frame.fill
        self.rect = self._frame.fill_rect
        self.frame = self._frame.rect
        self.hline = self._frame.hline
        self.vline = self._frame.vline

    def text(self, font: Font, words: str, x: int, y: int, ink: int, paper: int) -> None:
        """Draw `words` with the upper left corner of their cells at (x, y), over what has the colour `paper`."""
        inks = self._inks
        inks.pixel(0, 0, paper)
        if self._depth == 1:
            inks.pixel(1, 0, ink)
        else:
            shades = self._between(ink, paper)
            inks.pixel(1, 0, shades >> 4)
            inks.pixel(2, 0, shades & 15)
            inks.pixel(3, 0, ink)
        font.draw(self._frame, words, x, y, paper, inks)

    def text_right(self, font: Font, words: str, right: int, y: int, ink: int, paper: int) -> None:
        self.text(font, words, right - font.width(words), y, ink, paper)

    def text_centred(self, font: Font, words: str, x: int, y: int, width: int, ink: int, paper: int) -> None:
        self.text(font, words, x + (width - font.width(words)) // 2, y, ink, paper)

    def round(self, x: int, y: int, width: int, height: int, colour: int, paper: int, radius: int = 4) -> None:
        """A filled box with round corners, softened against `paper` at depth 4."""
        self.rect(x + radius, y, width - 2 * radius, height, colour)
        self.rect(x, y + radius, width, height - 2 * radius, colour)
        shades = self._between(colour, paper) if self._depth == 4 else 0
        for row in range(radius):
            for column in range(radius):
                # Twice the distance from the corner's centre, squared, of the pixel's middle.
                distance = (2 * (radius - column) - 1) ** 2 + (2 * (radius - row) - 1) ** 2
                if distance <= (2 * radius - 1) ** 2:
                    shade = colour
                elif self._depth == 4 and distance <= (2 * radius) ** 2:
                    shade = shades & 15
                elif self._depth == 4 and distance <= (2 * radius + 1) ** 2:
                    shade = shades >> 4
                else:
                    continue
                self._corners(x + column, y + row, x + width - 1 - column, y + height - 1 - row, shade)

    def _corners(self, left: int, top: int, right: int, bottom: int, colour: int) -> None:
        pixel = self._frame.pixel
        pixel(left, top, colour)
        pixel(right, top, colour)
        pixel(left, bottom, colour)
        pixel(right, bottom, colour)

    def _between(self, ink: int, paper: int) -> int:
        """The colours a third and two thirds of the way from `paper` to `ink`: first << 4 | second."""
        key = ink << 4 | paper
        if key not in self._shades:
            self._shades[key] = self._nearest(ink, paper, 1) << 4 | self._nearest(ink, paper, 2)
        return self._shades[key]

    def _nearest(self, ink: int, paper: int, thirds: int) -> int:
        best, least = 0, 1 << 30
        for colour in range(16):
            distance = 0
            for part in range(3):
                wanted = (PALETTE[3 * ink + part] * thirds + PALETTE[3 * paper + part] * (3 - thirds)) // 3
                distance += (PALETTE[3 * colour + part] - wanted) ** 2
            if distance < least:
                best, least = colour, distance
        return best
