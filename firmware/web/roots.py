"""Product Security > Root Certificate Update (manual R09): which root certificates are built in, how they are updated."""

from firmware.web.pages import escape, facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from microdot.microdot import Response

    from firmware.web.visit import Visit


async def show(visit: "Visit") -> "Response":
    say, identity = visit.say, visit.device.board.identity
    name, _, rest = identity.roots.rpartition(" (")
    rows = [
        (say("web.roots_collection"), escape(name)),
        (say("web.roots_count"), escape(rest.rstrip(")"))),
        (say("web.firmware"), escape(identity.firmware)),
    ]
    pieces = [facts(say("web.roots_now"), rows), f"<p>{say('web.roots_text')}</p>"]
    return visit.page("web.root_update", pieces, above=("web.security",))
