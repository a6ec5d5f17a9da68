"""An onlooker at the seam of a virtual world: understands what crosses it, and asks the invariants about it.

`Watch(world)` observes from the next power-on. It decodes what the firmware says on its connections (HTTP, SMTP, Web
Config's visits) and what it writes to flash, keeps in `truths` what follows from that about each sign-in (the device's, the
fax server's, and each user's), without asking the firmware, and passes all of it to the invariants (`sim/invariants.py`),
whose hooks have the names in `HOOKS`. The first violation ends the run. Start at `Watch`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import h11

from sim.sealed import opened
from sim.trace import Observer

if TYPE_CHECKING:
    from sim.invariants import Invariant
    from sim.world import VirtualWorld

Json = dict[str, Any]

HOOKS = (
    "power",  # (on)
    "connecting",  # (host, port, interface): before the connection
    "sending",  # (connection, bytes): before they leave
    "asked",  # (request): a whole request has left for a token service
    "answered",  # (request): its whole answer was read
    "unanswered",  # (request): the connection ended without one
    "authenticating",  # (connection): `user` and `token` are known
    "authenticated",  # (connection, code, text)
    "mailing",  # (connection): `message_id` is known, the mail is under way
    "mailed",  # (connection, code): the reply to the whole mail
    "saved",  # (truth, before, after): a record with a sign-in was replaced on flash, or removed
    "noted",  # (line): a line was appended to the job journal
    "told_account",  # (truth, account): as panel and monitor show it
    "told_jobs",  # (jobs): all at the start, then those that may have changed
    "said",  # (where, text): words that somebody can read
    "served",  # (visit): Web Config answered somebody
    "settled",  # (): between two steps, when nobody has anything left to do
)

_ENDING = ("invalid_grant", "interaction_required", "consent_required", "login_required")  # cloud-facts 3.6
_EXPIRED = (700082, 70008, 70043)  # cloud-facts 7.1: run out by time, code 361
_MOST_ANSWER = 65536
_MOST_HEADER = 16384
_MOST_LEARNED = 2000
_MOST_SHORT = 20  # passwords: those of the cloud's people, the label's, and what was typed
_NEEDLE = 24
_RUN = re.compile(r"[\w.~+/=-]{24,}")
_MOST_TOKENS = 50  # of a sign-in, the newest
_MOST_GRANTS = 20  # that nobody has pressed OK for
EMAIL, FAX, JOBS = "email", "fax", "jobs"  # files on flash
_USER = "user."  # how those begin that hold a user's sign-in
_SERVER_PAGES = {EMAIL: "/network/email/basic", FAX: "/fax/server/basic"}


class Request:
    """One request to a token service, and its answer when there was a whole one."""

    def __init__(self, connection: Connection, method: str, path: str, form: dict[str, str], at_ms: int) -> None:
        self.connection = connection
        self.method = method
        self.path = path
        self.form = form
        self.at_ms = at_ms
        self.status = 0
        self.headers: dict[str, str] = {}
        self.answer: Json = {}  # {} when it is no JSON object
        grant = form.get("grant_type", "")
        self.kind = "poll" if grant.endswith("device_code") else "refresh" if grant == "refresh_token" else "other"
        if self.kind == "other" and method == "POST" and "scope" in form:
            self.kind = "device_code"

    @property
    def error(self) -> str:
        return str(self.answer.get("error", "")) if self.status in (400, 401, 403) else ""

    @property
    def ends(self) -> str:
        """The state that this answer puts a sign-in into (cloud-facts 7.1), "" when it ends none."""
        if self.error not in _ENDING:
            return ""
        codes = self.answer.get("error_codes")
        words = str(self.answer.get("error_description", ""))
        numbers = codes if isinstance(codes, list) else []
        expired = any(code in numbers or words.startswith(f"AADSTS{code}:") for code in _EXPIRED)
        return "EXPIRED" if expired or self.answer.get("suberror") == "token_expired" else "REAUTH"

    @property
    def tokens(self) -> bool:
        return self.status == 200 and isinstance(self.answer.get("access_token"), str)


class Connection:
    """A connection that the firmware opened."""

    def __init__(self, host: str, port: int, interface: Any) -> None:
        self.host = host
        self.port = port
        self.interface = interface
        self.tls_name: str | None = None  # None: in clear
        self.verified = False
        self.request: Request | None = None
        self.user = ""
        self.token = ""
        self.message_id = ""
        self.out = bytearray()  # not yet understood
        self.came = bytearray()
        self.http: h11.Connection | None = None
        self.expects: list[str] = ["greeting"]  # SMTP: what the next reply answers
        self.in_mail = False
        self.tail = b""

    @property
    def is_mail(self) -> bool:
        return self.port in (25, 465, 587, 2525)


class Visit:
    """Somebody's request to Web Config and its answer."""

    def __init__(self) -> None:
        self.out = bytearray()  # what the firmware answers
        self.came = bytearray()
        self.method = self.path = self.cookie = ""
        self.form: dict[str, str] = {}
        self.open = True

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "replace")


Route = tuple[str, int, str, bool]  # host, port, secure, verify


class Granted(NamedTuple):
    """What a poll has given, and nobody has saved yet."""

    access_token: str
    endpoint: tuple[str, int, str]  # host, port, path
    at_ms: int


class Truth:
    """What follows from the wire and the flash about one saved sign-in."""

    def __init__(self, account: str, file: str) -> None:
        """`account`: as the device tells of it; `file`: where it keeps it."""
        self.account = account
        self.file = file
        self.page = _SERVER_PAGES.get(file, "")  # whose OK saves it, "" for a user's: they press OK at the panel
        self.record: Json = {}  # as it is on flash
        self.state = "SIGNED_OUT"
        self.changed_ms = 0
        self.granted_ms = 0  # when the cloud gave what was saved last
        self.refresh_token = ""  # the newest that the cloud has given for it
        self.tokens: dict[str, None] = {}  # all that it has given
        self.refresh_of: dict[str, str] = {}  # access token -> the refresh token that must be on flash for it
        self.route: Route = ("", 0, "", True)  # what it is good for
        self.endpoint: tuple[str, int, str] = ("", 0, "")
        self.refused_token = ""  # the access token that the mail server refused last

    def end(self, state: str, now_ms: int) -> None:
        self.state, self.changed_ms, self.refused_token = state, now_ms, ""

    def given(self, refresh_token: str, access_token: str) -> None:
        self.refresh_token = refresh_token
        self.tokens[refresh_token] = None
        self.refresh_of[access_token] = refresh_token
        for kept in (self.tokens, self.refresh_of):
            while len(kept) > _MOST_TOKENS:
                del kept[next(iter(kept))]


class Secrets:
    """What nobody may read anywhere. Long ones are known by two pieces of them."""

    def __init__(self) -> None:
        self._short: dict[str, str] = {}  # secret -> what it is
        self._pieces: dict[str, str] = {}  # of long ones

    def learn(self, what: str, secret: object) -> None:
        if not isinstance(secret, str) or len(secret) < 6:
            return
        if len(secret) <= 2 * _NEEDLE:
            self._short.pop(secret, None)
            self._short[secret] = what
            if len(self._short) > _MOST_SHORT:
                del self._short[next(iter(self._short))]
            return
        middle = len(secret) // 2
        self._pieces[secret[middle : middle + _NEEDLE]] = what
        self._pieces[secret[-_NEEDLE:]] = what
        while len(self._pieces) > _MOST_LEARNED:
            del self._pieces[next(iter(self._pieces))]

    def found_in(self, text: str) -> str:
        """What is in `text` of it, "" when nothing is."""
        for secret, what in self._short.items():
            if secret in text:
                return what
        for run in _RUN.findall(text):
            for start in range(len(run) - _NEEDLE + 1):
                what = self._pieces.get(run[start : start + _NEEDLE], "")
                if what:
                    return what
        return ""


class Watch(Observer):
    """`invariants`: the classes to ask; by default all of them. `facts` are for them to share."""

    def __init__(self, world: VirtualWorld, invariants: Sequence[type[Invariant]] | None = None) -> None:
        from sim.invariants import ALL

        self.world = world
        self.truth = Truth("device", EMAIL)
        self.truths = {EMAIL: self.truth, FAX: Truth("fax", FAX)}  # by file
        self.grants: dict[str, Granted] = {}  # refresh token -> what came with it
        self.routes_before: dict[str, Route] = {}  # by access token of a sign-in that was replaced
        self.pressed_ms = 0  # when somebody did something at the panel last
        self.secrets = Secrets()
        self.connections: dict[str, Connection] = {}
        self.visits: dict[str, Visit] = {}
        self.flash_failed_ms: int | None = None  # when it did last, since the power came
        self.violation: AssertionError | None = None
        # A change of the flash that is under way.
        self._writing: tuple[Callable[..., None], tuple[Any, ...]] | None = None
        self.secrets.learn("the administrator's password", world.parts.identity.label_password)
        self.invariants = [invariant(self) for invariant in (ALL if invariants is None else invariants)]
        self._asked: dict[str, list[Callable[..., None]]] = {
            hook: [getattr(each, hook) for each in self.invariants if hasattr(each, hook)] for hook in HOOKS
        }
        self._called: dict[tuple[str, str], Callable[..., None]] = {
            ("network", "connect"): self._connecting,
            ("connection", "write"): self._writes,
            ("connection", "close"): self._closes,
            ("visit", "write"): self._visit_writes,
            ("visit", "close"): self._visit_closes,
            ("printer", "write"): self._prints,
            ("panel", "say"): self._says,
            ("monitor", "log"): self._logs,
            ("monitor", "state"): self._tells,
        }
        self._returned: dict[tuple[str, str], Callable[..., None]] = {
            ("network", "connect"): self._connected,
            ("connection", "start_tls"): self._turned_to_tls,
            ("connection", "read"): self._read,
            ("listener", "accept"): self._accepted,
            ("visit", "read"): self._visit_read,
            ("storage", "rename"): self._renamed,
            ("storage", "append"): self._appended,
            ("storage", "remove"): self._removed,
            ("touch", "next"): self._pressed,
            ("keys", "next"): self._pressed,
        }
        world.observers.append(self)

    # --- asking the invariants ---

    @property
    def now_ms(self) -> int:
        return self.world.loop.now_ms

    def tell(self, hook: str, *what: Any) -> None:
        for ask in self._asked[hook]:
            try:
                ask(*what)
            except AssertionError as violation:
                if self.violation is None:
                    self.violation = violation
                if self.world.loop.is_running():
                    self.world.loop.fail(violation)

    def settled(self) -> None:
        """To be called between steps. Raises the violation, also an earlier one that nobody has seen."""
        self.tell("settled")
        if self.violation is not None:
            raise self.violation

    @property
    def record(self) -> Json:
        """The device's own settings and sign-in, as they are on flash."""
        return self.truth.record

    def whose(self, refresh_token: str) -> Truth | None:
        """Whose sign-in was given this refresh token, lately."""
        return next((truth for truth in self.truths.values() if refresh_token in truth.tokens), None)

    def bearer(self, access_token: str) -> Truth | None:
        """Whose sign-in this access token is of."""
        return next((truth for truth in self.truths.values() if access_token in truth.refresh_of), None)

    def told_as(self, account: str) -> Truth:
        """The sign-in that the device calls this: device, fax or user:ID."""
        if not account.startswith("user:"):
            return self.truths[FAX if account == "fax" else EMAIL]
        digest = hashlib.sha256(account[5:].encode()).digest()
        return self._kept(_USER + digest[:10].hex(), account)

    def _kept(self, file: str, account: str = "") -> Truth:
        truth = self.truths.setdefault(file, Truth(account, file))
        truth.account = account or truth.account or file
        return truth

    def part(self, kind: type[Any]) -> Any:
        """The invariant of this class, for those that build on each other."""
        return next(each for each in self.invariants if isinstance(each, kind))

    # --- the seam ---

    def called(self, _number: int, part: str, call: str, args: tuple[Any, ...]) -> None:
        handler = self._called.get((part.partition(" ")[0], call))
        if handler is not None:
            handler(part, *args)
        if part == "storage" and call in ("rename", "append", "remove"):
            self._writing = self._returned[part, call], args

    def returned(self, _number: int, part: str, call: str, args: tuple[Any, ...], result: Any) -> None:
        if part == "storage":
            self._writing = None
        handler = self._returned.get((part.partition(" ")[0], call))
        if handler is not None:
            handler(part, result, *args)

    def raised(self, _number: int, part: str, _call: str, _args: tuple[Any, ...], error: Exception) -> None:
        if part == "storage":
            self.flash_failed_ms, self._writing = self.now_ms, None
        self.tell("said", f"error of {part}", str(error))

    def power(self, on: bool) -> None:
        for user in self.world.cloud.accounts():
            self.secrets.learn("somebody's password", user["password"])
        for connection in list(self.connections.values()):
            self._over(connection)
        self.connections.clear()
        self.visits.clear()
        if self.flash_failed_ms is not None and not on:
            self._go_by_the_flash()
        for truth in self.truths.values():
            truth.refused_token = ""
        self.flash_failed_ms = None
        self.tell("power", on)

    def cut_in_a_write(self) -> None:
        """The power has gone in the middle of a write: what is on the flash now tells whether it was done."""
        self.flash_failed_ms = self.now_ms
        if self._writing is None:
            return
        (handler, args), self._writing = self._writing, None
        left = self.world.storage.image()
        if handler in (self._renamed, self._removed):
            done = left.size(args[0]) < 0
        else:
            size, data = left.size(args[0]), bytes(args[1])
            done = size >= len(data) and left.read(args[0], size - len(data), len(data)) == data
        if done:
            before, self.world.storage = self.world.storage, left
            try:
                handler("storage", None, *args)
            finally:
                self.world.storage = before

    def _go_by_the_flash(self) -> None:
        """What the cloud said last and the flash has not taken is forgotten with the power."""
        for truth in self.truths.values():
            token = _token(truth.record)
            if token and (truth.state != "SIGNED_IN" or truth.refresh_token != token):
                truth.end("SIGNED_IN", self.now_ms)
                truth.refresh_token = token

    # --- connections that the firmware opens ---

    def _connecting(self, _part: str, host: str, port: int, interface: Any, _timeout_ms: int) -> None:
        self.tell("connecting", host, port, interface)

    def _connected(self, _part: str, stream: Any, host: str, port: int, interface: Any, _timeout_ms: int) -> None:
        self.connections[stream._name] = Connection(host, port, interface)

    def _turned_to_tls(
        self, part: str, _result: None, name: str, _ca: list[bytes] | None, verify: bool, _timeout_ms: int
    ) -> None:
        connection = self.connections.get(part)
        if connection is not None:
            connection.tls_name, connection.verified = name, verify

    def _writes(self, part: str, data: Any, _timeout_ms: int) -> None:
        connection = self.connections.get(part)
        if connection is None:
            return
        sent = bytes(data)
        self.tell("sending", connection, sent)
        if connection.is_mail:
            self._mail_leaves(connection, sent)
        elif connection.request is None:
            connection.out += sent
            self._request_leaves(connection)

    def _read(self, part: str, data: bytes, _n: int, _timeout_ms: int) -> None:
        connection = self.connections.get(part)
        if connection is None:
            return
        if connection.is_mail:
            connection.came += data
            self._replies(connection)
        elif connection.http is not None:
            self._answer_comes(connection, data)

    def _closes(self, part: str) -> None:
        connection = self.connections.pop(part, None)
        if connection is not None:
            self._over(connection)

    def _over(self, connection: Connection) -> None:
        if connection.http is not None and connection.request is not None:
            connection.http = None
            self.tell("unanswered", connection.request)

    # --- HTTP ---

    def _request_leaves(self, connection: Connection) -> None:
        whole = _request(connection.out)
        if whole is None:
            return
        method, path, headers, body = whole
        request = connection.request = Request(connection, method, path, _form(body), self.now_ms)
        connection.out.clear()
        connection.http = h11.Connection(h11.CLIENT)
        connection.http.send(h11.Request(method=method, target=path or "/", headers=[("Host", headers["host"])]))
        connection.http.send(h11.EndOfMessage())
        self.secrets.learn("a refresh token", request.form.get("refresh_token"))
        self.secrets.learn("a device code", request.form.get("device_code"))
        self.tell("asked", request)

    def _answer_comes(self, connection: Connection, data: bytes) -> None:
        http, request = connection.http, connection.request
        assert http is not None and request is not None
        try:
            http.receive_data(data)
            while True:
                event = http.next_event()
                if isinstance(event, h11.Response):
                    request.status = event.status_code
                    request.headers = {name.decode(): value.decode("latin-1") for name, value in event.headers}
                elif isinstance(event, h11.Data):
                    connection.came += event.data
                elif isinstance(event, h11.EndOfMessage):
                    break
                elif not isinstance(event, h11.InformationalResponse):
                    if len(connection.came) > _MOST_ANSWER:
                        self._over(connection)
                    return
        except h11.RemoteProtocolError:
            self._over(connection)
            return
        connection.http = None
        try:
            answer = json.loads(connection.came)
        except (ValueError, RecursionError):
            answer = {}
        request.answer = answer if isinstance(answer, dict) else {}
        for name in ("access_token", "refresh_token", "id_token", "device_code"):
            self.secrets.learn("a " + name.replace("_", " "), request.answer.get(name))
        self._learn_from(request)
        self.tell("answered", request)

    def _learn_from(self, request: Request) -> None:
        if request.kind == "poll" and request.tokens:
            where = (request.connection.host, request.connection.port, request.path)
            granted = Granted(request.answer["access_token"], where, self.now_ms)
            self.grants[str(request.answer.get("refresh_token", ""))] = granted
            if len(self.grants) > _MOST_GRANTS:
                del self.grants[next(iter(self.grants))]
        elif request.kind == "refresh":
            used = request.form["refresh_token"]
            truth = self.whose(used)
            if truth is None or truth.state != "SIGNED_IN" or used != _token(truth.record):
                return  # of a sign-in that is no longer the saved one
            if request.tokens:
                truth.given(request.answer.get("refresh_token") or used, request.answer["access_token"])
            elif request.ends:
                truth.end(request.ends, self.now_ms)

    # --- SMTP ---

    def _mail_leaves(self, connection: Connection, sent: bytes) -> None:
        if connection.in_mail:
            if not connection.message_id:
                connection.out += sent
                self._find_message_id(connection)
            connection.tail = (connection.tail + sent)[-5:]
            if connection.tail == b"\r\n.\r\n":
                connection.in_mail = False
                connection.expects.append("mail")
            return
        connection.out += sent
        while (end := connection.out.find(b"\r\n")) >= 0:
            line = bytes(connection.out[:end])
            del connection.out[: end + 2]
            self._command(connection, line)

    def _find_message_id(self, connection: Connection) -> None:
        head, found, _ = bytes(connection.out).partition(b"\r\n\r\n")
        if not found and len(head) < _MOST_HEADER:
            return
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"message-id:"):
                connection.message_id = line.partition(b":")[2].strip().decode("ascii", "replace")
        connection.message_id = connection.message_id or "none"
        connection.out.clear()
        self.tell("mailing", connection)

    def _command(self, connection: Connection, line: bytes) -> None:
        verb = line.partition(b" ")[0].upper().decode("ascii", "replace")
        if connection.expects == ["token"] or (verb == "AUTH" and line.count(b" ") >= 2):
            self._token_leaves(connection, line.rpartition(b" ")[2])
            connection.expects = ["auth"]
        else:
            connection.expects.append(verb)

    def _token_leaves(self, connection: Connection, blob: bytes) -> None:
        try:
            words = base64.b64decode(blob).decode("ascii").split("\x01")
        except (binascii.Error, ValueError):
            return
        for word in words:
            if word.startswith("user="):
                connection.user = word[5:]
            elif word.lower().startswith("auth=bearer "):
                connection.token = word[12:]
        self.secrets.learn("an access token in base64", blob.decode("ascii"))
        self.tell("authenticating", connection)

    def _replies(self, connection: Connection) -> None:
        while (end := connection.came.find(b"\r\n")) >= 0:
            line = connection.came[:end].decode("utf-8", "replace")
            del connection.came[: end + 2]
            if not line[:3].isdigit() or line[3:4] == "-":
                continue
            step = connection.expects.pop(0) if connection.expects else ""
            code = int(line[:3])
            if step == "AUTH" and code == 334:
                connection.expects = ["token"]
            elif step == "auth":
                self._authenticated(connection, code, line)
            elif step == "DATA" and code == 354:
                connection.in_mail, connection.message_id, connection.tail = True, "", b"\r\n"
            elif step == "mail":
                self.tell("mailed", connection, code)

    def _authenticated(self, connection: Connection, code: int, line: str) -> None:
        truth = self.bearer(connection.token)
        if truth is not None and code == 235:
            truth.refused_token = ""
        elif truth is not None and _refuses_the_token(line) and truth.state == "SIGNED_IN":
            if truth.refused_token and truth.refused_token != connection.token:
                truth.end("REAUTH", self.now_ms)  # cloud-facts 7.1: refreshed once, and refused again
            else:
                truth.refused_token = connection.token
        self.tell("authenticated", connection, code, line)

    # --- Web Config ---

    def _accepted(self, _part: str, stream: Any) -> None:
        self.visits[stream._name] = Visit()

    def _visit_read(self, part: str, data: bytes, _n: int, _timeout_ms: int) -> None:
        visit = self.visits.get(part)
        if visit is None or visit.method:
            return
        visit.came += data
        whole = _request(visit.came)
        if whole is not None:
            visit.method, visit.path, headers, body = whole
            visit.cookie, visit.form = headers.get("cookie", ""), _form(body)
            self.secrets.learn("a typed password", visit.form.get("password"))

    def _visit_writes(self, part: str, data: Any, _timeout_ms: int) -> None:
        visit = self.visits.get(part)
        if visit is not None:
            visit.out += data

    def _visit_closes(self, part: str) -> None:
        visit = self.visits.pop(part, None)
        if visit is not None:
            visit.open = False
            self.tell("said", f"page {visit.path}", visit.text)
            self.tell("served", visit)

    def posted(self, path: str, *buttons: str) -> bool:
        """Whether somebody's form with one of these buttons, or any of them, is being answered right now."""
        return any(
            visit.method == "POST" and visit.path == path and (not buttons or visit.form.get("do", "ok") in buttons)
            for visit in self.visits.values()
        )

    # --- flash, words ---

    def _renamed(self, _part: str, _result: None, _old: str, new: str) -> None:
        if new in _SERVER_PAGES:
            self._replaced(self.truths[new], self._opened(new) or {})
        elif new.startswith(_USER):
            account = self._opened(new, str(self.record.get("people", "")))
            self._replaced(self._kept(new), {"account": account} if account else {})

    def _removed(self, _part: str, _result: None, name: str) -> None:
        if name in self.truths:
            self._replaced(self.truths[name], {})

    def _replaced(self, truth: Truth, record: Json) -> None:
        before, truth.record = truth.record, record
        self._saved(truth, record)
        self.tell("saved", truth, before, record)
        if truth is self.truth and record.get("people") != before.get("people"):
            for user in self.truths.values():  # what opens their records is gone
                if user.page == "" and user.record:
                    self._replaced(user, {})

    def _opened(self, name: str, key: str = "") -> Json | None:
        body = _checked(self.file(name))
        if body is None:
            return None
        try:
            return _object(opened(name, body, self.world.parts.identity.chip_key + key.encode()))
        except ValueError:
            return None

    def file(self, name: str) -> bytes:
        storage = self.world.storage
        return bytes(storage.read(name, 0, max(0, storage.size(name))))

    def _saved(self, truth: Truth, after: Json) -> None:
        token = _token(after)
        if token and token in self.grants:
            granted, settings = self.grants.pop(token), (after if truth.page else self.record).get("settings", {})
            truth.end("SIGNED_IN", self.now_ms)
            truth.granted_ms, truth.endpoint = granted.at_ms, granted.endpoint
            self.routes_before.update(dict.fromkeys(truth.refresh_of, truth.route))
            while len(self.routes_before) > _MOST_TOKENS:
                del self.routes_before[next(iter(self.routes_before))]
            truth.route = (settings["smtp_host"], settings["smtp_port"], settings["secure"], settings["verify"])
            # A job that has the access token of the sign-in before may still use it: that one's refresh token is gone.
            truth.refresh_of = {access: refresh for access, refresh in truth.refresh_of.items() if refresh == token}
            truth.given(token, granted.access_token)
            # Of each service one is signed in to at a time: what else it gave was dropped.
            self.grants = {key: each for key, each in self.grants.items() if each.endpoint != granted.endpoint}
        elif _state(after) == "SIGNED_OUT" and truth.state != "SIGNED_OUT":
            truth.end("SIGNED_OUT", self.now_ms)

    def _pressed(self, _part: str, *_: Any) -> None:
        self.pressed_ms = self.now_ms

    def _appended(self, _part: str, _result: None, name: str, data: Any) -> None:
        if name == JOBS:
            for line in bytes(data).splitlines(keepends=True):
                noted = _decoded(line)
                if noted is not None:
                    self.tell("noted", noted)

    def _says(self, _part: str, screen: str, _language: str, rows: list[Any]) -> None:
        self.tell("said", f"screen {screen}", "\n".join(row[0] for row in rows))

    def _logs(self, _part: str, line: str) -> None:
        self.tell("said", "log", line)

    def _tells(self, _part: str, what: str, value: Any) -> None:
        self.tell("said", f"state {what}", json.dumps(value, ensure_ascii=False))
        if what == "accounts":
            for name, account in value.items():
                self.tell("told_account", self.told_as(name), account)
        elif what in ("jobs", "newest_jobs"):
            self.tell("told_jobs", value)

    def _prints(self, _part: str, data: Any) -> None:
        self.tell("said", "sheet", bytes(data).decode("latin-1"))


def _refuses_the_token(line: str) -> bool:
    """535, and not by a switch of an administrator's (cloud-facts 4.4)."""
    return line.startswith("535") and "5.7.139" not in line and "5.7.30" not in line


def _request(data: bytearray) -> tuple[str, str, dict[str, str], bytes] | None:
    """Method, path, headers and body of a whole request, None while some of it is missing."""
    head, found, body = bytes(data).partition(b"\r\n\r\n")
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "0")
    if not length.isdecimal() or len(body) < int(length):
        return None
    method, _, rest = first.partition(" ")
    return method, urlsplit(rest.partition(" ")[0]).path, headers, body


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _decoded(line: bytes) -> Json | None:
    """A line of the journal: check sum, space, JSON. None when it is not whole."""
    body = _checked(line)
    return None if body is None else _object(body)


def _checked(line: bytes) -> bytes | None:
    """What follows the check sum; None when it is not right."""
    body = line[9:-1]
    return body if line[:9] == b"%08x " % (binascii.crc32(body) & 0xFFFFFFFF) and line[-1:] == b"\n" else None


def _object(body: bytes) -> Json | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _account(record: Json) -> Json:
    account = record.get("account")
    return account if isinstance(account, dict) else {}


def _state(record: Json) -> str:
    return str(_account(record).get("state", "SIGNED_OUT"))


def _token(record: Json) -> str:
    return str(_account(record).get("refresh_token", ""))
