"""Whether a mail goes out of a Pico W in so much heap: its own code, run in place, with real TLS in the live world.

Somebody has signed in before; panel and Web Config listen. Start at `signed_in`, then `sent`.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from boards import mpy, stand_in
from boards.kinds import KINDS
from sim.cloud.certificates import Authority
from sim.live_world import LiveWorld
from sim.person import ONA, ended, scan_to_email, set_up

BOARD = "pico_w"
FREE_KB = 25  # are to be left then, beside the TLS session's memory
_DOCUMENT = bytes(180_000)
_PATIENCE_S = 60.0


def _world(state: Path, heap_kb: int, authority: Authority) -> LiveWorld:
    code = {"image": stand_in.image(BOARD), "rom": stand_in.rom_image(BOARD)}
    how: dict[str, Any] = {"heap_kb": heap_kb, "authority": authority, **code}
    world = LiveWorld(state, interpreter="micropython", size=(128, 64), **how)
    world.parts.identity.features = tuple(mpy.features(BOARD))
    return world


async def signed_in(state: Path, authority: Authority) -> None:
    """Make the state folder of a device that has a sign-in."""
    world = _world(state, KINDS["esp32s3"].heap_kb, authority)
    try:
        await world.start()
        await set_up(world)
    finally:
        await world.stop()


async def sent(state: Path, heap_kb: int, authority: Authority) -> str:
    """How a mail ends that the device with this state sends: "sent", or what went wrong. The state stays as it is."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(state, folder, dirs_exist_ok=True)
        world = _world(Path(folder), heap_kb, authority)
        try:
            await world.start()
            sending = asyncio.create_task(_send(world))
            giving_up = asyncio.create_task(world.until(lambda _: _shortage(world), 3600))
            await asyncio.wait({sending, giving_up}, return_when=asyncio.FIRST_COMPLETED)
            giving_up.cancel()
            if _shortage(world):
                sending.cancel()
            ends, _ = await asyncio.gather(sending, giving_up, return_exceptions=True)
            return _shortage(world) or str(ends)
        except OSError as problem:  # the device did not start
            return str(problem)
        finally:
            await world.stop()


async def _send(world: LiveWorld) -> str:
    await scan_to_email(world, ONA, body=_DOCUMENT)
    return str((await ended(world, _PATIENCE_S))["status"])


def _shortage(world: LiveWorld) -> str:
    """What the device said when it was short of memory."""
    said = (str(event.get("log")) for event in world.events)
    return next((line for line in said if "memory" in line.lower() or "restarts" in line), "")
