"""The home screen: a status bar, what the device does, and how it is."""

from firmware.panel import format, widgets
from firmware.panel.screens.jobs import JobList
from firmware.panel.screens.scan import Scan
from firmware.panel.screens.screen import Screen
from firmware.panel.screens.settings import administrator_menu, settings_menu
from firmware.panel.screens.status import EmailStatus, Network, banner, health, sign_in
from firmware.sheet import sheet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.panel.widgets import Widget
    from hal.api import Interface


class Home(Screen):
    name = "home"
    parts = ("accounts", "settings", "network")

    def title(self) -> str:
        return self.words("home.title")

    def build(self) -> "list[Widget]":
        ui = self.ui
        built = self._status_bar()
        built += [
            widgets.tile(self.words("scan.title"), widgets.MAIL, lambda: ui.open(Scan(ui)), main=True),
            widgets.tile(self.words("job.all"), widgets.JOBS, lambda: ui.open(JobList(ui))),
            widgets.tile(self.words("settings.title"), widgets.GEAR, lambda: ui.open(settings_menu(ui))),
        ]
        return built + (banner(ui) or [self._sign_in(), self._network()])

    def _status_bar(self) -> "list[Widget]":
        """Network, sign-in, clock and lock, each an icon with words for who does not see it."""
        interface, now_s = standard(self.device), self.device.board.clock.now()
        name = sheet.interface_name(interface, self.device.language)
        up = interface.up()
        network = widgets.status(
            self.words("bar.network", name, self.words("network.up" if up else "network.down")),
            _icon(interface) if up else widgets.OFFLINE,
        )
        key, icon, _ = health(self.device)
        email = widgets.status(self.words("bar.sign_in", self.words(key)), icon)
        clock = self.words("bar.clock_unset") if now_s is None else format.date_time(now_s)[11:] + " UTC"
        return [network, email, widgets.status(clock), self._lock()]

    def _lock(self) -> "Widget":
        """Whether the administrator is logged in, and where it can be touched, the way to log in (manual R13)."""
        ui = self.ui
        if ui.presence.administrator:
            lock = widgets.status(self.words("bar.administrator"), widgets.UNLOCKED)
        else:
            lock = widgets.status(self.words("bar.locked" if ui.look.letters else "bar.log_in"), widgets.LOCK)
        if not ui.look.letters:  # keys find it among the settings
            lock.action = lambda: administrator_menu(ui)
        return lock

    def _sign_in(self) -> "Widget":
        ui, account = self.ui, self.device.accounts.device
        key, icon, tone = health(self.device)
        if account.state == "SIGNED_OUT":
            return widgets.state(self.words("signin.begin"), self.words(key), icon, tone, lambda: sign_in(ui))
        widget = widgets.state(
            self.words(key), format.clean(account.address), icon, tone, lambda: ui.presence.guard(self._open_status)
        )
        if account.good_until_s is not None:
            widget.value = self.words("home.good_until", format.date(account.good_until_s))
        return widget

    def _open_status(self) -> None:
        self.ui.open(EmailStatus(self.ui))

    def _network(self) -> "Widget":
        ui, interface = self.ui, standard(self.device)
        tone = "busy" if interface.up() else "warn"
        name = sheet.interface_name(interface, self.device.language)
        none = "home.address_none" if ui.device.board.network.fitted else "home.network_none"
        where = interface.web_url or self.words(none)
        widget = widgets.state(
            name, where, _icon(interface), tone, lambda: ui.presence.guard(lambda: ui.open(Network(ui)))
        )
        widget.value = interface.address
        return widget


def _icon(interface: "Interface") -> str:
    return widgets.WIFI if "Wi-Fi" in interface.name else widgets.NETWORK


def standard(device: "Any") -> "Any":
    """The standard network (manual R10)."""
    return next(interface for interface in device.board.network.interfaces if interface.standard)
