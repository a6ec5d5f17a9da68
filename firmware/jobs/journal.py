"""What was asked of the device and how it ended, on flash: the job queue and the job history in one append-only file.

Two lines a job: one when it is taken on, one when it has ended; a third only when a restart found it unfinished. A job
whose second line is missing is still to be done. History is read from flash when it is shown, newest first, and never
kept in memory. When the file has grown long, the newest jobs are copied to a new one that replaces it in one step.
"""

from micropython import const

from firmware.store import decoded, encoded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from hal.api import Storage

    Job = dict[str, Any]

_FILE = "jobs"
_NEW = "jobs.new"
_LONGEST_FILE = const(32768)  # bytes; then the oldest jobs go
_KEPT_BYTES = const(16384)
_LONGEST_LINE = const(2048)
_BLOCK = const(1024)


class Journal:
    """Each line is a dict: {"id", "op": "add", ...the job} or {"id", "op": "end", "status", "code", ...}
    or {"id", "op": "resume"}; `firmware.store.encoded` gives it its check sum.
    """

    def __init__(self, storage: "Storage") -> None:
        self._storage = storage
        self._torn = False
        self.unfinished: "list[Job]" = []  # oldest first, with "resumes": how often a restart has found it
        self.last_id = 0
        self._recover()

    def _recover(self) -> None:
        jobs: "dict[int, Job]" = {}
        size = max(0, self._storage.size(_FILE))
        self._torn = size > 0 and self._storage.read(_FILE, size - 1, 1) != b"\n"
        for line in self._lines():
            number = line["id"]
            self.last_id = max(self.last_id, number)
            if line["op"] == "add":
                line["resumes"] = 0
                jobs[number] = line
            elif number in jobs and line["op"] == "resume":
                jobs[number]["resumes"] = int(jobs[number]["resumes"]) + 1
            else:
                jobs.pop(number, None)
        self.unfinished = [jobs[number] for number in sorted(jobs)]

    def add(self, job: "Job") -> None:
        """Take a job on. On return it is on flash. Raises StorageFull, StorageError."""
        self.last_id = int(job["id"])
        self._append(dict(job, op="add"))

    def resume(self, number: int) -> None:
        """Note that a restart found the job unfinished."""
        self._append({"id": number, "op": "resume"})

    def end(self, number: int, result: "Job", keep: "list[int]") -> None:
        """Note how the job ended. `keep`: the numbers of jobs not yet ended, which a clean-up must not drop."""
        self._append(dict(result, id=number, op="end"))
        if self._storage.size(_FILE) > _LONGEST_FILE:
            self._shorten(keep)

    def recent(self, most: int) -> "list[Job]":
        """The newest `most` jobs that have ended, newest first: the job's own fields and those of its end."""
        ends: "dict[int, Job]" = {}
        for line in self._lines():
            if line["op"] == "end":
                ends[line["id"]] = line
                if len(ends) > most:
                    del ends[min(ends)]
        for line in self._lines():
            number = line["id"]
            if line["op"] == "add" and number in ends:
                ends[number] = dict(line, **ends[number])
        return [ends[number] for number in sorted(ends, reverse=True)]

    def _append(self, line: "Job") -> None:
        data = encoded(line)
        if self._torn:  # a power cut left half a line: end it, so that only it is lost
            data = b"\n" + data
        self._torn = True
        self._storage.append(_FILE, data)
        self._torn = False

    def _lines(self) -> "Iterator[Job]":
        """Each whole line as a dict, oldest first, in bounded memory; damaged ones are left out."""
        offset = 0
        rest = b""
        skipping = False
        while True:
            block = self._storage.read(_FILE, offset, _BLOCK)
            if not block:
                return
            offset += len(block)
            rest += block
            while True:
                end = rest.find(b"\n") + 1
                if not end:
                    break
                line = None if skipping else decoded(rest[:end])
                skipping = False
                rest = rest[end:]
                if line is not None and "id" in line and "op" in line:
                    yield line
            if len(rest) > _LONGEST_LINE:
                rest = b""
                skipping = True

    def _shorten(self, keep: "list[int]") -> None:
        """Copy what is not yet ended and the newest of the rest to a new file, then put it in the old one's place."""
        sizes: "dict[int, int]" = {}
        for line in self._lines():
            number = line["id"]
            sizes[number] = sizes.get(number, 0) + len(encoded(line))
        kept = set(keep)
        room = _KEPT_BYTES
        for number in sorted(sizes, reverse=True):
            room -= sizes[number]
            if room < 0:
                break
            kept.add(number)
        self._storage.remove(_NEW)
        for line in self._lines():
            if line["id"] in kept:
                self._storage.append(_NEW, encoded(line))
        self._storage.rename(_NEW, _FILE)
