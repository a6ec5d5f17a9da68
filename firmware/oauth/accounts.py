"""The sign-ins that the device keeps, and the one being made: the shell around `token.py` and `signin.py`.

Settings and sign-in are one record on flash, so that a change of what a sign-in is bound to and the loss of its tokens are
one write (design: "pass-back"). Everything that goes to the token service goes through here, one request at a time. Start
at `Accounts.target`, which a job asks for a token, and `Accounts.save`, which is the OK button (manual R07).
"""

import asyncio

from micropython import const

from firmware import http
from firmware import settings as email_settings
from firmware.mail.sender import Route
from firmware.oauth import answers
from firmware.oauth.provider import binding, discovered, discovery_urls, provider_for, trust_der
from firmware.oauth.signin import SignIn
from firmware.oauth.token import Account
from hal.errors import CertificateError, LinkDown, NameNotFound, NetworkError, StorageError, TLSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.oauth.provider import Provider
    from firmware.oauth.signin import Grant
    from firmware.store import Store
    from hal.api import Board, Clock, Interface

    Settings = dict[str, Any]

_RECORD = "email"
_TIMEOUT_MS = const(60_000)  # of one request to the token service
_GRANT_LIFE_MS = const(900_000)  # a sign-in not confirmed by OK is forgotten after 15 minutes
_LONGEST_NAP_MS = const(86_400_000)
_WRITE_AGAIN_MS = const(300_000)
_CHANGED = "detail.settings_changed"  # why a sign-in was erased


class TokenError(Exception):
    """There is no token to be had. `kind` is one of `firmware/jobs/codes.py`; `transient`: it may pass by itself."""

    def __init__(self, kind: str, detail: str = "", transient: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.transient = transient


class Target:
    """Where a mail goes and as whom; `token` is good for this target and for nothing else."""

    def __init__(self, interface: "Interface", route: "Route", sender: str, address: str, token: str) -> None:
        self.interface = interface
        self.route = route
        self.sender = sender
        self.address = address
        self.token = token


class Attempt:
    """A sign-in being made for draft settings by one owner (a session of Web Config). Never touches the saved one."""

    def __init__(self, settings: "Settings", owner: str, clock: "Clock") -> None:
        self.settings = settings
        self.owner = owner
        self.provider: "Provider | None" = None
        self.machine: "SignIn | None" = None
        self.task: "asyncio.Task[None] | None" = None
        self._clock = clock
        self._failure = ""

    @property
    def state(self) -> str:
        if self._failure:
            return "FAILED"
        return self.machine.state if self.machine is not None else "REQUESTING"

    @property
    def user_code(self) -> str:
        return self.machine.user_code if self.machine is not None and self.state == "WAITING" else ""

    @property
    def verification_uri(self) -> str:
        return self.machine.verification_uri if self.machine is not None and self.state == "WAITING" else ""

    @property
    def grant(self) -> "Grant | None":
        """What was granted and waits for OK, in memory only."""
        return self.machine.grant if self.machine is not None else None

    @property
    def address(self) -> str:
        return self.grant.address if self.grant is not None else ""

    @property
    def tenant(self) -> str:
        return self.grant.tenant if self.grant is not None else ""

    @property
    def reason(self) -> str:
        """The key of a message, a tab, and the cloud's own words."""
        return self._failure or (self.machine.reason if self.machine is not None else "")

    def expires_in_s(self) -> int:
        if self.machine is None or self.state != "WAITING":
            return 0
        return max(0, (self.machine.deadline_ticks - self._clock.ticks_ms()) // 1000)

    def fail(self, key: str, words: str = "") -> None:
        self._failure = key + "\t" + words


class Accounts:
    """`changed(part)` is told "accounts", "signin" or "settings"."""

    def __init__(self, board: "Board", store: "Store", changed: "Callable[[str], None]") -> None:
        self._board = board
        self._store = store
        self._changed = changed
        record = store.read(_RECORD) or {}
        self._settings: "Settings" = email_settings.load(record.get("settings"))
        self._endpoints = record.get("endpoints")
        self.device = Account.load(record.get("account"), board.clock.ticks_ms(), self._jitter())
        self.signin: "Attempt | None" = None
        self._refreshing = asyncio.Lock()
        self._wake = asyncio.Event()

    def _jitter(self) -> int:
        """0 to 255: so that a thousand devices that start together do not ask together."""
        return self._board.entropy.random(1)[0]

    # --- settings ---

    def settings(self) -> "Settings":
        return dict(self._settings)

    def standard(self) -> "Interface":
        """The standard network, the only one that carries OAuth 2.0 (manual R10)."""
        for interface in self._board.network.interfaces:
            if interface.standard:
                return interface
        raise TokenError("link_down")

    def changes(self, draft: "Settings") -> "list[str]":
        """The fields whose change would erase the sign-in if `draft` were saved now; [] when none, or none is saved."""
        if self.device.state == "SIGNED_OUT" or self._bound(draft) == self.device.binding:
            return []
        named = [field for field, _ in email_settings.FIELDS]  # in the page's order
        fields = [field for field in named if field not in _FREE and draft[field] != self._settings[field]]
        return fields or ["service"]

    def _bound(self, draft: "Settings") -> str:
        """What a sign-in with `draft` is bound to, with the endpoints that the saved one was granted by."""
        if draft["method"] != "oauth2":
            return ""
        provider = provider_for(draft)
        if not provider.known():
            if self._endpoints is None or draft["authority"] != self._settings["authority"]:
                return ""
            provider = discovered(provider, self._endpoints)
        return binding(draft, provider, self.standard().name)

    async def save(self, draft: "Settings", use_grant: bool, owner: str) -> None:
        """OK (manual R07): settings and sign-in in one write. Raises ValueError(message key), StorageError.

        The sign-in is the granted attempt's (`use_grant`), or the saved one while what it is bound to stays, or none.
        """
        attempt = self.signin
        async with self._refreshing:
            account, endpoints = self.device, self._endpoints
            if use_grant:
                grant = attempt.grant if attempt is not None and attempt.owner == owner else None
                if attempt is None or attempt.provider is None or grant is None:
                    raise ValueError("error.no_grant")
                bound = binding(draft, attempt.provider, self.standard().name)
                if bound != binding(attempt.settings, attempt.provider, self.standard().name):
                    raise ValueError("error.grant_for_other_settings")
                account = Account()
                clock = self._board.clock
                account.grant(grant, bound, clock.now(), clock.ticks_ms(), self._jitter())
                endpoints = attempt.provider.document()
                draft = dict(draft, account=account.address, sender=draft["sender"] or account.address)
            elif self.changes(draft):
                account = Account()
                account.sign_out(_CHANGED)
                draft = dict(draft, account="")
            self._write(draft, endpoints, account)
        if use_grant:
            self.signin = None
            self._changed("signin")
        self._wake.set()
        self._changed("settings")
        self._changed("accounts")

    async def sign_out(self) -> None:
        """Erase the tokens from flash (manual R08). Raises StorageError."""
        async with self._refreshing:
            account = Account()
            account.sign_out()
            self._write(dict(self._settings, account=""), None, account)
        self._changed("accounts")

    def _write(self, draft: "Settings", endpoints: "Any", account: "Account") -> None:
        self._store.write(_RECORD, {"settings": draft, "endpoints": endpoints, "account": account.record()})
        self._settings, self._endpoints, self.device = draft, endpoints, account
        account.commit()

    # --- the saved sign-in ---

    async def target(self) -> Target:
        """Where to send, with an access token that is good for ten minutes more. Raises TokenError."""
        while True:
            account, settings = self.device, self._settings
            if account.state != "SIGNED_IN":
                kind = {"SIGNED_OUT": "not_signed_in", "EXPIRED": "expired", "REAUTH": "reauth"}[account.state]
                raise TokenError(kind, account.reason)
            if self._bound(settings) != account.binding:
                raise TokenError("not_signed_in", _CHANGED + "\t")
            token = account.fresh_token(self._board.clock.ticks_ms())
            if token is not None:
                route = Route(
                    settings["smtp_host"],
                    settings["smtp_port"],
                    settings["secure"],
                    trust_der(settings),
                    settings["verify"],
                )
                sender = settings["sender"] or account.address
                return Target(self.standard(), route, sender, account.address, token)
            await self._refresh(account)

    def refused(self, words: str) -> bool:
        """The mail server refused the token; whether a fresh one is worth a try (else the sign-in has ended)."""
        again = self.device.token_refused(words)
        if self.device.unsaved:
            self._write(self._settings, self._endpoints, self.device)
            self._changed("accounts")
        return again

    def accepted(self) -> None:
        """The mail server took the token."""
        self.device.token_accepted()

    async def _refresh(self, account: "Account") -> None:
        """One refresh, alone. Returns when there may be a new token; raises TokenError when there was none to be had."""
        async with self._refreshing:
            ended = account is not self.device or account.state != "SIGNED_IN"
            if ended or account.fresh_token(self._board.clock.ticks_ms()) is not None:
                return  # somebody else did it, or changed everything, while this one waited
            if account.unsaved:  # a strict service drops the old refresh token as soon as it sees the new one in use
                self._keep(account)
                return
            clock = self._board.clock
            provider = provider_for(self._settings)
            if not provider.known():
                provider = discovered(provider, self._endpoints or {})
            if account.retry_at_ticks > clock.ticks_ms():
                raise TokenError("token_service", account.trouble, True)
            form = account.refresh_form(provider)
            try:
                answer = await self._post(self._settings, provider.token_endpoint, form)
            except TokenError as error:
                account.on_transport_error(clock.ticks_ms(), self._jitter(), "detail." + error.kind)
                raise
            outcome = account.on_refresh(
                answer.status, answer.headers, answer.body, clock.now(), clock.ticks_ms(), self._jitter()
            )
            if outcome == "retry":
                self._board.monitor.log("token service: " + account.trouble.replace("\t", ": "))
                raise TokenError("token_service", account.trouble, True)
            self._keep(account)  # before the new token is used: nothing may be lost
        self._changed("accounts")

    def _keep(self, account: "Account") -> None:
        try:
            self._write(self._settings, self._endpoints, account)
        except StorageError as error:
            raise TokenError("storage", str(error), True) from None

    async def run(self) -> None:
        """Keep-alive: an unused sign-in is refreshed every few days, so that it does not run out by disuse."""
        clock = self._board.clock
        while True:
            self._wake.clear()
            wait_ms = (
                self.device.keep_alive_in_ms(clock.ticks_ms(), clock.now()) if self._settings["keep_alive"] else None
            )
            if wait_ms is None and self.device.unsaved:
                await clock.sleep_ms(_WRITE_AGAIN_MS)
                self._write_end()
            elif wait_ms is None:
                await self._wake.wait()
            elif wait_ms > 0:
                await clock.sleep_ms(min(wait_ms, _LONGEST_NAP_MS))
            else:
                try:
                    await self._refresh(self.device)
                except TokenError as error:
                    self._board.monitor.log("keep-alive: " + error.kind)

    def _write_end(self) -> None:
        """The sign-in has ended while the flash failed: until that is written down a restart would know nothing of it."""
        if not self.device.unsaved:
            return
        try:
            self._write(self._settings, self._endpoints, self.device)
            self._changed("accounts")
        except StorageError as error:
            self._board.monitor.log("accounts: the end of the sign-in could not be written down: " + str(error))

    # --- a new sign-in ---

    async def start_signin(self, draft: "Settings", owner: str) -> None:
        """Begin an attempt for `draft`. Raises ValueError(message key) while another owner's attempt is open."""
        if self.signin is not None and self.signin.owner != owner and self.signin.state in ("REQUESTING", "WAITING"):
            raise ValueError("error.signin_by_other")
        self.cancel_signin()
        attempt = self.signin = Attempt(dict(draft), owner, self._board.clock)
        attempt.task = asyncio.create_task(self._attempt(attempt))
        self._changed("signin")

    def cancel_signin(self) -> None:
        attempt, self.signin = self.signin, None
        if attempt is not None:
            if attempt.task is not None:
                attempt.task.cancel()
            self._changed("signin")

    async def _attempt(self, attempt: Attempt) -> None:
        try:
            await self._sign_in(attempt)
        except TokenError as error:
            attempt.fail("detail." + error.kind, error.detail)
        except answers.AnswerError as error:
            attempt.fail(error.key)
        self._changed("signin")
        if attempt.state == "GRANTED":
            await self._board.clock.sleep_ms(_GRANT_LIFE_MS)
            if self.signin is attempt:
                attempt.machine = None
                attempt.fail("error.no_grant")
                self._changed("signin")

    async def _sign_in(self, attempt: Attempt) -> None:
        clock, settings = self._board.clock, attempt.settings
        provider = provider_for(settings)
        if not provider.known():
            provider = await self._discover(settings, provider)
        machine = SignIn(provider, attempt.owner)
        answer = await self._post(settings, provider.device_endpoint, machine.request_form())
        machine.on_device_code(answer.status, answer.body, clock.ticks_ms())
        attempt.machine = machine
        attempt.provider = provider
        self._changed("signin")
        while machine.state == "WAITING":
            now = clock.ticks_ms()
            due = min(machine.next_poll_ticks, machine.deadline_ticks)
            if due > now:
                await clock.sleep_ms(due - now)
            machine.on_time(clock.ticks_ms())
            if machine.state != "WAITING":
                break
            try:
                answer = await self._post(settings, provider.token_endpoint, machine.poll_form())
            except TokenError as error:
                machine.on_transport_error(clock.ticks_ms(), "detail." + error.kind)
            else:
                machine.on_poll(answer.status, answer.headers, answer.body, clock.ticks_ms())

    async def _discover(self, settings: "Settings", provider: "Provider") -> "Provider":
        answer = None
        for url in discovery_urls(provider.authority):
            answer = await self._fetch(settings, "GET", url, None)
            if answer.status == 200:
                return discovered(provider, answers.json_object(answer.body))
        raise answers.AnswerError("reason.discovery")

    async def _post(self, settings: "Settings", url: str, form: "dict[str, str]") -> "http.Response":
        return await self._fetch(settings, "POST", url, form)

    async def _fetch(
        self, settings: "Settings", method: str, url: str, form: "dict[str, str] | None"
    ) -> "http.Response":
        """One request to the token service, always verified. Raises TokenError, always transient."""
        try:
            if self._board.clock.now() is None:
                raise TokenError("clock", "", True)
            return await http.fetch(
                self._board.network,
                self.standard(),
                self._board.clock,
                method,
                url,
                form=form,
                ca=trust_der(settings),
                timeout_ms=_TIMEOUT_MS,
                max_body=answers.MAX_BODY,
            )
        except CertificateError as error:
            kind = "certificate_time" if error.reason in ("expired", "not-yet-valid") else "certificate"
            raise TokenError(kind, str(error), True) from None
        except TLSError as error:
            raise TokenError("tls", str(error), True) from None
        except LinkDown as error:
            raise TokenError("link_down", str(error), True) from None
        except NameNotFound as error:
            raise TokenError("dns", str(error), True) from None
        except NetworkError as error:
            raise TokenError("connection", str(error), True) from None
        except http.HTTPError as error:
            raise TokenError("token_service", str(error), True) from None


_FREE = ("account", "password", "sender", "pop3_host", "pop3_port", "keep_alive")  # fields that bind nothing
