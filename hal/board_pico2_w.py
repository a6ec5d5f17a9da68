"""Raspberry Pi Pico 2 W, the full device: a colour display of 320x240 with touch, a receipt printer, and WLAN."""

from machine import SPI, UART, Pin

from hal.onboard import Onboard
from hal.wired_colour import wire
from hal.wlan import go_online

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Board

_DISPLAY_HZ = 37_500_000
_TOUCH_HZ = 2_000_000


async def connect() -> "Board":
    board = Onboard("Scanpost Pico 2 W", features=("fax", "my-email", "https"))
    go_online(board)
    wire(
        board,
        display=SPI(0, baudrate=_DISPLAY_HZ, sck=Pin(18), mosi=Pin(19), miso=Pin(16)),
        display_pins=(Pin(17, Pin.OUT), Pin(20, Pin.OUT), Pin(21, Pin.OUT), Pin(22, Pin.OUT)),
        touch=SPI(1, baudrate=_TOUCH_HZ, sck=Pin(10), mosi=Pin(11), miso=Pin(12)),
        touch_pins=(Pin(13, Pin.OUT), Pin(14, Pin.IN, Pin.PULL_UP)),
        uart=UART(0, baudrate=9600, bits=8, parity=None, stop=1, tx=Pin(0), rx=Pin(1), txbuf=256),
    )
    return board
