"""Runs the seam's contract checks whose names are in the file `checks`; their outcomes are the state `outcomes`."""

import asyncio
import json
import sys

from hal.board_live import connect_board

sys.path.append(sys.path[0] + "/../../contract")
import checks  # type: ignore[import-not-found]


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    names = json.loads(board.storage.read("checks", 0, 4096))
    outcomes = {}
    for name in names:
        outcomes[name] = await checks.run(board, name)
    board.monitor.state("outcomes", outcomes)
    while True:
        await board.clock.sleep_ms(1000)


asyncio.run(main())
