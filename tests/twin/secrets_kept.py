"""What is sealed, hashed, listed and looked up on flash; runs on both interpreters, which must print the same."""

import asyncio
import binascii
import hashlib

from firmware import passwords, users_csv
from firmware.audit import Audit
from firmware.hmac import hmac_sha256
from firmware.store import Store
from firmware.users import Users
from firmware.vault import Vault

_LIST = """id;email;name;pin;admin
ona;ona@bureau.example;"Ona ""O"" Kazlauskienė";4711;taip
jonas;jonas@bureau.example;;0815;
"""


class Flash:
    """A directory of files in memory, as `hal/api.pyi` Storage."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def size(self, name: str) -> int:
        return len(self.files[name]) if name in self.files else -1

    def read(self, name: str, offset: int, n: int) -> bytes:
        return self.files.get(name, b"")[offset : offset + n]

    def write(self, name: str, data: bytes) -> None:
        self.files[name] = bytes(data)

    def append(self, name: str, data: bytes) -> None:
        self.files[name] = self.files.get(name, b"") + bytes(data)

    def rename(self, old: str, new: str) -> None:
        self.files[new] = self.files.pop(old)

    def remove(self, name: str) -> None:
        self.files.pop(name, None)


class Board:
    """Of a whole board, what these need; draws and clock are the same each time."""

    def __init__(self) -> None:
        self.storage = Flash()
        self.clock = self.entropy = self.identity = self.monitor = self
        self.chip_key = bytes(range(32))
        self._drawn = 0

    def random(self, n: int) -> bytes:
        self._drawn += 1
        return (hashlib.sha256(b"%d" % self._drawn).digest() * 2)[:n]

    def now(self) -> int:
        return 1_764_583_500

    def ticks_ms(self) -> int:
        return 0

    async def sleep_ms(self, ms: int) -> None:
        await asyncio.sleep(0)

    def log(self, line: str) -> None:
        print("log", line)


def report() -> None:
    for length in (0, 1, 63, 64, 65, 200):
        print("hmac", length, binascii.hexlify(hmac_sha256(bytes(range(length)), b"message" * length)))
    vault = Vault(bytes(range(32)))
    for length in (0, 1, 15, 16, 17, 1000):
        sealed = vault.seal("email", bytes(length), bytes(range(16)))
        print("sealed", length, binascii.hexlify(hashlib.sha256(sealed).digest()))
        print(vault.open("email", sealed) == bytes(length))
    board = Board()
    asyncio.run(_people(board))
    print(sorted(board.storage.files))


async def _people(board: Board) -> None:
    seam: Any = board
    kept = await passwords.kept("ąžuolas", 600, seam, seam)
    print("password", sorted(kept.items()))
    for password in ("ąžuolas", "uosis"):
        print(await passwords.matches(password, kept, seam))
    users = Users(seam, Store(seam))
    people, problems = users_csv.parsed(_LIST)
    print("list", problems, [(user["id"], pin) for user, pin in people])
    await users.replace(people, [])
    for id, pin in (("ONA", "4711"), ("jonas", "4711"), ("petras", "4711"), ("jonas", "0815")):
        user = await users.check(id, pin)
        print("check", id, user is not None, users.locked_for_s(id))
    for line in users_csv.lines(users.all()):
        print(line.strip())
    audit = Audit(seam)
    audit.note("users", "192.0.2.5", "two came in\r\nand a third")
    print(sorted(audit.newest(5)[0].items()))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

if __name__ == "__main__":
    report()
