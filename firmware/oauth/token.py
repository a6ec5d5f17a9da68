"""The saved sign-in of one account, from the first grant to its end: pure, without I/O and without a clock of its own.

Start at `Account`. States: SIGNED_OUT, SIGNED_IN, EXPIRED (code 361), REAUTH (code 370). Only the cloud's word ends a
sign-in; no failure of network, server or clock does. What must be on flash is in `record()`: whoever calls `grant`,
`on_refresh`, `sign_out` or `token_refused` writes it when `unsaved` and then calls `commit()`. Before that the new access
token is not given out, so that a rotated refresh token cannot be lost (RFC 6749 6, RFC 9700 4.14).
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.oauth.answers import Tokens
    from firmware.oauth.grant import Grant
    from firmware.oauth.provider import Provider

SIGNED_OUT = "SIGNED_OUT"
SIGNED_IN = "SIGNED_IN"
EXPIRED = "EXPIRED"
REAUTH = "REAUTH"

_MARGIN_MS = const(600_000)  # refreshed when less is left; some mail hosts refuse a token that ends within 10 minutes
_UNUSED_S = const(7_776_000)  # 90 days without a refresh end a sign-in (cloud-facts 3.4)
_KEEP_ALIVE_MS = const(604_800_000)  # 7 days, less up to one
_KEEP_ALIVE_JITTER_MS = const(86_400_000)
_START_JITTER_MS = const(300_000)  # the power comes back to a whole house at once

# The first answer that got lost is asked for again at once, with the same refresh token; a server that answered has
# reasons to be left alone for longer. Not for more than five minutes unless it says so (Retry-After): once a fault is over,
# mail goes out again within ten.
_BACK_OFF_S = (1, 5, 30, 120, 300)
_AFTER_AN_ANSWER = const(1)

# Scopes that ask who somebody is (OpenID Connect Core 5.4): said once, at the sign-in. An answer without an ID token is
# smaller by a third.
_WHO = ("openid", "profile", "email")

_TEXTS = ("address", "tenant", "scope", "binding", "reason")


class Account:
    """`reason` says why the sign-in has ended, `trouble` why the last refresh failed without ending it; both as
    `reason` makes them, "" when there is none. Neither holds a secret."""

    def __init__(self) -> None:
        self.state = SIGNED_OUT
        self.address = ""
        self.tenant = ""
        self.scope = ""
        self.binding = ""  # of `firmware.oauth.provider.binding`; compared by whoever wants to use the sign-in
        self.granted_s: "int | None" = None  # wall clock, None when it was unset
        self.used_s: "int | None" = None  # the last grant or refresh
        self.reason = ""
        self.trouble = ""
        self.retry_at_ticks = 0  # no refresh before
        self.unsaved = False
        self._refresh_token = ""
        self._access_token = ""
        self._fresh_until_ticks = 0
        self._pending = False  # the access token waits for `commit`
        self._asked_scope: "str | None" = None  # of the refresh that is on its way
        self._failures = 0
        self._used_ticks = 0
        self._jitter = 0
        self._awake_ticks = 0  # no keep-alive before
        self._refused = False  # the mail server refused the access token: get a new one
        self._renewed = False  # the access token is that new one, and nobody has accepted it yet

    @staticmethod
    def load(record: "dict[str, Any] | None", ticks: int = 0, jitter: int = 0) -> "Account":
        """The account that `record()` described; SIGNED_OUT when there is none or it makes no sense."""
        account = Account()
        account._used_ticks = ticks
        account._jitter = jitter
        account._awake_ticks = ticks + _START_JITTER_MS * jitter // 256
        if not isinstance(record, dict):
            return account
        for field in _TEXTS:
            value = record.get(field)
            setattr(account, field, value if isinstance(value, str) else "")
        for field in ("granted_s", "used_s"):
            value = record.get(field)
            setattr(account, field, value if isinstance(value, int) and not isinstance(value, bool) else None)
        state, refresh_token = record.get("state"), record.get("refresh_token")
        if state in (EXPIRED, REAUTH):
            account.state = state
        elif state == SIGNED_IN and isinstance(refresh_token, str) and refresh_token and account.binding:
            account.state = SIGNED_IN
            account._refresh_token = refresh_token
        return account

    def record(self) -> "dict[str, Any]":
        """What has to be on flash, JSON-ready. Holds the refresh token while there is one, never the access token."""
        record: "dict[str, Any]" = {field: getattr(self, field) for field in _TEXTS}
        record["state"] = self.state
        record["granted_s"] = self.granted_s
        record["used_s"] = self.used_s
        record["refresh_token"] = self._refresh_token
        return record

    def commit(self) -> None:
        """`record()` is on flash now."""
        self.unsaved = False
        self._pending = False

    def grant(self, grant: "Grant", binding: str, now_s: "int | None", ticks: int, jitter: int = 0) -> None:
        """A person signed in and pressed OK (manual R07). `now_s` may be None; `jitter` is 0 to 255."""
        self._forget()
        self.state = SIGNED_IN
        self.address = grant.address
        self.tenant = grant.tenant
        self.binding = binding
        self.granted_s = now_s
        self._take(grant, grant.received_ticks, now_s, ticks, jitter)

    def sign_out(self, reason: str = "") -> None:
        """Forget the sign-in. `reason`: why, when nobody asked for it (the server settings were changed)."""
        self._forget()
        self.state = SIGNED_OUT
        self.address = self.tenant = self.scope = self.binding = ""
        self.granted_s = self.used_s = None
        self.reason = reason
        self.unsaved = True

    def fresh_token(self, ticks: int) -> "str | None":
        """The access token, or None when a refresh is needed first (or the new record is not on flash yet)."""
        if not self._access_token or self._pending or ticks > self._fresh_until_ticks:
            return None
        return self._access_token

    def refresh_form(self, provider: "Provider") -> "dict[str, str]":
        """The form to post to the token endpoint, while SIGNED_IN. One is on its way at a time: see to that.

        It asks for a part of what was granted, which does not change the grant (RFC 6749 6).
        """
        assert self.state == SIGNED_IN
        self._asked_scope = provider.scope
        return {
            "grant_type": "refresh_token",
            "client_id": provider.client_id,
            "refresh_token": self._refresh_token,
            "scope": " ".join([word for word in provider.scope.split(" ") if word not in _WHO]),
        }

    def on_refresh(
        self,
        status: int,
        headers: "dict[str, str]",
        body: bytes,
        now_s: "int | None",
        ticks: int,
        jitter: int = 0,
    ) -> str:
        """The answer to `refresh_form`. Returns "ok" (write the record, then commit), "ended" (write the record), "retry"
        (not before `retry_at_ticks`) or "ignored" (nobody waits for it any more: signed out or signed in anew since)."""
        from firmware.http import retry_after_ms
        from firmware.oauth.answers import AnswerError, Refusal, Tokens, json_object

        if self._asked_scope is None:
            return "ignored"
        scope, self._asked_scope = self._asked_scope, None
        wait_ms = retry_after_ms(headers)
        try:
            if status == 200:
                self._take(Tokens(json_object(body), scope), ticks, now_s, ticks, jitter)
                return "ok"
            if status in (400, 401, 403):
                refusal = Refusal(json_object(body), (self._refresh_token, self._access_token))
                if refusal.ends:
                    self._end(refusal.ends, refusal.key, refusal.words)
                    return "ended"
                return self._retry(refusal.key, refusal.words, wait_ms, _AFTER_AN_ANSWER, ticks, jitter)
        except AnswerError as error:
            return self._retry(error.key, "", wait_ms, _AFTER_AN_ANSWER, ticks, jitter)
        return self._retry("reason.unavailable", "HTTP " + str(status), wait_ms, _AFTER_AN_ANSWER, ticks, jitter)

    def on_transport_error(self, ticks: int, jitter: int = 0, key: str = "reason.network") -> str:
        """No answer to `refresh_form`, or one that is not HTTP. The refresh token is kept and will be tried again."""
        if self._asked_scope is None:
            return "ignored"
        self._asked_scope = None
        return self._retry(key, "", None, 0, ticks, jitter)

    def token_refused(self, words: str) -> bool:
        """The mail server refused the access token (535 5.7.3). True: get a new one and try once more. False: that was the
        new one, so that only a person can help (REAUTH); `words` are the server's."""
        if self.state != SIGNED_IN:
            return False
        if self._renewed:
            from firmware.oauth.answers import first_sentence

            self._end(REAUTH, "reason.mail_server", first_sentence(words, (self._access_token,)))
            return False
        self._access_token = ""
        self._refused = True
        return True

    def token_accepted(self) -> None:
        """The mail server took the access token."""
        self._renewed = False

    @property
    def good_until_s(self) -> "int | None":
        """When the sign-in would run out by disuse: an estimate to show, which ends nothing. None when not known."""
        return self.used_s + _UNUSED_S if self.state == SIGNED_IN and self.used_s is not None else None

    def keep_alive_in_ms(self, ticks: int, now_s: "int | None") -> "int | None":
        """How long until an unused sign-in should be refreshed to stay alive: 0 when it is due, None without a sign-in.

        Whichever clock has counted more decides: ticks begin anew with each start, the wall clock may be wrong or unset.
        """
        if self.state != SIGNED_IN:
            return None
        passed_ms = ticks - self._used_ticks
        if now_s is not None and self.used_s is not None:
            passed_ms = max(passed_ms, (now_s - self.used_s) * 1000)
        due_in_ms = _KEEP_ALIVE_MS - _KEEP_ALIVE_JITTER_MS * self._jitter // 256 - passed_ms
        return max(0, due_in_ms, self.retry_at_ticks - ticks, self._awake_ticks - ticks)

    def _take(
        self, tokens: "Tokens | Grant", received_ticks: int, now_s: "int | None", ticks: int, jitter: int
    ) -> None:
        """New tokens. A new refresh token replaces the old one, none leaves it (RFC 6749 6)."""
        self._pending = self.unsaved = True  # first: memory may run out below
        self._refresh_token = tokens.refresh_token or self._refresh_token
        self._access_token = tokens.access_token
        life_ms = tokens.expires_in_s * 1000
        self._fresh_until_ticks = received_ticks + life_ms - min(_MARGIN_MS, life_ms // 2)
        self.scope = tokens.scope
        self.used_s = now_s
        self._used_ticks = ticks
        self._jitter = jitter
        self._renewed, self._refused = self._refused, False
        self._failures = 0
        self.retry_at_ticks = 0
        self.trouble = ""

    def _retry(self, key: str, words: str, wait_ms: "int | None", first: int, ticks: int, jitter: int) -> str:
        step = max(self._failures, first)
        self._failures = min(step + 1, len(_BACK_OFF_S) - 1)
        delay_ms = max(_BACK_OFF_S[step] * 1000, wait_ms or 0)
        self.retry_at_ticks = ticks + delay_ms + delay_ms * jitter // 1024
        self.trouble = reason(key, words)
        return "retry"

    def _end(self, state: str, key: str, words: str) -> None:
        """The cloud has ended the sign-in. Who it was stays, for people to see; the tokens go."""
        self._forget()
        self.state = state
        self.reason = reason(key, words)
        self.unsaved = True

    def _forget(self) -> None:
        """Drop tokens, reasons and what is on its way."""
        self._refresh_token = self._access_token = ""
        self._asked_scope = None
        self._refused = self._renewed = self._pending = False
        self._failures = 0
        self.retry_at_ticks = 0
        self.reason = self.trouble = ""


def reason(key: str, words: str) -> str:
    """Why something ended, as one text to keep and pass on: a key of the strings table, then after a tab others' words."""
    return key + "\t" + words if words else key
