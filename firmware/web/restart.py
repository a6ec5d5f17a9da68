"""Device Management > Restart and Reset: buttons; the reset with a box to tick and the password once more (WC-15)."""

from firmware.web.pages import bar, button, buttons, form, tick

TYPE_CHECKING = False
if TYPE_CHECKING:
    from microdot.microdot import Response

    from firmware.web.visit import Visit


async def show(visit: "Visit") -> "Response":
    return _page(visit)


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    do = posted.get("do", "")
    if do == "restart":
        visit.note("restart")
        visit.device.restart()
        return visit.page("web.restart", [bar("good", visit.say("web.restart_done"))], above=("web.management",))
    if do != "reset":
        return visit.redirect(visit.path)
    if posted.get("sure") != "on":
        return _page(visit, "web.restart_tick_missing")
    wrong = await visit.unproven(posted)
    if wrong:
        return _page(visit, "", wrong)
    visit.device.factory_reset(visit.where)
    visit.note("reset")
    return visit.page("web.restart", [bar("good", visit.say("web.reset_done"))], above=("web.management",))


def _page(visit: "Visit", missing: str = "", wrong: str = "") -> "Response":
    say = visit.say
    restart = [f"<h2>{say('web.restart_now')}</h2><p>{say('web.restart_text')}</p>"]
    if visit.device.queue.current is not None:
        restart.append(bar("warn", say("web.restart_busy")))
    restart.append(buttons(button(say("web.restart_now"), "restart", "")))
    reset = [
        f"<h2>{say('web.reset')}</h2><p>{say('web.reset_text')}</p>",
        tick("sure", say("web.restart_tick"), False),
        f'<p class="error" role="alert">{say(missing)}</p>' if missing else "",
        visit.proof(wrong),
        buttons(button(say("web.reset_sure"), "reset", "danger")),
    ]
    pieces = form(visit.path, visit.session, restart, "card") + form(visit.path, visit.session, reset, "card")
    return visit.page("web.restart", pieces, 422 if missing or wrong else 200, above=("web.management",))
