"""Users: who may use Scan to My Email (manual R22-R24), a part of them at a time. Lists go in and out on `users_list.py`.

Each user is a button that puts them into the form above, where they are changed or removed; that erases a sign-in that is
not theirs any more. Start at `act`.
"""

from micropython import const

from firmware.users import LONGEST_ID, LONGEST_NAME, LONGEST_PIN, MOST, checked
from firmware.web.pages import bar, button, buttons, escape, field, form, row, tick, tied
from firmware.web.visit import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from microdot.microdot import Response

    from firmware.users import User
    from firmware.web.visit import Visit

    Typed = dict[str, str]

_SHOWN = const(25)  # users in one page
# Which field each message is about
_ABOUT = {
    "error.too_long": "name",
    "error.contact_name": "name",
    "web.pin": "pin",
    "error.address": "email",
    "error.address_ascii": "email",
}


async def show(visit: "Visit") -> "Response":
    return _page(visit, {})


async def act(visit: "Visit", posted: "Typed") -> "Response":
    if "edit" in posted:
        return _page(visit, _filled(visit.device.users.find(posted["edit"])))
    if "from" in posted:
        return _page(visit, {}, {}, posted["from"])
    wrong = await visit.unproven(posted)
    if wrong:
        return _page(visit, posted, {"proof": (wrong,)})
    users, people = visit.device.users, visit.device.people
    old = posted.get("old", "")
    before = users.find(old) if old else None
    if old and (before is None or _mark(before) != posted.get("base", "")):
        return _page(visit, posted, {"id": ("web.user_changed",)})
    if posted.get("do") == "remove":
        if before is not None:
            await visit.device.remove_user(old)
            visit.note("users", old + " removed")
        return visit.redirect(visit.path, "web.user_removed")
    try:
        user = checked(posted)
        # What was granted was granted to that mailbox. It goes first: no power cut leaves it to whoever has the ID then.
        if before is not None and _another(before, user) and (user["id"] == old or users.find(user["id"]) is None):
            people.forget(old)
        await users.put(posted, old)
    except ValueError as error:
        return _page(visit, posted, {_ABOUT.get(str(error.args[0]), "id"): error.args})
    visit.note("users", user["id"] + (" changed" if before is not None else " added"))
    return visit.redirect(visit.path, "web.user_saved")


def _filled(user: "User | None") -> "Typed":
    """The form filled in with this user; a PIN goes to no page."""
    if user is None:
        return {}
    typed = {name: str(user[name]) for name in ("id", "name", "email")}
    typed["admin"] = "on" if user["admin"] else ""
    typed["old"], typed["base"] = typed["id"], _mark(user)
    return typed


def _another(before: "User", user: "User") -> bool:
    """Whether it is somebody else's mailbox, or another ID."""
    return bool(before["id"] != user["id"] or before["email"].lower() != user["email"].lower())


def _mark(user: "User") -> str:
    """Names the user as they are now, so that a change by somebody else is noticed."""
    return digest("\n".join([user["id"], user["name"], user["email"], str(user["admin"]), str(user["pin"]["salt"])]))


def _page(visit: "Visit", typed: "Typed", wrong: "dict[str, Any] | None" = None, start: str = "") -> "Response":
    """`wrong`: for each field the key of what is wrong, and what that names; `start`: the ID that the list begins with."""
    say = visit.say
    wrong = wrong or {}
    errors = {name: say(*problem) for name, problem in wrong.items()}
    old = typed.get("old", "")
    pin_note = say("web.user_pin_kept" if old else "web.user_pin_note")
    pin = f'<input type="password" id="pin" name="pin" maxlength="{LONGEST_PIN}" autocomplete="new-password"'
    pin += f"{tied('pin', errors.get('pin', ''), pin_note)}>"
    rows = [
        f"<h2>{say('web.user_change' if old else 'web.user_add')}</h2>",
        f'<input type="hidden" name="old" value="{escape(old)}">',
        f'<input type="hidden" name="base" value="{escape(typed.get("base", ""))}">',
        field(
            "id",
            say("web.user_id_label"),
            typed.get("id", ""),
            LONGEST_ID,
            errors.get("id", ""),
            say("web.user_id_note"),
        ),
        field("name", say("web.user_name"), typed.get("name", ""), LONGEST_NAME, errors.get("name", "")),
        field("email", say("web.user_email"), typed.get("email", ""), 254, errors.get("email", "")),
        row("pin", say("web.user_pin"), pin, [pin_note], errors.get("pin", "")),
        '<div class="row"><span></span><div>' + tick("admin", say("web.user_admin"), typed.get("admin", "") == "on"),
        f'<p class="note">{say("web.user_admin_note")}</p></div></div>',
        visit.proof(wrong["proof"][0] if "proof" in wrong else ""),
        buttons(
            button(say("web.ok"), "put"),
            button(say("web.user_remove"), "remove", "danger") if old else "",
            f'<a class="button" href="{visit.path}">{say("web.cancel")}</a>' if old else "",
        ),
    ]
    pieces = [bar("bad", say("web.fix_fields"))] if errors else []
    pieces.append(f"<p>{say('web.users_intro')}</p>")
    pieces += form(visit.path, visit.session, rows, "card")
    pieces += form(visit.path, visit.session, _list(visit, start), "card")
    return visit.page("web.users", pieces, 422 if errors else 200)


def _list(visit: "Visit", start: str) -> "list[str]":
    say = visit.say
    count, after = 0, ""
    shown: "list[str]" = []
    for user in visit.device.users.all():
        count += 1
        if user["id"] < start:
            continue
        if len(shown) == _SHOWN:
            after = after or user["id"]
            continue
        admin = f' <span class="badge">{say("web.user_administrator")}</span>' if user["admin"] else ""
        shown.append(
            f'<div class="row"><div><button name="edit" value="{escape(user["id"])}">{escape(user["id"])}</button></div>'
            f'<div class="value"><b>{escape(user["name"])}</b>{admin}<br>{escape(user["email"])}</div></div>'
        )
    out = [f"<h2>{say('web.users_count', str(count), str(MOST))}</h2>"]
    if not count:
        out.append(f'<p class="note">{say("web.users_none")}</p>')
    out += shown
    moves = f'<button name="from" value="">{say("web.users_first")}</button> ' if start else ""
    moves += f'<button name="from" value="{escape(after)}">{say("web.users_next")}</button>' if after else ""
    return out + ([buttons(moves)] if moves else [])
