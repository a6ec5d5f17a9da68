"""A display of 128x64 in black and white with the SSD1306 on I2C (`hal/api.pyi` Panel). Start at `SSD1306Panel.show`.

The chip's memory is 8 pages of 128 bytes, each byte 8 pixels below each other with the lowest bit on top, while a frame has
8 pixels beside each other in a byte. Only pages that changed are sent, one at a time, and other tasks run in between.
Commands are named and numbered as in the datasheet (Solomon Systech SSD1306, rev. 1.5, table 9-1).
"""

import asyncio
import binascii
from array import array

import framebuf
from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from machine import I2C

    Say = Callable[[str, str, "list[tuple[str, int, int, int, int, int]]"], None]

_WIDTH = const(128)
_PAGES = const(8)
_COMMANDS = const(0x00)  # control byte: commands follow until the end of the message
_DATA = const(0x40)  # control byte: what follows goes into the memory
_INITIALISE = (  # a control byte, then commands with their arguments
    b"\x00"
    b"\xae"  # display off
    b"\xd5\x80"  # clock: the datasheet's frequency, divided by 1
    b"\xa8\x3f"  # multiplex ratio: 64 rows
    b"\xd3\x00"  # display offset
    b"\x40"  # start line 0
    b"\x8d\x14"  # charge pump on: the module has no other source of 7.5 V
    b"\x20\x00"  # horizontal addressing
    b"\xa1"  # segment re-map: modules are mounted so that column 127 is at SEG0,
    b"\xc8"  # and rows are scanned from COM63
    b"\xda\x12"  # COM pins: alternative
    b"\x81\xcf"  # contrast
    b"\xd9\xf1"  # pre-charge period for the charge pump
    b"\xdb\x40"  # VCOMH level
    b"\xa4"  # show the memory
    b"\xa6"  # a set bit is lit
    b"\x2e"  # no scrolling
)
_ON = b"\x00\xaf"


class SSD1306Panel:
    """`say` is told the words of each screen. A display that does not answer is tried again with the next frame."""

    width = _WIDTH
    height = 8 * _PAGES
    depth = 1

    def __init__(self, i2c: "I2C", say: "Say", log: "Callable[[str], None]", address: int = 0x3C) -> None:
        self.say = say
        self._i2c = i2c
        self._log = log
        self._address = address
        self._message = bytearray(1 + _WIDTH)
        self._message[0] = _DATA
        self._page = framebuf.FrameBuffer(memoryview(self._message)[1:], _WIDTH, 8, framebuf.MONO_VLSB)
        self._window = bytearray((_COMMANDS, 0x21, 0, _WIDTH - 1, 0x22, 0, 0))  # columns, then one page
        self._sums = array("I", bytes(4 * _PAGES))  # CRC-32 of what each page shows
        self._buffer: bytearray | None = None
        self._frame: framebuf.FrameBuffer | None = None
        self._is_on = False
        self._answered = True
        self._taken = asyncio.Event()
        self._taken.set()

    def palette(self, colours: bytes) -> None:
        pass

    async def ready(self) -> None:
        await self._taken.wait()

    def show(self, frame: bytearray) -> None:
        self._taken.clear()
        if frame is not self._buffer:
            self._buffer = frame
            self._frame = framebuf.FrameBuffer(frame, _WIDTH, self.height, framebuf.MONO_HLSB)
        self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        try:
            if not self._is_on:
                self._i2c.writeto(self._address, _INITIALISE)
            for page in range(_PAGES):
                self._send_page(page)
                await asyncio.sleep(0)
            if not self._is_on:  # not before: the memory is random when the power comes
                self._i2c.writeto(self._address, _ON)
                self._is_on = self._answered = True
        except OSError as error:
            self._is_on = False
            if self._answered:
                self._answered = False
                self._log("panel: the display does not answer on I2C: " + str(error))
        self._taken.set()

    def _send_page(self, page: int) -> None:
        assert self._frame is not None
        self._page.blit(self._frame, 0, -8 * page)
        total = binascii.crc32(self._message) & 0xFFFFFFFF
        if self._is_on and total == self._sums[page]:
            return
        self._window[5] = self._window[6] = page
        self._i2c.writeto(self._address, self._window)
        self._i2c.writeto(self._address, self._message)
        self._sums[page] = total
