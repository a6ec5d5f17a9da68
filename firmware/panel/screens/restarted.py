"""The device restarted by itself: why, and what to do about it. Shown after the start until somebody has seen it."""

from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.crashes import Crashes
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget


class Restarted(Screen):
    name = "restarted"

    def __init__(self, ui: "PanelUI", crashes: "Crashes") -> None:
        super().__init__(ui)
        self._crashes = crashes

    def title(self) -> str:
        return self.words("restarted.title")

    def build(self) -> "list[Widget]":
        crash = self._crashes.kinds[0]
        built = [
            self.untold(),
            widgets.button(self.words("panel.ok"), self.ui.back, main=True),
            widgets.field(self.words("restarted.what"), format.clean(crash["what"])),
        ]
        if crash["count"] > 1:
            built.append(widgets.field(self.words("restarted.times"), str(crash["count"])))
        return built

    def untold(self) -> "Widget":
        key = "restarted.hung" if self._crashes.kinds[0]["what"].startswith("Hung") else "restarted.error"
        return widgets.hero(self.words(key), "warn", widgets.WARNING, self.words("restarted.todo"))

    def left(self) -> None:
        try:
            self._crashes.told()
        except StorageError as error:  # then it is said once more after the next start
            self.device.board.monitor.log("crash: it could not be written down: " + str(error))
