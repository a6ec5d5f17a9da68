"""The administrator's password (manual R04): checked slowly, kept as a salted hash, guarded against guessing.

Until it is changed it is the one on the device's label, which the factory drew at random. The delay after a wrong one
doubles up to 17 minutes, is kept on flash, and starts anew at a restart; so nobody gets more than 100 tries a day, with
any number of addresses or power cuts, and nobody is locked out for ever. Tries at the control panel (manual R13) and in Web
Config count together. Start at `Admin.check`.
"""

import asyncio

from micropython import const

from firmware.hmac import same
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.passwords import Kept
    from firmware.store import Store
    from hal.api import Clock, Entropy, Identity

_RECORD = "admin"
_ROUNDS = const(50000)  # some seconds on a board; kept in the record, so it can change with a release
_LONGEST_DOUBLING = const(10)  # 2**10 s: 84 tries a day, and 10 on the way there

SHORTEST_PASSWORD = const(8)
LONGEST_PASSWORD = const(64)  # characters; all of them count (OWASP ASVS 6.2.8)


class Admin:
    def __init__(
        self,
        store: "Store",
        entropy: "Entropy",
        clock: "Clock",
        identity: "Identity",
        started_ms: "int | None" = None,
    ) -> None:
        """`started_ms`: when the device was, by the monotonic clock; None: now. The delay that it was in begins then."""
        self._store = store
        self._entropy = entropy
        self._clock = clock
        self._label_password = identity.label_password
        self._drawn = identity.must_change_password
        record = store.read(_RECORD) or {}
        kept, failures = record.get("password"), record.get("failures")
        self._kept: "Kept | None" = kept if isinstance(kept, dict) else None  # while it is the label's
        self._failures = failures if isinstance(failures, int) else 0
        self._locked_until_ms = 0
        self._checking = asyncio.Lock()  # one guess at a time, or many made at once would count as one
        self._lock(clock.ticks_ms() if started_ms is None else started_ms)

    def must_change(self) -> bool:
        """Whether the password is still the one that the device drew itself, which must not stay."""
        return self._kept is None and self._drawn

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
            from firmware import passwords  # seldom needed

            before, self._kept = self._kept, await passwords.kept(new, _ROUNDS, self._entropy, self._clock)
            try:
                self._write()
            except StorageError:
                self._kept = before
                raise

    async def _matches(self, password: str) -> bool:
        if self._kept is None:
            return same(password.encode(), self._label_password.encode())
        from firmware import passwords

        return len(password) <= LONGEST_PASSWORD and await passwords.matches(password, self._kept, self._clock)

    def _count(self, failures: int) -> None:
        self._failures = failures
        self._lock(self._clock.ticks_ms())
        try:
            self._write()
        except StorageError:
            pass  # full flash must not lock the administrator out; until the next restart the delay holds all the same

    def _lock(self, from_ms: int) -> None:
        if self._failures:
            self._locked_until_ms = from_ms + (1000 << min(self._failures, _LONGEST_DOUBLING))

    def _write(self) -> None:
        self._store.write(_RECORD, {"password": self._kept, "failures": self._failures})
