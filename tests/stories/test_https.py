"""A device with HTTPS from the start: it makes its certificate, keeps it, and does without a useless one of provisioning."""

from __future__ import annotations

import pytest

from hal.errors import ConnectionLost, TLSError
from sim.cloud.certificates import Authority
from sim.world import VirtualWorld


async def shown(world: VirtualWorld) -> bytes:
    """The certificate that who connects is shown."""
    stream = world.network.dial(443)
    try:
        await stream.start_tls("printer", [], False, 1000)
        assert stream.shown is not None
        return stream.shown
    finally:
        await stream.close()


def test_nothing_hangs_while_it_makes_and_changes_certificates(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        await world.advance(1)
        assert world.web_config_url() == "https://198.51.100.7/"
        own = await shown(world)
        await world.advance(300)
        world.parts.identity.given = authority.issue(["printer"]).certificate_der, b"no key"
        await world.power("off")
        await world.power("on")
        await world.advance(1)
        with pytest.raises((ConnectionLost, TLSError)):
            await shown(world)
        assert await shown(world) == own
        world.storage.remove("https")
        await world.power("off")
        await world.power("on")
        await world.advance(1)
        with pytest.raises((ConnectionLost, TLSError)):
            await shown(world)
        await world.advance(300)  # the supervisor sees that all go on
        assert await shown(world) not in (own, world.parts.identity.given[0])
        assert world.restarts == []

    world = VirtualWorld(seed=1, authority=authority, restarts=True)
    world.parts.identity.https = True
    world.run(story)
