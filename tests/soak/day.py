"""`python -m tests.soak.day`: a day of a printer on the real MicroPython, idle but for 50 mails and a new token for most.

It runs a board's own .mpy files with the heap that stands in for the board's (`boards/stand_in.py`), is signed in, switched
off and on, and travels through the day. What its heap has in use is asked for in the process itself, after each mail: at the
end it is no more than after the first few, and a block of 16 KB is to be had all day long. Start at `day`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from boards import stand_in
from sim.cloud.certificates import Authority
from sim.image import LAUNCH
from sim.live_world import LiveWorld
from sim.person import ONA, ended, scan_to_email, set_up

MAILS = 50
BLOCK = 16 * 1024  # bytes
MOST_GROWN = 4096  # bytes: what is cached, in one order or another
_DAY_S = 86_400
_FIRST = 3  # mails, after which all that is loaded has been
_ASK_S = 0.02
_PATIENCE_S = 10.0
_MAIL_S = 60.0
_BODY = b"%PDF-1.7 " + bytes(range(251)) * 400  # 100 KB

# Beside the firmware in its process: answers when a file says that somebody asks. The greatest block is found by trying.
_PROBE = """
import asyncio, gc, json, os

def greatest():
    there, too_much = 0, gc.mem_free()
    while too_much - there > 256:
        size = (there + too_much) // 2
        try:
            bytearray(size)
            there = size
        except MemoryError:
            too_much = size
    return there

async def probe(folder):
    while True:
        await asyncio.sleep(0.02)
        try:
            os.remove(folder + "/asked")
        except OSError:
            continue
        gc.collect()
        told = {"in_use": gc.mem_alloc(), "free": gc.mem_free(), "block": greatest()}
        with open(folder + "/told.new", "w") as file:
            file.write(json.dumps(told))
        os.rename(folder + "/told.new", folder + "/told")
"""
_LAUNCH = LAUNCH.replace(
    "start(lambda: connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3]))",
    """
async def connect():
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    asyncio.create_task(probe(PLACE))
    return board

start(connect)""",
)


class Told(NamedTuple):
    in_use: int  # bytes, after a collection
    free: int
    block: int  # bytes of the greatest that is to be had


class Probed(LiveWorld):
    """A live world whose firmware can be asked how its heap is."""

    def __init__(self, folder: Path, board: str, heap_kb: int, authority: Authority) -> None:
        self._place = folder / "probe"
        self._place.mkdir()
        image = folder / "image"
        image.mkdir()
        for name in os.listdir(stand_in.image(board)):
            if name != "main.mpy":
                (image / name).symlink_to((stand_in.image(board) / name).resolve())
        assert _LAUNCH != LAUNCH
        (image / "main.py").write_text(f"PLACE = {str(self._place)!r}\n" + _PROBE + _LAUNCH)
        super().__init__(folder / "state", interpreter="micropython", heap_kb=heap_kb, image=image, authority=authority)

    async def heap(self) -> Told:
        (self._place / "asked").touch()
        told = self._place / "told"
        async with asyncio.timeout(_PATIENCE_S):
            while not told.exists():  # noqa: ASYNC110 - the process tells nobody
                await asyncio.sleep(_ASK_S)
        answer: dict[str, Any] = json.loads(told.read_text())
        told.unlink()
        return Told(**answer)


async def day(authority: Authority, mails: int = MAILS, board: str = "pico2_w", heap_kb: int = 0) -> list[Told]:
    """How the heap is after each mail, and at last at the end of the day. Raises AssertionError when something fails."""
    with tempfile.TemporaryDirectory() as folder:
        world = Probed(Path(folder), board, heap_kb or stand_in.heap_kb(board), authority)
        try:
            await world.start()
            await set_up(world)
            await world.power("off")
            await world.power("on")
            begun_s = world.clock.now()
            told: list[Told] = []
            for number in range(1, mails + 1):
                await world.set_clock(begun_s + number * _DAY_S / (mails + 1))
                await scan_to_email(world, ONA, body=_BODY)
                job = await ended(world, _MAIL_S)
                assert job["status"] == "sent", job
                await world.hands.home()
                told.append(await world.heap())
            await world.set_clock(begun_s + _DAY_S)
            told.append(await world.heap())
            starts = [event for event in world.events if str(event.get("log")).startswith("start: ")]
            assert len(starts) <= 2, starts  # it never restarted by itself
            return told
        finally:
            await world.stop()


def grown(told: list[Told]) -> int:
    """Bytes in use after the day's last mails more than after its first ones; what is loaded just then comes and goes."""
    return min(each.in_use for each in told[-_FIRST:]) - min(each.in_use for each in told[:_FIRST])


def main() -> int:
    """The exit code: 1 when the heap grew, or had no block of 16 KB."""
    told = asyncio.run(day(Authority.new(random.Random(1))))
    least = min(each.block for each in told)
    print(f"A day, {len(told) - 1} mails: {told[-1].in_use // 1024} KB in use at its end, grown by {grown(told)} bytes")
    print(f"(at most {MOST_GROWN}); the greatest block to be had was always at least {least} bytes (of {BLOCK}).")
    return int(grown(told) > MOST_GROWN or least < BLOCK)


if __name__ == "__main__":
    sys.exit(main())
