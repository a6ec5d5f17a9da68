"""A board on the bench: its folder on a flash, in the real MicroPython, and somebody who presses keys and reads the console.

Start at `Bench.powered`. The board itself is `tests/boards/boot.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from boards import rom
from boards.image import flash_map
from sim.live import NoInterpreter, find_micropython

HERE = Path(__file__).parent
FLASH_BYTES = 352 * 4096  # for files, of the 2 MB of a Pico with official MicroPython
RESTARTED = -signal.SIGUSR1  # exit code
_PATIENCE_S = 30.0
_HEAP_KB = 2048
BENCH_KB = 50  # what the bench itself has loaded
# 1.4 times the 215 KB that MicroPython had free on an emulated RP2040; what the bench itself has loaded is in it as well.
_HEAP_KB_OF = {"pico": 300}
_HELD_MS = 30  # longer than contacts bounce


class Screen:
    """What the console said of a screen. Rows as (mark, words); the mark is ">", "*", "x" or " "."""

    def __init__(self, heading: str) -> None:
        self.name, _, self.language = heading.partition(", ")
        self.rows: list[tuple[str, str]] = []

    @property
    def focus(self) -> str:
        return next((words for mark, words in self.rows if mark == ">"), "")

    @property
    def words(self) -> str:
        return "\n".join(words for _, words in self.rows)


class Bench:
    """A board with the flash `flash`, and with the ROM partition that lies beside it, if one does.

    `lines`: all that came from the console. `line`: the file with what went out of the serial line.

    `heap_kb`: of MicroPython; 0 is what is usual here. `lan`: where "address:port" leads on this computer, as a board with
    WLAN sees it. `more`: see `tests/boards/boot.py`.
    """

    def __init__(
        self,
        flash: Path,
        board: str,
        pins: dict[str, int],
        lan: dict[str, int] | None = None,
        heap_kb: int = 0,
        **more: Any,
    ) -> None:
        self.lines: list[str] = []
        self.screen = Screen("none, en")
        self.line = flash.with_suffix(".uart")
        self.restarted = asyncio.Event()
        self._flash = flash
        self._board = board
        self._lan = lan or {}
        self._more = more
        self._pins = pins
        self._heap_kb = heap_kb or _HEAP_KB_OF.get(board, _HEAP_KB)
        self._answers: list[str] = []
        self._changed = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def powered(
        cls,
        flash: Path,
        board: str,
        pins: dict[str, int],
        lan: dict[str, int] | None = None,
        heap_kb: int = 0,
        **more: Any,
    ) -> AsyncIterator[Bench]:
        """With the power on, until the end."""
        bench = cls(flash, board, pins, lan, heap_kb, **more)
        await bench.power("power-on")
        try:
            yield bench
        finally:
            await bench.cut()

    async def power(self, cause: str) -> None:
        self.restarted.clear()
        given = {"board": self._board, "cause": cause, "line": str(self.line), "lan": self._lan, **self._more}
        conditions = self._flash.with_suffix(".json")  # an argument of more than 255 bytes would kill MicroPython
        conditions.write_text(json.dumps(given))
        partition = partition_of(self._flash)
        program = command(self._heap_kb, partition if partition.exists() else None)
        self._process = await asyncio.create_subprocess_exec(
            *program, "boot.py", str(self._flash), "boot", str(conditions),
            cwd=HERE, env=environment(), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, limit=1 << 20,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read(self._process))

    async def cut(self) -> None:
        """The power goes: the device has no chance to do anything more."""
        assert self._process is not None and self._reading is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def again(self, cause: str = "power-on") -> None:
        """The power goes and comes back."""
        await self.cut()
        self.screen = Screen("none, en")
        await self.power(cause)

    async def ask(self, *words: object) -> str:
        """What the bench itself knows: see `Console` in `tests/boards/boot.py`."""
        assert self._process is not None and self._process.stdin is not None
        self._answers.clear()
        self._process.stdin.write((" ".join(str(word) for word in words) + "\n").encode())
        await self.until(lambda: self._answers)
        name, _, answer = self._answers[0].partition(" ")
        assert name == words[0]
        return answer

    def interrupt(self) -> None:
        """Ctrl-C on the serial console."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)

    async def ended(self) -> int:
        """Once the program has come to its end; the exit code."""
        assert self._process is not None
        return await self._process.wait()

    async def press(self, key: str, held_ms: int = _HELD_MS) -> None:
        await self.ask("press", self._pins[key], held_ms)

    async def tap(self, x: int, y: int) -> None:
        await self.ask("touch", x, y)

    async def choose(self, words: str, then: str) -> None:
        """Go to the row that says `words` with the keys, and press OK; `then` is the name of the screen that follows."""
        await self.ask("settle")
        for _ in range(40):
            if self.screen.focus == words:
                break
            await self.press("down")
        assert self.screen.focus == words, self.screen.rows
        await self.press("ok")
        await self.on(then)

    async def on(self, name: str) -> Screen:
        """Once the screen `name` has been said."""
        await self.until(lambda: self.screen.name == name and self.screen.rows)
        return self.screen

    async def display(self) -> bytes:
        return bytes.fromhex(await self.ask("display"))

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until it holds; fails with what the console said."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not holds():
                    assert self._reading is not None
                    assert not self._reading.done(), f"The board is gone: {self.lines[-40:]}"
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"It did not come about; the console said: {self.lines[-40:]}") from None

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self._heard(line.decode().rstrip("\n"))
        if await process.wait() == RESTARTED:
            self.restarted.set()
        self._changed.set()

    def _heard(self, line: str) -> None:
        if line.startswith("\x01"):
            self._answers.append(line[1:])
        else:
            self.lines.append(line)
            if line.startswith("--- "):
                self.screen = Screen(line[4:])
            elif line[1:2] == " " and line[0] in ">*x ":
                self.screen.rows.append((line[0], line[2:]))
        self._changed.set()


def command(heap_kb: int, partition: Path | None = None) -> list[str]:
    return [*micropython(partition), "-X", f"heapsize={heap_kb}k"]


def micropython(partition: Path | None = None) -> list[str]:
    """As `find_micropython`; without one the test is skipped."""
    try:
        found = find_micropython(partition)
    except NoInterpreter as problem:
        pytest.skip(str(problem))
    if found is None:
        pytest.skip("no MicroPython here")
    return found


def environment() -> dict[str, str]:
    return {**os.environ, "MICROPYPATH": f"{HERE}:.frozen"}


def partition_of(flash: Path) -> Path:
    return flash.with_suffix(".rom")


def install(folder: Path, flash: Path, flash_bytes: int = FLASH_BYTES) -> None:
    """A new flash with the files of `folder`, as `mpremote cp -r` puts them there."""
    flash.write_bytes(b"\xff" * flash_bytes)
    arguments = [*command(_HEAP_KB), "boot.py", str(flash), "install", str(folder)]
    subprocess.run(arguments, cwd=HERE, env=environment(), check=True)


def install_in_place(board: str, folder: Path, flash: Path, half: int = 0) -> None:
    """A new board whose code is in this half of its ROM partition. `folder`: its files, `main.py` is put with them."""
    _, rom_bytes, storage_bytes = flash_map(board)
    begins = half * rom.half_bytes(rom_bytes)
    code = rom.build(board).read_bytes()
    assert len(code) <= rom.half_bytes(rom_bytes)
    partition_of(flash).write_bytes((b"\xff" * begins + code).ljust(rom_bytes, b"\xff"))
    (folder / "main.py").write_text(rom.main_text(board, begins))
    install(folder, flash, storage_bytes)


def another(flash: Path, place: Path) -> Path:
    """A board like the one with this flash, in the folder `place`."""
    if partition_of(flash).exists():
        shutil.copy(partition_of(flash), partition_of(place / flash.name))
    return Path(shutil.copy(flash, place / flash.name))
