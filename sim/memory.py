"""How much heap the firmware needs: the smallest one in which the real MicroPython gets through the first mail.

The interpreter keeps no high-water mark of its own, so the heap is made smaller until the story fails.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from sim.live import find_micropython
from sim.live_world import LiveWorld
from sim.person import ended, scan_to_email, set_up

_LEAST_KB, _MOST_KB = 32, 1024
_STEP_KB = 8
_DOCUMENT = b"%PDF-1.7" * 12_800  # 100 KB


async def measure() -> int:
    """Print the least heap in KB; the exit code."""
    if not find_micropython():
        print("There is no MicroPython for this platform: name one with MICROPYTHON=")
        return 1
    if not await _gets_through(_MOST_KB):
        print(f"The first mail fails even with a heap of {_MOST_KB} KB: something else is wrong.")
        return 1
    too_little, enough = _LEAST_KB, _MOST_KB
    while enough - too_little > _STEP_KB:
        middle = (enough + too_little) // 2
        if await _gets_through(middle):
            enough = middle
        else:
            too_little = middle
        print(f"  {middle} KB: {'enough' if enough == middle else 'too little'}", flush=True)
    print(f"Sign-in, OK and a mail of {len(_DOCUMENT) // 1000} KB take a heap of {enough} KB (64-bit, .mpy).")
    print(f"A 32-bit board needs about {round(enough / 1.4)} KB, and 30 KB for TLS, which is not in this heap.")
    return 0


async def _gets_through(heap_kb: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        world = LiveWorld(Path(folder), interpreter="micropython", heap_kb=heap_kb)
        try:
            await world.start()
            await set_up(world)
            await scan_to_email(world, "ona@bureau.example", body=_DOCUMENT)
            return bool((await ended(world, 30))["status"] == "sent")
        except (OSError, TimeoutError, LookupError, AssertionError, RuntimeError):
            return False  # whatever it was that the device could not do any more
        finally:
            await world.stop()
