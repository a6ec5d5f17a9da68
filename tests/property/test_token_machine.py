"""The saved sign-in against a small model: drawn people, answers, clocks, flash failures and restarts.

Invariants: `only_the_clouds_word_ends_a_sign_in`, `new_token_is_on_flash_before_use`, `no_refresh_before_it_is_allowed`,
`nothing_secret_is_told`, `newest_refresh_token_is_kept`.
"""

import json
from functools import cache

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from firmware.oauth.grant import Grant
from firmware.oauth.provider import provider_for
from firmware.oauth.signin import SignIn
from firmware.oauth.token import Account
from firmware.settings import DEFAULTS
from tests.oauth_answers import device_answer, refusal, token_answer
from tests.property.machines import lived

PROVIDER = provider_for(DEFAULTS)
ENDING = ("invalid_grant", "interaction_required", "consent_required", "login_required")
EXPIRED_CODES = (700082, 70008, 70043)
CODES = (0, 700082, 70008, 70043, 50173, 53003, 7000218, 99999)
OTHER_ERRORS = ("invalid_client", "invalid_scope", "temporarily_unavailable", "server_error", "invalid_request", "x")
DEVICE_ANSWER = device_answer()
LIFE_S = (60, 600, 3599, 86_400)
# No tokens, whatever the status; `tests/property/test_answers_parser.py` draws answers.
USELESS = (
    b"",
    b"<html>Accept the terms</html>",
    b"{}",
    b'["Bearer"]',
    b'{"access_token": "SECR',
    b"\xff\x00",
    token_answer(scope="all"),
    token_answer(access_token=None),
    *(refusal(error, 700082) for error in OTHER_ERRORS),
)
WALL = st.none() | st.integers(0, 4_000_000_000)


def granted(number: int, life_s: int, ticks: int) -> Grant:
    machine = SignIn(PROVIDER)
    machine.on_device_code(200, DEVICE_ANSWER, ticks)
    machine.on_poll(200, {}, answer(number, life_s, True), ticks)
    assert machine.grant is not None
    return machine.grant


@cache
def answer(number: int, life_s: int, rotate: bool) -> bytes:
    refresh_token = f"SECRET-R{number}" if rotate else None
    return token_answer(access_token=f"SECRET-A{number}", refresh_token=refresh_token, expires_in=life_s)


class TokenMachine(RuleBasedStateMachine):
    """The model: `newest` refresh token that the cloud has handed out, `flash` as it was last written, `state`."""

    def __init__(self) -> None:
        super().__init__()
        self.account = Account()
        self.ticks = 0
        self.now_s: int | None = None  # by a wall clock that anybody may set
        self.jitter = 0  # what this device draws
        self.number = 0
        self.state = "SIGNED_OUT"
        self.newest = ""
        self.access: tuple[str, int] | None = None  # the newest access token and when it ends
        self.flash: str | None = None
        self.on_flash = ""  # the refresh token in it
        self.asked = False
        self.not_before = 0
        self.mail_server = ""  # "refused" the access token, which has been "renewed" since

    def write(self, works: bool) -> None:
        """What the shell does after each change; flash may be full."""
        if works:
            record = self.account.record()
            self.flash = json.dumps(record)
            self.on_flash = record["refresh_token"]
            self.account.commit()

    @initialize(life_s=st.sampled_from(LIFE_S), now_s=WALL, jitter=st.integers(0, 255))
    def sign_in_first(self, life_s: int, now_s: int | None, jitter: int) -> None:
        self.now_s, self.jitter = now_s, jitter
        self.sign_in(life_s, True)

    @rule(life_s=st.sampled_from(LIFE_S), works=st.booleans())
    def sign_in(self, life_s: int, works: bool) -> None:
        self.number += 1
        grant = granted(self.number, life_s, self.ticks)
        self.account.grant(grant, "binding", self.now_s, self.ticks, self.jitter)
        self.state, self.newest, self.asked = "SIGNED_IN", f"SECRET-R{self.number}", False
        self.access = f"SECRET-A{self.number}", self.ticks + life_s * 1000
        self.not_before, self.mail_server = 0, ""
        self.write(works)

    @rule(works=st.booleans())
    def sign_out(self, works: bool) -> None:
        self.account.sign_out()
        self.state, self.newest, self.access, self.asked = "SIGNED_OUT", "", None, False
        self.not_before = 0
        self.write(works)

    @rule(ms=st.sampled_from([1, 999, 5000, 60_000, 3_600_000, 86_400_000, 7 * 86_400_000]))
    def time_passes(self, ms: int) -> None:
        self.ticks += ms
        if self.now_s is not None:
            self.now_s += ms // 1000

    @rule(now_s=WALL)
    def the_clock_is_set(self, now_s: int | None) -> None:
        self.now_s = now_s

    @precondition(lambda self: self.account.unsaved)
    @rule()
    def flash_works_again(self) -> None:
        self.write(True)

    @precondition(lambda self: self.state == "SIGNED_IN")
    @rule()
    def ask(self) -> None:
        """What the shell does while nothing is on its way: wait as long as it must, then post the form."""
        if self.asked:
            return
        self.ticks = max(self.ticks, self.account.retry_at_ticks)
        assert self.ticks >= self.not_before, "no_refresh_before_it_is_allowed"
        assert self.account.refresh_form(PROVIDER)["refresh_token"] == self.newest, "newest_refresh_token_is_kept"
        self.asked = True

    @precondition(lambda self: self.state == "SIGNED_IN")
    @rule(life_s=st.sampled_from(LIFE_S), rotate=st.booleans(), works=st.booleans())
    def new_tokens(self, life_s: int, rotate: bool, works: bool) -> None:
        self.ask()
        self.number += 1
        body = answer(self.number, life_s, rotate)
        assert self.account.on_refresh(200, {}, body, self.now_s, self.ticks, self.jitter) == "ok"
        if rotate:
            self.newest = f"SECRET-R{self.number}"
        self.access = f"SECRET-A{self.number}", self.ticks + life_s * 1000
        self.asked, self.not_before = False, 0
        self.mail_server = "renewed" if self.mail_server == "refused" else ""
        assert self.account.fresh_token(self.ticks) is None, "new_token_is_on_flash_before_use"
        self.write(works)

    @precondition(lambda self: self.state == "SIGNED_IN")
    @rule(error=st.sampled_from(ENDING), code=st.sampled_from(CODES), works=st.booleans())
    def the_cloud_says_no(self, error: str, code: int, works: bool) -> None:
        self.ask()
        body = refusal(error, code, f"It was {self.newest}.")
        assert self.account.on_refresh(400, {}, body, self.now_s, self.ticks) == "ended"
        self.state = "EXPIRED" if code in EXPIRED_CODES else "REAUTH"
        self.newest, self.access, self.asked, self.not_before = "", None, False, 0
        self.write(works)

    @precondition(lambda self: self.state == "SIGNED_IN")
    @rule(
        status=st.sampled_from([200, 204, 302, 400, 401, 404, 429, 500, 503]),
        body=st.sampled_from(USELESS),
        retry_after_s=st.sampled_from([None, 0, 1, 30, 299, 301, 5000]),
    )
    def the_cloud_is_in_trouble(self, status: int, body: bytes, retry_after_s: int | None) -> None:
        self.ask()
        headers = {} if retry_after_s is None else {"retry-after": str(retry_after_s)}
        assert self.account.on_refresh(status, headers, body, self.now_s, self.ticks, self.jitter) == "retry"
        self.asked = False
        self.not_before = self.ticks + max(5000, min((retry_after_s or 0) * 1000, 3_600_000))

    @precondition(lambda self: self.state == "SIGNED_IN")
    @rule(status=st.sampled_from([429, 500, 502, 503]), error=st.sampled_from(ENDING), code=st.sampled_from(CODES))
    def a_no_in_the_wrong_place(self, status: int, error: str, code: int) -> None:
        self.ask()
        assert self.account.on_refresh(status, {}, refusal(error, code), None, self.ticks) == "retry"
        self.asked, self.not_before = False, self.ticks + 5000

    @precondition(lambda self: self.state == "SIGNED_IN")
    @rule()
    def the_answer_is_lost(self) -> None:
        self.ask()
        assert self.account.on_transport_error(self.ticks, self.jitter) == "retry"
        self.asked, self.not_before = False, self.ticks + 1000

    @precondition(lambda self: not self.asked and self.state != "SIGNED_IN")
    @rule(body=st.sampled_from([token_answer(), refusal("invalid_grant", 50173)]))
    def an_answer_that_nobody_waits_for(self, body: bytes) -> None:
        assert self.account.on_refresh(200 if b"access" in body else 400, {}, body, None, self.ticks) == "ignored"

    @precondition(lambda self: self.account.fresh_token(self.ticks) is not None)
    @rule(accepted=st.booleans(), works=st.booleans())
    def the_mail_server_answers(self, accepted: bool, works: bool) -> None:
        if accepted:
            self.account.token_accepted()
            self.mail_server = ""
            return
        assert self.access is not None
        again = self.account.token_refused(f"535 5.7.3 {self.access[0]}")
        assert again == (self.mail_server != "renewed")
        self.access, self.mail_server = None, "refused"
        if not again:
            self.state, self.newest, self.mail_server = "REAUTH", "", ""
            self.asked, self.not_before = False, 0
            self.write(works)

    @precondition(lambda self: self.flash is not None)
    @rule()
    def the_power_fails(self) -> None:
        assert self.flash is not None
        record = json.loads(self.flash)
        self.ticks, self.asked, self.access, self.not_before, self.mail_server = 0, False, None, 0, ""
        self.account = Account.load(record, 0, self.jitter)
        self.state, self.newest = record["state"], record["refresh_token"]

    @invariant()
    def only_the_clouds_word_ends_a_sign_in(self) -> None:
        assert self.account.state == self.state

    @invariant()
    def new_token_is_on_flash_before_use(self) -> None:
        token = self.account.fresh_token(self.ticks)
        if token is not None:
            assert self.flash is not None and self.on_flash == self.newest
            assert self.access is not None and token == self.access[0] and self.ticks < self.access[1]

    @invariant()
    def no_refresh_before_it_is_allowed(self) -> None:
        assert self.account.retry_at_ticks >= self.not_before
        assert self.account.retry_at_ticks <= self.ticks + 3_600_000 * 5 // 4  # and it is never put off for ever

    @invariant()
    def nothing_secret_is_told(self) -> None:
        account = self.account
        told = f"{account!r} {account.reason} {account.trouble} {account.address} {account.tenant} {account.scope}"
        assert "SECRET" not in told
        if self.state != "SIGNED_IN":
            assert "SECRET" not in str(account.record())

    @invariant()
    def keep_alive_comes_in_a_week_at_most(self) -> None:
        for now_s in (None, 2_000_000_000):
            due_in_ms = self.account.keep_alive_in_ms(self.ticks, now_s)
            assert (due_in_ms is None) == (self.state != "SIGNED_IN")
            assert due_in_ms is None or 0 <= due_in_ms <= 7 * 86_400_000


test_lifecycle = lived(TokenMachine, 100, long=10_000)
