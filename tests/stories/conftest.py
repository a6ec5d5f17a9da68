"""`play(story)` runs a story in each world: virtual time in process, and the firmware as a process of its own."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sim.cloud.certificates import Authority
from sim.live_world import LiveWorld
from sim.scenario import WORLDS
from sim.world import VirtualWorld, World

Story = Callable[[World], Awaitable[None]]
Play = Callable[..., None]


@pytest.fixture(scope="session")
def authority() -> Authority:
    """One for all worlds: its keys are what takes longest about them."""
    return Authority.new(random.Random(1))


@pytest.fixture(params=[WORLDS[0], *(pytest.param(name, marks=pytest.mark.live) for name in WORLDS[1:])])
def play(request: pytest.FixtureRequest, authority: Authority, tmp_path: Path) -> Play:
    interpreter: str = request.param

    def play_virtual(story: Story, **options: Any) -> None:
        VirtualWorld(seed=1, authority=authority, **options).run(story, deadline_s=800 * 86400)  # type: ignore[arg-type]

    def play_live(story: Story, **options: Any) -> None:
        async def whole() -> None:
            world = LiveWorld(tmp_path / "state", interpreter=interpreter, authority=authority, **options)
            try:
                await world.start()
                await story(world)
            finally:
                await world.stop()

        asyncio.run(whole())

    return play_virtual if interpreter == "virtual" else play_live
