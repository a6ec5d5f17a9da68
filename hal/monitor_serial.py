"""What the device says on its serial console: the words of the screen and the log (`hal/api.pyi` Monitor).

A screen is one line `--- name, language` and a line for each row: `>` before what has the focus, `*` before what can be
chosen, `x` before what cannot be chosen now. Lines go out one by one with other tasks in between: a console that is attached
but does not read holds up each of them for half a second, and would starve the watchdog otherwise.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Row = tuple[str, int, int, int, int, int]

_MOST_LINES = 32  # of the log that wait to go out; the oldest are lost
_CHOOSABLE, _FOCUSED, _DISABLED = 1, 2, 4


class SerialMonitor:
    """`write` puts a line on the console, without ending it: `print`."""

    attended = False

    def __init__(self, write: "Callable[[str], object]") -> None:
        self._write = write
        self._lines: list[str] = []
        self._rows: list[Row] = []
        self._more = asyncio.Event()
        self._telling = asyncio.create_task(self._tell())

    def state(self, part: str, value: object) -> None:
        """Nobody reads it here; what a person needs to know is on the screen."""

    def log(self, line: str) -> None:
        self._lines.append(line)
        del self._lines[:-_MOST_LINES]
        self._more.set()

    def say(self, screen: str, language: str, rows: "list[Row]") -> None:
        """The screen in words (`hal/api.pyi` Panel); what was left to say of the one before is not said any more."""
        self.log("--- " + screen + ", " + language)
        self._rows = rows
        self._more.set()

    async def _tell(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            rows = self._rows
            self._rows = []
            while self._lines:
                self._write(self._lines.pop(0))
                await asyncio.sleep(0)
            for row in rows:
                if self._rows:
                    break
                self._write(_mark(row[5]) + " " + row[0])
                await asyncio.sleep(0)


def _mark(flags: int) -> str:
    if flags & _DISABLED:
        return "x"
    return ">" if flags & _FOCUSED else "*" if flags & _CHOOSABLE else " "
