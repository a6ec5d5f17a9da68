"""Status: what the device is and how it does, on one page (manual R11, R12)."""

from firmware.web.pages import escape, facts, remote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from microdot.microdot import Response

    from firmware.web.visit import Visit

    Facts = list[tuple[str, str]]

_KEYS = {"SIGNED_IN": "web.signed_in", "EXPIRED": "web.expired", "REAUTH": "web.reauth"}
_SOON_S = 14 * 86400


async def show(visit: "Visit") -> "Response":
    say, device = visit.say, visit.device
    identity = device.board.identity
    pieces = [
        facts(
            say("web.product"),
            [
                (say("web.model"), escape(identity.model)),
                (say("web.serial"), escape(identity.serial)),
                (say("web.firmware"), escape(identity.firmware)),
                (say("web.root_certificates"), escape(identity.roots)),
                (say("web.clock"), escape(visit.time(device.board.clock.now()))),
            ],
        ),
        facts(say("web.hardware"), [(say("web.printer"), _printer(visit)), (say("web.scanner"), _scanner(visit))]),
        facts(say("web.email_server"), _server(visit, device.accounts, "/network/email/basic")),
    ]
    if device.fax is not None:
        pieces.append(facts(say("web.fax_server"), _server(visit, device.fax, "/fax/server/basic")))
    pieces.append(facts(say("web.network"), _network(visit)))
    return visit.page("web.status", pieces)


def _printer(visit: "Visit") -> str:
    states = visit.device.board.printer.states()
    return "<br>".join([visit.say("printer." + state) for state in states]) if states else visit.say("web.ready")


def _scanner(visit: "Visit") -> str:
    document = visit.device.board.scanner.document()
    return visit.say("web.scanner_empty") if document is None else visit.say("web.scanner_document", document.name)


def _server(visit: "Visit", accounts: "Any", path: str) -> "Facts":
    """Its settings and sign-in, with a forecast: how long it will last without use."""
    say, account, settings = visit.say, accounts.account, accounts.settings()
    rows = [(say("web.method"), say("web.method." + settings["method"]))]
    if settings["method"] == "oauth2":
        rows.append((say("web.service"), say("web.service." + settings["service"])))
        rows.append((say("web.smtp_host"), escape(settings["smtp_host"])))
        if not settings["verify"]:
            rows.append((say("web.verify"), f'<span class="badge bad">{say("web.disable")}</span>'))
    if account.state in _KEYS:
        badge = "badge" if account.state == "SIGNED_IN" else "badge bad"
        shown = f'<span class="{badge}">{say(_KEYS[account.state])}</span> {remote(account.address)}'
        if account.state != "SIGNED_IN" and account.reason:
            shown += visit.why(account.reason)
        rows.append((say("web.current_status"), shown))
        if account.state == "SIGNED_IN":
            rows.append((say("web.forecast"), _forecast(visit, account, settings)))
    elif settings["method"] == "oauth2":
        rows.append((say("web.current_status"), say("state.SIGNED_OUT")))
    rows.append((say("web.open_settings"), f'<a href="{path}">{say("web.basic")}</a>'))
    return rows


def _forecast(visit: "Visit", account: "Any", settings: "dict[str, Any]") -> str:
    if account.good_until_s is None:
        return visit.say("web.forecast_unknown")
    now_s = visit.device.board.clock.now()
    shown = visit.say("web.good_until", visit.time(account.good_until_s))
    if now_s is not None and account.good_until_s - now_s < _SOON_S:
        shown = f'<span class="badge warn">{visit.say("web.soon")}</span> ' + shown
    key = "web.forecast_kept" if settings["keep_alive"] else "web.forecast_unused"
    return shown + f'<p class="note">{visit.say(key)}</p>'


def _network(visit: "Visit") -> "Facts":
    rows = []
    for interface in visit.device.board.network.interfaces:
        note = visit.say("web.interface_standard" if interface.standard else "web.interface_additional")
        address = escape(interface.address) if interface.up() else visit.say("web.interface_down")
        rows.append((visit.say("interface." + interface.name), f'{address}<p class="note">{note}</p>'))
    rows.append((visit.say("web.open_settings"), f'<a href="/network/basic">{visit.say("web.network")}</a>'))
    return rows
