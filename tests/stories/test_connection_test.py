"""The connection test: each stage, the one that fails, and what it is called there."""

from __future__ import annotations

from typing import Any

import pytest

from firmware import connection_test
from firmware.connection_test import STAGES, ConnectionTest
from firmware.jobs.codes import code_for, strings_of
from firmware.panel.strings import has
from sim.cloud.certificates import Authority
from sim.invariants import Invariant
from sim.person import PRINTER, ended, scan_to_email, set_up
from sim.watch import Watch
from sim.words import words
from sim.world import VirtualWorld

_NAMES = {connection_test.PASSED: "passed", connection_test.FAILED: "failed", connection_test.PENDING: "-"}

# what is wrong, and where the test ends with which kind of failure
_TROUBLE: tuple[tuple[Any, str, str], ...] = (
    ({"where": "device", "kind": "clock-unset"}, "clock", "clock"),
    ({"where": "network", "kind": "link-down"}, "dns", "link_down"),
    ({"where": "smtp", "kind": "dns"}, "dns", "dns"),
    ({"where": "smtp", "kind": "refused"}, "tcp", "connection"),
    ({"where": "smtp", "kind": "no-starttls"}, "starttls", "starttls_missing"),
    ({"where": "smtp", "kind": "binary", "step": "greeting"}, "starttls", "protocol"),
    ({"where": "smtp", "kind": "421", "step": "ehlo"}, "starttls", "throttled"),
    ({"where": "smtp", "kind": "certificate", "reason": "wrong-name"}, "certificate", "certificate"),
    ({"where": "smtp", "kind": "certificate", "reason": "expired"}, "certificate", "certificate_time"),
    ({"where": "smtp", "kind": "mechanisms", "text": "LOGIN PLAIN"}, "auth", "auth_not_offered"),
    ({"where": "token", "kind": "503"}, "token", "token_service"),
    ({"where": "token", "kind": "50173"}, "token", "reauth"),
    ({"smtp_auth_disabled": True}, "auth", "smtp_auth_disabled_tenant"),
    ({"security_defaults": True}, "auth", "security_defaults"),
    ({"where": "smtp", "kind": "drop-mid-data", "bytes": 100}, "sender", "connection"),
)


async def trial(world: VirtualWorld) -> ConnectionTest:
    assert world.device is not None
    told: list[str] = []
    test = ConnectionTest(world.device.board, world.device.accounts, lambda: told.append(""))
    await test.run()
    assert told and not test.running
    return test


def as_words(test: ConnectionTest) -> list[str]:
    return [_NAMES[stage.state] for stage in test.stages]


def test_all_is_well_and_the_sender_has_the_mail(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        test = await trial(world)
        assert test.passed() and as_words(test) == ["passed"] * len(STAGES)
        [mail] = world.mailbox(PRINTER)
        assert (mail["from"], mail["to"], mail["subject"]) == (PRINTER, PRINTER, "Connection test")

    VirtualWorld(seed=1, authority=authority).run(story)


@pytest.mark.parametrize(("trouble", "stage", "kind"), _TROUBLE, ids=[f"{t[1]} {t[2]}" for t in _TROUBLE])
def test_the_stage_that_fails_is_named_and_what_comes_after_it_is_not_tried(
    trouble: dict[str, Any], stage: str, kind: str, authority: Authority
) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        await world.advance(7200)  # the access token is used up
        if "where" in trouble:
            world.add_fault({"times": 1, **trouble} if trouble["where"] in ("smtp", "token") else trouble)
        else:
            world.patch_tenant(trouble)
        test = await trial(world)
        failed = STAGES.index(stage)
        assert as_words(test) == ["passed"] * failed + ["failed"] + ["-"] * (len(STAGES) - failed - 1)
        assert (test.stages[failed].kind, test.passed()) == (kind, False)
        assert all(has(key) for key in strings_of(code_for(kind)))  # what to do
        assert world.mailbox(PRINTER) == []

    VirtualWorld(seed=1, authority=authority).run(story)


def test_a_sender_that_may_not_send_is_found_by_a_real_mail(authority: Authority) -> None:
    """Exchange says so only after DATA (cloud-facts 4.5)."""

    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        assert world.device is not None
        accounts = world.device.accounts
        await accounts.save({**accounts.settings(), "sender": "ona@bureau.example"}, False, "")
        test = await trial(world)
        assert as_words(test) == ["passed"] * 7 + ["failed"]
        assert test.stages[-1].kind == "sender_refused"

    VirtualWorld(seed=1, authority=authority).run(story)


def test_pb07_no_draft_is_tested_and_no_server_sees_a_token_that_was_not_granted_for_it(authority: Authority) -> None:
    shown: list[str] = []

    class Bearers(Invariant):
        def authenticated(self, connection: Any, _code: int, _text: str) -> None:
            shown.append(connection.host)

    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        assert world.device is not None
        accounts = world.device.accounts
        host = accounts.settings()["smtp_host"]
        await trial(world)
        assert set(shown) == {host}
        shown.clear()
        # Saved by whoever got so far: the sign-in is gone with the same write, and the test stops before AUTH.
        custom = {
            "service": "custom",
            "smtp_host": "mail.attacker.example",
            "authority": "https://login.attacker.example",
        }
        await accounts.save({**accounts.settings(), **custom}, False, "")
        test = await trial(world)
        assert not test.passed() and shown == []

    world = VirtualWorld(seed=1, authority=authority)
    Watch(world, (Bearers,))
    world.run(story)


# --- after a sign-in, without anybody asking for a test ---


def test_that_smtp_auth_is_off_is_said_before_somebody_scans(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        world.patch_tenant({"smtp_auth_disabled": True})
        await set_up(world)
        assert words("home.refused", "en") not in world.state()["panel"]["words"]
        await world.advance(10)
        assert words("home.refused", "en") in world.state()["panel"]["words"]
        assert words("detail.smtp_auth_disabled_tenant", "en") in " ".join(world.state()["panel"]["words"])
        assert world.state()["accounts"]["device"]["state"] == "SIGNED_IN"  # a switch of the server costs no sign-in
        world.patch_tenant({"smtp_auth_disabled": False})
        await world.advance(7200)
        await scan_to_email(world, PRINTER)
        assert (await ended(world))["status"] == "sent"
        await world.hands.home()
        assert words("home.refused", "en") not in world.state()["panel"]["words"]

    VirtualWorld(seed=1, authority=authority).run(story)


def test_when_all_is_well_or_the_network_fails_nothing_is_said(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        world.add_fault({"where": "smtp", "kind": "dns"})
        await world.advance(10)
        assert world.device is not None and world.device.accounts.server_refuses == ""

    VirtualWorld(seed=1, authority=authority).run(story)
