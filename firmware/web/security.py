"""Product Security > Change Administrator Password (manual R04). A password that the device drew itself must be changed here
before anything else."""

from firmware.web.pages import bar, form, password_row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from microdot.microdot import Response

    from firmware.web.visit import Visit

_FIELDS = (
    ("old", "web.old_password", "current-password"),
    ("new", "web.new_password", "new-password"),
    ("again", "web.new_password_again", "new-password"),
)


async def show(visit: "Visit") -> "Response":
    return _page(visit)


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    new = posted.get("new", "")
    if new != posted.get("again", ""):
        return _page(visit, "again", "web.password_differs")
    try:
        await visit.device.admin.change(posted.get("old", ""), new)
    except ValueError as error:
        key = str(error.args[0])
        return _page(visit, "old" if key == "web.password_wrong" else "new", key)
    visit.end_others()
    visit.note("password")
    return visit.redirect(visit.path, "web.password_changed")


def _page(visit: "Visit", wrong: str = "", key: str = "") -> "Response":
    say = visit.say
    rows = [
        password_row(name, say(label), say(key) if name == wrong else "", "", complete)
        for name, label, complete in _FIELDS
    ]
    rows.append(f'<p class="note">{say("web.password_length")}</p>')
    rows.append(f'<div class="buttons"><button class="main">{say("web.ok")}</button></div>')
    pieces = [bar("warn", say("web.password_must"))] if visit.device.admin.must_change() else []
    pieces += form(visit.path, visit.session, rows, "card")
    return visit.page("web.change_password", pieces, 422 if key else 200, above=("web.security",))
