"""What must hold in every world, whatever people, time and the cloud do: a class for each invariant, named as in a report.

An invariant has methods named after the happenings it wants to know (`sim/watch.py` HOOKS) and calls `fail` with a sentence.
To add one: write a class, put it into `ALL`. Sources are named where the rule comes from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from sim.watch import EMAIL, FAX, Connection, Json, Request, Truth, Visit, Watch, _state, _token

if TYPE_CHECKING:
    from sim.world import World

_DAY_MS = 86_400_000
_CODE_OF = {"SIGNED_OUT": 360, "EXPIRED": 361, "REAUTH": 370}  # manual R18 to R20
_OWN_CODES = (1, 101, 377, 378)  # the device's own reasons, whatever the sign-in is like
_TICK_SLACK = 0.98  # crystals are not the same
_MOST_RETRY_AFTER_S = 3600
_HEALTHY_WITHIN_S = 600.0
_REMEMBERED = 200  # jobs and the like that an invariant knows: what is older is over
_CODES_REMEMBERED = 20  # device codes: one is asked for at a time
_BASIC = "/network/email/basic"
_SIGN_INS = ("/network/email/signin", "/fax/server/signin")
_USERS = ("/users", "/users/list")
_SESSION = re.compile(r"scanpost_session=([^;]+)")


class Violation(AssertionError):
    """An invariant does not hold: "name: what happened"."""


class Invariant:
    """One of them, at one world. Its name is the class's in small letters."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    @property
    def name(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def fail(self, what: str) -> NoReturn:
        raise Violation(f"{self.name}: {what}")


# --- signing in ---


class _Polls(Invariant):
    """Keeps what is known of each device code; the invariants about polling share it."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.interval_ms: dict[str, int] = {}
        self.slower_ms: dict[str, int] = {}
        self.deadline_ms: dict[str, int] = {}
        self.last_ms: dict[str, int] = {}

    def asked(self, request: Request) -> None:
        if request.kind == "poll":
            code = request.form.get("device_code", "")
            if code in self.last_ms:
                self.polled(code, request.at_ms - self.last_ms[code], request.at_ms)
                self.last_ms[code] = request.at_ms

    def answered(self, request: Request) -> None:
        if request.kind == "device_code" and request.status == 200:
            code = str(request.answer.get("device_code"))
            interval, life = request.answer.get("interval", 5), request.answer.get("expires_in", 900)
            self.interval_ms[code] = 1000 * max(1, interval if isinstance(interval, int) else 5)
            self.deadline_ms[code] = self.watch.now_ms + 1000 * (life if isinstance(life, int) else 900)
            self.slower_ms[code] = 0
            self.last_ms[code] = self.watch.now_ms
            for known in (self.interval_ms, self.slower_ms, self.deadline_ms, self.last_ms):
                if len(known) > _CODES_REMEMBERED:
                    del known[next(iter(known))]
        elif request.kind == "poll" and request.error == "slow_down":
            self.slower_ms[request.form.get("device_code", "")] += 5000

    def polled(self, code: str, waited_ms: int, now_ms: int) -> None: ...


class NeverPollsSoonerThanAllowed(_Polls):
    """RFC 8628 3.5: at least `interval` between two requests."""

    def polled(self, code: str, waited_ms: int, _now_ms: int) -> None:
        if waited_ms < self.interval_ms[code] * _TICK_SLACK:
            self.fail(f"a poll after {waited_ms} ms, allowed are {self.interval_ms[code]} ms")


class SlowDownIsForGood(_Polls):
    """RFC 8628 3.5: each slow_down adds five seconds for this and all later requests."""

    def polled(self, code: str, waited_ms: int, _now_ms: int) -> None:
        least_ms = self.interval_ms[code] + self.slower_ms[code]
        if self.slower_ms[code] and waited_ms < least_ms * _TICK_SLACK:
            self.fail(f"a poll after {waited_ms} ms, since slow_down allowed are {least_ms} ms")


class PollsEndWithTheCode(_Polls):
    """RFC 8628 3.5: nothing is asked for a code that has run out."""

    def polled(self, code: str, _waited_ms: int, now_ms: int) -> None:
        if now_ms > self.deadline_ms[code] / _TICK_SLACK:
            self.fail(f"a poll {now_ms - self.deadline_ms[code]} ms after the code's end")


class RetryAfterIsKept(Invariant):
    """RFC 9110 10.2.3: who is told to come later comes later, an hour later at most."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.not_before_ms: dict[str, int] = {}

    def power(self, _on: bool) -> None:
        self.not_before_ms.clear()  # it was in memory

    def answered(self, request: Request) -> None:
        after = request.headers.get("retry-after", "")
        if request.status in (429, 503) and after.isdecimal():
            wait_ms = 1000 * min(int(after), _MOST_RETRY_AFTER_S)
            if len(self.not_before_ms) > _REMEMBERED:
                self.not_before_ms.clear()
            self.not_before_ms[self._key(request)] = self.watch.now_ms + int(wait_ms * _TICK_SLACK)

    def asked(self, request: Request) -> None:
        left_ms = self.not_before_ms.get(self._key(request), 0) - request.at_ms
        if request.kind in ("poll", "refresh") and left_ms > 0:
            self.fail(f"a {request.kind} {left_ms} ms sooner than Retry-After allows")

    @staticmethod
    def _key(request: Request) -> str:
        return request.form.get("refresh_token") or request.form.get("device_code") or request.kind


class NothingIsSavedBeforeOk(Invariant):
    """Manual R07: until somebody presses OK the printer does not have the sign-in. A user does so at the panel (R24)."""

    def saved(self, truth: Truth, before: Json, after: Json) -> None:
        token = _token(after)
        new = bool(token) and token == truth.refresh_token and truth.changed_ms == self.watch.now_ms
        if not new or _token(before) == token:
            return
        pressed = self.watch.posted(truth.page, "ok") if truth.page else self.watch.pressed_ms >= truth.granted_ms
        if not pressed:
            self.fail(f"a sign-in of {truth.account} is on flash and nobody has pressed OK")


class CodeOnlyForWhoAsked(Invariant):
    """Reliability SI-02: the code is shown to the session that asked for it and to nobody else."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.session = ""  # who has asked for a code last
        self.asked_by: dict[str, str] = {}  # code -> session

    def answered(self, request: Request) -> None:
        if request.kind == "device_code" and request.status == 200:
            self.asked_by[str(request.answer.get("user_code", ""))] = self.session
            if len(self.asked_by) > _CODES_REMEMBERED:
                del self.asked_by[next(iter(self.asked_by))]

    def served(self, visit: Visit) -> None:
        found = _SESSION.search(visit.cookie)
        session = found[1] if found else ""
        if visit.method == "POST" and visit.path in _SIGN_INS and visit.form.get("do") == "start":
            self.session = session
        for code, asker in self.asked_by.items():
            if code and session != asker and code in visit.text:
                self.fail(f"the page {visit.path} shows the code to somebody who did not ask for it")


# --- the saved sign-in ---


class RefreshTokenOnFlashBeforeAccessTokenUsed(Invariant):
    """RFC 9700 4.14, reliability TK-03: a rotated refresh token is safe before what came with it is used."""

    def authenticating(self, connection: Connection) -> None:
        truth = self.watch.bearer(connection.token)
        if truth is not None and _token(truth.record) not in ("", truth.refresh_of[connection.token]):
            self.fail(f"an access token of {truth.account} is used, and the refresh token with it is not on flash")
        for granted in self.watch.grants.values():
            if connection.token and connection.token == granted.access_token:
                self.fail("an access token is used, and its sign-in is not on flash")


class OnlyTheCloudEndsASignIn(Invariant):
    """Cloud-facts 7.1: no failure of network, server or clock ends it; besides the cloud only a person does."""

    def saved(self, truth: Truth, before: Json, after: Json) -> None:
        if not _token(before) or _token(after):
            return
        if _state(after) == "SIGNED_OUT":
            if not self._erased(truth):
                self.fail(f"the sign-in of {truth.account} was erased, and nobody has asked for it")
        elif truth.state == "SIGNED_IN":
            self.fail(f"the sign-in of {truth.account} became {_state(after)}, and the cloud has not said so")

    def told_account(self, truth: Truth, account: Json) -> None:
        there = truth.state == "SIGNED_IN" and _token(truth.record)
        if there and account["state"] != "SIGNED_IN" and not self._erased(truth):
            self.fail(f"the panel says {truth.account} {account['state']}, and the cloud has not said so")

    def _erased(self, truth: Truth) -> bool:
        """Whether somebody does so right now. A user's sign-in is for the device's mail server, and ends with it."""
        if truth.page:
            return self.watch.posted(truth.page, "ok", "signout")
        return self.watch.posted(_BASIC, "ok") or any(map(self.watch.posted, _USERS))


class FlashAgreesWithWhatIsTold(Invariant):
    """Manual R08, R12: signed out means that nothing is left on flash; signed in, that it survives the power.

    A flash that fails has ten minutes from its last failure on.
    """

    def told_account(self, truth: Truth, account: Json) -> None:
        if account["state"] != _state(truth.record):
            self.fail(f"the panel says {truth.account} {account['state']}, on flash is {_state(truth.record)}")

    def settled(self) -> None:
        watch = self.watch
        if watch.flash_failed_ms is not None and watch.now_ms - watch.flash_failed_ms <= 1000 * _HEALTHY_WITHIN_S:
            return  # it will be tried again
        over = [truth for truth in watch.truths.values() if truth.state != "SIGNED_IN" and truth.refresh_token]
        for truth in over:
            needle = truth.refresh_token[-24:].encode()
            for name in watch.world.storage.names():
                if needle in watch.file(name):
                    self.fail(f"a refresh token is in the file {name}, and the sign-in of {truth.account} is over")


class NewestRefreshTokenIsUsed(Invariant):
    """RFC 6749 6: a new refresh token replaces the old one, which a strict service then takes no more."""

    def asked(self, request: Request) -> None:
        if request.kind == "refresh":
            used = request.form["refresh_token"]
            truth = self.watch.whose(used)
            if truth is None or used != truth.refresh_token:
                self.fail("a refresh with an older refresh token than the newest")


class OneRefreshInFlight(Invariant):
    """Reliability TK-02: whoever needs a token waits for the refresh of the same sign-in that is under way."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.in_flight: dict[str, int] = {}  # by the sign-in's file

    def power(self, _on: bool) -> None:
        self.in_flight.clear()

    def asked(self, request: Request) -> None:
        truth = self._of(request)
        if truth is not None:
            self.in_flight[truth.file] = self.in_flight.get(truth.file, 0) + 1
            if self.in_flight[truth.file] > 1:
                self.fail(f"a second refresh of {truth.account} while one is under way")

    def answered(self, request: Request) -> None:
        truth = self._of(request)
        if truth is not None:
            self.in_flight[truth.file] = max(0, self.in_flight.get(truth.file, 0) - 1)

    unanswered = answered

    def _of(self, request: Request) -> Truth | None:
        return self.watch.whose(request.form["refresh_token"]) if request.kind == "refresh" else None


class KeepAliveAsSet(Invariant):
    """Design: an unused sign-in is refreshed every week; switched off, the manual's behaviour is left alone (R16).

    A user's own sign-in is only for their mails: it is never kept alive.
    """

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.last_ms = dict.fromkeys((EMAIL, FAX), 0)
        self.open_jobs: dict[int, Truth] = {}

    def power(self, _on: bool) -> None:
        self._used(EMAIL, FAX)

    def saved(self, truth: Truth, _before: Json, _after: Json) -> None:
        if truth.page:
            self._used(truth.file)

    def connecting(self, host: str, _port: int, _interface: Any) -> None:
        self._used(*[file for file in self.last_ms if self.watch.truths[file].endpoint[0] == host])

    def _used(self, *files: str) -> None:
        self.last_ms.update(dict.fromkeys(files, self.watch.now_ms))

    def noted(self, line: Json) -> None:
        if line["op"] == "end":
            self.open_jobs.pop(line["id"], None)
        elif "kind" in line:
            self.open_jobs[line["id"]] = _account_of(self.watch, line)

    def asked(self, request: Request) -> None:
        truth = self.watch.whose(request.form["refresh_token"]) if request.kind == "refresh" else None
        if truth is not None and not self._on(truth) and truth not in self.open_jobs.values():
            self.fail(f"a refresh of {truth.account} that no job needs, with keep-alive switched off")

    def settled(self) -> None:
        world = self.watch.world
        if world.device_clock.now() is None:
            self._used(EMAIL, FAX)  # nothing is asked without a clock (TK-10)
        for file, last_ms in self.last_ms.items():
            truth, idle_ms = self.watch.truths[file], self.watch.now_ms - last_ms
            due = truth.state == "SIGNED_IN" and world.powered
            if due and self._on(truth) and idle_ms > 8.1 * _DAY_MS:  # a week, and a nap of a day
                self.fail(f"no refresh of {truth.account} was tried for {idle_ms / _DAY_MS:.1f} days")

    def _on(self, truth: Truth) -> bool:
        return bool(truth.page) and bool(truth.record.get("settings", {}).get("keep_alive", True))


class TokenGoesOnlyWhereGranted(Invariant):
    """Reliability 0 and 8, "pass-back": tokens go to the hosts that they were granted for, over verified TLS."""

    def connecting(self, host: str, _port: int, interface: Any) -> None:
        if not interface.standard:
            self.fail(f"a connection to {host} over {interface.name}, which carries no OAuth 2.0 (manual R10)")

    def asked(self, request: Request) -> None:
        connection = request.connection
        where = (connection.host, connection.port, request.path)
        if connection.tls_name != connection.host or not connection.verified:
            self.fail(f"a request to {connection.host} without verified TLS")
        truth = self.watch.whose(request.form.get("refresh_token", ""))
        if truth is not None and where != truth.endpoint:
            self.fail(f"a refresh token of {truth.account} goes to {where}, it was granted by {truth.endpoint}")

    def sending(self, connection: Connection, data: bytes) -> None:
        for truth in self.watch.truths.values():
            token = truth.refresh_token[-24:].encode()
            if token and token in data and (connection.host, connection.port) != truth.endpoint[:2]:
                self.fail(f"a refresh token of {truth.account} goes to {connection.host}:{connection.port}")

    def authenticating(self, connection: Connection) -> None:
        if not connection.token:
            return
        owner = self.watch.bearer(connection.token)
        before = self.watch.routes_before.get(connection.token)
        if owner is None and before is not None:  # what was on its way when another sign-in was saved may end there
            if not _is_for(connection, before):
                self.fail(f"an access token goes to {_where(connection)}, it was granted for {before[0]}:{before[1]}")
            return
        # Of a sign-in that was erased while a mail was on its way it is no longer known which one it was.
        granted = [owner] if owner is not None else list(self.watch.truths.values())
        if not any(_is_for(connection, truth.route) for truth in granted):
            wanted = ", ".join(f"{truth.account}'s for {truth.route[0]}:{truth.route[1]}" for truth in granted)
            self.fail(f"an access token goes to {_where(connection)}, it was granted: {wanted}")


def _is_for(connection: Connection, route: tuple[str, int, str, bool]) -> bool:
    host, port, _, verify = route
    there = (connection.host, connection.port) == (host, port)
    return there and connection.tls_name == host and (connection.verified or not verify)


def _where(connection: Connection) -> str:
    how = "in clear" if connection.tls_name is None else "over TLS" if connection.verified else "over unverified TLS"
    return f"{connection.host}:{connection.port} {how}"


# --- jobs ---


def _account_of(watch: Watch, line: Json) -> Truth:
    """Whose sign-in a job is sent with, by the line that it was taken on with."""
    if line.get("kind") == "my-email" and line.get("user"):
        return watch.told_as("user:" + line["user"])
    return watch.truths[FAX if line.get("kind") == "fax" else EMAIL]


class CodesAsTheManualSays(Invariant):
    """Manual R18 to R20: 360, 361 and 370 for the states they name, and for nothing else."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.begun_ms: dict[int, int] = {}  # when a job's last attempt began
        self.of: dict[int, Truth] = {}  # whose sign-in it is sent with

    def told_jobs(self, jobs: list[Json]) -> None:
        for job in jobs:
            if job["status"] == "sending":
                self.begun_ms.setdefault(job["id"], self.watch.now_ms)
            elif job["status"] == "waiting":
                self.begun_ms.pop(job["id"], None)

    def noted(self, line: Json) -> None:
        if line["op"] != "end":
            if "kind" in line:
                self.of[line["id"]] = _account_of(self.watch, line)
            return
        begun_ms = self.begun_ms.pop(line["id"], self.watch.now_ms)
        truth, code = self.of.pop(line["id"], self.watch.truth), line["code"]
        if line["status"] != "failed":
            return
        wanted = _CODE_OF.get(truth.state)
        changed = truth.changed_ms >= begun_ms  # while it was being sent
        if code in _CODE_OF.values():
            if code != wanted and not (changed and wanted is None):
                self.fail(f"job {line['id']} failed with {code}, and the sign-in is {truth.state}")
        elif wanted is not None and code not in _OWN_CODES and not changed:
            self.fail(f"job {line['id']} failed with {code} instead of {wanted}: the sign-in is {truth.state}")

    def saved(self, truth: Truth, _before: Json, after: Json) -> None:
        state, wanted = _state(after), truth.state
        if "SIGNED_OUT" not in (state, wanted) and "SIGNED_IN" not in (state, wanted) and state != wanted:
            self.fail(f"the sign-in of {truth.account} became {state}, the cloud's answer means {wanted}")


class _Jobs(Invariant):
    """Keeps what is on flash of each job; the invariants about jobs share it."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.open: dict[int, Json] = {}
        self.ended: dict[int, Json] = {}

    def noted(self, line: Json) -> None:
        number = line["id"]
        if line["op"] == "add":
            if number in self.open or number in self.ended:
                self.twice(number, "taken on")
            self.open[number] = line
        elif line["op"] == "end":
            if number in self.ended:
                self.twice(number, "ended")
            self.ended[number] = {**self.open.pop(number, {}), **line}
            self.over(self.ended[number])
            if len(self.ended) > _REMEMBERED:
                del self.ended[next(iter(self.ended))]

    def twice(self, number: int, what: str) -> None: ...
    def over(self, job: Json) -> None: ...


class EachJobEndsOnce(_Jobs):
    """Design: what was taken on ends in the history exactly once."""

    def twice(self, number: int, what: str) -> None:
        self.fail(f"job {number} is {what} twice")

    def told_jobs(self, jobs: list[Json]) -> None:
        numbers = [job["id"] for job in jobs]
        if len(set(numbers)) != len(numbers):
            self.fail(f"a job is shown twice: {numbers}")


class NoJobIsLost(_Jobs):
    """Design: a job is on flash before it is promised, and a restart goes on with it.

    While the flash fails the end of a job cannot be written; it comes again with the next start.
    """

    def told_jobs(self, jobs: list[Json]) -> None:
        for job in jobs:
            if job["id"] not in self.open and job["id"] not in self.ended:
                self.fail(f"job {job['id']} is shown, and it is not on flash")

    def settled(self) -> None:
        shown = {job["id"] for job in self.watch.world.state()["jobs"]}
        if self.watch.world.powered and len(shown) < 20 and self.watch.flash_failed_ms is None:
            for number in self.open:
                if number not in shown:
                    self.fail(f"job {number} was taken on, and nothing is known of it any more")


class NeverReportedSentEarly(_Jobs):
    """RFC 5321 4.2.5: the mail is the server's after its 250 to the whole of it, and not before."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.taken: dict[str, None] = {}

    def mailed(self, connection: Connection, code: int) -> None:
        if 200 <= code < 300:
            self.taken[connection.message_id] = None
            if len(self.taken) > _REMEMBERED:
                del self.taken[next(iter(self.taken))]

    def over(self, job: Json) -> None:
        if job["status"] == "sent" and job.get("message_id") not in self.taken:
            self.fail(f"job {job['id']} is in the history as sent, and the server has not taken it")

    def told_jobs(self, jobs: list[Json]) -> None:
        for job in jobs:
            known = self.open.get(job["id"])
            if job["status"] == "sent" and known is not None and known["message_id"] not in self.taken:
                self.fail(f"job {job['id']} is shown as sent, and the server has not taken it")


_OF_A_TEST = "<connection-test."  # whose mail somebody waits for, and no job


class DeliveredAtLeastOnceWithOneMessageId(_Jobs):
    """RFC 5321 4.5.4.1 and 6.1: sent again until taken; one Message-ID lets a mailbox tell that it is the same mail."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.sent: list[Json] = []

    def mailing(self, connection: Connection) -> None:
        if connection.message_id.startswith(_OF_A_TEST):
            return
        known = [job["message_id"] for job in self.open.values()]
        if connection.message_id not in known:
            self.fail(f"a mail has the Message-ID {connection.message_id}, and no open job has it: {known}")

    def over(self, job: Json) -> None:
        if job["status"] == "sent":
            self.sent.append(job)

    def settled(self) -> None:
        sent, self.sent = self.sent, []
        cloud = self.watch.world.cloud
        for job in sent:
            if cloud.directory.find(job["to"]) is None:
                continue  # to somewhere that this cloud does not serve
            found = [mail for mail in cloud.mailboxes.list(job["to"]) if mail["message_id"] == job["message_id"]]
            if not found:
                self.fail(f"job {job['id']} was sent to {job['to']}, and it is not in that mailbox")


class SentWithItsOwnSignIn(Invariant):
    """Manual R21, R22: a job goes with the sign-in that it is for, also where another one is good for the same server."""

    def mailing(self, connection: Connection) -> None:
        owner = self.watch.bearer(connection.token)
        if owner is None:  # of a sign-in that was erased meanwhile it is no longer known whose it was
            return
        for job in self.watch.part(EachJobEndsOnce).open.values():
            wanted = _account_of(self.watch, job)
            if job["message_id"] == connection.message_id and owner is not wanted:
                self.fail(f"job {job['id']}, for {wanted.account}, goes with the token of {owner.account}")


# --- always ---


class NoSecretAnywhere(Invariant):
    """Design: no token, password or device code in a log, on a screen, page or sheet, in a state or an error's text."""

    def said(self, where: str, text: str) -> None:
        found = self.watch.secrets.found_in(text)
        if found:
            self.fail(f"{found} is in: {where}")


ALL: list[type[Invariant]] = [
    NeverPollsSoonerThanAllowed,
    SlowDownIsForGood,
    PollsEndWithTheCode,
    RetryAfterIsKept,
    NothingIsSavedBeforeOk,
    CodeOnlyForWhoAsked,
    RefreshTokenOnFlashBeforeAccessTokenUsed,
    OnlyTheCloudEndsASignIn,
    FlashAgreesWithWhatIsTold,
    NewestRefreshTokenIsUsed,
    OneRefreshInFlight,
    KeepAliveAsSet,
    TokenGoesOnlyWhereGranted,
    CodesAsTheManualSays,
    EachJobEndsOnce,
    NoJobIsLost,
    NeverReportedSentEarly,
    DeliveredAtLeastOnceWithOneMessageId,
    SentWithItsOwnSignIn,
    NoSecretAnywhere,
]

# What a person or an administrator must mend, and the panel says so; anything else has no excuse once the faults are gone.
_FOR_PEOPLE = (360, 361, 370, 312, 314, 371, 372, 373, 374)


async def healthy_within_ten_minutes_after_faults_end(world: World, allowed_s: float = 0.0) -> None:
    """Send a document and see it sent, or a code on the panel that people can do something about. Raises Violation.

    `allowed_s`: longer, because a server has asked for it (Retry-After).
    """
    from sim.person import ONA, newest, scan_to_email

    within_s = _HEALTHY_WITHIN_S + allowed_s
    name = "healthy_within_ten_minutes_after_faults_end"
    try:
        await scan_to_email(world, ONA)
        number = newest(world.state())
        state = await world.until(lambda s: _ended(s, number) is not None, within_s)
    except (TimeoutError, LookupError) as error:
        raise Violation(f"{name}: {str(error)[:500]}") from error
    job = _ended(state, number)
    assert job is not None
    if job["status"] == "sent":
        return
    if job["code"] not in _FOR_PEOPLE:
        raise Violation(f"{name}: the job failed with {job['code']}, {job['detail']!r}")
    words = " ".join(state["panel"]["words"])
    if str(job["code"]) not in words and not job["detail"] and job["code"] != 360:
        raise Violation(f"{name}: code {job['code']}, and the panel does not say what to do: {words!r}")


def _ended(state: Json, number: int) -> Json | None:
    for job in state["jobs"]:
        if job["id"] == number and job["status"] in ("sent", "failed"):
            return dict(job)
    return None


__all__ = ["ALL", "Invariant", "Violation", "Watch", "healthy_within_ten_minutes_after_faults_end"]
