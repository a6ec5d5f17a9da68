"""What was asked of the device and how it ended, on flash: the job queue and the job history in one append-only journal.

Two lines a job: one when it is taken on, one when it has ended; a third only when a restart found it unfinished. A job
whose second line is missing is still to be done. History is read from flash when it is shown, newest first, and never
kept in memory. The journal is two files, so that the older half goes in one step and without room for a copy: when the
newer file has grown long it takes the older one's name, and what has not ended is noted again first.
"""

from micropython import const

from firmware.lines import Lines
from firmware.store import encoded
from hal.errors import StorageError, StorageFull

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hal.api import Storage

    Job = dict[str, Any]

_FILE = "jobs"
_LONGEST_FILE = const(16384)  # bytes of one of the two
_BEGINS = ("add", "again")


class Journal(Lines):
    """Each line is a dict: {"id", "op": "add", ...the job} or {"id", "op": "end", "status", "code", ...}
    or {"id", "op": "resume"}, or {"op": "again", "resumes", ...} for a job that did not end before its file's time was over;
    `firmware.store.encoded` gives it its check sum.
    """

    fields = ("id", "op")

    def __init__(self, storage: "Storage", log: "Callable[[str], None]", longest: int = _LONGEST_FILE) -> None:
        super().__init__(storage, log, _FILE, longest)
        self.unfinished: "list[Job]" = []  # oldest first, with "resumes": how often a restart has found it
        self.last_id = 0
        self._recover()

    def _recover(self) -> None:
        jobs: "dict[int, Job]" = {}
        damaged = 0
        try:
            for name in (self._old, self._file):
                for line in self._lines(name):
                    self._take(line, jobs)
                damaged += self._damaged
            self._look_at_end()
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
            if self._storage.size(self._file) > self._longest:
                self._note_again(self._only_old()[0])
                self._storage.rename(self._file, self._old)
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
            if self._storage.size(self._old) < 0 <= self._storage.size(self._file):
                self._storage.rename(self._file, self._old)
                self._torn = False
            jobs, more = self._only_old()
            if more:
                self._note_again(jobs)
                self._storage.remove(self._old)
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
        for line in self._lines(self._old):
            self._take(line, jobs)
            ended = ended or line["op"] == "end"
        for line in self._lines(self._file):
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
