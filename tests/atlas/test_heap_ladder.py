"""JF-05: the first mail on real MicroPython with 64 sizes of the heap, from far too small upwards.

Below some size the device does not start, and says so; above it the mail is sent or the job ends with a code. At no size is
the sign-in lost: it is on flash afterwards.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sim.board import SimIdentity
from sim.live import find_micropython
from sim.live_world import LiveWorld
from sim.person import ONA, ended, scan_to_email, set_up
from sim.sealed import opened
from sim.world import Conflict

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(find_micropython() is None, reason="there is no MicroPython here"),
]

_SIZES_KB = [32 + 12 * step for step in range(64)]
_SHARES = 4  # tests that the sizes are dealt out to, for all cores
_AMPLE_KB = 1024
_LATER_S = 2 * 3600  # each mail begins with a refresh
_RETRIES = 8
_PATIENCE_S = 3.0


@asynccontextmanager
async def _world(folder: Path, heap_kb: int) -> AsyncIterator[LiveWorld]:
    world = LiveWorld(folder, interpreter="micropython", heap_kb=heap_kb)
    try:
        yield world
    finally:
        await world.stop()


async def _signed_in(folder: Path) -> None:
    async with _world(folder, _AMPLE_KB) as world:
        await world.start()
        await set_up(world)


async def _first_mail(folder: Path, heap_kb: int) -> str:
    async with _world(folder, heap_kb) as world:
        try:
            await world.start()
        except OSError as error:
            why = str(error)
            if "MemoryError" not in why and "There was no memory" not in why:
                raise
            return "did not start" if why.startswith("The device did not start") else why
        try:
            await world.advance(_LATER_S)
            await scan_to_email(world, ONA)
            for _ in range(_RETRIES):
                try:
                    job = await ended(world, _PATIENCE_S)
                    return str(job["status"]) if job["code"] is None else f"code {job['code']}"
                except TimeoutError:
                    await world.advance(_LATER_S / 4)
        except (TimeoutError, LookupError, Conflict):
            pass  # told below
        said = [str(event["log"]) for event in world.events if "log" in event]
        assert any("MemoryError" in line or "memory" in line for line in said), f"{heap_kb} KB: {said[-5:]}"
        return "restarts"


def _kept(folder: Path) -> bool:
    """Whether the sign-in is on flash."""
    kept = json.loads((folder / "device.json").read_text())
    key = SimIdentity(kept["serial"], kept["label_password"]).chip_key
    record = json.loads(opened("email", (folder / "flash" / "email").read_bytes()[9:-1], key))
    account = record["account"] if record else {}
    return account.get("state") == "SIGNED_IN" and bool(account.get("refresh_token"))


@pytest.fixture(scope="module")
def signed_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state folder of a printer that can mail."""
    folder = tmp_path_factory.mktemp("ladder") / "signed-in"
    asyncio.run(_signed_in(folder))
    return folder


@pytest.mark.parametrize("share", range(_SHARES))
def test_the_sign_in_outlives_any_heap(share: int, signed_in: Path, tmp_path: Path) -> None:
    outcomes: dict[int, str] = {}
    for heap_kb in _SIZES_KB[share::_SHARES]:
        folder = tmp_path / str(heap_kb)
        shutil.copytree(signed_in, folder)
        outcomes[heap_kb] = asyncio.run(_first_mail(folder, heap_kb))
        assert _kept(folder), f"the sign-in is lost with {heap_kb} KB"
    print(outcomes)
    assert outcomes[max(outcomes)] == "sent"
    assert outcomes[min(outcomes)] == "did not start"
    assert all(outcome == "sent" for heap_kb, outcome in outcomes.items() if heap_kb >= _AMPLE_KB // 2)
