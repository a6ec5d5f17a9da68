"""Every press is answered within 100 ms of the device's time, whatever the network does meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sim.cloud.certificates import Authority
from sim.network import ROUGH, Weather
from sim.person import ONA, scan_to_email, set_up
from sim.world import VirtualWorld, World
from tests.stories.conftest import Play

_ANSWERED_S = 0.1
_EVERY_S = 0.13
_TOKEN_S = 7200  # after which no access token is good any more
_SLOW = Weather(lookup_ms=(3000, 3000), connect_ms=(3000, 3000), handshake_ms=(3000, 3000), latency_ms=(1000, 1000))
TROUBLES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no name server": {"where": "smtp", "kind": "dns-silence"},
    "no greeting": {"where": "smtp", "kind": "stall", "bytes": 0},
    "silence before TLS": {"where": "smtp", "kind": "silence", "step": "starttls"},
    "silence within TLS": {"where": "smtp", "kind": "silence", "step": "auth"},
    "silence after the mail": {"where": "smtp", "kind": "silence", "step": "end-of-data"},
    "byte by byte": {"where": "smtp", "kind": "drip", "seconds": 0.5},
    "no token": {"where": "login", "kind": "stall", "bytes": 0},
    "a slow token": {"where": "token", "kind": "slow", "seconds": 60},
}


async def late(world: World, presses: int) -> list[float]:
    """Move the focus on the home screen again and again; how long each answer took that did not come in time."""
    loop, panel = asyncio.get_running_loop(), world.parts.panel
    said: list[float] = []
    say = panel.say

    def listen(*words: Any) -> None:
        said.append(loop.time())
        say(*words)

    panel.say = listen  # type: ignore[method-assign, assignment]
    took = []
    for _ in range(presses):
        said.clear()
        pressed = loop.time()
        world.parts.keys.press("down")
        await asyncio.sleep(_EVERY_S)
        took.append(said[0] - pressed if said else float("inf"))
    return [seconds for seconds in took if seconds > _ANSWERED_S]


@pytest.mark.parametrize("size", [(320, 240), (128, 64)])
@pytest.mark.parametrize("weather", [_SLOW, ROUGH], ids=["slow", "rough"])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_keys_answer_while_the_network_does_not(
    trouble: str, weather: Weather, size: tuple[int, int], authority: Authority
) -> None:
    """From Send on, for half a minute of name lookup, connection, TLS and mail, or of waiting for any of them."""

    async def story(world: World) -> list[float]:
        await set_up(world)
        await world.advance(_TOKEN_S)
        if TROUBLES[trouble]:
            world.add_fault(TROUBLES[trouble])
        await scan_to_email(world, ONA)
        assert world.state()["jobs"][0]["status"] in ("waiting", "sending")
        await world.hands.home()
        late_ones = await late(world, 230)
        if TROUBLES[trouble]:
            assert world.state()["jobs"][0]["status"] != "sent"
        return late_ones

    assert VirtualWorld(seed=3, authority=authority, weather=weather, size=size).run(story) == []


def test_keys_answer_in_every_world(play: Play) -> None:
    """With processes of their own, on real time that other programs take their part of: most of them do."""

    async def story(world: World) -> None:
        await set_up(world)
        world.add_fault(TROUBLES["silence within TLS"])
        await scan_to_email(world, ONA)
        await world.hands.home()
        assert len(await late(world, 30)) < 10

    play(story)


def test_what_cannot_be_interrupted_is_told_before(authority: Authority) -> None:
    """A board computes in a TLS handshake without a pause: that it connects is said before the connection is asked for."""

    async def story(world: VirtualWorld) -> list[str]:
        await set_up(world)
        shown: list[str] = []
        connect = world.network.connect

        async def listen(*to: Any) -> Any:
            shown.append(" ".join(world.parts.panel.words))
            return await connect(*to)

        world.network.connect = listen  # type: ignore[method-assign, assignment]
        await scan_to_email(world, ONA)
        await world.until(lambda s: s["jobs"][0]["status"] == "sent")
        return shown

    shown = VirtualWorld(seed=3, authority=authority).run(story)
    assert shown
    assert all("Connecting to the mail server…" in words for words in shown)
