"""CA Certificate: whom the service Custom of a mail server is checked against, listed, imported and removed (manual R09).

They are a part of that server's settings: a change may erase its sign-in, so it is asked before, and once more for the
password. PEM and DER, pasted or as a file. Start at `act`.
"""

import binascii

from micropython import const

from firmware import settings_rules
from firmware.oauth.provider import trust_der
from firmware.panel.format import date
from firmware.web.pages import bar, button, buttons, escape, form, remote, row, tied
from firmware.web.server import Server
from firmware.web.visit import digest
from firmware.web.x509 import check, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from microdot.microdot import Response

    from firmware.web.visit import Visit

    Settings = dict[str, Any]

_MOST = const(4)
_LINE = const(48)  # bytes that become 64 characters of base64 (RFC 7468 2)


async def show(visit: "Visit") -> "Response":
    return _page(visit, Server(visit))


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    server = Server(visit)
    draft, drafts = "trust of " + visit.path, visit.session.drafts
    saved = server.accounts.settings()
    if posted.get("do") == "discard":
        drafts.pop(draft, None)
        return visit.redirect(visit.path, "web.discarded")
    if posted.get("do") == "yes":
        if draft not in drafts:
            return visit.redirect(visit.path, "web.nothing_to_save")
        return await _save(visit, server, draft, posted)
    kept = _listed(saved)
    removed = posted.get("remove", "")
    if removed:
        left = [der for der in kept if _id(der) != removed]
    else:
        try:
            left = kept + [der for der in _given(visit, posted) if der not in kept]
        except ValueError as error:
            return _page(visit, server, error.args)
    settings, problems = settings_rules.validate({"ca": "".join([_pem(der) for der in left])}, saved)
    if saved["service"] != "custom" or problems or left == kept:
        key = "error.ca" if problems else "web.ca_nothing_new" if saved["service"] == "custom" else "web.ca_not_used"
        return _page(visit, server, (key,))
    drafts.pop(draft, None)
    drafts[draft] = {"ca": settings["ca"], "base": server.base()}
    return _ask(visit, server, settings)


def _given(visit: "Visit", posted: "dict[str, str]") -> "list[bytes]":
    """The certificates of the form. Raises ValueError(message key, what it names)."""
    data = visit.files.get("file", b"") or posted.get("pem", "").encode()
    if not data:
        raise ValueError("web.ca_none_given")
    try:
        if data[:1] == b"\x30":
            found = trust_der({"service": "custom", "ca": _pem(data)}) or []
        else:
            found = trust_der({"service": "custom", "ca": data.decode()}) or []
    except ValueError:
        raise ValueError("web.ca_unreadable") from None
    check(found, visit.device.board.clock.now())
    return found


def _ask(visit: "Visit", server: Server, settings: "Settings", wrong: str = "") -> "Response":
    """Nothing has changed yet."""
    say = visit.say
    account = server.accounts.account
    asked = []
    if server.accounts.changes(settings) and account.state != "SIGNED_OUT":
        asked.append(bar("bad", say("web.ca_ask_erase", account.address)))
    if not settings["ca"]:
        asked.append(bar("warn", say("web.ca_ask_builtin")))
    mark = digest("".join(asked) + settings["ca"])
    pieces = [f"<p>{say('web.ask_nothing_yet')} {say('web.ca_ask')}</p>"] + _list(visit, _listed(settings), False)
    pieces += asked
    pieces.append(f'<input type="hidden" name="asked" value="{mark}">' + visit.proof(wrong))
    pieces.append(
        buttons(
            button(say("web.yes_save"), "yes", "danger" if asked else "main"),
            button(say("web.cancel"), "discard", "", " formnovalidate"),
        )
    )
    return visit.page("web.ask_title", form(visit.path, visit.session, pieces, "card"), 422 if wrong else 200)


async def _save(visit: "Visit", server: Server, draft: str, posted: "dict[str, str]") -> "Response":
    typed = visit.session.drafts[draft]
    saved = server.accounts.settings()
    settings, problems = settings_rules.validate({"ca": typed["ca"]}, saved)
    if problems or typed["base"] != server.base():  # somebody else changed the settings meanwhile
        visit.session.drafts.pop(draft)
        return _page(visit, server, ("web.ca_changed",))
    wrong = await visit.unproven(posted)
    if wrong:
        return _ask(visit, server, settings, wrong)
    await server.accounts.save(settings, False, visit.session.owner)
    visit.session.drafts.pop(draft, None)
    visit.note("trust", str(len(_listed(settings))) + " CA certificates")
    return visit.redirect(visit.path, "web.ca_saved")


def _page(visit: "Visit", server: Server, problem: "tuple[str, ...]" = ()) -> "Response":
    say = visit.say
    settings = server.accounts.settings()
    basic = f'<a href="{server.basic}">{say("web.basic")}</a>'
    if settings["service"] != "custom":
        pieces = [bar("info", say("web.ca_text") + " " + basic + ".")]
        return visit.page("web.ca_certificate", pieces, 422 if problem else 200, above=server.above)
    error = say(*problem) if problem else ""
    pieces = [bar("bad", say("web.fix_fields"))] if problem else []
    pieces.append(bar("info", say("web.ca_custom_text", settings["smtp_host"]) + " " + basic + "."))
    listed = _list(visit, _listed(settings), True)
    pieces += form(visit.path, visit.session, [f"<h2>{say('web.ca_listed')}</h2>"] + listed, "card")
    name = "file"
    fields = [
        f"<h2>{say('web.ca_import')}</h2>",
        row(
            name,
            say("web.ca_file"),
            f'<input type="file" id="file" name="file" accept=".pem,.crt,.cer,.der"{tied(name, error, "note")}>',
            [say("web.ca_file_note")],
            error,
        ),
        row("pem", say("web.ca_paste"), '<textarea id="pem" name="pem" spellcheck="false"></textarea>', []),
        buttons(button(say("web.ca_import"), "import")),
    ]
    pieces += form(visit.path, visit.session, fields, "card", files=True)
    return visit.page("web.ca_certificate", pieces, 422 if problem else 200, above=server.above)


def _list(visit: "Visit", ders: "list[bytes]", removing: bool) -> "list[str]":
    say = visit.say
    if not ders:
        return [f'<p class="note">{say("web.ca_builtin")}</p>']
    out = []
    now_s = visit.device.board.clock.now()
    for der in ders:
        try:
            found = parse(der)
        except ValueError:  # typed into the settings as they stand
            out.append(bar("warn", say("web.ca_unreadable")))
            continue
        badge = ""
        if now_s is not None and found.ends < date(now_s):
            badge = f' <span class="badge bad">{say("web.ca_over")}</span>'
        out.append(
            f'<dl class="card"><dt>{say("web.ca_subject")}</dt><dd>{remote(found.subject)}{badge}</dd>'
            f"<dt>{say('web.ca_issuer')}</dt><dd>{remote(found.issuer)}</dd>"
            f"<dt>{say('web.ca_dates')}</dt><dd>{escape(found.begins)} – {escape(found.ends)}</dd></dl>"
        )
        if removing:
            label = escape(visit.text("web.ca_remove") + " " + found.subject)
            out.append(
                buttons(
                    f'<button name="remove" value="{_id(der)}" aria-label="{label}">{say("web.ca_remove")}</button>'
                )
            )
    return out


def _listed(settings: "Settings") -> "list[bytes]":
    return trust_der(settings) or []


def _id(der: bytes) -> str:
    return digest(_pem(der))


def _pem(der: bytes) -> str:
    lines = [binascii.b2a_base64(der[at : at + _LINE]).decode() for at in range(0, len(der), _LINE)]
    return "-----BEGIN CERTIFICATE-----\n" + "".join(lines) + "-----END CERTIFICATE-----\n"
