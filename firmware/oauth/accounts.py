"""The sign-ins that the device keeps, and the one being made: the shell around `token.py` and `signin.py`.

Settings and sign-in are one record on flash, so that a change of what a sign-in is bound to and the loss of its tokens are
one write (design: "pass-back"). Everything that goes to the token service goes through here, one request at a time. Start
at `Accounts.target`, which a job asks for a token, and `Accounts.save`, which is the OK button (manual R07).
"""

import asyncio

from micropython import const

from firmware import settings as email_settings
from firmware.heap import Needed
from firmware.oauth.token import Account
from firmware.supervisor import Watch
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.oauth.attempt import Attempt
    from firmware.store import Store
    from hal.api import Board, Interface

    Route = tuple[str, int, str, "list[bytes] | None", bool]
    Settings = dict[str, Any]

_GRANT_LIFE_MS = const(900_000)  # a sign-in not confirmed by OK is forgotten after 15 minutes
_LONGEST_NAP_MS = const(86_400_000)
_LOOK_AFTER_MS = const(5_000)
_AGAIN_MS = const(300_000)  # after flash or memory failed
_STEP_MS = const(300_000)  # a request, and the one before it that it waits for
_ATTEMPT_MS = const(7_200_000)  # a code is good for an hour at most (`signin.py`)
CHANGED = "detail.settings_changed"  # why a sign-in was erased

# Loaded to look at the binding and for a request to the token service, and for a new sign-in: until the cloud has granted
# it or not, and until OK.
_SERVICE = Needed(
    "firmware.oauth.service",
    "firmware.oauth.provider",
    "firmware.oauth.answers",
    "firmware.strict_json",
    "firmware.http",
    "firmware.checks",
)
_SIGNING_IN = Needed("firmware.oauth.signin")
_SIGN_IN = Needed("firmware.oauth.attempt", "firmware.oauth.grant", "firmware.oauth.provider", "firmware.checks")
_MAIL = Needed(
    "firmware.mail.sender", "firmware.mail.smtp", "firmware.mail.refusals", "firmware.mail.xoauth2", "firmware.checks"
)


class TokenError(Exception):
    """There is no token to be had. `kind` is one of `firmware/jobs/codes.py`; `transient`: it may pass by itself."""

    def __init__(self, kind: str, detail: str = "", transient: bool = False) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.transient = transient


class Target:
    """Where a mail goes and as whom; `token` is good for this target and for nothing else. `route`: what
    `firmware.mail.sender.Route` is made of."""

    def __init__(self, interface: "Interface", route: "Route", sender: str, address: str, token: str) -> None:
        self.interface = interface
        self.route = route
        self.sender = sender
        self.address = address
        self.token = token


class Kept:
    """One saved sign-in: gives tokens for where it was granted, renews them, one request at a time, and notices its end.

    A subclass says what it is granted for (`_saved`, `_bound`) and writes it down (`_put`). `changed(part)` is told
    "accounts".
    """

    def __init__(self, board: "Board", changed: "Callable[[str], None]", record: "Any") -> None:
        """`record`: as `Account.record` made it, or None."""
        self._board = board
        self._changed = changed
        self._refreshing = asyncio.Lock()
        self.account = Account.load(record, board.clock.ticks_ms(), self._jitter())

    def _jitter(self) -> int:
        """0 to 255: so that a thousand devices that start together do not ask together."""
        return self._board.entropy.random(1)[0]

    def standard(self) -> "Interface":
        """The standard network, the only one that carries OAuth 2.0 (manual R10)."""
        for interface in self._board.network.interfaces:
            if interface.standard:
                return interface
        raise TokenError("link_down")

    def _saved(self) -> "tuple[Settings, Any]":
        """The settings, and the discovery document's endpoints of a service that is not built in."""
        raise NotImplementedError

    def _bound(self, draft: "Settings") -> str:
        """What a sign-in with `draft` is bound to."""
        raise NotImplementedError

    def _put(self, account: "Account") -> None:
        """Write `account` down in place of the one that was. Raises StorageError."""
        raise NotImplementedError

    def _sender(self, account: "Account") -> str:
        """Whose address a mail comes from."""
        return account.address

    async def target(self) -> Target:
        """Where to send, with an access token that is good for ten minutes more. Raises TokenError."""
        with _SERVICE:
            return await self._target()

    def route(self) -> "Route":
        """The way to the mail server; who takes it needs a sign-in for it, see `target`."""
        with _SERVICE:
            from firmware.oauth.provider import trust_der

            settings = self._saved()[0]
            return (
                settings["smtp_host"],
                settings["smtp_port"],
                settings["secure"],
                trust_der(settings),
                settings["verify"],
            )

    async def _target(self) -> Target:
        while True:
            account, settings = self.account, self._saved()[0]
            if account.state != "SIGNED_IN":
                kind = {"SIGNED_OUT": "not_signed_in", "EXPIRED": "expired", "REAUTH": "reauth"}[account.state]
                raise TokenError(kind, account.reason)
            if self._bound(settings) != account.binding:
                raise TokenError("not_signed_in", CHANGED + "\t")
            token = account.fresh_token(self._board.clock.ticks_ms())
            if token is not None:
                return Target(self.standard(), self.route(), self._sender(account), account.address, token)
            await self._refresh(account)

    def refused(self, words: str) -> bool:
        """The mail server refused the token; whether a fresh one is worth a try (else the sign-in has ended)."""
        with _SERVICE:
            again = self.account.token_refused(words)
        if self.account.unsaved:
            self._put(self.account)
            self._changed("accounts")
        return again

    def accepted(self) -> None:
        """The mail server took the token."""
        self.account.token_accepted()

    async def _refresh(self, account: "Account") -> None:
        """One refresh, alone. Returns when there may be a new token; raises TokenError when there was none to be had."""
        async with self._refreshing:
            ended = account is not self.account or account.state != "SIGNED_IN"
            if ended or account.fresh_token(self._board.clock.ticks_ms()) is not None:
                return  # somebody else did it, or changed everything, while this one waited
            if account.unsaved:  # a strict service drops the old refresh token as soon as it sees the new one in use
                self._keep(account)
                return
            if account.retry_at_ticks > self._board.clock.ticks_ms():
                raise TokenError("token_service", account.trouble, True)
            with _SERVICE:
                outcome = await self._ask(account)
            if outcome == "retry":
                self._board.monitor.log("token service: " + account.trouble.replace("\t", ": "))
                raise TokenError("token_service", account.trouble, True)
            self._keep(account)  # before the new token is used: nothing may be lost
        self._changed("accounts")

    async def _ask(self, account: "Account") -> str:
        """What `Account.on_refresh` makes of the answer. Raises TokenError when there is none."""
        from firmware.oauth import service
        from firmware.oauth.provider import discovered, provider_for

        clock = self._board.clock
        settings, endpoints = self._saved()
        provider = provider_for(settings, self._board.identity)
        if not provider.known():
            provider = discovered(provider, endpoints or {})
        form = account.refresh_form(provider)
        try:
            answer = await service.ask(self._board, self.standard(), settings, "POST", provider.token_endpoint, form)
        except TokenError as error:
            account.on_transport_error(clock.ticks_ms(), self._jitter(), "detail." + error.kind)
            raise
        return account.on_refresh(
            answer.status, answer.headers, answer.body, clock.now(), clock.ticks_ms(), self._jitter()
        )

    def _keep(self, account: "Account") -> None:
        try:
            self._put(account)
        except StorageError as error:
            raise TokenError("storage", str(error), True) from None


class Accounts(Kept):
    """The sign-in of the device, or of its fax server, with the settings that it is for: one record on flash.

    `changed(part)` is told "accounts", "signin" or "settings".
    """

    def __init__(self, board: "Board", store: "Store", changed: "Callable[[str], None]", record: str = "email") -> None:
        """`record`: its name, which is also the name that the supervisor knows its tasks by."""
        self._store = store
        self._record = record
        kept = store.read(record) or {}
        self._settings: "Settings" = email_settings.load(kept.get("settings"))
        self._endpoints = kept.get("endpoints")
        people_key = kept.get("people")
        self.people_key = people_key if isinstance(people_key, str) else ""
        super().__init__(board, changed, kept.get("account"))
        if self.account.state != "SIGNED_OUT" and kept.get("client", "") != self._client(self._settings):
            # Provisioned anew: what is on flash may be right again after the next start, so nothing is erased.
            self.account = Account()
            self.account.sign_out(CHANGED)
            self.account.commit()
        self.signin: "Attempt | None" = None
        self.server_refuses = (
            ""  # why the mail server refused a sign-in that is good: a kind of `firmware/jobs/codes.py`
        )
        self._granted = asyncio.Event()
        self._asked_for = False  # a job has asked for a token since the sign-in
        self._wake = asyncio.Event()
        self.watch = Watch("accounts" if record == "email" else record)
        self.attempt_watch = Watch("sign-in")

    def _client(self, draft: "Settings") -> str:
        """What the binding to a built-in service owes to the device's identity: to be compared without loading much."""
        identity = self._board.identity
        if draft["service"] == "custom":
            return ""
        return (identity.client_id + " " + (identity.tenant if draft["service"] == "exchange" else "")).strip()

    def _saved(self) -> "tuple[Settings, Any]":
        return self._settings, self._endpoints

    # --- settings ---

    def settings(self) -> "Settings":
        return dict(self._settings)

    def changes(self, draft: "Settings") -> "list[str]":
        """The fields whose change would erase the sign-in if `draft` were saved now; [] when none, or none is saved."""
        if self.account.state == "SIGNED_OUT" or self._bound(draft) == self.account.binding:
            return []
        named = [field for field, _ in email_settings.FIELDS]  # in the page's order
        fields = [field for field in named if field not in _FREE and draft[field] != self._settings[field]]
        return fields or ["service"]

    def _bound(self, draft: "Settings") -> str:
        """What a sign-in with `draft` is bound to, with the endpoints that the saved one was granted by."""
        if draft["method"] != "oauth2":
            return ""
        with _SERVICE:
            from firmware.oauth.provider import binding, discovered, provider_for

            provider = provider_for(draft, self._board.identity)
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
            account, endpoints = self.account, self._endpoints
            bound = ""
            if use_grant:
                grant = attempt.grant if attempt is not None and attempt.owner == owner else None
                if attempt is None or attempt.provider is None or grant is None:
                    raise ValueError("error.no_grant")
                from firmware.oauth.provider import binding  # which the attempt has loaded

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
                account.sign_out(CHANGED)
                draft = dict(draft, account="")
            if self.people_key and (bound or self._bound(draft)) != self._bound(self._settings):
                self._write(draft, endpoints, account, "")
            else:
                self._write(draft, endpoints, account)
        self.server_refuses = ""
        if use_grant:
            self._end_signin()
            self._changed("signin")
            self._asked_for = False
            self._granted.set()
        self._wake.set()
        self._changed("settings")
        self._changed("accounts")

    async def target(self) -> Target:
        self._asked_for = True
        return await super().target()

    def accepted(self) -> None:
        super().accepted()
        if self.server_refuses:
            self.server_refuses = ""
            self._changed("accounts")

    async def look_at_server(self) -> None:
        """For ever, after each sign-in that no job uses at once: whether the mail server takes it. That SMTP AUTH is off is
        then said before somebody scans.
        """
        while True:
            await self._granted.wait()
            self._granted.clear()
            await self._board.clock.sleep_ms(_LOOK_AFTER_MS)
            if not self._asked_for:
                await self._look_at_server()

    async def _look_at_server(self) -> None:
        account = self.account
        try:
            refusal = await self._refusal()
        except (TokenError, MemoryError):
            return  # a job will say it
        finally:
            self._looking = None
        if account is self.account and refusal:
            self.server_refuses = refusal
            self._board.monitor.log("accounts: the mail server refuses the sign-in: " + refusal)
            self._changed("accounts")

    async def _refusal(self) -> str:
        target = await self.target()
        with _MAIL:
            from firmware.mail import refusals, sender

            board, route = self._board, sender.Route(*target.route)
            result = await sender.shake_hands(
                board.network, target.interface, board.clock, route, target.address, target.token
            )
            return result.kind if result.kind in refusals.REFUSES_ALL else ""

    # --- for the users' sign-ins (`people.py`), which are bound to the same settings ---

    def saved(self) -> "tuple[Settings, Any]":
        return self._saved()

    def bound(self, draft: "Settings") -> str:
        return self._bound(draft)

    def granted_for(self, attempt: "Attempt") -> str:
        """What `attempt` was granted for. Raises ValueError(message key) when that is not what is saved now."""
        from firmware.oauth.provider import binding  # which the attempt has loaded

        assert attempt.provider is not None
        interface = self.standard().name
        bound = binding(attempt.settings, attempt.provider, interface)
        if bound != binding(self._settings, attempt.provider, interface):
            raise ValueError("error.grant_for_other_settings")
        return bound

    def begin_people(self, people_key: str, endpoints: "Any") -> None:
        """The first user has signed in. Raises StorageError."""
        self._write(self._settings, endpoints, self.account, people_key)

    async def sign_out(self) -> None:
        """Erase the tokens from flash (manual R08). Raises StorageError."""
        async with self._refreshing:
            account = Account()
            account.sign_out()
            endpoints = self._endpoints if self.people_key else None
            self._write(dict(self._settings, account=""), endpoints, account)
        self._changed("accounts")

    def _write(self, draft: "Settings", endpoints: "Any", account: "Account", people_key: "str | None" = None) -> None:
        """`people_key`: another one, which ends the sign-ins of all users in this one write (`people.py`)."""
        people_key = self.people_key if people_key is None else people_key
        record = {"settings": draft, "endpoints": endpoints, "account": account.record(), "people": people_key}
        record["client"] = self._client(draft)
        self._store.write(self._record, record)
        self._settings, self._endpoints, self.account, self.people_key = draft, endpoints, account, people_key
        account.commit()

    def _put(self, account: "Account") -> None:
        self._write(self._settings, self._endpoints, account)

    def _sender(self, account: "Account") -> str:
        return str(self._settings["sender"]) or account.address

    async def run(self) -> None:
        """Keep-alive: an unused sign-in is refreshed every few days, so that it does not run out by disuse."""
        clock = self._board.clock
        while True:
            self._wake.clear()
            wait_ms = (
                self.account.keep_alive_in_ms(clock.ticks_ms(), clock.now()) if self._settings["keep_alive"] else None
            )
            if wait_ms is None and self.account.unsaved:
                self.watch.within(_AGAIN_MS)
                await clock.sleep_ms(_AGAIN_MS)
                self._write_end()
            elif wait_ms is None:
                self.watch.rest()
                await self._wake.wait()
            elif wait_ms > 0:
                wait_ms = min(wait_ms, _LONGEST_NAP_MS)
                self.watch.within(wait_ms)
                await clock.sleep_ms(wait_ms)
            else:
                self.watch.within(_STEP_MS)
                try:
                    await self._refresh(self.account)
                except TokenError as error:
                    self._board.monitor.log("keep-alive: " + error.kind)
                except MemoryError:  # there is time; a mail that is on its way needs it now
                    self._board.monitor.log("keep-alive: memory")
                if self.account.keep_alive_in_ms(clock.ticks_ms(), clock.now()) == 0:
                    # Flash or memory failed, or the wall clock has jumped and the token is a new one.
                    self.watch.within(_AGAIN_MS)
                    await clock.sleep_ms(_AGAIN_MS)

    def _write_end(self) -> None:
        """The sign-in has ended while the flash failed: until that is written down a restart would know nothing of it."""
        if not self.account.unsaved:
            return
        try:
            self._write(self._settings, self._endpoints, self.account)
            self._changed("accounts")
        except StorageError as error:
            self._board.monitor.log("accounts: the end of the sign-in could not be written down: " + str(error))

    # --- a new sign-in ---

    async def start_signin(self, draft: "Settings", owner: str) -> None:
        """Begin an attempt for `draft`. Raises ValueError(message key) while another owner's attempt is open."""
        if self.signin is not None and self.signin.owner != owner and self.signin.state in ("REQUESTING", "WAITING"):
            raise ValueError("error.signin_by_other")
        self.cancel_signin()
        from firmware.oauth.attempt import Attempt

        self.signin = Attempt(dict(draft), owner, self._board.clock)
        _SIGN_IN.hold()  # until `_end_signin`
        self.signin.task = asyncio.create_task(self._attempt())
        self._changed("signin")

    def cancel_signin(self) -> None:
        if self.signin is not None:
            self._end_signin()
            self._changed("signin")

    def _end_signin(self) -> None:
        attempt, self.signin = self.signin, None
        if attempt is not None:
            if attempt.task is not None:
                attempt.task.cancel()
            _SIGN_IN.let_go()

    async def _attempt(self) -> None:
        """Nothing of the sign-in is kept here: see `Needed`."""
        if await self._is_granted():
            await self._board.clock.sleep_ms(_GRANT_LIFE_MS)
            attempt = self.signin  # no other: that would have cancelled this
            if attempt is not None:
                attempt.fail("error.no_grant")
                self._changed("signin")

    async def _is_granted(self) -> bool:
        """How the sign-in ends."""
        attempt, watch = self.signin, self.attempt_watch
        if attempt is None:
            return False
        watch.within(_ATTEMPT_MS)
        try:
            with _SIGNING_IN:
                await self._sign_in(attempt)
        except MemoryError:  # whoever waits for it may try again
            attempt.fail("reason.memory")
        except TokenError as error:
            attempt.fail("detail." + error.kind, error.detail)
        finally:
            watch.rest()
        self._changed("signin")
        return attempt.state == "GRANTED"

    async def _sign_in(self, attempt: "Attempt") -> None:
        from firmware.oauth.attempt import sign_in

        await sign_in(attempt, self._board, self.standard(), self._changed)


_FREE = (
    "account",
    "password",
    "sender",
    "pop3_host",
    "pop3_port",
    "keep_alive",
    "sender_of",
    "fax_domain",
)  # fields that bind nothing
