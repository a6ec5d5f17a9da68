"""Network > Basic: both networks as they are now, and which of them carries OAuth 2.0 (manual R10, R11)."""

from firmware.web.pages import bar, escape, facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from microdot.microdot import Response

    from firmware.web.visit import Visit
    from hal.api import Interface


async def show(visit: "Visit") -> "Response":
    interfaces = visit.device.board.network.interfaces
    standard = ", ".join([visit.text("interface." + interface.name) for interface in interfaces if interface.standard])
    additional = ", ".join([visit.text("interface." + each.name) for each in interfaces if not each.standard])
    lines = [visit.say("web.oauth_standard", standard)]
    if additional:
        lines.append(visit.say("web.oauth_additional", additional))
    pieces = [bar("info", *lines)]
    pieces += [_card(visit, interface) for interface in interfaces]
    pieces.append(f'<p class="note">{visit.say("web.where_addresses_come_from")}</p>')
    return visit.page("web.basic", pieces, above=("web.network",))


def _card(visit: "Visit", interface: "Interface") -> str:
    say = visit.say
    kind = "web.interface_standard" if interface.standard else "web.interface_additional"
    link = "web.interface_up" if interface.up() else "web.interface_down"
    css = "badge" if interface.up() else "badge warn"
    rows = [
        (say("web.link"), f'<span class="{css}">{say(link)}</span>'),
        (say("web.kind_of_network"), say(kind)),
        (say("network.mac"), escape(interface.mac)),
    ]
    signal_dbm = interface.signal_dbm()
    if signal_dbm is not None:
        rows.append((say("network.signal"), str(signal_dbm) + " dBm"))
    for key, value in (
        ("network.ip", interface.address),
        ("network.mask", interface.netmask),
        ("network.gateway", interface.gateway),
        ("network.dns", interface.dns),
        ("web.web_config_at", interface.web_url),
    ):
        rows.append((say(key), escape(value) if value else "–"))
    return facts(say("interface." + interface.name), rows)
