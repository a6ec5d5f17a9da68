"""Flash that is full, bad, damaged, or loses power again and again: the sign-in and the jobs stay, and it is said.

JF-02, JF-03, JF-04 of the attack and fault list, ten cuts in a row, and cut, MemoryError and full flash together.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from firmware.jobs.journal import Journal
from firmware.store import encoded
from hal.errors import StorageError, StorageFull
from sim.flash import BLOCK, Flash, FlashStorage
from sim.storage import RamStorage
from tests.powercuts.cutting import OnLittlefs, begin, looked_at, mounted, restart
from tests.powercuts.outside import Facts, Loss, Outside
from tests.powercuts.printer import Parts, Printer
from tests.powercuts.scripts import SCRIPTS, aged, long_history, signed_in

_IN_A_ROW = 10
_ROWS = 60
_COMBINATIONS = 1000
_PARTS = Parts()


class Failing(RamStorage):
    """Fails the change, or the reading, that has a number given beforehand; and `times` in all."""

    def __init__(
        self, error: type[Exception] | None = None, at: int = -1, times: float = 1, reading: bool = False
    ) -> None:
        super().__init__()
        self._error = error
        self._at = at
        self._times = times
        self._reading = reading
        self.count = 0

    @classmethod
    def on(cls, files: RamStorage, *how: Any) -> Failing:
        storage = cls(*how)
        storage.files = {name: bytearray(data) for name, data in files.files.items()}
        return storage

    def _strike(self) -> None:
        self.count += 1
        if self._error is not None and 0 <= self.count - 1 - self._at < self._times:
            raise self._error("as the test wants it")

    def read(self, name: str, offset: int, n: int) -> bytes:
        if self._reading:
            self._strike()
        return super().read(name, offset, n)

    def _changing(self, more_bytes: int = 0) -> None:
        if not self._reading:
            self._strike()
        super()._changing(more_bytes)


def on_ram(script: Callable[[Printer], None]) -> tuple[RamStorage, Facts]:
    storage = RamStorage()
    outside = Outside(Facts(), lambda: 0)
    script(Printer(storage, outside, _PARTS))
    return storage, outside.facts


# --- full flash (JF-02) ---


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("error", [StorageFull, StorageError])
@pytest.mark.parametrize("times", [1, math.inf], ids=["once", "from then on"])
def test_a_write_that_fails_costs_nothing_that_was_there(name: str, error: type[StorageError], times: float) -> None:
    """Each write of each script in turn; whoever asked is told, or the queue deals with it. Then the power goes."""
    before, script = SCRIPTS[name]
    storage, facts = on_ram(before)
    number = 0
    while True:
        failing = Failing.on(storage, error, number, times)
        outside = Outside(replace(facts, forgetful=error is StorageFull), lambda: 0)
        printer = Printer(failing, outside, _PARTS)
        try:
            script(printer)
        except StorageError:
            assert failing.count > number
        if failing.count <= number:
            break
        known = looked_at(failing, outside.facts, _PARTS)
        whole, again = Failing.on(failing), Outside(known, lambda: 0)
        Printer(whole, again, _PARTS).recover()
        looked_at(whole, again.facts, _PARTS)
        number += 1
    assert number >= 3


def full(blocks: int = 12) -> tuple[Flash, FlashStorage, Outside]:
    """A printer with a history, and not one more byte of room on its flash."""
    flash = Flash(blocks=blocks)
    outside = Outside(Facts(), lambda: 0)
    storage = FlashStorage(flash)
    printer = Printer(storage, outside, Parts(longest_history=1 << 20))
    printer.sign_in()
    for _ in range(30):
        printer.scan_to_email()
        printer.send_all()
    fill(storage)
    outside.tell(forgetful=True)
    return flash, storage, outside


def fill(storage: FlashStorage) -> None:
    for size in (BLOCK // 2, 256, 16):
        try:
            while True:
                storage.append(f"ballast{size}", bytes(size))
        except StorageFull:
            continue


def test_full_flash_gives_up_the_oldest_history_first_and_keeps_the_token() -> None:
    flash, storage, outside = full()
    parts = Parts(longest_history=1 << 20)
    printer = Printer(storage, outside, parts)
    known = len(printer.journal.recent(100))
    for _ in range(5):
        printer.keep_alive()
    assert any("full" in line for line in printer.lines)
    printer.scan_to_email()
    printer.send_all()
    left = printer.journal.recent(100)
    assert 1 <= len(left) < known + 1
    assert [job["id"] for job in left] == list(range(known + 1, known + 1 - len(left), -1)), "the oldest went"
    looked_at(FlashStorage(Flash(flash.picture())), outside.facts, parts)


def test_full_flash_without_a_history_says_so_and_keeps_the_token() -> None:
    storage = FlashStorage(Flash(blocks=8))
    outside = Outside(Facts(), lambda: 0)
    printer = Printer(storage, outside, _PARTS)
    printer.sign_in()
    fill(storage)
    with pytest.raises(StorageFull):
        printer.save(sender="scanner@bureau.example")
    taken = 0
    try:
        while taken < 10:  # the first ones fit between the file system's own notes
            printer.scan_to_email()
            taken += 1
    except StorageFull:
        assert [job["id"] for job in Journal(storage, print).unfinished] == list(range(1, taken + 1))
    assert taken < 10
    looked_at(storage.image(), outside.facts, _PARTS)
    assert printer.accounts.account.state == "SIGNED_IN"
    printer.keep_alive()
    assert "keep-alive: storage" in printer.lines
    printer.keep_alive()  # and does not come with a token that is not on the flash
    looked_at(storage.image(), outside.facts, _PARTS)


# --- bad blocks and reads that fail (JF-02) ---


def test_bad_blocks_are_gone_round() -> None:
    flash = Flash(blocks=24)
    outside = Outside(Facts(), lambda: 0)
    storage = FlashStorage(flash)
    flash.bad = {3, 5, 7, 11}
    printer = Printer(storage, outside, _PARTS)
    long_history(printer)
    looked_at(FlashStorage(Flash(flash.picture())), outside.facts, _PARTS)


@pytest.mark.parametrize("times", [1, math.inf], ids=["once", "from then on"])
def test_a_read_that_fails_never_stops_the_start(times: float) -> None:
    """Once costs nothing that a second look would find; for good, and it is said what could not be read."""
    storage, facts = on_ram(signed_in)
    number = 0
    while True:
        failing = Failing.on(storage, StorageError, number, times, True)
        printer = Printer(failing, Outside(facts, lambda: 0), _PARTS)
        printer.journal.recent(20)
        if failing.count <= number:
            break
        if times == 1:
            assert printer.accounts.account.state == "SIGNED_IN"
        else:
            assert any(word in line for line in printer.lines for word in ("damaged", "cannot be read")), number
        number += 1
    assert number >= 4


# --- damage (JF-04) ---


def unfinished_job(printer: Printer) -> None:
    signed_in(printer)
    printer.admin._write()
    printer.scan_to_email()


@pytest.mark.parametrize("record", ["email", "panel", "admin"])
def test_a_bit_that_flips_in_a_record_is_noticed_named_and_costs_that_record_alone(record: str) -> None:
    storage, _ = on_ram(unfinished_job)
    drawn = random.Random(record)
    for where in range(storage.size(record)):
        damaged = Failing.on(storage)
        damaged.files[record][where] ^= 1 << drawn.randrange(8)
        printer = Printer(damaged, Outside(Facts(), lambda: 0), _PARTS)
        assert any(record in line and "damaged" in line for line in printer.lines), where
        assert (printer.accounts.account.state == "SIGNED_OUT") == (record == "email")
        assert printer.accounts.settings()["method"] == ("off" if record == "email" else "oauth2")
        assert printer.language == ("en" if record == "panel" else "lt")
        assert [job["message_id"] for job in printer.journal.unfinished] and printer.journal.recent(20)


def test_a_bit_that_flips_in_the_journal_is_noticed_and_costs_its_line() -> None:
    storage, _ = on_ram(unfinished_job)
    whole = Journal(storage, print)
    done, waiting = whole.recent(20), whole.unfinished
    drawn = random.Random("jobs")
    for where in range(storage.size("jobs")):
        damaged = Failing.on(storage)
        damaged.files["jobs"][where] ^= 1 << drawn.randrange(8)
        printer = Printer(damaged, Outside(Facts(), lambda: 0), _PARTS)
        assert any("jobs" in line and "damaged" in line for line in printer.lines), where
        assert all(job in done for job in printer.journal.recent(20))
        known = [job["message_id"] for job in done + waiting]
        assert all(job["message_id"] in known for job in printer.journal.unfinished)
        printer.journal.add({"id": printer.journal.last_id + 1, "message_id": "<new@x>"})
        assert Journal(damaged, print).unfinished[-1]["message_id"] == "<new@x>", where
        assert len(Journal(damaged, print).unfinished) <= len(done) + len(waiting) + 1


@pytest.mark.parametrize("record", ["email", "panel", "admin", "jobs"])
def test_nonsense_that_checks_out_is_no_crash_loop(record: str) -> None:
    """Somebody else's firmware, or a later one, wrote it."""
    storage, _ = on_ram(unfinished_job)
    for nonsense in ({}, {"n": 1}, {"id": 1, "op": "end"}, {"id": 1, "op": "new"}, {"language": 5}):
        strange = Failing.on(storage)
        strange.files[record] = bytearray(encoded(nonsense))
        printer = Printer(strange, Outside(Facts(), lambda: 0), _PARTS)
        printer.journal.recent(20)
        assert printer.accounts.settings()


# --- cut after cut (JF-03) ---


def test_ten_cuts_in_a_row() -> None:
    """Ten starts that are cut at a drawn operation, in a drawn shape, and one that is not."""
    medium = OnLittlefs()
    for row in range(_ROWS):
        drawn = random.Random(row)
        before, script = SCRIPTS[drawn.choice(["mail job", "history wraps around", "refresh with rotation"])]
        picture, facts = begin(medium, aged(before, row % 14), _PARTS)
        device, mount = medium.power_on(picture)
        outside = Outside(facts, partial(getattr, device, "operations"))
        printer = Printer(mount(), outside, _PARTS)
        script(printer)
        trail = []
        for _ in range(_IN_A_ROW):
            cut = drawn.choice(list(device.cuts()))
            trail.append(cut[:2])
            try:
                device, outside = restart(medium, cut.picture, outside.at(cut.operation), _PARTS)
            except Loss as loss:
                raise AssertionError(f"row {row}: {trail}: {loss}") from None


def test_cut_memory_and_full_flash_together() -> None:
    """A start after a cut runs out of memory at a drawn moment, the next one finds the flash full; the third goes well."""
    medium = OnLittlefs()
    before, script = SCRIPTS["mail job"]
    picture, facts = begin(medium, before, _PARTS)
    device, mount = medium.power_on(picture)
    outside = Outside(facts, lambda: int(device.operations))
    script(Printer(mount(), outside, _PARTS))
    cuts = list(device.cuts())
    drawn = random.Random("together")
    struck = {MemoryError: 0, StorageFull: 0}
    for number in range(_COMBINATIONS):
        cut = drawn.choice(cuts)
        picture, known = cut.picture, replace(outside.at(cut.operation), forgetful=True)
        for error in (MemoryError, StorageFull):
            picture, known, stopped = _disturbed(medium, picture, known, error, drawn.randrange(25))
            struck[error] += stopped
        try:
            restart(medium, picture, known, _PARTS)
        except Loss as loss:
            raise AssertionError(f"combination {number}, {cut[:2]}: {loss}") from None
    assert min(struck.values()) > _COMBINATIONS // 4, struck


def _disturbed(
    medium: OnLittlefs, picture: Any, facts: Facts, error: type[Exception], at: int
) -> tuple[Any, Facts, bool]:
    """A start whose call of the storage with this number fails. Returns flash, facts, and whether it came to that."""
    device, mount = medium.power_on(picture)
    storage = Disturbed(mounted(mount, facts), error, at)
    known = Outside(looked_at(storage.storage, facts, _PARTS), lambda: 0)
    try:
        Printer(storage, known, _PARTS).recover()
    except (MemoryError, StorageError):
        pass
    return device.picture(), known.facts, storage.left < 0


class Disturbed:
    """A storage one of whose calls fails."""

    def __init__(self, storage: Any, error: type[Exception], at: int) -> None:
        self.storage = storage
        self.left = at
        self._error = error

    def __getattr__(self, name: str) -> Any:
        self.left -= 1
        if self.left == -1 and (self._error is MemoryError or name in ("write", "append", "rename")):
            raise self._error("as the test wants it")
        return getattr(self.storage, name)
