"""The inside of `serial_board.SerialBoard`: the unix MicroPython as a microcontroller, with littlefs on a flash in a file,
before it a ROM partition if there is to be one.

Its argument is a JSON file that says what it is. It runs `/boot.py` and `/main.py`, as a board does, then the code that
comes on the standard input (a line with its length before it). The standard output is the board's; on the file descriptor
"told" it tells what happens to it. Time is counted in what flash and line would take, so its watchdog always bites alike.
"""

# ruff: noqa: UP037  own types stay quoted: MicroPython has no typing
import errno
import gc
import json
import os
import sys

import vfs  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BLOCK = 4096
# What things take on an RP2040 with a W25Q16 flash, in microseconds: typical values of its datasheet, and measured ones.
_ERASE_US = 45_000
_PROGRAM_US = 3  # a byte
_READ_US = 2  # a byte, with what is then computed from it
_LINE_US = 10  # a byte of USB serial
_MOST_WDT_MS = 8388
_ERASE, _PROGRAM, _SYNC = 0, 1, 2

spent_us = 0


class Memory:
    """The flash of the chip. `cut_at`: at this operation the power goes. `worn`: blocks with bits that stay 1."""

    def __init__(self, path: str, journal: str, cut_at: int, worn: "list[int]") -> None:
        self._file: "Any" = open(path, "r+b")  # noqa: SIM115
        self._journal: "Any" = open(journal, "ab") if journal else None  # noqa: SIM115
        self._cut_at = cut_at
        self._worn = worn
        self._operations = 0

    def look(self, buffer: "Any") -> None:
        """What it begins with, which takes no time: the chip sees its flash among its memory."""
        self._file.seek(0)
        self._file.readinto(buffer)

    def read(self, number: int, buffer: "Any", offset: int) -> None:
        spend(_READ_US * len(buffer))
        self._file.seek(number * _BLOCK + offset)
        self._file.readinto(buffer)

    def program(self, number: int, buffer: "Any", offset: int) -> None:
        self._operate(_PROGRAM, number, offset, bytes(byte | 1 for byte in buffer) if number in self._worn else buffer)
        spend(_PROGRAM_US * len(buffer))

    def erase(self, number: int) -> None:
        self._operate(_ERASE, number, 0, b"\xff" * _BLOCK)
        spend(_ERASE_US)

    def sync(self) -> None:
        self._note(_SYNC, 0, 0, b"")

    def _operate(self, kind: int, number: int, offset: int, data: "Any") -> None:
        if self._operations == self._cut_at:
            happened("cut")
        self._operations += 1
        self._file.seek(number * _BLOCK + offset)
        self._file.write(data)
        self._note(kind, number, offset, b"" if kind == _ERASE else data)

    def _note(self, kind: int, number: int, offset: int, data: "Any") -> None:
        if self._journal:
            for value in (kind, number, offset, len(data)):
                self._journal.write(value.to_bytes(2, "big"))
            self._journal.write(data)


class Partition:
    """`blocks` of `memory` from `first` on, as rp2's own block device (ports/rp2/rp2_flash.c)."""

    def __init__(self, memory: Memory, first: int, blocks: int) -> None:
        self._memory = memory
        self._first = first
        self._blocks = blocks

    def readblocks(self, number: int, buffer: "Any", offset: int = 0) -> None:
        self._memory.read(self._first + number, buffer, offset)

    def writeblocks(self, number: int, buffer: "Any", offset: "int | None" = None) -> None:
        if offset is None:
            for n in range(len(buffer) // _BLOCK):
                self._memory.erase(self._first + number + n)
        self._memory.program(self._first + number, buffer, offset or 0)

    def ioctl(self, operation: int, argument: int) -> "int | None":
        if operation == 4:
            return self._blocks
        if operation == 5:
            return _BLOCK
        if operation == 3:
            self._memory.sync()
        if operation == 6:
            self._memory.erase(self._first + argument)
        return 0


class RomPartition(bytearray):  # the heap is larger by it
    """One that can be read in place, too: as it was when the chip started, which is all that `main.py` sees."""

    def __init__(self, memory: Memory, blocks: int) -> None:
        super().__init__(blocks * _BLOCK)
        memory.look(memoryview(self))
        self._device = Partition(memory, 0, blocks)

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._device, name)


class Vfs:
    """`vfs`, as MicroPython with a ROM partition has it."""

    def __init__(self, rom: RomPartition) -> None:
        self._rom = rom

    def rom_ioctl(self, operation: int, number: int) -> "Any":
        return self._rom if (operation, number) == (2, 0) else -errno.EINVAL

    def __getattr__(self, name: str) -> "Any":
        return getattr(vfs, name)


def mount_rom(blocks: int) -> None:
    """As py/runtime.c does before anything else."""
    rom = RomPartition(memory, blocks)
    sys.modules["vfs"] = Vfs(rom)  # type: ignore[assignment]
    try:
        vfs.mount(vfs.VfsRom(rom), "/rom")
    except OSError:  # it does not begin with an image
        return
    sys.path.extend(["/rom", "/rom/lib"])


class WDT:
    until_us = 0  # 0: not started

    def __init__(self, id: int = 0, timeout: int = 5000) -> None:
        if timeout > _MOST_WDT_MS:
            raise ValueError("timeout exceeds " + str(_MOST_WDT_MS))
        self._timeout_us = timeout * 1000
        self.feed()

    def feed(self) -> None:
        WDT.until_us = spent_us + self._timeout_us


class Machine:
    WDT = WDT

    def reset(self) -> None:
        happened("reset")

    def unique_id(self) -> bytes:
        return b"\xe6\x60\x58\x38\x83\x1f\x2b\x2e"


class Network:
    WLAN = object


class Implementation:
    def __init__(self, about: "dict[str, Any]") -> None:
        self.name = about["name"]
        self.version = tuple(about["version"])
        self._machine = about["machine"]
        self._mpy = about["mpy"]


class System:
    """`sys`, as another board has it."""

    def __init__(self, about: "dict[str, Any]") -> None:
        self.implementation = Implementation(about)
        self.platform = about["platform"]

    def __getattr__(self, name: str) -> "Any":
        return getattr(sys, name)


def spend(us: int) -> None:
    global spent_us
    spent_us += us
    if 0 < WDT.until_us < spent_us:
        happened("bite")


def happened(what: str) -> None:
    """Whoever listens cuts the power; the chip does nothing more."""
    tell(what)
    while True:
        sys.stdin.buffer.read(1)


def start(path: str) -> None:
    """Run a program of the board's own, as at its start."""
    try:
        with open(path) as file:
            program = file.read()
    except OSError:
        return
    run(program, {"__name__": "__main__"}, "")


def run(program: str, names: "dict[str, Any]", end: str) -> None:
    """`end`: what parts the program's own words from the error's."""
    try:
        exec(program, names)
        print(end, end="")
    except BaseException as error:  # noqa: BLE001 - a board prints it, whatever it is
        print(end, end="")
        sys.print_exception(error)  # type: ignore[attr-defined]


def tell(what: str) -> None:
    """And how long the watchdog still waits, which runs on through a soft reset."""
    told.write(what + " " + str(WDT.until_us - spent_us if WDT.until_us else 0) + "\n")


def boot() -> None:
    try:
        tell("started")
        start("/boot.py")
        if about["main"]:
            start("/main.py")
    except KeyboardInterrupt:  # before a program had begun
        pass
    tell("ready")


def take() -> None:
    """What the REPL is told."""
    try:
        length = int(sys.stdin.buffer.readline())
    except KeyboardInterrupt:  # meant for a program that had just ended
        return
    spend(_LINE_US * length)
    program = sys.stdin.buffer.read(length).decode()
    try:
        run(program, globals_of_repl, "\x04")
    except KeyboardInterrupt:  # as it ended
        pass
    print("\x04", end="")
    tell("done")


with open(sys.argv[1]) as configuration:
    about = json.load(configuration)
told: "Any" = open("/dev/fd/" + str(about["told"]), "w")  # noqa: SIM115
memory = Memory(about["flash"], about["journal"], about["cut_at"], about["worn"])
flash = Partition(memory, about["rom_blocks"], about["blocks"])
globals_of_repl: "dict[str, Any]" = {"__name__": "__main__"}
WDT.until_us = about["watchdog_us"]
vfs.umount("/")
try:
    system = vfs.VfsLfs2(flash, progsize=256)
except OSError:  # a new chip
    vfs.VfsLfs2.mkfs(flash, progsize=256)
    system = vfs.VfsLfs2(flash, progsize=256)
vfs.mount(system, "/")
os.chdir("/")
sys.path[:] = ["", ".frozen", "/lib"]
if about["rom_blocks"]:
    mount_rom(about["rom_blocks"])
sys.modules["machine"] = Machine()  # type: ignore[assignment]
if about["wlan"]:
    sys.modules["network"] = Network()  # type: ignore[assignment]
sys.modules["sys"] = System(about)  # type: ignore[assignment]
gc.collect()  # not while the program starts: unlike a board's, this port's Ctrl-C breaks into that (ports/unix/unix_mphal.c)
boot()
while True:
    take()
