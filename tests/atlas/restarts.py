"""What `firmware/main.py` and people do about a firmware that has ended, in a virtual world that goes on.

Start at `restart`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from hal.errors import HardwareError, StorageError
from sim.world import Conflict, VirtualWorld


class Killed(Exception):
    """What no part of the firmware answers for."""


ENDS = (MemoryError, StorageError, Killed)  # what ends the firmware
VAIN = (TimeoutError, LookupError, AssertionError, ConnectionError, HardwareError, Conflict)  # what a person meets
MOST_STARTS = 4
_MOST_FALLEN = 10  # tasks of a firmware
_LATER_S = 2 * 3600


def has_ended(world: VirtualWorld) -> bool:
    """Whether the firmware has."""
    return world.loop.failed or not world.powered or world._life is None or world._life.done()


def restart(world: VirtualWorld) -> None:
    """What `firmware/main.py` does when the firmware has ended; a start may be in vain, too."""
    for _ in range(_MOST_FALLEN):  # each task that ended with the firmware tells so once
        world.powered = world._life is not None
        if _does(world, world.power("off")) and _does(world, world.settled()):
            break
    world.powered = False
    _does(world, world.power("on"))


def attempt(world: VirtualWorld, step: Callable[[], Coroutine[Any, Any, object]]) -> bool:
    """Whether the step succeeded; somebody tries again after each restart, and hours later when it was in vain."""
    for _ in range(MOST_STARTS):
        try:
            world.do(step())
        except (*ENDS, *VAIN):
            restart(world) if has_ended(world) else world.do(world.advance(_LATER_S))
            if world.state()["accounts"].get("device", {}).get("state") == "SIGNED_IN":
                return True
        else:
            return True
    return False


def _does(world: VirtualWorld, step: Coroutine[Any, Any, object]) -> bool:
    try:
        world.loop.failed = False
        world.do(step)
    except (*ENDS, TimeoutError):
        world.loop.failed = True
    return not world.loop.failed
