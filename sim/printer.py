"""The device's printer: a receipt printer with a roll of paper. Takes ESC/POS bytes, gives paper as PNG.

Start at `SimPrinter.write`. What it understands is in `_COMMANDS`, named as in Epson's ESC/POS reference; of anything else
it says that it does not know it. What keeps it from printing comes from the faults at work; paper ends and jams at any row
of dots, and printing goes on at the next one when that is mended.
"""

from __future__ import annotations

import asyncio
import importlib.resources
import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from hal.errors import PrinterError

if TYPE_CHECKING:
    from hal.api import Buffer
    from sim.printer_port import PrinterPort

WIDE, NARROW = 576, 384  # dots that can be printed on paper of 80 mm and of 58 mm
_DOTS_PER_MM = 8
_LINE_FEED = 30  # dots: ESC 2
_CODE_PAGES = {0: "cp437", 33: "cp775"}
_CELL = (12, 24)  # dots of one of its own letters
_MARGIN = 32  # dots that cannot be printed on at each side
_MOST_PAPERS = 50  # in the tray; older sheets are taken away
_GONE, _SLOW = "unplugged", "slow"  # faults that are no states


class Line(NamedTuple):
    """Printed in the printer's own letters."""

    text: str
    bold: bool
    large: bool

    @property
    def height(self) -> int:
        return _CELL[1] * (1 + self.large)


class Dots(NamedTuple):
    """Rows of dots, each of `stride` bytes, the leftmost dot in a byte's highest bit; or `height` rows of nothing."""

    rows: bytes
    stride: int
    height: int


class Paper:
    """A sheet that was cut off. `words`: what is on it, as the printer knows or the device has told."""

    def __init__(self, id: int, width: int, printed: list[Line | Dots], words: list[str]) -> None:
        self.id = id
        self.words = words
        self._width = width
        self._printed = printed

    @property
    def text(self) -> str:
        return "\n".join(self.words)

    def image(self) -> Image.Image:
        """The dots, 0 where it is black, without the margins."""
        image = Image.new("1", (self._width, max(1, sum(each.height for each in self._printed))), 1)
        y = 0
        for each in self._printed:
            if isinstance(each, Line):
                self._letters(image, each, y)
            elif each.rows:
                image.paste(Image.frombytes("1", (8 * each.stride, each.height), each.rows, "raw", "1;I"), (0, y))
            y += each.height
        return image

    def png(self) -> bytes:
        """The sheet as a picture, margins and all."""
        dots = self.image()
        sheet = Image.new("1", (dots.width + 2 * _MARGIN, dots.height + 2 * _MARGIN), 1)
        sheet.paste(dots, (_MARGIN, _MARGIN))
        file = io.BytesIO()
        sheet.save(file, "PNG")
        return file.getvalue()

    @staticmethod
    def _letters(image: Image.Image, line: Line, y: int) -> None:
        draw, scale = ImageDraw.Draw(image), 1 + line.large
        font = _font("Roboto-Bold" if line.bold else "Roboto-Regular", 20 * scale)
        for column, character in enumerate(line.text):
            draw.text(((column + 0.5) * scale * _CELL[0], y), character, font=font, fill=0, anchor="ma")


def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    outlines = importlib.resources.files("font_roboto").joinpath("files", f"{name}.ttf").read_bytes()
    return ImageFont.truetype(io.BytesIO(outlines), size)


class SimPrinter:
    """`said`: the rows that the device last told of a sheet, which then comes as a picture: kind, words and a value."""

    def __init__(
        self,
        on_change: Callable[[], None],
        on_log: Callable[[str], None] = lambda _: None,
        said: Callable[[], Iterable[Iterable[str]]] = lambda: (),
    ) -> None:
        self.width = WIDE
        self.papers: list[Paper] = []
        self.port: PrinterPort | None = None  # a real printer that gets the same bytes
        self._on_change = on_change
        self._on_log = on_log
        self._said = said
        self._count = 0
        self._done = 0  # dots of paper that have gone by
        self._stops: dict[str, int] = {}  # states by the dots at which they begin
        self._bytes_per_s = 0  # 0: as fast as they come
        self._gone = False
        self._states: list[str] = []
        self._ready = asyncio.Event()
        self._ready.set()
        self._changed = asyncio.Event()
        self._printed: list[Line | Dots] = []  # on the paper that is not cut off yet
        self.power_off()

    # --- the device's side ---

    def states(self) -> list[str]:
        return self._states + (self.port.states() if self.port is not None else [])

    async def changed(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def write(self, data: Buffer) -> None:
        await self._turn()
        if self.port is not None:
            await self.port.write(bytes(data))
        if self._bytes_per_s:
            await asyncio.sleep(len(data) / self._bytes_per_s)
        self._pending += data
        while self._pending:
            command = self._next()
            if command is None:
                break
            await self._do(*command)

    async def _turn(self) -> None:
        """Wait until it can print. Raises PrinterError when it is gone, also meanwhile."""
        await self._ready.wait()
        if self._gone:
            self._pending.clear()
            raise PrinterError("The printer does not answer")

    # --- the world's side ---

    def hold(self, faults: list[dict[str, Any]]) -> None:
        """From now on these faults are at work, and no others (`sim/cloud/faults.py`); those that were stay as they are."""
        kinds = {fault["kind"]: fault for fault in faults}
        self._gone = _GONE in kinds
        self._bytes_per_s = kinds[_SLOW]["bytes_per_s"] if _SLOW in kinds else 0
        self._stops = {
            kind: self._stops.get(kind, self._done + fault.get("mm", 0) * _DOTS_PER_MM)
            for kind, fault in kinds.items()
            if kind not in (_GONE, _SLOW)
        }
        self._look()

    def _look(self) -> None:
        """Which of the states have begun."""
        states = [kind for kind, at in self._stops.items() if at <= self._done]
        if states and not self._gone:
            self._ready.clear()
        else:
            self._ready.set()
        if states != self._states:
            self._states = states
            self.tell()

    def tell(self) -> None:
        """Something about the printer, or about the real one, has changed."""
        self._changed.set()
        self._on_change()

    def power_off(self) -> None:
        """What was received and not printed yet is forgotten; what hangs out of the printer stays."""
        self._pending = bytearray()
        self._reset()

    def _reset(self) -> None:
        self._text = ""
        self._bold = self._large = False
        self._code_page = "cp437"

    # --- ESC/POS ---

    def _next(self) -> tuple[Callable[..., Line | Dots | None], tuple[Any, ...]] | None:
        """What to do about the first command or letter of what has come, which is taken; None when it is not whole."""
        data = self._pending
        name = next((name for name in _COMMANDS if data.startswith(name[: len(data)])), b"")
        if not name:
            if data[0] in _PREFIXES:
                if len(data) < 2:
                    return None
                self._on_log(f"The printer does not know the command {_PREFIXES[data[0]]} {data[1]:#04x}")
                del data[:2]
                return SimPrinter._nothing, (self,)
            letter = bytes(data[:1])
            del data[:1]
            return SimPrinter._letter, (self, letter)
        parameters, act = _COMMANDS[name]
        length = len(name) + parameters
        if len(data) < length:
            return None
        given: tuple[Any, ...] = tuple(data[len(name) : length])
        if name == _RASTER:
            stride, height = given[1] | given[2] << 8, given[3] | given[4] << 8
            if len(data) < length + stride * height:
                return None
            given = (given[0], stride, height, bytes(data[length : length + stride * height]))
            length += stride * height
        elif name == _CUT and given[0] in (65, 66):  # feed, then cut
            if len(data) < length + 1:
                return None
            given = (*given, data[length])
            length += 1
        del data[:length]
        return act, (self, *given)

    async def _do(self, act: Callable[..., Line | Dots | None], given: tuple[Any, ...]) -> None:
        """Print it, as far as the paper lets; the rest when it lets again."""
        left = act(*given)
        while left is not None and left.height:
            await self._turn()
            room = min((at for at in self._stops.values() if at > self._done), default=self._done + left.height)
            rows = min(left.height, room - self._done)
            if isinstance(left, Line):
                self._printed.append(left)
                rows, left = left.height, None
            else:
                self._printed.append(Dots(left.rows[: rows * left.stride], left.stride, rows))
                left = Dots(left.rows[rows * left.stride :], left.stride, left.height - rows)
            self._done += rows
            self._look()

    def _nothing(self, *_: int) -> None: ...

    def _letter(self, letter: bytes) -> None:
        self._text += letter.decode(self._code_page, "replace")

    def _line(self) -> Line | Dots:
        text, self._text = self._text, ""
        return Line(text, self._bold, self._large) if text else Dots(b"", 0, _LINE_FEED)

    def _initialise(self) -> None:
        self._reset()

    def _embolden(self, n: int) -> None:
        self._bold = bool(n & 1)

    def _size(self, n: int) -> None:
        self._large = n != 0

    def _choose_code_page(self, n: int) -> None:
        self._code_page = _CODE_PAGES.get(n, "cp437")

    def _feed(self, n: int) -> Dots:
        return Dots(b"", 0, n)

    def _feed_lines(self, n: int) -> Dots:
        return Dots(b"", 0, n * _LINE_FEED)

    def _raster(self, mode: int, stride: int, height: int, rows: bytes) -> Dots:
        """`mode`: 1 doubles each dot across, 2 down. A row that is longer than the paper is wide loses its end."""
        across, down = 1 + (mode & 1), 1 + (mode >> 1 & 1)
        if across + down > 2:
            image = Image.frombytes("1", (8 * stride, height), rows)
            rows = image.resize((image.width * across, image.height * down), Image.Resampling.NEAREST).tobytes()
        return Dots(rows, stride * across, height * down)

    def _cut(self, *_: int) -> None:
        printed, self._printed = self._printed, []
        if not any(isinstance(each, Line) or each.rows for each in printed):
            return
        words = [each.text for each in printed if isinstance(each, Line)]
        if len(words) < len(printed) and any(isinstance(each, Dots) and each.rows for each in printed):
            words += [part for _, *parts in self._said() for part in parts if part]
        self._count += 1
        self.papers.append(Paper(self._count, self.width, printed, words))
        del self.papers[:-_MOST_PAPERS]
        self._on_change()


_PREFIXES = {0x1B: "ESC", 0x1D: "GS", 0x1C: "FS", 0x10: "DLE"}
_RASTER, _CUT = b"\x1dv0", b"\x1dV"
# Name -> how many bytes of parameters follow at least, and what it does, which may print something.
_COMMANDS: dict[bytes, tuple[int, Callable[..., Line | Dots | None]]] = {
    b"\x1b@": (0, SimPrinter._initialise),
    b"\x1bE": (1, SimPrinter._embolden),
    b"\x1bt": (1, SimPrinter._choose_code_page),
    b"\x1bJ": (1, SimPrinter._feed),
    b"\x1bd": (1, SimPrinter._feed_lines),
    b"\x1d!": (1, SimPrinter._size),
    _RASTER: (5, SimPrinter._raster),
    _CUT: (1, SimPrinter._cut),
    b"\n": (0, SimPrinter._line),
    b"\r": (0, SimPrinter._nothing),
}
