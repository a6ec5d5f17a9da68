"""The address book: names and email addresses that the administrator keeps, for people at the panel to choose from.

One record on flash, read when it is shown. Start at `Contacts.all` and `Contacts.put`.
"""

from micropython import const

from firmware.mail.checks import check_address, check_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.store import Store

    Contact = tuple[str, str]  # name, address

_RECORD = "contacts"
MOST = const(40)
LONGEST_NAME = const(40)  # characters
# As a reader sorts: an accent does not send a name behind "z". MicroPython's `lower` knows only ASCII.
_ACCENTED, _PLAIN = "ąĄčČęĘėĖįĮšŠųŲūŪžŽ", "aacceeeeiissuuuuzz"


class Contacts:
    def __init__(self, store: "Store") -> None:
        self._store = store

    def all(self) -> "list[Contact]":
        """Every contact, by name."""
        record = self._store.read(_RECORD) or {}
        listed = record.get("contacts")
        found = [_contact(entry) for entry in listed[:MOST]] if isinstance(listed, list) else []
        return [contact for contact in found if contact is not None]

    def put(self, name: str, address: str, old: str = "") -> None:
        """Add a contact, or change the one whose address is `old`. An empty `name` is the address.

        Raises ValueError(message key, what the message names), StorageError; then nothing has changed.
        """
        name = name.strip() or address[:LONGEST_NAME]
        check(name, address, [])
        contacts = [contact for contact in self.all() if not _same(contact[1], old)]
        if any(_same(contact[1], address) for contact in contacts):
            raise ValueError("error.contact_twice")
        if len(contacts) == MOST:
            raise ValueError("error.contacts_full", str(MOST))
        contacts.append((name, address))
        contacts.sort(key=_place)
        self._write(contacts)

    def remove(self, address: str) -> None:
        """Take this address out of the book; nothing happens when it is not there. Raises StorageError."""
        self._write([contact for contact in self.all() if not _same(contact[1], address)])

    def replace(self, contacts: "list[Contact]") -> None:
        """These (`check`ed) in place of all. Raises StorageError."""
        self._write(sorted(contacts, key=_place))

    def _write(self, contacts: "list[Contact]") -> None:
        self._store.write(_RECORD, {"contacts": [[name, address] for name, address in contacts]})


def check(name: str, address: str, others: "list[str]") -> None:
    """Raises ValueError(message key, what it names) for what cannot be a contact beside those with these addresses."""
    check_address(address)
    if len(name) > LONGEST_NAME:
        raise ValueError("error.too_long", str(LONGEST_NAME))
    try:
        check_name(name)
    except ValueError:
        raise ValueError("error.contact_name") from None
    if any(_same(other, address) for other in others):
        raise ValueError("error.contact_twice")


def _contact(entry: object) -> "Contact | None":
    """An entry of the record, unless it is of another shape."""
    if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and isinstance(entry[1], str):
        return entry[0], entry[1]
    return None


def _same(address: str, other: str) -> bool:
    return address.lower() == other.lower()


def _place(contact: "Contact") -> str:
    found = ""
    for character in contact[0]:
        at = _ACCENTED.find(character)
        found += _PLAIN[at] if at >= 0 else character
    return found.lower() + " " + contact[1]
