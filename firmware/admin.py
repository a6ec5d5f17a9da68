"""The administrator's password (manual R04): checked slowly, kept as a salted hash, guarded against guessing.

Until it is changed it is the one on the device's label, which the factory drew at random. The delay after a wrong one
doubles up to 17 minutes, is kept on flash, and starts anew at a restart; so nobody gets more than 100 tries a day, with
any number of addresses or power cuts, and nobody is locked out for ever. Tries at the control panel (manual R13) and in Web
Config count together. Start at `Admin.check`.
"""

import asyncio
import hashlib

from micropython import const

from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.store import Store
    from hal.api import Clock, Entropy, Identity

_RECORD = "admin"
_ROUNDS = const(100000)  # 50 ms of MicroPython on a computer; kept in the record, so it can change with a release
_MOST_ROUNDS = const(1000000)
_ROUNDS_AT_ONCE = const(2000)  # then everybody else has a turn: on a board all of them take seconds
_SALT_BYTES = const(16)
_LONGEST_DOUBLING = const(10)  # 2**10 s: 84 tries a day, and 10 on the way there

SHORTEST_PASSWORD = const(8)
LONGEST_PASSWORD = const(64)  # characters; all of them count (OWASP ASVS 6.2.8)


class Admin:
    def __init__(self, store: "Store", entropy: "Entropy", clock: "Clock", identity: "Identity") -> None:
        self._store = store
        self._entropy = entropy
        self._clock = clock
        self._label_password = identity.label_password
        record = store.read(_RECORD) or {}
        self._salt = str(record.get("salt", ""))
        self._hash = str(record.get("hash", ""))  # "" while the password is the label's
        self._rounds = min(int(record.get("rounds", _ROUNDS)), _MOST_ROUNDS)
        self._failures = int(record.get("failures", 0))
        self._locked_until_ms = 0
        self._checking = asyncio.Lock()  # one guess at a time, or many made at once would count as one
        self._lock()

    def locked_for_s(self) -> int:
        """Seconds until a password is looked at again, 0 when it is now."""
        return max(0, self._locked_until_ms - self._clock.ticks_ms() + 999) // 1000

    async def check(self, password: str) -> bool:
        """Whether it is the administrator's password. While locked every password is wrong. May take seconds."""
        async with self._checking:
            return await self._check(password)

    async def _check(self, password: str) -> bool:
        if self.locked_for_s():
            return False
        right = await self._matches(password)
        if right and self._failures:
            self._count(0)
        elif not right:
            self._count(self._failures + 1)
        return right

    async def change(self, old: str, new: str) -> None:
        """Raises ValueError with the key of a message when `old` is wrong or `new` is too short or too long."""
        if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
            raise ValueError("web.password_length")
        async with self._checking:
            if not await self._check(old):
                raise ValueError("web.password_wrong")
            salt = self._entropy.random(_SALT_BYTES).hex()
            hash = await self._slow_hash(new, salt, _ROUNDS)
            before = self._salt, self._hash, self._rounds
            self._salt, self._hash, self._rounds = salt, hash, _ROUNDS
            try:
                self._write()
            except StorageError:
                self._salt, self._hash, self._rounds = before
                raise

    async def _matches(self, password: str) -> bool:
        if not self._hash:
            return same(password, self._label_password)
        if len(password) > LONGEST_PASSWORD:
            return False
        return same(await self._slow_hash(password, self._salt, self._rounds), self._hash)

    async def _slow_hash(self, password: str, salt: str, rounds: int) -> str:
        secret = password.encode()
        digest = salt.encode()
        for number in range(rounds):
            digest = hashlib.sha256(digest + secret).digest()
            if number % _ROUNDS_AT_ONCE == 0:
                await self._clock.sleep_ms(0)
        return digest.hex()

    def _count(self, failures: int) -> None:
        self._failures = failures
        self._lock()
        try:
            self._write()
        except StorageError:
            pass  # full flash must not lock the administrator out; until the next restart the delay holds all the same

    def _lock(self) -> None:
        if self._failures:
            self._locked_until_ms = self._clock.ticks_ms() + (1000 << min(self._failures, _LONGEST_DOUBLING))

    def _write(self) -> None:
        self._store.write(
            _RECORD, {"salt": self._salt, "hash": self._hash, "rounds": self._rounds, "failures": self._failures}
        )


def same(a: str, b: str) -> bool:
    """Compare secrets in a time that does not tell where they differ."""
    left, right = hashlib.sha256(a.encode()).digest(), hashlib.sha256(b.encode()).digest()
    difference = 0
    for x, y in zip(left, right):  # noqa: B905 - MicroPython's zip has no `strict`; digests are of one length
        difference |= x ^ y
    return difference == 0
