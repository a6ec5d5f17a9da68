"""Listens for Web Config, tells why it started, and restarts the device when a key is pressed."""

import asyncio
import sys

from hal.board_live import connect_board


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    await board.network.listen(80)
    board.monitor.state("cause", board.reset.cause())
    await board.keys.next()
    board.reset.restart()


asyncio.run(main())
