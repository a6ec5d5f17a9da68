"""Network > Email Server > Basic (manual R05-R10): the form, the questions before OK, and the sign-in page, as HTML.

What is drawn here is decided in `app.py`; nothing here changes anything. Start at `basic`.
"""

from firmware.web.pages import bar, escape, form, remote, row, say
from firmware.web.words import reason, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.web.sessions import Session
    from hal.api import Interface

BASIC = "/network/email/basic"
SIGN_IN = "/network/email/signin"

# name, words for a note, kind (or a fixed width), longest text; in the manual's order (cloud-facts 0.2)
_ACCOUNT = (
    ("account", "web.account_note", "readonly", 255),
    ("password", "web.password_note", "password", 20),
    ("sender", "web.sender_note", "text", 255),
)
_SMTP = (
    ("smtp_host", "", "text", 255),
    ("smtp_port", "", "port", 5),
)
_POP3 = (
    ("pop3_host", "web.pop3_note", "text", 255),
    ("pop3_port", "", "port", 5),
)
_CUSTOM = (
    ("authority", "", "text", 255),
    ("client_id", "", "text", 255),
    ("scope", "", "text", 1000),
    ("ca", "web.ca_note", "area", 16384),
)
_CHOICES = {
    "method": ("off", "oauth2"),
    "service": ("exchange", "outlook", "custom"),
    "secure": ("none", "tls", "starttls"),
}
SWITCHES = ("verify", "keep_alive")
FIELDS = (
    "method",
    "service",
    "account",
    "password",
    "sender",
    "smtp_host",
    "smtp_port",
    "secure",
    "verify",
    "keep_alive",
    "pop3_host",
    "pop3_port",
    "authority",
    "client_id",
    "scope",
    "ca",
)


class Status:
    """What the page says about sign-ins. `account` is the saved one, `grant` this session's that is not saved yet."""

    def __init__(self, account: "Any", grant: "Any", unfit: "list[str]", busy: bool, now_s: "int | None") -> None:
        self.account = account
        self.grant = grant
        self.unfit = unfit  # fields in which the form differs from what the grant was made for
        self.busy = busy  # somebody else signs in
        self.now_s = now_s


def basic(
    session: "Session",
    typed: "dict[str, str]",
    errors: "dict[str, str]",
    status: Status,
    interfaces: "list[Interface]",
) -> "list[str]":
    """`typed`: the form's values; `errors`: HTML by field."""
    return [
        f"<h1><small>{say('web.network')} &gt; {say('web.email_server')}</small>{say('web.basic')}</h1>",
        _notices(typed, errors, status, interfaces),
    ] + form(BASIC, session, _fields(typed, errors, status, session.draft is not None), "card")


def _notices(typed: "dict[str, str]", errors: "dict[str, str]", status: Status, interfaces: "list[Interface]") -> str:
    out = []
    if errors:
        out.append(bar("bad", say("web.fix_fields")))
    if status.grant is not None:
        lines = [say("web.unsaved"), say("web.unsaved_text", status.grant.address)]
        if status.unfit:
            lines.append(say("web.unsaved_other", ", ".join(labels(status.unfit))))
        out.append(bar("good", say("web.granted")))
        out.append(bar("warn", *lines))
    if status.busy:
        out.append(bar("info", say("web.somebody_else")))
    if typed["verify"] == "disable":
        out.append(bar("bad", say("web.verify_off"), say("web.verify_note")))
    note = (
        f'{say("web.notice_certificate")} <a href="/security/ca">{say("web.ca_certificate")}</a>, '
        f'<a href="/security/roots">{say("web.root_update")}</a>.'
    )
    lines = [note]
    additional = [interface.name for interface in interfaces if not interface.standard]
    if additional:
        standard = [interface.name for interface in interfaces if interface.standard]
        lines.append(say("web.note_standard", ", ".join(standard), ", ".join(additional)))
    out.append('<div class="bar info">' + "".join(f"<p>{line}</p>" for line in lines) + "</div>")
    return "".join(out)


def _fields(typed: "dict[str, str]", errors: "dict[str, str]", status: Status, unsaved: bool) -> "list[str]":
    out = [f'<input type="hidden" name="base" value="{escape(typed["base"])}">']
    # Enter in a field presses the form's first button: that must be OK
    out.append(f'<button class="first" name="do" value="ok" tabindex="-1" aria-hidden="true">{say("web.ok")}</button>')
    out.append(_choice("method", typed, errors))
    out.append(_choice("service", typed, errors))
    out.append(
        f'<div class="custom"><div class="bar info"><b>{say("web.custom")}</b><p>{say("web.custom_note")}</p></div>'
    )
    out += [_field(entry, typed, errors) for entry in _CUSTOM]
    out.append("</div>")
    out.append(_sign_in_row(status))
    out += [_field(entry, typed, errors) for entry in _ACCOUNT]
    out += [_field(entry, typed, errors) for entry in _SMTP]
    out.append(_choice("secure", typed, errors))
    out += [_switch(name, typed, errors) for name in SWITCHES]
    out += [_field(entry, typed, errors) for entry in _POP3]
    out.append(f'<div class="buttons"><button class="main" name="do" value="ok">{say("web.ok")}</button>')
    out.append((_button("discard", "web.discard") if unsaved else "") + "</div>")
    return out


def _sign_in_row(status: Status) -> str:
    """Signed out: no Current Status, only Sign In (R08)."""
    buttons = _button("signin", "web.sign_in")
    if status.grant is not None:
        shown = f'<span class="badge warn">{say("web.not_saved")}</span>' + _account("", "web.signed_in", status.grant)
        buttons = _button("signout", "web.sign_out") + _button("signin", "web.sign_in_again")
    elif status.account.state == "SIGNED_OUT":
        note = f'<p class="note">{remote(reason(status.account.reason))}</p>' if status.account.reason else ""
        return f'<div class="row"><span></span><div>{buttons}{note}</div></div>'
    elif status.account.state == "SIGNED_IN":
        shown = _account("", "web.signed_in", status.account)
        if status.account.good_until_s is not None and status.now_s is not None:
            days = max(0, status.account.good_until_s - status.now_s) // 86400
            shown += f'<p class="note">{say("web.good_for", str(days))}</p>'
        buttons = _button("signout", "web.sign_out") + _button("signin", "web.sign_in_again")
    else:
        key = "web.expired" if status.account.state == "EXPIRED" else "web.reauth"
        shown = _account(" bad", key, status.account)
        if status.account.reason:
            shown += f'<p class="note">{remote(reason(status.account.reason))}</p>'
        buttons += _button("signout", "web.sign_out")
    return (
        f'<div class="row"><span class="label">{say("web.current_status")}</span>'
        f'<div><div class="value status">{shown}</div><div class="buttons">{buttons}</div></div></div>'
    )


def _account(css: str, key: str, who: "Any") -> str:
    tenant = f'<p class="note">{say("web.tenant", who.tenant)}</p>' if who.tenant else ""
    return f'<span class="badge{css}">{say(key)}</span> <b>{remote(who.address)}</b>{tenant}'


def _button(action: str, key: str) -> str:
    return f'<button name="do" value="{action}" formnovalidate>{say(key)}</button> '


def _field(entry: "tuple[str, str, str, int]", typed: "dict[str, str]", errors: "dict[str, str]") -> str:
    name, note, kind, longest = entry
    common = f'id="{name}" name="{name}" maxlength="{longest}" spellcheck="false"'
    if name in errors:
        common += f' aria-invalid="true" aria-describedby="{name}-error"'
    value = escape(typed[name])
    if kind == "area":
        control = f"<textarea {common}>\n{value}</textarea>"
    elif kind == "password":  # what is stored never goes back to a page
        control = f'<input type="password" {common} autocomplete="new-password">'
    elif kind == "readonly":
        control = f'<input {common} value="{value}" readonly>'
    elif kind == "port":
        control = f'<input {common} value="{value}" class="port" inputmode="numeric">'
    else:
        control = f'<input {common} value="{value}">'
    return row(name, say("web." + name), control, [say(note)] if note else [], errors.get(name, ""))


def _choice(name: str, typed: "dict[str, str]", errors: "dict[str, str]") -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if typed[name] == value else ""}>{say("web." + name + "." + value)}</option>'
        for value in _CHOICES[name]
    )
    control = f'<select id="{name}" name="{name}">{options}</select>'
    return row(name, say("web." + name), control, [], errors.get(name, ""))


def _switch(name: str, typed: "dict[str, str]", errors: "dict[str, str]") -> str:
    control = '<div class="choices">'
    for value in ("enable", "disable"):
        here = " checked" if typed[name] == value else ""
        number = name if value == "enable" else name + "-" + value
        control += f'<label><input type="radio" id="{number}" name="{name}" value="{value}"{here}>'
        control += f"{say('web.' + value)}</label>"
    return row(name, say("web." + name), control + "</div>", [say("web." + name + "_note")], errors.get(name, ""))


def labels(fields: "list[str]") -> "list[str]":
    """The plain names of settings, for a sentence."""
    return [text("web." + field) for field in fields]


def questions(session: "Session", asked: "list[tuple[str, str]]", mark: str, action: str, yes: str) -> "list[str]":
    """`asked`: (kind of box, HTML); `mark` names exactly these questions; `action` and `yes`: what the button does."""
    pieces = [f"<p>{say('web.ask_nothing_yet')}</p>"]
    pieces += [f'<div class="bar {kind}"><p>{question}</p></div>' for kind, question in asked]
    pieces.append(f'<input type="hidden" name="asked" value="{mark}">')
    css = "danger" if any(kind == "bad" for kind, _ in asked) else "main"
    pieces.append(f'<div class="buttons"><button class="{css}" name="do" value="{action}">{say(yes)}</button>')
    pieces.append(f'<a class="button" href="{BASIC}">{say("web.back")}</a></div>')
    return [f"<h1>{say('web.ask_title')}</h1>"] + form(BASIC, session, pieces, "card")


def sign_in(session: "Session", settings: "dict[str, Any]") -> "list[str]":
    """Before the sign-in: what is going to happen, and the button (R06)."""
    if settings["service"] == "custom":
        button = say("web.sign_in_custom", settings["authority"])
        notes = [say("web.sign_in_receives", settings["smtp_host"])]
    else:
        button = say("web.sign_in_microsoft")
        notes = [say("web.sign_in_consent")] if settings["service"] == "exchange" else []
    pieces = [f"<p>{say('web.sign_in_intro')}</p>"] + [f'<p class="note">{note}</p>' for note in notes]
    pieces.append(f'<div class="buttons"><button class="main" name="do" value="start">{button}</button>')
    pieces.append(f'<a class="button" href="{BASIC}">{say("web.back")}</a></div>')
    return [_sign_in_title()] + form(SIGN_IN, session, pieces, "card")


def busy() -> "list[str]":
    return [_sign_in_title(), bar("warn", say("web.busy")), f'<a class="button" href="{BASIC}">{say("web.back")}</a>']


def requesting(session: "Session") -> "list[str]":
    return [_sign_in_title()] + form(SIGN_IN, session, [f"<p>{say('web.requesting')}</p>", _cancel()], "card")


def waiting(session: "Session", attempt: "Any", model: str, serial: str) -> "list[str]":
    """The code and where it goes; only for the session that asked for it."""
    uri = remote(attempt.verification_uri)
    if is_link(attempt.verification_uri):
        uri = f'<a href="{uri}" target="_blank" rel="noopener noreferrer">{uri}</a>'
    left_s = max(0, attempt.expires_in_s())
    pieces = [
        f'<h2>{say("web.waiting")}</h2><div class="code">{remote(attempt.user_code)}</div>',
        f'<p class="where">{say("web.waiting_where")} {uri}</p>',
        f"<p>{say('web.waiting_whose', model, serial)}</p>",
        bar("warn", say("web.waiting_never")),
        f'<p class="note">{say("web.waiting_left", str(left_s // 60), str(left_s % 60))}</p>',
        _cancel(),
    ]
    return [_sign_in_title()] + form(SIGN_IN, session, pieces, "card")


_ENDS = {"DECLINED": "web.declined", "CODE_EXPIRED": "web.code_expired", "BLOCKED": "web.blocked"}


def ended(session: "Session", attempt: "Any") -> "list[str]":
    lines = [say(_ENDS.get(attempt.state, "web.attempt_failed"))]
    if attempt.reason:
        lines.append(remote(reason(attempt.reason)))
    lines.append(say("web.kept"))
    again = f'<div class="buttons"><button class="main" name="do" value="start">{say("web.try_again")}</button> '
    again += f'<a class="button" href="{BASIC}">{say("web.back")}</a></div>'
    return [_sign_in_title(), bar("bad", *lines)] + form(SIGN_IN, session, [again])


def is_link(uri: str) -> bool:
    """Whether an address that a server sent may become a link: https, or plain http to this computer itself."""
    if len(uri) > 300 or any(not 0x20 < ord(c) < 0x7F or c in "\"'<>\\" for c in uri):
        return False
    scheme, _, rest = uri.partition("://")
    authority = rest.split("/")[0].split("?")[0].split("#")[0]
    host = authority.split(":")[0]
    if not host or "@" in authority:
        return False
    return scheme == "https" or (scheme == "http" and host in ("127.0.0.1", "localhost"))


def _cancel() -> str:
    return f'<div class="buttons"><button name="do" value="cancel">{say("web.cancel")}</button></div>'


def _sign_in_title() -> str:
    return f"<h1><small>{say('web.email_server')} &gt; {say('web.basic')}</small>{say('web.sign_in')}</h1>"
