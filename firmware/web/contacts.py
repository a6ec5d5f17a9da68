"""Contacts: the page on which the administrator keeps the address book of the panel.

Each contact is a button that puts it into the form above, where it is changed or removed. A change is noted in the audit log
with the old address, and whoever is notified of changes is told (WC-16). Start at `act`.
"""

from firmware.contacts import LONGEST_NAME, MOST
from firmware.web.pages import bar, button, buttons, escape, field, form

TYPE_CHECKING = False
if TYPE_CHECKING:
    from microdot.microdot import Response

    from firmware.contacts import Contact
    from firmware.web.visit import Visit

_OF_NAMES = ("error.contact_name", "error.too_long")  # what can be wrong with a name; the rest is about the address


async def show(visit: "Visit") -> "Response":
    return _page(visit, {})


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    contacts = visit.device.contacts
    if "edit" in posted:
        return _page(visit, _chosen(contacts.all(), posted["edit"]))
    address, old = posted.get("address", "").strip(), posted.get("old", "")
    known = bool(_chosen(contacts.all(), old))
    if posted.get("do") == "remove":
        if known:
            contacts.remove(old)
            visit.note("contacts", old + " removed")  # names may be anything and are left out
        return visit.redirect(visit.path, "web.contact_removed")
    try:
        contacts.put(posted.get("name", ""), address, old)
    except ValueError as error:
        return _page(visit, posted, error.args)
    moved = old if known and old.lower() != address.lower() else ""
    visit.note("contacts", old + " changed to " + address if known else address + " added", moved)
    return visit.redirect(visit.path, "web.contact_saved")


def _page(visit: "Visit", typed: "dict[str, str]", problem: "tuple[str, ...]" = ()) -> "Response":
    """`typed`: "name", "address", and "old", the address of the contact that is being changed. `problem`: a message key, and
    what the message names; () when there is none.
    """
    say = visit.say
    contacts = visit.device.contacts.all()
    old = typed.get("old", "")
    error = say(*problem) if problem else ""
    of_name = bool(problem) and problem[0] in _OF_NAMES
    rows = [
        f"<h2>{say('web.contact_change' if old else 'web.contact_add')}</h2>",
        f'<input type="hidden" name="old" value="{escape(old)}">',
        field("name", say("web.contact_name"), typed.get("name", ""), LONGEST_NAME, error if of_name else ""),
        field("address", say("web.contact_address"), typed.get("address", ""), 254, "" if of_name else error),
        buttons(
            button(say("web.ok"), "put"),
            button(say("web.contact_remove"), "remove", "danger") if old else "",
            f'<a class="button" href="{visit.path}">{say("web.cancel")}</a>' if old else "",
        ),
    ]
    pieces = [bar("bad", say("web.fix_fields"))] if problem else []
    pieces += form(visit.path, visit.session, rows, "card")
    listed = [f"<h2>{say('web.contacts_count', str(len(contacts)), str(MOST))}</h2>"]
    if not contacts:
        listed.append(f'<p class="note">{say("web.contacts_none")}</p>')
    for name, address in contacts:
        listed.append(
            f'<div class="row"><div><button name="edit" value="{escape(address)}">{escape(name)}</button></div>'
            f'<div class="value">{escape(address)}</div></div>'
        )
    pieces += form(visit.path, visit.session, listed, "card")
    return visit.page("web.contacts", pieces, 422 if problem else 200)


def _chosen(contacts: "list[Contact]", address: str) -> "dict[str, str]":
    """The form filled in with the contact of this address; empty when there is none."""
    for name, known in contacts:
        if known == address:
            return {"name": name, "address": known, "old": known}
    return {}
