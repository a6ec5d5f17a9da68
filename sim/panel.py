"""The device's display: takes frames and words from the firmware, shows them to whoever looks.

It pulls (`hal/api.pyi` Panel): the firmware learns from `ready()` that somebody looked since the last frame. `png()` is a
look; it waits until the frame is as new as the words.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable

from PIL import Image

from hal.errors import HardwareError

Row = tuple[str, int, int, int, int, int]  # text, x, y, width, height, flags
TAPPABLE, FOCUSED, DISABLED = 1, 2, 4
_GREY = bytes(level * 17 for level in range(16) for _ in range(3))


class SimPanel:
    """`size`: (320, 240) is in 16 colours with touch, (128, 64) in black and white."""

    def __init__(self, size: tuple[int, int], on_change: Callable[[], None]) -> None:
        self.width, self.height = size
        self.depth = 4 if self.width >= 320 else 1
        self.screen = ""
        self.language = "en"
        self.rows: list[Row] = []
        self.words: list[str] = []  # of the rows that have any
        self._colours = _GREY
        self._frame = bytes(self.height * ((self.width * self.depth + 7) // 8))
        self._on_change = on_change
        self.said = 0  # how often the words changed
        self._drawn = 0  # how often they had changed when the last frame was drawn
        self._looked = asyncio.Event()
        self._taken = asyncio.Event()

    # --- the device's side ---

    def palette(self, colours: bytes) -> None:
        if self.depth == 1:
            return
        if len(colours) != 48:
            raise HardwareError(f"A palette has 48 bytes, not {len(colours)}")
        self._colours = bytes(colours)

    async def ready(self) -> None:
        await self._looked.wait()

    def show(self, frame: bytearray) -> None:
        if len(frame) != len(self._frame):
            raise HardwareError(f"A frame has {len(self._frame)} bytes, not {len(frame)}")
        self._frame = bytes(frame)
        self._drawn = self.said
        self._looked.clear()
        self._taken.set()
        self._on_change()

    def say(self, screen: str, language: str, rows: list[Row]) -> None:
        self.screen, self.language, self.rows = screen, language, list(rows)
        self.words = [row[0] for row in rows if row[0]]
        self.said += 1
        self._on_change()

    # --- the world's side ---

    def power_off(self) -> None:
        """Dark: no words, no pixels, nobody has looked."""
        self.screen, self.rows, self.words = "", [], []
        self._frame, self._colours = bytes(len(self._frame)), _GREY
        self.said = self._drawn = 0
        self._looked.clear()
        self._taken.set()
        self._on_change()

    def look(self) -> None:
        self._looked.set()

    async def png(self, wait_s: float = 1.0) -> bytes:
        """What is on the display; waits at most `wait_s` for the firmware to draw what it said last."""
        self._taken.clear()
        self.look()
        if self._drawn < self.said:
            try:
                await asyncio.wait_for(self._taken.wait(), wait_s)
            except TimeoutError:
                pass  # a busy device: the last frame is what a person would see too
        if self.depth == 4:
            image = Image.frombytes("P", (self.width, self.height), self._frame, "raw", "P;4")
            image.putpalette(self._colours + bytes(720))
        else:
            image = Image.frombytes("1", (self.width, self.height), self._frame, "raw", "1")
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    def find(self, words: str) -> Row:
        """The row that bears these words, exactly or (if only one does) in part. Raises LookupError."""
        rows = [row for row in self.rows if row[5] & TAPPABLE and not row[5] & DISABLED]
        for matches in (
            [row for row in rows if row[0] == words],
            [row for row in rows if words.casefold() in row[0].casefold()],
        ):
            if matches and (len(matches) == 1 or matches[0][0] == words):
                return matches[0]
            if matches:
                raise LookupError(f"Several things on the panel bear the words {words!r}: {[r[0] for r in matches]}")
        raise LookupError(f"Nothing to tap bears the words {words!r}; there is: {[row[0] for row in rows]}")
