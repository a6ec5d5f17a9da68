"""Web Config's pages and what their buttons do, on microdot (manual R04-R10). Loaded when somebody first asks for a page.

Every request that gets here has passed the guard. `_admit` lets strangers see a door only; a form counts only with the
token of its session. `_save` is where the rules of OK live: what changes or erases a sign-in is asked first, and the
answer counts only for exactly the questions that were shown. Start at `App`.
"""

import binascii
import hashlib

from microdot.microdot import AsyncBytesIO, Microdot, Response
from micropython import const

from firmware import settings as email_settings
from firmware.web import email, pages
from firmware.web.email import BASIC, SIGN_IN
from firmware.web.forms import parse_form
from firmware.web.guard import AGAIN_S, NO_ROOM
from firmware.web.pages import escape, say
from firmware.web.style import STYLE
from firmware.web.words import text
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from microdot.microdot import Request

    from firmware.web.guard import Writer
    from firmware.web.sessions import Session, Sessions

    Answer = Response
    Settings = dict[str, Any]

_FOR_STRANGERS = ("/", "/login", "/style.css")
_FORM = "application/x-www-form-urlencoded"
_UNDER_WAY = ("REQUESTING", "WAITING", "GRANTED")
_LONGEST_DRAFT = const(16384)  # characters that a session keeps of a form

# Settings that a sign-in is granted for (design, decision 3): a grant made for others is not saved with these.
_BOUND = ("service", "authority", "client_id", "scope", "smtp_host", "smtp_port", "secure", "verify", "ca")


class App:
    def __init__(self, device: "Any", sessions: "Sessions") -> None:
        self._device = device
        self._sessions = sessions
        self._microdot = Microdot()
        for path, method, handler in (
            ("/", "GET", self._status),
            ("/style.css", "GET", self._style),
            ("/login", "GET", self._login_page),
            ("/login", "POST", self._login),
            ("/logout", "POST", self._logout),
            (BASIC, "GET", self._basic_page),
            (BASIC, "POST", self._basic),
            (SIGN_IN, "GET", self._sign_in_page),
            (SIGN_IN, "POST", self._sign_in),
            ("/contacts", "GET", self._contacts_page),
            ("/contacts", "POST", self._contacts),
            ("/security/password", "GET", self._password_page),
            ("/security/password", "POST", self._password),
            ("/security/ca", "GET", self._ca_page),
            ("/security/roots", "GET", self._roots_page),
        ):
            self._microdot.route(path, methods=[method])(handler)
        self._microdot.before_request(self._admit)
        for status, key in ((404, "web.no_page"), (405, "web.no_page"), (500, "web.failed")):
            self._microdot.errorhandler(status)(self._error_page(status, key))
        self._microdot.errorhandler(MemoryError)(self._no_room)

    async def handle(self, request: bytes, writer: "Writer") -> None:
        """Answer one whole request that the guard let through."""
        await self._microdot.handle_request(AsyncBytesIO(request), writer)  # type: ignore[arg-type]

    def routes(self) -> "list[tuple[str, str]]":
        """Every (method, path) that is answered; tests are made from it."""
        return [(method, route[1].url_pattern) for route in self._microdot.url_map for method in route[0]]

    # --- who may ---

    async def _admit(self, request: "Request") -> "Answer | None":
        for over in self._sessions.ended():
            self._drop_attempt(over)
        session = self._sessions.find(request.cookies.get("scanpost_session", ""))
        request.g.session = session
        request.g.form = {}
        if request.method == "POST":
            if (request.content_type or "").split(";")[0].strip().lower() != _FORM:
                return self._refused(415, "web.bad_form", session)
            try:
                request.g.form = parse_form(request.body or b"")
            except ValueError:
                return self._refused(400, "web.bad_form", session)
        if request.path in _FOR_STRANGERS:
            return None
        if session is None:
            if request.method == "POST":
                return self._refused(403, "web.session_over", None)
            return _redirect("/login")
        if request.method == "POST" and not session.wrote(request.g.form.get("csrf", "")):
            return self._refused(403, "web.foreign_form", session)
        return None

    def _drop_attempt(self, session: "Session") -> None:
        """A sign-in that was not saved ends with the session that asked for it."""
        if self._attempt(session) is not None:
            self._device.cancel_signin()

    async def _login_page(self, _request: "Request") -> "Answer":
        return self._door("")

    async def _login(self, request: "Request") -> "Answer":
        admin, log = self._device.admin, self._device.board.monitor.log
        wait_s = admin.locked_for_s()
        if wait_s:
            return self._door(say("web.password_locked", str(wait_s)), 403)
        if not await admin.check(request.g.form.get("password", "")):
            log(f"web: wrong administrator password from {request.client_addr}")
            return self._door(say("web.password_wrong"), 403)
        if request.g.session is not None:  # log-in always gives a new id
            self._end(request.g.session)
        session = self._sessions.open()
        for evicted in self._sessions.ended():
            self._drop_attempt(evicted)
        log(f"web: administrator logged in from {request.client_addr}")
        return _redirect("/", "scanpost_session=" + session.id + "; Path=/; HttpOnly; SameSite=Strict")

    async def _logout(self, request: "Request") -> "Answer":
        self._end(request.g.session)
        return _redirect("/", "scanpost_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")

    def _end(self, session: "Session") -> None:
        self._drop_attempt(session)
        self._sessions.close(session)

    # --- status and security ---

    async def _status(self, request: "Request") -> "Answer":
        if request.g.session is None:
            return self._page(say("web.status"), pages.welcome(), None, pages.STATUS)
        identity, account = self._device.board.identity, self._device.accounts.device
        key = {"SIGNED_IN": "web.signed_in", "EXPIRED": "web.expired", "REAUTH": "web.reauth"}.get(account.state, "")
        settings = self._device.settings()
        rows = [(say("web.method"), say("web.method." + settings["method"]))]
        if settings["method"] == "oauth2":
            rows.append((say("web.service"), say("web.service." + settings["service"])))
        if key:
            badge = "badge" if account.state == "SIGNED_IN" else "badge bad"
            shown = f'<span class="{badge}">{say(key)}</span> {pages.remote(account.address)}'
            rows.append((say("web.current_status"), shown))
        rows.append((say("web.open_settings"), f'<a href="{BASIC}">{say("web.basic")}</a>'))
        pieces = [
            f"<h1>{say('web.status')}</h1>",
            pages.facts(
                say("web.device"),
                [
                    (say("web.model"), escape(identity.model)),
                    (say("web.serial"), escape(identity.serial)),
                    (say("web.firmware"), escape(identity.firmware)),
                ],
            ),
            pages.facts(say("web.email_server"), rows),
        ]
        network = []
        for interface in self._device.board.network.interfaces:
            note = say("web.interface_standard" if interface.standard else "web.interface_additional")
            address = escape(interface.address) if interface.up() else say("web.interface_down")
            network.append((escape(interface.name), f'{address}<p class="note">{note}</p>'))
        pieces.append(pages.facts(say("web.network"), network))
        return self._page(say("web.status"), pieces, request.g.session, pages.STATUS)

    async def _style(self, _request: "Request") -> "Answer":
        return Response(STYLE, 200, {"Content-Type": "text/css; charset=UTF-8"})

    async def _password_page(self, request: "Request") -> "Answer":
        return self._password_form(request.g.session)

    async def _password(self, request: "Request") -> "Answer":
        session, typed = request.g.session, request.g.form
        if typed.get("new", "") != typed.get("again", ""):
            return self._password_form(session, "again", "web.password_differs")
        try:
            await self._device.admin.change(typed.get("old", ""), typed.get("new", ""))
        except ValueError as error:
            key = str(error.args[0])
            return self._password_form(session, "old" if key == "web.password_wrong" else "new", key)
        except StorageError:
            return self._refused(500, "web.storage_failed", session)
        for other in self._sessions.others(session):
            self._drop_attempt(other)
        self._device.board.monitor.log("web: the administrator's password was changed")
        session.message = "web.password_changed"
        return _redirect("/security/password")

    def _password_form(self, session: "Session", field: str = "", error: str = "") -> "Answer":
        pieces = pages.password(session, field, error)
        path = "/security/password"
        return self._page(say("web.change_password"), pieces, session, pages.SECURITY, 422 if error else 200, path)

    async def _ca_page(self, request: "Request") -> "Answer":
        words = f'{say("web.ca_text")} <a href="{BASIC}#ca">{say("web.email_server")} &gt; {say("web.basic")}</a>.'
        return self._certificates("web.ca_certificate", words, request)

    async def _roots_page(self, request: "Request") -> "Answer":
        return self._certificates(
            "web.root_update", say("web.roots_text", self._device.board.identity.firmware), request
        )

    def _certificates(self, title: str, words: str, request: "Request") -> "Answer":
        pieces = pages.certificates(title, words)
        return self._page(say(title), pieces, request.g.session, pages.SECURITY, 200, request.path)

    # --- Contacts ---

    async def _contacts_page(self, request: "Request") -> "Answer":
        return self._contacts_form(request.g.session, {})

    async def _contacts(self, request: "Request") -> "Answer":
        from firmware.web import contacts

        session, posted = request.g.session, request.g.form
        if "edit" in posted:
            return self._contacts_form(session, contacts.chosen(self._device.contacts.all(), posted["edit"]))
        try:
            session.message = contacts.act(self._device.contacts, posted, self._device.board.monitor.log)
        except ValueError as error:
            return self._contacts_form(session, posted, error.args)
        except StorageError:
            return self._refused(500, "web.storage_failed", session)
        return _redirect(contacts.PATH)

    def _contacts_form(self, session: "Session", typed: "dict[str, str]", problem: "tuple[str, ...]" = ()) -> "Answer":
        from firmware.web import contacts

        pieces = contacts.page(session, self._device.contacts.all(), typed, problem)
        return self._page(say("web.contacts"), pieces, session, pages.CONTACTS, 422 if problem else 200)

    # --- Network > Email Server > Basic ---

    async def _basic_page(self, request: "Request") -> "Answer":
        session = request.g.session
        return self._basic_form(session, session.draft or self._saved_form())

    async def _basic(self, request: "Request") -> "Answer":
        session, posted = request.g.session, request.g.form
        do = posted.get("do", "ok")
        asked = posted.get("asked", "")
        if not asked:
            typed = self._typed(posted, session.draft)
            if sum([len(value) for value in typed.values()]) > _LONGEST_DRAFT:
                return self._refused(400, "web.bad_form", session)
            session.draft = typed
        if do == "discard":
            self._drop_attempt(session)
            session.draft = None
            session.message = "web.discarded"
            return _redirect(BASIC)
        if do == "signout":
            return await self._sign_out(session, asked)
        if session.draft is None:  # an answer without a question
            session.message = "web.nothing_to_save"
            return _redirect(BASIC)
        grant = self._grant(session)
        settings, problems = self._validated(session.draft, grant)
        if do == "signin" and not problems and settings["method"] != "oauth2":
            problems = [("method", "web.method_first", "")]
        if problems:
            errors = {field: say(key, argument) for field, key, argument in problems}
            return self._basic_form(session, session.draft, errors)
        if do == "signin":
            # A sender that only repeats who is signed in goes along: the page has filled it in by itself.
            now = (grant.address if grant is not None else "", self._device.accounts.device.address)
            if session.draft["sender"] in now:
                session.draft["sender"] = ""
            if grant is not None:  # somebody else is to sign in: what nobody confirmed is dropped
                self._drop_attempt(session)
            return _redirect(SIGN_IN)
        return await self._save(session, settings, grant, asked)

    async def _save(self, session: "Session", settings: "Settings", grant: "Any", asked: str) -> "Answer":
        """OK (R07): ask what must be asked, then one write."""
        use_grant = grant is not None and settings["method"] == "oauth2" and not self._unfit(grant, settings)
        questions = self._questions(session, settings, grant, use_grant)
        if questions and asked != self._mark(questions, settings):
            return self._ask(session, questions, self._mark(questions, settings), "ok", "web.yes_save")
        if use_grant:
            settings["account"] = grant.address
        try:
            await self._device.save(settings, use_grant, session.owner)
        except StorageError:
            return self._refused(500, "web.storage_failed", session)
        except ValueError:  # the grant lapsed while the questions were read
            return self._refused(422, "web.grant_gone", session)
        if grant is not None and not use_grant:
            self._drop_attempt(session)
        session.draft = None
        session.message = "web.saved_sign_in" if use_grant else "web.saved"
        who = ", signed in as " + grant.address + " of " + grant.tenant if use_grant else ""
        self._device.board.monitor.log("web: email settings saved" + who)
        return _redirect(BASIC)

    def _questions(
        self, session: "Session", settings: "Settings", grant: "Any", use_grant: bool
    ) -> "list[tuple[str, str]]":
        """What the administrator must confirm before these settings are saved: (kind of box, HTML)."""
        saved, account = self._device.settings(), self._device.accounts.device
        asked = []
        if session.draft is not None and session.draft["base"] != self._base():
            asked.append(("warn", say("web.ask_changed")))
        if grant is not None and not use_grant:
            unfit = ", ".join(email.labels(self._unfit(grant, settings) or ["method"]))
            asked.append(("warn", say("web.ask_unfit", unfit)))
        changes = self._device.changes(settings)
        if changes and not use_grant and account.state != "SIGNED_OUT":
            asked.append(("bad", say("web.ask_erase", ", ".join(email.labels(changes)), account.address)))
        if use_grant and settings["sender"].lower() != grant.address.lower():
            asked.append(("warn", say("web.ask_sender", grant.address, settings["sender"])))
        if use_grant and account.address and account.address.lower() != grant.address.lower():
            asked.append(
                ("warn", say("web.ask_previous", grant.address, grant.tenant, account.address, account.tenant))
            )
        if settings["method"] == "oauth2" and not settings["verify"] and saved["verify"]:
            asked.append(("bad", say("web.ask_verify")))
        return asked

    async def _sign_out(self, session: "Session", asked: str) -> "Answer":
        """Sign Out (R08): what is not saved goes first, and costs the device nothing."""
        grant, account = self._grant(session), self._device.accounts.device
        if grant is None and account.state == "SIGNED_OUT":
            return _redirect(BASIC)
        key, address = ("web.ask_sign_out_unsaved", grant.address) if grant else ("web.ask_sign_out", account.address)
        question = ("warn", say(key, address))
        mark = self._mark([question], {})
        if asked != mark:
            return self._ask(session, [question], mark, "signout", "web.sign_out")
        if grant is not None:
            self._device.cancel_signin()
            session.message = "web.discarded"
            return _redirect(BASIC)
        try:
            await self._device.sign_out()
        except StorageError:
            return self._refused(500, "web.storage_failed", session)
        session.message = "web.signed_out"
        self._device.board.monitor.log("web: signed out")
        return _redirect(BASIC)

    def _ask(
        self, session: "Session", questions: "list[tuple[str, str]]", mark: str, action: str, yes: str
    ) -> "Answer":
        pieces = email.questions(session, questions, mark, action, yes)
        return self._page(say("web.ask_title"), pieces, session, pages.NETWORK, 200, BASIC)

    def _basic_form(
        self, session: "Session", typed: "dict[str, str]", errors: "dict[str, str] | None" = None
    ) -> "Answer":
        grant, account, board = self._grant(session), self._device.accounts.device, self._device.board
        settings = self._validated(typed, grant)[0]
        shown = dict(typed)
        shown["account"] = grant.address if grant else account.address or settings["account"]
        if grant is not None and not typed["sender"]:
            shown["sender"] = grant.address
        unfit = self._unfit(grant, settings) if grant is not None else []
        status = email.Status(account, grant, unfit, self._busy(session), board.clock.now())
        pieces = email.basic(session, shown, errors or {}, status, board.network.interfaces)
        return self._page(say("web.basic"), pieces, session, pages.NETWORK, 422 if errors else 200, BASIC)

    def _typed(self, posted: "dict[str, str]", before: "dict[str, str] | None") -> "dict[str, str]":
        """The form's fields as posted. Left empty, the password is the one typed before or the stored one."""
        typed = dict(before or self._saved_form())
        for field in email.FIELDS:
            if field in posted and (field != "password" or posted[field]):
                typed[field] = posted[field]
        typed["base"] = posted.get("base", "")
        # Browsers send CR LF: a certificate that was not touched must stay the same, or it would cost the sign-in
        typed["ca"] = typed["ca"].replace("\r\n", "\n")
        return typed

    def _saved_form(self) -> "dict[str, str]":
        saved = self._device.settings()
        typed = {field: str(saved[field]) for field in email.FIELDS}
        for field in email.SWITCHES:
            typed[field] = "enable" if saved[field] else "disable"
        typed["ca"] = typed["ca"].replace("\r\n", "\n")
        typed["base"] = self._base()
        return typed

    def _validated(self, typed: "dict[str, str]", grant: "Any") -> "tuple[Settings, list[tuple[str, str, str]]]":
        """The settings that the form stands for, with the signed-in account as sender when none is given."""
        saved = self._device.settings()
        form = dict(typed)
        form["account"] = saved["account"]  # filled by a sign-in, never by a form
        if not form["sender"] and form["method"] == "oauth2":
            form["sender"] = grant.address if grant is not None else self._device.accounts.device.address
        settings, problems = email_settings.validate(form, saved)
        if settings["ca"] == saved["ca"].replace("\r\n", "\n"):
            settings["ca"] = saved["ca"]
        return settings, problems

    def _unfit(self, grant: "Any", settings: "Settings") -> "list[str]":
        """The fields in which these settings are not those that the sign-in was made for."""
        return [field for field in _BOUND if grant.settings[field] != settings[field]]

    def _base(self) -> str:
        """Names the settings as saved now, so that a page that was opened before a change is noticed."""
        shown = email_settings.public(self._device.settings())
        return _digest(repr(sorted([item for item in shown.items() if item[0] != "account"])))

    def _mark(self, questions: "list[tuple[str, str]]", settings: "Settings") -> str:
        return _digest(repr(questions) + repr(sorted(email_settings.public(settings).items())))

    # --- Sign In ---

    def _attempt(self, session: "Session") -> "Any":
        """The sign-in attempt that this session asked for, or None."""
        attempt = self._device.signin
        return attempt if attempt is not None and attempt.owner == session.owner else None

    def _grant(self, session: "Session") -> "Any":
        """This session's attempt when it has succeeded and is not saved, or None."""
        attempt = self._attempt(session)
        return attempt if attempt is not None and attempt.state == "GRANTED" else None

    def _busy(self, session: "Session") -> bool:
        attempt = self._device.signin
        return attempt is not None and attempt.owner != session.owner and attempt.state in _UNDER_WAY

    async def _sign_in_page(self, request: "Request") -> "Answer":
        session = request.g.session
        attempt = self._attempt(session)
        identity = self._device.board.identity
        refresh_s = 0
        if self._busy(session):
            pieces = email.busy()
        elif attempt is None:
            settings, problems = self._validated(session.draft or self._saved_form(), None)
            if problems or settings["method"] != "oauth2":
                return _redirect(BASIC)
            pieces = email.sign_in(session, settings)
        elif attempt.state == "GRANTED":
            return _redirect(BASIC)
        elif attempt.state == "REQUESTING":
            pieces, refresh_s = email.requesting(session), 1
        elif attempt.state == "WAITING":
            pieces, refresh_s = email.waiting(session, attempt, identity.model, identity.serial), 3
        else:
            pieces = email.ended(session, attempt)
        return self._page(say("web.sign_in"), pieces, session, pages.NETWORK, 200, BASIC, refresh_s)

    async def _sign_in(self, request: "Request") -> "Answer":
        session = request.g.session
        attempt = self._attempt(session)
        if request.g.form.get("do") == "cancel":
            self._drop_attempt(session)
            return _redirect(BASIC)
        if self._busy(session):
            return _redirect(SIGN_IN)
        if attempt is None or attempt.state not in ("REQUESTING", "WAITING"):
            settings, problems = self._validated(session.draft or self._saved_form(), None)
            if problems or settings["method"] != "oauth2":
                return _redirect(BASIC)
            try:
                await self._device.start_signin(settings, session.owner)
            except ValueError:
                pass  # somebody else was quicker: the page says so
        return _redirect(SIGN_IN)

    # --- answers ---

    def _page(
        self,
        title: str,
        pieces: "list[str]",
        session: "Session | None",
        tab: int,
        status: int = 200,
        path: str = "",
        refresh_s: int = 0,
    ) -> "Answer":
        product = self._device.board.identity.model
        html = pages.page(title, product, pieces, session, tab, path, refresh_s)
        length = sum([len(piece.encode()) for piece in html])
        headers = {"Content-Type": "text/html; charset=UTF-8", "Content-Length": str(length)}
        one_by_one: "Any" = (piece.encode() for piece in html)  # microdot takes them so, its annotations do not say it
        return Response(one_by_one, status, headers)

    def _door(self, error: str, status: int = 200) -> "Answer":
        return self._page(say("web.log_in"), pages.login(error), None, pages.STATUS, status)

    def _refused(self, status: int, key: str, session: "Session | None") -> "Answer":
        pieces = pages.refused(key, BASIC if session is not None else "/login")
        return self._page(text("web.title"), pieces, session, pages.STATUS, status)

    def _error_page(self, status: int, key: str) -> "Any":
        async def handler(_request: "Request") -> "Answer":
            return self._refused(status, key, None)

        return handler

    async def _no_room(self, _request: "Request", _error: Exception) -> "Answer":
        return Response(NO_ROOM, 503, {"Refresh": AGAIN_S, "Content-Type": "text/plain; charset=UTF-8"})


def _redirect(where: str, cookie: str = "") -> "Answer":
    """303: whatever was asked, go and get that page."""
    headers = {"Location": where}
    if cookie:
        headers["Set-Cookie"] = cookie
    return Response(b"", 303, headers)


def _digest(words: str) -> str:
    return binascii.hexlify(hashlib.sha256(words.encode()).digest()[:8]).decode()
