"""The people who may use Scan to My Email (manual R22-R24): who they are and how they log in at the panel.

A file of lines on flash, read line by line and never kept in memory; a change writes a new file and renames it over the old
one. Their sign-ins at the email service are records of their own (`firmware/oauth/accounts.py`). Start at `Users.find`,
`Users.check` and `Users.put`; `firmware/users_csv.py` reads and writes whole lists.
"""

import binascii

from micropython import const

from firmware.lines import Lines
from firmware.mail.checks import check_address, check_name
from firmware.store import Store, encoded
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from hal.api import Board

    User = dict[str, Any]

_FILE = "users"
_NEW = "users.new"
_LOCKS = "userlock"
_BLOCK = const(2048)  # of a new file, written at once
MOST = const(300)
LONGEST_ID = const(20)
LONGEST_NAME = const(40)
SHORTEST_PIN = const(4)
LONGEST_PIN = const(64)
_ID_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.-_"
# Few rounds, because a list of 300 is hashed on a board, too: what makes a PIN of four digits hard to find for somebody
# with a copy of the flash is the chip's key, which goes into it.
_ROUNDS = const(1000)
_LONGEST_DOUBLING = const(10)  # as the administrator's (`firmware/admin.py`): 94 tries a day
_MOST_LOCKS = const(16)  # IDs whose wrong tries are counted each; of more, those with the fewest are forgotten


class Users(Lines):
    """A user is {"id", "name", "email", "admin": whether they are a printer administrator, "pin": `passwords.kept`}."""

    fields = ("id", "name", "email", "admin", "pin")

    def __init__(self, board: "Board", store: "Store") -> None:
        super().__init__(board.storage, board.monitor.log, _FILE, 0)
        self._board = board
        self._store = store
        record = store.read(_LOCKS) or {}
        failures = record.get("failures")
        self._failures: "dict[str, int]" = failures if isinstance(failures, dict) else {}
        now_ms = board.clock.ticks_ms()
        self._locked_until_ms = {id: now_ms + _delay_ms(count) for id, count in self._failures.items()}

    # --- looking ---

    def all(self) -> "Iterator[User]":
        """Every user, as the file has them: by ID. Raises StorageError."""
        return self._lines(_FILE)

    def count(self) -> int:
        return sum([1 for _ in self.all()])

    def find(self, id: str) -> "User | None":
        """Who has this ID, in upper or lower case. Raises StorageError."""
        id = id.strip().lower()
        for user in self.all():
            if user["id"] == id:
                return user
        return None

    # --- logging in ---

    def locked_for_s(self, id: str) -> int:
        """Seconds until a PIN for this ID is looked at again, 0 when it is now. IDs that nobody has are counted too."""
        until_ms = self._locked_until_ms.get(id.strip().lower()[:LONGEST_ID], 0)
        return max(0, until_ms - self._board.clock.ticks_ms() + 999) // 1000

    async def check(self, id: str, pin: str) -> "User | None":
        """The user whose PIN that is; None for a wrong one, an unknown ID, or while it is locked. Raises StorageError."""
        id = id.strip().lower()[:LONGEST_ID]
        if self.locked_for_s(id):
            return None
        user = self.find(id)
        if user is not None and len(pin) <= LONGEST_PIN:
            from firmware import passwords

            if await passwords.matches(self._peppered(pin), user["pin"], self._board.clock):
                if id in self._failures:
                    self._count(id, 0)
                return user
        self._count(id, self._failures.get(id, 0) + 1)
        return None

    def _count(self, id: str, failures: int) -> None:
        self._failures[id] = failures
        self._locked_until_ms[id] = self._board.clock.ticks_ms() + _delay_ms(failures)
        if not failures:
            self._forget(id)
        while len(self._failures) > _MOST_LOCKS:
            others = [other for other in self._failures if other != id]
            self._forget(min(others, key=lambda other: self._failures[other]))
        try:
            self._store.write(_LOCKS, {"failures": self._failures})
        except (
            StorageError
        ) as error:  # a full flash locks nobody out; until the next restart the delay holds all the same
            self._log("users: a wrong try could not be written down: " + str(error))

    def _forget(self, id: str) -> None:
        del self._failures[id], self._locked_until_ms[id]

    # --- changing ---

    async def put(self, fields: "dict[str, str]", old: str = "") -> None:
        """Add a user, or change the one whose ID is `old`. "pin" left empty keeps the one that there is.

        Raises ValueError(message key, what the message names), StorageError; then nothing has changed.
        """
        user = checked(fields)
        old = old.strip().lower()
        before = self.find(old) if old else None
        if user["id"] != old and self.find(user["id"]) is not None:
            raise ValueError("web.user_twice", user["id"])
        if before is not None:
            user["pin"] = before["pin"]
        await self.replace([(user, fields.get("pin", ""))], remove=[] if before is None else [old])

    async def remove(self, id: str) -> None:
        """Nothing happens when there is none of this ID. The sign-in is the caller's to erase. Raises StorageError."""
        await self.replace([], remove=[id.strip().lower()])

    async def replace(self, users: "list[tuple[User, str]]", remove: "list[str]") -> None:
        """In one step: these users (`checked`, and their PIN; "" is the one they have) in place of those with the same IDs
        and those to `remove`. Raises ValueError(message key, what the message names), StorageError.
        """
        changed: "dict[str, User]" = {}
        for user, pin in users:
            if pin:
                from firmware import passwords

                board = self._board
                user["pin"] = await passwords.kept(self._peppered(pin), _ROUNDS, board.entropy, board.clock)
            changed[user["id"]] = user
        for before, user in enumerate(self._merged(changed, remove)):
            if user["pin"] is None:
                raise ValueError("web.pin", str(SHORTEST_PIN))
            if before == MOST:
                raise ValueError("web.users_full", str(MOST))
        self._write(self._merged(changed, remove))

    def _merged(self, changed: "dict[str, User]", remove: "list[str]") -> "Iterator[User]":
        """What the new file is to hold, by ID as the old one, which is read line by line. "pin" is None of who is new and
        has none."""
        new = sorted(changed)
        at = 0
        for before in self.all():
            while at < len(new) and new[at] < before["id"]:
                yield changed[new[at]]
                at += 1
            if at < len(new) and new[at] == before["id"]:
                user = changed[new[at]]
                yield user if user["pin"] is not None else dict(user, pin=before["pin"])
                at += 1
            elif before["id"] not in remove:
                yield before
        for id in new[at:]:
            yield changed[id]

    def _write(self, users: "Iterator[User]") -> None:
        """The new file."""
        block = b""
        self._storage.write(_NEW, b"")
        try:
            for user in users:
                block += encoded(user)
                if len(block) >= _BLOCK:
                    self._storage.append(_NEW, block)
                    block = b""
            self._storage.append(_NEW, block)
            self._storage.rename(_NEW, _FILE)
        except StorageError:
            self._storage.remove(_NEW)
            raise

    def _peppered(self, pin: str) -> str:
        from firmware.hmac import hmac_sha256

        return binascii.hexlify(hmac_sha256(self._board.identity.chip_key, pin.encode())).decode()


def checked(fields: "dict[str, str]") -> "User":
    """The user that was typed: "id", "name", "email", "admin" ("on" or ""), "pin". Raises ValueError(message key, ...)."""
    id = fields.get("id", "").strip().lower()
    if not 1 <= len(id) <= LONGEST_ID or id.strip(_ID_CHARACTERS):
        raise ValueError("web.user_id", str(LONGEST_ID))
    name = fields.get("name", "").strip() or id
    if len(name) > LONGEST_NAME:
        raise ValueError("error.too_long", str(LONGEST_NAME))
    try:
        check_name(name)
    except ValueError:
        raise ValueError("error.contact_name") from None
    email = fields.get("email", "").strip()
    check_address(email)
    pin = fields.get("pin", "")
    if pin and not SHORTEST_PIN <= len(pin) <= LONGEST_PIN:
        raise ValueError("web.pin", str(SHORTEST_PIN))
    return {"id": id, "name": name, "email": email, "admin": fields.get("admin", "") == "on", "pin": None}


def record_of(id: str) -> str:
    """The name of the record with this user's sign-in: an ID may be longer, and of other characters, than a file's name."""
    import hashlib

    return "user." + binascii.hexlify(hashlib.sha256(id.encode()).digest()[:10]).decode()


def _delay_ms(failures: int) -> int:
    return 1000 << min(failures, _LONGEST_DOUBLING) if failures else 0
