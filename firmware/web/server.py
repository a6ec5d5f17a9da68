"""One of the device's two mail servers, as one administrator's session sees it: what is saved, what is typed, who signs in.

The device's own server (Network > Email Server) and the fax server (Fax > Fax Server, manual R21) have the same pages, each
with a record and a sign-in of its own. Start at `Server`.
"""

from firmware.heap import Needed
from firmware.settings import FIELDS, public
from firmware.web.visit import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.web.sessions import Session
    from firmware.web.visit import Visit

    Settings = dict[str, Any]

RULES = (  # there while they judge what was typed, and not beside the page
    "firmware.settings_rules",
    "firmware.oauth.provider",
    "firmware.oauth.answers",
    "firmware.strict_json",
    "firmware.web.x509",
    "firmware.checks",
)
_FAX = "/fax/server/"
_EMAIL = "/network/email/"
SWITCHES = ("verify", "keep_alive")
_UNDER_WAY = ("REQUESTING", "WAITING", "GRANTED")
# Settings that a sign-in is granted for (design, decision 3): a grant made for others is not saved with these.
BOUND = ("service", "authority", "client_id", "scope", "smtp_host", "smtp_port", "secure", "verify", "ca")


class Server:
    def __init__(self, visit: "Visit") -> None:
        self.fax = visit.path.startswith(_FAX)
        self.accounts: "Any" = visit.device.fax if self.fax else visit.device.accounts
        self.session: "Session" = visit.session
        base = _FAX if self.fax else _EMAIL
        self.basic, self.sign_in = base + "basic", base + "signin"
        self.above = ("web.fax", "web.fax_server") if self.fax else ("web.network", "web.email_server")
        self._name = "fax" if self.fax else "email"
        self._now_s: "int | None" = visit.device.board.clock.now()

    # --- the form ---

    @property
    def draft(self) -> "dict[str, str] | None":
        """The form as typed, until OK."""
        return self.session.drafts.get(self._name)

    def keep(self, typed: "dict[str, str] | None") -> None:
        self.session.drafts.pop(self._name, None)
        if typed is not None:
            self.session.drafts[self._name] = typed

    def saved_form(self) -> "dict[str, str]":
        saved = self.accounts.settings()
        typed = {field: str(saved[field]) for field in saved}
        for field in SWITCHES:
            typed[field] = "enable" if saved[field] else "disable"
        typed["ca"] = typed["ca"].replace("\r\n", "\n")
        typed["base"] = self.base()
        return typed

    def typed(self, posted: "dict[str, str]") -> "dict[str, str]":
        """The form's fields as posted. Left empty, the password is the one typed before or the stored one."""
        typed = dict(self.draft or self.saved_form())
        for field in typed:
            if field in posted and (field != "password" or posted[field]):
                typed[field] = posted[field]
        typed["base"] = posted.get("base", "")
        # Browsers send CR LF: a certificate that was not touched must stay the same, or it would cost the sign-in
        typed["ca"] = typed["ca"].replace("\r\n", "\n")
        return typed

    def validated(self, typed: "dict[str, str]", grant: "Any") -> "tuple[Settings, list[tuple[str, str, str]]]":
        """The settings that the form stands for, with the signed-in account as sender when none is given."""
        saved = self.accounts.settings()
        form = dict(typed)
        form["account"] = saved["account"]  # filled by a sign-in, never by a form
        if not form["sender"] and form["method"] == "oauth2":
            form["sender"] = grant.address if grant is not None else self.accounts.account.address
        with Needed(*RULES):
            from firmware.settings_rules import validate

            settings, problems = validate(form, saved)
            if settings["ca"] == saved["ca"].replace("\r\n", "\n"):
                settings["ca"] = saved["ca"]
            elif not problems:
                problems = trust_problems(settings, self._now_s)
        return settings, problems

    def base(self) -> str:
        """Names the settings as saved now, so that a page that was opened before a change is noticed."""
        shown = public(self.accounts.settings())
        return digest(repr(sorted([item for item in shown.items() if item[0] != "account"])))

    # --- who signs in ---

    def attempt(self) -> "Any":
        """The sign-in attempt that this session asked for, or None."""
        attempt = self.accounts.signin
        return attempt if attempt is not None and attempt.owner == self.session.owner else None

    def drop_attempt(self) -> None:
        if self.attempt() is not None:
            self.accounts.cancel_signin()

    def grant(self) -> "Any":
        """This session's attempt when it has succeeded and is not saved, or None."""
        attempt = self.attempt()
        return attempt if attempt is not None and attempt.state == "GRANTED" else None

    def busy(self) -> bool:
        """Whether somebody else signs in."""
        attempt = self.accounts.signin
        return attempt is not None and attempt.owner != self.session.owner and attempt.state in _UNDER_WAY

    def unfit(self, grant: "Any", settings: "Settings") -> "list[str]":
        """The fields in which these settings are not those that the sign-in was made for."""
        return [field for field in BOUND if grant.settings[field] != settings[field]]


def trust_problems(settings: "Settings", now_s: "int | None") -> "list[tuple[str, str, str]]":
    """What is wrong with the certificates of settings that have none of the problems of `settings_rules`."""
    from firmware.oauth.provider import trust_der

    trusted = trust_der(settings)
    if trusted is None:
        return []
    from firmware.web.x509 import check  # seldom

    try:
        check(trusted, now_s)
    except ValueError as error:
        return [("ca", error.args[0], error.args[1])]
    return []


def labels(visit: "Visit", fields: "list[str]") -> "list[str]":
    """The plain names of settings, for a sentence."""
    return [visit.text("web." + field) for field in fields]


def named(settings: "Settings", before: "Settings") -> "list[str]":
    """The bound fields that differ, in the page's order."""
    return [field for field, _ in FIELDS if field in BOUND and settings[field] != before[field]]
