"""Sleeps for 91 days; tells the clocks before and after, and the wall clock whenever a key is pressed."""

import asyncio
import sys

from hal.board_live import connect_board

_DAY_MS = 86_400_000


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    clock = board.clock

    async def tell() -> None:
        count = 0
        while True:
            await board.keys.next()
            count += 1
            board.monitor.state("clocks", [count, clock.now(), clock.ticks_ms()])

    telling = asyncio.create_task(tell())
    board.monitor.state("asleep", [clock.now(), clock.ticks_ms()])
    await clock.sleep_ms(91 * _DAY_MS)
    board.monitor.state("awake", [clock.now(), clock.ticks_ms()])
    await telling


asyncio.run(main())
