"""The device's printer: takes ESC/POS bytes, gives paper as PNG.

It understands what a status sheet needs: ESC @ (initialise), ESC E n (bold), GS ! n (size), ESC t n (code page: 0 = 437,
33 = 775), LF, GS V (cut). Whatever else begins with ESC or GS is skipped with one parameter.
"""

from __future__ import annotations

import asyncio
import importlib.resources
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from hal.api import Buffer

_CODE_PAGES = {0: "cp437", 33: "cp775"}
_COLUMNS = 48
_CELL = (12, 26)  # pixels of one character at normal size
_MARGIN = 24
_MOST_PAPERS = 50  # in the tray; older sheets are taken away


class Line:
    def __init__(self, text: str, bold: bool, large: bool) -> None:
        self.text = text
        self.bold = bold
        self.large = large


class Paper:
    def __init__(self, id: int, lines: list[Line]) -> None:
        self.id = id
        self.lines = lines

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    def png(self) -> bytes:
        """The sheet as a picture."""
        height = 2 * _MARGIN + sum(_CELL[1] * (2 if line.large else 1) for line in self.lines)
        image = Image.new("L", (2 * _MARGIN + _COLUMNS * _CELL[0], height), 255)
        draw = ImageDraw.Draw(image)
        y = _MARGIN
        for line in self.lines:
            scale = 2 if line.large else 1
            font = _font("Roboto-Bold" if line.bold else "Roboto-Regular", 20 * scale)
            for column, character in enumerate(line.text):
                x = _MARGIN + (column * scale + scale / 2) * _CELL[0]
                draw.text((x, y), character, font=font, fill=0, anchor="ma")
            y += _CELL[1] * scale
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    outlines = importlib.resources.files("font_roboto").joinpath("files", f"{name}.ttf").read_bytes()
    return ImageFont.truetype(io.BytesIO(outlines), size)


class SimPrinter:
    def __init__(self, on_change: Callable[[], None]) -> None:
        self.papers: list[Paper] = []
        self._on_change = on_change
        self._states: list[str] = []
        self._ready = asyncio.Event()
        self._ready.set()
        self._count = 0
        self.power_off()

    # --- the device's side ---

    def states(self) -> list[str]:
        return list(self._states)

    async def write(self, data: Buffer) -> None:
        await self._ready.wait()
        self._pending += data
        while self._pending and self._take():
            pass

    # --- the world's side ---

    def hold(self, states: list[str]) -> None:
        """From now on this keeps it from printing, in IPP's words; nothing when it is empty."""
        if states == self._states:
            return
        self._states = list(states)
        if states:
            self._ready.clear()
        else:
            self._ready.set()
        self._on_change()

    def power_off(self) -> None:
        """What was half received is forgotten."""
        self._pending = bytearray()
        self._reset()

    def _reset(self) -> None:
        self._lines: list[Line] = []
        self._text = ""
        self._bold = self._large = False
        self._code_page = "cp437"

    def _take(self) -> bool:
        """Act on the first command or character of what is pending; False when it is not complete yet."""
        data = self._pending
        if data[0] not in (0x1B, 0x1D):
            if data[0] == 0x0A:
                self._lines.append(Line(self._text, self._bold, self._large))
                self._text = ""
            else:
                self._text += bytes(data[:1]).decode(self._code_page, "replace")
            del data[0]
            return True
        command = bytes(data[:2])
        length = 2 if command == b"\x1b@" else 3
        if len(data) < length:
            return False
        parameter = data[length - 1]
        if command == b"\x1b@":
            self._reset()
        elif command == b"\x1bE":
            self._bold = bool(parameter & 1)
        elif command == b"\x1d!":
            self._large = parameter != 0
        elif command == b"\x1bt":
            self._code_page = _CODE_PAGES.get(parameter, "cp437")
        elif command == b"\x1dV":
            if parameter in (65, 66):  # feed n, then cut
                if len(data) < 4:
                    return False
                length = 4
            self._cut()
        del data[:length]
        return True

    def _cut(self) -> None:
        self._count += 1
        self.papers.append(Paper(self._count, self._lines))
        del self.papers[:-_MOST_PAPERS]
        self._lines = []
        self._on_change()
