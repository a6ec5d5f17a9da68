"""Network Status: the network and the email server (manual R11, R12), and the warning that other screens bear too (R16)."""

from micropython import const

from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen
from firmware.panel.strings import text
from firmware.sheet import sheet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.device import Device
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget

_WARNED_S = const(1_209_600)  # 14 days


class Network(Screen):
    """Wired LAN/Wi-Fi Status: where Web Config is found (manual R11), and which network carries OAuth 2.0 (R10)."""

    name = "wired_status"
    parts = ("network",)

    def title(self) -> str:
        return self.words("settings.wired_status")

    def build(self) -> "list[Widget]":
        interfaces = sorted(self.device.board.network.interfaces, key=lambda interface: not interface.standard)
        built = []
        for interface in interfaces:
            if len(interfaces) > 1:
                key = "network.standard" if interface.standard else "network.additional"
                built.append(widgets.heading(self.words(key)))
            if not interface.standard:
                built.append(widgets.notice(self.words("network.additional_note"), "warn", widgets.WARNING))
            built += [widgets.field(*pair) for pair in sheet.network(interface, self.device.language)]
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
            elif self.device.accounts.device.state == "SIGNED_OUT":
                built.append(widgets.notice(self.words("message.not_signed_in"), "warn", widgets.WARNING))
        built.append(widgets.item(self.words("signin.begin"), lambda: sign_in(self.ui), icon=widgets.LOCK))
        return built + [widgets.field(*pair) for pair in sheet.email_server(self.device, self.device.language)]


def sign_in(ui: "PanelUI") -> None:
    """Sign in at the panel, which is for the administrator."""

    def begin() -> None:
        from firmware.panel.screens.signin import SignIn

        ui.open(SignIn(ui))

    ui.presence.ask(begin)


def banner(ui: "PanelUI") -> "list[Widget]":
    """What the home screen bears while there is a warning: that, and the way to a new sign-in."""
    warned, language = warning(ui.device), ui.device.language
    if not warned:
        return []
    key, _, tone = health(ui.device)
    return [widgets.banner(text("signin.begin", language), text(key, language), warned, tone, lambda: sign_in(ui))]


def alert(ui: "PanelUI") -> "list[Widget]":
    """What other screens bear; on a small display in few words, which leave room for what the screen is about."""
    warned = warning(ui.device)
    if not warned:
        return []
    key, icon, tone = health(ui.device)
    return [widgets.notice(text(key, ui.device.language) if ui.look.letters else warned, tone, icon)]


def health(device: "Device") -> "tuple[str, str, str]":
    """How the sign-in is: key of the words, icon, tone."""
    state = device.accounts.device.state
    if device.settings()["method"] == "off":
        return "home.off", widgets.WARNING, "warn"
    if state == "EXPIRED":
        return "home.expired", widgets.WARNING, "bad"
    if state == "REAUTH":
        return "home.reauth", widgets.WARNING, "bad"
    if state == "SIGNED_OUT":
        return "home.signed_out", widgets.WARNING, "warn"
    if warning(device):
        return "home.runs_out", widgets.WARNING, "warn"
    return "home.signed_in", widgets.CHECK, "good"


def warning(device: "Device") -> str:
    """That the sign-in has expired (manual R16), was refused or will run out within 14 days; "" when all is well.

    While it is kept alive, the day on which it runs out moves away each week: it comes near when that has failed.
    """
    account, now_s = device.accounts.device, device.board.clock.now()
    if device.settings()["method"] == "off":
        return ""
    if account.state == "EXPIRED":
        return text("message.expired", device.language)
    if account.state == "REAUTH":
        return text("message.reauth", device.language)
    until_s = account.good_until_s
    if until_s is None or now_s is None or until_s - now_s > _WARNED_S:
        return ""
    key = "message.runs_out" if until_s > now_s else "message.ran_out"
    return text(key, device.language, format.date(until_s))
