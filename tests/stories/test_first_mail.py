"""The stories of the first mail and of the codes 360, 361 and 370, and those that must not give these codes.

Each is played in virtual time, with the real MicroPython, and with CPython.
"""

from __future__ import annotations

import email
import email.policy
from typing import Any

import pytest

from sim.person import ADMINISTRATOR, ONA, PRINTER, Administrator, ended, scan_to_email, set_up
from sim.world import World
from tests.stories.conftest import Play

_DAY_S = 86400
_RETRIES_S = 1200  # longer than a job is tried again


def last_mail(world: World, address: str = ONA) -> Any:
    number = world.mailbox(address)[-1]["n"]
    return email.message_from_bytes(world.message(address, number), policy=email.policy.default)


async def failed_job(world: World) -> dict[str, Any]:
    job = await ended(world)
    assert job["status"] == "failed", job
    return job


def account(world: World) -> dict[str, Any]:
    told: dict[str, Any] = world.state()["accounts"]["device"]
    return told


def test_sign_in_ok_scan_mail_history(play: Play) -> None:
    """R04 to R07, R17: the whole way; the attachment is byte-identical and its Lithuanian name intact."""
    body = bytes(range(256)) * 700

    async def story(world: World) -> None:
        await set_up(world)
        assert account(world)["address"] == PRINTER
        await scan_to_email(world, ONA, "sąskaita ąčęėįšųūž.pdf", body)
        job = await ended(world)
        assert (job["status"], job["code"], job["to"]) == ("sent", None, ONA)
        mail = last_mail(world)
        [attachment] = list(mail.iter_attachments())
        assert attachment.get_content() == body
        assert attachment.get_filename() == "sąskaita ąčęėįšųūž.pdf"
        assert mail["From"].addresses[0].addr_spec == PRINTER
        await world.key("home")
        await world.tap("Job Status")
        await world.until(lambda s: any(ONA in words for words in s["panel"]["words"]))

    play(story)


def test_360_never_signed_in(play: Play) -> None:
    """R15, R18."""

    async def story(world: World) -> None:
        await scan_to_email(world, ONA)
        assert (await failed_job(world))["code"] == 360
        sentence = "To use this function, you need to sign in to your email service. Contact your administrator."
        await world.until(lambda s: sentence in " ".join(" ".join(s["panel"]["words"]).split()))

    play(story)


def test_360_signed_in_but_ok_not_pressed(play: Play) -> None:
    """R07: until OK the printer does not have it."""

    async def story(world: World) -> None:
        administrator = Administrator(world)
        await administrator.log_in()
        world.patch_tenant({"consent": ["organization"]})
        assert (await administrator.sign_in())["result"] == "signed-in"
        assert "not saved" in (await administrator.email_page()).text.lower()
        await scan_to_email(world, ONA)
        assert (await failed_job(world))["code"] == 360
        assert account(world)["state"] == "SIGNED_OUT"

    play(story)


def test_consent_takes_an_administrator_once(play: Play) -> None:
    """R03: without the organization's consent an ordinary user cannot sign in; the administrator's tick lets all."""

    async def story(world: World) -> None:
        administrator = Administrator(world)
        await administrator.log_in()
        refused = await administrator.sign_in(PRINTER, "user")
        assert refused["result"] == "needs-admin-consent", refused
        assert (await administrator.sign_in(ADMINISTRATOR, "organization"))["result"] == "signed-in"
        assert (await administrator.sign_in(PRINTER, "user"))["result"] == "signed-in"
        await administrator.press_ok()
        assert account(world)["address"] == PRINTER

    play(story)


def test_361_after_91_days_without_use(play: Play) -> None:
    """R16, R19: with keep-alive off."""

    async def story(world: World) -> None:
        await set_up(world, keep_alive="disable")
        await world.advance(91 * _DAY_S)
        await scan_to_email(world, ONA)
        assert (await failed_job(world))["code"] == 361
        assert account(world)["state"] == "EXPIRED"

    play(story)


def test_keep_alive_keeps_the_sign_in_for_a_year(play: Play) -> None:
    async def story(world: World) -> None:
        await set_up(world)
        for _ in range(52):
            await world.advance(7 * _DAY_S)
            await world.until(lambda s: s["accounts"]["device"]["good_until_s"] > s["clock"]["now_s"] + 80 * _DAY_S)
        await scan_to_email(world, ONA)
        assert (await ended(world))["status"] == "sent"

    play(story)


def test_370_after_a_password_change(play: Play) -> None:
    """R20."""

    async def story(world: World) -> None:
        await set_up(world)
        world.patch_user(PRINTER, {"password": "another-Password-1"})
        await world.advance(2 * 3600)
        await scan_to_email(world, ONA)
        assert (await failed_job(world))["code"] == 370
        assert account(world)["state"] == "REAUTH"

    play(story)


@pytest.mark.parametrize(
    ("tenant", "user", "code"),
    [({"smtp_auth_disabled": True}, {}, 312), ({}, {"smtp_auth": False}, 312), ({"security_defaults": True}, {}, 312)],
    ids=["tenant", "mailbox", "security defaults"],
)
def test_smtp_auth_switched_off_keeps_the_sign_in(
    play: Play, tenant: dict[str, Any], user: dict[str, Any], code: int
) -> None:
    """R01: each switch has a refusal and a text of its own, and none is 360, 361 or 370."""

    async def story(world: World) -> None:
        await set_up(world)
        if tenant:
            world.patch_tenant(tenant)
        if user:
            world.patch_user(PRINTER, user)
        await scan_to_email(world, ONA)
        job = await failed_job(world)
        assert job["code"] == code, job
        assert job["detail"]
        assert account(world)["state"] == "SIGNED_IN"
        world.patch_tenant({"smtp_auth_disabled": False, "security_defaults": False})
        world.patch_user(PRINTER, {"smtp_auth": None})
        await scan_to_email(world, ONA)
        assert (await ended(world))["status"] == "sent"

    play(story)


def test_a_failed_new_attempt_leaves_the_saved_sign_in(play: Play) -> None:
    """R03, R06: declined on the cloud's page."""

    async def story(world: World) -> None:
        administrator = await set_up(world)
        code = (await administrator.begin_sign_in())["user_code"]
        assert (await world.signin(code, PRINTER, administrator.password(PRINTER), "decline"))["result"] == "declined"
        await world.until(lambda s: s["signin"] and s["signin"]["state"] == "DECLINED")
        await scan_to_email(world, ONA)
        assert (await ended(world))["status"] == "sent"

    play(story)


def test_sign_out_erases_the_tokens(play: Play) -> None:
    """R08."""

    async def story(world: World) -> None:
        administrator = await set_up(world)
        page = await administrator.browser.press(await administrator.email_page(), "Sign Out")
        await administrator.browser.press(page, "Sign Out")
        assert account(world)["state"] == "SIGNED_OUT"
        page = await administrator.email_page()
        assert "Current Status" not in page.text
        await scan_to_email(world, ONA)
        assert (await failed_job(world))["code"] == 360

    play(story)


def test_an_interrupted_job_is_sent_again_with_the_same_message_id(play: Play) -> None:
    """A power cut while the final 250 is still out: two copies at worst, one Message-ID, reported once."""

    async def story(world: World) -> None:
        await set_up(world)
        world.add_fault({"where": "smtp", "kind": "lost-250", "times": 1})
        await scan_to_email(world, ONA)
        await world.until(lambda s: world.mailbox(ONA))
        await world.power("off")
        await world.power("on")
        assert (await ended(world))["status"] == "sent"
        seen = {mail["Message-ID"] for mail in (last_mail(world),)}
        first = email.message_from_bytes(world.message(ONA, world.mailbox(ONA)[0]["n"]), policy=email.policy.default)
        assert seen == {first["Message-ID"]}
        assert len([job for job in world.state()["jobs"] if job["status"] == "sent"]) == 1

    play(story)
