"""What looks at a password or PIN that somebody typed, for the screens that ask for one."""

from micropython import const

from firmware.panel import widgets
from firmware.panel.screens.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget

_SECOND_MS = const(1000)


class LogIn(Screen):
    """Looks at what was typed, which takes a board seconds, and says when it was wrong, and when it may be typed again.

    `typed`: "" says at once how long to wait. `checking` and `wrong` are the keys of what it says.
    """

    checking = wrong = ""
    tick_ms = _SECOND_MS

    def __init__(self, ui: "PanelUI", typed: str) -> None:
        super().__init__(ui)
        self._busy = typed != ""
        self._left = False
        if self._busy:
            ui.start(self._check(typed))

    def locked_for_s(self) -> int:
        """How long nothing is looked at, after wrong ones."""
        raise NotImplementedError

    async def is_right(self, typed: str) -> bool:
        raise NotImplementedError

    def again(self) -> None:
        """Ask once more; the screen has been left."""
        raise NotImplementedError

    def enter(self) -> None:
        """It was right."""
        raise NotImplementedError

    def tick(self) -> None:
        if not self._busy:
            self.ui.mark()

    def left(self) -> None:
        self._left = True

    def build(self) -> "list[Widget]":
        if self._busy:
            return [widgets.hero(self.words(self.checking), "busy", widgets.CLOCK)]
        wait_s = self.locked_for_s()
        wait = self.words("admin.wait", str(wait_s)) if wait_s else ""
        told = widgets.notice(self.words(self.wrong), "bad", widgets.WARNING, wait)
        return [told] + self.choice("panel.again", self._again, not wait_s)

    def _again(self) -> None:
        self.ui.back()
        self.again()

    async def _check(self, typed: str) -> None:
        right = await self.is_right(typed)
        if self._left:
            return
        self._busy = False
        if right:
            self.enter()
        else:
            self.ui.mark()
