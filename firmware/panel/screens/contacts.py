"""The address book at the panel: choose who gets the mail, or type another address."""

from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.contacts import Contact
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget


class ContactList(Screen):
    """`chosen(address)` is called once somebody is chosen and the screen is left; `other()` for another address."""

    name = "contacts"

    def __init__(
        self,
        ui: "PanelUI",
        contacts: "list[Contact]",
        chosen: "Callable[[str], None]",
        other: "Callable[[], None]",
    ) -> None:
        super().__init__(ui)
        self._contacts = contacts
        self._chosen = chosen
        self._other = other

    def title(self) -> str:
        return self.words("contacts.title")

    def build(self) -> "list[Widget]":
        built = [widgets.item(self.words("scan.to_none"), self._other, icon=widgets.MAIL)]
        return built + [self._item(name, address) for name, address in self._contacts]

    def _item(self, name: str, address: str) -> "Widget":
        return widgets.item(format.clean(name), lambda: self._choose(address), address, icon=widgets.PERSON)

    def _choose(self, address: str) -> None:
        self.ui.back()
        self._chosen(address)
