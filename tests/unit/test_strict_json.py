"""TK-05: what is not JSON to the letter is refused, whatever the interpreter's own reader thinks of it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.strict_json import loads

_TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)


def _strictly(text: bytes) -> Any:
    """CPython's reader with its liberties taken away."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("twice")
        return dict(pairs)

    def refuse(_: str) -> None:
        raise ValueError("no number")

    value = json.loads(text.decode("utf-8"), object_pairs_hook=once, parse_constant=refuse)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


@given(_VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_json_is_read(value: Any, ascii_only: bool, indent: int | None) -> None:
    assert loads(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()) == value


@settings(max_examples=500)
@given(_VALUES, st.data())
def test_what_is_read_is_json(value: Any, data: st.DataObject) -> None:
    """A document with something put in, taken out or changed: read alike or refused alike."""
    text = bytearray(json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from(
                [b"", b",", b":", b'"', b"\\", b"\\u", b"[", b"}", b"0", b"-", b".", b"e", b"\x00", b"\xff", b" "]
            )
        )
    try:
        expected = _strictly(bytes(text))
    except (ValueError, RecursionError):
        with pytest.raises(ValueError, match=r"JSON|decode"):
            loads(bytes(text))
    else:
        assert loads(bytes(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b" ",
        b'{"a" 1}',
        b'{"a": 1 "b": 2}',
        b"[1 2]",
        b"[1,]",
        b'{"a": 1,}',
        b'{"a": 1, "a": 1}',
        b'{"\\u0061": 1, "a": 1}',
        b"{1: 2}",
        b"[NaN]",
        b"[Infinity]",
        b"[1e999]",
        b"[01]",
        b"[+1]",
        b"[.5]",
        b"[5.]",
        b"[0x5]",
        b"[1_0]",
        b"[True]",
        b"['a']",
        b'["\\ud800"]',
        b'["\\ud800\\u0041"]',
        b'["\\udc00\\ud800"]',
        b'["\\x41"]',
        b'["\\u00g0"]',
        b'["a\nb"]',
        b'["\xff"]',
        b'["a]',
        b"[] []",
        b"[" * 17 + b"]" * 17,
        b"[" * 100_000,
        b"\xef\xbb\xbf[]",
        b"9" * 101,
    ],
)
def test_everything_else_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|decode"):
        loads(text)


def test_numbers_keep_their_kind() -> None:
    assert [type(number) for number in loads(b"[1, 1.0, 1e2, -0]")] == [int, float, float, int]
    assert math.isclose(loads(b"-12.5e-1"), -1.25)
