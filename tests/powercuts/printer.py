"""The parts of the firmware that keep something on flash, put together as the device does, without panel, glass and page.

The network is played by `_TokenService`; mails are handed straight to the world outside. Every write is told to it, so that
it knows what may be read from the flash at any moment.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeVar
from urllib.parse import parse_qs

from firmware.admin import Admin
from firmware.jobs.journal import Journal
from firmware.jobs.queue import Queue
from firmware.oauth.accounts import Accounts, TokenError
from firmware.oauth.attempt import Attempt
from firmware.oauth.provider import discovered, provider_for
from firmware.oauth.signin import SignIn
from firmware.settings_rules import validate
from firmware.store import Store
from hal.errors import StorageError
from sim.board import SimEntropy, SimIdentity, interfaces
from tests import oauth_answers
from tests.powercuts.outside import Outside, as_text, bound, with_end, with_job

PASSWORD = "kmq7w3xz9d"
IDENTITY = SimIdentity("SP00001234", PASSWORD)
_NOW_S = 1_764_576_000
_T = TypeVar("_T")


def drive(step: Coroutine[Any, Any, _T]) -> _T:
    """Run what never has to wait."""
    try:
        step.send(None)
    except StopIteration as end:
        result: _T = end.value
        return result
    raise AssertionError("The step waited for something")


class Clock:
    def __init__(self) -> None:
        self.ticks = 0

    def now(self) -> int:
        return _NOW_S

    def ticks_ms(self) -> int:
        return self.ticks

    async def sleep_ms(self, ms: int) -> None:
        self.ticks += ms


class _TokenService:
    """The network: whatever connects speaks to the token service, which gives a new refresh token each time."""

    def __init__(self, outside: Outside) -> None:
        self.interfaces = interfaces()
        self._outside = outside

    async def connect(self, host: str, port: int, interface: object, timeout_ms: int) -> _TokenService:
        self._answer = b""
        return self

    async def start_tls(self, *_: object) -> None:
        return

    async def write(self, request: bytes, timeout_ms: int) -> None:
        form = parse_qs(request.partition(b"\r\n\r\n")[2].decode())
        number = self._outside.refreshed(int(form["refresh_token"][0][2:]))
        answer = tokens(number, scope=form["scope"][0])
        self._answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer

    async def read(self, n: int, timeout_ms: int) -> bytes:
        answer, self._answer = self._answer, b""
        return answer

    async def close(self) -> None:
        return


@cache
def tokens(number: int, **changes: object) -> bytes:
    filler = "x" * 600  # real ones are long
    return oauth_answers.token_answer(
        access_token=f"A-{number}-{filler}", refresh_token=f"R-{number}", expires_in=3599, **changes
    )


class Postman(Queue):
    """The real queue; its mails go straight to the world outside."""

    def __init__(self, board: Any, journal: Any, accounts: Any, outside: Outside) -> None:
        super().__init__(board, journal, lambda _: accounts, lambda *_: None)
        self.outside = outside
        self.accounts = accounts

    async def _send(self, job: dict[str, Any]) -> tuple[str, str, bool]:
        if job["to"] == "nobody@bureau.example":
            return "recipient", "550 5.1.1 no such user", False
        try:
            target = await self.accounts.target()
        except TokenError as error:
            return error.kind, error.detail, error.transient
        self.outside.used(int(target.token.split("-")[1]), target.route[0])
        self.outside.delivered(job["message_id"])
        return "sent", "250 2.0.0 OK", False


@dataclass(frozen=True)
class Parts:
    """What the printer is made of; the wrong variants put others in."""

    store: type[Store] = Store
    journal: type[Journal] = Journal
    accounts: type[Accounts] = Accounts
    queue: type[Postman] = Postman
    longest_history: int = 800  # bytes of a file; the device's own is twenty times longer, and each cut the same


class _ToldStore(Store):
    """A store whose writes are told to the world outside."""

    def __init__(self, board: Any, store: Store, outside: Outside) -> None:
        super().__init__(board)
        self._store = store
        self._outside = outside

    def read(self, name: str, key: str = "") -> dict[str, Any] | None:
        return self._store.read(name, key)

    def write(self, name: str, value: dict[str, Any], key: str = "") -> None:
        before, after = self._outside.allowed(name), as_text(value)
        self._outside.allow(name, *before, after)
        try:
            self._store.write(name, value, key)
        except StorageError:
            self._outside.allow(name, *before)
            raise
        self._outside.allow(name, after)


class _ToldJournal:
    def __init__(self, journal: Journal, outside: Outside) -> None:
        self._journal = journal
        self._outside = outside
        self._message_ids = {job["id"]: job["message_id"] for job in journal.unfinished}
        self.resume = journal.resume
        self.recent = journal.recent

    @property
    def last_id(self) -> int:
        return self._journal.last_id

    @property
    def unfinished(self) -> list[dict[str, Any]]:
        return self._journal.unfinished

    @unfinished.setter
    def unfinished(self, jobs: list[dict[str, Any]]) -> None:
        self._journal.unfinished = jobs

    def add(self, job: dict[str, Any]) -> None:
        self._message_ids[job["id"]] = job["message_id"]
        done = self._outside.changing_jobs(with_job((job["id"], job["message_id"])))
        self._journal.add(job)
        done()

    def end(self, number: int, result: dict[str, Any]) -> None:
        done = self._outside.changing_jobs(with_end((number, self._message_ids[number]), result["status"]))
        self._journal.end(number, result)
        done()


class Printer:
    """One life of the printer, from the start on."""

    def __init__(self, storage: Any, outside: Outside, parts: Parts) -> None:
        self.outside = outside
        self.lines: list[str] = []
        self.board: Any = SimpleNamespace(
            clock=Clock(),
            network=_TokenService(outside),
            storage=storage,
            entropy=SimEntropy(random.Random(len(outside.facts.jobs[-1][1]))),
            monitor=SimpleNamespace(log=self.lines.append, state=lambda part, value: None),
            identity=IDENTITY,
        )
        store = parts.store(self.board)
        journal = parts.journal(storage, self.lines.append, parts.longest_history)
        store.make_room = journal.give_up
        self.store = _ToldStore(self.board, store, outside)
        self.journal: Any = _ToldJournal(journal, outside)
        self.language = str((self.store.read("panel") or {}).get("language") or "en")
        self.admin = Admin(self.store, self.board.entropy, self.board.clock, self.board.identity)
        self.accounts: Any = parts.accounts(self.board, self.store, lambda part: None)
        self.queue = parts.queue(self.board, self.journal, self.accounts, outside)

    def recover(self) -> None:
        """What the device does after its start: go on with the jobs that it finds."""
        self.take_up()
        self.send_all()

    def take_up(self) -> None:
        self.queue._recover()

    def send_all(self, but: object = None) -> None:
        while waiting := [job for job in self.queue.waiting() if job is not but]:
            drive(self.queue._attempt(waiting[0]))

    # --- what people do ---

    def sign_in(self, **fields: object) -> None:
        """Sign in and press OK (manual R06, R07), with these settings."""
        draft, problems = validate({"method": "oauth2", **fields}, self.accounts.settings())
        assert not problems, problems
        provider = provider_for(draft)
        if not provider.known():
            host = provider.authority
            endpoints = {"device_authorization_endpoint": host + "/device", "token_endpoint": host + "/token"}
            provider = discovered(provider, {"issuer": host, **endpoints})
        machine = SignIn(provider)
        machine.on_device_code(200, oauth_answers.device_answer(), 0)
        issuer = provider.issuer.replace("{tenantid}", oauth_answers.TENANT)
        id_token = oauth_answers.id_token(iss=issuer, aud=provider.client_id)
        number = self.outside.granted(draft)
        machine.on_poll(200, {}, tokens(number, scope=provider.scope, id_token=id_token), 0)
        assert machine.grant is not None, machine.reason
        attempt = Attempt(draft, "owner", self.board.clock)
        attempt.machine, attempt.provider = machine, provider
        self.accounts.signin = attempt
        drive(self.accounts.save(draft, True, "owner"))

    def save(self, **fields: object) -> None:
        """Change settings and press OK."""
        draft, problems = validate(dict(fields), self.accounts.settings())
        assert not problems, problems
        before = bound(self.accounts.settings())
        drive(self.accounts.save(draft, False, "owner"))
        if bound(draft) != before:
            self.outside.tell(erased=True)

    def sign_out(self) -> None:
        drive(self.accounts.sign_out())
        self.outside.tell(erased=True)

    def scan_to_email(self, to: str = "ona@bureau.example") -> None:
        document: Any = SimpleNamespace(name="scan.pdf", content_type="application/pdf", size=900, pages=0, id=1)
        self.queue.submit_email(to, document)

    def choose_language(self, language: str) -> None:
        self.store.write("panel", {"language": language})

    def keep_alive(self) -> None:
        """An hour later the access token has run out: get another one, and show it to somebody."""
        self.board.clock.ticks += 3_600_000
        try:
            target = drive(self.accounts.target())
        except TokenError as error:
            self.lines.append("keep-alive: " + error.kind)
        else:
            self.outside.used(int(target.token.split("-")[1]), target.route[0])


Script = Callable[[Printer], None]
