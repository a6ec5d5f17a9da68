"""The sign-ins of the users of Scan to My Email (manual R22-R24): each a record of its own, for the device's mail server.

They are bound to the device's email settings as its own sign-in is. What they are sealed with is in the settings' record
(`Accounts.people_key`), so that a change of the server ends all of them in the one write that changes it. Start at
`People.of`.
"""

import binascii

from micropython import const

from firmware.oauth.accounts import CHANGED, Kept
from firmware.oauth.token import Account
from firmware.users import record_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.oauth.accounts import Accounts
    from firmware.oauth.attempt import Attempt
    from firmware.store import Store
    from hal.api import Board

    Settings = dict[str, Any]

_KEY_BYTES = const(32)
_MOST_HELD = const(4)  # in memory at a time; those with a job or at the panel are the latest


class Person(Kept):
    """One user's sign-in."""

    def __init__(
        self, board: "Board", store: "Store", accounts: "Accounts", id: str, changed: "Callable[[str], None]"
    ) -> None:
        self.id = id
        self._store = store
        self._accounts = accounts
        self._key = accounts.people_key
        record = store.read(record_of(id), self._key) if self._key else None
        super().__init__(board, changed, record)
        if record is None and store.there(record_of(id)):  # of other settings: its key is gone
            self.account.sign_out(CHANGED)

    def _saved(self) -> "tuple[Settings, Any]":
        return self._accounts.saved()

    def still_right(self) -> bool:
        """Whether the settings are those that it was made for."""
        return self._key == self._accounts.people_key

    def _bound(self, draft: "Settings") -> str:
        return self._accounts.bound(draft)

    def _put(self, account: "Account") -> None:
        self._store.write(record_of(self.id), account.record(), self._key)
        self.account = account
        account.commit()

    def keep(self, attempt: "Attempt") -> None:
        """OK: what was granted to the user is theirs. Raises ValueError(message key), StorageError."""
        grant = attempt.grant
        if grant is None or attempt.provider is None:
            raise ValueError("error.no_grant")
        bound = self._accounts.granted_for(attempt)
        if not self._accounts.people_key:
            key = binascii.hexlify(self._board.entropy.random(_KEY_BYTES)).decode()
            self._accounts.begin_people(key, attempt.provider.document())
        self._key = self._accounts.people_key
        account = Account()
        clock = self._board.clock
        account.grant(grant, bound, clock.now(), clock.ticks_ms(), self._jitter())
        self._put(account)
        self._changed("accounts")


class People:
    """`changed(part)` is told "accounts"."""

    def __init__(self, board: "Board", store: "Store", accounts: "Accounts", changed: "Callable[[str], None]") -> None:
        self._board = board
        self._store = store
        self._accounts = accounts
        self._changed = changed
        self.held: "list[Person]" = []  # the latest last

    def of(self, id: str) -> Person:
        """The sign-in of the user with this ID, which may be none: its account is SIGNED_OUT then."""
        for person in self.held:
            if person.id == id and person.still_right():
                self.held.remove(person)
                self.held.append(person)
                return person
        self.held = [person for person in self.held if person.id != id][1 - _MOST_HELD :]
        person = Person(self._board, self._store, self._accounts, id, self._changed)
        self.held.append(person)
        return person

    def forget(self, id: str) -> None:
        """Erase the user's tokens. Raises StorageError."""
        self.held = [person for person in self.held if person.id != id]
        self._store.remove(record_of(id))
        self._changed("accounts")
