"""`play(story)` runs a story in each world: virtual time in process, and the firmware as a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from sim.live_world import LiveWorld
from sim.world import VirtualWorld, World

Story = Callable[[World], Awaitable[None]]
Play = Callable[..., None]


@pytest.fixture(
    params=[
        "virtual",
        pytest.param("micropython", marks=pytest.mark.live),
        pytest.param("cpython", marks=pytest.mark.live),
    ]
)
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Play:
    interpreter: str = request.param

    def play_virtual(story: Story, **options: Any) -> None:
        VirtualWorld(seed=1, **options).run(story, deadline_s=400 * 86400)  # type: ignore[arg-type]

    def play_live(story: Story, **options: Any) -> None:
        async def whole() -> None:
            world = LiveWorld(tmp_path / "state", interpreter=interpreter, **options)
            try:
                await world.start()
                await story(world)
            finally:
                await world.stop()

        asyncio.run(whole())

    return play_virtual if interpreter == "virtual" else play_live
