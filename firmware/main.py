"""The firmware's entry: whoever starts it, a boot file or a process, names the board; this makes a device of it."""

import asyncio
import gc

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hal.api import Board


_COLLECT_EVERY = const(16384)  # bytes allocated; collecting late leaves a heap of holes that no page or frame fits into


def start(connect: "Callable[[], Awaitable[Board]]") -> None:
    """Run a device on the board that `connect` gives, until the power goes."""
    if hasattr(gc, "mem_alloc"):  # MicroPython's
        gc.threshold(_COLLECT_EVERY)  # type: ignore[attr-defined]
    asyncio.run(_run(connect))


async def _run(connect: "Callable[[], Awaitable[Board]]") -> None:
    board = await connect()  # first: a link or a display comes up while the rest is loaded
    from firmware.device import Device

    await Device(board).run()
