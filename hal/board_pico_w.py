"""Raspberry Pi Pico W, the mail device: a display of 128x64, three keys, a receipt printer, and WLAN."""

from hal.onboard import Onboard
from hal.wired_pico import wire
from hal.wlan import go_online

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Board


async def connect() -> "Board":
    board = Onboard("Scanpost Pico W")
    go_online(board)
    wire(board)
    return board
