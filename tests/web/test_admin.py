"""The administrator's password (R04): WC-01, WC-02, EN 303 645 5.1."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from firmware.admin import Admin
from firmware.store import Store
from hal.errors import StorageFull
from sim.board import SimEntropy, SimIdentity
from sim.storage import RamStorage
from tests.web.support import PASSWORD

DAY_MS = 24 * 3600 * 1000
_T = TypeVar("_T")


def done(work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(work)


class Clock:
    def __init__(self) -> None:
        self.ms = 0

    def ticks_ms(self) -> int:
        return self.ms

    async def sleep_ms(self, ms: int) -> None:
        await asyncio.sleep(0)


class Board:
    def __init__(self, storage: RamStorage | None = None) -> None:
        self.storage = storage or RamStorage()
        self.clock = Clock()
        self.monitor = self

    def log(self, line: str) -> None:
        raise AssertionError(line)

    def admin(self, seed: int = 1, started_ms: int | None = None) -> Admin:
        entropy: Any = SimEntropy(random.Random(seed))
        board: Any = self
        return Admin(Store(board), entropy, board.clock, SimIdentity("SP00001234", PASSWORD), started_ms)


def test_r04_the_first_password_is_the_labels() -> None:
    admin = Board().admin()
    assert done(admin.check(PASSWORD))
    assert not done(admin.check("SP00001234"))


def test_a_changed_password_counts_and_is_not_readable_on_flash() -> None:
    board = Board()
    admin = board.admin()
    done(admin.change(PASSWORD, "a new password"))
    assert not any(b"new password" in data or PASSWORD.encode() in data for data in board.storage.files.values())
    admin = Board(board.storage).admin()
    assert done(admin.check("a new password"))
    assert not done(admin.check(PASSWORD))


def test_two_devices_with_one_password_have_different_records() -> None:
    records = []
    for seed in (1, 2):
        board = Board()
        done(board.admin(seed).change(PASSWORD, "a new password"))
        records.append(board.storage.files["admin"])
    assert records[0] != records[1]


@pytest.mark.parametrize(("new", "key"), [("seven77", "web.password_length"), ("x" * 65, "web.password_length")])
def test_a_new_password_has_8_to_64_characters(new: str, key: str) -> None:
    with pytest.raises(ValueError, match=key):
        done(Board().admin().change(PASSWORD, new))


def test_all_64_characters_count() -> None:
    admin = Board().admin()
    done(admin.change(PASSWORD, "š" * 64))
    assert not done(admin.check("š" * 63 + "s"))


def test_a_change_needs_the_old_password() -> None:
    board = Board()
    admin = board.admin()
    with pytest.raises(ValueError, match=r"web\.password_wrong"):
        done(admin.change("wrong", "a new password"))
    board.clock.ms += 2000
    assert done(admin.check(PASSWORD))


def test_while_locked_even_the_right_password_is_not_looked_at() -> None:
    board = Board()
    admin = board.admin()
    done(admin.check("wrong"))
    assert admin.locked_for_s() == 2
    assert not done(admin.check(PASSWORD))
    board.clock.ms = 1999
    assert admin.locked_for_s() == 1
    board.clock.ms = 2000
    assert done(admin.check(PASSWORD))
    done(admin.check("wrong"))
    assert admin.locked_for_s() == 2  # the right one begins the count anew


@pytest.mark.parametrize("restarts", [False, True])
def test_at_most_100_guesses_a_day_also_with_restarts(restarts: bool) -> None:
    """WC-02: the delay is kept on flash and begins anew with the power."""
    board = Board()
    admin = board.admin()
    guesses = passed_ms = 0
    while passed_ms < DAY_MS:
        assert not done(admin.check("wrong"))
        guesses += 1
        passed_ms += admin.locked_for_s() * 1000
        board.clock.ms += admin.locked_for_s() * 1000
        if restarts:
            board.clock.ms = 0
            board = Board(board.storage)
            admin = board.admin()
            passed_ms += admin.locked_for_s() * 1000
            board.clock.ms += admin.locked_for_s() * 1000
    assert guesses <= 100
    assert done(admin.check(PASSWORD))  # and nobody is locked out for ever


def test_after_a_restart_the_delay_begins_with_it_and_not_when_somebody_comes() -> None:
    board = Board()
    for _ in range(3):
        board.clock.ms += 1000 * board.admin().locked_for_s()
        assert not done(board.admin(started_ms=0).check("wrong"))
    again = Board(board.storage)
    again.clock.ms = 5000
    assert again.admin(started_ms=1000).locked_for_s() == 8 - 4
    assert again.admin().locked_for_s() == 8


def test_full_flash_keeps_the_old_password() -> None:
    board = Board()
    admin = board.admin()
    board.storage.capacity_bytes = 0
    with pytest.raises(StorageFull):
        done(admin.change(PASSWORD, "a new password"))
    assert done(admin.check(PASSWORD))


def test_guesses_made_at_once_are_looked_at_one_after_the_other_and_all_count() -> None:
    """Of the panel's and the page's guess only one is looked at (manual R04, R13)."""
    board = Board()
    admin = board.admin()

    async def both() -> list[bool]:
        await admin.change(PASSWORD, "a new password")
        return list(await asyncio.gather(admin.check("wrong"), admin.check("a new password")))

    assert done(both()) == [False, False]
    assert admin.locked_for_s() == 2
