"""Makes the connections that the file `calls` describes, one after the other; their outcomes are the state `outcomes`.

A call: {"host", "port", "interface": index, "tls": null or {"name", "ca": null or [DER in base64], "verify"}, "timeout_ms",
"send": text, "take": how many bytes}. An outcome: what came, or the error's name and, for a certificate, its reason.
"""

import asyncio
import binascii
import json
import sys

from hal.board_live import connect_board
from hal.errors import CertificateError, HardwareError


async def call(board, c) -> str:  # type: ignore[no-untyped-def]
    interface = board.network.interfaces[c["interface"]]
    stream = await board.network.connect(c["host"], c["port"], interface, c["timeout_ms"])
    try:
        tls = c["tls"]
        if tls:
            ca = tls["ca"] and [binascii.a2b_base64(der) for der in tls["ca"]]
            await stream.start_tls(tls["name"], ca, tls["verify"], c["timeout_ms"])
        await stream.write(c["send"].encode(), c["timeout_ms"])
        data = b""
        board.monitor.state("connected", c["host"])
        while len(data) < c["take"]:
            piece = await stream.read(4096, c["timeout_ms"])
            if not piece:
                return data.decode() + "<end>"
            data += piece
        return data.decode()
    finally:
        await stream.close()


async def main() -> None:
    board = await connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    outcomes = []
    for c in json.loads(board.storage.read("calls", 0, 65536)):
        started_ms = board.clock.ticks_ms()
        try:
            outcome = await call(board, c)
        except CertificateError as error:
            outcome = "CertificateError " + error.reason
        except HardwareError as error:
            outcome = type(error).__name__
        outcomes.append([outcome, board.clock.ticks_ms() - started_ms])
    board.monitor.state("outcomes", outcomes)
    while True:
        await board.clock.sleep_ms(1000)


asyncio.run(main())
