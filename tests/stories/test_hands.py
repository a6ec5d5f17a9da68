"""What people's hands do reaches the device whole and in order, in every world."""

from __future__ import annotations

import asyncio

from sim.cloud.certificates import Authority
from sim.person import Administrator
from sim.world import VirtualWorld, World
from tests.stories.conftest import Play


def test_a_long_text_is_typed_whole(play: Play) -> None:
    """A device's queue for keys is short: whoever types waits for it."""
    address = "a" * 60 + "@" + ".".join(["b" * 60] * 3)

    async def story(world: World) -> None:
        await world.tap("Scan to Email")
        await world.type(address)
        assert address in world.state()["panel"]["words"]

    play(story)


def test_the_same_key_of_the_panel_again_and_again(play: Play) -> None:
    """None of it is taken for a bounce of the contact."""

    async def story(world: World) -> None:
        await world.tap("Scan to Email")
        await world.tap("Enter an email address")
        for _ in range(4):
            await world.tap("a")
        assert "aaaa" in world.state()["panel"]["words"]

    play(story)


def test_what_a_press_changes_is_there_when_it_returns(play: Play) -> None:
    async def story(world: World) -> None:
        for _ in range(3):
            await world.tap("Settings")
            assert world.state()["panel"]["screen"] == "settings"
            await world.key("back")
            assert world.state()["panel"]["screen"] == "home"

    play(story)


def test_the_device_sees_first_what_was_done_first(play: Play) -> None:
    """A document laid down, or taken away, just before a press is there, or gone, when the device takes the press."""

    async def story(world: World) -> None:
        await world.tap("Scan to Email")
        await world.type("ona@bureau.example")
        for laid in (False, True, False):
            if laid:
                world.put_document("scan.pdf", "application/pdf", b"%PDF")
                await world.tap("Send")
                assert world.state()["panel"]["screen"] == "sending"
                await world.key("home")
                await world.tap("Scan to Email")
                await world.type("ona@bureau.example")
            else:
                world.remove_document()
                await world.tap("Send")
                assert "Place a document on the scanner." in world.state()["panel"]["words"]

    play(story)


def test_a_press_that_changes_nothing_takes_no_time(authority: Authority) -> None:
    async def story(world: World) -> float:
        loop = asyncio.get_running_loop()
        before = loop.time()
        for key in ("home", "back") * 5:
            await world.key(key)
        return loop.time() - before

    assert VirtualWorld(seed=1, authority=authority).run(story) < 0.4


def test_a_journey_through_time_stops_at_each_alarm_of_the_device(play: Play) -> None:
    """A code that nobody enters is asked about all the time until it has run out, however far the journey goes."""

    async def story(world: World) -> None:
        administrator = Administrator(world)
        await administrator.log_in()
        await administrator.begin_sign_in()
        await world.advance(200)
        polls = [event for event in world.events if event.get("error") == "authorization_pending"]
        assert len(polls) >= 30
        assert not [event for event in world.events if event.get("error") == "slow_down"]

    play(story)
