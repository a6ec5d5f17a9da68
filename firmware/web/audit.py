"""Product Security > Audit Log: what was done to the device that matters for its safety, as a page and as CSV."""

from micropython import const

from firmware import csv
from firmware.web.pages import button, buttons, form, remote, table
from firmware.web.words import Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from microdot.microdot import Response

    from firmware.web.visit import Visit

_SHOWN = const(40)
_IN_FILE = const(400)  # more than there is room for on flash


async def show(visit: "Visit") -> "Response":
    say, events = visit.say, Words(visit.words.language, "notice")
    rows = [
        [
            remote(visit.time(line["at_s"])),
            events.say("web.audit." + line["what"]),
            remote(str(line["where"])),
            remote(str(line["about"])),
        ]
        for line in visit.device.audit.newest(_SHOWN)
    ]
    heads = [say("web.audit_when"), say("web.audit_what"), say("web.audit_where"), say("web.audit_about")]
    listed = table(say("web.audit_intro", str(len(rows))), heads, rows) if rows else [f"<p>{say('web.audit_none')}</p>"]
    download = form(visit.path, visit.session, [buttons(button(say("web.audit_download"), "download"))])
    return visit.page("web.audit", ['<div class="card">'] + listed + ["</div>"] + download, above=("web.security",))


async def act(visit: "Visit", _posted: "dict[str, str]") -> "Response":
    return visit.download("audit.csv", "text/csv", _lines(visit))


def _lines(visit: "Visit") -> "Iterator[str]":
    """In English and with the names that the log itself has, for other programs to read."""
    yield csv.line(["time", "what", "from", "about"])
    for line in visit.device.audit.newest(_IN_FILE):
        at_s = line["at_s"]
        yield csv.line([visit.time(at_s) if at_s is not None else "", line["what"], line["where"], line["about"]])
