"""The firmware's entry: whoever starts it, a boot file or a process, names the board; this makes a device of it."""

import asyncio

from firmware import heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hal.api import Board


def start(connect: "Callable[[], Awaitable[Board]]") -> None:
    """Run a device on the board that `connect` gives, until the power goes."""
    asyncio.run(_run(connect))


async def _run(connect: "Callable[[], Awaitable[Board]]") -> None:
    board = await connect()  # first: a link or a display comes up while the rest is loaded
    from firmware.device import Device

    device = Device(board)
    heap.settle()
    await device.run()
