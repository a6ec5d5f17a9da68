"""Device Management > Export and Import: all settings as one file without secrets (`settings_file.py`; PB-08, PB-09).

An import is checked whole, then asked about, with the password once more, and only then carried out. Start at `act`.
"""

from firmware.web.pages import bar, button, buttons, form, row, tied
from firmware.web.settings_file import Plan, exported
from firmware.web.visit import PROOF_KEYS, digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from microdot.microdot import Response

    from firmware.web.visit import Visit

_DRAFT = "import"


async def show(visit: "Visit") -> "Response":
    return _page(visit)


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    do, drafts = posted.get("do", ""), visit.session.drafts
    if do == "export":
        wrong = await visit.unproven(posted)
        if wrong:
            return _page(visit, (), wrong)
        visit.note("export", "settings")
        return visit.download("scanpost-settings.json", "application/json", exported(visit.device))
    if do == "discard":
        drafts.pop(_DRAFT, None)
        return visit.redirect(visit.path, "web.discarded")
    if do == "yes":
        return await _carry_out(visit, posted)
    data = visit.files.get("file", b"") or posted.get("json", "").encode()
    if not data:
        return _page(visit, ("web.transfer_none",))
    try:
        plan = Plan(visit.device, data)
    except ValueError as error:
        return _page(visit, error.args)
    if plan.problems:
        return _page(visit, (), "", plan)
    if not plan.changes:
        return visit.redirect(visit.path, "web.transfer_nothing")
    drafts.pop(_DRAFT, None)
    drafts[_DRAFT] = {"json": data.decode(), "mark": _mark(visit)}
    return _ask(visit, plan)


def _mark(visit: "Visit") -> str:
    """Names what the device has now."""
    return digest("".join(exported(visit.device)))


def _ask(visit: "Visit", plan: Plan, wrong: str = "") -> "Response":
    say = visit.say
    erased = plan.erased()
    pieces = [f"<p>{say('web.ask_nothing_yet')}</p>", bar("warn", say("web.transfer_changes", ", ".join(plan.changes)))]
    pieces += [bar("bad", say("web.transfer_account", address)) for address in erased]
    pieces.append(visit.proof(wrong))
    pieces.append(
        buttons(
            button(say("web.yes_save"), "yes", "danger" if erased else "main"),
            button(say("web.cancel"), "discard", "", " formnovalidate"),
        )
    )
    return visit.page("web.ask_title", form(visit.path, visit.session, pieces, "card"), 422 if wrong else 200)


async def _carry_out(visit: "Visit", posted: "dict[str, str]") -> "Response":
    draft = visit.session.drafts.get(_DRAFT)
    if draft is None:
        return visit.redirect(visit.path, "web.nothing_to_save")
    if draft["mark"] != _mark(visit):
        visit.session.drafts.pop(_DRAFT)
        return _page(visit, ("web.transfer_meanwhile",))
    plan = Plan(visit.device, draft["json"].encode())
    wrong = await visit.unproven(posted)
    if wrong:
        return _ask(visit, plan, wrong)
    visit.session.drafts.pop(_DRAFT)
    await plan.carry_out(visit.session.owner)
    visit.device.begin_notifying()
    visit.note("import", ", ".join(plan.changes))
    return visit.redirect(visit.path, "web.transfer_saved")


def _page(visit: "Visit", problem: "tuple[str, ...]" = (), wrong: str = "", plan: "Plan | None" = None) -> "Response":
    """`problem`: what is wrong with the file; `wrong`: with the password for the export."""
    say = visit.say
    failed = bool(problem) or bool(wrong) or plan is not None
    pieces = [bar("bad", say("web.fix_fields"))] if failed else []
    if plan is not None:
        said = [say("web.transfer_problem", part, visit.text(*rest)) for part, *rest in plan.problems]
        pieces.append(bar("bad", *said))
    export = [
        f"<h2>{say('web.transfer_export')}</h2><p>{say('web.transfer_export_note')}</p>",
        visit.proof(wrong if wrong in PROOF_KEYS else ""),
        buttons(button(say("web.transfer_export"), "export")),
    ]
    pieces += form(visit.path, visit.session, export, "card")
    error = say(*problem) if problem else ""
    chosen = f'<input type="file" id="file" name="file" accept=".json,application/json"{tied("file", error, "note")}>'
    fields = [
        f"<h2>{say('web.transfer_import')}</h2>",
        row("file", say("web.transfer_file"), chosen, [say("web.transfer_file_note")], error),
        buttons(button(say("web.transfer_import"), "import")),
    ]
    pieces += form(visit.path, visit.session, fields, "card", files=True)
    return visit.page("web.transfer", pieces, 422 if failed else 200, above=("web.management",))
