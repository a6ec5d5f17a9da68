"""The administrator at the panel: log-in, log-out and the Lock Setting (manual R13).

Start at `log_in`. The password and the waiting after wrong ones are those of Web Config (`firmware/admin.py`).
"""

from micropython import const

from firmware.admin import LONGEST_PASSWORD
from firmware.panel import widgets
from firmware.panel.screens.entry import Entry
from firmware.panel.screens.screen import Screen
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Action, Widget

_SECOND_MS = const(1000)


def log_in(ui: "PanelUI", then: "Action") -> None:
    """Ask for the password, then do `then`."""
    if ui.device.admin.locked_for_s():
        ui.open(LogIn(ui, "", then))
        return
    title = ui.screen.words("admin.password")
    longest = LONGEST_PASSWORD
    ui.open(
        Entry(ui, "password", title, "", lambda typed: ui.open(LogIn(ui, typed, then)), longest=longest, secret=True)
    )


class LogIn(Screen):
    """Looks at a password, which takes a board seconds, and says when it was wrong."""

    name = "log_in"
    tick_ms = _SECOND_MS

    def __init__(self, ui: "PanelUI", password: str, then: "Action") -> None:
        super().__init__(ui)
        self._then = then
        self._checking = password != ""
        self._left = False
        if self._checking:
            ui.start(self._check(password))

    def title(self) -> str:
        return self.words("admin.log_in")

    def tick(self) -> None:
        if not self._checking:
            self.ui.mark()

    def left(self) -> None:
        self._left = True

    def build(self) -> "list[Widget]":
        if self._checking:
            return [widgets.hero(self.words("admin.checking"), "busy", widgets.CLOCK)]
        wait_s = self.device.admin.locked_for_s()
        wait = self.words("admin.wait", str(wait_s)) if wait_s else ""
        told = widgets.notice(self.words("admin.wrong"), "bad", widgets.WARNING, wait)
        return [told] + self.choice("panel.again", self._again, not wait_s)

    def _again(self) -> None:
        self.ui.back()
        log_in(self.ui, self._then)

    async def _check(self, password: str) -> None:
        right, log = await self.device.admin.check(password), self.device.board.monitor.log
        if not right:
            log("panel: wrong administrator password")
        if self._left:
            return
        self._checking = False
        if not right:
            self.ui.mark()
            return
        log("panel: administrator logged in")
        self.ui.presence.administrator = True
        self.ui.back()
        self._then()


class Administrator(Screen):
    """What the administrator finds behind the lock."""

    name = "administrator"
    parts = ("settings",)

    def __init__(self, ui: "PanelUI") -> None:
        super().__init__(ui)
        self._problem = ""

    def title(self) -> str:
        return self.words("admin.title")

    def build(self) -> "list[Widget]":
        built = [widgets.notice(self._problem, "bad", widgets.WARNING)] if self._problem else []
        built.append(widgets.heading(self.words("admin.lock_setting")))
        for key, locked in (("admin.lock_on", True), ("admin.lock_off", False)):
            built.append(self._choice(key, locked))
        built.append(widgets.notice(self.words("admin.lock_note")))
        built.append(widgets.item(self.words("admin.log_out"), self.ui.presence.log_out, icon=widgets.LOCK))
        return built

    def _choice(self, key: str, locked: bool) -> "Widget":
        return widgets.choice(self.words(key), self.device.locked is locked, lambda: self._lock(locked))

    def _lock(self, locked: bool) -> None:
        self._problem = ""
        try:
            self.device.set_lock(locked)
        except StorageError:
            self._problem = self.words("error.storage")
