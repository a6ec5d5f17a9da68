"""What hangs on a Raspberry Pi Pico, with or without WLAN: a display of 128x64, three keys and a receipt printer."""

import asyncio

from machine import I2C, UART, Pin

from hal.keys_gpio import GpioKeys
from hal.panel_ssd1306 import SSD1306Panel
from hal.printer_uart import PIECE_BYTES, UartPrinter
from hal.ticks import Ticks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.onboard import Onboard


def wire(board: "Onboard") -> None:
    i2c = I2C(0, sda=Pin(4), scl=Pin(5), freq=400_000)
    board.panel = SSD1306Panel(i2c, board.console.say, board.console.log)
    keys = [(name, Pin(number, Pin.IN, Pin.PULL_UP)) for name, number in (("up", 14), ("down", 15), ("ok", 13))]
    flag = asyncio.ThreadSafeFlag()  # type: ignore[attr-defined]
    board.keys = GpioKeys(keys, Pin.IRQ_FALLING | Pin.IRQ_RISING, flag, Ticks())
    # A printer that can answer keeps this line high; one that cannot leaves it to the pull-down.
    answers = Pin(1, Pin.IN, Pin.PULL_DOWN).value() == 1
    uart = UART(0, baudrate=9600, bits=8, parity=None, stop=1, tx=Pin(0), rx=Pin(1), txbuf=PIECE_BYTES)
    board.printer = UartPrinter(uart, 384, answers)  # paper of 58 mm
