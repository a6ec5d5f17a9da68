"""Cut the power at every operation of the flash in every torn shape, start again, look, and cut again during that start.

`explore` plays a script once, takes from the flash what each cut would leave, and starts a printer on each of these states
(once: many cuts leave the same). `depth` 2 does the same with every operation of that start, up to and with a write that
must outlive one more restart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from hal.errors import StorageError
from sim.flash import Flash, FlashStorage
from sim.storage import RamStorage
from tests.powercuts.outside import Facts, Loss, Outside, as_text, bound, only_oldest_gone
from tests.powercuts.printer import IDENTITY, Parts, Printer, Script
from tests.powercuts.torn import Files, TornStorage

_BLOCKS = 16  # few enough that all of them are in use, time and again


class OnLittlefs:
    """`storage`: the class of the seam's storage, for wrong variants of it."""

    name = "littlefs"

    def __init__(self, seed: int = 0, storage: type[FlashStorage] = FlashStorage) -> None:
        self._seed = seed
        self._storage = storage

    def blank(self) -> Any:
        return Flash(blocks=_BLOCKS).picture()

    def power_on(self, picture: Any) -> tuple[Any, Any]:
        """What does the operations, which records from before the first one; and how to get the storage on it."""
        flash = Flash(picture, seed=self._seed)
        flash.record()
        return flash, lambda: self._storage(flash)


class OnTorn:
    name = "torn files"

    def blank(self) -> Any:
        return ()

    def power_on(self, picture: Any) -> tuple[Any, Any]:
        storage = TornStorage(picture)
        return storage, lambda: storage


Medium = OnLittlefs | OnTorn


@dataclass
class Result:
    """`tried` counts every cut in every shape, `states` are those pictures of the flash that differ, `restarts` the
    printers that were started on them. After `most_losses` nothing more is tried."""

    script: str
    most_losses: int = 5
    tried: int = 0
    restarts: int = 0
    states: set[int] = field(default_factory=set)
    losses: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)

    def add(self, loss: Loss, trail: str) -> None:
        self.losses.append(f"{self.script}, cut {trail}: {loss}")
        self.kinds.add(loss.kind)

    @property
    def is_enough(self) -> bool:
        return len(self.losses) >= self.most_losses


def begin(medium: Medium, script: Script, parts: Parts) -> tuple[Any, Facts]:
    """A flash that has been in use for a while, and what the world knows after `script` was played on it."""
    device, mount = medium.power_on(medium.blank())
    outside = Outside(Facts(), lambda: int(device.operations))
    storage = mount()
    outside.tell(in_use=True)
    storage.write("ballast", bytes(range(1, 251)) * 160)  # leaves bits behind for erases to do
    storage.remove("ballast")
    script(Printer(storage, outside, parts))
    return device.picture(), outside.facts


def explore(
    result: Result, medium: Medium, start: tuple[Any, Facts], script: Script, parts: Parts | None = None, depth: int = 2
) -> None:
    parts = parts or Parts()
    picture, facts = start
    device, mount = medium.power_on(picture)
    outside = Outside(facts, lambda: int(device.operations))
    storage = mount()
    outside.tell(in_use=True)
    script(Printer(storage, outside, parts))
    _Explorer(result, medium, parts).level(device, outside, depth, "")


class _Explorer:
    def __init__(self, result: Result, medium: Medium, parts: Parts) -> None:
        self._result = result
        self._medium = medium
        self._parts = parts
        self._seen: set[int] = set()

    def level(self, device: Any, outside: Outside, depth: int, trail: str) -> None:
        result = self._result
        for number, shape, picture in device.cuts():
            if result.is_enough:
                return
            result.tried += 1
            facts = outside.at(number)
            key = hash((picture, facts, depth))
            if key in self._seen:
                continue
            self._seen.add(key)
            result.states.add(hash(picture))
            result.restarts += 1
            where = f"{trail}{number} {shape}"
            try:
                again, knowing = restart(self._medium, picture, facts, self._parts)
            except Loss as loss:
                result.add(loss, where)
                continue
            if depth > 1:
                self.level(again, knowing, depth - 1, where + ", then ")


def restart(medium: Medium, picture: Any, facts: Facts, parts: Parts) -> tuple[Any, Outside]:
    """Give the power back. The printer must find what it had, go on, and be able to write. Raises Loss."""
    device, mount = medium.power_on(picture)
    storage = mounted(mount, facts)
    facts = looked_at(storage, facts, parts)
    outside = Outside(facts, lambda: int(device.operations))
    outside.tell(in_use=True)
    printer = Printer(storage, outside, parts)
    printer.recover()
    [(unfinished, _)] = outside.facts.jobs
    if unfinished:
        raise Loss("job", f"The jobs {unfinished} do not end")
    printer.store.write("probe", {"n": len(outside.facts.grants)})
    looked_at(mounted(medium.power_on(device.picture())[1], outside.facts), outside.facts, parts)
    return device, outside


def mounted(mount: Any, facts: Facts) -> Any:
    try:
        storage = mount()
    except StorageError as error:
        raise Loss("mount", str(error)) from None
    if facts.in_use and getattr(storage, "formatted", False):
        raise Loss("formatted", "The flash was formatted although it was in use")
    return storage


class _Reading:
    """As much of a board as a store needs that only reads, on files that were read before."""

    def __init__(self, files: Files) -> None:
        self.storage = RamStorage()
        self.storage.files = {name: bytearray(data) for name, data in files}
        self.monitor = self
        self.identity = IDENTITY

    def log(self, line: str) -> None:
        return


def looked_at(storage: Any, facts: Facts, parts: Parts) -> Facts:
    """The facts, of which those are left that the flash bears out. Raises Loss when it holds something else."""
    files = tuple((name, bytes(storage.read(name, 0, storage.size(name)))) for name in storage.names())
    return _judged(files, facts, parts)


@lru_cache(maxsize=1000)  # most cuts of one write leave the same files
def _judged(files: Files, facts: Facts, parts: Parts) -> Facts:
    board: Any = _Reading(files)
    store = parts.store(board)
    records = []
    for name, allowed in facts.records:
        text = as_text(store.read(name))
        if text not in allowed:
            raise Loss("record", f"{name} is neither old nor new but {text[:300]}, not one of {allowed}"[:1500])
        records.append((name, (text,)))
        if name == "email":
            _check_sign_in(json.loads(text), facts)
    journal = parts.journal(board.storage, board.log, parts.longest_history)
    unfinished = tuple((job["id"], job.get("message_id")) for job in journal.unfinished)
    shown = [(job["id"], job.get("message_id"), job.get("status")) for job in journal.recent(1000)]
    for open_jobs, ended in facts.jobs:
        kept = len(shown) >= min(len(ended), 1) or facts.forgetful
        if unfinished == open_jobs and kept and only_oldest_gone(ended, shown) and len(set(shown)) == len(shown):
            history = tuple(job for job in ended if job in shown)
            return replace(facts, records=tuple(records), jobs=((open_jobs, history),))
    raise Loss("job", f"Of the journal {facts.jobs} there is {unfinished}, {shown}"[:1500])


def _check_sign_in(record: dict[str, Any] | None, facts: Facts) -> None:
    if record is None or record["account"]["state"] != "SIGNED_IN":
        if record is not None and record["account"]["refresh_token"]:
            raise Loss("pass-back", "A token is left though nobody is signed in")
        return
    number = int(record["account"]["refresh_token"][2:])
    if facts.erased:
        raise Loss("pass-back", f"Token {number} is still there")
    if bound(record["settings"]) != facts.grants[number]:
        raise Loss("pass-back", f"Token {number} is with settings that it was not granted for")
    if number < facts.confirmed:
        raise Loss("token", f"Token {number} is on the flash, though {facts.confirmed} has been used")
