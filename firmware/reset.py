"""Factory reset: everything on flash goes, but for who the device is (`hal/identity_file.py` is not in the storage), and the
chip key is drawn anew: a flash leaves old contents where they were, and whoever reads them out can no longer open them.

It is ordered by a file and carried out at the next start, before anything is read: nothing that still runs writes a record
anew, and a power cut in the middle only makes it begin again.
"""

from firmware.store import RESET_ORDERED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Board, Storage


def order(storage: "Storage", where: str) -> None:
    """`where`: who asked for it, for the new audit log. Raises StorageError."""
    storage.write(RESET_ORDERED, where.encode())


def carry_out(board: "Board") -> None:
    """Raises StorageError."""
    storage = board.storage
    where = storage.read(RESET_ORDERED, 0, 64).decode()
    for name in storage.names():
        if name != RESET_ORDERED:
            storage.remove(name)
    board.identity.new_chip_key()
    storage.remove(RESET_ORDERED)
    from firmware.audit import Audit

    Audit(board).note("reset", where)
