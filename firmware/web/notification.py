"""Device Management > Email Notification: up to five addresses and what each is told (`firmware/notifications.py`).

A change is noted in the audit log; an address that was taken out is told (WC-16).
"""

from firmware.notifications import EVENTS, MOST, Notifications
from firmware.web.pages import bar, button, buttons, escape, field, form, tick
from firmware.web.visit import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from microdot.microdot import Response

    from firmware.notifications import Entry
    from firmware.web.visit import Visit


async def show(visit: "Visit") -> "Response":
    return _page(visit, Notifications(visit.device.store).all())


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    notifications = Notifications(visit.device.store)
    before = notifications.all()
    rows: "list[Entry]" = []  # as the form has them, empty ones too
    for number in range(MOST):
        events = [event for event in EVENTS if posted.get(f"{event}_{number}") == "on"]
        rows.append((posted.get(f"address_{number}", "").strip(), events))
    entries = [entry for entry in rows if entry[0]]
    if posted.get("base", "") != _mark(before):
        return _page(visit, rows, {0: ("web.notify_changed",)})
    wrong = await visit.unproven(posted)
    if wrong:
        return _page(visit, rows, {}, wrong)
    for number, (address, _) in enumerate(rows):
        try:
            if address:
                notifications.check(address, [other for other, _ in rows[:number]])
        except ValueError as error:
            return _page(visit, rows, {number: error.args})
    notifications.put(entries)
    visit.device.begin_notifying()
    kept = [address.lower() for address, _ in entries]
    gone = [address for address, _ in before if address.lower() not in kept]
    visit.note("notification", ", ".join([address for address, _ in entries]), gone[0] if gone else "")
    for address in gone[1:]:
        visit.device.tell("settings", "audit.notification", visit.where, "", also=address)
    return visit.redirect(visit.path, "web.notify_saved")


def _mark(entries: "list[Entry]") -> str:
    """Names what is saved now, so that a change by somebody else is noticed."""
    return digest("\n".join([address + " " + " ".join(events) for address, events in entries]))


def _page(
    visit: "Visit", rows: "list[Entry]", wrong: "dict[int, tuple[str, ...]] | None" = None, proof: str = ""
) -> "Response":
    say = visit.say
    wrong = wrong or {}
    saved = Notifications(visit.device.store).all()
    pieces = [bar("bad", say("web.fix_fields"))] if wrong or proof else []
    pieces += [f"<p>{say('web.notify_intro')}</p>", f'<p class="note">{say("web.notify_ended_note")}</p>']
    fields = [f'<input type="hidden" name="base" value="{escape(_mark(saved))}">']
    for number in range(MOST):
        address, events = rows[number] if number < len(rows) else ("", [])
        error = say(*wrong[number]) if number in wrong else ""
        name = f"address_{number}"
        label = say("web.notify_address", str(number + 1))
        fields.append(field(name, label, address, 254, error, say("web.notify_address_note") if not number else ""))
        fields.append(f'<fieldset class="events"><legend>{say("web.notify_what")} ({label})</legend>')
        fields += [tick(f"{event}_{number}", say("web.notify_event." + event), event in events) for event in EVENTS]
        fields.append("</fieldset>")
    fields += [visit.proof(proof), buttons(button(say("web.ok"), "ok"))]
    pieces += form(visit.path, visit.session, fields, "card")
    return visit.page("web.notification", pieces, 422 if wrong or proof else 200, above=("web.management",))
