"""Small records on flash, each the old one or the new one after a power cut at any point.

A record is a JSON object in a file of its own, led by its CRC. It is written beside the old one and renamed over it, which
the storage promises to do in one step. A record that does not check out is treated as absent, and said so in the log.
Where the flash is full, what is dear least is given up for a record (`Store.make_room`). In a record that holds secrets the
JSON is sealed (`firmware/vault.py`).
Lists that grow (jobs) are not records: see `firmware/jobs/journal.py`.
"""

import binascii
import json

from micropython import const

from hal.errors import StorageError, StorageFull

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.vault import Vault
    from hal.api import Board, Storage

RESET_ORDERED = "reset"  # name of the file that orders a factory reset (`firmware/reset.py`)
_SUFFIX = ".new"
_READ_TRIES = const(3)  # without its record the device has no sign-in
_SEALED = ("email", "fax", "user", "https")  # how the names of records begin that hold tokens or a private key
_VECTOR_BYTES = const(16)
_LONGEST = 32 * 1024  # bytes of a record: settings with four certificates, and tokens


class Store:
    """`make_room`, to be set by whoever puts the device together, gives something up on a full flash; False: it cannot."""

    def __init__(self, board: "Board") -> None:
        self._board = board
        self._storage: Storage = board.storage
        self._monitor = board.monitor
        self.make_room: "Callable[[], bool]" = bool  # which says False

    def there(self, name: str) -> bool:
        """Whether there is such a record, be it whole or not."""
        return self._storage.size(name) >= 0

    def read(self, name: str, key: str = "") -> "dict | None":  # type: ignore[type-arg]
        """The record, or None when there is none, or none that is whole: a device without it is better than no device.

        `key`: what a sealed record was written with.
        """
        value = None
        for _ in range(_READ_TRIES):
            try:
                size = self._storage.size(name)
                if size < 0:
                    return None
                if size <= _LONGEST:
                    value = self._value(name, self._storage.read(name, 0, size), key)
                break
            except StorageError:
                continue
        if value is None:
            self._monitor.log("store: the record " + name + " is damaged and was left out")
        return value

    def write(self, name: str, value: "dict", key: str = "") -> None:  # type: ignore[type-arg]
        """Replace the record. On return it is on flash. Raises StorageFull, StorageError; the old one then stays.

        `key`: what a record that is sealed needs to be opened again, besides the chip's own.
        """
        data = self._line(name, value, key)
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

    def _vault(self, key: str) -> "Vault":
        from firmware.vault import Vault  # a board without a network keeps no secret, and has no cryptolib

        return Vault(self._board.identity.chip_key + key.encode())

    def _line(self, name: str, value: "dict", key: str = "") -> bytes:  # type: ignore[type-arg]
        """The file that the record is."""
        if not name.startswith(_SEALED):
            return encoded(value)
        vector = self._board.entropy.random(_VECTOR_BYTES)
        return _checked(self._vault(key).seal(name, json.dumps(value).encode(), vector))

    def _value(self, name: str, line: bytes, key: str) -> "dict | None":  # type: ignore[type-arg]
        """The record that the file is, None when it is not whole."""
        if not name.startswith(_SEALED):
            return decoded(line)
        body = _body(line)
        if body is None:
            return None
        try:
            return _object(self._vault(key).open(name, body))
        except ValueError as error:
            self._monitor.log("store: the record " + name + " cannot be opened: " + str(error))
            return None


def encoded(value: "dict") -> bytes:  # type: ignore[type-arg]
    """`value` as one line: CRC-32 in eight hexadecimal digits, a space, JSON, a line feed."""
    return _checked(json.dumps(value).encode())


def decoded(line: bytes) -> "dict | None":  # type: ignore[type-arg]
    """The value of a line that `encoded` made, None when it is not whole."""
    body = _body(line)
    return None if body is None else _object(body)


def _checked(body: bytes) -> bytes:
    return b"%08x %s\n" % (binascii.crc32(body) & 0xFFFFFFFF, body)


def _body(line: bytes) -> "bytes | None":
    if len(line) < 11 or line[8:9] != b" " or line[-1:] != b"\n":
        return None
    body = line[9:-1]
    return body if line[:8] == b"%08x" % (binascii.crc32(body) & 0xFFFFFFFF) else None


def _object(body: bytes) -> "dict | None":  # type: ignore[type-arg]
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
