"""Product Security > Operation Time-Out: after how long the administrator is logged out, here and at the panel."""

from firmware.web.pages import bar, button, buttons, field, form

TYPE_CHECKING = False
if TYPE_CHECKING:
    from microdot.microdot import Response

    from firmware.web.visit import Visit

_LONGEST_MIN = 240


async def show(visit: "Visit") -> "Response":
    device = visit.device
    return _page(visit, {"web": str(device.web_idle_min), "panel": str(device.panel_idle_min)})


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    wrong = [name for name in ("web", "panel") if not _is_time(posted.get(name, ""))]
    if wrong:
        return _page(visit, posted, wrong)
    visit.device.set_idle_times(int(posted["web"]), int(posted["panel"]))
    visit.note("timeouts", "Web Config " + posted["web"] + " min, panel " + posted["panel"] + " min")
    return visit.redirect(visit.path, "web.timeouts_saved")


def _is_time(text: str) -> bool:
    return 1 <= len(text) <= 3 and not text.strip("0123456789") and 1 <= int(text) <= _LONGEST_MIN


def _page(visit: "Visit", typed: "dict[str, str]", wrong: "list[str] | tuple[()]" = ()) -> "Response":
    say = visit.say
    rows = []
    for name, key in (("web", "web.timeouts_web"), ("panel", "web.timeouts_panel")):
        error = say("error.port", "1-" + str(_LONGEST_MIN)) if name in wrong else ""
        rows.append(field(name, say(key), typed.get(name, ""), 3, error, "", "port", ' inputmode="numeric"'))
    pieces = [bar("bad", say("web.fix_fields"))] if wrong else []
    pieces.append(f"<p>{say('web.timeouts_note')}</p>")
    pieces += form(visit.path, visit.session, rows + [buttons(button(say("web.ok"), "ok"))], "card")
    return visit.page("web.timeouts", pieces, 422 if wrong else 200, above=("web.security",))
