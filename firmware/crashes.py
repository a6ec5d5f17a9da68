"""Why the device restarted by itself, on flash: the panel says it, and somebody can look into it. Loaded after a crash only.

One small record: the newest few kinds of crash, and how many came in a row. The same one again is counted and not written
once more, and a device that crashes over and over waits longer and longer before it starts (`Crashes.begin`), so that
neither the flash nor the servers suffer from it. What an error says is kept only where it cannot hold a secret.
"""

import io
import sys

from micropython import const

from firmware.store import Store
from firmware.supervisor import Hung
from hal.errors import HardwareError, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hal.api import Board

RECORD = "crash"
_MOST_KINDS = const(4)
_MOST_PLACES = const(6)  # of a traceback: the innermost ones
_LONGEST = const(160)  # characters of a line
_AT_ONCE = const(3)  # so many crashes in a row are no reason to wait
_FIRST_WAIT_MS = const(5000)  # twice as long after each further one
_LONGEST_WAIT_MS = const(300_000)
_MOST_DOUBLINGS = const(6)
HEALTHY_MS = const(600_000)  # who has lived for so long begins a new row
_BITE = "Hung"  # the watchdog bit, and nothing more is known
# Errors whose words are ours, or MicroPython's about names and numbers. Others may quote what they choked on.
_WORDS_OF = (HardwareError, Hung, MemoryError, OSError, AttributeError, TypeError, NameError, ImportError)


class Crashes:
    """`untold`: nobody at the panel has been told of the newest one."""

    def __init__(self, board: "Board") -> None:
        self._board = board
        self._store = Store(board)
        record = self._store.read(RECORD) or {}
        self.kinds: "list[dict[str, Any]]" = record.get("kinds") or []
        self._row = int(record.get("row") or 0)
        self.untold: bool = record.get("untold") is True

    def note(self, error: "Exception | None") -> None:
        """`error` ends the device; None: its watchdog bit. Raises StorageError."""
        kind: "dict[str, Any]" = {
            "what": _BITE if error is None else what(error),
            "where": [] if error is None else _places(error)[-_MOST_PLACES:],
            "firmware": self._board.identity.firmware,
        }
        for known in self.kinds:
            if all(known[field] == kind[field] for field in kind):
                self.kinds.remove(known)
                kind = known
                break
        kind["count"] = kind.get("count", 0) + 1
        kind["last_s"] = self._board.clock.now()
        self.kinds.insert(0, kind)
        del self.kinds[_MOST_KINDS:]
        self._row += 1
        self.untold = True
        self._write()

    async def begin(self, cause: str) -> None:
        """A life begins. Says what came before, and after many in a row waits; who switches the device on does not."""
        log = self._board.monitor.log
        if cause == "watchdog":
            try:
                self.note(None)
            except StorageError as error:
                log("crash: it could not be written down: " + str(error))
        if self.untold:
            newest = self.kinds[0]
            log("crash: " + newest["what"] + ", " + str(newest["count"]) + " times, " + str(self._row) + " in a row")
            for place in newest["where"]:
                log("crash: in " + place)
            if cause != "power-on" and self._row > _AT_ONCE:
                steps = min(self._row - _AT_ONCE - 1, _MOST_DOUBLINGS)
                await self._board.clock.sleep_ms(min(_FIRST_WAIT_MS << steps, _LONGEST_WAIT_MS))

    def healthy(self) -> None:
        """The device has lived for `HEALTHY_MS`. Raises StorageError."""
        if self._row:
            self._row = 0
            self._write()

    def told(self) -> None:
        """Somebody has been told. Raises StorageError."""
        self.untold = False
        self._write()

    def _write(self) -> None:
        self._store.write(RECORD, {"kinds": self.kinds, "row": self._row, "untold": self.untold})


def what(error: BaseException) -> str:
    """The error in one line without a secret."""
    said = type(error).__name__
    words = str(error).split("\n")[0][:_LONGEST]
    return said + ": " + words if words and isinstance(error, _WORDS_OF) else said


def _places(error: BaseException) -> "list[str]":
    """Where it was raised, innermost last: "firmware/store.py, line 12, in write"."""
    if hasattr(sys, "print_exception"):  # MicroPython
        text = io.StringIO()
        sys.print_exception(error, text)
        lines = [line for line in text.getvalue().split("\n") if line.startswith('  File "') and "asyncio/" not in line]
        return [line[8:].replace('"', "")[:_LONGEST] for line in lines]
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        file = "/".join(code.co_filename.split("/")[-3:])
        places.append((file + ", line " + str(trace.tb_lineno) + ", in " + code.co_name)[:_LONGEST])
        trace = trace.tb_next
    return places
