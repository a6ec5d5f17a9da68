"""ESP32-S3 with PSRAM, the full device: a colour display of 320x240 with touch, a receipt printer, and WLAN.

The pins are free on the usual modules: 26 to 37 are flash and PSRAM, 19 and 20 USB; 0, 3, 45 and 46 decide how it starts.
"""

from machine import SPI, UART, Pin

from hal.onboard import Onboard
from hal.wired_colour import wire
from hal.wlan import go_online

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Board

_DISPLAY_HZ = 40_000_000
_TOUCH_HZ = 2_000_000


async def connect() -> "Board":
    board = Onboard("Scanpost ESP32-S3", timer=0, features=("fax", "my-email", "https"))
    go_online(board, reconnects=0)  # its WLAN would come back by itself, and refuse to be told to
    wire(
        board,
        display=SPI(1, baudrate=_DISPLAY_HZ, sck=Pin(12), mosi=Pin(11), miso=Pin(13)),
        display_pins=(Pin(10, Pin.OUT), Pin(9, Pin.OUT), Pin(8, Pin.OUT), Pin(7, Pin.OUT)),
        touch=SPI(2, baudrate=_TOUCH_HZ, sck=Pin(40), mosi=Pin(41), miso=Pin(42)),
        touch_pins=(Pin(39, Pin.OUT), Pin(38, Pin.IN, Pin.PULL_UP)),
        uart=UART(1, baudrate=9600, bits=8, parity=None, stop=1, tx=Pin(17), rx=Pin(18), txbuf=256),
    )
    return board
