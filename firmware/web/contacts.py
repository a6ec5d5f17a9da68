"""Contacts: the page on which the administrator keeps the address book of the panel. Loaded when it is asked for.

Each contact is a button that puts it into the form above, where it is changed or removed. Start at `page` and `act`.
"""

from firmware.contacts import LONGEST_NAME, MOST
from firmware.web.pages import bar, escape, form, row, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.contacts import Contact, Contacts
    from firmware.web.sessions import Session

PATH = "/contacts"
_OF_NAMES = ("error.contact_name", "error.too_long")  # what can be wrong with a name; the rest is about the address


def page(
    session: "Session", contacts: "list[Contact]", typed: "dict[str, str]", problem: "tuple[str, ...]"
) -> "list[str]":
    """`typed`: "name", "address", and "old", the address of the contact that is being changed. `problem`: a message key, and
    what the message names; () when there is none.
    """
    old = typed.get("old", "")
    error = say(*problem) if problem else ""
    of_name = bool(problem) and problem[0] in _OF_NAMES
    rows = [
        f"<h2>{say('web.contact_change' if old else 'web.contact_add')}</h2>",
        f'<input type="hidden" name="old" value="{escape(old)}">',
        _text_row("name", "web.contact_name", typed, LONGEST_NAME, error if of_name else ""),
        _text_row("address", "web.contact_address", typed, 254, "" if of_name else error),
        f'<div class="buttons"><button class="main" name="do" value="put">{say("web.ok")}</button>',
    ]
    if old:
        rows.append(f'<button class="danger" name="do" value="remove">{say("web.contact_remove")}</button>')
        rows.append(f'<a class="button" href="{PATH}">{say("web.cancel")}</a>')
    rows.append("</div>")
    pieces = [f"<h1>{say('web.contacts')}</h1>"]
    if problem:
        pieces.append(bar("bad", say("web.fix_fields")))
    pieces += form(PATH, session, rows, "card")
    listed = [f"<h2>{say('web.contacts_count', str(len(contacts)), str(MOST))}</h2>"]
    if not contacts:
        listed.append(f'<p class="note">{say("web.contacts_none")}</p>')
    for name, address in contacts:
        listed.append(
            f'<div class="row"><div><button name="edit" value="{escape(address)}">{escape(name)}</button></div>'
            f'<div class="value">{escape(address)}</div></div>'
        )
    return pieces + form(PATH, session, listed, "card")


def _text_row(name: str, key: str, typed: "dict[str, str]", longest: int, error: str) -> str:
    mark = f' aria-invalid="true" aria-describedby="{name}-error"' if error else ""
    control = f'<input id="{name}" name="{name}" value="{escape(typed.get(name, ""))}" maxlength="{longest}"{mark}>'
    return row(name, say(key), control, [], error)


def chosen(contacts: "list[Contact]", address: str) -> "dict[str, str]":
    """The form filled in with the contact of this address; empty when there is none."""
    for name, known in contacts:
        if known == address:
            return {"name": name, "address": known, "old": known}
    return {}


def act(contacts: "Contacts", typed: "dict[str, str]", log: "Callable[[str], None]") -> str:
    """Do what the form asks for; the key of what to say then. Raises ValueError(message key, ...), StorageError.

    The log names addresses, the old one too (WC-16); names may be anything and are left out.
    """
    address, old = typed.get("address", "").strip(), typed.get("old", "")
    known = bool(chosen(contacts.all(), old))
    if typed.get("do") == "remove":
        if known:
            contacts.remove(old)
            log("web: contact " + old + " removed")
        return "web.contact_removed"
    contacts.put(typed.get("name", ""), address, old)
    log("web: contact " + (old + " changed to " + address if known else address + " added"))
    return "web.contact_saved"
