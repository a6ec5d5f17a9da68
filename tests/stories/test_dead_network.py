"""A network that does not work for a day: the device waits and tries again, never restarts, and its panel answers.

The watchdog is fed by a supervisor that sees every task move (`firmware/supervisor.py`): waiting for a server is moving.
"""

from __future__ import annotations

from typing import Any

import pytest

from sim.life import shared_authority
from sim.network import CALM, Weather
from sim.person import ONA, ended, scan_to_email, set_up
from sim.world import VirtualWorld
from tests.stories.test_responses import late

_HOURS = 24
_PRESSES = 20
_WAYS = ("login", "smtp")
_SLOW_TLS = Weather(lookup_ms=(1000, 5000), connect_ms=(1000, 9000), handshake_ms=(20_000, 59_000))
TROUBLES: dict[str, tuple[Weather, list[dict[str, Any]]]] = {
    "dead name server": (CALM, [{"where": way, "kind": "dns-silence"} for way in _WAYS]),
    "names not found": (CALM, [{"where": way, "kind": "dns"} for way in _WAYS]),
    "dead link": (CALM, [{"where": "network", "kind": "link-down"}]),
    "slow TLS": (_SLOW_TLS, []),
    "silence": (CALM, [{"where": way, "kind": "stall", "bytes": 0} for way in _WAYS]),
    "byte by byte": (CALM, [{"where": way, "kind": "drip", "seconds": 60} for way in _WAYS]),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_day_without_a_network_is_no_reason_to_restart(trouble: str) -> None:
    weather, faults = TROUBLES[trouble]

    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        await world.advance(7200)  # no access token is good any more: the token service is asked too
        for fault in faults:
            world.add_fault(fault)
        tried = world.network.connects
        for _ in range(_HOURS):
            await scan_to_email(world, ONA)
            await world.hands.home()
            assert not await late(world, _PRESSES)
            await world.advance(3600)
        assert trouble == "dead link" or world.network.connects > tried + _HOURS
        assert world.restarts == []
        world.clear_faults()
        await scan_to_email(world, ONA)
        assert (await ended(world, 1200))["status"] == "sent"
        assert world.restarts == []

    VirtualWorld(seed=3, authority=shared_authority(), weather=weather, restarts=True).run(story)
