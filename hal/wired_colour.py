"""What hangs on a board with the full device: a colour display with touch, and a receipt printer. Start at `wire`."""

import asyncio

from machine import Pin

from hal.keys_gpio import GpioKeys
from hal.panel_dcs import ILI9341, ST7789, DCSPanel
from hal.printer_uart import UartPrinter
from hal.ticks import Ticks
from hal.touch_xpt2046 import XPT2046Touch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import SPI, UART

    from hal.onboard import Onboard

_CHIPS = {"ili9341": ILI9341, "st7789": ST7789}


def wire(
    board: "Onboard",
    display: "SPI",
    display_pins: "tuple[Pin, Pin, Pin, Pin]",
    touch: "SPI",
    touch_pins: "tuple[Pin, Pin]",
    uart: "UART",
) -> None:
    """`display_pins`: select, data, reset, light. `touch_pins`: select, interrupt. `/device.json` names the display's chip
    ("display": "ili9341" or "st7789") and has the calibration ("touch")."""
    select, data, reset, light = display_pins
    chip = _CHIPS.get(board.device.text("display"), ILI9341)
    panel = board.panel = DCSPanel(display, select, data, reset, light, chip, board.console.say)
    touch_select, irq = touch_pins
    size, calibration = (panel.width, panel.height), board.device.value("touch")
    board.touch = XPT2046Touch(touch, touch_select, irq, Pin.IRQ_FALLING, _flag(), size, calibration)
    board.keys = GpioKeys([], 0, _flag(), Ticks())  # everything is touched
    board.printer = UartPrinter(uart, 576, False)  # paper of 80 mm


def _flag() -> "asyncio.ThreadSafeFlag":  # type: ignore[name-defined]
    return asyncio.ThreadSafeFlag()  # type: ignore[attr-defined]
