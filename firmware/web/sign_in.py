"""The sign-in page of a mail server (manual R06, R21): code and address, only for the session that asked for them."""

from firmware.web.pages import bar, escape, form, remote
from firmware.web.server import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from microdot.microdot import Response

    from firmware.web.visit import Visit

_ENDS = {"DECLINED": "web.declined", "CODE_EXPIRED": "web.code_expired", "BLOCKED": "web.blocked"}


async def show(visit: "Visit") -> "Response":
    server = Server(visit)
    attempt = server.attempt()
    refresh_s = 0
    if server.busy():
        pieces = [bar("warn", visit.say("web.busy")), _back(visit, server)]
    elif attempt is None:
        settings, problems = server.validated(server.draft or server.saved_form(), None)
        if problems or settings["method"] != "oauth2":
            return visit.redirect(server.basic)
        pieces = _before(visit, server, settings)
    elif attempt.state == "GRANTED":
        return visit.redirect(server.basic)
    elif attempt.state == "REQUESTING":
        pieces, refresh_s = [f"<p>{visit.say('web.requesting')}</p>", _cancel(visit)], 1
    elif attempt.state == "WAITING":
        pieces, refresh_s = _waiting(visit, attempt), 3
    else:
        pieces = _ended(visit, server, attempt)
    return visit.page(
        "web.sign_in", form(visit.path, visit.session, pieces, "card"), 200, refresh_s, above=server.above
    )


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    server = Server(visit)
    attempt = server.attempt()
    if posted.get("do") == "cancel":
        server.drop_attempt()
        return visit.redirect(server.basic)
    if not server.busy() and (attempt is None or attempt.state not in ("REQUESTING", "WAITING")):
        settings, problems = server.validated(server.draft or server.saved_form(), None)
        if problems or settings["method"] != "oauth2":
            return visit.redirect(server.basic)
        try:
            await server.accounts.start_signin(settings, visit.session.owner)
            visit.note("sign_in", settings["smtp_host"])
        except ValueError:
            pass  # somebody else was quicker: the page says so
    return visit.redirect(visit.path)


def _before(visit: "Visit", server: Server, settings: "dict[str, Any]") -> "list[str]":
    """What is going to happen, and the button."""
    say = visit.say
    if settings["service"] == "custom":
        button = say("web.sign_in_custom", settings["authority"])
        notes = [say("web.sign_in_receives", settings["smtp_host"])]
    else:
        button = say("web.sign_in_microsoft")
        notes = [say("web.sign_in_consent")] if settings["service"] == "exchange" else []
    pieces = [f"<p>{say('web.sign_in_intro')}</p>"] + [f'<p class="note">{note}</p>' for note in notes]
    pieces.append(f'<div class="buttons"><button class="main" name="do" value="start">{button}</button>')
    pieces.append(_back(visit, server) + "</div>")
    return pieces


def _waiting(visit: "Visit", attempt: "Any") -> "list[str]":
    say, identity = visit.say, visit.device.board.identity
    uri = remote(attempt.verification_uri)
    if is_link(attempt.verification_uri):
        uri = f'<a href="{uri}" target="_blank" rel="noopener noreferrer">{uri}</a>'
    left_s = max(0, attempt.expires_in_s())
    return [
        f'<h2>{say("web.waiting")}</h2><div class="code">{remote(attempt.user_code)}</div>',
        f'<p class="where">{say("web.waiting_where")} {uri}</p>',
        f"<p>{say('web.waiting_whose', identity.model, identity.serial)}</p>",
        bar("warn", say("web.waiting_never")),
        f'<p class="note">{say("web.waiting_left", str(left_s // 60), str(left_s % 60))}</p>',
        _cancel(visit),
    ]


def _ended(visit: "Visit", server: Server, attempt: "Any") -> "list[str]":
    say = visit.say
    lines = [say(_ENDS.get(attempt.state, "web.attempt_failed"))]
    if attempt.reason:
        lines.append(remote(visit.words.reason(attempt.reason)))
        lines += [escape(advice) for advice in [visit.words.advice(attempt.reason)] if advice]
    lines.append(say("web.kept"))
    again = f'<div class="buttons"><button class="main" name="do" value="start">{say("web.try_again")}</button> '
    return [bar("bad", *lines), again + _back(visit, server) + "</div>"]


def is_link(uri: str) -> bool:
    """Whether an address that a server sent may become a link: https, or plain http to this computer itself."""
    if len(uri) > 300 or any(not 0x20 < ord(c) < 0x7F or c in "\"'<>\\" for c in uri):
        return False
    scheme, _, rest = uri.partition("://")
    authority = rest.split("/")[0].split("?")[0].split("#")[0]
    host = authority.split(":")[0]
    if not host or "@" in authority:
        return False
    return scheme == "https" or (scheme == "http" and host in ("127.0.0.1", "localhost"))


def _back(visit: "Visit", server: Server) -> str:
    return f'<a class="button" href="{server.basic}">{visit.say("web.back")}</a>'


def _cancel(visit: "Visit") -> str:
    return f'<div class="buttons"><button name="do" value="cancel">{visit.say("web.cancel")}</button></div>'
