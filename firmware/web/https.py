"""Product Security > HTTPS: switch it on and off, and the certificate that the device shows, to compare and to make anew."""

from firmware.device_certificate import fingerprint
from firmware.web.pages import bar, button, buttons, escape, facts, form
from firmware.web.x509 import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from microdot.microdot import Response

    from firmware.web.visit import Visit


async def show(visit: "Visit") -> "Response":
    return _page(visit, visit.device.https)


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    https, do = visit.device.https, posted.get("do", "")
    on, own = https.on(), not https.provisioned()
    if (do == "on" and on) or (do == "off" and not on) or (do == "new" and not own) or do not in ("on", "off", "new"):
        return visit.redirect(visit.path)
    wrong = await visit.unproven(posted)
    if wrong:
        return _page(visit, https, wrong)
    if do == "new" or (do == "on" and https.load() is None):
        await https.make()
        visit.note("https", "new certificate " + _begin(https))
        if do == "new":
            return visit.redirect(visit.path, "web.https_new_done")
    https.switch(do == "on")
    visit.note("https", do)
    if do == "off":
        return visit.page("web.https", [bar("good", *_lines(visit, "off"))], above=("web.security",))
    pieces = [bar("good", *_lines(visit, "on")), _certificate(visit, https)]
    # HTTP leads on to HTTPS, whatever its port
    pieces.append(f'<p><a href="/">{visit.say("web.https_open")}</a></p>')
    return visit.page("web.https", pieces, above=("web.security",))


def _lines(visit: "Visit", state: str) -> "list[str]":
    keys = ("web.https_on", "web.https_on_done") if state == "on" else ("web.https_off", "web.https_off_done")
    return [visit.say(key) for key in keys]


def _begin(https: "Any") -> str:
    """Of the fingerprint: enough to know it again."""
    pair = https.load()
    return "" if pair is None else fingerprint(pair[0])[:19]


def _page(visit: "Visit", https: "Any", wrong: str = "") -> "Response":
    say, on = visit.say, https.on()
    if on:
        state, text, switch = "web.https_on", "web.https_on_text", button(say("web.https_switch_off"), "off", "")
    else:
        state, text, switch = "web.https_off", "web.https_off_text", button(say("web.https_switch_on"), "on")
    pieces = [bar("good" if on else "warn", say(state), say(text)), _certificate(visit, https)]
    new = ""
    if https.load() is not None and not https.provisioned():
        new = button(say("web.https_new"), "new", "")
    pieces += form(visit.path, visit.session, [visit.proof(wrong), buttons(switch, new)], "card")
    return visit.page("web.https", pieces, 422 if wrong else 200, above=("web.security",))


def _certificate(visit: "Visit", https: "Any") -> str:
    say, pair = visit.say, https.load()
    if pair is None:
        return f"<p>{say('web.https_none')}</p>"
    given = https.provisioned()
    rows = [
        (say("web.https_fingerprint"), fingerprint(pair[0])),
        (say("web.https_from"), say("web.https_given" if given else "web.https_own")),
    ]
    try:
        certificate = parse(pair[0])
        good = escape(certificate.begins + " – " + certificate.ends)
        if not given:
            good += f'<p class="note">{say("web.https_no_end")}</p>'
        rows.append((say("web.https_good"), good))
    except ValueError:  # of provisioning, and TLS will not take it either
        rows.append((say("web.https_good"), "–"))
    note = "" if given else f'<p class="note">{say("web.https_compare")}</p>'
    return facts(say("web.https_certificate"), rows) + note
