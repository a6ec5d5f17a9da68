"""The frame of Web Config (manual R04-R10): which pages there are, who may see them, log-in and log-out. On microdot.

`TABLE` names every page, and the module that shows it and does what its buttons say. Such a module has

    async show(visit) -> Response           the page as it is now (GET)
    async act(visit, posted) -> Response    a button was pressed (POST); `posted`: the form's fields

and is loaded for a request of its pages alone, with what `_BRINGS` says. Every request that gets here has passed the guard.
`_admit` lets strangers see a door only; a form counts only with the token of its session. Start at `App.handle`.
"""

import sys

from microdot.microdot import AsyncBytesIO, Microdot, Response
from micropython import const

from firmware.heap import Needed
from firmware.web import pages
from firmware.web.forms import parse_form, parse_multipart
from firmware.web.guard import AGAIN_S, no_room
from firmware.web.visit import Visit
from firmware.web.words import LANGUAGES, Words, modules
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from microdot.microdot import Request

    from firmware.web.guard import Writer
    from firmware.web.sessions import Session, Sessions

    Answer = Response
    Row = tuple[str, str, str, str, str, str]

# (tab, heading beside the page, path, module, name in the menu, what the device must have). A page without a name is
# reached from the one above it.
TABLE: "tuple[Row, ...]" = (
    ("web.status", "web.status", "/", "status", "web.status", ""),
    ("web.network", "web.network", "/network/basic", "network", "web.basic", ""),
    ("web.network", "web.email_server", "/network/email/basic", "email", "web.basic", ""),
    ("web.network", "web.email_server", "/network/email/signin", "sign_in", "", ""),
    ("web.network", "web.email_server", "/network/email/test", "connection", "web.connection_test", ""),
    ("web.fax", "web.fax_server", "/fax/server/basic", "email", "web.fax_settings", "fax"),
    ("web.fax", "web.fax_server", "/fax/server/signin", "sign_in", "", "fax"),
    ("web.fax", "web.fax_server", "/fax/server/test", "connection", "web.connection_test", "fax"),
    ("web.fax", "web.fax_server", "/fax/server/ca", "certificates", "web.ca_certificate", "fax"),
    ("web.users", "web.users", "/users", "users", "web.users", "has_my_email"),
    ("web.users", "web.users", "/users/list", "users_list", "web.users_list", "has_my_email"),
    ("web.contacts", "web.contacts", "/contacts", "contacts", "web.contacts", ""),
    ("web.security", "web.security", "/security/password", "security", "web.change_password", ""),
    ("web.security", "web.security", "/security/timeouts", "timeouts", "web.timeouts", ""),
    ("web.security", "web.security", "/security/https", "https", "web.https", "has_https"),
    ("web.security", "web.security", "/security/audit", "audit", "web.audit", ""),
    ("web.security", "web.security", "/security/ca", "certificates", "web.ca_certificate", ""),
    ("web.security", "web.security", "/security/roots", "roots", "web.root_update", ""),
    ("web.management", "web.management", "/device/notification", "notification", "web.notification", ""),
    ("web.management", "web.management", "/device/jobs", "history", "web.history", ""),
    ("web.management", "web.management", "/device/settings", "transfer", "web.transfer", ""),
    ("web.management", "web.management", "/device/restart", "restart", "web.restart", ""),
)
_READING = ("status", "network", "roots")  # these have no `act`
# What a page module imports that is let go with it.
_RULES = (
    "firmware.settings_rules",
    "firmware.oauth.provider",
    "firmware.oauth.answers",
    "firmware.strict_json",
    "firmware.checks",
)
_SERVER = ("firmware.web.server",)
_ADDRESSES = ("firmware.mail.checks", "firmware.checks")
_USERS = ("firmware.passwords",) + _ADDRESSES
_NOTICE = modules("notice")
_BRINGS = {
    "email": ("firmware.web.email_form", "firmware.web.email_save") + _SERVER,
    "sign_in": _SERVER,
    "connection": ("firmware.jobs.codes",) + _SERVER,
    "certificates": ("firmware.web.x509",) + _SERVER + _RULES,
    "contacts": ("firmware.contacts",) + _ADDRESSES,
    "users": _USERS,
    "notification": ("firmware.notifications",) + _NOTICE + _ADDRESSES,
    "https": ("firmware.device_certificate", "firmware.p256", "firmware.web.x509"),
    "audit": ("firmware.csv",) + _NOTICE,
    "history": ("firmware.csv", "firmware.jobs.codes"),
    "transfer": ("firmware.web.settings_file", "firmware.contacts", "firmware.notifications", "firmware.web.x509")
    + _ADDRESSES
    + _SERVER
    + _RULES,
    "users_list": ("firmware.users_csv", "firmware.csv") + _USERS,
}
_STYLE = "/style.css"
_FOR_STRANGERS = ("/login", _STYLE)
_CHANGE = "/security/password"
_FORM = "application/x-www-form-urlencoded"
_FILES = "multipart/form-data"
_TOLD_AT_S = const(64)  # the delay after the sixth wrong password in a row: that is no mistyping any more


class App:
    """`secure`: the pages are over HTTPS."""

    def __init__(self, device: "Any", sessions: "Sessions", secure: bool = False) -> None:
        self.device = device
        self._cookie = "__Host-scanpost=" if secure else "scanpost_session="  # as the guard has them
        self._cookie_kind = "; Path=/; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")
        self._sessions = sessions
        self._rows = [row for row in TABLE if not row[5] or getattr(device, row[5])]

    async def handle(self, request: bytes, writer: "Writer") -> None:
        """Answer one whole request that the guard let through."""
        path = request.split(b" ", 2)[1].decode()
        with self._needed(path):
            await self._microdot(path).handle_request(AsyncBytesIO(request), writer)  # type: ignore[arg-type]

    def _microdot(self, path: str) -> Microdot:
        """What answers requests of this path: the routes of all pages together take 25 KB."""
        microdot = Microdot()
        for method, where, handler in self._routes():
            if where == path:
                microdot.route(where, methods=[method])(handler)
        microdot.before_request(self._admit)
        for status, key in ((404, "web.no_page"), (405, "web.no_page"), (500, "web.failed")):
            microdot.errorhandler(status)(self._error_page(status, key))
        microdot.errorhandler(MemoryError)(self._no_room)
        return microdot

    def _routes(self) -> "Iterator[tuple[str, str, Any]]":
        yield "GET", _STYLE, self._style
        yield "GET", "/login", self._login_page
        yield "POST", "/login", self._login
        yield "POST", "/logout", self._logout
        yield "POST", "/language", self._language
        for _, _, path, module, _, _ in self._rows:
            yield "GET", path, self._show
            if module not in _READING:
                yield "POST", path, self._act

    def _needed(self, path: str) -> Needed:
        """What is loaded for a request of this path."""
        module = self._module(path)
        if module:
            return Needed(*set(("firmware.web." + module,) + modules(module) + _BRINGS.get(module, ())))  # each once
        return Needed("firmware.web.style") if path == _STYLE else Needed()

    def _module(self, path: str) -> str:
        for row in self._rows:
            if row[2] == path:
                return row[3]
        return ""

    def routes(self) -> "list[tuple[str, str]]":
        """Every (method, path) that is answered; tests are made from it."""
        return [(method, path) for method, path, _ in self._routes()]

    # --- who may ---

    async def _admit(self, request: "Request") -> "Answer | None":
        for over in self._sessions.ended():
            self.drop_attempts(over)
        session = self._sessions.find(request.cookies.get("scanpost_session", ""))
        g = request.g
        g.session, g.form, g.files = session, {}, {}
        g.words = Words(self._language_of(request, session))
        if request.method == "POST":
            kind, _, parameters = (request.content_type or "").partition(";")
            kind = kind.strip().lower()
            if kind not in (_FORM, _FILES) or (kind == _FILES and session is None):
                return self.refused(g.words, 415, "web.bad_form", session)
            try:
                if kind == _FILES:
                    g.form, g.files = parse_multipart(request.body or b"", parameters)
                else:
                    g.form = parse_form(request.body or b"")
            except ValueError:
                return self.refused(g.words, 400, "web.bad_form", session)
            request._body = b""  # type: ignore[attr-defined]  # it is in the form now, and a small heap has no room for both
        if request.path in _FOR_STRANGERS or (session is None and request.path == "/"):
            return None
        if session is None:
            if request.method == "POST":
                return self.refused(g.words, 403, "web.session_over", None)
            return self.redirect("/login")
        if request.method == "POST" and not session.wrote(g.form.get("csrf", "")):
            return self.refused(g.words, 403, "web.foreign_form", session)
        if self.device.admin.must_change() and request.path not in (_CHANGE, "/logout", "/language"):
            return self.redirect(_CHANGE)
        return None

    def _language_of(self, request: "Request", session: "Session | None") -> str:
        """Whoever looks chooses; a stranger's browser says what it would like, else it is the panel's language."""
        if session is not None:
            return session.language
        asked = request.headers.get("Accept-Language", "")
        return asked if asked in LANGUAGES else str(self.device.language)

    def drop_attempts(self, session: "Session") -> None:
        """A sign-in that was not saved ends with the session that asked for it."""
        for accounts in (self.device.accounts, self.device.fax):
            attempt = accounts.signin if accounts is not None else None
            if attempt is not None and attempt.owner == session.owner:
                accounts.cancel_signin()

    async def _login_page(self, request: "Request") -> "Answer":
        return self._door(request, "")

    async def _login(self, request: "Request") -> "Answer":
        admin, audit, where = self.device.admin, self.device.audit, _address(request)
        say = request.g.words.say
        wait_s = admin.locked_for_s()
        if wait_s:
            return self._door(request, say("web.password_locked", str(wait_s)), 403)
        if not await admin.check(request.g.form.get("password", "")):
            self.wrong_password(where)
            return self._door(request, say("web.password_wrong"), 403)
        if request.g.session is not None:  # log-in always gives a new id
            self._end(request.g.session)
        session = self._sessions.open()
        session.language = request.g.words.language
        for evicted in self._sessions.ended():
            self.drop_attempts(evicted)
        audit.note("log_in", where)
        return self.redirect("/", self._cookie + session.id + self._cookie_kind)

    def wrong_password(self, where: str) -> None:
        self.device.audit.note("log_in_wrong", where)
        if self.device.admin.locked_for_s() == _TOLD_AT_S:
            self.device.tell("locked", where)

    async def _logout(self, request: "Request") -> "Answer":
        self._end(request.g.session)
        self.device.audit.note("log_out", _address(request))
        return self.redirect("/", self._cookie + self._cookie_kind + "; Max-Age=0")

    def _end(self, session: "Session") -> None:
        self.drop_attempts(session)
        self._sessions.close(session)

    def end_others(self, session: "Session") -> None:
        """Log everybody else out."""
        for other in self._sessions.others(session):
            self.drop_attempts(other)

    async def _language(self, request: "Request") -> "Answer":
        form = request.g.form
        if form.get("language", "") in LANGUAGES:
            request.g.session.language = form["language"]
        back = form.get("back", "/")
        return self.redirect(back if self._module(back) else "/")

    # --- the pages ---

    async def _show(self, request: "Request") -> "Answer":
        if request.g.session is None:  # the door's bell
            return self.page(request.g.words, "web.title", pages.welcome(request.g.words), None, "/")
        visit, module = self._visit(request)
        answer: "Answer" = await module.show(visit)
        return answer

    async def _act(self, request: "Request") -> "Answer":
        visit, module = self._visit(request)
        try:
            answer: "Answer" = await module.act(visit, request.g.form)
            return answer
        except StorageError:
            return visit.refused(500, "web.storage_failed")

    def _visit(self, request: "Request") -> "tuple[Visit, Any]":
        name, g = self._module(request.path), request.g
        module = "firmware.web." + name
        __import__(module)
        words = Words(g.words.language, name)
        return Visit(self, g.session, words, request.path, _address(request), g.files), sys.modules[module]

    async def _style(self, _request: "Request") -> "Answer":
        from firmware.web.style import STYLE

        return Response(STYLE, 200, {"Content-Type": "text/css; charset=UTF-8"})

    # --- answers ---

    def page(
        self,
        words: Words,
        title: str,
        pieces: "list[str]",
        session: "Session | None",
        path: str,
        status: int = 200,
        refresh_s: int = 0,
    ) -> "Answer":
        """`title`: a key; `path`: where one is in the menu."""
        product = self.device.board.identity.model
        html = pages.page(words, words.say(title), product, pieces, session, self._rows, path, refresh_s)
        length = sum([len(piece.encode()) for piece in html])
        headers = {"Content-Type": "text/html; charset=UTF-8", "Content-Length": str(length)}
        one_by_one: "Any" = (piece.encode() for piece in html)  # microdot takes them so, its annotations do not say it
        return Response(one_by_one, status, headers)

    def _door(self, request: "Request", error: str, status: int = 200) -> "Answer":
        words = request.g.words
        return self.page(words, "web.log_in", pages.login(words, error), None, "/login", status)

    def refused(self, words: Words, status: int, key: str, session: "Session | None", back: str = "/") -> "Answer":
        pieces = pages.refused(words, key, back if session is not None else "/login")
        return self.page(words, "web.title", pieces, session, back, status)

    def redirect(self, where: str, cookie: str = "") -> "Answer":
        """303: whatever was asked, go and get that page."""
        headers = {"Location": where}
        if cookie:
            headers["Set-Cookie"] = cookie
        return Response(b"", 303, headers)

    def _error_page(self, status: int, key: str) -> "Any":
        async def handler(request: "Request") -> "Answer":
            # Where there is no such page nobody has asked yet whose request it is
            session = self._sessions.find(request.cookies.get("scanpost_session", ""))
            return self.refused(Words(self._language_of(request, session)), status, key, session)

        return handler

    async def _no_room(self, request: "Request", _error: Exception) -> "Answer":
        return Response(
            no_room(request.method == "POST"), 503, {"Refresh": AGAIN_S, "Content-Type": "text/plain; charset=UTF-8"}
        )


def _address(request: "Request") -> str:
    """The browser's address without its port."""
    return str(request.client_addr).partition(":")[0]
