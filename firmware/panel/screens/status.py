"""Network Status: the network and the email server (manual R11, R12)."""

from firmware.panel import widgets
from firmware.panel.health import health, sign_in, warning
from firmware.panel.screens.screen import Screen
from firmware.sheet import sheet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.widgets import Widget


class Network(Screen):
    """Wired LAN/Wi-Fi Status: where Web Config is found (manual R11), and which network carries OAuth 2.0 (R10)."""

    name = "wired_status"
    parts = ("network", "https")

    def title(self) -> str:
        return self.words("settings.wired_status")

    def build(self) -> "list[Widget]":
        interfaces = sorted(self.device.board.network.interfaces, key=lambda interface: not interface.standard)
        built = []
        if not self.device.board.network.fitted:
            built.append(widgets.notice(self.words("home.network_none"), "warn", widgets.WARNING))
        for interface in interfaces:
            if len(interfaces) > 1:
                key = "network.standard" if interface.standard else "network.additional"
                built.append(widgets.heading(self.words(key)))
            if not interface.standard:
                built.append(widgets.notice(self.words("network.additional_note"), "warn", widgets.WARNING))
            built += [widgets.field(*pair) for pair in sheet.network(interface, self.device.language)]
            if interface.standard:
                built += [widgets.field(*pair) for pair in sheet.certificate(self.device, self.device.language)]
        return built


class EmailStatus(Screen):
    """Email Server Status (manual R12)."""

    name = "email_status"
    parts = ("accounts", "settings")

    def title(self) -> str:
        return self.words("settings.email_status")

    def build(self) -> "list[Widget]":
        built = []
        if self.device.settings()["method"] != "off":
            warned = warning(self.device)
            if warned:
                built.append(widgets.notice(warned, health(self.device)[2], widgets.WARNING))
            elif self.device.accounts.account.state == "SIGNED_OUT":
                built.append(widgets.notice(self.words("message.not_signed_in"), "warn", widgets.WARNING))
        built.append(widgets.item(self.words("signin.begin"), lambda: sign_in(self.ui), icon=widgets.LOCK))
        return built + [widgets.field(*pair) for pair in sheet.server(self.device.accounts, self.device.language)]
