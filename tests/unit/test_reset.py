"""Factory reset: ordered by a file, carried out before anything is read, and begun again after a power cut (WC-15)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from firmware import reset
from firmware.audit import Audit
from firmware.store import RESET_ORDERED
from sim.board import SimIdentity
from sim.storage import RamStorage

NAMES = ("email", "admin", "users", "jobs", "jobs.old", "audit", "user.00ff")


class _Cut(Exception):
    """The power goes."""


class _Cutting(RamStorage):
    """Loses its power before the removal number `left`."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    def remove(self, name: str) -> None:
        if self.left == 0:
            raise _Cut
        self.left -= 1
        super().remove(name)


def board(storage: RamStorage) -> SimpleNamespace:
    return SimpleNamespace(
        storage=storage,
        identity=SimIdentity("SP1", "label"),
        clock=SimpleNamespace(now=lambda: None),
        monitor=SimpleNamespace(log=lambda line: None),
    )


@pytest.mark.parametrize("cut", range(len(NAMES) + 2))
def test_wc15_a_power_cut_at_any_removal_only_makes_it_begin_again(cut: int) -> None:
    storage = _Cutting(cut)
    for name in NAMES:
        storage.write(name, b"secret")
    reset.order(storage, "198.51.100.20")
    device = board(storage)
    old_key = device.identity.chip_key
    try:
        reset.carry_out(device)
    except _Cut:
        assert storage.size(RESET_ORDERED) >= 0  # the next start goes on
        storage.left = 99
        reset.carry_out(device)
    assert storage.names() == ["audit"] and device.identity.chip_key != old_key
    [line] = Audit(device).newest(9)
    assert (line["what"], line["where"]) == ("reset", "198.51.100.20")
