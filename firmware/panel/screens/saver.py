"""The screen saver: a dark display, which spares it; what is wrong is said all the same (`firmware/panel/presence.py`)."""

from firmware.panel import widgets
from firmware.panel.health import warning
from firmware.panel.screens.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget


class ScreenSaver(Screen):
    name = "screen_saver"
    parts = ("accounts", "jobs", "sheet")

    def __init__(self, ui: "PanelUI") -> None:
        super().__init__(ui)
        self._under = ui.screen

    def title(self) -> str:
        return self.words("saver.title")

    def changed(self) -> None:
        self._under.changed()

    def build(self) -> "list[Widget]":
        untold = self._under.untold()
        told = (untold.text, untold.detail) if untold is not None else ()
        said = [words for words in (warning(self.device),) + told if words]
        return [widgets.dark(self.words("saver.wake"), " ".join(said))]
