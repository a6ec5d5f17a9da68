"""A storage that promises no more than the seam does: rename is atomic, a write or an append may be cut at any byte.

That is less than littlefs keeps, and what a computer's file system gives to the live world.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sim.storage import RamStorage

if TYPE_CHECKING:
    from hal.api import Buffer

Files = tuple[tuple[str, bytes], ...]


class TornStorage(RamStorage):
    def __init__(self, files: Files = (), capacity_bytes: int = 1 << 20) -> None:
        super().__init__(capacity_bytes)
        self.files = {name: bytearray(data) for name, data in files}
        self._pictures: list[tuple[Files, str, bytes, bytes]] = []  # before; name, what it held, what came

    def picture(self) -> Files:
        return tuple((name, bytes(data)) for name, data in sorted(self.files.items()))

    def record(self) -> None:
        self._pictures = []
        self.operations = 0

    def write(self, name: str, data: Buffer) -> None:
        before = self.picture()
        super().write(name, data)
        self._pictures.append((before, name, b"", bytes(data)))

    def append(self, name: str, data: Buffer) -> None:
        before = self.picture()
        held = bytes(self.files.get(name, b""))
        super().append(name, data)
        self._pictures.append((before, name, held, bytes(data)))

    def rename(self, old: str, new: str) -> None:
        before = self.picture()
        super().rename(old, new)
        self._pictures.append((before, "", b"", b""))

    def remove(self, name: str) -> None:
        before = self.picture()
        super().remove(name)
        self._pictures.append((before, "", b"", b""))

    def cuts(self) -> Iterator[tuple[int, str, Files]]:
        for number, (before, name, held, data) in enumerate(self._pictures):
            yield number, "clean", before
            if name:
                for shape, torn in _torn(data):
                    files = {**dict(before), name: held + torn}
                    yield number, shape, tuple(sorted(files.items()))
        yield len(self._pictures), "clean", self.picture()


def _torn(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield "nothing of it", b""
    yield "half", data[: len(data) // 2]
    yield "all but its end", data[:-1]
    yield "zeros", bytes(len(data))  # the length came before the bytes
    yield "zeros, then its end", bytes(len(data) // 2) + data[len(data) // 2 :]
