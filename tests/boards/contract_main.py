"""In place of a board's `main.py`: runs the seam's contract checks whose names are in `/checks.json`, and prints what came.

What the checks tell the world goes to the console too, since nobody reads a board's states.
"""

import asyncio
import json

import checks  # type: ignore[import-not-found]
from board import connect  # type: ignore[import-not-found]

from hal.monitor_serial import SerialMonitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Board


class Telling(SerialMonitor):
    attended = True

    def state(self, part: str, value: object) -> None:
        self.log("state: " + part)


async def main() -> None:
    board = await connect()
    board.monitor = Telling(print)
    with open("/checks.json") as file:  # noqa: ASYNC230 - nothing else runs
        names = json.loads(file.read())
    if not board.network.fitted:
        board.clock.set(1_800_000_000_000)
    while not ready(board):  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.05)
    for name in names:
        print("outcome: " + json.dumps([name, await checks.run(board, name)]))
    await asyncio.Event().wait()


def ready(board: "Board") -> bool:
    online = board.network.interfaces[0].up() or not board.network.fitted
    return online and board.clock.now() is not None


asyncio.run(main())
