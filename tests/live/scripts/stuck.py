"""Comes up, says why, and hangs."""

import asyncio
import sys

from hal.board_live import connect_board


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    board.watchdog.feed()
    board.monitor.state("cause", board.reset.cause())
    board.monitor.state("stuck", True)
    while True:
        pass


asyncio.run(main())
