"""Comes up, says so, and lives until its link breaks."""

import asyncio
import sys

from hal.board_live import connect_board


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    board.monitor.log("up")
    while True:
        await board.clock.sleep_ms(1000)


asyncio.run(main())
