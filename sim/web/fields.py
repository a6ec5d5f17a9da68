"""What a call of the control API may be given: JSON objects of known members, numbers and texts of sane size.

Every function raises ValueError with a sentence for the caller. Start at `read_object`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

MAX_JSON_BYTES = 64 * 1024
MAX_SECONDS = 100 * 366 * 86400  # of time travel in one call
MAX_UNIX_S = 253_402_300_799  # the end of the year 9999
_MOST_CHARACTERS = 4096
_MOST_DIGITS = 20

Check = Callable[[Any], bool]


class Kind:
    """One kind of value: what it is called in a sentence, and the test for it."""

    def __init__(self, name: str, check: Check) -> None:
        self.name = name
        self.check = check


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _MOST_CHARACTERS


def number(least: float, most: float) -> Kind:
    return Kind(f"a number from {least} to {most}", lambda value: _is_number(value) and least <= value <= most)


def integer(least: int, most: int) -> Kind:
    return Kind(
        f"a whole number from {least} to {most}",
        lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most,
    )


def one_of(*words: str) -> Kind:
    return Kind("one of " + ", ".join(f'"{word}"' for word in words), lambda value: value in words)


def nullable(kind: Kind) -> Kind:
    return Kind(f"{kind.name}, or null", lambda value: value is None or kind.check(value))


TEXT = Kind(f"a text of at most {_MOST_CHARACTERS} characters", _is_text)
WORDS = Kind(f"a text of 1 to {_MOST_CHARACTERS} characters", lambda value: _is_text(value) and value != "")
TRUTH = Kind("true or false", lambda value: isinstance(value, bool))
TEXTS = Kind("a list of texts", lambda value: isinstance(value, list) and all(_is_text(item) for item in value))
ITEMS = Kind("a list", lambda value: isinstance(value, list))
ANYTHING = Kind("anything", lambda _: True)
SPAN_S = number(-MAX_SECONDS, MAX_SECONDS)
LIFETIME_S = integer(1, MAX_SECONDS)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _short_integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError("An integer too long to mean anything")
    return int(digits)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body; an empty body is an empty object."""
    if len(body) > MAX_JSON_BYTES:
        raise ValueError(f"The JSON is longer than {MAX_JSON_BYTES} bytes")
    if not body:
        return {}
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant, parse_int=_short_integer)
        # What cannot be written again (1e999, a lone surrogate) is not JSON either.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise ValueError("The body is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise ValueError("The body must be a JSON object, for example {}")
    return value


def expect(
    body: Mapping[str, Any],
    required: Mapping[str, Kind],
    optional: Mapping[str, Kind] | None = None,
) -> None:
    """Check that `body` has all of `required`, perhaps some of `optional`, nothing else, each of its kind."""
    known = {**(optional or {}), **required}
    for name in body:
        if name not in known:
            raise ValueError(f'There is no "{name[:60]}" here; there is ' + (", ".join(known) or "nothing to say"))
    for name, kind in known.items():
        if name in body and not kind.check(body[name]):
            raise ValueError(f'"{name}" must be {kind.name}')
        if name in required and name not in body:
            raise ValueError(f'"{name}" is missing: it is {kind.name}')


def query_number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    """A whole number from the address, at most 15 digits; `otherwise` when it is not there."""
    text = query.get(name, "")
    if text == "" and name not in query:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise ValueError(f'"{name}" must be a whole number')
    return int(text)
