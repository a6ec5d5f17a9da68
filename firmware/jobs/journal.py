"""What was asked of the device and how it ended, on flash: the job queue and the job history in one append-only journal.

Two lines a job: one when it is taken on, one when it has ended; a third only when a restart found it unfinished. A job
whose second line is missing is still to be done. History is read from flash when it is shown, newest first, and never
kept in memory. The journal is two files, so that the older half goes in one step and without room for a copy: when the
newer file has grown long it takes the older one's name, and what has not ended is noted again first.
"""

from micropython import const

from firmware.store import decoded, encoded
from hal.errors import StorageError, StorageFull

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from hal.api import Storage

    Job = dict[str, Any]

_FILE = "jobs"
_OLD = "jobs.old"
_FILES = (_OLD, _FILE)
_LONGEST_FILE = const(16384)  # bytes of one of the two
_LONGEST_LINE = const(6144)  # a name and a subject of nothing but emoji, as CPython escapes them
_BLOCK = const(1024)
_BEGINS = ("add", "again")
_TORN = b"#\n"  # ends a line that a power cut tore; it does not check out then, not even if only its end was missing


class Journal:
    """Each line is a dict: {"id", "op": "add", ...the job} or {"id", "op": "end", "status", "code", ...}
    or {"id", "op": "resume"}, or {"op": "again", "resumes", ...} for a job that did not end before its file's time was over;
    `firmware.store.encoded` gives it its check sum.
    """

    def __init__(self, storage: "Storage", log: "Callable[[str], None]", longest: int = _LONGEST_FILE) -> None:
        self._storage = storage
        self._log = log
        self._longest = longest
        self._torn = True  # the file may not end with a whole line
        self._damaged = 0
        self.unfinished: "list[Job]" = []  # oldest first, with "resumes": how often a restart has found it
        self.last_id = 0
        self._recover()

    def _recover(self) -> None:
        jobs: "dict[int, Job]" = {}
        damaged = 0
        try:
            for name in _FILES:
                for line in self._lines(name):
                    self._take(line, jobs)
                damaged += self._damaged
            size = max(0, self._storage.size(_FILE))
            self._torn = size > 0 and self._storage.read(_FILE, size - 1, 1) != b"\n"
        except StorageError as error:
            self._log("journal: it cannot be read: " + str(error))
        if damaged:
            self._log("journal: of the record jobs " + str(damaged) + " damaged lines were left out")
        self.unfinished = [jobs[number] for number in sorted(jobs)]

    def _take(self, line: "Job", jobs: "dict[int, Job]") -> None:
        """Keep in `jobs` those that have not ended after this line."""
        number = line["id"]
        self.last_id = max(self.last_id, number)
        if line["op"] in _BEGINS:
            line["resumes"] = line.get("resumes", 0)
            jobs[number] = line
        elif line["op"] == "resume" and number in jobs:
            jobs[number]["resumes"] += 1
        else:
            jobs.pop(number, None)

    def add(self, job: "Job") -> None:
        """Take a job on. On return it is on flash. Raises StorageFull, StorageError."""
        self.last_id = int(job["id"])
        self._append(dict(job, op="add"))

    def resume(self, number: int) -> None:
        """Note that a restart found the job unfinished."""
        self._append({"id": number, "op": "resume"})

    def end(self, number: int, result: "Job") -> None:
        """Note how the job ended. Raises StorageFull, StorageError."""
        self._append(dict(result, id=number, op="end"))
        try:
            if self._storage.size(_FILE) > self._longest:
                self._note_again(self._only_old()[0])
                self._storage.rename(_FILE, _OLD)
        except StorageError as error:  # the job has ended all the same
            self._log("journal: it could not be shortened: " + str(error))

    def recent(self, most: int) -> "list[Job]":
        """The newest `most` jobs that have ended, newest first: the job's own fields and those of its end."""
        ends: "dict[int, Job]" = {}
        jobs: "list[Job]" = []
        try:
            for line in self._newest_lines():
                if len(jobs) == most:
                    break
                if line["op"] == "end" and len(jobs) + len(ends) < most:
                    ends[line["id"]] = line
                elif line["op"] in _BEGINS and line["id"] in ends:
                    jobs.append(dict(line, **ends.pop(line["id"])))
        except StorageError as error:
            self._log("journal: it cannot be read: " + str(error))
        jobs.sort(key=lambda job: -job["id"])
        return jobs

    def give_up(self) -> bool:
        """Drop the older file for something that finds no room on the flash. False when that would drop no history."""
        try:
            if self._storage.size(_OLD) < 0 <= self._storage.size(_FILE):
                self._storage.rename(_FILE, _OLD)
                self._torn = False
            jobs, more = self._only_old()
            if more:
                self._note_again(jobs)
                self._storage.remove(_OLD)
            return more
        except StorageFull:
            return False

    def _note_again(self, jobs: "dict[int, Job]") -> None:
        """Write them into the newer file. A power cut in between leaves some in both, which is the same."""
        for number in sorted(jobs):
            self._put(encoded(dict(jobs[number], op="again")))

    def _only_old(self) -> "tuple[dict[int, Job], bool]":
        """The jobs that have not ended and of which the older file alone knows, and whether it holds anything else."""
        jobs: "dict[int, Job]" = {}
        ended = False
        for line in self._lines(_OLD):
            self._take(line, jobs)
            ended = ended or line["op"] == "end"
        for line in self._lines(_FILE):
            ended = ended or line["id"] in jobs
            if line["op"] != "resume":
                jobs.pop(line["id"], None)
            elif line["id"] in jobs:
                jobs[line["id"]]["resumes"] += 1
        return jobs, ended

    def _append(self, line: "Job") -> None:
        data = encoded(line)
        while True:
            try:
                self._put(data)
                return
            except StorageFull:
                if not self.give_up():
                    raise

    def _put(self, data: bytes) -> None:
        before = _TORN if self._torn else b""
        self._torn = True
        self._storage.append(_FILE, before + data)
        self._torn = False

    def _lines(self, name: str) -> "Iterator[Job]":
        """Each whole line of this file as a dict, oldest first, in bounded memory; damaged ones are counted and left out."""
        self._damaged = 0
        offset = 0
        rest = b""
        skipping = False
        while True:
            block = self._storage.read(name, offset, _BLOCK)
            if not block:
                self._damaged += bool(rest)
                return
            offset += len(block)
            rest += block
            while True:
                end = rest.find(b"\n") + 1
                if not end:
                    break
                whole, rest = rest[:end], rest[end:]
                line = None if skipping else decoded(whole)
                skipping = False
                if line is not None and "id" in line and "op" in line:
                    yield line
                elif whole[-2:] != _TORN:
                    self._damaged += 1
            if len(rest) > _LONGEST_LINE:
                rest = b""
                skipping = True

    def _newest_lines(self) -> "Iterator[Job]":
        """Each whole line as a dict, newest first, in bounded memory: the history is long, and the newest is looked at."""
        for name in reversed(_FILES):
            offset = self._storage.size(name)
            rest = b""
            while offset > 0:
                n = min(_BLOCK, offset)
                offset -= n
                rest = self._storage.read(name, offset, n) + rest
                begin = rest.find(b"\n") + 1 if offset else 0  # before it is the end of a line that begins earlier
                if begin or not offset:
                    whole, rest = rest[begin:], rest[:begin]
                    for text in reversed(
                        whole.split(b"\n")[:-1]
                    ):  # what a power cut left after the last one is no line
                        line = decoded(text + b"\n")
                        if line is not None and "id" in line and "op" in line:
                            yield line
                if len(rest) > _LONGEST_LINE:
                    rest = b""
