"""Small records on flash, each the old one or the new one after a power cut at any point.

A record is a JSON object in a file of its own, led by its CRC. It is written beside the old one and renamed over it, which
the storage promises to do in one step. A record that does not check out is treated as absent, and said so in the log.
Where the flash is full, what is dear least is given up for a record (`Store.make_room`).
Lists that grow (jobs) are not records: see `firmware/jobs/journal.py`.
"""

import binascii
import json

from micropython import const

from hal.errors import StorageError, StorageFull

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.api import Board, Storage

_SUFFIX = ".new"
_READ_TRIES = const(3)  # without its record the device has no sign-in
_LONGEST = 32 * 1024  # bytes of a record: settings with four certificates, and tokens


class Store:
    """`make_room`, to be set by whoever puts the device together, gives something up on a full flash; False: it cannot."""

    def __init__(self, board: "Board") -> None:
        self._storage: Storage = board.storage
        self._monitor = board.monitor
        self.make_room: "Callable[[], bool]" = bool  # which says False

    def read(self, name: str) -> "dict | None":  # type: ignore[type-arg]
        """The record, or None when there is none, or none that is whole: a device without it is better than no device."""
        value = None
        for _ in range(_READ_TRIES):
            try:
                size = self._storage.size(name)
                if size < 0:
                    return None
                value = decoded(self._storage.read(name, 0, size)) if size <= _LONGEST else None
                break
            except StorageError:
                continue
        if value is None:
            self._monitor.log("store: the record " + name + " is damaged and was left out")
        return value

    def write(self, name: str, value: "dict") -> None:  # type: ignore[type-arg]
        """Replace the record. On return it is on flash. Raises StorageFull, StorageError; the old one then stays."""
        data = encoded(value)
        while True:
            try:
                self._storage.write(name + _SUFFIX, data)
                self._storage.rename(name + _SUFFIX, name)
                return
            except StorageFull:
                self._storage.remove(name + _SUFFIX)  # the part of it that found room
                if not self.make_room():
                    raise
                self._monitor.log("store: the flash is full: the oldest history went for the record " + name)

    def remove(self, name: str) -> None:
        self._storage.remove(name)


def encoded(value: "dict") -> bytes:  # type: ignore[type-arg]
    """`value` as one line: CRC-32 in eight hexadecimal digits, a space, JSON, a line feed."""
    body = json.dumps(value).encode()
    return b"%08x %s\n" % (binascii.crc32(body) & 0xFFFFFFFF, body)


def decoded(line: bytes) -> "dict | None":  # type: ignore[type-arg]
    """The value of a line that `encoded` made, None when it is not whole."""
    if len(line) < 11 or line[8:9] != b" " or line[-1:] != b"\n":
        return None
    body = line[9:-1]
    if line[:8] != b"%08x" % (binascii.crc32(body) & 0xFFFFFFFF):
        return None
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
