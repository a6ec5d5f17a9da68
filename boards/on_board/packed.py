"""Lets MicroPython import from packs: one file for each folder of modules (`boards/packs.py` makes them, and says why).

Imported by the board's `main.py` before all else. A pack is the number of its modules (2 bytes), for each of them the CRC-32
of its name (4 bytes) and where it begins (3 bytes), then the modules; numbers are little-endian.
"""

import binascii
import errno
import os
import sys

import vfs  # type: ignore[import-not-found]

_FOLDER = "/packs/"
_END = ".pack"
_TOP = "_"  # the pack of what is in no folder
_ENTRY_BYTES = 7
_WHERE = "/code"
_IS_FOLDER = (0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_IS_FILE = (0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO


class Packs:
    """A file system to be mounted, as far as imports use it."""

    def __init__(self) -> None:
        names = [name[: -len(_END)] for name in os.listdir(_FOLDER) if name.endswith(_END)]
        # Of each folder where its modules are, once it was asked for.
        self._indexes: dict[str, bytes] = {"" if name == _TOP else name.replace(".", "/"): b"" for name in names}

    def mount(self, readonly: bool, mkfs: bool) -> None:
        pass

    def umount(self) -> None:
        pass

    def stat(self, path: str) -> "tuple[int, ...]":
        if path[1:] in self._indexes:
            return _IS_FOLDER
        self._where(path)
        return _IS_FILE

    def open(self, path: str, mode: str) -> "BinaryIO":  # noqa: ARG002 - nobody writes
        """The pack, at the module's beginning: MicroPython knows by itself where a module ends."""
        begins = self._where(path)
        file = open(_pack(path[1:].rpartition("/")[0]), "rb")  # noqa: SIM115 - whoever asked closes it
        file.seek(begins)
        return file

    def _where(self, path: str) -> int:
        folder, _, name = path[1:].rpartition("/")
        if folder not in self._indexes:
            raise OSError(errno.ENOENT)
        index = self._indexes[folder]
        if not index:
            with open(_pack(folder), "rb") as file:
                modules = int.from_bytes(file.read(2), "little")
                index = self._indexes[folder] = file.read(modules * _ENTRY_BYTES)
        key = binascii.crc32(name.encode()).to_bytes(4, "little")
        at = index.find(key)
        while at % _ENTRY_BYTES and at >= 0:
            at = index.find(key, at + 1)
        if at < 0:
            raise OSError(errno.ENOENT)
        return int.from_bytes(index[at + 4 : at + _ENTRY_BYTES], "little")


def _pack(folder: str) -> str:
    return _FOLDER + (folder.replace("/", ".") or _TOP) + _END


vfs.mount(Packs(), _WHERE)
# Not the file system itself: whatever is built in would be looked for there first, each time it is imported.
sys.path[:] = [_WHERE, ".frozen"]
