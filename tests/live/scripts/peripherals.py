"""Prints until the printer is gone, then gives back the name of the document on the glass and the size of its bytes."""

import asyncio
import sys

from hal.board_live import connect_board
from hal.errors import PrinterError


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    try:
        while True:
            await board.printer.write(b"x" * 20_000)
    except PrinterError as error:
        board.monitor.state("printer", str(error))
    document = board.scanner.document()
    assert document is not None
    board.monitor.state("document", document.name)
    while board.printer.states() != ["media-empty"]:
        await board.clock.sleep_ms(5)
    board.monitor.state("states", board.printer.states())
    while True:
        await board.clock.sleep_ms(1000)


asyncio.run(main())
