"""Makes the panel's bitmap fonts from the outlines of Roboto, and its icons from the strokes below. Start at `build`.

A font is a module of constants, so that a board can keep it in flash. A glyph's number is its character's code less 32 in
ASCII, and 95 more than its place in `CHARACTERS` beyond that. `ADVANCES` has a byte for each glyph: the width of its cell in
the upper five bits, in the lower three how far left of it the picture begins, 4 being not at all. `OFFSETS`, two bytes each
(little-endian), say where in `GLYPHS` it is: two bytes (the picture's top in the cell of `HEIGHT` rows, its width and
height, five bits each), and its rows in framebuf's `FORMAT`. The icons of large displays are a module of their own:
`PICTURES`, one after the other, `SIZE` pixels across and high.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import freetype  # type: ignore[import-untyped]
from PIL import Image, ImageDraw

_MONO_HLSB, _GS2_HMSB = 3, 5  # framebuf's formats
_LEFT_BIAS = 4
_SCALE = 16  # icons are drawn this many times larger
_TINY = 16  # pixels
_TWO_STROKES = 3
_GRID = 24  # units across in which icons are drawn

ASCII = "".join(chr(code) for code in range(32, 127))
LITHUANIAN = "ĄČĘĖĮŠŲŪŽąčęėįšųūž„“–…·€°•"
REPLACEMENT = "\ufffd"  # for characters that are not there
DIGITS = "0123456789% "  # how far something is


class Spec(NamedTuple):
    face: str
    size: int
    characters: str
    icons: str  # names, see SMALL_ICONS
    shades: bool


_LETTERS = ASCII + LITHUANIAN + REPLACEMENT
_SMALL_ICONS = "mail jobs gear next check cross clock warning network person document globe lock unlocked wifi offline"
SPECS = {
    "sans_10": Spec("Regular", 10, _LETTERS, _SMALL_ICONS, False),
    "sans_13": Spec("Regular", 13, _LETTERS, "", True),
    "sans_15": Spec("Regular", 15, _LETTERS, "", True),
    "sans_22": Spec("Regular", 22, _LETTERS, "", False),  # of the status sheet: 2.8 mm at 203 dots an inch
    "sans_28": Spec("Medium", 28, DIGITS, "", True),
}
_ICON_SIZE, _SMALL_ICON_SIZE = 18, 9
ICONS_NAME = f"icons_{_ICON_SIZE}"


class Pen:
    """Draws on the grid with round ends, as a felt pen does."""

    def __init__(self) -> None:
        self.image = Image.new("L", (_GRID * _SCALE, _GRID * _SCALE), 0)
        self._draw = ImageDraw.Draw(self.image)

    def line(self, *points: tuple[float, float], width: float = 2, ink: int = 255) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._draw.line(scaled, ink, round(width * _SCALE), "curve")
        for x, y in points:
            self.dot(x, y, width / 2, ink)

    def dot(self, x: float, y: float, radius: float, ink: int = 255) -> None:
        box = [(v * _SCALE) for v in (x - radius, y - radius, x + radius, y + radius)]
        self._draw.ellipse(box, ink)

    def ring(self, x: float, y: float, radius: float, width: float = 2) -> None:
        self.dot(x, y, radius + width / 2)
        self.dot(x, y, radius - width / 2, 0)

    def oval(self, x0: float, y0: float, x1: float, y1: float, width: float = 2) -> None:
        self._draw.ellipse([v * _SCALE for v in (x0, y0, x1, y1)], None, 255, round(width * _SCALE))

    def shape(self, *points: tuple[float, float], ink: int = 255) -> None:
        self._draw.polygon([(x * _SCALE, y * _SCALE) for x, y in points], ink)

    def box(self, x0: float, y0: float, x1: float, y1: float, radius: float = 1.5, ink: int = 255) -> None:
        self._draw.rounded_rectangle([v * _SCALE for v in (x0, y0, x1, y1)], radius * _SCALE, ink)


def _mail(pen: Pen) -> None:
    pen.box(1.5, 4, 22.5, 20, 2)
    pen.box(3.3, 5.8, 20.7, 18.2, 0.6, 0)
    pen.line((3, 6.4), (12, 13), (21, 6.4), width=1.9)


def _jobs(pen: Pen) -> None:
    for y in (5, 12, 19):
        pen.box(2, y - 1.6, 5.2, y + 1.6, 0.8)
        pen.line((9, y), (21, y), width=2)


def _gear(pen: Pen) -> None:
    for tooth in range(8):
        angle = math.pi * tooth / 4
        pen.line((12, 12), (12 + 9.3 * math.cos(angle), 12 + 9.3 * math.sin(angle)), width=3.6)
    pen.dot(12, 12, 7.6)
    pen.dot(12, 12, 3.4, 0)


def _check(pen: Pen) -> None:
    pen.dot(12, 12, 10.5)
    pen.line((7.2, 12.4), (10.6, 15.8), (17, 8.8), width=2.2, ink=0)


def _cross(pen: Pen) -> None:
    pen.dot(12, 12, 10.5)
    pen.line((8.2, 8.2), (15.8, 15.8), width=2.2, ink=0)
    pen.line((15.8, 8.2), (8.2, 15.8), width=2.2, ink=0)


def _clock(pen: Pen) -> None:
    pen.ring(12, 12, 9.2, 2.2)
    pen.line((12, 6.8), (12, 12.2), (15.8, 14.6), width=2)


def _warning(pen: Pen) -> None:
    pen.shape((12, 2.4), (22.6, 20.6), (1.4, 20.6))
    pen.line((12, 2.6), (22.2, 20.4), (1.8, 20.4), (12, 2.6), width=1.6)
    pen.line((12, 9), (12, 14), width=2.2, ink=0)
    pen.dot(12, 17.6, 1.4, 0)


def _home(pen: Pen) -> None:
    pen.line((3, 12), (12, 4), (21, 12), width=2.2)
    pen.shape((5.4, 12), (12, 6.4), (18.6, 12), (18.6, 20.5), (5.4, 20.5))
    pen.box(10, 14, 14, 21, 0, 0)


def _backspace(pen: Pen) -> None:
    pen.shape((1.5, 12), (7.5, 5), (22, 5), (22, 19), (7.5, 19))
    pen.line((11, 9), (17, 15), width=2, ink=0)
    pen.line((17, 9), (11, 15), width=2, ink=0)


def _shift(pen: Pen) -> None:
    pen.line(
        (12, 3.5), (20.5, 12.5), (15.8, 12.5), (15.8, 19.5), (8.2, 19.5), (8.2, 12.5), (3.5, 12.5), (12, 3.5), width=2
    )


def _document(pen: Pen) -> None:
    pen.box(4, 1.5, 20, 22.5, 1.8)
    pen.box(5.9, 3.4, 18.1, 20.6, 0.5, 0)
    for y in (8, 12, 16):
        pen.line((8.6, y), (15.4, y), width=1.7)


def _network(pen: Pen) -> None:
    pen.box(8.5, 2, 15.5, 8, 1)
    pen.box(1.5, 16, 8.5, 22, 1)
    pen.box(15.5, 16, 22.5, 22, 1)
    pen.line((12, 8), (12, 12), width=1.8)
    pen.line((5, 16), (5, 12), (19, 12), (19, 16), width=1.8)


def _person(pen: Pen) -> None:
    pen.dot(12, 7.4, 5)
    pen.box(2.8, 14.4, 21.2, 29, 7.5)


def _lock(pen: Pen) -> None:
    pen.ring(12, 9, 5, 2.2)
    pen.box(4, 10.5, 20, 22, 2)
    pen.dot(12, 16, 1.8, 0)


def _unlocked(pen: Pen) -> None:
    pen.ring(7.5, 9, 5, 2.2)
    pen.box(0, 9.5, 5, 16, 0, 0)
    pen.box(8, 10.5, 23, 22, 2)
    pen.dot(15.5, 16, 1.8, 0)


def _wifi(pen: Pen) -> None:
    for radius in (15, 10.4, 5.8):
        pen.ring(12, 19, radius, 2.2)
    pen.shape((12, 19), (-4, 3), (-4, 24), (28, 24), (28, 3), ink=0)
    pen.dot(12, 18.6, 2.3)


def _offline(pen: Pen) -> None:
    _network(pen)
    pen.line((2, 2), (22, 22), width=6, ink=0)
    pen.line((2, 2), (22, 22), width=2.2)


def _globe(pen: Pen) -> None:
    pen.ring(12, 12, 9.2, 1.9)
    pen.oval(7, 2.8, 17, 21.2, 1.7)
    pen.line((3, 12), (21, 12), width=1.7)


# In the order of their characters, which the panel's `widgets.py` names too.
ICONS: dict[str, Callable[[Pen], None]] = {
    "mail": _mail,
    "jobs": _jobs,
    "gear": _gear,
    "back": lambda pen: pen.line((15, 4.5), (7.5, 12), (15, 19.5), width=2.6),
    "next": lambda pen: pen.line((9, 5), (16, 12), (9, 19), width=2.4),
    "home": _home,
    "check": _check,
    "cross": _cross,
    "clock": _clock,
    "warning": _warning,
    "up": lambda pen: pen.line((4.5, 15.5), (12, 8), (19.5, 15.5), width=2.6),
    "down": lambda pen: pen.line((4.5, 8.5), (12, 16), (19.5, 8.5), width=2.6),
    "backspace": _backspace,
    "shift": _shift,
    "document": _document,
    "network": _network,
    "person": _person,
    "lock": _lock,
    "globe": _globe,
    "unlocked": _unlocked,
    "wifi": _wifi,
    "offline": _offline,
}


# At nine pixels in black and white strokes blur: these are set by hand.
SMALL_ICONS = {
    "mail": ".........|#########|##.....##|#.#...#.#|#..#.#..#|#...#...#|#.......#|#########|.........",
    "jobs": ".........|##.######|##.######|.........|##.######|##.######|.........|##.######|##.######",
    "gear": "....#....|.#.###.#.|..#####..|.###.###.|###...###|.###.###.|..#####..|.#.###.#.|....#....",
    "next": "...#.....|...##....|...###...|...####..|...###...|...##....|...#.....|.........|.........",
    "check": ".........|........#|.......##|......##.|#....##..|##..##...|.####....|..##.....|.........",
    "cross": ".........|##.....##|.##...##.|..##.##..|...###...|..##.##..|.##...##.|##.....##|.........",
    "clock": "..#####..|.#.....#.|#...#...#|#...#...#|#...###.#|#.......#|#.......#|.#.....#.|..#####..",
    "warning": "....#....|...###...|...#.#...|..##.##..|..##.##..|.###.###.|.#######.|####.####|#########",
    "network": "...###...|...###...|....#....|....#....|.#######.|.#.....#.|.#.....#.|###...###|###...###",
    "person": "...###...|..#####..|..#####..|...###...|.........|..#####..|.#######.|#########|#########",
    "document": ".######..|.#....##.|.#.....#.|.#.###.#.|.#.....#.|.#.###.#.|.#.....#.|.#.....#.|.#######.",
    "globe": "..#####..|.#..#..#.|#..#.#..#|#..#.#..#|#########|#..#.#..#|#..#.#..#|.#..#..#.|..#####..",
    "lock": "...###...|..#...#..|..#...#..|.#######.|.#######.|.###.###.|.###.###.|.#######.|.........",
    "unlocked": "....###..|...#...#.|...#.....|.#######.|.#######.|.###.###.|.###.###.|.#######.|.........",
    "wifi": ".........|..#####..|.#.....#.|#..###..#|..#...#..|....#....|...###...|....#....|.........",
    "offline": "#..###...|.#.###...|..#.#....|...#.....|.##.###..|.#.#.#.#.|.#..#..#.|###..#.##|###.#.#.#",
}


def icon(name: str) -> str:
    """The character that an icon is."""
    return chr(0xE000 + list(ICONS).index(name))


def build(target: Path) -> None:
    """Write the fonts into the folder `target`, unless those that are there were made from the same things."""
    stamp = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    made = f"Made by sim/fonts.py {stamp}."
    for name, spec in SPECS.items():
        about = f"Roboto {spec.face}, {spec.size} pixels. Apache License 2.0. {made}"
        _write(target / f"{name}.py", about, lambda spec=spec: _font(spec))  # type: ignore[misc]
    _write(target / f"{ICONS_NAME}.py", f"Icons, {_ICON_SIZE} pixels. {made}", _icons)


def _write(path: Path, about: str, fields: Callable[[], dict[str, object]]) -> None:
    """A module of constants, unless it is there."""
    head = f'"""{about}"""\n'
    if path.exists() and path.read_text("utf-8").startswith(head):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(head + "".join(f"{name} = {value!r}\n" for name, value in fields().items()), "utf-8")
    new.replace(path)  # in one step: tests run side by side


def _icons() -> dict[str, object]:
    pictures = b""
    for draw in ICONS.values():
        pen = Pen()
        draw(pen)
        pictures += _packed(pen.image.resize((_ICON_SIZE, _ICON_SIZE), Image.Resampling.BOX), True)
    return {"SIZE": _ICON_SIZE, "FORMAT": _GS2_HMSB, "PICTURES": pictures}


def _font(spec: Spec) -> dict[str, object]:
    outlines = importlib.resources.files("font_roboto") / "files" / f"Roboto-{spec.face}.ttf"
    with importlib.resources.as_file(outlines) as path:
        face = freetype.Face(str(path))
    face.set_pixel_sizes(0, spec.size)
    mode = freetype.FT_LOAD_RENDER | (0 if spec.shades else freetype.FT_LOAD_TARGET_MONO)

    def load(character: str) -> Any:
        face.load_char(character, mode)
        return face.glyph

    others = "".join(
        sorted({c for c in spec.characters if c not in ASCII} | {icon(name) for name in spec.icons.split()})
    )
    capitals = "ŠŽĖŪ" if "Š" in spec.characters else "H"  # with their accents
    ascent = max(load(c).bitmap_top for c in capitals)
    middle = ascent - load("H").bitmap_top // 2  # icons sit in the middle of capitals
    height = 0
    advances, offsets, glyphs = bytearray(), bytearray(), bytearray()
    for character in ASCII + others:
        offsets += len(glyphs).to_bytes(2, "little")
        if ord(character) >= 0xE000 and character != REPLACEMENT:
            picture = _small_icon(list(ICONS)[ord(character) - 0xE000])
            left, top, advance = 0, max(0, middle - _SMALL_ICON_SIZE // 2), _SMALL_ICON_SIZE
        elif character not in spec.characters:
            picture, left, top, advance = Image.new("L", (0, 0)), 0, 0, 0
        elif character == REPLACEMENT:
            picture = _box(load("H").bitmap.rows)
            left, top, advance = 1, ascent - picture.height, picture.width + 2
        else:
            slot = load(character)
            picture = _picture(slot.bitmap)
            left, top, advance = slot.bitmap_left, max(0, ascent - slot.bitmap_top), round(slot.advance.x / 64)
            if character == " " and spec.size < _TINY:
                advance = round(spec.size * 0.31)  # rounded down as it is, words would run into each other
            if character in "„“" and picture.width < _TWO_STROKES:  # nor must its two strokes
                stroke = picture.crop((0, 0, 1, picture.height))
                picture = Image.new("L", (_TWO_STROKES, picture.height))
                picture.paste(stroke, (0, 0))
                picture.paste(stroke, (_TWO_STROKES - 1, 0))
                left, advance = 1, _TWO_STROKES + 2
                top = max(top, ascent - load("H").bitmap_top)
        height = max(height, top + picture.height)
        advances.append(_bits(advance, 5) << 3 | _bits(left + _LEFT_BIAS, 3))
        if not picture.height:
            top = 0
        shape = _bits(top, 5) << 10 | _bits(picture.width, 5) << 5 | _bits(picture.height, 5)
        glyphs += shape.to_bytes(2, "little") + _packed(picture, spec.shades)
    return {
        "HEIGHT": height,
        "FORMAT": _GS2_HMSB if spec.shades else _MONO_HLSB,
        "CHARACTERS": others,
        "ADVANCES": bytes(advances),
        "OFFSETS": bytes(offsets),
        "GLYPHS": bytes(glyphs),
    }


def _bits(value: int, most: int) -> int:
    if not 0 <= value < 1 << most:
        raise ValueError(f"{value} does not fit into {most} bits")
    return value


def _box(height: int) -> Image.Image:
    """What stands for an unknown character: an empty box as high as a capital."""
    box = Image.new("L", (height * 2 // 3, height), 255)
    box.paste(0, (1, 1, box.width - 1, box.height - 1))
    return box


def _picture(bitmap: Any) -> Image.Image:
    """FreeType's bitmap in shades of 0 to 255."""
    size = (bitmap.width, bitmap.rows)
    if 0 in size or not any(bitmap.buffer):  # a blank
        return Image.new("L", (0, 0))
    if bitmap.pixel_mode == freetype.FT_PIXEL_MODE_MONO:
        return Image.frombytes("1", size, bytes(bitmap.buffer), "raw", "1", bitmap.pitch).convert("L")
    return Image.frombytes("L", size, bytes(bitmap.buffer), "raw", "L", bitmap.pitch)


def _small_icon(name: str) -> Image.Image:
    rows = SMALL_ICONS[name].split("|")
    size = (_SMALL_ICON_SIZE, _SMALL_ICON_SIZE)
    return Image.frombytes("L", size, bytes(255 * (dot == "#") for row in rows for dot in row))


def _packed(picture: Image.Image, shades: bool) -> bytes:
    width, height = picture.size
    data = bytearray()
    per_byte = 4 if shades else 8
    levels = picture.tobytes()
    for y in range(height):
        row = levels[y * width : (y + 1) * width]
        for x in range(0, width, per_byte):
            byte = 0
            for column, level in enumerate(row[x : x + per_byte]):
                if shades:  # framebuf's GS2_HMSB has the leftmost pixel in the lowest bits
                    byte |= min(3, (level + 42) // 85) << 2 * column
                elif level >= 128:
                    byte |= 0x80 >> column
            data.append(byte)
    return bytes(data)


if __name__ == "__main__":
    build(Path(__file__).parent.parent / "firmware" / "panel" / "fonts")
