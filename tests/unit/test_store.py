"""Records on flash: whole or absent."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.store import Store, decoded, encoded
from hal.errors import StorageFull
from sim.board import SimEntropy, SimIdentity, SimMonitor
from sim.storage import RamStorage


class Board:
    def __init__(self, capacity_bytes: int = 1 << 20) -> None:
        self.storage = RamStorage(capacity_bytes)
        self.monitor = SimMonitor(lambda: None, lambda line: None)
        self.identity = SimIdentity("SP00001234", "kmq7w3xz9d")
        self.entropy = SimEntropy(random.Random(0))


def test_read_back_and_replace() -> None:
    store = Store(Board())  # type: ignore[arg-type]
    assert store.read("email") is None
    store.write("email", {"sender": "ąžuolas", "port": 587})
    store.write("email", {"sender": "b"})
    assert store.read("email") == {"sender": "b"}


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_is_noticed(where: int, change: int) -> None:
    line = bytearray(encoded({"refresh_token": "x" * 50, "n": 1}))
    line[where % len(line)] ^= change
    assert decoded(bytes(line)) is None


def test_damage_is_said_in_the_log() -> None:
    board = Board()
    store = Store(board)  # type: ignore[arg-type]
    store.write("email", {"a": 1})
    board.storage.files["email"][10] ^= 1
    assert store.read("email") is None
    assert "email" in board.monitor.lines[-1]


def test_full_flash_keeps_the_old_record() -> None:
    store = Store(Board(capacity_bytes=100))  # type: ignore[arg-type]
    store.write("panel", {"a": 1})
    with pytest.raises(StorageFull):
        store.write("panel", {"a": "x" * 200})
    assert store.read("panel") == {"a": 1}


def test_a_record_for_which_there_is_no_room_asks_for_some() -> None:
    board = Board(capacity_bytes=300)
    store = Store(board)  # type: ignore[arg-type]
    store.write("panel", {"a": 1})
    board.storage.write("history", bytes(200))

    def make_room() -> bool:
        there = board.storage.size("history") > 0
        board.storage.remove("history")
        return there

    store.make_room = make_room
    store.write("panel", {"a": "x" * 150})
    assert store.read("panel") == {"a": "x" * 150} and "full" in board.monitor.lines[-1]
    with pytest.raises(StorageFull):
        store.write("panel", {"a": "x" * 200})
    assert store.read("panel") == {"a": "x" * 150} and board.storage.names() == ["panel"]
