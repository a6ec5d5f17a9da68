"""How the device is, for people: the state of its sign-in, and the warning that screens bear (manual R16)."""

from micropython import const

from firmware.panel import format, widgets
from firmware.panel.strings import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.device import Device
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget

_WARNED_S = const(1_209_600)  # 14 days


def sign_in(ui: "PanelUI") -> None:
    """Sign in at the panel, which is for the administrator; without a network there is nothing to sign in to."""

    def begin() -> None:
        from firmware.panel.screens.signin import SignIn

        ui.open(SignIn(ui))

    if ui.device.board.network.fitted:
        ui.presence.ask(begin)
    else:
        network_status(ui)


def network_status(ui: "PanelUI") -> None:
    from firmware.panel.screens.status import Network

    ui.open(Network(ui))


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
    state = device.accounts.account.state
    if device.settings()["method"] == "off":
        return "home.off", widgets.WARNING, "warn"
    if state == "EXPIRED":
        return "home.expired", widgets.WARNING, "bad"
    if state == "REAUTH":
        return "home.reauth", widgets.WARNING, "bad"
    if state == "SIGNED_OUT":
        return "home.signed_out", widgets.WARNING, "warn"
    if device.accounts.server_refuses:
        return "home.refused", widgets.WARNING, "bad"
    if warning(device):
        return "home.runs_out", widgets.WARNING, "warn"
    return "home.signed_in", widgets.CHECK, "good"


def warning(device: "Device", of: "Any" = None) -> str:
    """That the sign-in has expired (manual R16), was refused, is of no use at the mail server, or will run out within 14
    days; "" when all is well. `of`: whose it is, the device's own if nothing is said, or the fax server's.

    While it is kept alive, the day on which it runs out moves away each week: it comes near when that has failed.
    """
    accounts, now_s = of or device.accounts, device.board.clock.now()
    account = accounts.account
    if accounts.settings()["method"] == "off":
        return ""
    if account.state == "EXPIRED":
        return text("message.expired", device.language)
    if account.state == "REAUTH":
        return text("message.reauth", device.language)
    if accounts.server_refuses:
        from firmware.jobs.codes import detail_of  # seldom

        return text(detail_of(accounts.server_refuses), device.language)
    until_s = account.good_until_s
    if until_s is None or now_s is None or until_s - now_s > _WARNED_S:
        return ""
    key = "message.runs_out" if until_s > now_s else "message.ran_out"
    return text(key, device.language, format.date(until_s))
