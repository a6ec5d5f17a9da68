"""What the token service says, as values: tokens, who signed in, and the cloud's no. Bytes in, no I/O.

Shared by the sign-in attempt (`signin.py`) and the saved sign-in (`token.py`). Everything is bounded and checked here, so
that what comes out may be shown, sent or kept. `reason.…` are keys of the strings table. The tables say what each error of
the cloud means for a sign-in; change them there.
"""

import binascii

from micropython import const

from firmware.checks import only, printable, visible
from firmware.strict_json import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_BODY = const(32768)  # bytes of an answer; tokens of the real service take 2 to 6 KB
_MOST_BRACKETS = const(100)  # in an answer: each is an object on the heap
_LONGEST_TOKEN = const(8192)
_LONGEST_WORDS = const(200)
_LONGEST_WORD = const(64)  # a longer one is no word of a sentence: it might be a token
_LONGEST_SCOPE = const(1000)
_DEFAULT_LIFE_S = const(3600)
_LEAST_LIFE_S = const(60)
_MOST_LIFE_S = const(86400)
_MOST_CODES = const(8)
_GUID = "0123456789abcdefABCDEF-"
_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

# What OpenID Connect adds to a scope gives no power over a mailbox; the real service names them or leaves them out at will.
_HARMLESS_SCOPES = ("openid", "profile", "email", "offline_access")

# Errors that end a sign-in, and nothing else does (RFC 6749 5.2, OpenID Connect Core 3.1.2.6).
_ENDING = ("invalid_grant", "interaction_required", "consent_required", "login_required")
# ... unless it says with them that too much was asked: a client in a loop, or the tenant's share (cloud-facts 3.7).
_BACK_OFF_CODES = (50196, 90055)
_PASSING = ("temporarily_unavailable", "server_error", "slow_down", "authorization_pending")

# The sign-in ran out by time (code 361): 90 days without use, maximum age, sign-in frequency.
_EXPIRED_CODES = (700082, 70008, 70043)
# A policy of the tenant forbids this way of signing in.
POLICY_CODES = (50097, 53000, 53001, 53002, 53003, 530032, 530034, 530035, 530036)

_REASON_OF_CODES = (
    ((700082,), "reason.unused"),
    ((70008,), "reason.expired"),
    ((70043,), "reason.frequency"),
    ((50173,), "reason.revoked"),
    ((50072, 50079), "reason.mfa_missing"),
    ((50074, 50076, 50078), "reason.mfa"),
    ((530035,), "reason.security_defaults"),
    ((530036,), "reason.device_code"),
    ((50097, 53000, 53001, 53002), "reason.managed_device"),
    (POLICY_CODES, "reason.policy"),
    ((65001, 90094, 90095), "reason.consent"),
    ((50055,), "reason.password_expired"),
    ((50034,), "reason.account_unknown"),
    ((50053,), "reason.account_locked"),
    ((50057,), "reason.account_disabled"),
    ((50105,), "reason.not_assigned"),
    ((7000215, 7000218), "reason.public_client"),
    ((700016, 7000112, 700025, 50194, 65005, 650052, 650056, 650057), "reason.client"),
    (_BACK_OFF_CODES, "reason.unavailable"),
    ((90002, 90072, 9001023, 9002331, 9002332), "reason.tenant"),
)
_REASON_OF_ERROR = {
    "consent_required": "reason.consent",
    "invalid_client": "reason.client",
    "unauthorized_client": "reason.client",
    "invalid_scope": "reason.scope",
    "temporarily_unavailable": "reason.unavailable",
    "server_error": "reason.unavailable",
}


class AnswerError(ValueError):
    """An answer that cannot be used. `key` says why, for the strings table."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Tokens:
    """A successful answer of the token endpoint (RFC 6749 5.1). `refresh_token` and `id_token` are "" when not given."""

    def __init__(self, document: "dict[str, Any]", asked_scope: str) -> None:
        """Raises AnswerError."""
        self.access_token: str = document.get("access_token", "")
        self.refresh_token: str = document.get("refresh_token", "")
        self.id_token: str = document.get("id_token", "")
        kind = document.get("token_type")
        if not isinstance(kind, str) or kind.lower() != "bearer" or not _is_token(self.access_token, 1):
            raise AnswerError("reason.bad_answer")
        if not _is_token(self.refresh_token, 0) or not isinstance(self.id_token, str):
            raise AnswerError("reason.bad_answer")
        life_s = seconds(document.get("expires_in"), _DEFAULT_LIFE_S, _MOST_LIFE_S)
        self.expires_in_s = max(life_s, _LEAST_LIFE_S)
        scope = document.get("scope", asked_scope)  # RFC 6749 5.1: left out when it is the one asked for
        if not isinstance(scope, str) or not printable(scope.replace(" ", "_"), 0, _LONGEST_SCOPE):
            raise AnswerError("reason.bad_answer")
        given, asked = _scopes(scope), _scopes(asked_scope)
        if not given <= asked:
            raise AnswerError("reason.scope_larger")
        self.scope = scope
        self.missing_scope = " ".join(sorted(asked - given))


class Refusal:
    """The cloud's no (RFC 6749 5.2, cloud-facts 3.6). `key` and `words` may be shown and logged; `ends` is the state that it
    puts a saved sign-in into, "" when it does not end it."""

    def __init__(self, document: "dict[str, Any]", secrets: "tuple[str, ...]" = ()) -> None:
        """`secrets`: what must not come out again in `words`. Raises AnswerError."""
        error = document.get("error")
        if not printable(error, 1, _LONGEST_WORD):
            raise AnswerError("reason.bad_answer")
        self.error = str(error)
        description = document.get("error_description")
        description = description if isinstance(description, str) else ""
        self.codes = _codes(document.get("error_codes"), description)
        self.words = first_sentence(description, secrets) or first_sentence(self.error, secrets)
        correlation_id = document.get("correlation_id")  # what the cloud's own log is searched by
        if printable(correlation_id, 1, 64) and only(str(correlation_id), _GUID) and correlation_id not in secrets:
            self.words += " Correlation ID: " + str(correlation_id)
        suberror = document.get("suberror")
        expired = suberror == "token_expired" or self.has(_EXPIRED_CODES)
        back_off = self.has(_BACK_OFF_CODES)
        self.ends = ("EXPIRED" if expired else "REAUTH") if self.error in _ENDING and not back_off else ""
        self.passing = self.error in _PASSING or back_off
        self.key = self._key(suberror)

    def has(self, codes: "tuple[int, ...]") -> bool:
        return any(code in codes for code in self.codes)

    def _key(self, suberror: object) -> str:
        for codes, key in _REASON_OF_CODES:
            if self.has(codes):
                return key
        if self.ends == "EXPIRED":
            return "reason.expired"
        if suberror == "consent_required":
            return "reason.consent"
        return _REASON_OF_ERROR.get(self.error, "reason.refused")


class Identity:
    """Who signed in, from the payload of an id_token. It came over verified TLS straight from the token endpoint, so its
    signature need not be checked (OpenID Connect Core 3.1.3.7, 6); it names the account and decides nothing else."""

    def __init__(self, id_token: str, client_id: str, issuer: str) -> None:
        """`issuer` may hold Microsoft's "{tenantid}". Raises AnswerError."""
        claims = _claims(id_token)
        audience = claims.get("aud")
        tenant = claims.get("tid", "")
        if not printable(tenant, 0, 64) or not only(tenant, _BASE64URL):
            raise AnswerError("reason.no_account")
        if audience not in (client_id, [client_id]) or claims.get("iss") != issuer.replace("{tenantid}", tenant):
            raise AnswerError("reason.no_account")
        self.address = ""
        for claim in ("preferred_username", "email", "upn"):
            value = claims.get(claim)
            if printable(value, 3, 255) and 0 < str(value).find("@") < len(str(value)) - 1:
                self.address = str(value)
                break
        if not self.address:
            raise AnswerError("reason.no_account")
        self.tenant: str = tenant or self.address.partition("@")[2]
        self.name = plain_text(claims.get("name"), 100)


def json_object(body: bytes) -> "dict[str, Any]":
    """`body` as a JSON object, bounded and strict (TK-05). Raises AnswerError."""
    if len(body) > MAX_BODY or body.count(b"{") + body.count(b"[") > _MOST_BRACKETS:
        raise AnswerError("reason.bad_answer")
    try:
        value = loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise AnswerError("reason.bad_answer")
    return value


def seconds(value: object, default: int, most: int) -> int:
    """A duration as servers send it, a number or digits: at most `most`; `default` when it is missing or makes no sense."""
    if isinstance(value, str) and 1 <= len(value) <= 9 and only(value, "0123456789"):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:  # also true for "not a number"
        return default
    return most if value >= most else max(1, int(value))


def plain_text(value: object, most: int) -> str:
    """`value` as one harmless line of at most `most` characters; "" when it is no text.

    Control characters, marks that turn the direction of writing, and what the panel cannot show become "?".
    """
    if not isinstance(value, str):
        return ""
    text = ""
    for character in value[:most]:
        code = ord(character)
        if (
            code < 32
            or 127 <= code < 160
            or code in (0x61C, 0xFEFF)
            or 0x200B <= code <= 0x200F
            or 0x2028 <= code <= 0x202E
            or 0x2060 <= code <= 0x206F
            or 0xD800 <= code <= 0xF8FF  # halves of characters; private ones
            or code > 0xFFFD
        ):
            character = "?"
        text += character
    return text.strip(" ")


def first_sentence(text: str, secrets: "tuple[str, ...]" = ()) -> str:
    """The first sentence of the cloud's or a server's words, as one harmless line without `secrets`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…")
    for mark in ("\r", "\n", " Trace ID", ". "):
        text = text.partition(mark)[0] + ("." if mark == ". " and mark in text else "")
    words = [word if len(word) <= _LONGEST_WORD else "…" for word in text[:_LONGEST_TOKEN].split(" ")]
    return plain_text(" ".join(words), _LONGEST_WORDS)


def _is_token(value: object, least: int) -> bool:
    return isinstance(value, str) and least <= len(value) <= _LONGEST_TOKEN and visible(value.encode())


def _scopes(text: str) -> "set[str]":
    return {word.lower() for word in text.split(" ") if word and word not in _HARMLESS_SCOPES}


def _codes(listed: object, description: str) -> "list[int]":
    """The AADSTS numbers of an error, from its list and from the begin of its description."""
    codes = []
    if isinstance(listed, list):
        codes = [code for code in listed[:_MOST_CODES] if isinstance(code, int) and not isinstance(code, bool)]
    if description[:6] == "AADSTS":
        digits = description[6:20].partition(":")[0]
        if digits and only(digits, "0123456789"):
            codes.append(int(digits))
    return codes


def _claims(id_token: str) -> "dict[str, Any]":
    parts = id_token.split(".") if len(id_token) <= _LONGEST_TOKEN else []
    if len(parts) != 3 or not only(parts[1], _BASE64URL):
        raise AnswerError("reason.no_account")
    text = parts[1].replace("-", "+").replace("_", "/")
    try:
        return json_object(binascii.a2b_base64(text + "=" * (-len(text) % 4)))
    except ValueError:
        raise AnswerError("reason.no_account") from None
