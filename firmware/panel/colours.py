"""Drawing in 16 colours: their names, icons, and text and corners softened with shades. Start at `ColourCanvas`.

A glyph has four shades; the two between ink and paper are the nearest of the 16 colours.
"""

import framebuf
from micropython import const

from firmware.panel.canvas import Canvas

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.panel.canvas import Font

PAPER = const(0)  # cards, and text on dark
GROUND = const(1)  # behind cards
LINE = const(2)  # thin lines
SHADE = const(3)  # disabled surfaces
GREY = const(4)  # what is disabled; signs, 3:1 and more on PAPER
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
    "FFFFFF" "EDF1F4" "CDD6DD" "DFE5EA" "828E99" "51606D" "15212B" "0B6170"
    "07434E" "CFE8EA" "1B6E3F" "B3261E" "8A4F00" "DCF1E3" "FBE3E0" "FDEFCF"
)  # fmt: skip

_FIRST_ICON = const(0xE000)
_MUCH_THE_SAME = const(6)  # pixels


class Icons:
    """`module`: pictures of one size, see `sim/fonts.py`."""

    def __init__(self, module: "Any") -> None:
        self.size: int = module.SIZE
        self._format: int = module.FORMAT
        self._pictures = memoryview(module.PICTURES)
        self._bytes = (self.size + 3) // 4 * self.size

    def draw(self, target: "framebuf.FrameBuffer", icon: str, x: int, y: int, paper: int, palette: "Any") -> None:
        start = (ord(icon) - _FIRST_ICON) * self._bytes
        target.blit((self._pictures[start:], self.size, self.size, self._format), x, y, paper, palette)


class ColourCanvas(Canvas):
    """Colours are those of PALETTE."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height, 4, framebuf.GS4_HMSB)
        self._shades = bytearray(256)  # [ink << 4 | paper]: the two shades between them, 0 is not known

    def icon(self, icons: Icons, icon: str, x: int, y: int, ink: int, paper: int) -> None:
        """Draw an icon with its upper left corner at (x, y)."""
        if self.top <= y and y + icons.size <= self.bottom:
            icons.draw(self._frame, icon, x, y, paper, self._mixed(ink, paper))

    def _mixed(self, ink: int, paper: int) -> "framebuf.FrameBuffer":
        inks = super()._mixed(ink, paper)
        shades = self._between(ink, paper)
        inks.pixel(1, 0, shades >> 4)
        inks.pixel(2, 0, shades & 15)
        inks.pixel(3, 0, ink)
        return inks

    def round(self, x: int, y: int, width: int, height: int, colour: int, paper: int, radius: int = 4) -> None:
        """A filled box with round corners, softened against `paper`."""
        corner = self._corner(radius)
        pixel, hline = self._frame.pixel, self._frame.hline
        shades = self._between(colour, paper)
        self.rect(x, y + radius, width, height - 2 * radius, colour)
        right, top, bottom = x + width - 1, y, y + height - 1
        for row in range(radius):
            solid = corner[3 * row]
            hline(x + solid, top, width - 2 * solid, colour)
            hline(x + solid, bottom, width - 2 * solid, colour)
            soft = solid - 1
            for shade, count in ((shades & 15, corner[3 * row + 1]), (shades >> 4, corner[3 * row + 2])):
                if shade == paper:
                    break
                for column in range(soft, soft - count, -1):
                    pixel(x + column, top, shade)
                    pixel(right - column, top, shade)
                    pixel(x + column, bottom, shade)
                    pixel(right - column, bottom, shade)
                soft -= count
            top += 1
            bottom -= 1

    def _between(self, ink: int, paper: int) -> int:
        """The colours a third and two thirds of the way from `paper` to `ink`: first << 4 | second."""
        key = ink << 4 | paper
        if not self._shades[key]:
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


def balanced(font: "Font", words: str, width: int, most: int = 99) -> "list[str]":
    """As `Font.wrap`, in lines of much the same length: for what stands in the middle of something."""
    lines = font.wrap(words, width, most)
    narrow, wide = max([font.width(word) for word in words.split(" ")] + [width // 2]), width
    while len(lines) > 1 and wide - narrow > _MUCH_THE_SAME:
        middle = (narrow + wide) // 2
        tried = font.wrap(words, middle)
        if len(tried) > len(lines):
            narrow = middle
        else:
            wide = middle
            if _widest(font, tried) <= _widest(
                font, lines
            ):  # an abbreviation that is kept with its word may make it wider
                lines = tried
    return lines


def _widest(font: "Font", lines: "list[str]") -> int:
    return max([font.width(line) for line in lines])
