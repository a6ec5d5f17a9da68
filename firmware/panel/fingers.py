"""What fingers do: contacts, which bounce, become presses, repeats of what is held, and long presses.

Start at `Fingers.down`. One thing at a time is held: a key, or a place on the display. While nothing is held nothing runs.
"""

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hal.api import Clock

BOUNCE_MS = const(20)  # a contact that closes again sooner has only bounced
_LONG_MS = const(500)  # held for so long it is a long press, or begins to repeat
_REPEAT_MS = const(120)

# What comes of it when it stays as it is.
_NOTHING = const(0)
_REPEAT = const(1)  # it is held, and does the same again
_LONG = const(2)  # it is held, and was short if it is let go before that
_SHORT = const(3)  # it was let go so soon that it may bounce


class Fingers:
    """`act(what, again)` does what a press does, `again` when it is held; True when holding `what` does it once more.

    `long(what)`: whether a long press means something else; letting go tells a short one then. `act_long()` does that, and
    `changed()` is told when such a thing has been pressed (`pressed`), so that the press can be seen at once.
    """

    def __init__(
        self,
        clock: "Clock",
        act: "Callable[[Any, bool], bool]",
        long: "Callable[[Any], bool] | None" = None,
        act_long: "Callable[[], None] | None" = None,
        changed: "Callable[[], None] | None" = None,
    ) -> None:
        self.pressed = False
        self._clock = clock
        self._act = act
        self._long = long
        self._act_long = act_long
        self._changed = changed
        self._what: "Any" = None
        self._down_ms = 0
        self._next = _NOTHING
        self._due_ms: "int | None" = None
        self._held = asyncio.Event()

    def down(self, what: "Any", bounced: bool) -> None:
        """A contact closed; `bounced`: so soon after it opened that it is the press before."""
        now_ms = self._clock.ticks_ms()
        if not bounced:
            self._what, self._down_ms = what, now_ms
            self.pressed = self._long is not None and self._long(what)
            if self.pressed:
                self._next = _LONG
            else:
                self._next = _REPEAT if self._act(what, False) else _NOTHING
        elif what == self._what and self._next == _SHORT:
            self._next = _LONG
        if what == self._what and self._next != _NOTHING:
            self._wait(_LONG_MS)
        if self.pressed and self._changed is not None:
            self._changed()

    def up(self, what: "Any") -> None:
        """A contact opened."""
        if what != self._what:
            return
        self._due_ms = None
        if self._next == _LONG:
            self._next = _SHORT
            if self._clock.ticks_ms() - self._down_ms >= BOUNCE_MS:
                self._come()
            else:
                self._wait(BOUNCE_MS)

    async def run(self) -> None:
        while True:
            await self._held.wait()
            self._held.clear()
            while self._due_ms is not None:
                left_ms = self._due_ms - self._clock.ticks_ms()
                if left_ms > 0:  # in short steps: what comes next may come sooner
                    await self._clock.sleep_ms(min(left_ms, BOUNCE_MS))
                else:
                    self._come()

    def _wait(self, ms: int) -> None:
        self._due_ms = self._clock.ticks_ms() + ms
        self._held.set()

    def _come(self) -> None:
        what, self._due_ms, self.pressed = self._next, None, False
        if what == _REPEAT:
            if self._act(self._what, True):
                self._wait(_REPEAT_MS)
                return
        elif what == _LONG:
            assert self._act_long is not None
            self._act_long()
        else:
            self._act(self._what, False)
        self._next = _NOTHING
