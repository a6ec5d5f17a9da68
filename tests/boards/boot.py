"""A microcontroller in a process of the unix MicroPython: the flash in a file, chips on the wires, and a console.

Arguments: the flash file, and either "install" and a folder, or "boot" and a file with a JSON object: "board", "cause"
("power-on", "watchdog"), "line" (a file for what goes out of the serial line), for boards with WLAN "lan" (where
"address:port" leads on this computer), for those with a colour display "display" (its chip) and perhaps "edges" (what its
touch measures). A ROM partition is what `sim/live.py` has put into memory. As on the board, littlefs is mounted at "/", and
`/main.py` is started; nothing of this computer's files can be reached from then on. Lines that come on the standard input
are what somebody does to the board; answers begin with a byte of 1. What is loaded here is not counted by "heap".
"""

import asyncio
import gc
import json
import os
import select
import sys
import time
from time import ticks_ms  # type: ignore[attr-defined]

import machine
import micropython
import vfs  # type: ignore[import-not-found]
from chips import SSD1306, XPT2046, DCSDisplay, ReceiptPrinter  # type: ignore[import-not-found]
from wires import Lan  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BLOCK = 4096
_RESTART = "kill -USR1 $PPID"  # at once and from anywhere, an interrupt too, as a chip resets
_LOOK_MS = 50
_BETWEEN_S = 0.03  # longer than contacts bounce
_TOUCHED_S = 0.15
_FOLLOWING = "the board's own names follow"
_TURNS = 100  # of all tasks: more than a screen has rows


class Flash:
    """As rp2's own block device, in a file."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "r+b")  # noqa: SIM115
        self._blocks = self._file.seek(0, 2) // _BLOCK
        self.read_bytes = 0

    def readblocks(self, number: int, buffer: "bytearray", offset: int = 0) -> None:
        self.read_bytes += len(buffer)
        self._file.seek(number * _BLOCK + offset)
        self._file.readinto(buffer)

    def writeblocks(self, number: int, buffer: "bytearray", offset: int = 0) -> None:
        self._file.seek(number * _BLOCK + offset)
        self._file.write(buffer)
        self._file.flush()

    def ioctl(self, operation: int, argument: int) -> "int | None":
        if operation == 4:
            return self._blocks
        if operation == 5:
            return _BLOCK
        return 0


def install(flash: Flash, folder: str) -> None:
    """An empty flash with the files of `folder` copied to its root."""
    vfs.VfsLfs2.mkfs(flash, progsize=256)
    vfs.mount(vfs.VfsLfs2(flash, progsize=256), "/board")
    copy(folder, "/board")
    vfs.umount("/board")


def copy(source: str, target: str) -> None:
    for name, kind, *_ in os.ilistdir(source):  # type: ignore[attr-defined]
        if kind & 0x4000:
            os.mkdir(target + "/" + name)
            copy(source + "/" + name, target + "/" + name)
        else:
            with open(source + "/" + name, "rb") as file, open(target + "/" + name, "wb") as out:
                while piece := file.read(4096):
                    out.write(piece)


class VfsWithRom:
    """The module `vfs` of a MicroPython whose flash has a ROM partition."""

    def __init__(self, place: str) -> None:
        """`place`: address and length."""
        import uctypes  # type: ignore[import-not-found]

        self._rom: bytearray = uctypes.bytearray_at(*map(int, place.split()))

    def __getattr__(self, name: str) -> object:
        return getattr(vfs, name)

    def rom_ioctl(self, operation: int, segment: int) -> "bytearray":
        """The partition for reading; on the board it can be written to by blocks, too."""
        if (operation, segment) != (2, 0):
            raise AssertionError("Only that is modelled")
        return self._rom


class Refused:
    """In place of a module that the board does not have."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        raise AssertionError("The plain board has no module " + self._name)


class Line:
    """What comes out of the serial line goes into a file: it would fill the heap."""

    def __init__(self, path: str, printer: "Any") -> None:
        self._file = open(path, "ab")  # noqa: SIM115
        self._printer = printer

    def receive(self, data: "bytes") -> bytes:
        self._file.write(data)
        self._file.flush()
        return b""


class Console:
    def __init__(self, flash: Flash, display: "Any", touch: "Any", baseline: int) -> None:
        self._flash = flash
        self._display = display
        self._touch = touch
        self._baseline = baseline
        self._reader = asyncio.StreamReader(sys.stdin.buffer)  # type: ignore[arg-type]

    async def run(self) -> None:
        while True:
            line = (await self._reader.readline()).decode().split()
            if not line:
                sys.exit(0)
            answer = getattr(self, line[0])(*line[1:])
            if not isinstance(answer, (str, int)):
                answer = await answer
            print("\x01" + line[0] + " " + str(answer))

    async def press(self, number: str, held_ms: str) -> str:
        """Here and not in two commands: the computer may be busy, and a long press is something else."""
        machine.Pin.drive(int(number), 0)
        await asyncio.sleep(int(held_ms) / 1000)
        machine.Pin.drive(int(number), None)
        await asyncio.sleep(_BETWEEN_S)
        await self.settle()
        return held_ms

    async def settle(self) -> str:
        """Until what has been done to the board is on the console, row by row, each with the others' turns between."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return ""

    def presses(self, number: str, count: str) -> str:
        """While the program computes: nothing else runs meanwhile, as in a TLS handshake."""
        for _ in range(int(count)):
            machine.Pin.drive(int(number), 0)
            time.sleep_ms(40)  # type: ignore[attr-defined]
            machine.Pin.drive(int(number), None)
            time.sleep_ms(60)  # type: ignore[attr-defined]
        return count

    def display(self) -> str:
        return self._display.seen().hex()  # type: ignore[no-any-return]

    async def touch(self, x: str, y: str) -> str:
        self._touch.touch(int(x), int(y))
        await asyncio.sleep(_TOUCHED_S)
        self._touch.release()
        await asyncio.sleep(_TOUCHED_S)
        return x

    def pin(self, number: str) -> int:
        return int(machine.Pin.driven.get(int(number), -1))

    def traffic(self) -> int:
        return self._display.bytes  # type: ignore[no-any-return]

    def heap(self) -> int:
        """Bytes in use."""
        gc.collect()
        return gc.mem_alloc() - self._baseline  # type: ignore[attr-defined,no-any-return]

    def names(self) -> int:
        """Prints all that MicroPython has in its heap, the newest pool of them first, and before them how many there are.

        Between the bench's and the board's own there is `_FOLLOWING`.
        """
        micropython.qstr_info(1)  # type: ignore[attr-defined]
        return 0

    def flash(self) -> int:
        """Bytes that were read from it since the power came."""
        return self._flash.read_bytes

    def modules(self) -> str:
        return " ".join(sorted(sys.modules))

    def watchdog(self) -> str:
        dog = machine.WDT.started
        return "none" if dog is None else str(dog.timeout) + " " + str(dog.fed)

    def wrong(self, how: str) -> str:
        """From now on the firmware has one more task, which is wrong on purpose."""
        asyncio.create_task(getattr(self, "_" + how)())  # noqa: RUF006 - MicroPython keeps tasks
        return how

    async def _crash(self) -> None:
        raise ValueError("a secret word")

    async def _busy(self) -> None:
        while True:
            pass

    def prompt(self) -> None:
        """The program has ended: MicroPython waits for what somebody types."""
        print(">>> ")
        poller = select.poll()
        poller.register(sys.stdin, select.POLLIN)
        while True:
            if poller.poll(_LOOK_MS):  # between two of them interrupts are served, as at a prompt
                line = sys.stdin.readline().split()
                if not line:
                    break
                print("\x01" + line[0] + " " + str(getattr(self, line[0])(*line[1:])))

    def air(self, there: str) -> str:
        """The access point is switched on or off."""
        sys.modules["network"].air.there = there == "on"
        return there


# Of a colour display and its touch: SCK, MOSI, select, data, reset; SCK, MOSI, select, interrupt. Then TX.
COLOUR = {
    "pico2_w": ((18, 19, 17, 20, 21), (10, 11, 13, 14), 0),
    "esp32s3": ((12, 11, 10, 9, 8), (40, 41, 39, 38), 17),
}
EDGES = (3800, 300, 3750, 350, 1)  # of the usual touch


def wire(given: "dict[str, Any]") -> "tuple[Any, Any]":
    """The display and the touch that hang on this board."""
    if given["board"] not in COLOUR:
        display = machine.I2C.wired[(4, 5, 0x3C)] = SSD1306()
        machine.UART.wired[0] = Line(given["line"], ReceiptPrinter())
        return display, None
    on_display, on_touch, line = COLOUR[given["board"]]
    colour = DCSDisplay(given["display"], ticks_ms)
    machine.SPI.wired[on_display[:2]] = [(on_display[2], on_display[3], colour)]
    machine.Pin.watched[on_display[4]] = colour.reset
    touch = XPT2046(given.get("edges") or EDGES, lambda level: machine.Pin.drive(on_touch[3], level))
    machine.SPI.wired[on_touch[:2]] = [(on_touch[2], -1, touch)]
    machine.UART.wired[line] = Line(given["line"], ReceiptPrinter())
    return colour, touch


def boot(flash: Flash, given: "dict[str, Any]") -> None:
    display, touch = wire(given)
    machine.cause = machine.WDT_RESET if given["cause"] == "watchdog" else machine.PWRON_RESET
    machine.restart = lambda: os.system(_RESTART)
    if given["board"] == "pico":
        for name in ("socket", "ssl", "tls", "network"):
            sys.modules[name] = Refused(name)  # type: ignore[assignment]
    else:
        import network  # noqa: F401 - from then on it is there

        sys.modules["socket"] = Lan(given["lan"])
    rom = os.getenv("SCANPOST_ROM")
    if rom:
        sys.modules["vfs"] = VfsWithRom(rom)  # type: ignore[assignment]
    del sys.modules["chips"]
    vfs.umount("/")
    vfs.mount(vfs.VfsLfs2(flash, progsize=256), "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    gc.collect()
    console = Console(flash, display, touch, gc.mem_alloc())  # type: ignore[attr-defined]
    asyncio.create_task(console.run())  # noqa: RUF006 - MicroPython keeps tasks
    with open("/main.py") as file:
        program = file.read()
    main: dict[str, Any] = {"__name__": "__main__"}  # whose names stay at the prompt
    hasattr(console, _FOLLOWING)  # makes a name of it
    exec(program, main)
    console.prompt()


def main() -> None:
    path, what, argument = sys.argv[1:]
    if what == "install":
        install(Flash(path), argument)
    else:
        with open(argument) as file:
            given = json.loads(file.read())
        boot(Flash(path), given)


main()
