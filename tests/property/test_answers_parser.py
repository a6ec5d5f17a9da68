"""What the token service answers and what flash gives back, as drawn bytes and drawn JSON: a value or a named error."""

from __future__ import annotations

import base64
import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import settings
from firmware.oauth.answers import MAX_BODY, AnswerError, Identity, Refusal, Tokens, json_object
from firmware.store import decoded, encoded

_SCOPE = "https://outlook.office.com/SMTP.Send offline_access"
_NAMES = ["access_token", "refresh_token", "id_token", "token_type", "expires_in", "scope"]
_NAMES += ["error", "error_description", "error_codes", "suberror", "correlation_id"]
_NAMES += ["aud", "iss", "tid", "preferred_username", "email", "upn", "name"]
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_LIKELY = st.sampled_from(
    ["Bearer", "a-token", 3600, _SCOPE, "invalid_grant", "AADSTS700082: It ran out. Trace ID: 1", [700082], "client"]
)
_TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_DOCUMENTS = st.dictionaries(st.sampled_from(_NAMES), _LIKELY | _VALUES, max_size=12)


def harmless(words: str) -> bool:
    """One line that commands nobody: no control characters, halves or private ones, no turning of the direction."""
    kinds = {unicodedata.category(character) for character in words}
    directions = {unicodedata.bidirectional(character) for character in words}
    return not kinds & {"Cc", "Cs", "Co", "Zl", "Zp"} and not directions & _TURNS


def uses(document: dict[str, Any]) -> list[object]:
    """Everything that is made of an answer; only AnswerError may come out."""
    made: list[object] = []
    for make in (
        lambda: Tokens(document, _SCOPE),
        lambda: Refusal(document, ("a-token",)),
        lambda: Identity(str(document.get("id_token", "")), "client", "https://login.example/{tenantid}/v2.0"),
    ):
        try:
            made.append(make())
        except AnswerError as error:
            made.append(error.key)
    return made


@given(st.binary(max_size=300) | st.text(alphabet='{}[]",:\\u0129eE+-. \ntruefalsn', max_size=60).map(str.encode))
def test_bytes_are_an_object_or_a_named_error(body: bytes) -> None:
    try:
        document = json_object(body)
    except AnswerError:
        return
    assert document == json.loads(body)  # what the strict reader takes, the lax one reads alike
    uses(document)


@given(_DOCUMENTS, st.booleans())
def test_any_object_is_tokens_a_refusal_or_a_named_error(document: dict[str, Any], ascii_only: bool) -> None:
    body = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "replace")
    try:
        read = json_object(body)
    except AnswerError:
        return  # too deep, or half a character
    tokens, refusal, _ = uses(read)
    if isinstance(tokens, Tokens):
        assert 60 <= tokens.expires_in_s <= 86400
        assert 1 <= len(tokens.access_token) <= 8192
        assert tokens.scope == "" or tokens.scope.isascii()
    if isinstance(refusal, Refusal):
        assert refusal.ends in ("", "EXPIRED", "REAUTH")
        assert "a-token" not in refusal.words
        assert len(refusal.words) < 300 and harmless(refusal.words)


@given(st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=6), st.binary(max_size=20))
def test_an_id_token_names_an_account_or_says_that_it_does_not(claims: dict[str, Any], signature: bytes) -> None:
    def part(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    payload = json.dumps(claims).encode("utf-8", "replace")
    uses({"id_token": f"{part(b'{}')}.{part(payload)}.{part(signature)}"})


@given(st.integers(0, 3), st.sampled_from([b"[", b'{"a":', b'"', b"1", b" "]))
def test_size_and_depth_are_bounded(more: int, piece: bytes) -> None:
    body = piece * (MAX_BODY // len(piece) + more)
    with pytest.raises(AnswerError, match=r"reason\.bad_answer"):
        json_object(body)


@given(_VALUES)
def test_settings_that_are_no_object_are_the_defaults(value: Any) -> None:
    if not isinstance(value, dict):
        assert settings.load(value) == settings.DEFAULTS


@given(st.dictionaries(st.sampled_from(sorted(settings.DEFAULTS)), _VALUES, max_size=8), st.integers(0, 1 << 30))
def test_a_settings_record_gives_settings_whatever_became_of_it(record: dict[str, Any], cut: int) -> None:
    line = encoded(record)
    for data in (line, line[: cut % (len(line) + 1)], line[:-2] + b"\n"):
        loaded = settings.load(decoded(data))
        assert set(loaded) == set(settings.DEFAULTS)
        assert all(type(loaded[field]) is type(default) for field, default in settings.DEFAULTS.items())
