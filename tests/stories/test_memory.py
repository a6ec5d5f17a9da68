"""Memory runs out while somebody signs in, a token is renewed, a mail is sent or a page asked for: what is said and goes on.

A named reason and another try, wherever somebody or something waits for it; never a wait without end, never a lost sign-in.
At which line memory runs out is the business of `tests/atlas/test_lines.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firmware.mail import sender
from firmware.oauth import service, signin
from firmware.oauth.accounts import Accounts
from firmware.store import Store
from firmware.web import pages
from hal.errors import StorageError
from sim.life import shared_authority
from sim.person import ONA, Administrator, ended, scan_to_email, set_up
from sim.world import VirtualWorld

Patch = pytest.MonkeyPatch
DAY_S = 86_400
HOUR_S = 3600


def world() -> VirtualWorld:
    return VirtualWorld(authority=shared_authority(), restarts=True)


class Short:
    """In place of a function: memory runs out so many times, then it does what it did."""

    def __init__(self, patch: Patch, owner: Any, name: str, times: int, wanted: Callable[..., bool] = lambda *_: True):
        self.struck = 0
        real = getattr(owner, name)

        def called(*arguments: Any, **named: Any) -> Any:
            if self.struck < times and wanted(*arguments):
                self.struck += 1
                raise MemoryError("none left")
            return real(*arguments, **named)

        patch.setattr(owner, name, called)


@pytest.mark.parametrize(
    ("owner", "name"),
    [(service, "ask"), (signin, "SignIn"), (signin.SignIn, "on_device_code")],
    ids=["request", "attempt", "code"],
)
def test_an_attempt_to_sign_in_ends_with_a_reason_and_another_one_succeeds(
    owner: Any, name: str, monkeypatch: Patch
) -> None:
    async def story(world: VirtualWorld) -> None:
        short = Short(monkeypatch, owner, name, 1)
        administrator = Administrator(world)
        await administrator.log_in()
        await administrator.begin_sign_in()
        state = await world.until(lambda s: s["signin"] and s["signin"]["state"] == "FAILED", 120)
        assert state["signin"]["reason"] == "The memory of the device was too small for the sign-in. Try again."
        assert short.struck == 1
        page = await administrator.browser.open(world.web_config_url() + "network/email/signin")
        assert "too small for the sign-in" in page.text
        await set_up(world)
        assert world.restarts == []

    world().run(story)


@pytest.mark.parametrize(
    ("owner", "name", "wanted"),
    [(service, "ask", lambda *given: "device_code" in (given[5] or {})), (signin.SignIn, "on_poll", lambda *_: True)],
    ids=["asking", "judging"],
)
def test_a_poll_without_memory_costs_time_and_no_grant(
    owner: Any, name: str, wanted: Callable[..., bool], monkeypatch: Patch
) -> None:
    async def story(world: VirtualWorld) -> None:
        short = Short(monkeypatch, owner, name, 2, wanted)
        await set_up(world)
        assert short.struck == 2 and world.state()["accounts"]["device"]["state"] == "SIGNED_IN"

    world().run(story)


def test_a_keep_alive_without_memory_is_tried_again_later(monkeypatch: Patch) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        short = Short(monkeypatch, Accounts, "_ask", 3)
        began = world.state()["accounts"]["device"]["good_until_s"]
        await world.advance(7 * DAY_S)
        account = world.state()["accounts"]["device"]
        assert short.struck == 3 and account["state"] == "SIGNED_IN" and account["good_until_s"] > began
        logged = [event["log"] for event in world.events if event.get("log") == "keep-alive: memory"]
        assert len(logged) == 3

    VirtualWorld(authority=shared_authority()).run(story)  # a restart would end it


@pytest.mark.parametrize(
    ("owner", "name", "wanted"),
    [
        (Accounts, "_ask", lambda *_: True),
        (Store, "write", lambda _, record, *__: record == "email"),
        (sender, "send", lambda *_: True),
    ],
    ids=["refresh", "keeping", "mail"],
)
@pytest.mark.parametrize("times", [1, 3])
def test_a_mail_waits_until_there_is_memory(
    owner: Any, name: str, wanted: Callable[..., bool], times: int, monkeypatch: Patch
) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        await world.advance(2 * HOUR_S)  # the next mail needs a new token
        short = Short(monkeypatch, owner, name, times, wanted)
        await scan_to_email(world, ONA)
        assert (await ended(world, HOUR_S))["status"] == "sent"
        assert short.struck == times and world.restarts == []
        assert world.state()["accounts"]["device"]["state"] == "SIGNED_IN"
        await world.power("off")
        await world.power("on")
        await scan_to_email(world, ONA)
        assert (await ended(world, HOUR_S))["status"] == "sent"

    world().run(story)


def test_a_mail_for_which_there_is_never_memory_ends_with_a_code(monkeypatch: Patch) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        Short(monkeypatch, sender, "send", 1000)
        await scan_to_email(world, ONA)
        job = await ended(world, HOUR_S)
        assert (job["status"], job["code"]) == ("failed", 101) and world.restarts == []

    world().run(story)


def test_a_page_for_which_there_is_no_memory_says_so_and_comes_later(monkeypatch: Patch) -> None:
    async def story(world: VirtualWorld) -> None:
        browser = world.browser()
        Short(monkeypatch, pages, "welcome", 1)
        page = await browser.open(world.web_config_url())
        assert page.status == 503 and "tried again" in page.text
        assert (await browser.open(world.web_config_url())).status == 200
        assert world.restarts == []

    world().run(story)


def test_who_sent_something_for_which_there_is_no_memory_is_told_to_look_whether_it_was_done(
    monkeypatch: Patch,
) -> None:
    """A browser that comes again by itself asks for the page, and does not send it a second time."""

    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        short = Short(monkeypatch, Store, "write", 1, lambda _, record, *__: record == "email")
        page = await administrator.press_ok(keep_alive=False)
        assert (short.struck, page.status) == (1, 503)
        assert "once more" in page.text and "tried again" not in page.text
        page = await administrator.press_ok(keep_alive=False)
        assert page.status == 200 and world.restarts == []

    world().run(story)


@pytest.mark.parametrize("flash", ["good", "failing"])
def test_a_clock_that_jumps_while_the_token_is_new_makes_keep_alive_wait_and_not_spin(
    flash: str, monkeypatch: Patch
) -> None:
    """By the wall clock the sign-in has not been used for a month, and there is nothing to do."""
    asked = 0
    real = Accounts._refresh

    async def refresh(self: Accounts, account: Any) -> None:
        nonlocal asked
        asked += 1
        assert asked < 50, "it spins"
        await real(self, account)

    def write(self: Store, name: str, *_: Any) -> None:
        raise StorageError("of " + name)

    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        await world.advance(DAY_S - 600)
        if flash == "failing":
            monkeypatch.setattr(Store, "write", write)
        await scan_to_email(world, ONA)
        await world.advance(60)
        await world.drift(30 * DAY_S)
        monkeypatch.setattr(Accounts, "_refresh", refresh)
        await world.advance(3600)
        assert asked

    VirtualWorld(authority=shared_authority()).run(story)
