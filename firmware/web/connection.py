"""Connection Test of a mail server: begun by a button, and stage by stage what came of it and what to do.

It tests what is saved and never what is typed (PB-07). The test itself is `firmware/connection_test.py`.
"""

from micropython import const

from firmware.jobs.codes import code_for, strings_of
from firmware.web.pages import bar, button, buttons, escape, form, remote, table
from firmware.web.server import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from microdot.microdot import Response

    from firmware.web.visit import Visit

_PASSED, _FAILED = const(1), const(2)
_AGAIN_S = const(2)


async def show(visit: "Visit") -> "Response":
    say = visit.say
    server = Server(visit)
    if server.accounts.settings()["method"] != "oauth2":
        basic = f'<a href="{server.basic}">{say("web.basic")}</a>'
        return visit.page(
            "web.connection_test", [bar("info", say("web.test_off") + " " + basic + ".")], above=server.above
        )
    tested = visit.device.tested
    if tested is not None and tested["accounts"] is not server.accounts:
        tested = None
    running = tested is not None and tested["running"]
    pieces = [f"<p>{say('web.test_intro')}</p>"]
    if tested is None:
        pieces.append(f'<p class="note">{say("web.test_none")}</p>')
    else:
        pieces += _result(visit, tested)
    if not running:
        words = say("web.test_start" if tested is None else "web.test_again")
        pieces.append(buttons(button(words, "start")))
    pieces = form(visit.path, visit.session, pieces, "card")
    return visit.page("web.connection_test", pieces, 200, _AGAIN_S if running else 0, above=server.above)


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    server = Server(visit)
    if posted.get("do") == "start" and server.accounts.settings()["method"] == "oauth2":
        visit.device.test_connection(server.accounts)
    return visit.redirect(visit.path)


def _result(visit: "Visit", tested: "dict[str, Any]") -> "list[str]":
    say = visit.say
    stages = tested["stages"]
    failed = [stage for stage in stages if stage[1] == _FAILED]
    if tested["running"]:
        said = bar("info", say("web.test_running"))
    elif failed:
        name, _, kind, reason = failed[0]
        lines = [say("web.test_failed", visit.text("web.test." + name))]
        if reason.strip("\t"):
            lines.append(remote(visit.words.reason(reason)))
        what, solution = strings_of(code_for(kind))
        lines.append(say(what))
        lines.append(f"{say('web.test_do')} {say(solution)}")
        advice = visit.words.advice(reason)
        if advice:
            lines.append(escape(advice))
        said = bar("bad", *lines)
    else:
        said = bar("good", say("web.test_passed"))
    rows = [[say("web.test." + name), _state(visit, state, tested["running"])] for name, state, _, _ in stages]
    heads = [say("web.test_stage"), say("web.test_result")]
    return [f'<div role="status">{said}</div>'] + table(say("web.test_title"), heads, rows)


def _state(visit: "Visit", state: int, running: bool) -> str:
    if state == _PASSED:
        return f'<span class="badge">{visit.say("web.test.passed")}</span>'
    if state == _FAILED:
        return f'<span class="badge bad">{visit.say("web.test.failed")}</span>'
    return visit.say("web.test.waiting" if running else "web.test.pending")
