"""One sign-in attempt against a small model: drawn answers, delays, clock jumps and a person who may or may not sign in.

Invariants: `never_polls_sooner_than_allowed`, `slow_down_is_for_good`, `waiting_ends_by_the_clouds_word_or_the_deadline`,
`code_is_shown_only_while_it_counts`, `nothing_secret_is_told`.
"""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from firmware.oauth.provider import provider_for
from firmware.oauth.signin import SignIn
from firmware.settings import DEFAULTS
from tests.oauth_answers import DEVICE_CODE, device_answer, refusal, token_answer
from tests.property.machines import lived

PROVIDER = provider_for(DEFAULTS)
ENDS = {
    "access_denied": "DECLINED",
    "authorization_declined": "DECLINED",
    "expired_token": "CODE_EXPIRED",
    "bad_verification_code": "FAILED",
    "invalid_grant": "FAILED",
    "invalid_client": "FAILED",
}
INTERVALS = st.none() | st.integers(-5, 30) | st.sampled_from([10**9, "7", "x", 0.5, [1]])
LIVES = st.none() | st.integers(-5, 4000) | st.sampled_from([1e12, "900", "x"])


def interval_of(value: object) -> int:
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return max(1, min(int(value), 3600)) if isinstance(value, (int, float)) else 5


def life_of(value: object) -> int:
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return min(int(value), 3600) if isinstance(value, (int, float)) and value > 0 else 900


class SignInMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ticks = 0
        self.machine = SignIn(PROVIDER, "session")
        self.state = "REQUESTING"
        self.interval_ms = 0
        self.deadline = 0
        self.answered = 0  # when the last answer came
        self.not_before = 0
        self.polling = False

    @initialize(ticks=st.integers(0, 2**41), interval=INTERVALS, life=LIVES)
    def first_attempt(self, ticks: int, interval: object, life: object) -> None:
        self.ticks = ticks
        self.attempt(interval, life)

    @precondition(lambda self: self.state != "WAITING")
    @rule(interval=INTERVALS, life=LIVES)
    def attempt(self, interval: object, life: object) -> None:
        self.machine = SignIn(PROVIDER, "session")
        self.answered, self.polling = self.ticks, False
        ticks = self.ticks
        self.machine.on_device_code(200, device_answer(interval=interval, expires_in=life), ticks)
        self.state = "WAITING"
        self.interval_ms = interval_of(interval) * 1000
        self.deadline = ticks + life_of(life) * 1000
        self.not_before = ticks + self.interval_ms

    def answer(self, at_least_ms: int) -> None:
        self.polling = False
        self.answered = self.ticks
        self.not_before = self.ticks + at_least_ms

    @rule(ms=st.sampled_from([1, 500, 1000, 5000, 20_000, 120_000]))
    def time_passes(self, ms: int) -> None:
        self.ticks += ms

    def polls(self) -> bool:
        """What the shell does: sleep until the poll or the deadline, look at the clock, post. False at the deadline."""
        if self.polling:
            return True
        self.ticks = max(self.ticks, min(self.machine.next_poll_ticks, self.machine.deadline_ticks))
        self.machine.on_time(self.ticks)
        if self.ticks >= self.deadline:
            self.state = "CODE_EXPIRED"
            return False
        assert self.ticks >= self.not_before, "never_polls_sooner_than_allowed"
        assert self.ticks - self.answered >= self.interval_ms, "slow_down_is_for_good"
        assert self.machine.poll_form()["device_code"] == DEVICE_CODE
        self.polling = True
        return True

    @precondition(lambda self: self.state == "WAITING")
    @rule()
    def poll(self) -> None:
        self.polls()

    @precondition(lambda self: self.state == "WAITING")
    @rule(error=st.sampled_from(["authorization_pending", "slow_down"]))
    def not_yet(self, error: str) -> None:
        if not self.polls():
            return
        self.machine.on_poll(400, {}, refusal(error, 70016), self.ticks)
        if error == "slow_down":
            self.interval_ms += 5000
        self.answer(self.interval_ms)

    @precondition(lambda self: self.state == "WAITING")
    @rule(
        status=st.sampled_from([302, 404, 429, 500, 503]),
        retry_after_s=st.none() | st.integers(0, 5000),
        body=st.binary(max_size=20) | st.just(refusal("access_denied")) | st.just(token_answer()),
    )
    def trouble(self, status: int, retry_after_s: int | None, body: bytes) -> None:
        if not self.polls():
            return
        headers = {} if retry_after_s is None else {"retry-after": str(retry_after_s)}
        self.machine.on_poll(status, headers, body, self.ticks)
        self.answer(max(self.interval_ms, min((retry_after_s or 0) * 1000, 3_600_000)))

    @precondition(lambda self: self.state == "WAITING")
    @rule(status=st.sampled_from([200, 400, 401]), body=st.binary(max_size=20).filter(lambda body: b"{" not in body))
    def garbage(self, status: int, body: bytes) -> None:
        if not self.polls():
            return
        self.machine.on_poll(status, {}, body, self.ticks)
        self.answer(self.interval_ms)

    @precondition(lambda self: self.state == "WAITING")
    @rule()
    def no_answer(self) -> None:
        if not self.polls():
            return
        self.machine.on_transport_error(self.ticks)
        self.answer(self.interval_ms)

    @precondition(lambda self: self.state == "WAITING")
    @rule(error=st.sampled_from(sorted(ENDS)), policy=st.booleans())
    def the_cloud_says_no(self, error: str, policy: bool) -> None:
        if not self.polls():
            return
        code = 53003 if policy and error == "invalid_grant" else 0
        self.machine.on_poll(400, {}, refusal(error, code, f"Code {DEVICE_CODE} is no good."), self.ticks)
        self.state = "BLOCKED" if code else ENDS[error]
        self.polling = False

    @precondition(lambda self: self.state == "WAITING")
    @rule(refresh_token=st.booleans())
    def the_person_signed_in(self, refresh_token: bool) -> None:
        if not self.polls():
            return
        changes = {} if refresh_token else {"refresh_token": None}
        self.machine.on_poll(200, {}, token_answer(**changes), self.ticks)
        self.state = "GRANTED" if refresh_token else "FAILED"
        self.polling = False

    @precondition(lambda self: self.state != "WAITING")
    @rule()
    def late_answers(self) -> None:
        self.machine.on_poll(200, {}, token_answer(), self.ticks)
        self.machine.on_device_code(200, device_answer(), self.ticks)
        self.machine.on_transport_error(self.ticks)
        self.machine.on_time(self.ticks)

    @invariant()
    def waiting_ends_by_the_clouds_word_or_the_deadline(self) -> None:
        assert self.machine.state == self.state
        assert (self.machine.grant is not None) == (self.state == "GRANTED")
        if self.state == "WAITING":
            assert self.machine.deadline_ticks == self.deadline

    @invariant()
    def never_polls_sooner_than_allowed(self) -> None:
        if self.state == "WAITING" and not self.polling:
            assert self.machine.next_poll_ticks >= self.not_before
            assert self.machine.next_poll_ticks >= self.answered + self.interval_ms >= self.answered + 1000
            # and never waits without reason: back-off and Retry-After are bounded
            assert self.machine.next_poll_ticks <= max(self.not_before, self.answered + 120_000)

    @invariant()
    def code_is_shown_only_while_it_counts(self) -> None:
        assert bool(self.machine.user_code) == bool(self.machine.verification_uri) == (self.state == "WAITING")

    @invariant()
    def nothing_secret_is_told(self) -> None:
        machine = self.machine
        assert "SECRET" not in f"{machine!r} {machine.reason} {machine.trouble} {machine.grant!r}"


test_attempt = lived(SignInMachine, 100, long=10_000)
