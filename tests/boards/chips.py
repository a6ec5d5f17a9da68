"""The chips around a microcontroller, as far as a driver can tell: what goes over their wires and what comes of it.

Written from their datasheets, apart from the drivers. Runs on CPython and on MicroPython. What a chip does not know is an
error, as is what its datasheet forbids. Start at `SSD1306`.
"""

# ruff: noqa: UP037  own types stay quoted: MicroPython has no typing
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class ChipError(Exception):
    """A driver did what the datasheet does not have."""


class SSD1306:
    """Display controller (Solomon Systech SSD1306 rev. 1.5), on a module of 128x64 that hangs on I2C.

    `ram` is its memory: 8 pages of 128 columns, the lowest bit of a byte is its topmost pixel.
    """

    WIDTH, HEIGHT = 128, 64
    # Table 9-1: commands and how many bytes follow them.
    ARGUMENTS = {
        0x20: 1, 0x21: 2, 0x22: 2, 0x26: 6, 0x27: 6, 0x29: 5, 0x2A: 5, 0x2E: 0, 0x2F: 0, 0x81: 1, 0x8D: 1, 0xA0: 0, 0xA1: 0,
        0xA3: 2, 0xA4: 0, 0xA5: 0, 0xA6: 0, 0xA7: 0, 0xA8: 1, 0xAE: 0, 0xAF: 0, 0xC0: 0, 0xC8: 0, 0xD3: 1, 0xD5: 1, 0xD9: 1,
        0xDA: 1, 0xDB: 1, 0xE3: 0,
    }  # fmt: skip

    def __init__(self) -> None:
        self.ram = bytearray(0xA5 for _ in range(1024))  # nobody knows what is in it when the power comes
        self.bytes = 0  # that came over the bus, each with its address
        self.on = self.inverse = self.everything = self.pump = self.mirrored = self.upside_down = False
        self.mirrored = self.upside_down = True  # as mounted, until the re-map says otherwise
        self.ratio = 63
        self.offset = self.start = 0
        self._mode = 2  # page addressing
        self._columns = (0, 127)
        self._pages = (0, 7)
        self._column = self._page = 0
        self._command = -1
        self._given: "list[int]" = []

    def receive(self, data: "bytes | bytearray | memoryview") -> None:
        """A message on the bus, without the address (8.1.5.2)."""
        self.bytes += 1 + len(data)
        at = 0
        while at < len(data):
            control = data[at]
            at += 1
            if control & 0x3F:
                raise ChipError(f"A control byte ends in six zeros, not {control:02x}")
            end = at + 1 if control & 0x80 else len(data)
            if control & 0x40:
                for i in range(at, end):
                    self._store(data[i])
            else:
                for i in range(at, end):
                    self._take(data[i])
            at = end

    def _take(self, byte: int) -> None:
        if self._command < 0:
            self._command = byte
        else:
            self._given.append(byte)
        command = self._command
        if 0x40 <= command <= 0x7F:
            wanted = 0
        elif command <= 0x1F or 0xB0 <= command <= 0xB7:
            if self._mode != 2:
                raise ChipError(f"Command {command:02x} is for page addressing")
            wanted = 0
        elif command in self.ARGUMENTS:
            wanted = self.ARGUMENTS[command]
        else:
            raise ChipError(f"There is no command {command:02x}")
        if len(self._given) == wanted:
            self._do(command, self._given)
            self._command = -1
            self._given = []

    def _do(self, command: int, given: "list[int]") -> None:
        if command <= 0x0F:
            self._column = self._column & 0xF0 | command
        elif command <= 0x1F:
            self._column = self._column & 0x0F | (command & 0x07) << 4
        elif command == 0x20:
            if given[0] > 2:
                raise ChipError(f"There is no addressing mode {given[0]}")
            self._mode = given[0]
        elif command == 0x21:
            self._columns = self._range(given, 127)
            self._column = given[0]
        elif command == 0x22:
            self._pages = self._range(given, 7)
            self._page = given[0]
        elif 0x40 <= command <= 0x7F:
            self.start = command & 0x3F
        elif command == 0x8D:
            self.pump = given[0] == 0x14
        elif command in (0xA0, 0xA1):
            self.mirrored = command == 0xA0
        elif command in (0xA4, 0xA5):
            self.everything = command == 0xA5
        elif command in (0xA6, 0xA7):
            self.inverse = command == 0xA7
        elif command == 0xA8:
            if given[0] < 15:
                raise ChipError("The multiplex ratio is at least 16 rows")
            self.ratio = given[0] & 63
        elif command in (0xAE, 0xAF):
            self.on = command == 0xAF
        elif 0xB0 <= command <= 0xB7:
            self._page = command & 7
        elif command in (0xC0, 0xC8):
            self.upside_down = command == 0xC0
        elif command == 0xD3:
            self.offset = given[0] & 63
        elif command == 0xDA and given[0] != 0x12:
            raise ChipError("A module of 64 rows is wired for alternative COM pins")
        elif command in (0x26, 0x27, 0x29, 0x2A, 0x2F):
            raise ChipError("The memory would scroll away")

    def _range(self, given: "list[int]", last: int) -> "tuple[int, int]":
        first, end = given
        if first > end or end > last:
            raise ChipError(f"From {first} to {end} is no range")
        return first, end

    def _store(self, byte: int) -> None:
        self.ram[128 * self._page + self._column] = byte
        if self._mode == 2:
            self._column = (self._column + 1) % 128
        elif self._mode == 0:
            self._column, over = self._next(self._column, self._columns)
            if over:
                self._page, _ = self._next(self._page, self._pages)
        else:
            self._page, over = self._next(self._page, self._pages)
            if over:
                self._column, _ = self._next(self._column, self._columns)

    def _next(self, at: int, span: "tuple[int, int]") -> "tuple[int, bool]":
        return (span[0], True) if at == span[1] else (at + 1, False)

    def seen(self) -> bytes:
        """What a person sees, row by row, the leftmost pixel of each byte being its highest bit (MONO_HLSB)."""
        picture = bytearray(1024)
        if not self.on or not self.pump:
            return bytes(picture)
        for y in range(self.ratio + 1):
            row = ((self.ratio - y if self.upside_down else y) + self.start + self.offset) % 64
            for x in range(128):
                column = 127 - x if self.mirrored else x
                lit = self.everything or (self.ram[row // 8 * 128 + column] >> row % 8 & 1) != self.inverse
                if lit:
                    picture[y * 16 + x // 8] |= 0x80 >> x % 8
        return bytes(picture)


class ReceiptPrinter:
    """The far end of a serial line; where it `answers`, a status byte for each DLE EOT n (Epson's ESC/POS reference).

    It takes commands apart only as far as it needs to, to know a question from a picture's dots: what comes out on paper is
    for `tests/panel/receipt.py` to say.
    """

    def __init__(self, answers: bool = False) -> None:
        self.answers = answers
        self.paper_out = self.cover_open = False
        self.off = False
        self.asked = 0
        self._came = bytearray()
        self.paper = bytearray()  # everything but the questions

    def receive(self, data: "bytes | bytearray | memoryview") -> bytes:
        """What came; returns what it says."""
        if self.off:
            return b""
        said = bytearray()
        self._came += bytes(data)
        while True:
            length = self._command_length()
            if length == 0:
                return bytes(said)
            command = bytes(self._came[:length])
            self._came = self._came[length:]
            if command[:2] != b"\x10\x04":
                self.paper += command
                continue
            self.asked += 1
            if self.answers:
                said.append(self._status(command[2]))

    def _command_length(self) -> int:
        """Bytes of the command that has come wholly; 0 when none has."""
        came = self._came
        if len(came) < 2:
            return 0
        name = bytes(came[:2])
        length = {b"\x1b@": 2, b"\x1bJ": 3, b"\x1bd": 3, b"\x10\x04": 3, b"\x1dV": 3, b"\x1dv": 8}.get(name, 0)
        if not length:
            raise ChipError("The printer does not know " + repr(name))
        if len(came) < length:
            return 0
        if name == b"\x1dV" and came[2] in (65, 66):
            length = 4
        elif name == b"\x1dv":
            length += (came[4] | came[5] << 8) * (came[6] | came[7] << 8)
        return length if len(came) >= length else 0

    def _status(self, n: int) -> int:
        if n == 1:
            return 0x12 | (0x08 if self.paper_out or self.cover_open else 0)
        if n == 2:
            return 0x12 | (0x04 if self.cover_open else 0) | (0x20 if self.paper_out else 0)
        if n == 3:
            return 0x12
        if n == 4:
            return 0x12 | (0x6C if self.paper_out else 0)
        raise ChipError(f"There is no DLE EOT {n}")


class DCSDisplay:
    """A module of 320x240 with ILI9341 (V1.11) or ST7789 (VW V1.0) on SPI, on its side as the device holds it.

    `memory` is the chip's own, 320 rows of 240 pixels of 16 bits. The glass of an ILI9341 module has blue and red exchanged
    and column 0 at the right; that of an ST7789 module is the other way round, and shows colours inverted.
    """

    MOST_HZ = 62_500_000  # far more than the datasheets promise, and what these modules are driven with
    _READY_MS = 120  # after a reset until it may leave its sleep (8.2.12)
    _AWAKE_MS = 5  # after that until the next command
    # Commands and how many bytes follow: -1 is any number of pixels.
    ARGUMENTS = {
        0x00: 0, 0x01: 0, 0x10: 0, 0x11: 0, 0x13: 0, 0x20: 0, 0x21: 0, 0x28: 0, 0x29: 0, 0x2A: 4, 0x2B: 4, 0x2C: -1, 0x36: 1,
        0x3A: 1,
    }  # fmt: skip
    OF_ILI9341 = {0xC0: 1, 0xC1: 1, 0xC5: 2, 0xC7: 1}

    def __init__(self, kind: str, now_ms: "Callable[[], int]") -> None:
        self.kind = kind
        self.memory = bytearray(0x5A for _ in range(2 * 240 * 320))
        self.bytes = 0
        self._now_ms = now_ms
        self._since_ms = now_ms()
        self._held = True  # in reset
        self._begin()

    def _begin(self) -> None:
        self.asleep = True
        self.on = self.inverse = False
        self._access = 0
        self._bits = 0x66
        self._columns = (0, 239)
        self._rows = (0, 319)
        self._column = self._row = 0
        self._command = -1
        self._given = bytearray()

    def reset(self, level: int) -> None:
        """The pin: low for at least 10 us, which any driver takes."""
        self._held = level == 0
        self._since_ms = self._now_ms()
        self._begin()

    def receive(self, data: "bytes | bytearray | memoryview", is_data: bool) -> None:
        self.bytes += len(data)
        if self._held:
            raise ChipError("It is held in reset")
        if not is_data:
            for i in range(len(data)):
                self._finish()
                self._take(data[i])
        elif self._command == 0x2C:
            self._given += bytes(data)
            whole = len(self._given) // 2 * 2
            self._store(self._given[:whole])
            self._given = self._given[whole:]
        else:
            self._given += bytes(data)

    def _take(self, command: int) -> None:
        waited_ms = self._now_ms() - self._since_ms
        if command == 0x11 and waited_ms < self._READY_MS:
            raise ChipError(f"It may leave its sleep {self._READY_MS} ms after the reset, not after {waited_ms}")
        if not self.asleep and waited_ms < self._AWAKE_MS:
            raise ChipError("It has not woken up yet")
        known = command in self.ARGUMENTS or (self.kind == "ili9341" and command in self.OF_ILI9341)
        if not known:
            raise ChipError(f"{self.kind} has no command {command:02x}")
        self._command = command
        self._given = bytearray()
        if command == 0x11:
            self.asleep = False
            self._since_ms = self._now_ms()
        elif command in (0x20, 0x21):
            self.inverse = command == 0x21
        elif command in (0x28, 0x29):
            self.on = command == 0x29
        elif command == 0x2C:
            self._column, self._row = self._columns[0], self._rows[0]

    def _finish(self) -> None:
        """The command is over when the next one comes."""
        command, given = self._command, self._given
        if command < 0:
            return
        wanted = self.ARGUMENTS.get(command, self.OF_ILI9341.get(command, 0))
        if wanted >= 0 and len(given) != wanted:
            raise ChipError(f"{len(given)} bytes follow command {command:02x}")
        if command == 0x2C and given:
            raise ChipError("Half a pixel")
        if command in (0x2A, 0x2B):
            first, last = given[0] << 8 | given[1], given[2] << 8 | given[3]
            across = (command == 0x2A) == bool(self._access & 0x20)  # over the chip's 320 rows
            if first > last or last > (319 if across else 239):
                raise ChipError(f"From {first} to {last} is no range")
            if command == 0x2A:
                self._columns = (first, last)
            else:
                self._rows = (first, last)
        elif command == 0x36:
            self._access = given[0]
        elif command == 0x3A:
            self._bits = given[0]
        self._command = -1

    def _store(self, pixels: "bytearray") -> None:
        if self._bits & 7 != 5:
            raise ChipError("16 bits a pixel were not agreed on")
        for at in range(0, len(pixels), 2):
            place = 2 * self._place(self._column, self._row)
            self.memory[place] = pixels[at]
            self.memory[place + 1] = pixels[at + 1]
            self._column += 1
            if self._column > self._columns[1]:
                self._column = self._columns[0]
                self._row = self._rows[0] if self._row == self._rows[1] else self._row + 1

    def _place(self, column: int, row: int) -> int:
        """Where in the memory (ILI9341 8.2.29)."""
        x, y = (row, column) if self._access & 0x20 else (column, row)
        if self._access & 0x40:
            x = 239 - x
        if self._access & 0x80:
            y = 319 - y
        return y * 240 + x

    def seen(self) -> bytes:
        """What a person sees, row by row, two bytes a pixel: red's 5 bits, green's 6, blue's 5."""
        picture = bytearray(2 * 320 * 240)
        if self.asleep or not self.on:
            return bytes(picture)
        ili9341 = self.kind == "ili9341"
        exchanged = bool(self._access & 0x08) != ili9341
        turned = 0xFF if self.inverse == ili9341 else 0
        for down in range(240):
            column = down if ili9341 else 239 - down
            at = 2 * 320 * down
            for across in range(320):
                place = 2 * (across * 240 + column)
                high, low = self.memory[place] ^ turned, self.memory[place + 1] ^ turned
                if exchanged:
                    high, low = low << 3 & 0xF8 | high & 7, low & 0xE0 | high >> 3
                picture[at] = high
                picture[at + 1] = low
                at += 2
        return bytes(picture)


class XPT2046:
    """Touch controller on SPI, with its interrupt on a pin (`interrupt(level)`); measurements are noisy.

    `edges`: what is measured at the left, right, top and bottom edge of a display of 320x240, and whether its X is across.
    """

    MOST_HZ = 2_500_000

    def __init__(self, edges: "tuple[int, int, int, int, int]", interrupt: "Callable[[int], None]") -> None:
        self.edges = edges
        self.noise = 20
        self._interrupt = interrupt
        self._place: "tuple[int, int] | None" = None
        self._draws = 7

    def touch(self, x: int, y: int) -> None:
        self._place = (x, y)
        self._interrupt(0)

    def release(self) -> None:
        self._place = None
        self._interrupt(1)

    def transfer(self, data: "bytes | bytearray") -> bytes:
        """A control byte and 16 clocks: twelve bits, after one in which it is busy."""
        if len(data) != 3 or not data[0] & 0x80 or data[0] & 0x0F:
            raise ChipError("A measurement of 12 bits, differential, off afterwards, begins with 1xxx0000")
        value = self._measure(data[0] >> 4 & 7)
        if self._place is not None:  # its pin does anything while it measures
            self._interrupt(1)
            self._interrupt(0)
        return bytes((0, value >> 5, value << 3 & 0xFF))

    def _measure(self, channel: int) -> int:
        if self._place is None:
            return 0 if channel == 3 else self._drawn(4095)
        left, right, top, bottom, turned = self.edges
        across = left + (2 * self._place[0] + 1) * (right - left) // 640
        down = top + (2 * self._place[1] + 1) * (bottom - top) // 480
        if channel in (1, 5):
            value = across if (channel == 5) != bool(turned) else down
        elif channel == 3:
            value = 900
        else:
            raise ChipError(f"Channel {channel} is not connected")
        return max(0, min(4095, value + self._drawn(2 * self.noise + 1) - self.noise))

    def _drawn(self, count: int) -> int:
        self._draws = (self._draws * 1103515245 + 12345) & 0x7FFFFFFF
        return (self._draws >> 8) % count
