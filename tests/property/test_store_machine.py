"""Records and jobs on a flash that loses power, against dictionaries: what was written is there, what was cut is old or new.

The flash is a small littlefs; each change may be cut at any of its operations in any torn shape, and the start after it
again. HYPOTHESIS_PROFILE=long draws more.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from firmware.jobs.journal import Journal
from firmware.store import Store
from hal.errors import StorageFull
from sim.board import SimEntropy, SimIdentity
from sim.flash import SHAPES, Flash, FlashStorage, PowerCut
from tests.powercuts import wrong
from tests.property.machines import lived

_EXAMPLES = 100  # what is wrong on purpose is found in half as many
_LONGEST = 800  # bytes of a file of the journal
_RECORDS = ("email", "panel", "admin", "sign-in")
_NEVER = 10_000
_WHOLE = (_NEVER, "clean")
_MOST_RESUMES = 3  # then the queue parks a job

# Few operations make a change, so most of these numbers hit one; the others let it be.
CUT = st.tuples(st.integers(0, 14) | st.just(_NEVER), st.sampled_from(SHAPES))
VALUE = st.fixed_dictionaries({"token": st.integers(0, 9).map(lambda n: f"{n}" * (n * 150)), "n": st.integers()})


class Board:
    def __init__(self, storage: Any) -> None:
        self.storage = storage
        self.monitor = self
        self.identity = SimIdentity("SP00001234", "kmq7w3xz9d")
        self.entropy = SimEntropy(random.Random(0))

    def log(self, line: str) -> None:
        assert "damaged" not in line, "a power cut damages nothing"


class StoreMachine(RuleBasedStateMachine):
    """The model: `records` by name, `jobs` not yet ended by number, `history` of those that have."""

    blocks = 12  # room for all that the rules can write

    def __init__(self) -> None:
        super().__init__()
        self.flash = Flash(blocks=self.blocks)
        self.records: dict[str, Any] = {}
        self.jobs: dict[int, str] = {}
        self.history: list[tuple[int, str]] = []
        self.resumes: dict[int, int] = {}
        self.number = 0
        self.given_up = False
        self.start()

    def start(self) -> None:
        self.storage = FlashStorage(self.flash)
        board: Any = Board(self.storage)
        self.store = Store(board)
        self.journal = Journal(self.storage, board.log, _LONGEST)
        self.store.make_room = self.journal.give_up

    def change(self, cut: tuple[int, str], what: Any, *arguments: Any) -> str:
        """Do it, with the power going at this operation. Returns "done", "full" or "cut"."""
        self.flash.cut_at = self.flash.operations + cut[0], cut[1]
        try:
            what(*arguments)
        except StorageFull:
            return "full"
        except PowerCut:
            self.flash = Flash(self.flash.picture(), seed=self.number)
            self.start()
            assert not self.storage.formatted
            return "cut"
        finally:
            self.flash.cut_at = None
        return "done"

    @rule(name=st.sampled_from(_RECORDS), value=VALUE, cut=CUT)
    def write(self, name: str, value: dict[str, Any], cut: tuple[int, str]) -> None:
        how = self.change(cut, self.store.write, name, value)
        assert how != "full" or self.blocks < StoreMachine.blocks
        if how == "done" or (how == "cut" and self.store.read(name) == value):
            self.records[name] = value

    @rule(name=st.sampled_from(_RECORDS), cut=CUT)
    def remove(self, name: str, cut: tuple[int, str]) -> None:
        how = self.change(cut, self.store.remove, name)
        if how == "done" or (how == "cut" and self.store.read(name) is None):
            self.records.pop(name, None)

    @precondition(lambda self: len(self.jobs) < 4)
    @rule(cut=CUT, size=st.integers(1, 150))
    def add(self, cut: tuple[int, str], size: int) -> None:
        self.number += 1
        number, message_id = self.journal.last_id + 1, f"<{self.number}@x>"
        job = {"id": number, "message_id": message_id, "name": "n" * size}
        how = self.change(cut, self.journal.add, job)
        if how == "done" or (how == "cut" and number in [job["id"] for job in self.journal.unfinished]):
            self.jobs[number] = message_id

    @precondition(lambda self: self.jobs)
    @rule(cut=CUT, data=st.data())
    def end(self, cut: tuple[int, str], data: st.DataObject) -> None:
        self.end_job(data.draw(st.sampled_from(sorted(self.jobs))), cut)

    def end_job(self, number: int, cut: tuple[int, str]) -> None:
        how = self.change(cut, self.journal.end, number, {"status": "sent"})
        if how == "done" or (how == "cut" and number not in [job["id"] for job in self.journal.unfinished]):
            self.history.append((number, self.jobs.pop(number)))

    @rule(cut=CUT)
    def some_mails(self, cut: tuple[int, str]) -> None:
        """As many as make a file of the journal long; the last one's end may be cut."""
        for left in (3, 2, 1, 0):
            self.number += 1
            number, message_id = self.journal.last_id + 1, f"<{self.number}@x>"
            job = {"id": number, "message_id": message_id, "name": "n" * 100}
            if self.change(_WHOLE, self.journal.add, job) == "done":
                self.jobs[number] = message_id
                self.end_job(number, _WHOLE if left else cut)

    @precondition(lambda self: self.jobs and self.resumes.get(max(self.jobs), 0) < _MOST_RESUMES)
    @rule(cut=CUT)
    def resume(self, cut: tuple[int, str]) -> None:
        number = max(self.jobs)
        self.resumes[number] = self.resumes.get(number, 0) + 1
        self.change(cut, self.journal.resume, number)

    @rule(cut=CUT)
    def history_is_given_up(self, cut: tuple[int, str]) -> None:
        self.change(cut, self.journal.give_up)
        self.given_up = True

    @rule()
    def restart(self) -> None:
        self.flash = Flash(self.flash.picture(), seed=self.number)
        self.start()

    @invariant()
    def records_are_what_was_written(self) -> None:
        for name in _RECORDS:
            assert self.store.read(name) == self.records.get(name), name

    @invariant()
    def jobs_wait_or_have_ended_once(self) -> None:
        journal = Journal(self.storage, Board(None).log, _LONGEST)
        assert {job["id"]: job["message_id"] for job in journal.unfinished} == self.jobs
        shown = [(job["id"], job["message_id"]) for job in journal.recent(1000)]
        assert set(shown) <= set(self.history) and len(set(shown)) == len(shown)
        if self.blocks == StoreMachine.blocks and not self.given_up:
            assert shown or not self.history, "history went without need"
        self.history = [job for job in self.history if job in shown]
        self.given_up = False


class FullFlashMachine(StoreMachine):
    """The same where the history has to make room, and sometimes cannot."""

    blocks = 6


test_store = lived(StoreMachine, _EXAMPLES, long=2000)
test_full_flash = lived(FullFlashMachine, _EXAMPLES // 2, long=2000)


@pytest.mark.parametrize(
    "variant",
    [
        wrong.OldOneFirst,
        wrong.Unchecked,
        wrong.Later,
        wrong.ShortenedInPlace,
        wrong.OldestGo,
        wrong.NotedAgainAfterwards,
        wrong.InMemory,
    ],
)
def test_so_many_examples_find_what_is_wrong(variant: type, monkeypatch: pytest.MonkeyPatch) -> None:
    [right] = variant.__bases__
    monkeypatch.setattr(sys.modules[__name__], right.__name__, variant)

    @seed(1)
    class Drawn(StoreMachine):
        """The same draws each time."""

    few = settings(max_examples=_EXAMPLES, database=None, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Drawn, settings=few)
