"""Sends 1 MB to a TLS echo and reads it back at the same time; how many bytes came and whether they are right is told."""

import asyncio
import sys

from hal.board_live import connect_board

_PIECE = bytes(range(256)) * 16
_PIECES = 256


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    stream = await board.network.connect("server.test", 443, board.network.interfaces[0], 5000)
    await stream.start_tls("server.test", None, False, 5000)

    async def send() -> None:
        for _ in range(_PIECES):
            await stream.write(_PIECE, 5000)

    sending = asyncio.create_task(send())
    count, right = 0, True
    while count < _PIECES * len(_PIECE):
        for byte in await stream.read(4096, 5000):
            right = right and byte == count & 0xFF
            count += 1
    await sending
    board.monitor.state("came", [count, right])
    while True:
        await stream.read(1, 60_000)


asyncio.run(main())
