"""A receipt printer on a serial line (`hal/api.pyi` Printer).

Where it can answer, it is asked for its state between two commands (DLE EOT n, Epson's ESC/POS reference); a printer of
which only the receiving end is wired counts as ready. Start at `UartPrinter.write`.
"""

import asyncio

from micropython import const

from hal.errors import PrinterError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import UART

    from hal.api import Buffer

PIECE_BYTES = const(256)  # what the UART's own buffer must hold, or writing would wait for the line
_LINE_MS = const(10)  # how often to see whether a piece has gone out
_ASK_AGAIN_MS = const(500)
_ANSWER_MS = const(100)
_SILENCES = const(4)  # answers that do not come, after which a printer that has answered is gone
_OFFLINE = b"\x10\x04\x02"  # DLE EOT 2: why it is offline
_PAPER = b"\x10\x04\x04"  # DLE EOT 4: paper sensors
_COVER_OPEN = const(0x04)  # in the answer to DLE EOT 2
_PAPER_OUT = const(0x60)  # in the answer to DLE EOT 4
_FIXED, _FIXED_MASK = const(0x12), const(0x93)  # bits that every answer has


class UartPrinter:
    """`width`: dots across the paper. `answers`: whether something drives the line back from the printer; if that never
    answers it is not asked again."""

    def __init__(self, uart: "UART", width: int, answers: bool) -> None:
        self.width = width
        self._uart = uart
        self._answers = answers
        self._has_answered = False
        self._states: list[str] = []
        self._changed = asyncio.Event()

    def states(self) -> list[str]:
        return self._states

    async def changed(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def write(self, data: "Buffer") -> None:
        """`data` is whole commands: a question in the middle of a picture would be part of it."""
        if self._answers:
            await self._until_ready()
        view = memoryview(data)
        while view:
            piece = view[:PIECE_BYTES]
            sent = self._uart.write(piece) or 0
            view = view[sent:]
            while not self._uart.txdone():  # noqa: ASYNC110 - nothing tells when it has gone out
                await asyncio.sleep(_LINE_MS / 1000)
            await asyncio.sleep(0)

    async def _until_ready(self) -> None:
        silences = 0
        while True:
            states = await self._ask()
            if states is None:
                silences += 1
                if silences < _SILENCES:
                    continue
                if self._has_answered:
                    self._tell([])
                    raise PrinterError("The printer does not answer")
                self._answers = False
                return
            silences = 0
            self._has_answered = True
            self._tell(states)
            if not states:
                return
            await asyncio.sleep(_ASK_AGAIN_MS / 1000)

    def _tell(self, states: list[str]) -> None:
        if states != self._states:
            self._states = states
            self._changed.set()

    async def _ask(self) -> list[str] | None:
        offline = await self._answer(_OFFLINE)
        paper = await self._answer(_PAPER)
        if offline is None or paper is None:
            return None
        states = []
        if paper & _PAPER_OUT:
            states.append("media-empty")
        if offline & _COVER_OPEN:
            states.append("cover-open")
        return states

    async def _answer(self, question: bytes) -> int | None:
        """The status byte; None when none came in time. Anything else that comes (XON, XOFF) is no answer."""
        self._uart.read()
        self._uart.write(question)
        for _ in range(_ANSWER_MS // _LINE_MS):
            await asyncio.sleep(_LINE_MS / 1000)
            for byte in self._uart.read() or b"":
                if byte & _FIXED_MASK == _FIXED:
                    return byte
        return None
