"""Sends to a server for ever; the error that ends it is the state `outcome`."""

import asyncio
import sys

from hal.board_live import connect_board
from hal.errors import HardwareError


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    stream = await board.network.connect("server.test", 443, board.network.interfaces[0], 1000)
    try:
        while True:
            await stream.write(bytes(8192), 300)
    except HardwareError as error:
        board.monitor.state("outcome", type(error).__name__)
    await stream.close()
    while True:
        await board.clock.sleep_ms(1000)


asyncio.run(main())
