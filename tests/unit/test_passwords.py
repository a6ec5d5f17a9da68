"""Passwords as they are kept, held against the standard library's PBKDF2 and HMAC."""

from __future__ import annotations

import asyncio
import hashlib
import hmac as standard
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import passwords
from firmware.hmac import hmac_sha256, same
from sim.board import SimEntropy


class Clock:
    """`turns`: how often others had one."""

    def __init__(self) -> None:
        self.turns = 0

    async def sleep_ms(self, ms: int) -> None:
        self.turns += 1


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_hmac_is_the_standard_librarys(key: bytes, message: bytes) -> None:
    assert hmac_sha256(key, message) == standard.digest(key, message, "sha256")


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_same(a: bytes, b: bytes) -> None:
    assert same(a, a) and same(a, b) == (a == b)


@pytest.mark.parametrize("password", ["", "1234", "ąžuolas", "x" * 64])
def test_the_hash_is_pbkdf2_also_where_hashlib_has_none(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """MicroPython's hashlib: the firmware computes it itself, and lets others have their turns."""
    clock = Clock()
    entropy = SimEntropy(random.Random(1))
    kept = asyncio.run(passwords.kept(password, 1200, entropy, clock))  # type: ignore[arg-type]
    salt = str(kept["salt"]).encode()
    assert len(salt) == 32 and kept["rounds"] == 1200
    assert kept["hash"] == hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1200).hex()
    monkeypatch.delattr(hashlib, "pbkdf2_hmac")
    assert asyncio.run(passwords.matches(password, kept, clock))  # type: ignore[arg-type]
    assert not asyncio.run(passwords.matches(password + "x", kept, clock))  # type: ignore[arg-type]
    assert clock.turns >= 4


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"salt": "00", "hash": "", "rounds": 1},
        {"salt": "00", "hash": "00", "rounds": 0},
        {"salt": "00", "hash": "00", "rounds": 10**9},
        {"salt": 5, "hash": "00", "rounds": 1},
        {"salt": "00", "hash": "00", "rounds": "1"},
    ],
)
def test_a_record_that_nobody_made_matches_nothing(record: dict[str, str | int]) -> None:
    assert not asyncio.run(passwords.matches("", record, Clock()))  # type: ignore[arg-type]
