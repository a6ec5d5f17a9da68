"""The device's flash as a RAM directory where rename is atomic (`hal/api.pyi` Storage).

It outlives the power: when a World cuts the power it takes an `image` for the next start and freezes the old one, so that
whatever the dying firmware still does is lost, as in life.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hal.errors import StorageError, StorageFull

if TYPE_CHECKING:
    from hal.api import Buffer
    from sim.cloud.faults import Faults

_NAME = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,31}")


class RamStorage:
    def __init__(self, capacity_bytes: int = 1 << 20) -> None:
        self.capacity_bytes = capacity_bytes
        self.files: dict[str, bytearray] = {}
        self.operations = 0  # writes, appends, renames and removals so far
        self.faults: Faults | None = None
        self._frozen = False

    def image(self) -> RamStorage:
        """A copy of what is on the flash now."""
        copy = RamStorage(self.capacity_bytes)
        copy.files = {name: bytearray(data) for name, data in self.files.items()}
        copy.operations = self.operations
        copy.faults = self.faults
        return copy

    def freeze(self) -> None:
        """The power is gone: from now on nothing can be written."""
        self._frozen = True

    def names(self) -> list[str]:
        return sorted(self.files)

    def size(self, name: str) -> int:
        file = self.files.get(checked(name))
        return -1 if file is None else len(file)

    def read(self, name: str, offset: int, n: int) -> bytes:
        return bytes(self.files.get(checked(name), b"")[offset : offset + n])

    def write(self, name: str, data: Buffer) -> None:
        self._changing(len(data) - max(0, self.size(name)))
        self.files[name] = bytearray(data)

    def append(self, name: str, data: Buffer) -> None:
        self._changing(len(data))
        self.files.setdefault(checked(name), bytearray()).extend(data)

    def rename(self, old: str, new: str) -> None:
        if checked(old) not in self.files:
            raise StorageError(f"There is no file {old} to rename")
        self._changing()
        self.files[checked(new)] = self.files.pop(old)

    def remove(self, name: str) -> None:
        self._changing()
        self.files.pop(checked(name), None)

    def _changing(self, more_bytes: int = 0) -> None:
        if self._frozen:
            raise StorageError("The power is off")
        self.operations += 1
        strike(self.faults)
        if more_bytes > 0 and sum(map(len, self.files.values())) + more_bytes > self.capacity_bytes:
            raise StorageFull("No space left on the flash")


def strike(faults: Faults | None) -> None:
    """Fail as a fault of the device asks, if one is set for a change of the flash."""
    fault = faults.take("device", "flash-full", "flash-error") if faults else None
    if fault is not None and fault["kind"] == "flash-error":
        raise StorageError("The flash cannot be written")
    if fault is not None:
        raise StorageFull("No space left on the flash")


def checked(name: str) -> str:
    """`name`, if it is one that the seam allows."""
    if not _NAME.fullmatch(name):
        raise StorageError(f"Not a file name: {name!r}")
    return name
