"""Network > Email Server > Basic and Fax > Fax Server > Email Server Settings: what their buttons do (manual R05-R10, R21).

The form itself is in `email_form.py`, what OK and Sign Out ask and do in `email_save.py`: each is loaded when it is needed.
Start at `act`.
"""

from micropython import const

from firmware.web.server import Server, labels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from microdot.microdot import Response

    from firmware.web.visit import Visit

_LONGEST_DRAFT = const(16384)  # characters that a session keeps of a form


async def show(visit: "Visit") -> "Response":
    server = Server(visit)
    return _form(visit, server, server.draft or server.saved_form())


async def act(visit: "Visit", posted: "dict[str, str]") -> "Response":
    server = Server(visit)
    do = posted.get("do", "ok")
    asked = posted.get("asked", "")
    if not asked:
        typed = server.typed(posted)
        if sum([len(value) for value in typed.values()]) > _LONGEST_DRAFT:
            return visit.refused(400, "web.bad_form")
        server.keep(typed)
    if do == "discard":
        server.drop_attempt()
        server.keep(None)
        return visit.redirect(server.basic, "web.discarded")
    if do == "signout":
        from firmware.web.email_save import sign_out

        return await sign_out(visit, server, asked, posted)
    draft = server.draft
    if draft is None:  # an answer without a question
        return visit.redirect(server.basic, "web.nothing_to_save")
    grant = server.grant()
    settings, problems = server.validated(draft, grant)
    if do == "signin" and not problems and settings["method"] != "oauth2":
        problems = [("method", "web.method_first", "")]
    if problems:
        return _form(visit, server, draft, {field: visit.say(key, argument) for field, key, argument in problems})
    if do == "signin":
        # A sender that only repeats who is signed in goes along: the page has filled it in by itself.
        now = (grant.address if grant is not None else "", server.accounts.account.address)
        if draft["sender"] in now:
            draft["sender"] = ""
        if grant is not None:  # somebody else is to sign in: what nobody confirmed is dropped
            server.drop_attempt()
        return visit.redirect(server.sign_in)
    from firmware.web.email_save import save

    return await save(visit, server, settings, posted)


def _form(
    visit: "Visit", server: Server, typed: "dict[str, str]", errors: "dict[str, str] | None" = None
) -> "Response":
    grant, account, board = server.grant(), server.accounts.account, visit.device.board
    settings = server.validated(typed, grant)[0]
    shown = dict(typed)
    shown["account"] = grant.address if grant else account.address or settings["account"]
    if grant is not None and not typed["sender"]:
        shown["sender"] = grant.address
    unfit = labels(visit, server.unfit(grant, settings)) if grant is not None else []
    from firmware.web import email_form  # not for saving

    status = email_form.Status(account, grant, unfit, server.busy(), board.clock.now())
    pieces = email_form.pieces(visit, server, shown, errors or {}, status)
    title = "web.fax_settings" if server.fax else "web.basic"
    return visit.page(title, pieces, 422 if errors else 200, above=server.above)
