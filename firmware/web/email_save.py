"""What OK and Sign Out of a mail server's form do (manual R07, R08): ask what must be asked, and save.

What changes or erases a sign-in is asked first, and the answer counts only for exactly the questions that were shown. Start
at `save`; `email.py` loads it when a button was pressed.
"""

from firmware.settings import public
from firmware.web.pages import form
from firmware.web.server import Server, labels, named
from firmware.web.visit import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from microdot.microdot import Response

    from firmware.web.visit import Visit

    Settings = dict[str, Any]
    Questions = list[tuple[str, str]]  # (kind of box, HTML)


async def save(visit: "Visit", server: Server, settings: "Settings", posted: "dict[str, str]") -> "Response":
    """OK (R07): ask what must be asked, then one write."""
    grant, saved = server.grant(), server.accounts.settings()
    changed = named(settings, saved)
    use_grant = grant is not None and settings["method"] == "oauth2" and not server.unfit(grant, settings)
    questions = _questions(visit, server, settings, grant, use_grant)
    mark = _mark(questions, settings)
    if (questions or (changed and not visit.proven())) and posted.get("asked", "") != mark:
        return _ask(visit, server, questions, mark, "ok", "web.yes_save", visit.proof() if changed else "")
    if changed:
        wrong = await visit.unproven(posted)
        if wrong:
            return _ask(visit, server, questions, mark, "ok", "web.yes_save", visit.proof(wrong), 422)
    if use_grant:
        settings["account"] = grant.address
    try:
        await server.accounts.save(settings, use_grant, visit.session.owner)
    except ValueError:  # the grant lapsed while the questions were read
        return visit.refused(422, "web.grant_gone")
    if grant is not None and not use_grant:
        server.drop_attempt()
    server.keep(None)
    _noted(visit, server, settings, saved, changed)
    if use_grant:
        visit.note("sign_in_saved", grant.address + ", " + grant.tenant)
    return visit.redirect(server.basic, "web.saved_sign_in" if use_grant else "web.saved")


def _noted(visit: "Visit", server: Server, settings: "Settings", saved: "Settings", changed: "list[str]") -> None:
    """In the audit log: which fields, never what is in them but the server, for passwords may be typed anywhere."""
    server_fields = [field for field in changed if field not in ("verify", "ca")]
    if server_fields:
        visit.note("server", ", ".join(server_fields) + ": " + settings["smtp_host"])
    if "ca" in changed:
        visit.note("trust", "CA certificate")
    if "verify" in changed:
        visit.note("trust" if settings["verify"] else "verify_off", "verification on" if settings["verify"] else "")
    if not changed and settings != saved:
        visit.note("server", "other settings of the " + ("fax" if server.fax else "email") + " server")


def _questions(visit: "Visit", server: Server, settings: "Settings", grant: "Any", use_grant: bool) -> "Questions":
    """What the administrator must confirm before these settings are saved."""
    say = visit.say
    saved, account = server.accounts.settings(), server.accounts.account
    asked = []
    if server.draft is not None and server.draft["base"] != server.base():
        asked.append(("warn", say("web.ask_changed")))
    if grant is not None and not use_grant:
        unfit = ", ".join(labels(visit, server.unfit(grant, settings) or ["method"]))
        asked.append(("warn", say("web.ask_unfit", unfit)))
    changes = server.accounts.changes(settings)
    if changes and not use_grant and account.state != "SIGNED_OUT":
        asked.append(("bad", say("web.ask_erase", ", ".join(labels(visit, changes)), account.address)))
    if use_grant and settings["sender"].lower() != grant.address.lower():
        asked.append(("warn", say("web.ask_sender", grant.address, settings["sender"])))
    if use_grant and account.address and account.address.lower() != grant.address.lower():
        asked.append(("warn", say("web.ask_previous", grant.address, grant.tenant, account.address, account.tenant)))
    if settings["method"] == "oauth2" and not settings["verify"] and saved["verify"]:
        asked.append(("bad", say("web.ask_verify")))
    return asked


async def sign_out(visit: "Visit", server: Server, asked: str, posted: "dict[str, str]") -> "Response":
    """Sign Out (R08): what is not saved goes first, and costs the device nothing. The saved sign-in costs the password."""
    grant, account = server.grant(), server.accounts.account
    if grant is None and account.state == "SIGNED_OUT":
        return visit.redirect(server.basic)
    key, address = ("web.ask_sign_out_unsaved", grant.address) if grant else ("web.ask_sign_out", account.address)
    question = ("warn", visit.say(key, address))
    mark = _mark([question], {})
    if asked != mark:
        proof = "" if grant is not None else visit.proof()
        return _ask(visit, server, [question], mark, "signout", "web.sign_out", proof)
    if grant is not None:
        server.accounts.cancel_signin()
        return visit.redirect(server.basic, "web.discarded")
    wrong = await visit.unproven(posted)
    if wrong:
        return _ask(visit, server, [question], mark, "signout", "web.sign_out", visit.proof(wrong), 422)
    await server.accounts.sign_out()
    visit.note("sign_out", address)
    return visit.redirect(server.basic, "web.signed_out")


def _ask(
    visit: "Visit",
    server: Server,
    questions: "Questions",
    mark: str,
    action: str,
    yes: str,
    proof: str = "",
    status: int = 200,
) -> "Response":
    """`mark` names exactly these questions; `action` and `yes`: what the button does and says."""
    say = visit.say
    pieces = [f"<p>{say('web.ask_nothing_yet')}</p>"]
    pieces += [f'<div class="bar {kind}"><p>{question}</p></div>' for kind, question in questions]
    pieces.append(f'<input type="hidden" name="asked" value="{mark}">' + proof)
    css = "danger" if any(kind == "bad" for kind, _ in questions) else "main"
    pieces.append(f'<div class="buttons"><button class="{css}" name="do" value="{action}">{say(yes)}</button>')
    pieces.append(f'<a class="button" href="{server.basic}">{say("web.back")}</a></div>')
    return visit.page("web.ask_title", form(server.basic, visit.session, pieces, "card"), status)


def _mark(questions: "Questions", settings: "Settings") -> str:
    asked = "\n".join([question for _, question in questions])
    return digest(asked + repr(sorted(public(settings).items())))
