"""The firmware's entry: whoever starts it, a boot file or a process, names the board; this makes a device of it."""

import asyncio

from firmware import heap
from hal.errors import StorageError

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

    try:
        device = Device(board)
        heap.settle()
        await device.run()
    except (MemoryError, StorageError) as error:  # what must last is on flash, and a fresh heap has fewer holes
        print("The device restarts:", repr(error))
        board.reset.restart()
