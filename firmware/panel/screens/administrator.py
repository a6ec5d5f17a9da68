"""The administrator at the panel: log-in, log-out and the Lock Setting (manual R13).

Start at `log_in`. The password and the waiting after wrong ones are those of Web Config (`firmware/admin.py`).
"""

from firmware.admin import LONGEST_PASSWORD
from firmware.panel import widgets
from firmware.panel.screens.entry import Entry
from firmware.panel.screens.log_in import LogIn
from firmware.panel.screens.screen import Screen
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Action, Widget


def log_in(ui: "PanelUI", then: "Action") -> None:
    """Ask for the password, then do `then`."""
    if ui.device.admin.locked_for_s():
        ui.open(AdministratorLogIn(ui, "", then))
        return
    title = ui.screen.words("admin.password")

    def check(typed: str) -> None:
        ui.open(AdministratorLogIn(ui, typed, then))

    ui.open(Entry(ui, "password", title, "", check, longest=LONGEST_PASSWORD, secret=True))


class AdministratorLogIn(LogIn):
    """Looks at the administrator's password, then does `then`."""

    name = "log_in"
    checking, wrong = "admin.checking", "admin.wrong"

    def __init__(self, ui: "PanelUI", password: str, then: "Action") -> None:
        self._then = then
        super().__init__(ui, password)

    def title(self) -> str:
        return self.words("admin.log_in")

    def locked_for_s(self) -> int:
        return self.device.admin.locked_for_s()

    async def is_right(self, typed: str) -> bool:
        right = await self.device.admin.check(typed)
        said = "panel: administrator logged in" if right else "panel: wrong administrator password"
        self.device.board.monitor.log(said)
        return right

    def again(self) -> None:
        log_in(self.ui, self._then)

    def enter(self) -> None:
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
