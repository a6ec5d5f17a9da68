"""The form of a mail server's settings (manual R05-R10, R21) and what it says about sign-ins, as HTML.

What is drawn here is decided in `email.py`; nothing here changes anything. Start at `pieces`.
"""

from firmware.web.pages import bar, escape, form, remote, row, tied
from firmware.web.server import SWITCHES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.web.server import Server
    from firmware.web.visit import Visit

    Values = dict[str, str]

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
_FAX = ("fax_domain", "web.fax_domain_note", "text", 255)  # of the fax server alone
_CHOICES = {
    "method": ("off", "oauth2"),
    "service": ("exchange", "outlook", "custom"),
    "secure": ("none", "tls", "starttls"),
    "sender_of": ("device", "user"),  # where there is Scan to My Email (manual R22)
}


class Status:
    """What the page says about sign-ins. `account` is the saved one, `grant` this session's that is not saved yet."""

    def __init__(self, account: "Any", grant: "Any", unfit: "list[str]", busy: bool, now_s: "int | None") -> None:
        self.account = account
        self.grant = grant
        self.unfit = unfit  # names of fields in which the form differs from what the grant was made for
        self.busy = busy  # somebody else signs in
        self.now_s = now_s


def pieces(visit: "Visit", server: "Server", typed: "Values", errors: "Values", status: Status) -> "list[str]":
    """`typed`: the form's values; `errors`: HTML by field."""
    drawn = _Form(visit, typed, errors)
    fields = drawn.fields(server, status)
    return [drawn.notices(server, status)] + form(server.basic, visit.session, fields, "card")


class _Form:
    def __init__(self, visit: "Visit", typed: "Values", errors: "Values") -> None:
        self._visit = visit
        self._say = visit.say
        self._typed = typed
        self._errors = errors

    def notices(self, server: "Server", status: Status) -> str:
        say = self._say
        out = []
        if self._errors:
            out.append(bar("bad", say("web.fix_fields")))
        if status.grant is not None:
            lines = [say("web.unsaved"), say("web.unsaved_text", status.grant.address)]
            if status.unfit:
                lines.append(say("web.unsaved_other", ", ".join(status.unfit)))
            out.append(bar("good", say("web.granted")))
            out.append(bar("warn", *lines))
        if status.busy:
            out.append(bar("info", say("web.somebody_else")))
        if self._typed["verify"] == "disable":
            out.append(bar("bad", say("web.verify_off"), say("web.verify_note")))
        note = (
            f'{say("web.notice_certificate")} <a href="/security/ca">{say("web.ca_certificate")}</a>, '
            f'<a href="/security/roots">{say("web.root_update")}</a>.'
        )
        lines = [note]
        interfaces = self._visit.device.board.network.interfaces
        name = self._visit.text
        additional = [name("interface." + interface.name) for interface in interfaces if not interface.standard]
        if additional:
            standard = [name("interface." + interface.name) for interface in interfaces if interface.standard]
            lines.append(say("web.note_standard", ", ".join(standard), ", ".join(additional)))
        if server.fax:
            lines.append(say("web.fax_note"))
        out.append('<div class="bar info">' + "".join(f"<p>{line}</p>" for line in lines) + "</div>")
        return "".join(out)

    def fields(self, server: "Server", status: Status) -> "list[str]":
        say = self._say
        out = [f'<input type="hidden" name="base" value="{escape(self._typed["base"])}">']
        # Enter in a field presses the form's first button: that must be OK
        out.append(
            f'<button class="first" name="do" value="ok" tabindex="-1" aria-hidden="true">{say("web.ok")}</button>'
        )
        out.append(self._choice("method"))
        out.append(self._choice("service"))
        out.append(
            f'<div class="custom"><div class="bar info"><b>{say("web.custom")}</b><p>{say("web.custom_note")}</p></div>'
        )
        out += [self._field(*entry) for entry in _CUSTOM]
        out.append("</div>")
        out.append(self._sign_in_row(status))
        out += [self._field(*entry) for entry in _ACCOUNT]
        if server.fax:
            out.append(self._field(*_FAX))
        elif self._visit.device.has_my_email:
            out.append(self._choice("sender_of"))
        out += [self._field(*entry) for entry in _SMTP]
        out.append(self._choice("secure"))
        out += [self._switch(name) for name in SWITCHES]
        out += [self._field(*entry) for entry in _POP3]
        out.append(f'<div class="buttons"><button class="main" name="do" value="ok">{say("web.ok")}</button>')
        out.append((self._button("discard", "web.discard") if server.draft is not None else "") + "</div>")
        return out

    def _sign_in_row(self, status: Status) -> str:
        """Signed out: no Current Status, only Sign In (R08)."""
        say, explained = self._say, self._visit.why
        buttons = self._button("signin", "web.sign_in")
        if status.grant is not None:
            shown = f'<span class="badge warn">{say("web.not_saved")}</span>'
            shown += self._account("", "web.signed_in", status.grant)
            buttons = self._button("signout", "web.sign_out") + self._button("signin", "web.sign_in_again")
        elif status.account.state == "SIGNED_OUT":
            why = status.account.reason
            note = explained(why) if why else ""
            return f'<div class="row"><span></span><div>{buttons}{note}</div></div>'
        elif status.account.state == "SIGNED_IN":
            shown = self._account("", "web.signed_in", status.account)
            if status.account.good_until_s is not None and status.now_s is not None:
                days = max(0, status.account.good_until_s - status.now_s) // 86400
                shown += f'<p class="note">{say("web.good_for", str(days))}</p>'
            buttons = self._button("signout", "web.sign_out") + self._button("signin", "web.sign_in_again")
        else:
            key = "web.expired" if status.account.state == "EXPIRED" else "web.reauth"
            shown = self._account(" bad", key, status.account)
            if status.account.reason:
                shown += explained(status.account.reason)
            buttons += self._button("signout", "web.sign_out")
        return (
            f'<div class="row"><span class="label">{say("web.current_status")}</span>'
            f'<div><div class="value status">{shown}</div><div class="buttons">{buttons}</div></div></div>'
        )

    def _account(self, css: str, key: str, who: "Any") -> str:
        tenant = f'<p class="note">{self._say("web.tenant", who.tenant)}</p>' if who.tenant else ""
        return f'<span class="badge{css}">{self._say(key)}</span> <b>{remote(who.address)}</b>{tenant}'

    def _button(self, action: str, key: str) -> str:
        return f'<button name="do" value="{action}" formnovalidate>{self._say(key)}</button> '

    def _field(self, name: str, note: str, kind: str, longest: int) -> str:
        error = self._errors.get(name, "")
        common = f'id="{name}" name="{name}" maxlength="{longest}" spellcheck="false"' + tied(name, error, note)
        value = escape(self._typed[name])
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
        return row(name, self._say("web." + name), control, [self._say(note)] if note else [], error)

    def _choice(self, name: str) -> str:
        say, chosen, error = self._say, self._typed[name], self._errors.get(name, "")
        options = "".join(
            f'<option value="{value}"{" selected" if chosen == value else ""}>{say("web." + name + "." + value)}</option>'
            for value in _CHOICES[name]
        )
        control = f'<select id="{name}" name="{name}"{tied(name, error)}>{options}</select>'
        return row(name, say("web." + name), control, [], error)

    def _switch(self, name: str) -> str:
        say, error = self._say, self._errors.get(name, "")
        control = f'<fieldset class="choices"{tied(name, error, "note")}><legend>{say("web." + name)}</legend>'
        for value in ("enable", "disable"):
            here = " checked" if self._typed[name] == value else ""
            control += f'<label><input type="radio" name="{name}" value="{value}"{here}>{say("web." + value)}</label>'
        control += "</fieldset>"
        return (
            f'<div class="row{" wrong" if error else ""}"><span class="label" aria-hidden="true">{say("web." + name)}</span>'
            f'<div>{control}<p class="note" id="{name}-note">{say("web." + name + "_note")}</p>'
            + (f'<p class="error" id="{name}-error">{error}</p>' if error else "")
            + "</div></div>"
        )
