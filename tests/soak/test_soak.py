"""The soak and the figures in small, so that they do not rot between two long runs."""

from __future__ import annotations

import re
from typing import Any

import pytest

import tests.soak.__main__ as office
from firmware.jobs.queue import Queue
from sim.cloud.mailboxes import Mailboxes
from tests.bench import virtual


def test_four_weeks_of_two_years(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(office, "_DAYS", 28)
    monkeypatch.setattr(office, "_MISFORTUNE", 0.6)
    monkeypatch.setattr(office, "_GROWTH_BYTES", 400_000)  # not all is full yet after so little
    assert office.main(["--years", "2", "--mails", "2"]) == 0
    printed = capsys.readouterr().out
    assert "2 device-years, 80 mails" in printed and "0 violations" in printed


def test_a_violation_ends_it_with_a_file(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.property.variants import VARIANTS

    [wrong] = [variant for variant in VARIANTS if variant.name == "a_new_message_id_at_each_try"]
    wrong.wrong(monkeypatch)
    monkeypatch.setattr(office, "_MISFORTUNE", 1.0)
    assert office.main(["--years", "1", "--mails", "2"]) == 1
    printed = capsys.readouterr().out
    assert "delivered_at_least_once_with_one_message_id: " in printed and "python -m sim replay " in printed


@pytest.mark.parametrize("hoarder", ["device", "world"])
def test_growth_is_noticed(hoarder: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A mail leaves 100 KB behind in the device, or a year does in the world."""
    monkeypatch.setattr(office, "_DAYS", 7)
    monkeypatch.setattr(office, "_GROWTH_BYTES", 400_000)
    kept: list[bytes] = []
    if hoarder == "world":
        monkeypatch.setattr(Mailboxes, "empty", lambda self: kept.append(bytes(100_000)))
    else:
        end = Queue._end

        def hoard(self: Any, *what: Any) -> Any:
            self.__dict__.setdefault("hoard", []).append(bytes(100_000))
            return end(self, *what)

        monkeypatch.setattr(Queue, "_end", hoard)
    assert office.main(["--years", "2", "--mails", "1"]) == 1
    printed = capsys.readouterr().out
    grown = {name: float(kb) for name, kb in re.findall(r"the (device|world)(?: has grown)? by ([-.0-9]+) KB", printed)}
    assert max(grown, key=lambda name: grown[name]) == hoarder and min(grown.values()) < 400


def test_memory_sees_what_objects_hold() -> None:
    before = office._memory()
    hoard = [bytes(1_000_000)]
    assert office._memory() - before > 900_000
    del hoard


def test_the_figures_can_be_taken() -> None:
    assert virtual.device_year_s(weeks=1) > 0
    assert virtual.device_year_s(weeks=1, littlefs=True) > 0
    assert virtual.busy_factor(mails=2) > 1
    assert virtual.token_years_a_second(years=2) > 1
    assert 0.01 < virtual.machine_ratio(examples=2) < 10
