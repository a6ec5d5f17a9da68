"""A board at a serial port, stopped and asked: its own MicroPython runs the files of `on_board/`. Start at `Repl`.

The conversation is `mpremote`'s (raw REPL and raw paste). Whatever goes wrong is a `BoardError` whose text says what to do.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport
from serial.tools import list_ports

from boards.kinds import KINDS, Kind

if sys.platform != "win32":
    import grp

_ON_BOARD = Path(__file__).parent / "on_board"
_PATIENCE_S = 10  # mpremote's own: a board that computes a TLS handshake listens after seconds
_BACK_S = 3  # until a board that restarts is there again
_LOOK_S = 0.1
_CHUNK_BYTES = 1536  # makes 2 KB of base64
_KEEP_EVERY = 10  # chunks: as much may be sent twice after a power cut
_BEFORE = "/main-before-scanpost.py"
_FULL = ("ENOSPC", "OSError: 28", "[Errno 28]")
OURS = b"# Scanpost "  # how every main.py of ours begins

Listing = dict[str, tuple[int, str]]  # path -> size and SHA-256


class BoardError(Exception):
    """It did not work; the text says what to do about it."""


class FlashFull(BoardError):
    """There is no room left on the board."""


def find_port(named: str) -> str:
    """`named`, or the only port with a USB device when that is empty. Raises BoardError."""
    if named:
        return named
    ports = _ports()
    if len(ports) == 1:
        return ports[0]
    if not ports:
        raise BoardError(
            "No board was found: no serial port has a USB device. Plug it in with a cable that carries data. A board "
            "without MicroPython needs that first (micropython.org/download): hold BOOTSEL of a Pico while you plug it in, "
            "then copy the .uf2 file onto the drive that appears. A port of another kind is named with PORT=."
        )
    raise BoardError(f"There are several ports: say which one with PORT= ({', '.join(ports)}).")


def _ports() -> list[str]:
    return sorted(port.device for port in list_ports.comports() if port.vid is not None)


class Repl:
    """`with Repl(port) as repl`: the board's program is stopped, and begins anew when this ends."""

    def __init__(self, port: str, patience_s: float = _PATIENCE_S) -> None:
        self.port = port
        self._patience_s = patience_s
        self._transport: Any = None

    def __enter__(self) -> Repl:
        said = io.StringIO()
        self._wait_for_port()
        try:
            with contextlib.redirect_stdout(said):  # mpremote prints what it does not understand
                self._transport = SerialTransport(self.port, timeout=self._patience_s)  # type: ignore[no-untyped-call]
                self._transport.enter_raw_repl(soft_reset=True, timeout_overall=self._patience_s)
        except (TransportError, OSError) as error:
            opened = self._transport is not None
            self._close()
            raise BoardError(_no_answer(self.port) if opened else not_opened(self.port)) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: TracebackType | BaseException | None) -> None:
        """Restart the board: it runs what is on it now."""
        try:
            self._transport.exec_raw_no_follow("import machine\nmachine.reset()")
        except (TransportError, OSError, struct.error):  # it is gone already, and restarts when it is plugged in again
            pass
        self._close()

    def _wait_for_port(self) -> None:
        """A board that has just restarted takes a moment to be there again."""
        end_s = time.monotonic() + min(self._patience_s, _BACK_S)
        while not os.path.exists(self.port) and time.monotonic() < end_s:
            time.sleep(_LOOK_S)

    def prepare(self, kind: Kind | None = None) -> dict[str, Any]:
        """See that it is a board of this kind, or of any of ours, and get ready for the calls below.

        Returns what it says of itself. Raises BoardError.
        """
        board = self.about()
        problems = [each.problem(board) for each in ([kind] if kind else KINDS.values())]
        if all(problems):
            if len(set(problems)) > 1:  # what is wrong with its MicroPython is the same for each kind
                problems[0] = f"It is a {board['machine']}: there is no firmware for that here."
            raise BoardError(problems[0])
        self.run(source("session"))
        return board

    def about(self) -> dict[str, Any]:
        """What the board says of itself (`on_board/about.py`). Raises BoardError."""
        told: dict[str, Any] = json.loads(self.run(source("about")))
        return told

    def run(self, code: str) -> str:
        """Run `code` on the board; what it prints. Raises BoardError, FlashFull."""
        try:
            printed, failed = self._transport.exec_raw(code, timeout=self._patience_s)
        except (
            TransportError,
            OSError,
            struct.error,
        ) as error:  # the last where mpremote reads less than it waited for
            raise BoardError(f"The board at {self.port} went away, or does not answer any more.") from error
        if failed:
            last = failed.decode("utf-8", "replace").strip().rpartition("\n")[2]
            if any(sign in last for sign in _FULL):
                raise FlashFull("The board's flash is full.")
            raise BoardError(f"The board could not do it: {last}")
        text: str = printed.decode("utf-8", "replace")
        return text.replace("\r\n", "\n")

    # --- by `on_board/session.py`, after `prepare` ---

    def free(self) -> tuple[int, int]:
        """Bytes of a block, and how many blocks are free."""
        size, blocks = json.loads(self.run("room()"))
        return size, blocks

    def files(self, folder: str, deep: bool = True) -> Listing:
        """Every file in `folder`, and below it if `deep`."""
        return dict(self._told(f"listed({folder!r}, {deep})"))

    def file(self, path: str, most: int = 0x7FFFFFFF) -> tuple[int, str] | None:
        """Size and SHA-256 of the first `most` bytes of a file; None when there is none."""
        return dict(self._told(f"tell({path!r}, {most})")).get(path)

    def _told(self, code: str) -> Iterator[tuple[str, tuple[int, str]]]:
        for line in self.run(code).splitlines():
            size, digest, path = line.split(" ", 2)
            yield path, (int(size), digest)

    def read(self, path: str) -> bytes:
        """A small file; b"" when there is none."""
        return base64.b64decode(self.run(f"read({path!r})"))

    def send(self, path: str, data: bytes, progress: Callable[[int], None] = lambda _: None) -> None:
        """Write a file, in one step, and see that it is what was sent; go on with one that was begun before.

        `progress` is told how many bytes are there in addition. Raises BoardError, FlashFull.
        """
        part = path + ".part"  # beside it: see `move` in `on_board/session.py`
        there = self.file(part)
        done = there[0] if there is not None and there[1] == sha256(data[: there[0]]) else 0
        progress(done)
        self.run(f"begin({part!r}, {'ab' if done else 'wb'!r})")
        sent = 0
        while done < len(data):
            chunk = data[done : done + _CHUNK_BYTES]
            self.run(f"more({base64.b64encode(chunk).decode()!r})")
            done += len(chunk)
            sent += 1
            if sent % _KEEP_EVERY == 0:
                self.run("keep()")
            progress(len(chunk))
        self.run("end()")
        if self.file(part) != (len(data), sha256(data)):
            self.run(f"remove({part!r})")
            raise BoardError(f"The board did not keep {path} as it was sent; its flash may be worn out. Try once more.")
        self.run(f"move({part!r}, {path!r})")

    def keep_main(self, head: bytes, tell: Callable[[str], None]) -> None:
        """`head`: the board's `main.py`, about to be replaced. Another project's stays on the board."""
        if head and not head.startswith(OURS):
            self.send(_BEFORE, head)
            tell(f"The main.py of before is kept as {_BEFORE}.")

    def remove(self, path: str) -> None:
        self.run(f"remove({path!r})")

    def _close(self) -> None:
        if self._transport is not None:
            try:
                self._transport.close()
            except OSError:  # it was unplugged
                self._transport.serial.close()
            self._transport = None


def source(name: str) -> str:
    """The text of a file of `on_board/`, without its docstring, to be run on the board."""
    text = (_ON_BOARD / f"{name}.py").read_text("utf-8")
    return text[text.index('"""', 3) + 3 :].lstrip()


def percent(whole: int, tell: Callable[[str], None]) -> Callable[[int], None]:
    """Told how many bytes have gone out, it tells the progress in steps of ten percent."""
    sent = told = 0

    def progress(n: int) -> None:
        nonlocal sent, told
        sent += n
        if 10 * sent // whole > told:
            told = 10 * sent // whole
            tell(f"  {10 * told} %")

    return progress


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def not_opened(port: str) -> str:
    """Why `port` cannot be opened, and what to do."""
    if not os.path.exists(port):
        others = _ports()
        there = f"There is {', '.join(others)}." if others else "No port has a USB device now: is the board plugged in?"
        return f"There is no port {port}. {there}"
    if not os.access(port, os.R_OK | os.W_OK):
        return f"You may not open {port}. {_permission(port)}"
    return f"Another program has {port}: end it (a console, perhaps), then try again."


def _permission(port: str) -> str:
    if sys.platform == "win32":
        return "Another program may have it."
    status = os.stat(port)
    group = grp.getgrgid(status.st_gid).gr_name
    if status.st_mode & 0o060 != 0o060 or status.st_gid == 0:
        return (
            f"It belongs to {group} and gives nobody else the right; a udev rule for the board would (docs/boards.md)."
        )
    return f"Join the group that may: sudo usermod -aG {group} $USER, then log in again."


def _no_answer(port: str) -> str:
    return (
        f"The board at {port} does not answer: it has no MicroPython, or runs something that cannot be stopped. Unplug it, "
        "plug it in again and try once more. If that does not help, put MicroPython on it anew (micropython.org/download)."
    )
