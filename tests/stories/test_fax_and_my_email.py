"""A fax to the fax server, and scans to one's own mailbox, from the panel to the cloud and back (manual R21-R24)."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.device import Device
from sim.cloud.certificates import Authority
from sim.person import ONA, PRINTER, Administrator, custom_form, ended, set_up
from sim.storage import RamStorage
from sim.words import words
from sim.world import VirtualWorld

JONAS = "jonas@bureau.example"
CUSTOMER = "bureau@faksas.example"
NUMBER = "+370 5 234 56 78"
PIN = {"ona": "4711", "jonas": "0815"}


def device_of(world: VirtualWorld) -> Device:
    assert world.device is not None
    return world.device


async def with_users(world: VirtualWorld) -> Administrator:
    """A device that is signed in, has two users, and lets everybody sign in with their own address."""
    administrator = await set_up(world)
    device = device_of(world)
    for id, email in (("ona", ONA), ("jonas", JONAS)):
        await device.users.put({"id": id, "email": email, "pin": PIN[id]})
    await device.accounts.save({**device.settings(), "sender_of": "user"}, False, "")
    assert world.state()["accounts"]["device"]["state"] == "SIGNED_IN"
    return administrator


async def log_in(world: VirtualWorld, id: str) -> None:
    await world.hands.home()
    await world.tap(words("job.kind.my-email", "en"))
    await world.type(id)
    await world.key("start")
    await world.type(PIN[id])
    await world.key("start")
    await world.until(lambda s: s["panel"]["screen"] == "my_email")


async def sign_in(world: VirtualWorld, administrator: Administrator, address: str, consent: str = "user") -> Any:
    """A user signs in at the panel, after they have logged in there."""
    await world.tap(words("signin.begin", "en"))
    state = await world.until(lambda s: s["signin"] and s["signin"]["state"] == "WAITING", 90)
    assert state["signin"]["account"].startswith("user:")
    return await administrator.enter_code(address, consent)


async def scanned(world: VirtualWorld, name: str = "scan.pdf") -> dict[str, Any]:
    world.put_document(name, "application/pdf", b"%PDF-1.7 one page\n" * 50)
    await world.tap(words("scan.send", "en"))
    return await ended(world)


def run(authority: Authority, story: Any, seed: int = 1) -> None:
    VirtualWorld(seed=seed, authority=authority).run(story, deadline_s=400 * 86400)


def test_r24_a_user_signs_in_once_and_mails_come_from_and_go_to_them(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        administrator = await with_users(world)
        await log_in(world, "ona")
        assert (await sign_in(world, administrator, ONA))["result"] == "signed-in"
        await world.tap(words("panel.ok", "en"))
        await world.tap(words("panel.ok", "en"))
        job = await scanned(world)
        assert (job["kind"], job["status"], job["to"]) == ("my-email", "sent", ONA), job
        assert [(mail["from"], mail["to"]) for mail in world.mailbox(ONA)] == [(ONA, ONA)]
        await world.power("off")
        await world.power("on")
        await world.until(lambda s: s["panel"]["screen"] == "home")
        await log_in(world, "ona")  # later times no sign-in is asked for
        assert (await scanned(world))["status"] == "sent"
        assert world.state()["accounts"]["user:ona"]["state"] == "SIGNED_IN"
        await log_in(world, "jonas")
        assert words("my_email.SIGNED_OUT", "en") in " ".join(world.state()["panel"]["words"])

    run(authority, story)


def test_r24_the_users_sign_in_runs_out_by_disuse_and_costs_nobody_else_theirs(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        administrator = await with_users(world)
        await log_in(world, "ona")
        await sign_in(world, administrator, ONA)
        await world.tap(words("panel.ok", "en"))
        await world.tap(words("panel.ok", "en"))
        await world.advance(91 * 86400)
        await log_in(world, "ona")
        job = await scanned(world)
        assert (job["status"], job["code"]) == ("failed", 361), job
        assert world.state()["accounts"]["device"]["state"] == "SIGNED_IN"
        await log_in(world, "ona")
        assert words("my_email.EXPIRED", "en") in " ".join(world.state()["panel"]["words"])

    run(authority, story)


def test_r23_without_consent_a_user_sees_why(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        administrator = await with_users(world)
        world.patch_tenant({"consent": []})
        await log_in(world, "ona")
        assert (await sign_in(world, administrator, ONA))["result"] == "needs-admin-consent"
        await log_in(world, "ona")
        answer = await sign_in(world, administrator, "admin@bureau.example", "organization")
        assert answer["result"] == "signed-in"  # R23: the administrator first
        await log_in(world, "ona")
        assert (await sign_in(world, administrator, ONA))["result"] == "signed-in"

    run(authority, story)


def test_pb12_another_server_ends_every_users_sign_in_in_one_write(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        administrator = await with_users(world)
        for id, address in (("ona", ONA), ("jonas", JONAS)):
            await log_in(world, id)
            await sign_in(world, administrator, address)
            await world.tap(words("panel.ok", "en"))
            await world.tap(words("panel.ok", "en"))
        device = device_of(world)
        assert isinstance(world.storage, RamStorage)
        before = world.storage.operations
        custom = world.patch_tenant({}, "faksas.example")["custom"]
        from firmware.settings_rules import validate

        draft, problems = validate({"method": "oauth2", "sender_of": "user", **custom_form(custom)}, device.settings())
        assert not problems
        await device.accounts.save(draft, False, "")
        assert world.storage.operations - before == 2  # beside it, and renamed over it
        for id in ("ona", "jonas"):
            account = device.people.of(id).account
            assert (account.state, account._refresh_token) == ("SIGNED_OUT", "")
            await log_in(world, id)
            shown = " ".join(world.state()["panel"]["words"])
            assert words("detail.settings_changed", "en") in shown
        await world.power("off")
        await world.power("on")
        await world.until(lambda s: s["panel"]["screen"] == "home")
        assert device_of(world).people.of("ona").account.state == "SIGNED_OUT"

    run(authority, story)


def test_removing_a_user_erases_their_tokens(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        administrator = await with_users(world)
        await log_in(world, "ona")
        await sign_in(world, administrator, ONA)
        await world.tap(words("panel.ok", "en"))
        device = device_of(world)
        assert any(name.startswith("user.") for name in world.storage.names())
        await device.remove_user("ona")
        assert not any(name.startswith("user.") for name in world.storage.names())
        assert device.people.of("ona").account.state == "SIGNED_OUT"

    run(authority, story)


async def fax_set_up(world: VirtualWorld) -> None:
    """The fax server is the mail provider, signed in to apart from the device's own mail server."""
    from firmware.settings_rules import validate

    fax = device_of(world).fax
    assert fax is not None
    custom = world.patch_tenant({}, "faksas.example")["custom"]
    form = {"method": "oauth2", "fax_domain": "fax.faksas.example", **custom_form(custom)}
    draft, problems = validate(form, fax.settings())
    assert not problems
    await fax.start_signin(draft, "test")
    state = await world.until(lambda s: s["signin"] and s["signin"]["state"] == "WAITING", 90)
    assert state["signin"]["account"] == "fax"
    [password] = [account["password"] for account in world.accounts() if account["address"] == CUSTOMER]
    await world.signin(state["signin"]["user_code"], CUSTOMER, password, "user")
    await world.advance(10)
    await fax.save(draft, True, "test")
    await world.until(lambda s: s["accounts"]["fax"]["state"] == "SIGNED_IN")


async def faxed(world: VirtualWorld, number: str = NUMBER) -> dict[str, Any]:
    world.put_document("sutartis.pdf", "application/pdf", b"%PDF-1.7 one page\n" * 50)
    await world.hands.home()
    await world.tap(words("fax.title", "en"))
    await world.type(number)
    await world.tap(words("scan.send", "en"))
    return await ended(world)


def test_r21_a_fax_goes_out_over_the_fax_servers_own_sign_in(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        await fax_set_up(world)
        job = await faxed(world)
        assert (job["kind"], job["status"], job["code"]) == ("fax", "sent", None), job
        assert [(fax["number"], fax["from"]) for fax in world.faxes()] == [("+37052345678", CUSTOMER)]
        world.revoke(PRINTER)  # the device's own sign-in has no part in it
        assert (await faxed(world))["status"] == "sent"
        world.patch_user(CUSTOMER, {"password": "another one"})
        await world.advance(86400)
        job = await faxed(world)
        assert (job["status"], job["code"]) == ("failed", 370), job
        assert world.state()["accounts"]["fax"]["state"] == "REAUTH"
        assert len(world.faxes()) == 2

    run(authority, story)


def test_pb11_another_fax_server_costs_the_fax_servers_sign_in_alone(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        await fax_set_up(world)
        fax = device_of(world).fax
        assert fax is not None
        await fax.save({**fax.settings(), "smtp_host": "mail.attacker.example"}, False, "")
        accounts = world.state()["accounts"]
        assert (accounts["fax"]["state"], accounts["device"]["state"]) == ("SIGNED_OUT", "SIGNED_IN")
        job = await faxed(world)
        assert (job["status"], job["code"]) == ("failed", 360), job

    run(authority, story)


@pytest.mark.parametrize("number", ["8", "8+5", "123a"])
def test_what_is_no_number_is_refused_at_the_panel(number: str, authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        await fax_set_up(world)
        jobs = len(world.state()["jobs"])
        world.put_document("sutartis.pdf", "application/pdf", b"%PDF")
        await world.hands.home()
        await world.tap(words("fax.title", "en"))
        await world.type(number)
        await world.tap(words("scan.send", "en"))
        state = world.state()
        if number == "123a":  # letters cannot be typed there
            await world.until(lambda s: len(s["jobs"]) == jobs + 1)
        else:
            assert words("error.fax_number", "en") in state["panel"]["words"]
            assert len(state["jobs"]) == jobs

    run(authority, story)
