"""One attempt to sign in with a device code (RFC 8628): pure, without I/O and without a clock of its own.

Start at `SignIn`. The shell posts `request_form()`, then `poll_form()` whenever `next_poll_ticks` has come, tells what came
back, and calls `on_time` in between. An attempt never touches the saved sign-in: what was granted waits in `grant` until a
person presses OK (manual R07). What judges answers is imported by the functions that have one: for the minutes in between
it is let go.
"""

from micropython import const

from firmware.checks import printable, split_url
from firmware.oauth.grant import Grant
from firmware.oauth.token import reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.oauth.answers import Refusal, Tokens
    from firmware.oauth.provider import Provider

REQUESTING = "REQUESTING"
WAITING = "WAITING"
GRANTED = "GRANTED"
DECLINED = "DECLINED"
CODE_EXPIRED = "CODE_EXPIRED"
BLOCKED = "BLOCKED"
FAILED = "FAILED"
MEMORY = "reason.memory"  # for `on_transport_error`: an answer was lost that may have been the grant

_DEFAULT_INTERVAL_S = const(5)  # RFC 8628 3.2
_SLOW_DOWN_MS = const(5000)  # RFC 8628 3.5: for this and all later requests
_DEFAULT_LIFE_S = const(900)
_MOST_LIFE_S = const(3600)  # also of an interval: a longer one leaves no poll before the deadline
_MOST_BACK_OFF_MS = const(120_000)
_LONGEST_USER_CODE = const(32)
_LONGEST_URI = const(255)
_LONGEST_DEVICE_CODE = const(4096)
_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

_DECLINED_ERRORS = ("access_denied", "authorization_declined")  # RFC 8628 3.5; the real service's own name
_EXPIRED_ERRORS = ("expired_token", "bad_verification_code", "invalid_grant")
_EXPIRED_CODES = (70019, 70020)


class SignIn:
    """`owner`: who asked, opaque. `reason` says why the attempt ended, as `firmware.oauth.token.reason` makes it,
    `trouble` is the key of why the last poll failed without ending it. Neither holds a secret."""

    def __init__(self, provider: "Provider", owner: str = "") -> None:
        self.state = REQUESTING
        self.owner = owner
        self.user_code = ""
        self.verification_uri = ""
        self.deadline_ticks = 0
        self.next_poll_ticks = 0
        self.grant: "Grant | None" = None
        self.reason = ""
        self.trouble = ""
        self._provider = provider
        self._device_code = ""
        self._interval_ms = 0
        self._failures = 0

    def request_form(self) -> "dict[str, str]":
        """To post to the device endpoint (RFC 8628 3.1)."""
        return {"client_id": self._provider.client_id, "scope": self._provider.scope}

    def poll_form(self) -> "dict[str, str]":
        """To post to the token endpoint while WAITING, not before `next_poll_ticks` (RFC 8628 3.4)."""
        assert self.state == WAITING
        return {"grant_type": _GRANT_TYPE, "client_id": self._provider.client_id, "device_code": self._device_code}

    def on_device_code(self, status: int, body: bytes, now_ticks: int) -> None:
        """The answer to `request_form`."""
        if self.state != REQUESTING:
            return
        from firmware.oauth.answers import AnswerError, Refusal, json_object

        try:
            if status == 200:
                self._take_device_code(body, now_ticks)
            elif status in (400, 401, 403):
                self._refused(Refusal(json_object(body)))
            else:
                self._end(FAILED, "reason.unavailable", "HTTP " + str(status))
        except AnswerError as error:
            self._end(FAILED, error.key)

    def _take_device_code(self, body: bytes, now_ticks: int) -> None:
        from firmware.oauth.answers import AnswerError, json_object, seconds

        answer = json_object(body)
        device_code, user_code = answer.get("device_code"), answer.get("user_code")
        if not printable(device_code, 1, _LONGEST_DEVICE_CODE) or not printable(user_code, 1, _LONGEST_USER_CODE):
            raise AnswerError("reason.bad_answer")
        self._device_code, self.user_code = str(device_code), str(user_code)
        self.verification_uri = _checked_uri(answer.get("verification_uri"))
        self._interval_ms = _interval_s(answer.get("interval")) * 1000
        self.deadline_ticks = now_ticks + seconds(answer.get("expires_in"), _DEFAULT_LIFE_S, _MOST_LIFE_S) * 1000
        self.next_poll_ticks = now_ticks + self._interval_ms
        self.state = WAITING

    def on_poll(self, status: int, headers: "dict[str, str]", body: bytes, now_ticks: int) -> None:
        """The answer to `poll_form`."""
        if self.state != WAITING:
            return
        from firmware.oauth.answers import AnswerError, Refusal, Tokens, json_object

        if status not in (200, 400, 401, 403):
            self._wait_longer("reason.unavailable", _retry_after_ms(headers), now_ticks)
            return
        try:
            answer = json_object(body)
        except AnswerError as error:  # cut or not from the service: it may well answer the next time
            self._wait_longer(error.key, None, now_ticks)
            return
        try:
            if status == 200:
                self._take_tokens(Tokens(answer, self._provider.scope), now_ticks)
            else:
                self._polled(Refusal(answer, (self._device_code,)), _retry_after_ms(headers), now_ticks)
        except AnswerError as error:
            self._end(FAILED, error.key)

    def _polled(self, refusal: "Refusal", wait_ms: "int | None", now_ticks: int) -> None:
        if refusal.error == "slow_down":
            self._interval_ms += _SLOW_DOWN_MS
        if refusal.error in ("authorization_pending", "slow_down"):
            self._failures = 0
            self.trouble = ""
            self.next_poll_ticks = now_ticks + self._interval_ms
        elif refusal.passing:
            self._wait_longer(refusal.key, wait_ms, now_ticks)
        else:
            self._refused(refusal)

    def _take_tokens(self, tokens: "Tokens", now_ticks: int) -> None:
        from firmware.oauth.answers import AnswerError, Identity

        if not tokens.refresh_token:
            raise AnswerError("reason.no_refresh_token")
        identity = Identity(tokens.id_token, self._provider.client_id, self._provider.issuer)
        self.grant = Grant(tokens, identity, now_ticks)
        self._end(GRANTED, "")

    def on_transport_error(self, now_ticks: int, key: str = "reason.network") -> None:
        """No answer, or one that is not HTTP. Ends a request, which a person can repeat, but never the polling."""
        if self.state == REQUESTING:
            self._end(FAILED, key)
        elif self.state == WAITING:
            self._wait_longer(key, None, now_ticks)

    def on_time(self, now_ticks: int) -> None:
        """Look at the monotonic clock: the code may have run out."""
        if self.state == WAITING and now_ticks >= self.deadline_ticks:
            self._end(CODE_EXPIRED, self.trouble or "reason.code_expired")

    def _wait_longer(self, key: str, wait_ms: "int | None", now_ticks: int) -> None:
        """Poll again, more seldom with each failure in a row (RFC 8628 3.5), and not before the server's Retry-After."""
        self._failures = min(self._failures + 1, 6)
        back_off_ms = min(self._interval_ms << self._failures, _MOST_BACK_OFF_MS)
        self.next_poll_ticks = now_ticks + max(self._interval_ms, back_off_ms, wait_ms or 0)
        self.trouble = key

    def _refused(self, refusal: "Refusal") -> None:
        from firmware.oauth.answers import POLICY_CODES

        state, key = FAILED, refusal.key
        if refusal.error in _DECLINED_ERRORS:
            state, key = DECLINED, "reason.declined"
        elif refusal.error == "expired_token" or (refusal.error in _EXPIRED_ERRORS and refusal.has(_EXPIRED_CODES)):
            state, key = CODE_EXPIRED, "reason.code_expired"
        elif refusal.error == "bad_verification_code":
            key = "reason.bad_code"
        elif refusal.has(POLICY_CODES):
            state = BLOCKED
        if self.trouble == MEMORY and key in ("reason.code_expired", "reason.bad_code"):  # it is good for one grant
            state, key = FAILED, MEMORY
        self._end(state, key, refusal.words)

    def _end(self, state: str, key: str, words: str = "") -> None:
        self.state = state
        self.reason = reason(key, words)
        self.trouble = ""
        self.user_code = self.verification_uri = self._device_code = ""


def _retry_after_ms(headers: "dict[str, str]") -> "int | None":
    if "retry-after" not in headers:
        return None
    from firmware.http import retry_after_ms  # seldom

    return retry_after_ms(headers)


def _interval_s(value: object) -> int:
    """Seconds between polls: 5 when the server does not say (RFC 8628 3.2), 1 when it says less."""
    if isinstance(value, (int, float)) and value <= 0:
        return 1
    from firmware.oauth.answers import seconds

    return seconds(value, _DEFAULT_INTERVAL_S, _MOST_LIFE_S)


def _checked_uri(uri: object) -> str:
    """The page to show: https, or plain http on this very machine. Raises AnswerError."""
    try:
        if isinstance(uri, str) and len(uri) <= _LONGEST_URI:
            scheme, host, _, _ = split_url(uri)
            if scheme == "https" or host in _LOOPBACK:
                return uri
    except ValueError:
        pass  # the same refusal as for what is no text at all
    from firmware.oauth.answers import AnswerError

    raise AnswerError("reason.bad_uri")
