"""The device's flash as a RAM directory where rename is atomic (`hal/api.pyi` Storage).

It outlives the power: a World hands the same one to the device after each start.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hal.errors import StorageError, StorageFull

if TYPE_CHECKING:
    from hal.api import Buffer

_NAME = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,31}")


class RamStorage:
    def __init__(self, capacity_bytes: int = 1 << 20) -> None:
        self.capacity_bytes = capacity_bytes
        self.files: dict[str, bytearray] = {}
        self.operations = 0  # writes, appends, renames and removals so far

    def names(self) -> list[str]:
        return sorted(self.files)

    def size(self, name: str) -> int:
        file = self.files.get(_checked(name))
        return -1 if file is None else len(file)

    def read(self, name: str, offset: int, n: int) -> bytes:
        return bytes(self.files.get(_checked(name), b"")[offset : offset + n])

    def write(self, name: str, data: Buffer) -> None:
        self._room(len(data) - max(0, self.size(name)))
        self.operations += 1
        self.files[name] = bytearray(data)

    def append(self, name: str, data: Buffer) -> None:
        self._room(len(data))
        self.operations += 1
        self.files.setdefault(_checked(name), bytearray()).extend(data)

    def rename(self, old: str, new: str) -> None:
        if _checked(old) not in self.files:
            raise StorageError(f"There is no file {old} to rename")
        self.operations += 1
        self.files[_checked(new)] = self.files.pop(old)

    def remove(self, name: str) -> None:
        self.operations += 1
        self.files.pop(_checked(name), None)

    def _room(self, more_bytes: int) -> None:
        if more_bytes > 0 and sum(map(len, self.files.values())) + more_bytes > self.capacity_bytes:
            raise StorageFull("No space left on the flash")


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise StorageError(f"Not a file name: {name!r}")
    return name
