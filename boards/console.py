"""Shows what a board says on its serial console: the words of its screen, and its log (`hal/monitor_serial.py`).

Start at `Console.run`. It only listens, so the board goes on as if nobody were there. When the board restarts its port goes
and comes back, and so does the console.
"""

from __future__ import annotations

import codecs
import threading
import time
from collections.abc import Callable

import serial

from boards.repl import BoardError, not_opened

_BAUD = 115200  # of boards with a serial chip between; those with USB do not care
_LOOK_S = 0.2  # how often it is looked whether the board is back, or the end has come
_PATIENCE_S = 10.0
_QUIET = """\
-- nothing has come yet: a device says something when its screen changes (press a key); if it stays silent, it has no
   firmware (`make flash`) or hangs (unplug it, plug it in again) --
"""


class Console:
    """`say` is given pieces of text as they come. `patience_s`: how long a board may be silent before that is said."""

    def __init__(self, port: str, say: Callable[[str], object], patience_s: float = _PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._port = port
        self._say = say
        self._end = threading.Event()

    def end(self) -> None:
        """Let `run` return. May be called from anywhere."""
        self._end.set()

    def run(self) -> None:
        """Until `end`. Raises BoardError when the port cannot be opened in the first place."""
        opened = gone = False
        while not self._end.is_set():
            try:
                with serial.Serial(self._port, _BAUD, timeout=_LOOK_S, exclusive=True) as line:
                    self._say("-- the board is back --\n" if gone else f"-- {self._port}; Ctrl-C ends --\n")
                    opened, gone = True, False
                    self._follow(line)
            except OSError:  # pyserial's own errors are some, too
                if not opened:
                    raise BoardError(not_opened(self._port)) from None
                if not gone:
                    self._say("\n-- the board is gone: it restarts, or was unplugged --\n")
                gone = True
                self._end.wait(_LOOK_S)

    def _follow(self, line: serial.Serial) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        quiet_at_s = time.monotonic() + self._patience_s
        heard = False
        while not self._end.is_set():
            data = line.read(line.in_waiting or 1)
            if data:
                self._say("".join(map(_shown, decoder.decode(data))))
            elif not heard and time.monotonic() > quiet_at_s:
                self._say(_QUIET)
            else:
                continue
            heard = True


def _shown(character: str) -> str:
    """What comes from a board may hold words of whoever it talked to: no escape sequence reaches the terminal."""
    if character == "\r":
        return ""
    return character if character.isprintable() or character in "\n\t" else "\ufffd"
