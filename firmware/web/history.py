"""Device Management > Job Log: the job history (manual R17) as a page and as CSV."""

from micropython import const

from firmware import csv
from firmware.web.pages import button, buttons, escape, form, remote, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from microdot.microdot import Response

    from firmware.web.visit import Visit

_SHOWN = const(30)
_IN_FILE = const(400)  # more than there is room for on flash


async def show(visit: "Visit") -> "Response":
    say = visit.say
    rows = []
    for job in visit.device.journal.recent(_SHOWN):
        rows.append(
            [
                escape(str(job["id"])),
                remote(visit.time(job.get("created_s"))),
                say("job.kind." + str(job["kind"])),
                remote(str(job.get("to", ""))),
                remote(str(job.get("name", ""))),
                say("job." + ("printed" if job["kind"] == "sheet" and job["status"] == "sent" else str(job["status"]))),
                _code(job),
                remote(visit.words.reason(_why(job))),
            ]
        )
    heads = [
        say("web.history_number"),
        say("web.history_when"),
        say("web.history_kind"),
        say("web.history_to"),
        say("web.history_document"),
        say("web.history_status"),
        say("web.history_code"),
        say("web.history_why"),
    ]
    listed = (
        table(say("web.history_intro", str(len(rows))), heads, rows) if rows else [f"<p>{say('web.history_none')}</p>"]
    )
    download = form(visit.path, visit.session, [buttons(button(say("web.history_download"), "download"))])
    pieces = ['<div class="card">'] + listed + ["</div>"] + download
    return visit.page("web.history", pieces, above=("web.management",))


async def act(visit: "Visit", _posted: "dict[str, str]") -> "Response":
    return visit.download("jobs.csv", "text/csv", _lines(visit))


def _lines(visit: "Visit") -> "Iterator[str]":
    """In English, for other programs to read."""
    yield csv.line(["number", "time", "kind", "to", "document", "bytes", "status", "code", "details"])
    for job in visit.device.journal.recent(_IN_FILE):
        created_s = job.get("created_s")
        when = visit.time(created_s) if created_s is not None else ""
        cells = [str(job["id"]), when] + [str(job.get(key) or "") for key in ("kind", "to", "name", "size", "status")]
        yield csv.line(cells + [_code(job), _why(job).replace("\t", " ").strip()])


def _code(job: "dict[str, Any]") -> str:
    return f"{job['code']:03d}" if job.get("code") is not None else ""


def _why(job: "dict[str, Any]") -> str:
    """The key of a sentence, a tab, and somebody else's own words."""
    from firmware.jobs.codes import detail_of

    detail = str(job.get("detail") or "")
    kind = str(job.get("kind_of_failure") or "")
    return detail if "\t" in detail or not kind else detail_of(kind) + "\t" + detail
