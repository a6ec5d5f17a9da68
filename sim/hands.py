"""A person's hands at the panel: how what bears some words is chosen, and a text entered, by touch or by keys.

They know what the panel says and where it says so, as somebody who stands before it does. Start at `Hands.tap`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.panel import FOCUSED, TAPPABLE, Row
from sim.words import words

if TYPE_CHECKING:
    from sim.world import World

BY = ("touch", "keys")
_MOST_STEPS = 300  # presses until what is looked for must be under the finger, or have the focus
_SETTLE_S = 5.0  # how long words may take to appear
_LONG_S = 0.6  # a long press
# The keys of the keyboard on the display that bring other characters, in the order in which they are tried.
_LAYERS = ("key.shift", "key.lithuanian", "key.shift", "key.symbols", "key.more", "key.letters")


class Hands:
    """`by`: one of BY. Keys are those that the panel has: the small one has up, down and OK alone."""

    def __init__(self, world: World, by: str) -> None:
        if by not in BY:
            raise ValueError(f"Hands work by {' or by '.join(BY)}, not by {by!r}")
        if by == "touch" and world.parts.touch is None:
            raise ValueError("This panel has no touch surface: use its keys")
        self.by = by
        self._world = world
        self._panel = world.parts.panel
        self._three_keys = world.parts.touch is None

    async def tap(self, wanted: str) -> None:
        """Choose what bears these words. Waits a little for them, and for the panel's answer. Raises LookupError."""
        await self.wake()
        try:
            await self._world.until(lambda _: self._is_there(wanted), _SETTLE_S)
        except TimeoutError:
            self._panel.find(wanted)
        if self.by == "touch":
            row = await self._scrolled_to(wanted)
            await self._touch(row)
        else:
            await self._steer_to(wanted)
            await self._world.key("ok")

    async def back(self) -> None:
        """Go back to the screen before."""
        await self.wake()
        if self.by == "touch":
            await self._touch(self._panel.find(self._words("panel.back")))
        elif self._three_keys:
            await self._world.key("ok", held_s=_LONG_S)
        else:
            await self._world.key("back")

    async def home(self) -> None:
        """Go to the home screen."""
        await self.wake()
        for _ in range(_MOST_STEPS):
            if self._panel.screen == "home":
                return
            if self._three_keys:
                await self.back()
            elif self.by == "touch":
                await self._touch(self._panel.find(self._words("panel.home")))
            else:
                await self._world.key("home")
        raise LookupError(f"There is no way home from the screen {self._panel.screen!r}")

    async def wake(self) -> bool:
        """Light a dark display: the press that does it does nothing else. False when it is lit already."""
        if self._panel.screen != "screen_saver":
            return False
        if self.by == "touch":
            await self._world.touch(self._panel.width // 2, self._panel.height // 2)
        else:
            await self._world.key("ok")
        return True

    async def enter(self, text: str) -> None:
        """Enter a text where one is asked for in place of what stands there, with what the panel has for it, and OK."""
        await self._clear()
        if self._three_keys:
            await self._enter_on_wheel(text)
        else:
            for character in text:
                await self._show_key(character)
                await self.tap(self._name(character))
        await self.tap(self._words("panel.ok"))

    # --- by touch ---

    async def _touch(self, row: Row) -> None:
        _, x, y, width, height, _ = row
        await self._world.touch(x + width // 2, y + height // 2)

    async def _scrolled_to(self, wanted: str) -> Row:
        """Where it is once it can be seen. What lies outside of what scrolls does not move, and is seen anyway."""
        row = self._panel.find(wanted)
        for _ in range(_MOST_STEPS):
            up, down = self._scroller("panel.scroll_up"), self._scroller("panel.scroll_down")
            middle = row[2] + row[4] // 2
            if up is None or down is None or up[2] <= middle < down[2] + down[4]:
                return row
            try:
                await self._touch(self._panel.find((up if middle < up[2] else down)[0]))
            except LookupError:
                return row  # it scrolls no further
            before, row = row, self._panel.find(wanted)
            if row == before:
                return row
        raise LookupError(f"Scrolling does not bring {wanted!r}")

    def _scroller(self, key: str) -> Row | None:
        said = self._words(key)
        return next((row for row in self._panel.rows if row[0] == said), None)

    # --- by keys ---

    async def _steer_to(self, wanted: str) -> None:
        """Move the focus there: by the arrow that leads nearer, or where that was tried before, by another one."""
        tried = set()
        for _ in range(_MOST_STEPS):
            target = self._panel.find(wanted)
            if target[5] & FOCUSED:
                return
            focused = next((row for row in self._panel.rows if row[5] & FOCUSED), None)
            # What there is to choose from may change meanwhile: a job ends, and a warning pushes in.
            place = (target[1:5], focused and focused[:5], tuple(row[0] for row in self._panel.rows))
            arrow = next((each for each in self._arrows(focused, target) if (place, each) not in tried), None)
            if arrow is None:
                break
            tried.add((place, arrow))
            await self._world.key(arrow)
        raise LookupError(f"The focus does not come to {wanted!r}")

    def _arrows(self, focused: Row | None, target: Row) -> list[str]:
        """All that there are, the likeliest first."""
        if focused is None:
            right = down = 0
        else:
            right = target[1] + target[3] // 2 - focused[1] - focused[3] // 2
            down = target[2] + target[4] // 2 - focused[2] - focused[4] // 2
        vertical = ["down", "up"] if down >= 0 else ["up", "down"]
        if self._three_keys:
            return vertical
        sideways = ["right", "left"] if right >= 0 else ["left", "right"]
        first, second = (sideways, vertical) if abs(right) > abs(down) else (vertical, sideways)
        return [first[0], second[0], second[1], first[1]]

    # --- entering a text ---

    async def _clear(self) -> None:
        """Delete until that changes nothing any more."""
        before: list[str] = []
        while before != self._panel.words:
            before = self._panel.words
            await self.tap(self._words("key.backspace"))

    async def _show_key(self, character: str) -> None:
        """Turn the keyboard on the display to where it has this character. Raises LookupError."""
        for layer in (*_LAYERS, *_LAYERS):
            if self._is_there(self._name(character), whole=True):
                return
            if self._is_there(self._words(layer), whole=True):
                await self.tap(self._words(layer))
        raise LookupError(f"The keyboard on the display has no {character!r}")

    def _name(self, character: str) -> str:
        """What its key bears."""
        return self._words("key.space") if character == " " else character

    async def _enter_on_wheel(self, text: str) -> None:
        """OK enters the wheel of letters, up and down turn it, OK takes the letter, a long press leaves it."""
        turning = False
        for character in text:
            for _ in range(_MOST_STEPS):
                if character == " " or character in self._wheel()[1]:
                    break
                if turning:
                    await self.back()
                    turning = False
                await self.tap(self._words("key.other"))
            if character == " ":
                if turning:
                    await self.back()
                    turning = False
                await self.tap(self._words("key.space"))
                continue
            letter, letters = self._wheel()
            if not turning:
                await self.tap(letter)
                turning = True
            ahead = (letters.index(character) - letters.index(letter)) % len(letters)
            key, times = ("down", ahead) if ahead <= len(letters) // 2 else ("up", len(letters) - ahead)
            for _ in range(times):
                await self._world.key(key)
            await self._world.key("ok")
        if turning:
            await self.back()

    def _wheel(self) -> tuple[str, str]:
        """The letter that OK would take, and all that there are. Raises LookupError."""
        for row, after in zip(self._panel.rows, self._panel.rows[1:], strict=False):
            if row[5] & TAPPABLE and len(row[0]) == 1 and row[0] in after[0] and row[1:5] == after[1:5]:
                return row[0], after[0]
        raise LookupError(f"There is no wheel of letters, only {self._panel.words}")

    # --- what both need ---

    def _is_there(self, wanted: str, whole: bool = False) -> bool:
        try:
            row = self._panel.find(wanted)
        except LookupError:
            return False
        return row[0] == wanted or not whole

    def _words(self, key: str) -> str:
        return words(key, self._panel.language)
