"""Sends what lies on the glass to `server.test:443` over TLS; the time it took is the state `sent_ms`."""

import asyncio
import sys

from hal.board_live import connect_board


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    document = board.scanner.document()
    assert document is not None
    started_ms = board.clock.ticks_ms()
    stream = await board.network.connect("server.test", 443, board.network.interfaces[0], 5000)
    await stream.start_tls("server.test", None, True, 5000)
    scan = await board.scanner.open(document)
    while True:
        piece = await scan.read()
        if not piece:
            break
        await stream.write(piece, 5000)
    await scan.close()
    await stream.close()
    board.monitor.state("sent_ms", board.clock.ticks_ms() - started_ms)
    while True:
        await board.clock.sleep_ms(1000)


asyncio.run(main())
