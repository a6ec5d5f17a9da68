"""The owner's own registration and tenant, from provisioning: the sign-in asks with them and is bound to them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from sim.cloud.entra import CLIENT_ID, PARTNER_CLIENT_ID, TokenService
from sim.life import CUSTOM, shared_authority
from sim.live_world import LiveWorld
from sim.person import ONA, ended, scan_to_email, set_up
from sim.world import VirtualWorld, World

TENANT = "bureau.example"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(tenant of the address, client ID) of each request to the token service."""
    requests: list[tuple[str, str]] = []
    real = TokenService._client

    def client(self: TokenService, form: dict[str, str], authority: str) -> Any:
        requests.append((authority, form.get("client_id", "")))
        return real(self, form, authority)

    monkeypatch.setattr(TokenService, "_client", client)
    return requests


async def starts_again(world: World, client_id: str, tenant: str) -> None:
    """With these in its identity."""
    await world.power("off")
    world.parts.identity.client_id, world.parts.identity.tenant = client_id, tenant
    await world.power("on")


async def sent(world: World) -> dict[str, Any]:
    await scan_to_email(world, ONA)
    return await ended(world, 60)


def state(world: World) -> str:
    return str(world.state()["accounts"]["device"]["state"])


def play(story: Any, **identity: str) -> None:
    world = VirtualWorld(authority=shared_authority())
    for name, value in identity.items():
        setattr(world.parts.identity, name, value)
    world.run(story)


@pytest.mark.parametrize(
    ("client_id", "tenant", "expected"),
    [
        ("", "", ("organizations", CLIENT_ID)),
        (PARTNER_CLIENT_ID, "", ("organizations", PARTNER_CLIENT_ID)),
        ("", TENANT, (TENANT, CLIENT_ID)),
        (PARTNER_CLIENT_ID, TENANT, (TENANT, PARTNER_CLIENT_ID)),
    ],
)
def test_every_request_carries_them(
    client_id: str, tenant: str, expected: tuple[str, str], asked: list[tuple[str, str]]
) -> None:
    """For the code, for the token, and for each refresh."""

    async def story(world: World) -> None:
        await set_up(world)
        await world.advance(7200)
        assert (await sent(world))["status"] == "sent"
        assert len(asked) >= 3 and set(asked) == {expected}

    play(story, client_id=client_id, tenant=tenant)


def test_personal_accounts_stay_where_they_are(asked: list[tuple[str, str]]) -> None:
    async def story(world: World) -> None:
        with pytest.raises(AssertionError):
            await set_up(world, service="outlook")  # the account is not a personal one
        assert set(asked) == {("consumers", PARTNER_CLIENT_ID)}

    play(story, client_id=PARTNER_CLIENT_ID, tenant=TENANT)


@pytest.mark.parametrize(("client_id", "tenant"), [(PARTNER_CLIENT_ID, ""), ("", TENANT)])
def test_a_device_that_is_provisioned_anew_says_360_and_sends_no_token_there(
    client_id: str, tenant: str, asked: list[tuple[str, str]]
) -> None:
    async def story(world: World) -> None:
        await set_up(world)
        await starts_again(world, client_id, tenant)
        asked.clear()
        assert state(world) == "SIGNED_OUT"
        job = await sent(world)
        assert (job["status"], job["code"]) == ("failed", 360) and "settings were changed" in job["detail"], job
        await world.advance(8 * 86_400)  # nor does it keep alive what it must not use
        assert not asked
        await starts_again(world, "", "")  # a mistake: nothing was erased
        assert state(world) == "SIGNED_IN" and (await sent(world))["status"] == "sent"
        await starts_again(world, client_id, tenant)
        await set_up(world)
        assert (await sent(world))["status"] == "sent"

    play(story)


def test_what_custom_was_granted_has_nothing_to_do_with_them() -> None:
    async def story(world: World) -> None:
        await set_up(world, **{**CUSTOM, "scope": CUSTOM["scope"] + " profile"})
        await starts_again(world, PARTNER_CLIENT_ID, TENANT)
        assert state(world) == "SIGNED_IN" and (await sent(world))["status"] == "sent"

    play(story)


@pytest.mark.live
def test_the_real_interpreter_asks_with_them_too(tmp_path: Path, asked: list[tuple[str, str]]) -> None:
    async def main() -> None:
        world = LiveWorld(tmp_path, authority=shared_authority())
        world.parts.identity.client_id, world.parts.identity.tenant = PARTNER_CLIENT_ID, TENANT
        try:
            await world.start()
            await set_up(world)
            assert asked and set(asked) == {(TENANT, PARTNER_CLIENT_ID)}
            await starts_again(world, "", "")
            assert state(world) == "SIGNED_OUT"
        finally:
            await world.stop()

    asyncio.run(main())
