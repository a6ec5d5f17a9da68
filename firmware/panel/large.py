"""What is made of large dots: QR codes, and the letters of a code that a person copies by hand. Loaded when first shown.

Start at `draw_qr` and `place`. The letters are set by hand on five by seven dots, so that none can be mistaken for another:
0 has a stroke, I has its bars, 1 its flag, B its corners. A code with other characters is written in an ordinary font.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.canvas import Canvas

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
_ACROSS = const(13)  # letters in each band of the picture below
_ADVANCE = const(6)
_HEIGHT = const(7)
_LINE = const(9)
_LARGEST = const(4)

_PICTURE = (
    " ###    #    ###  #####    #  #####   ##  #####  ###   ###   ###  ####   #### "
    "#   #  ##   #   #    #    ##  #      #        # #   # #   # #   # #   # #     "
    "#  ## # #       #   #    # #  ####  #        #  #   # #   # #   # #   # #     "
    "# # #   #      #   ##   #  #      # ####    #    ###   #### ##### ####  #     "
    "##  #   #     #      #  #####     # #   #   #   #   #     # #   # #   # #     "
    "#   #   #    #    #   #    #  #   # #   #   #   #   #    #  #   # #   # #     "
    " ###  ##### #####  ###     #   ###   ###    #    ###   ##   #   # ####   #### "
    "###   ##### #####  #### #   # #####   ### #   # #     #   # #   #  ###  ####  "
    "#  #  #     #     #     #   #   #      #  #  #  #     ## ## ##  # #   # #   # "
    "#   # #     #     #     #   #   #      #  # #   #     # # # # # # #   # #   # "
    "#   # ####  ####  #  ## #####   #      #  ##    #     # # # #  ## #   # ####  "
    "#   # #     #     #   # #   #   #      #  # #   #     #   # #   # #   # #     "
    "#  #  #     #     #   # #   #   #   #  #  #  #  #     #   # #   # #   # #     "
    "###   ##### #      #### #   # #####  ##   #   # ##### #   # #   #  ###  #     "
    " ###  ####   #### ##### #   # #   # #   # #   # #   # #####                   "
    "#   # #   # #       #   #   # #   # #   # #   # #   #     #                   "
    "#   # #   # #       #   #   # #   # #   #  # #  #   #    #                    "
    "#   # ####   ###    #   #   # #   # # # #   #    # #   ###  #####             "
    "# # # # #       #   #   #   #  # #  # # #  # #    #    #                      "
    "#  #  #  #      #   #   #   #  # #  ## ## #   #   #   #                       "
    " ## # #   # ####    #    ###    #   #   # #   #   #   #####                   "
)


def across(modules: bytes) -> int:
    """How many modules a row of this QR code has."""
    count = 0
    while count * count < len(modules):
        count += 1
    return count


def draw_qr(canvas: "Canvas", modules: bytes, dot: int, x: int, y: int, ink: int) -> None:
    """The dark modules of a QR code as squares of `dot` pixels."""
    count = across(modules)
    for row in range(count):
        start = -1  # of a run of dark modules
        for column in range(count + 1):
            dark = column < count and modules[row * count + column]
            if dark and start < 0:
                start = column
            elif not dark and start >= 0:
                canvas.rect(x + start * dot, y + row * dot, (column - start) * dot, dot, ink)
                start = -1


def place(code: str, width: int, height: int) -> "tuple[int, list[str]]":
    """The size of the dots, as large as fits into the box, and the lines of the code; (0, []) when it cannot be set."""
    if not code or not all(character in _LETTERS for character in code):
        return 0, []
    for dot in range(_LARGEST, 0, -1):
        most = (width + dot) // (_ADVANCE * dot)
        lines = _lines(code, most) if most else []
        if lines and tall(dot, lines) <= height:
            return dot, lines
    return 0, []


def tall(dot: int, lines: "list[str]") -> int:
    """Pixels that the lines take from top to bottom."""
    return (_LINE * len(lines) - 2) * dot


def _lines(code: str, most: int) -> "list[str]":
    """Lines of at most that many letters: broken after hyphens where there are any, else of much the same length."""
    count = (len(code) + most - 1) // most
    each = (len(code) + count - 1) // count
    lines = []
    while code:
        cut = len(code) if len(code) <= most else code.rfind("-", 0, most) + 1 or each
        lines.append(code[:cut])
        code = code[cut:]
    return lines


def draw(canvas: "Canvas", dot: int, lines: "list[str]", x: int, y: int, ink: int) -> None:
    for line in lines:
        if canvas.top <= y and y + _HEIGHT * dot <= canvas.bottom:  # as ordinary text
            for number, character in enumerate(line):
                _letter(canvas, _LETTERS.find(character), dot, x + number * _ADVANCE * dot, y, ink)
        y += _LINE * dot


def _letter(canvas: "Canvas", index: int, dot: int, x: int, y: int, ink: int) -> None:
    band, column = divmod(index, _ACROSS)
    row_length = _ACROSS * _ADVANCE
    for row in range(_HEIGHT):
        start = (band * _HEIGHT + row) * row_length + column * _ADVANCE
        for number in range(_ADVANCE):
            if _PICTURE[start + number] == "#":
                canvas.rect(x + number * dot, y + row * dot, dot, dot, ink)
