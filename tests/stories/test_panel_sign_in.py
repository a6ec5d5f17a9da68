"""Signing in at the panel, in every world: what its QR code says is read from its picture by somebody else's decoder."""

from __future__ import annotations

import io
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from sim.person import ONA, PRINTER, Administrator, ended, scan_to_email, set_up
from sim.words import words
from sim.world import World
from tests.stories.conftest import Play

SIZES = [(320, 240), (128, 64)]
_STATUS = ("settings.title", "settings.general", "settings.network", "settings.network_status", "settings.email_status")


async def read_qr(world: World) -> list[str]:
    """What the QR codes on the panel say."""
    image = Image.open(io.BytesIO(await world.parts.panel.png())).convert("L")
    image = image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST)  # as a camera sees it
    return [found.text for found in zxingcpp.read_barcodes(image)]


async def open_sign_in(world: World) -> dict[str, Any]:
    """From Email Server Status, with the administrator's password, until there is a code; returns the state."""
    language = world.state()["panel"]["language"]
    for key in _STATUS:
        await world.tap(words(key, language))
    await world.tap(words("signin.begin", language))
    assert world.state()["panel"]["screen"] == "password"
    await world.type(world.label()["admin_password"])
    assert world.label()["admin_password"] not in str(world.state()["panel"])
    await world.tap(words("panel.ok", language))
    return await world.until(lambda s: s["signin"] and s["signin"]["state"] != "REQUESTING")


@pytest.mark.parametrize("language", ["en", "lt"])
@pytest.mark.parametrize("size", SIZES)
def test_the_code_is_read_entered_and_saved_with_ok(play: Play, size: tuple[int, int], language: str) -> None:
    """R07: until OK the printer does not have it."""

    async def story(world: World) -> None:
        administrator: Administrator = await set_up(world)
        state = await open_sign_in(world)
        address = state["signin"]["verification_uri"]
        assert await read_qr(world) == [address]
        panel = world.state()["panel"]["words"]
        assert address in panel and state["signin"]["user_code"] in panel
        await administrator.enter_code(ONA)
        await world.until(lambda s: ONA in s["panel"]["words"])
        assert world.state()["accounts"]["device"]["address"] == PRINTER
        assert PRINTER in world.state()["panel"]["words"]  # who was signed in until now
        await world.tap(words("panel.ok", language))
        state = await world.until(lambda s: s["accounts"]["device"]["address"] == ONA)
        assert state["accounts"]["device"]["state"] == "SIGNED_IN"
        await world.until(lambda s: words("signin.saved", language) in s["panel"]["words"])
        await scan_to_email(world, PRINTER)
        assert (await ended(world))["status"] == "sent"

    play(story, size=size, language=language)


def test_what_is_not_saved_is_dropped(play: Play) -> None:
    """R07."""

    async def story(world: World) -> None:
        administrator = await set_up(world)
        await open_sign_in(world)
        await administrator.enter_code(ONA)
        await world.until(lambda s: ONA in s["panel"]["words"])
        await world.tap("Cancel")
        state = await world.until(lambda s: s["signin"] is None)
        assert state["accounts"]["device"]["address"] == PRINTER

    play(story)
