"""Feeds its watchdog; how often is told."""

import asyncio
import sys

from hal.board_live import connect_board


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    feeds = 0
    while True:
        board.watchdog.feed()
        feeds += 1
        board.monitor.state("feeds", feeds)
        await board.watchdog.hungry()


asyncio.run(main())
