"""The status sheet as a job: one at a time, noted in the job history, paused while the printer is not ready (manual R14).

Start at `SheetJob.start`. What the sheet says and how it is drawn is loaded for the printing alone.
"""

import asyncio

from micropython import const

from firmware import heap
from hal.errors import PrinterError, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.device import Device
    from firmware.jobs.journal import Job
    from firmware.supervisor import Watch

_STEP_MS = const(60_000)  # for a piece of the sheet, while nothing keeps the printer
_LOADED = heap.Needed(
    "firmware.sheet.escpos",
    "firmware.sheet.paper",
    "firmware.sheet.sheet",
    "firmware.panel.fonts.sans_22",
    "firmware.oauth.provider",
    "firmware.checks",
    "firmware.jobs.shown",
    "firmware.jobs.codes",
)
_CODES = heap.Needed("firmware.jobs.codes")


class SheetJob:
    """`status`: "" before the first one, "printing", "printed", "failed" (`code` says why). `changed(part)` is told "sheet"
    when that or the printer's state changes, and "jobs"."""

    def __init__(self, device: "Device", changed: "Callable[[str], None]", watch: "Watch") -> None:
        self.status = ""
        self.code = 0
        self.current: "Job | None" = None  # being printed, unless the flash did not take it
        self._device = device
        self._changed = changed
        self._task: "asyncio.Task[None] | None" = None
        self._begun = False
        self._cancelled = False
        self._seen = watch
        self._uncut = False  # a sheet that was broken off still hangs out of the printer

    def start(self) -> None:
        """Begin to print a sheet, unless one is being printed."""
        if self.status == "printing":
            return
        self.status = "printing"
        self._begun = self._cancelled = False
        self._note()
        self._task = asyncio.create_task(self._run())
        self._changed("sheet")
        self._changed("jobs")

    def cancel(self, number: "int | None" = None) -> bool:
        """Give up the sheet that is being printed, or only if it is job `number`. False when there is none such."""
        if self._task is None or self.status != "printing":
            return False
        if number is not None and (self.current is None or self.current["id"] != number):
            return False
        self._cancelled = True
        if self._begun:  # a task that is cancelled before its first step would never come to its end here
            self._task.cancel()
        return True

    def _note(self) -> None:
        """Into the history. A sheet is printed all the same when the flash fails: it tells what is wrong."""
        board, journal = self._device.board, self._device.journal
        job: "Job" = {"id": journal.last_id + 1, "kind": "sheet", "to": "", "name": "", "created_s": board.clock.now()}
        try:
            journal.add(job)
        except StorageError as error:
            board.monitor.log("sheet: it could not be written down: " + str(error))
            return
        self.current = dict(job, status="waiting")

    async def _run(self) -> None:
        self._begun = True
        watching = asyncio.create_task(self._watch())
        try:
            if not self._cancelled:
                with _LOADED:
                    await self._print()
            kind = "cancelled" if self._cancelled else ""
        except PrinterError as error:
            self._device.board.monitor.log("sheet: " + str(error))
            kind = "printer"
        except MemoryError:
            kind = "memory"
        except asyncio.CancelledError:
            if not self._cancelled:  # the power goes
                raise
            kind = "cancelled"
        finally:
            watching.cancel()
            self._seen.rest()
        self._task = None  # a task that has ended still holds what its function had
        self._end(kind)

    async def _watch(self) -> None:
        """The panel says what keeps the printer from printing, and when that is over."""
        while True:
            self._changed("sheet")  # at first too: printing may have come to a stop before this task began
            self._moved()
            await self._device.board.printer.changed()

    async def _print(self) -> None:
        """Raises PrinterError, MemoryError."""
        from firmware.sheet.escpos import END, pieces
        from firmware.sheet.paper import rows

        board = self._device.board
        if self._uncut:
            await board.printer.write(END)
        page = rows(self._device)
        board.monitor.state("sheet", page)
        for piece in pieces(page, board.printer.width):
            await board.printer.write(piece)
            self._moved()
            self._uncut = True
        self._uncut = False

    def _moved(self) -> None:
        """Paper that is out may stay out."""
        if self._device.board.printer.states():
            self._seen.rest()
        else:
            self._seen.within(_STEP_MS)

    def recover(self) -> None:
        """After a start: a sheet whose printing the power cut broke off is not begun again."""
        unfinished = self._device.journal.unfinished
        for job in [job for job in unfinished if job["kind"] == "sheet"]:
            unfinished.remove(job)
            self._ended(job, "interrupted")

    def _end(self, kind: str) -> None:
        self.status = "failed" if kind else "printed"
        self.code = _code(kind) if kind else 0
        job, self.current = self.current, None
        if job is not None:
            self._ended(job, kind)
        self._changed("sheet")
        self._changed("jobs")

    def _ended(self, job: "Job", kind: str) -> None:
        """Into the history."""
        result: "Job" = {
            "status": "failed" if kind else "printed",
            "code": _code(kind) if kind else None,
            "kind_of_failure": kind,
            "detail": "",
            "ended_s": self._device.board.clock.now(),
        }
        try:
            self._device.journal.end(int(job["id"]), result)
        except StorageError as error:
            self._device.board.monitor.log("sheet: its end could not be written down: " + str(error))
        job.update(result)
        self._device.queue.last_ended = job


def _code(kind: str) -> int:
    with _CODES:
        from firmware.jobs.codes import code_for

        return code_for(kind)
