"""The worlds around the firmware. `from sim import World` is the virtual one: everything in this process, on virtual time.

    from sim import World
    from sim.person import ended, scan_to_email, set_up

    async def story(world):
        await set_up(world)
        await scan_to_email(world, "ona@bureau.example")
        assert (await ended(world))["status"] == "sent"

    World(seed=1).run(story)

The class that all worlds share is `sim.world.World`; read on there. `python -m sim --help` is the command line.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

# On CPython the firmware finds MicroPython's own modules (`micropython`, `framebuf`) here.
_STAND_INS = str(Path(__file__).parent / "cpython")
if _STAND_INS not in sys.path:
    sys.path.append(_STAND_INS)

if TYPE_CHECKING:
    from sim.world import VirtualWorld as World

__all__ = ["World"]


def __getattr__(name: str) -> Any:
    if name == "World":  # when it is asked for: the live world has no need of it
        from sim.image import build_generated

        build_generated()
        from sim.world import VirtualWorld

        return VirtualWorld
    raise AttributeError(f"module 'sim' has no {name!r}")
