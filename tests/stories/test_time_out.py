"""Product Security > Operation Time-Out at the panel: the display goes dark, and the administrator is logged out (R13)."""

from __future__ import annotations

import pytest

from sim.cloud.certificates import Authority
from sim.world import VirtualWorld


@pytest.mark.parametrize("minutes", [1, 10])
def test_the_panel_goes_by_the_time_that_web_config_sets(minutes: int, authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        assert world.device is not None
        world.device.set_idle_times(15, minutes)
        await world.until(lambda s: s["panel"]["screen"] == "screen_saver", 601)  # what it waits for is the old time
        await world.key("home")
        await world.advance(minutes * 60 - 10)
        assert world.state()["panel"]["screen"] == "home"
        await world.advance(20)
        assert world.state()["panel"]["screen"] == "screen_saver"

    VirtualWorld(seed=1, authority=authority).run(story)


def test_the_times_survive_a_restart(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        assert world.device is not None
        world.device.set_idle_times(20, 7)
        await world.power("off")
        await world.power("on")
        await world.advance(1)
        assert world.device is not None
        assert (world.device.web_idle_min, world.device.panel_idle_min) == (20, 7)

    VirtualWorld(seed=1, authority=authority).run(story)
