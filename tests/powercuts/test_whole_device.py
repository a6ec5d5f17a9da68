"""The whole device on littlefs: the power goes in the middle of a write, comes back, and people go on with their work.

Each story is played once to count the operations of the flash, then again for each drawn cut; the same seed makes it the
same story up to there, with the same cloud behind it.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from firmware.store import Store
from sim.cloud.certificates import Authority
from sim.flash import SHAPES, Flash, FlashStorage
from sim.person import ONA, PRINTER, Administrator, ended, scan_to_email, set_up
from sim.world import VirtualWorld

_CUTS = max(20, int(os.environ.get("POWER_CUTS", "0")) // 5000)  # of each story
_BLOCKS = 32
Story = Callable[[VirtualWorld], Coroutine[Any, Any, object]]


async def sign_in(world: VirtualWorld) -> None:
    await set_up(world)


async def mail(world: VirtualWorld) -> None:
    await set_up(world)
    await scan_to_email(world, ONA)
    await ended(world)


async def server_change(world: VirtualWorld) -> None:
    administrator = await set_up(world)
    await administrator.press_ok(service="outlook")
    assert world.state()["accounts"]["device"]["state"] == "SIGNED_OUT"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new(random.Random(1))


def new_world(authority: Authority) -> VirtualWorld:
    return VirtualWorld(seed=3, authority=authority, storage=FlashStorage(Flash(blocks=_BLOCKS)))


def operations(story: Story, authority: Authority) -> int:
    world = new_world(authority)
    before = flash_of(world).operations

    async def played(world: VirtualWorld) -> int:
        await story(world)
        return flash_of(world).operations - before

    return world.run(played)


def flash_of(world: VirtualWorld) -> Flash:
    assert isinstance(world.storage, FlashStorage)
    return world.storage.flash


@pytest.mark.parametrize("story", [sign_in, mail, server_change])
def test_the_device_comes_back(
    story: Story, authority: Authority, record_property: Callable[[str, object], None]
) -> None:
    count = operations(story, authority)
    drawn = random.Random(story.__name__)
    every = [(number, shape) for number in range(count) for shape in SHAPES]
    cuts = drawn.sample(every, min(_CUTS, len(every)))
    pictures = {come_back(story, authority, *cut) for cut in cuts}
    numbers = {"cut points": len(cuts), "flash states": len(pictures), "restarts": len(cuts), "losses": 0}
    record_property("power cuts", (f"{story.__name__}, whole device", numbers))


def come_back(story: Story, authority: Authority, number: int, shape: str) -> int:
    """Play the story up to this cut, restart, and go on. Returns what tells the flash's state from others."""
    world = new_world(authority)
    flash = flash_of(world)

    async def cut(world: VirtualWorld) -> int:
        playing = asyncio.get_running_loop().create_task(story(world), name="main")
        flash.cut_at = flash.operations + number, shape
        flash.on_cut = playing.cancel  # type: ignore[assignment]
        with pytest.raises(asyncio.CancelledError):
            await playing
        left = flash.picture()
        promised = {job["id"] for job in world.state()["jobs"]}
        await world.power("off")
        assert isinstance(world.storage, FlashStorage) and not world.storage.formatted
        await world.power("on")
        await sane(world, promised)
        return hash(left)

    return world.run(cut)


async def sane(world: VirtualWorld, promised: set[int]) -> None:
    """Home screen, no token that is not for this server, every job that was promised ends once, and mails go out."""
    state = world.state()
    assert state["panel"]["screen"] == "home"
    assert world.device is not None
    record = Store(world.device.board).read("email")
    told = state["accounts"]["device"]["state"]
    assert told in ("SIGNED_IN", "SIGNED_OUT")
    if told == "SIGNED_IN":
        assert record is not None and record["settings"]["service"] == "exchange"
        assert state["accounts"]["device"]["address"] == PRINTER
    else:
        assert record is None or not record["account"]["refresh_token"]
    state = await world.until(lambda s: all(job["status"] in ("sent", "failed") for job in s["jobs"]), 2000)
    numbers = [job["id"] for job in state["jobs"]]
    assert len(set(numbers)) == len(numbers) and promised <= set(numbers)
    if told == "SIGNED_OUT":
        await Administrator(world).log_in()
        await set_up(world, service="exchange")
    await scan_to_email(world, ONA)
    assert (await ended(world))["status"] == "sent"
    messages = [world.message(ONA, mail["n"]) for mail in world.mailbox(ONA)]
    ids = {message.split(b"Message-ID:")[1].split(b"\r\n")[0] for message in messages}
    assert len(ids) <= len(numbers) + 1, "one Message-ID for each job, however often it was sent"
