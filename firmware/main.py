"""The firmware's entry: whoever starts it, a boot file or a process, names the board; this makes a device of it.

An error that nothing in the device can answer for ends it, in whichever task: it is noted on flash without secrets
(`firmware/crashes.py`), the device restarts, and its panel says so. Start at `start`.
"""

import asyncio
import gc

from firmware import heap
from firmware.supervisor import Restart
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from firmware.crashes import Crashes
    from hal.api import Board

_RECORD = "crash"  # of `firmware/crashes.py`, which is loaded only if there is one


def start(connect: "Callable[[], Awaitable[Board]]") -> "Board | None":
    """Run a device on the board that `connect` gives, until the power goes. Ctrl-C on the console ends it.

    Then the board is returned: the console is free, nothing restarts it, and its watchdog is kept quiet for as long as the
    board is held by somebody.
    """
    boards: "list[Board]" = []
    try:
        asyncio.run(_run(connect, boards))
    except KeyboardInterrupt:
        print("The device was stopped at its console. Ctrl-D starts it again.")
        for board in boards:
            board.reset.expect()
            board.watchdog.stand_down()
    return boards[0] if boards else None


async def _run(connect: "Callable[[], Awaitable[Board]]", boards: "list[Board]") -> None:
    board = await connect()  # first: a link or a display comes up while the rest is loaded
    boards.append(board)
    end(board, await life(board))


async def life(board: "Board") -> Exception:
    """A device on this board, until it crashes; returns the error."""
    errors: "list[Exception]" = []
    over = asyncio.Event()

    def failed(_: object, context: "dict[str, Any]") -> None:
        """A task has ended with an error that nobody waits for."""
        if isinstance(context.get("exception"), Exception):
            errors.append(context["exception"])
            over.set()

    async def live() -> None:
        try:
            crashes = await _crashed_before(board)
            from firmware.device import Device

            device = Device(board, crashes)
            heap.settle()
            board.watchdog.warn(lambda: end(board, device.supervisor.busy()))
            await device.run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the device must go on
            errors.append(error)
            over.set()

    asyncio.get_event_loop().set_exception_handler(failed)
    living = asyncio.create_task(live())
    await over.wait()
    living.cancel()
    return errors[0]


async def _crashed_before(board: "Board") -> "Crashes | None":
    """What is known of crashes, when there were any; after many in a row it takes its time."""
    cause = board.reset.cause()
    if cause != "watchdog" and board.storage.size(_RECORD) < 0:
        return None
    from firmware.crashes import Crashes

    crashes = Crashes(board)
    await crashes.begin(cause)
    return crashes


def end(board: "Board", error: Exception) -> None:
    """Note why the device ends, and restart it."""
    print("The device restarts:", type(error).__name__)
    try:
        gc.collect()
        if not isinstance(error, Restart):
            _note(board, error)
    except MemoryError:
        asyncio.new_event_loop()  # on MicroPython this forgets all tasks, and with them the device
        gc.collect()
        try:
            _note(board, error)
        except (MemoryError, StorageError):
            pass  # then it restarts without a note
    except StorageError:
        pass
    board.reset.restart()


def _note(board: "Board", error: Exception) -> None:
    from firmware.crashes import Crashes

    Crashes(board).note(error)
