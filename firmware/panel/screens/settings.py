"""Settings: the menus on the way to Network Status, the language, and the way to what only the administrator may do."""

from firmware.panel import widgets
from firmware.panel.screens.screen import Screen
from firmware.panel.strings import LANGUAGES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget


class Menu(Screen):
    """A list of screens: its own key in the strings table, and (key, icon, how to make the screen) for each. What a menu
    leads to is loaded when it is opened.

    `guarded`: with the Lock Setting they bear a lock and open for the administrator only (manual R13).
    """

    parts = ("settings",)

    def __init__(self, ui: "PanelUI", key: str, entries: "list[tuple[str, str, Any]]", guarded: bool = False) -> None:
        super().__init__(ui)
        self.name = key.replace("settings.", "").replace("title", "settings")
        self._key = key
        self._entries = entries
        self._guarded = guarded

    def title(self) -> str:
        return self.words(self._key)

    def build(self) -> "list[Widget]":
        return [self._item(key, icon, make) for key, icon, make in self._entries]

    def _item(self, key: str, icon: str, make: "Any") -> "Widget":
        ui = self.ui
        if self._guarded and ui.presence.locked():
            locked = self.words("lock.locked")
            return widgets.item(
                self.words(key), lambda: ui.presence.ask(lambda: ui.open(make(ui))), value=locked, icon=widgets.LOCK
            )
        return widgets.item(self.words(key), lambda: ui.open(make(ui)), icon=icon)


def settings_menu(ui: "PanelUI") -> Menu:
    return SettingsMenu(
        ui,
        "settings.title",
        [("settings.general", widgets.GEAR, general_menu), ("settings.language", widgets.GLOBE, Language)],
    )


def general_menu(ui: "PanelUI") -> Menu:
    return Menu(ui, "settings.general", [("settings.network", widgets.NETWORK, network_menu)], guarded=True)


def network_menu(ui: "PanelUI") -> Menu:
    return Menu(ui, "settings.network", [("settings.network_status", widgets.NETWORK, status_menu)])


def status_menu(ui: "PanelUI") -> Menu:
    """Network Status (manual R11, R12, R14)."""
    return Menu(
        ui,
        "settings.network_status",
        [
            ("settings.wired_status", widgets.NETWORK, _network),
            ("settings.email_status", widgets.MAIL, _email_status),
            ("settings.print_sheet", widgets.DOCUMENT, _print_sheet),
        ],
    )


def _network(ui: "PanelUI") -> Screen:
    from firmware.panel.screens.status import Network

    return Network(ui)


def _email_status(ui: "PanelUI") -> Screen:
    from firmware.panel.screens.status import EmailStatus

    return EmailStatus(ui)


def _print_sheet(ui: "PanelUI") -> Screen:
    from firmware.panel.screens.sheet import PrintSheet

    return PrintSheet(ui)


class SettingsMenu(Menu):
    """The first menu, which leads to the administrator's screen too."""

    def build(self) -> "list[Widget]":
        ui = self.ui
        icon = widgets.UNLOCKED if ui.presence.administrator else widgets.LOCK
        return super().build() + [widgets.item(self.words("admin.title"), lambda: administrator_menu(ui), icon=icon)]


def administrator_menu(ui: "PanelUI") -> None:
    """After the password: the administrator's screen."""

    def enter() -> None:
        from firmware.panel.screens.administrator import Administrator

        ui.open(Administrator(ui))

    ui.presence.ask(enter)


class Language(Screen):
    name = "language"

    def title(self) -> str:
        return self.words("settings.language")

    def build(self) -> "list[Widget]":
        return [self._choice(language) for language in LANGUAGES]

    def _choice(self, language: str) -> "Widget":
        name = self.words("settings.english" if language == "en" else "settings.lithuanian")
        return widgets.choice(name, language == self.device.language, lambda: self._choose(language))

    def _choose(self, language: str) -> None:
        self.device.set_language(language)
