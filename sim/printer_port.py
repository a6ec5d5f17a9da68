"""A real printer that gets the same bytes as the simulated one: a serial port, or whatever else pyserial has a URL for.

Start at `PrinterPort`. pyserial waits, so a thread of its own does the waiting: a printer that takes nothing for hours, or
is pulled out in the middle, never holds up the simulator. Bytes are handed on once and in order; when it is not known how
many of them arrived, the sheet fails instead of going on with a guess.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import select
import threading
from collections.abc import Callable

import serial

from hal.errors import PrinterError

_LOOK_S = 1.0  # how often it is looked whether the printer is (still) there
_PATIENCE_S = 5.0  # how long it may take a piece before the panel says so
_END_S = 2 * _LOOK_S
_HEARD_BYTES = 256  # taken at a time of what the printer says
# IPP's words (RFC 8011 5.4.12)
_UNREACHED, _LATE = "connecting-to-device", "timed-out"

Done = Callable[[str], None]


def check_url(url: str) -> None:
    """Raises ValueError when pyserial knows no such kind of port."""
    serial.serial_for_url(url, do_not_open=True)


class PrinterPort:
    """`on_change` is called when `states()` changes, `on_log` with a sentence when the printer comes or goes."""

    def __init__(self, url: str, baud: int, on_change: Callable[[], None], on_log: Callable[[str], None]) -> None:
        self._url = url
        self._baud = baud
        self._on_change = on_change
        self._on_log = on_log
        self._states = [_UNREACHED]
        self._told = ""
        self._reached = asyncio.Event()
        self._work: queue.Queue[tuple[bytes, Done] | None] = queue.Queue()
        self._port: serial.SerialBase | None = None
        self._stopping = False
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="printer port", daemon=True)
        self._thread.start()

    def states(self) -> list[str]:
        return self._states

    async def write(self, data: bytes) -> None:
        """Waits until the printer is there and has taken all of it. Raises PrinterError when it goes meanwhile."""
        await self._reached.wait()
        taken: asyncio.Future[str] = self._loop.create_future()
        self._work.put((data, lambda failure: self._soon(_settle, taken, failure)))
        late = self._loop.call_later(_PATIENCE_S, self._become, [_LATE])
        try:
            failure = await taken
        finally:
            late.cancel()
            if self._states == [_LATE]:
                self._become([])
        if failure:
            raise PrinterError(failure)

    async def stop(self) -> None:
        self._stopping = True
        port = self._port
        if port is not None and hasattr(port, "cancel_write"):
            with contextlib.suppress(OSError):  # the thread has just closed it
                port.cancel_write()
        self._work.put(None)
        await asyncio.to_thread(self._thread.join, _END_S)

    def _become(self, states: list[str]) -> None:
        if states != self._states:
            self._states = states
            self._on_change()

    def _reach(self, sentence: str) -> None:
        """The printer is there (""), or `sentence` says why not."""
        if sentence:
            self._reached.clear()
        else:
            self._reached.set()
        if sentence != self._told:
            self._told = sentence
            self._on_log(sentence or f"The printer at {self._url} is there")
        self._become([_UNREACHED] if sentence else [])

    # --- in the thread ---

    def _soon(self, call: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call, *arguments)

    def _run(self) -> None:
        while not self._stopping:
            failure = self._open() if self._port is None else self._look()
            if failure:
                self._soon(self._reach, failure)
            try:
                work = self._work.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if work is not None:
                data, done = work
                failure = self._send(data)
                if failure:  # told first: whoever learns that a sheet has failed finds the reason in `states`
                    self._soon(self._reach, failure)
                done(failure)
        self._close()

    def _open(self) -> str:
        try:
            self._port = serial.serial_for_url(self._url, baudrate=self._baud, timeout=0)
        except (serial.SerialException, OSError, ValueError) as error:
            return f"The printer at {self._url} cannot be reached: {error}"
        self._soon(self._reach, "")
        return ""

    def _look(self) -> str:
        """Take what the printer says, which nobody asked for; a port that is gone shows that way."""
        assert self._port is not None
        try:
            self._port.read(_HEARD_BYTES)
        except (serial.SerialException, OSError) as error:
            return self._gone(error)
        return ""

    def _send(self, data: bytes) -> str:
        port = self._port
        if port is None:
            return f"The printer at {self._url} is gone"
        try:
            if hasattr(port, "fileno"):  # pyserial itself would ask again and again without waiting
                while not select.select([], [port.fileno()], [], _LOOK_S)[1]:
                    if self._stopping:
                        return "The simulator ends"
            port.write(data)
        except (serial.SerialException, OSError) as error:
            return self._gone(error)
        return self._look()

    def _gone(self, error: Exception) -> str:
        self._close()
        return f"The printer at {self._url} is gone: {error}"

    def _close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()


def _settle(taken: asyncio.Future[str], failure: str) -> None:
    if not taken.done():
        taken.set_result(failure)
