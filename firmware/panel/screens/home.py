"""The home screen: what the device does, and how it is."""

from firmware.panel import format, widgets
from firmware.panel.screens.jobs import JobList
from firmware.panel.screens.scan import Scan
from firmware.panel.screens.screen import Screen
from firmware.panel.screens.settings import settings_menu
from firmware.panel.screens.status import EmailStatus, Network
from firmware.sheet import sheet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.panel.widgets import Widget


class Home(Screen):
    name = "home"
    parts = ("accounts", "settings")

    def title(self) -> str:
        return self.words("home.title")

    def build(self) -> "list[Widget]":
        ui = self.ui
        return [
            widgets.tile(self.words("scan.title"), widgets.MAIL, lambda: ui.open(Scan(ui)), main=True),
            widgets.tile(self.words("job.all"), widgets.JOBS, lambda: ui.open(JobList(ui))),
            widgets.tile(self.words("settings.title"), widgets.GEAR, lambda: ui.open(settings_menu(ui))),
            self._sign_in(),
            self._network(),
        ]

    def _sign_in(self) -> "Widget":
        ui, account = self.ui, self.device.accounts.device
        if self.device.settings()["method"] == "off":
            key, icon, tone = "home.off", widgets.WARNING, "warn"
        else:
            key, icon, tone = {
                "SIGNED_IN": ("home.signed_in", widgets.CHECK, "good"),
                "EXPIRED": ("home.expired", widgets.WARNING, "bad"),
                "REAUTH": ("home.reauth", widgets.WARNING, "bad"),
            }.get(account.state, ("home.signed_out", widgets.WARNING, "warn"))
        address = format.clean(account.address) if account.state != "SIGNED_OUT" else self.words("home.sign_in")
        widget = widgets.state(self.words(key), address, icon, tone, lambda: ui.open(EmailStatus(ui)))
        if account.state == "SIGNED_IN" and account.good_until_s is not None:
            widget.value = self.words("home.good_until", format.date(account.good_until_s))
        return widget

    def _network(self) -> "Widget":
        ui, interface = self.ui, standard(self.device)
        tone = "busy" if interface.up() else "warn"
        address = interface.address or self.words("home.address_none")
        name = sheet.interface_name(interface, self.device.language)
        widget = widgets.state(name, interface.web_url, widgets.NETWORK, tone, lambda: ui.open(Network(ui)))
        widget.value = address
        return widget


def standard(device: "Any") -> "Any":
    """The standard network (manual R10)."""
    return next(interface for interface in device.board.network.interfaces if interface.standard)
