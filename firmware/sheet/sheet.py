"""What the panel and the status sheet say alike about networks and the email server (manual R11, R12, R14).

The panel shows parts of the sheet: both take them from here, so that they always agree. The whole sheet is in `paper.py`.
Nothing here ever holds a token, a password or a code.
"""

from firmware.heap import Needed
from firmware.panel import format
from firmware.panel.strings import advice, reason, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.device import Device
    from hal.api import Interface

    Pair = tuple[str, str]

_CERTIFICATE = Needed("firmware.device_certificate")


def network(interface: "Interface", language: str) -> "list[Pair]":
    none = text("email.none", language)
    signal_dbm = interface.signal_dbm()
    signal = [] if signal_dbm is None else [(text("network.signal", language), str(signal_dbm) + " dBm")]
    return (
        [
            (text("network.interface", language), format.interface_name(interface, language)),
            (text("network.status", language), text("network.up" if interface.up() else "network.down", language)),
        ]
        + signal
        + [
            (text("network.ip", language), interface.address or none),
            (text("network.web", language), interface.web_url or none),
            (text("network.mask", language), interface.netmask or none),
            (text("network.gateway", language), interface.gateway or none),
            (text("network.dns", language), interface.dns or none),
            (text("network.mac", language), interface.mac),
        ]
    )


def certificate(device: "Device", language: str) -> "list[Pair]":
    """What Web Config's certificate is known by, [] while it is not over HTTPS."""
    if not device.has_https:
        return []
    with _CERTIFICATE:
        from firmware.device_certificate import fingerprint

        pair = device.https.load() if device.https.on() else None
        return [] if pair is None else [(text("https.fingerprint", language), fingerprint(pair[0]))]


def server(accounts: "Any", language: str) -> "list[Pair]":
    """The settings of the email or of the fax server and its sign-in's state, in the order of cloud-facts 1.5."""
    settings, account = accounts.settings(), accounts.account
    none = text("email.none", language)

    def label(key: str) -> str:
        return text("email." + key, language)

    pairs = [(label("method"), label("method." + str(settings["method"])))]
    if settings["method"] != "off":
        pairs.append((label("service"), label("service." + str(settings["service"]))))
        pairs.append((label("status"), text("state." + account.state, language)))
        if account.state in ("EXPIRED", "REAUTH") and account.reason:
            pairs.append((label("reason"), format.clean(reason(account.reason, language))))
            if advice(account.reason, language):
                pairs.append((label("advice"), advice(account.reason, language)))
        if account.state == "SIGNED_IN":
            if account.granted_s is not None:
                pairs.append((label("since"), format.date_time(account.granted_s) + " UTC"))
            if account.good_until_s is not None:
                pairs.append((label("good_until"), format.date(account.good_until_s)))
        if account.used_s is not None:
            pairs.append((label("refreshed"), format.date_time(account.used_s) + " UTC"))
    pairs += [
        (label("account"), format.clean(account.address or str(settings["account"])) or none),
        (label("sender"), format.clean(str(settings["sender"]) or account.address) or none),
        (label("server"), format.clean(str(settings["smtp_host"])) or none),
        (label("port"), str(settings["smtp_port"])),
        (label("secure"), label("secure." + str(settings["secure"]))),
        (label("verify"), label("enable" if settings["verify"] else "disable")),
    ]
    return pairs
