"""The audit log: bounded, never torn, and nothing that is typed makes another line of it."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.audit import WHAT, Audit
from hal.errors import StorageError
from sim.storage import RamStorage


class Board:
    def __init__(self, storage: RamStorage | None = None) -> None:
        self.storage = storage or RamStorage()
        self.lines: list[str] = []
        self.monitor = SimpleNamespace(log=self.lines.append)
        self.now_s: int | None = 1_764_583_500
        self.clock = SimpleNamespace(now=lambda: self.now_s)


def audit(board: Any, longest: int = 8192) -> Audit:
    return Audit(board, longest)


def test_newest_first_and_after_a_restart() -> None:
    board = Board()
    audit(board).note("log_in", "192.0.2.5")
    board.now_s = None
    audit(board).note("server", "192.0.2.5", "smtp_host")
    lines = audit(Board(board.storage)).newest(10)
    assert [(line["what"], line["at_s"], line["about"]) for line in lines] == [
        ("server", None, "smtp_host"),
        ("log_in", 1_764_583_500, ""),
    ]
    assert "audit: server from 192.0.2.5: smtp_host" in board.lines


@given(st.text(max_size=300), st.text(max_size=300))
def test_nothing_that_is_typed_makes_another_line(where: str, about: str) -> None:
    board = Board()
    log = audit(board)
    log.note("contacts", where, about)
    [line] = log.newest(10)
    assert line["what"] == "contacts" and len(line["about"]) <= 120
    assert all(c.isprintable() or ord(c) >= 0xA0 for c in line["where"] + line["about"])
    assert len(board.lines) == 1 and "\n" not in board.lines[0]


def test_it_is_bounded_and_the_newest_stay() -> None:
    board = Board()
    log = audit(board, longest=2000)
    draw = random.Random(1)
    for number in range(500):
        log.note(draw.choice(WHAT), "panel", str(number))
    assert sum(map(len, board.storage.files.values())) <= 2 * 2200
    assert [line["about"] for line in log.newest(10)] == [str(number) for number in range(499, 489, -1)]


def test_a_torn_line_costs_itself_alone() -> None:
    board = Board()
    audit(board).note("log_in", "panel")
    audit(board).note("reset", "panel")
    board.storage.files["audit"] = board.storage.files["audit"][:-20]
    audit(board).note("export", "panel")
    assert [line["what"] for line in audit(board).newest(10)] == ["export", "log_in"]


def test_a_full_flash_stops_nobody() -> None:
    board = Board(RamStorage(capacity_bytes=0))
    audit(board).note("log_in", "panel")
    assert board.lines[0] == "audit: log_in from panel" and "could not be written" in board.lines[1]


def test_a_flash_that_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    board = Board()
    audit(board).note("log_in", "panel")

    def broken(*_: object) -> bytes:
        raise StorageError("worn out")

    monkeypatch.setattr(board.storage, "read", broken)
    assert audit(board).newest(10) == [] and "worn out" in board.lines[-1]
