"""Users > Import and Export: whole lists of the users of Scan to My Email as CSV, for spreadsheets.

A list with a line that is wrong changes nothing, and each such line is named (WC-12): it is read twice, first to look and
then to import, a few users at a time. A power cut can leave the list's first part. Start at `act`.
"""

from micropython import const

from firmware import users_csv
from firmware.users import MOST, SHORTEST_PIN
from firmware.web.pages import bar, button, buttons, escape, form, row, tied
from firmware.web.visit import PROOF_KEYS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from microdot.microdot import Response

    from firmware.users import User
    from firmware.users_csv import Problem
    from firmware.web.visit import Visit


_MOST_AT_ONCE = const(200)  # in a list: each PIN is hashed, and nobody waits for ever
_AT_ONCE = const(10)  # users that are in memory; the file is written anew for each so many


async def show(visit: "Visit") -> "Response":
    return _page(visit)


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    importing = posted.get("do") == "import"
    wrong = await visit.unproven(posted)
    if wrong:
        return _page(visit, posted.get("csv", ""), wrong, importing)
    if importing:
        return await _import(visit, posted)
    visit.note("export", "users")
    return visit.download("users.csv", "text/csv", users_csv.lines(visit.device.users.all()))


async def _import(visit: "Visit", posted: "dict[str, str]") -> "Response":
    text = typed = posted.get("csv", "")
    file = visit.files.get("file", b"")
    if file:
        typed = ""
        try:
            text = file.decode()
            file = b""
            visit.files.clear()  # a small heap has no room for it twice
        except ValueError:
            return _page(visit, "", "web.csv_not_utf8", True)
    if not text.strip():
        return _page(visit, "", "web.csv_none", True)
    users = visit.device.users
    problems, count = _problems(text, {user["id"] for user in users.all()})
    if problems:
        return _page(visit, typed, "", True, problems)
    batch: "list[tuple[User, str]]" = []
    for _, user, pin, _ in users_csv.entries(text):
        if user is not None:
            batch.append((user, pin))
        if len(batch) == _AT_ONCE:
            await _replace(visit, batch)
            batch = []
    await _replace(visit, batch)
    visit.note("users", str(count) + " imported")
    return visit.redirect(visit.path, "web.csv_imported", str(count))


async def _replace(visit: "Visit", batch: "list[tuple[User, str]]") -> None:
    new = {user["id"]: user["email"].lower() for user, _ in batch}
    for user in visit.device.users.all():
        if new.get(user["id"], user["email"].lower()) != user["email"].lower():
            visit.device.people.forget(user["id"])  # what was granted was granted to that mailbox
    await visit.device.users.replace(batch, [])


def _problems(text: str, known: "set[str]") -> "tuple[list[Problem], int]":
    """What is wrong with the list, of the first few lines, and how many users are in it; `known`: the IDs that there are."""
    problems: "list[Problem]" = []
    count = added = 0
    for line, user, pin, problem in users_csv.entries(text):
        if user is not None:
            count += 1
            if count > _MOST_AT_ONCE:
                return [(line, ("web.csv_too_long", str(_MOST_AT_ONCE)))], count
            added += user["id"] not in known
            if not pin and user["id"] not in known:
                problem = ("web.pin", str(SHORTEST_PIN))
            elif len(known) + added > MOST:
                return [(line, ("web.users_full", str(MOST)))], count
        if problem:
            problems.append((line, problem))
            if len(problems) == users_csv.MOST_PROBLEMS:
                break
    return problems, count


def _page(
    visit: "Visit", text: str = "", wrong: str = "", importing: bool = True, problems: "list[Problem] | tuple[()]" = ()
) -> "Response":
    """`wrong`: a key about the list, or about the password when it is one of those."""
    say = visit.say
    proof = wrong if wrong in PROOF_KEYS else ""
    error = say(wrong) if wrong and not proof else ""
    if problems:
        error = say("web.csv_wrong")
    pieces = []
    if wrong or problems:
        pieces.append(bar("bad", say("web.fix_fields")))
    if problems:
        said = [
            (say("web.csv_line", str(line)) + " " if line else "") + say(*[str(part) for part in problem])
            for line, problem in problems
        ]
        pieces.append(bar("bad", error, *said))
    pasted = f'<textarea id="csv" name="csv" spellcheck="false"{tied("csv", "", "note")}>\n{escape(text)}</textarea>'
    chosen = f'<input type="file" id="file" name="file" accept=".csv,text/csv"{tied("file", error, "note")}>'
    fields = [
        f"<h2>{say('web.csv_import')}</h2>",
        row("file", say("web.csv_file"), chosen, [say("web.csv_file_note", str(_MOST_AT_ONCE), str(MOST))], error),
        row("csv", say("web.csv_paste"), pasted, [say("web.csv_head")]),
        visit.proof(proof if importing else ""),
        buttons(button(say("web.csv_import"), "import")),
    ]
    pieces += form(visit.path, visit.session, fields, "card", files=True)
    export = [
        f"<h2>{say('web.csv_export')}</h2><p>{say('web.csv_export_note')}</p>",
        visit.proof("" if importing else proof, "proof-export"),
        buttons(button(say("web.csv_export"), "export")),
    ]
    pieces += form(visit.path, visit.session, export, "card")
    return visit.page("web.users_list", pieces, 422 if wrong or problems else 200, above=("web.users",))
