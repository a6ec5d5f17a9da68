"""The home screen: a status bar, what the device does, and how it is."""

from firmware.panel import format, widgets
from firmware.panel.health import banner, health, network_status, sign_in
from firmware.panel.screens.screen import Screen

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
        built.append(widgets.tile(self.words("scan.title"), widgets.MAIL, self._scan, main=True))
        if self.device.has_my_email:
            built.append(widgets.tile(self.words("job.kind.my-email"), widgets.PERSON, self._my_email))
        if self.device.fax is not None:
            built.append(widgets.tile(self.words("fax.title"), widgets.DOCUMENT, self._fax))
        built += [
            widgets.tile(self.words("job.all"), widgets.JOBS, self._jobs),
            widgets.tile(self.words("settings.title"), widgets.GEAR, self._settings),
        ]
        return built + (banner(ui) or [self._sign_in(), self._network()])

    def _scan(self) -> None:
        if not self.device.board.network.fitted:
            network_status(self.ui)
            return
        from firmware.panel.screens.scan import Scan

        self.ui.open(Scan(self.ui))

    def _my_email(self) -> None:
        from firmware.panel.screens.my_email import my_email

        my_email(self.ui)

    def _fax(self) -> None:
        from firmware.panel.screens.fax import Fax

        self.ui.open(Fax(self.ui))

    def _jobs(self) -> None:
        from firmware.panel.screens.jobs import JobList

        self.ui.open(JobList(self.ui))

    def _settings(self) -> None:
        from firmware.panel.screens.settings import settings_menu

        self.ui.open(settings_menu(self.ui))

    def _status_bar(self) -> "list[Widget]":
        """Network, sign-in, clock and lock, each an icon with words for who does not see it."""
        interface, now_s = standard(self.device), self.device.board.clock.now()
        name = format.interface_name(interface, self.device.language)
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
            lock.action = self._administrator
        return lock

    def _sign_in(self) -> "Widget":
        ui, account = self.ui, self.device.accounts.account
        key, icon, tone = health(self.device)
        if account.state == "SIGNED_OUT":
            return widgets.state(self.words("signin.begin"), self.words(key), icon, tone, lambda: sign_in(ui))
        widget = widgets.state(
            self.words(key), format.clean(account.address), icon, tone, lambda: ui.presence.guard(self._open_status)
        )
        if account.good_until_s is not None:
            widget.value = self.words("home.good_until", format.date(account.good_until_s))
        return widget

    def _administrator(self) -> None:
        from firmware.panel.screens.settings import administrator_menu

        administrator_menu(self.ui)

    def _open_status(self) -> None:
        from firmware.panel.screens.status import EmailStatus

        self.ui.open(EmailStatus(self.ui))

    def _network(self) -> "Widget":
        ui, interface = self.ui, standard(self.device)
        tone = "busy" if interface.up() else "warn"
        name = format.interface_name(interface, self.device.language)
        none = "home.address_none" if ui.device.board.network.fitted else "home.network_none"
        where = interface.web_url or self.words(none)
        widget = widgets.state(
            name, where, _icon(interface), tone, lambda: ui.presence.guard(lambda: network_status(ui))
        )
        widget.value = interface.address
        return widget


def _icon(interface: "Interface") -> str:
    return widgets.WIFI if "Wi-Fi" in interface.name else widgets.NETWORK


def standard(device: "Any") -> "Any":
    """The standard network (manual R10)."""
    return next(interface for interface in device.board.network.interfaces if interface.standard)
