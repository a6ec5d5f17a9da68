"""Firmware that is wrong on purpose: each variant breaks one promise, and the invariant beside it must notice.

A variant changes the running firmware through pytest's monkeypatch and nothing on disk; its steps are a life that is without
fault on the firmware as it is (`test_wrong_variants.py` checks both). To add one: a function with the decorator `variant`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import pytest

from firmware import http, told
from firmware.device import Device
from firmware.jobs import codes, journal
from firmware.jobs.journal import Journal
from firmware.jobs.queue import Queue
from firmware.mail import sender
from firmware.mail.smtp import Result
from firmware.oauth import answers, provider, service, signin, token
from firmware.oauth.accounts import Accounts, Kept, TokenError
from firmware.oauth.people import Person
from firmware.oauth.signin import SignIn
from firmware.oauth.token import Account
from firmware.panel.screens.my_email import UserSignIn
from firmware.web import app, email_form, pages
from sim.life import FAX_ACCOUNT, Step
from sim.person import ONA, PRINTER

Patch = pytest.MonkeyPatch


class Variant(NamedTuple):
    name: str
    invariant: str  # the name that the violation begins with
    steps: tuple[Step, ...]
    wrong: Callable[[Patch], None]


VARIANTS: list[Variant] = []

SIGN_IN: Step = ("sign_in", {"account": PRINTER})
BEGIN: Step = ("begin_sign_in", {})
SEND: Step = ("send", {"to": ONA})
HOURS: Step = ("wait", {"seconds": 7200.0})
SETTLE: Step = ("wait", {"seconds": 1500.0})
FAX_SIGN_IN: Step = ("fax_sign_in", {})
FAX: Step = ("fax", {"to": "112"})
MY_EMAIL: Step = ("my_email", {"id": "ona", "pin": "4711"})
USER: tuple[Step, ...] = (
    SIGN_IN,
    ("add_user", {"id": "ona", "email": ONA, "pin": "4711"}),
    ("user_sign_in", {"id": "ona", "pin": "4711", "account": ONA}),
)
REVOKE: Step = ("revoke", {"address": PRINTER})


def fault(where: str, kind: str, times: int | None = 1, **options: Any) -> Step:
    return "fault", {"fault": {"where": where, "kind": kind, "times": times, **options}}


def wait(seconds: float) -> Step:
    return "wait", {"seconds": float(seconds)}


def variant(invariant: str, *steps: Step) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    def add(wrong: Callable[[Patch], None]) -> Callable[[Patch], None]:
        VARIANTS.append(Variant(wrong.__name__, invariant, steps, wrong))
        return wrong

    return add


# --- signing in ---


@variant("slow_down_is_for_good", fault("token", "slow_down", 2), BEGIN, wait(60))
def slow_down_is_ignored(patch: Patch) -> None:
    patch.setattr(signin, "_SLOW_DOWN_MS", 0)


@variant("never_polls_sooner_than_allowed", BEGIN, wait(60))
def polls_every_second(patch: Patch) -> None:
    patch.setattr(signin, "_interval_s", lambda value: 1)


@variant("polls_end_with_the_code", fault("devicecode", "change", members={"expires_in": 60}), BEGIN, wait(120))
def polls_after_the_deadline(patch: Patch) -> None:
    patch.setattr(SignIn, "on_time", lambda self, now_ticks: None)
    real = SignIn.on_device_code

    def on_device_code(self: SignIn, status: int, body: bytes, now_ticks: int) -> None:
        real(self, status, body, now_ticks)
        self.deadline_ticks += 600_000

    patch.setattr(SignIn, "on_device_code", on_device_code)


@variant("nothing_is_saved_before_ok", ("sign_in", {"account": PRINTER, "ok": False}))
def saved_without_ok(patch: Patch) -> None:
    real = Accounts._sign_in

    async def sign_in(self: Accounts, attempt: Any) -> None:
        await real(self, attempt)
        if attempt.grant is not None:
            await self.save(attempt.settings, True, attempt.owner)

    patch.setattr(Accounts, "_sign_in", sign_in)


@variant(
    "only_the_cloud_ends_a_sign_in",
    SIGN_IN,
    BEGIN,
    ("finish_sign_in", {"account": PRINTER, "consent": "decline"}),
    wait(30),
)
def a_failed_attempt_erases_the_saved_sign_in(patch: Patch) -> None:
    real = Accounts._sign_in

    async def sign_in(self: Accounts, attempt: Any) -> None:
        await real(self, attempt)
        if attempt.state == "DECLINED":
            await self.sign_out()

    patch.setattr(Accounts, "_sign_in", sign_in)


@variant("code_only_for_who_asked", BEGIN, ("stranger", {}))
def the_code_is_shown_to_strangers(patch: Patch) -> None:
    welcome, real = pages.welcome, app.App._show

    async def show(self: Any, request: Any) -> Any:
        attempt = self.device.signin
        code = attempt.user_code if attempt is not None else ""
        patch.setattr(pages, "welcome", lambda words: [*welcome(words), code])
        return await real(self, request)

    patch.setattr(app.App, "_show", show)


# --- the saved sign-in ---


@variant("refresh_token_on_flash_before_access_token_used", SIGN_IN, SEND, HOURS, SEND)
def the_old_refresh_token_is_kept_after_rotation(patch: Patch) -> None:
    """A strict service takes it no more."""
    real = Account._take

    def take(self: Account, *arguments: Any) -> None:
        old = self._refresh_token
        real(self, *arguments)
        self._refresh_token = old or self._refresh_token

    patch.setattr(Account, "_take", take)


@variant("refresh_token_on_flash_before_access_token_used", SIGN_IN, SEND, HOURS, SEND)
def the_access_token_is_used_before_flash_has_the_refresh_token(patch: Patch) -> None:
    real = Accounts._write

    def write(self: Accounts, draft: Any, endpoints: Any, account: Account) -> None:
        if account is self.account:
            account.commit()  # and the flash later
        else:
            real(self, draft, endpoints, account)

    patch.setattr(Accounts, "_write", write)


@variant("newest_refresh_token_is_used", SIGN_IN, SEND, HOURS, SEND, HOURS, SEND)
def a_stale_refresh_token_is_sent(patch: Patch) -> None:
    real = Account.refresh_form
    first: list[str] = []

    def refresh_form(self: Account, provider: Any) -> dict[str, str]:
        form = real(self, provider)
        first.append(form["refresh_token"])
        return dict(form, refresh_token=first[0])

    patch.setattr(Account, "refresh_form", refresh_form)


def _ends_when(patch: Patch, key: str) -> None:
    real = Account._retry

    def retry(self: Account, *arguments: Any) -> str:
        if arguments[0] != key:
            return real(self, *arguments)
        self._end("REAUTH", key, "")
        return "ended"

    patch.setattr(Account, "_retry", retry)


@variant("only_the_cloud_ends_a_sign_in", SIGN_IN, fault("token", "503"), HOURS, SEND)
def dropped_on_503(patch: Patch) -> None:
    _ends_when(patch, "reason.unavailable")


@variant("only_the_cloud_ends_a_sign_in", SIGN_IN, fault("token", "garbage"), HOURS, SEND)
def dropped_on_garbage(patch: Patch) -> None:
    _ends_when(patch, "reason.bad_answer")


@variant("codes_as_the_manual_says", SIGN_IN, fault("token", "drop"), HOURS, SEND, SETTLE)
def dropped_on_a_network_error(patch: Patch) -> None:
    _ends_when(patch, "detail.token_service")


@variant("only_the_cloud_ends_a_sign_in", SIGN_IN, fault("smtp", "reply", step="auth", text="535 5.7.3 No"), SEND)
def dropped_on_the_first_535(patch: Patch) -> None:
    real = Account.token_refused

    def token_refused(self: Account, words: str) -> bool:
        self._renewed = True
        return real(self, words)

    patch.setattr(Account, "token_refused", token_refused)


@variant("flash_agrees_with_what_is_told", SIGN_IN, ("sign_out", {}))
def sign_out_leaves_the_token_on_flash(patch: Patch) -> None:
    async def sign_out(self: Accounts) -> None:
        self.account = Account()
        self._changed("accounts")

    patch.setattr(Accounts, "sign_out", sign_out)


def _two_refreshes(patch: Patch, whose: str) -> None:
    class NoLock:
        async def __aenter__(self) -> None: ...
        async def __aexit__(self, *_: object) -> None: ...

    real = Kept._refresh

    async def refresh(self: Kept, account: Account) -> None:
        if account.address == whose:
            patch.setattr(self, "_refreshing", NoLock())
            await asyncio.gather(real(self, account), real(self, account))
        else:
            await real(self, account)

    patch.setattr(Kept, "_refresh", refresh)


@variant("one_refresh_in_flight", SIGN_IN, HOURS, fault("token", "slow", seconds=2), SEND)
def two_refreshes_at_once(patch: Patch) -> None:
    _two_refreshes(patch, PRINTER)


@variant("retry_after_is_kept", SIGN_IN, fault("token", "429", None, retry_after=900), HOURS, SEND, SETTLE)
def retry_after_is_ignored(patch: Patch) -> None:
    patch.setattr(http, "retry_after_ms", lambda headers: None)


@variant("keep_alive_as_set", SIGN_IN, ("settings", {"fields": {"keep_alive": "disable"}}), wait(20 * 86400))
def keep_alive_off_is_ignored(patch: Patch) -> None:
    async def run(self: Accounts) -> None:
        while True:
            await self._board.clock.sleep_ms(86_400_000)
            if self.account.keep_alive_in_ms(self._board.clock.ticks_ms(), self._board.clock.now()) == 0:
                await self._refresh(self.account)

    patch.setattr(Accounts, "run", run)


@variant("keep_alive_as_set", SIGN_IN, wait(5 * 86400), wait(5 * 86400))
def keep_alive_never_runs(patch: Patch) -> None:
    async def run(self: Accounts) -> None:
        await asyncio.Event().wait()

    patch.setattr(Accounts, "run", run)


@variant(
    "healthy_within_ten_minutes_after_faults_end",
    SIGN_IN,
    fault("token", "drop", None),
    wait(10 * 86400),
    ("recover", {}),
)
def backs_off_for_an_hour(patch: Patch) -> None:
    patch.setattr(token, "_BACK_OFF_S", (1, 5, 30, 120, 300, 900, 3600))


# --- where tokens go ---


@variant("token_goes_only_where_granted", SIGN_IN, ("settings", {"fields": {"smtp_host": "smtp.office365.com"}}), SEND)
def the_token_follows_a_changed_server_name(patch: Patch) -> None:
    real = provider.binding
    patch.setattr(
        provider, "binding", lambda settings, granted, name: real(dict(settings, smtp_host=""), granted, name)
    )


@variant(
    "token_goes_only_where_granted",
    SIGN_IN,
    fault("token", "redirect", location="https://login.microsoftonline.com/elsewhere"),
    HOURS,
    SEND,
)
def a_redirect_is_followed(patch: Patch) -> None:
    real = http.fetch

    async def fetch(network: Any, interface: Any, clock: Any, method: str, url: str, **named: Any) -> http.Response:
        answer = await real(network, interface, clock, method, url, **named)
        if answer.status in (301, 302, 307, 308):
            return await real(network, interface, clock, method, answer.headers["location"], **named)
        return answer

    patch.setattr(http, "fetch", fetch)


class _Lax:
    """A network that checks no certificate."""

    def __init__(self, network: Any) -> None:
        self._network = network

    async def connect(self, *arguments: Any) -> Any:
        stream = await self._network.connect(*arguments)
        real = stream.start_tls

        async def start_tls(name: str, ca: Any, verify: bool, timeout_ms: int) -> None:
            await real(name, ca, False, timeout_ms)

        stream.__dict__["start_tls"] = start_tls
        return stream


@variant("token_goes_only_where_granted", SIGN_IN, HOURS, SEND)
def the_token_service_is_not_verified(patch: Patch) -> None:
    real = http.fetch

    async def fetch(network: Any, *arguments: Any, **named: Any) -> http.Response:
        return await real(cast(Any, _Lax(network)), *arguments, **named)

    patch.setattr(http, "fetch", fetch)


@variant("token_goes_only_where_granted", SIGN_IN, SEND)
def the_mail_server_is_not_verified(patch: Patch) -> None:
    real = sender.send

    async def send(network: Any, *arguments: Any) -> Result:
        return await real(cast(Any, _Lax(network)), *arguments)

    patch.setattr(sender, "send", send)


@variant("token_goes_only_where_granted", SIGN_IN)
def the_additional_network_is_used(patch: Patch) -> None:
    """Manual R10."""
    patch.setattr(Accounts, "standard", lambda self: next(i for i in self._board.network.interfaces if not i.standard))


# --- the fax server's sign-in, and a user's own (manual R21 to R24) ---


@variant("nothing_is_saved_before_ok", ("fax_sign_in", {"ok": False}))
def the_fax_servers_is_saved_without_ok(patch: Patch) -> None:
    saved_without_ok(patch)


@variant("nothing_is_saved_before_ok", *USER[:2], ("user_sign_in", {**USER[2][1], "ok": False}))
def a_users_is_saved_without_ok(patch: Patch) -> None:
    real = UserSignIn._granted

    def granted(self: UserSignIn, attempt: Any) -> Any:
        self._save()
        return real(self, attempt)

    patch.setattr(UserSignIn, "_granted", granted)


def _before_flash(patch: Patch, kind: type[Kept], put: str, whose: str) -> None:
    real = getattr(kind, put)

    def write(self: Kept, *arguments: Any) -> None:
        [account] = [each for each in arguments if isinstance(each, Account)]
        if account is self.account and account.address == whose:
            account.commit()  # and the flash later
        else:
            real(self, *arguments)

    patch.setattr(kind, put, write)


@variant("refresh_token_on_flash_before_access_token_used", SIGN_IN, FAX_SIGN_IN, FAX, HOURS, SEND, FAX)
def the_fax_servers_token_is_used_before_flash(patch: Patch) -> None:
    _before_flash(patch, Accounts, "_write", FAX_ACCOUNT)


@variant("refresh_token_on_flash_before_access_token_used", *USER, HOURS, SEND, MY_EMAIL)
def a_users_token_is_used_before_flash(patch: Patch) -> None:
    _before_flash(patch, Person, "_put", ONA)


@variant("one_refresh_in_flight", FAX_SIGN_IN, HOURS, fault("fax-token", "slow", seconds=2), FAX)
def two_refreshes_of_the_fax_server(patch: Patch) -> None:
    _two_refreshes(patch, FAX_ACCOUNT)


@variant("one_refresh_in_flight", *USER, HOURS, SEND, fault("token", "slow", seconds=2), MY_EMAIL)
def two_refreshes_of_a_user(patch: Patch) -> None:
    _two_refreshes(patch, ONA)


@variant("only_the_cloud_ends_a_sign_in", FAX_SIGN_IN, fault("fax-token", "503"), HOURS, FAX)
def the_fax_servers_is_dropped_on_503(patch: Patch) -> None:
    _ends_when(patch, "reason.unavailable")


@variant("only_the_cloud_ends_a_sign_in", *USER, HOURS, SEND, fault("token", "garbage"), MY_EMAIL)
def a_users_is_dropped_on_garbage(patch: Patch) -> None:
    _ends_when(patch, "reason.bad_answer")


@variant("only_the_cloud_ends_a_sign_in", *USER, SEND, ("revoke", {"address": PRINTER}), HOURS, SEND, wait(60))
def a_users_goes_with_the_devices(patch: Patch) -> None:
    real = Accounts._put

    def put(self: Accounts, account: Account) -> None:
        if account.state == "REAUTH":
            self._write(self._settings, self._endpoints, account, "")
        else:
            real(self, account)

    patch.setattr(Accounts, "_put", put)


def _goes_to(patch: Patch, whose: str, host: str) -> None:
    real = Kept.route
    patch.setattr(
        Kept, "route", lambda self: (host if self.account.address == whose else real(self)[0], *real(self)[1:])
    )


@variant("token_goes_only_where_granted", SIGN_IN, FAX_SIGN_IN, FAX)
def the_fax_servers_token_goes_to_the_devices_server(patch: Patch) -> None:
    _goes_to(patch, FAX_ACCOUNT, "smtp-mail.outlook.com")


@variant("token_goes_only_where_granted", FAX_SIGN_IN, *USER, MY_EMAIL)
def a_users_token_goes_to_the_fax_server(patch: Patch) -> None:
    _goes_to(patch, ONA, "mail.faksas.example")


@variant("codes_as_the_manual_says", *USER, ("revoke", {"address": ONA}), HOURS, SEND, MY_EMAIL)
def a_users_end_is_told_as_another_code(patch: Patch) -> None:
    patch.setattr(answers, "_EXPIRED_CODES", (50173,))


# --- codes and jobs ---


@variant("codes_as_the_manual_says", SIGN_IN, ("clock", {"ahead_s": 100 * 86400.0}), SEND)
def code_361_by_the_local_clock(patch: Patch) -> None:
    real = Accounts.target

    async def target(self: Accounts) -> Any:
        now, good_until_s = self._board.clock.now(), self.account.good_until_s
        if now is not None and good_until_s is not None and now > good_until_s:
            raise TokenError("expired")
        return await real(self)

    patch.setattr(Accounts, "target", target)


@variant("codes_as_the_manual_says", SIGN_IN, fault("token", "700082"), HOURS, SEND)
def code_370_for_361(patch: Patch) -> None:
    patch.setattr(answers, "_EXPIRED_CODES", ())


@variant("codes_as_the_manual_says", SIGN_IN, REVOKE, HOURS, SEND)
def code_361_for_370(patch: Patch) -> None:
    patch.setattr(answers, "_EXPIRED_CODES", (50173,))


@variant("codes_as_the_manual_says", SEND)
def a_network_code_without_a_sign_in(patch: Patch) -> None:
    patch.setattr(codes, "code_for", lambda kind: 313 if kind == "not_signed_in" else 374)


@variant("each_job_ends_once", SIGN_IN, SEND)
def the_history_is_written_twice(patch: Patch) -> None:
    real = Journal.end

    def end(self: Journal, *arguments: Any) -> None:
        real(self, *arguments)
        real(self, *arguments)

    patch.setattr(Journal, "end", end)


@variant("never_reported_sent_early", SIGN_IN, fault("smtp", "drop-mid-data", bytes=100), SEND)
def reported_sent_before_the_250(patch: Patch) -> None:
    real = sender.send

    async def send(*arguments: Any) -> Result:
        result = await real(*arguments)
        return Result("sent") if result.kind == "connection" else result

    patch.setattr(sender, "send", send)


@variant("delivered_at_least_once_with_one_message_id", SIGN_IN, fault("smtp", "lost-250"), SEND, SETTLE)
def a_new_message_id_at_each_try(patch: Patch) -> None:
    real = Queue._send

    async def send(self: Queue, job: Any) -> Any:
        if job["attempts"]:
            job["message_id"] = f"<try{job['attempts']}@scanpost.invalid>"
        return await real(self, job)

    patch.setattr(Queue, "_send", send)


@variant("sent_with_its_own_sign_in", *USER, MY_EMAIL)
def a_users_scan_goes_with_the_devices_sign_in(patch: Patch) -> None:
    patch.setattr(Device, "_sign_in_of", lambda self, _: self.accounts)


@variant("sent_with_its_own_sign_in", *USER, SEND)
def the_devices_scan_goes_with_a_users_sign_in(patch: Patch) -> None:
    real = Device._sign_in_of
    patch.setattr(Device, "_sign_in_of", lambda self, job: real(self, {**job, "kind": "my-email", "user": "ona"}))


@variant("no_job_is_lost", SIGN_IN, ("power_cut_while_sending", {"to": ONA, "after_ms": 20}), wait(60))
def a_job_is_lost_at_a_power_cut(patch: Patch) -> None:
    def recover(self: Queue) -> None:
        self._journal.unfinished = []

    patch.setattr(Queue, "_recover", recover)


@variant("no_job_is_lost", SIGN_IN, SEND)
def a_job_is_promised_before_it_is_on_flash(patch: Patch) -> None:
    def add(self: Journal, job: Any) -> None:
        self.last_id = int(job["id"])

    patch.setattr(journal.Journal, "add", add)


# --- secrets ---


@variant(
    "no_secret_anywhere",
    SIGN_IN,
    fault("smtp", "reply", step="auth", text="535 5.7.139 Authentication unsuccessful"),
    SEND,
)
def a_secret_in_an_error_text(patch: Patch) -> None:
    real = sender.send

    async def send(*arguments: Any) -> Result:
        result = await real(*arguments)
        access_token = arguments[5]
        return Result(result.kind, f"{result.text} ({access_token[-60:]})", result.transient)

    patch.setattr(sender, "send", send)


@variant("no_secret_anywhere", SIGN_IN, HOURS, SEND)
def a_secret_in_the_log(patch: Patch) -> None:
    real = service.ask

    async def ask(board: Any, interface: Any, settings: Any, method: str, url: str, form: Any = None) -> Any:
        board.monitor.log("asking " + url + " with " + str(form))
        return await real(board, interface, settings, method, url, form)

    patch.setattr(service, "ask", ask)


@variant(
    "no_secret_anywhere",
    ("settings", {"fields": {"password": "geheim-123"}}),
    ("look", {"page": "network/email/basic"}),
)
def a_secret_on_a_page(patch: Patch) -> None:
    real = email_form._Form._field

    def field(self: Any, name: str, note: str, kind: str, longest: int) -> str:
        drawn = real(self, name, note, kind, longest)
        return drawn.replace('type="password"', f'type="password" value="{self._typed["password"]}"')

    patch.setattr(email_form._Form, "_field", field)


@variant("no_secret_anywhere", BEGIN)
def the_device_code_in_the_state(patch: Patch) -> None:
    real = told._signin

    def signin(device: Any) -> Any:
        state, attempt = real(device), device.signin
        if state is not None and attempt is not None and attempt.machine is not None:
            state["device_code"] = attempt.machine._device_code
        return state

    patch.setattr(told, "_signin", signin)
