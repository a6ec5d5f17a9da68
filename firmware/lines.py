"""Growing lists on flash: files of lines that each check out or are left out, of which the older half goes in one step.

A list is two files. When the newer one has grown long it takes the older one's name. Nothing is kept in memory: start at
`Lines`, whose subclasses say what a line is (`firmware/jobs/journal.py`, `firmware/audit.py`).
"""

from micropython import const

from firmware.store import decoded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from hal.api import Storage

    Line = dict[str, Any]

_LONGEST_LINE = const(6144)  # a name and a subject of nothing but emoji, as CPython escapes them
_BLOCK = const(1024)
_TORN = b"#\n"  # ends a line that a power cut tore; it does not check out then, not even if only its end was missing


class Lines:
    """Each line is a dict, in the file as `firmware.store.encoded` makes it. `fields`: those that every line has."""

    fields: "tuple[str, ...]" = ()

    def __init__(self, storage: "Storage", log: "Callable[[str], None]", name: str, longest: int) -> None:
        """`longest`: bytes of one of the two files."""
        self._storage = storage
        self._log = log
        self._file = name
        self._old = name + ".old"
        self._longest = longest
        self._torn = True  # the file may not end with a whole line
        self._damaged = 0

    def _look_at_end(self) -> None:
        """See whether the file ends with a whole line. Raises StorageError."""
        size = max(0, self._storage.size(self._file))
        self._torn = size > 0 and self._storage.read(self._file, size - 1, 1) != b"\n"

    def _put(self, data: bytes) -> None:
        """Add a line. Raises StorageFull, StorageError."""
        before = _TORN if self._torn else b""
        self._torn = True
        self._storage.append(self._file, before + data)
        self._torn = False

    def _lines(self, name: str) -> "Iterator[Line]":
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
                if line is not None and self._fits(line):
                    yield line
                elif whole[-2:] != _TORN:
                    self._damaged += 1
            if len(rest) > _LONGEST_LINE:
                rest = b""
                skipping = True

    def _newest_lines(self) -> "Iterator[Line]":
        """Each whole line as a dict, newest first, in bounded memory: the history is long, and the newest is looked at."""
        for name in (self._file, self._old):
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
                        if line is not None and self._fits(line):
                            yield line
                if len(rest) > _LONGEST_LINE:
                    rest = b""

    def _fits(self, line: "Line") -> bool:
        return all(field in line for field in self.fields)
