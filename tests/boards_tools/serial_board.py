"""A MicroPython board at a serial port, for the tools to be tested against: start at `SerialBoard.plug`.

The port is a pty. In front is the REPL's protocol as MicroPython speaks it (friendly, raw, raw paste with its window:
`shared/runtime/pyexec.c`); behind is the real MicroPython (`chip.py`), which runs what is sent, on a littlefs whose flash
outlives its power. As with USB, the port is gone while there is no power, and comes back with it.
"""

from __future__ import annotations

import json
import os
import queue
import selectors
import signal
import subprocess
import threading
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

from littlefs import LittleFS

from sim.flash import BLOCK
from sim.live import find_micropython

_CHIP = Path(__file__).parent / "chip.py"
_WINDOW = 128
_PATIENCE_S = 30.0
_HEAP_KB = 266  # 1.4 times that of a Pico W: objects of 64 bits are larger
_CTRL_A, _CTRL_B, _CTRL_C, _CTRL_D, _CTRL_E = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
_RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n"
ABOUT = {
    "name": "micropython",
    "version": [1, 29, 0, ""],
    "machine": "Raspberry Pi Pico with RP2040",
    "mpy": 6 | 3 << 8,
    "platform": "rp2",
    "wlan": False,
}


class SerialBoard:
    """`folder`: for its flash, and its port (`port`). `blocks`: how many of 4 KB its file system has, fewer than most boards
    have. `rom_blocks`: how many its ROM partition has; official MicroPython has none.
    """

    def __init__(self, folder: Path, blocks: int = 212, rom_blocks: int = 0, **about: Any) -> None:
        self.port = folder / "ttyACM0"
        self.about = {**ABOUT, **about}
        self.deaf = False  # it runs something that neither answers nor can be stopped
        self.unplug_at: int | None = None  # when `received` is so many
        self.cut_at = -1  # the operation of the flash at which the power goes
        self.journal = ""  # a file for all that is done to the flash
        self.worn: list[int] = []  # blocks of the flash that do not keep what is written
        self.starts: list[str] = []  # why it started: "power", "soft", "reset", "bite"
        self.said = b""  # to the computer, since the start of the test
        self.received = 0  # bytes from the computer
        self._folder = folder
        self.flash = folder / "flash.bin"
        self._blocks = blocks
        self._rom_blocks = rom_blocks
        if not self.flash.exists():
            self.flash.write_bytes(b"\xff" * BLOCK * (rom_blocks + blocks))
        self._orders: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake_read, self._wake_write = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._take_orders)
        self._changed = threading.Condition()
        self._master: int | None = None
        self._slave: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._told: int | None = None
        self._pending = b""  # from the computer
        self._line = b""  # of the raw REPL
        self._mode = "program"  # friendly, raw, paste
        self._busy = True
        self._window = 0
        self._started = False
        self._watchdog_us = 0
        self._ended = False
        self._thread = threading.Thread(target=self._live, name="serial board", daemon=True)
        self._thread.start()

    # --- what a test does ---

    def plug(self, says: bytes = b">>> ") -> None:
        """Give it power, and wait until it says this: by default the prompt, when it has no program or that has ended."""
        before, starts = len(self.said), len(self.starts)
        self._order(lambda: self._power("power"))
        self.until(lambda: len(self.starts) > starts and (self.deaf or says in self.said[before:]))

    def unplug(self) -> None:
        """Take its power away, and its port. A board that is about to restart has no process for a moment, too."""
        gone = threading.Event()

        def cut() -> None:
            self._cut()
            gone.set()

        self._order(cut)
        self.until(gone.is_set)

    def close(self) -> None:
        self.unplug()
        self._ended = True
        self._order(lambda: None)
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._selector.close()

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until it holds; whatever happens to the board is a reason to look."""
        with self._changed:
            if not self._changed.wait_for(holds, _PATIENCE_S):
                raise AssertionError(
                    f"It did not come about; the board said: {self.said[-2000:]!r}, started: {self.starts}"
                )

    @property
    def powered(self) -> bool:
        return self._process is not None

    def picture(self) -> bytes:
        """All of its flash."""
        return self.flash.read_bytes()

    def set_picture(self, picture: bytes) -> None:
        assert self._process is None
        self.flash.write_bytes(picture)

    def files(self) -> dict[str, bytes]:
        """What is in its file system, by path."""
        return files_of(self.picture()[self._rom_blocks * BLOCK :])

    def rom(self) -> bytes:
        """Its ROM partition."""
        return self.picture()[: self._rom_blocks * BLOCK]

    def put(self, files: dict[str, bytes]) -> None:
        """Write files while it has no power."""
        assert self._process is None
        system = _mounted(self.picture()[self._rom_blocks * BLOCK :])
        for path, data in files.items():
            system.makedirs(path.rpartition("/")[0] or "/", exist_ok=True)
            with system.open(path, "wb") as file:
                file.write(data)
        self.set_picture(self.rom() + bytes(system.context.buffer))

    # --- its life, in a thread of its own ---

    def _order(self, what: Callable[[], None]) -> None:
        self._orders.put(what)
        os.write(self._wake_write, b"!")

    def _take_orders(self) -> None:
        os.read(self._wake_read, 1)
        self._orders.get()()

    def _live(self) -> None:
        while not self._ended:
            for key, _ in self._selector.select():
                if self._selector.get_map().get(key.fd) is key:  # it may have gone with what came before it
                    key.data()
            with self._changed:
                self._changed.notify_all()

    def _power(self, why: str) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._selector.register(self._master, selectors.EVENT_READ, self._hear)
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(os.ttyname(self._slave))
        self._pending = self._line = b""
        self._start(why, "program")

    def _cut(self) -> None:
        """The power goes, and the port with it."""
        self._stop()
        self.port.unlink(missing_ok=True)
        for number in (self._master, self._slave):
            if number is not None:
                if number == self._master:
                    self._selector.unregister(number)
                os.close(number)
        self._master = self._slave = None

    def _start(self, why: str, mode: str, watchdog_us: int = 0) -> None:
        told_read, told_write = os.pipe()
        configuration = {
            **self.about,
            "flash": str(self.flash),
            "blocks": self._blocks,
            "rom_blocks": self._rom_blocks,
            "worn": self.worn,
            "journal": self.journal,
            "cut_at": self.cut_at,
            "told": told_write,
            "main": mode == "program" and not self.deaf,
            "watchdog_us": watchdog_us,
        }
        path = self._folder / "chip.json"
        path.write_text(json.dumps(configuration))
        command = find_micropython()
        assert command is not None
        heap_kb = _HEAP_KB + self._rom_blocks * BLOCK // 1024
        self._process = subprocess.Popen(
            [*command, "-X", f"heapsize={heap_kb}k", str(_CHIP), path.name],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(told_write,),
            bufsize=0,
        )
        os.close(told_write)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._told = told_read
        os.set_blocking(told_read, False)
        self._started = False
        self._selector.register(self._process.stdout, selectors.EVENT_READ, self._pass_on)
        self._selector.register(told_read, selectors.EVENT_READ, self._listen)
        self._mode, self._busy, self._watchdog_us = mode, True, watchdog_us
        self.starts.append(why)

    def _stop(self) -> None:
        if self._process is None or self._told is None:
            return
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None and self._process.stdin is not None
        self._pass_on()
        for each in (self._process.stdout, self._told):
            if each in self._selector.get_map():
                self._selector.unregister(each)
        self._process.stdout.close()
        self._process.stdin.close()
        os.close(self._told)
        self._process = self._told = None

    def _say(self, data: bytes) -> None:
        self.said += data
        while data and self._master is not None and not self.deaf:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:  # nobody reads: a board's USB drops it then
                return

    def _pass_on(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        while data := self._process.stdout.read(65536):
            self._say(data.replace(b"\n", b"\r\n"))
        if data == b"" and self._process.stdout in self._selector.get_map():
            self._selector.unregister(self._process.stdout)

    def _listen(self) -> None:
        """What the chip tells of itself."""
        assert self._told is not None
        try:
            lines = os.read(self._told, 4096).decode().splitlines()
        except BlockingIOError:
            return
        for line in lines:
            self._pass_on()
            what, watchdog_us = line.split(" ")
            self._watchdog_us = int(watchdog_us)
            if what == "started":
                self._started = True
            elif what == "ready":
                self._busy = False
                if self._mode == "program":
                    self._mode = "friendly"
                    self._say(self._banner())
                else:
                    self._say(_RAW_BANNER + b">")
            elif what == "done":
                self._busy = False
                self._say(b">")
            else:  # "cut": whoever tests gives the power back
                self._cut()
                if what != "cut":
                    self._power(what)
                return
            self._proceed()

    def _hear(self) -> None:
        assert self._master is not None
        try:
            data = os.read(self._master, 4096)
        except OSError:
            return
        self.received += len(data)
        if self.unplug_at is not None and self.received >= self.unplug_at:
            self.unplug_at = None
            self._cut()
            return
        if self.deaf:
            return
        self._pending += data
        self._proceed()

    # --- the REPL: shared/runtime/pyexec.c ---

    def _proceed(self) -> None:
        if self._busy and self._started and _CTRL_C in self._pending and self._process is not None:
            self._pending = self._pending.rpartition(_CTRL_C)[2]
            self._process.send_signal(signal.SIGINT)
        while self._pending and not self._busy:
            if self._mode == "paste":
                self._paste()
                continue
            byte, self._pending = self._pending[:1], self._pending[1:]
            if self._mode == "friendly":
                self._friendly(byte)
            else:
                self._raw(byte)

    def _friendly(self, byte: bytes) -> None:
        if byte == _CTRL_A:
            self._mode, self._line = "raw", b""
            self._say(_RAW_BANNER + b">")
        elif byte == _CTRL_B:
            self._say(b"\r\n" + self._banner())
        elif byte == _CTRL_D:
            self._soft_reset("program")
        elif byte in (b"\r", _CTRL_C):  # whatever else was typed is not modelled: no tool types
            self._say(b"\r\n>>> ")

    def _raw(self, byte: bytes) -> None:
        if byte == _CTRL_A:
            if self._line == _CTRL_E + b"A":
                self._mode, self._line, self._window = "paste", b"", 2 * _WINDOW
                self._say(b"R\x01" + _WINDOW.to_bytes(2, "little") + b"\x01")
            else:
                self._line = b""
                self._say(_RAW_BANNER + b">")
        elif byte == _CTRL_B:
            self._mode = "friendly"
            self._say(b"\r\n" + self._banner())
        elif byte == _CTRL_C:
            self._line = b""
        elif byte != _CTRL_D:
            self._line += byte
        elif self._line:
            self._say(b"OK")
            self._execute()
        else:
            self._say(b"OK\r\n")
            self._soft_reset("raw")

    def _paste(self) -> None:
        """Take what is sent in raw paste mode: the computer may send no more than the window that it was given."""
        taken, end, rest = self._pending.partition(_CTRL_D)
        before = len(self._line)
        self._line += taken
        self._pending = rest
        self._window -= len(taken)
        assert self._window >= 0, "More was sent than fits into the board's buffer"
        for _ in range(before // _WINDOW, len(self._line) // _WINDOW):
            self._window += _WINDOW
            self._say(_CTRL_A)
        if end:
            self._mode = "raw"
            self._say(_CTRL_D)
            self._execute()

    def _execute(self) -> None:
        code, self._line = self._line, b""
        assert self._process is not None and self._process.stdin is not None
        self._busy = True
        try:
            self._process.stdin.write(b"%d\n%b" % (len(code), code))
        except BrokenPipeError:
            raise AssertionError(f"The chip is gone: {self.said[-2000:]!r}") from None

    def _soft_reset(self, mode: str) -> None:
        self._say(b"MPY: soft reboot\r\n")
        watchdog_us = self._watchdog_us  # no soft reset stops it
        self._stop()
        self._start("soft", mode, watchdog_us)

    def _banner(self) -> bytes:
        version = ".".join(map(str, self.about["version"][:3]))
        return (
            f'MicroPython v{version}; {self.about["machine"]}\r\nType "help()" for more information.\r\n>>> '.encode()
        )


def files_of(picture: bytes) -> dict[str, bytes]:
    """What a littlefs holds, by path; {} for one that was never formatted."""
    if picture == b"\xff" * len(picture):
        return {}
    system = _mounted(picture)
    found = {}
    for folder, _, files in system.walk("/"):
        for name in files:
            path = folder.rstrip("/") + "/" + name
            with system.open(path, "rb") as file:
                found[path] = file.read()
    return found


def _mounted(picture: bytes) -> LittleFS:
    """A copy of it, as `VfsLfs2(progsize=256)` mounts it."""
    system = LittleFS(
        block_size=BLOCK,
        block_count=len(picture) // BLOCK,
        prog_size=256,
        read_size=256,
        cache_size=1024,
        lookahead_size=32,
        mount=False,
    )
    system.context.buffer = bytearray(picture)
    if picture == b"\xff" * len(picture):
        system.format()
    system.mount()
    return system
