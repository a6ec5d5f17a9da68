"""Print Status Sheet: asks, then prints, and says what keeps the printer from it (manual R14)."""

from firmware.jobs.codes import strings_of
from firmware.panel import widgets
from firmware.panel.screens.screen import Screen
from firmware.panel.strings import has

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget


class PrintSheet(Screen):
    """Whoever leaves it while the sheet is printed finds it again here."""

    name = "print_sheet"
    parts = ("sheet",)

    def __init__(self, ui: "PanelUI") -> None:
        super().__init__(ui)
        self._confirmed = self.device.sheet.status == "printing"

    def title(self) -> str:
        return self.words("settings.print_sheet")

    def build(self) -> "list[Widget]":
        sheet = self.device.sheet
        if not self._confirmed:
            asked = widgets.hero(self.words("message.sheet"), "busy", widgets.DOCUMENT)
            return [asked] + self.choice("panel.print", self._print)
        if sheet.status == "printing":
            return [self._progress(), widgets.button(self.words("panel.cancel"), self._cancel)]
        if sheet.status == "printed":
            told = widgets.hero(self.words("message.printed"), "good", widgets.CHECK)
        else:
            code, solution = strings_of(sheet.code)
            words = f"{sheet.code:03d}: " + self.words(code)
            told = widgets.hero(words, "bad", widgets.CROSS, self.words(solution))
        return [told, widgets.button(self.words("panel.ok"), self.ui.back, main=True)]

    def untold(self) -> "Widget | None":
        return self.build()[0] if self._confirmed and self.device.sheet.status != "printed" else None

    def _progress(self) -> "Widget":
        states = self.device.board.printer.states()
        if not states:
            return widgets.hero(self.words("message.printing"), "busy", widgets.DOCUMENT)
        keys = ["printer." + state for state in states]
        todo = [self.words(key if has(key) else "printer.not_ready") for key in keys]
        return widgets.hero(self.words("message.sheet_paused"), "warn", widgets.WARNING, " ".join(todo))

    def _print(self) -> None:
        self._confirmed = True
        self.device.sheet.start()

    def _cancel(self) -> None:
        self.device.sheet.cancel()
        self.ui.back()
