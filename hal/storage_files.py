"""Storage in a directory of the file system, where `rename` is atomic: POSIX or littlefs (`hal/api.pyi` Storage)."""

import os

from hal.errors import StorageError, StorageFull

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Buffer

_ENOENT = 2
_ENOSPC = 28
_MAX_NAME = 32
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_."


class FileStorage:
    """`directory` must exist; it holds nothing but these files."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def names(self) -> list[str]:
        try:
            return sorted(name for name in os.listdir(self._directory) if _is_name(name))
        except OSError as error:
            raise _meaning(error) from None

    def size(self, name: str) -> int:
        try:
            return os.stat(self._path(name))[6]
        except OSError as error:
            if error.errno == _ENOENT:
                return -1
            raise _meaning(error) from None

    def read(self, name: str, offset: int, n: int) -> bytes:
        try:
            with open(self._path(name), "rb") as file:
                file.seek(offset)
                data: bytes = file.read(n)
                return data
        except OSError as error:
            if error.errno == _ENOENT:
                return b""
            raise _meaning(error) from None

    def write(self, name: str, data: "Buffer") -> None:
        self._put(name, "wb", data)

    def append(self, name: str, data: "Buffer") -> None:
        self._put(name, "ab", data)

    def rename(self, old: str, new: str) -> None:
        try:
            os.rename(self._path(old), self._path(new))
        except OSError as error:
            raise _meaning(error) from None

    def remove(self, name: str) -> None:
        try:
            os.remove(self._path(name))
        except OSError as error:
            if error.errno != _ENOENT:
                raise _meaning(error) from None

    def _put(self, name: str, mode: str, data: "Buffer") -> None:
        try:
            with open(self._path(name), mode) as file:
                file.write(data)
        except OSError as error:
            raise _meaning(error) from None

    def _path(self, name: str) -> str:
        if not _is_name(name):
            raise StorageError(f"Not a file name: {name!r}")
        return self._directory + "/" + name


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _MAX_NAME and name[0] != "." and all(letter in _LETTERS for letter in name)


def _meaning(error: OSError) -> StorageError:
    if error.errno == _ENOSPC:
        return StorageFull("No space left on the storage")
    return StorageError(f"The storage failed with error {error.errno}")
