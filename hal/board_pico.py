"""Raspberry Pi Pico: a display of 128x64, three keys and a receipt printer; no network, and so no clock."""

from hal.clock_ticks import TickClock
from hal.network_none import NoNetwork
from hal.onboard import Onboard
from hal.wired_pico import wire

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Board


async def connect() -> "Board":
    board = Onboard("Scanpost Pico")
    board.clock = TickClock()
    board.network = NoNetwork()
    wire(board)
    return board
