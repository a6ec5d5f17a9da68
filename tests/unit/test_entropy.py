"""Random bytes of a microcontroller (`hal/entropy_hashed.py`), also where its source is a poor one."""

from __future__ import annotations

import os
from itertools import count

from hal.entropy_hashed import HashedEntropy


def stuck(n: int) -> bytes:
    return bytes(n)


def test_as_many_as_asked_for() -> None:
    entropy = HashedEntropy(os.urandom, b"chip", count().__next__)
    assert [len(entropy.random(n)) for n in (0, 1, 31, 32, 33, 100)] == [0, 1, 31, 32, 33, 100]


def test_a_stuck_source_repeats_nothing_and_two_chips_differ() -> None:
    one, other = (HashedEntropy(stuck, number, lambda: 7) for number in (b"one", b"other"))
    given = [each for _ in range(50) for each in (one.random(16), other.random(16))]
    long = one.random(1024)
    assert len(set(given)) == len(given)
    assert len({long[at : at + 16] for at in range(0, len(long), 16)}) == 64


def test_what_differs_in_the_source_or_the_time_differs_in_what_is_given() -> None:
    def given(source: bytes, at: int) -> bytes:
        return HashedEntropy(lambda n: (source * n)[:n], b"chip", lambda: at).random(32)

    assert len({given(b"\x00", 1), given(b"\x01", 1), given(b"\x00", 2)}) == 3
    assert given(b"\x00", 1) == given(b"\x00", 1)
