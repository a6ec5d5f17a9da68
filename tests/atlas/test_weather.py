"""The virtual network's physics: latency, bandwidth, pieces; cheap and without a trace where it is calm."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.errors import ConnectionLost
from sim.cloud.certificates import Authority
from sim.loop import VirtualLoop
from sim.network import CALM, ROUGH, Weather, pair
from sim.person import ONA, ended, scan_to_email, set_up
from sim.world import VirtualWorld

_SEEDS = range(2, 22)
_BODY = bytes(range(256)) * 150


def carried(weather: Weather, seed: int, writes: list[bytes]) -> tuple[list[bytes], float]:
    """What reads at the far end give, and how long it took."""
    loop = VirtualLoop()

    async def story() -> list[bytes]:
        near, far = pair("a", "b", weather, random.Random(seed))
        for data in writes:
            await near.write(data, 1000)
        await near.close()
        pieces = []
        while piece := await far.read(4096, 600_000):
            pieces.append(piece)
        return pieces

    try:
        return loop.run(story()), loop.time()
    finally:
        loop.close()


@settings(max_examples=200)
@given(st.lists(st.binary(min_size=1, max_size=5000), max_size=10), st.integers(0, 1000))
def test_what_is_sent_arrives_in_order_and_whole(writes: list[bytes], seed: int) -> None:
    pieces, _ = carried(ROUGH, seed, writes)
    assert b"".join(pieces) == b"".join(writes)


def test_the_same_seed_draws_the_same_weather() -> None:
    writes = [b"x" * n for n in (1, 3000, 20, 900)]
    assert carried(ROUGH, 7, writes) == carried(ROUGH, 7, writes)
    assert carried(ROUGH, 7, writes) != carried(ROUGH, 8, writes)


def test_calm_weather_takes_no_time_and_cuts_nothing() -> None:
    assert carried(CALM, 7, [b"x" * 4000]) == ([b"x" * 4000], 0.0)


def test_bandwidth_and_latency() -> None:
    assert carried(Weather(bytes_per_s=1000), 1, [b"x" * 3000])[1] == pytest.approx(3.0)
    assert carried(Weather(latency_ms=(250, 250)), 1, [b"x", b"y"])[1] == pytest.approx(0.25)


def test_what_is_under_way_is_lost_with_the_connection() -> None:
    loop = VirtualLoop()

    async def story() -> None:
        near, far = pair("a", "b", Weather(latency_ms=(100, 100)), random.Random(1))
        await near.write(b"never", 1000)
        near.cut()
        with pytest.raises(ConnectionLost):
            await far.read(10, 1000)
        await asyncio.sleep(1)

    try:
        loop.run(story())
    finally:
        loop.close()


@pytest.mark.parametrize("seed", _SEEDS)
def test_the_first_mail_goes_through_rough_weather(seed: int, authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        await scan_to_email(world, ONA, body=_BODY)
        assert (await ended(world, 600))["status"] == "sent"
        assert len(world.mailbox(ONA)) == 1

    VirtualWorld(seed=seed, authority=authority, weather=ROUGH).run(story, deadline_s=86400)
