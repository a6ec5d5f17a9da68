"""Email Notification: who is told what and when, by real mails through the simulated cloud (R16)."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.notifications import Notifications
from sim.cloud.certificates import Authority
from sim.person import ONA, PRINTER, ended, scan_to_email, set_up
from sim.world import VirtualWorld

DAY_S = 86400


async def begin(world: VirtualWorld, *events: str, **fields: Any) -> None:
    await set_up(world, **fields)
    assert world.device is not None
    Notifications(world.device.store).put([(ONA, list(events))])
    world.device.begin_notifying()


async def subjects(world: VirtualWorld, wait_s: int = 120) -> list[str]:
    await world.advance(wait_s)
    return [str(mail["subject"]) for mail in world.mailbox(ONA)]


def test_a_failed_job_is_told_and_a_failed_notice_is_not(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        await begin(world, "job_failed")
        world.add_fault({"where": "smtp", "kind": "certificate", "reason": "wrong-name"})
        await scan_to_email(world, "jonas@bureau.example")
        await world.until(lambda s: s["jobs"][-1]["status"] == "failed")
        world.clear_faults()
        assert await subjects(world) == ["A job failed: Scanpost One"]
        mail = world.message(ONA, world.mailbox(ONA)[-1]["n"])
        assert b"notice.txt" in mail
        world.add_fault({"where": "smtp", "kind": "certificate", "reason": "wrong-name"})
        assert world.device is not None
        world.device.submit_notice(ONA, "A notice that fails", "x")
        await world.until(lambda s: s["jobs"][0]["status"] == "failed")
        jobs = [(job["kind"], job["to"], job["status"]) for job in reversed(world.state()["jobs"])]
        assert jobs == [
            ("email", "jonas@bureau.example", "failed"),
            ("notice", ONA, "sent"),
            ("notice", ONA, "failed"),
        ]
        assert len(await subjects(world)) == 1

    VirtualWorld(seed=1, authority=authority).run(story)


@pytest.mark.parametrize("language", ["en", "lt"])
def test_the_end_of_a_sign_in_is_told_14_7_and_1_days_before(language: str, authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        await begin(world, "sign_in_ends", keep_alive="disable")
        assert world.device is not None
        world.device.language = language
        assert await subjects(world) == []
        await world.advance(90 * DAY_S - 14 * DAY_S + 7200)
        [first] = await subjects(world)
        assert ("The sign-in will end soon" if language == "en" else "Prisijungimas netrukus baigsis") in first
        # the notice itself was a use of the sign-in: it is good for 90 days more, and warned of again
        assert len(await subjects(world, 30 * DAY_S)) == 1

    VirtualWorld(seed=2, authority=authority).run(story)


def test_a_sign_in_that_nothing_renews_is_warned_of_three_times(authority: Authority) -> None:
    """A notice cannot go out, nor renew the sign-in, while the token service is out of order: 14, 7 and 1 days are told."""

    async def story(world: VirtualWorld) -> None:
        await begin(world, "sign_in_ends", keep_alive="disable")
        assert world.device is not None
        world.add_fault({"where": "token", "kind": "503"})
        await world.advance(75 * DAY_S)
        told = []
        for days in (14, 7, 1):
            good_until_s = world.device.accounts.account.good_until_s
            now_s = world.device.board.clock.now()
            assert good_until_s is not None and now_s is not None
            await world.advance(good_until_s - now_s - days * DAY_S + 7200)
            told.append((Notifications(world.device.store).warned()["email"][1], notices(world)))
        assert told == [(14, 1), (7, 2), (1, 3)]

    VirtualWorld(seed=4, authority=authority).run(story)


def notices(world: VirtualWorld) -> int:
    return sum(job["kind"] == "notice" for job in world.state()["jobs"])


def test_the_end_of_a_sign_in_waits_for_the_next_one_and_is_then_told(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        await begin(world, "sign_in_ended", keep_alive="disable")
        world.patch_user(PRINTER, {"password": "another-Passw0rd"})
        assert world.device is not None
        await world.advance(7200)
        await scan_to_email(world, ONA)
        await ended(world, 300)
        assert world.device.accounts.account.state == "REAUTH"
        assert await subjects(world) == []
        [pending] = Notifications(world.device.store).pending()
        assert pending[0] == ONA and PRINTER in pending[2] and "after a change of the password" in pending[2]
        await set_up(world)
        assert any("The sign-in has ended" in subject for subject in await subjects(world))
        assert Notifications(world.device.store).pending() == []

    VirtualWorld(seed=3, authority=authority).run(story)


def test_wc16_who_was_taken_out_of_the_address_book_is_told_by_mail(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        assert world.device is not None
        world.device.contacts.put("Ona", ONA)
        url = world.web_config_url() + "contacts"
        page = await administrator.browser.press(await administrator.browser.open(url), "Ona")
        await administrator.browser.press(page, "OK", address="evil@elsewhere.example")
        [subject] = await subjects(world)
        assert "Settings were changed" in subject

    VirtualWorld(seed=4, authority=authority).run(story)
