"""The job queue: takes jobs on, sends them one after the other, tries again what may pass, and writes down how each ended.

Start at `Queue.submit_email` and `Queue.run`. A job is on flash before it is promised and ends in the history exactly
once. It is reported sent only after the server's final 250. A job that a power cut interrupted is sent again with the same
Message-ID, if the document still lies on the glass; a job that was found unfinished too often is parked (it may be what
stops the device).
"""

import asyncio
import binascii

from firmware.jobs.codes import code_for
from firmware.mail import mime, sender
from firmware.oauth.accounts import TokenError
from hal.errors import ScannerError, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from firmware.jobs.journal import Job, Journal
    from firmware.mail.smtp import Result
    from firmware.oauth.accounts import Accounts
    from hal.api import Board, Document, Scan

# After the last one the job fails; a printer's queue is short (RFC 5321 4.5.4.1).
_RETRY_AFTER_S = (5, 30, 120, 300, 600)
_MOST_RESUMES = 3
_MOST_WAITING = 20
_DAY_MS = 86_400_000
_DETAIL = 300  # characters of a server's words that are kept
LONGEST_SUBJECT = 100  # characters; with the longest name it makes a line that the journal can read again
_CANCELLED = ("cancelled", "", False)


class _Delivery:
    """One mail on its way, which can be broken off: the connection is then closed, and the server delivers nothing."""

    def __init__(self, sending: "Coroutine[Any, Any, Result]") -> None:
        self._over = asyncio.Event()
        self._result: "Result | None" = None
        self._error: "Exception | None" = None
        self._task = asyncio.create_task(self._run(sending))

    async def _run(self, sending: "Coroutine[Any, Any, Result]") -> None:
        try:
            self._result = await sending
        except Exception as error:  # noqa: BLE001 - whoever waits for the end raises it
            self._error = error
        finally:
            self._over.set()

    def break_off(self) -> None:
        self._task.cancel()

    async def ended(self) -> "Result | None":
        """How it ended; None when it was broken off. Raises what sending raised."""
        try:
            await self._over.wait()
        finally:
            self._task.cancel()  # when whoever waits was cancelled
        if self._error is not None:
            raise self._error
        return self._result


class Queue:
    def __init__(
        self, board: "Board", journal: "Journal", accounts: "Accounts", changed: "Callable[[str], None]"
    ) -> None:
        self._board = board
        self._journal = journal
        self._accounts = accounts
        self._changed = changed
        self._waiting: "list[Job]" = []
        self._wake = asyncio.Event()
        self._delivery: "_Delivery | None" = None
        self.current: "Job | None" = None  # the job being sent, with "sent_bytes" and, where it is known, "page"
        self.last_ended: "Job | None" = None  # a sheet's, too: to be seen even when the flash did not take its end

    def submit_email(self, to: str, document: "Document", name: str = "", subject: str = "") -> "Job":
        """Take on the mailing of `document` to one address. Returns the job, which is on flash by then.

        `name` is the file's, else the document's own; `subject` else is the file's name. Raises ValueError(message key) for
        what cannot stand in a mail, or when too many jobs wait; StorageError.
        """
        name = name or document.name
        mime.check_address(to)
        mime.check_name(name)
        check_subject(subject)
        if len(self._waiting) >= _MOST_WAITING:
            raise ValueError("error.queue_full")
        random = binascii.hexlify(self._board.entropy.random(12)).decode()
        job: "Job" = {
            "id": self._journal.last_id + 1,
            "kind": "email",
            "to": to,
            "name": name,
            "content_type": document.content_type,
            "size": document.size,
            "document": document.id,
            "message_id": "<" + random + "@scanpost.invalid>",
            "created_s": self._board.clock.now(),
        }
        if subject and subject != name:
            job["subject"] = subject
        if document.pages:
            job["pages"] = document.pages
        self._journal.add(job)
        self._take(job)
        return job

    def cancel(self, number: int) -> bool:
        """End a job that waits or is being sent; False when there is none such, or it is too late.

        It is too late once the whole document is handed over: then the server may have the mail, and its answer decides.
        The end is on flash before the connection is dropped, so that no restart takes the job up again.
        """
        for job in self._waiting:
            if job["id"] == number and not handed_over(job):
                self._end(job, "failed", code_for("cancelled"), "cancelled", "detail.perhaps" if job["perhaps"] else "")
                if job is self.current and self._delivery is not None:
                    self._delivery.break_off()
                return True
        return False

    def waiting(self) -> "list[Job]":
        return self._waiting

    def _take(self, job: "Job") -> None:
        job["due_ms"] = self._board.clock.ticks_ms()
        job["attempts"] = 0
        job["sent_bytes"] = 0
        job["perhaps"] = job.get("resumes", 0) > 0  # whether an earlier attempt may have delivered it
        job["status"] = "waiting"
        self._waiting.append(job)
        self._wake.set()
        self._changed("jobs")

    def _recover(self) -> None:
        for job in list(self._journal.unfinished):
            if job["kind"] == "sheet":
                self._end(job, "failed", code_for("interrupted"), "interrupted", "")
                continue
            if job["resumes"] >= _MOST_RESUMES:
                self._end(job, "failed", code_for("power_failure"), "parked", "")
                continue
            try:
                self._journal.resume(job["id"])
            except StorageError as error:
                self._board.monitor.log(
                    "job " + str(job["id"]) + ": its restart could not be written down: " + str(error)
                )
            job["resumes"] += 1
            self._take(job)
        self._journal.unfinished = []

    async def run(self) -> None:
        self._recover()
        while True:
            self._wake.clear()
            now = self._board.clock.ticks_ms()
            due = None
            for job in self._waiting:
                if due is None or job["due_ms"] < due["due_ms"]:
                    due = job
            if due is None:
                await self._wake.wait()
            elif due["due_ms"] > now:
                await self._sleep(due["due_ms"] - now)
            else:
                await self._attempt(due)

    async def _sleep(self, ms: int) -> None:
        """Until `ms` have passed or a job came in."""
        alarm = asyncio.create_task(self._alarm(min(ms, _DAY_MS)))
        await self._wake.wait()
        alarm.cancel()

    async def _alarm(self, ms: int) -> None:
        await self._board.clock.sleep_ms(ms)
        self._wake.set()

    async def _attempt(self, job: "Job") -> None:
        self.current = job
        job["status"] = "sending"
        job["sent_bytes"] = job["page"] = 0
        self._changed("jobs")
        try:
            kind, detail, transient = await self._send(job)
        except MemoryError:
            kind, detail, transient = "memory", "", True
        except StorageError as error:  # the end of a sign-in could not be written down: nothing is decided yet
            kind, detail, transient = "storage", str(error), True
        except ValueError as error:  # what cannot be put into a mail: the key says what
            kind, detail, transient = "refused", str(error) + "\t", False
        self.current = None
        if job["status"] != "sending":  # it was cancelled
            return
        if kind == "sent":
            self._end(job, "sent", None, "", detail)
            return
        attempts = job["attempts"]
        if transient and attempts < len(_RETRY_AFTER_S):
            job["attempts"] = attempts + 1
            job["perhaps"] = job["perhaps"] or (handed_over(job) and kind != "throttled")
            job["due_ms"] = self._board.clock.ticks_ms() + _RETRY_AFTER_S[attempts] * 1000
            job["status"] = "waiting"
            job["kind_of_failure"], job["detail"] = kind, detail  # why it waits, for people to see
            self._board.monitor.log("job " + str(job["id"]) + ": " + kind + ", trying again")
            self._changed("jobs")
            return
        self._end(job, "failed", code_for(kind), kind, detail)

    async def _send(self, job: "Job") -> "tuple[str, str, bool]":
        """Try once. Returns (kind of failure or "sent", the server's words, whether trying again may help)."""
        refused = False
        while True:
            try:
                target = await self._accounts.target()
            except TokenError as error:
                return error.kind, error.detail, error.transient
            if job["status"] != "sending":
                return _CANCELLED
            document = self._board.scanner.document()
            if document is None or document.id != job["document"]:
                return ("power_failure" if job.get("resumes") else "document_gone"), "", False
            now_s = self._board.clock.now()
            if now_s is None:
                return "clock", "", False
            message = mime.Message(
                target.sender,
                [str(job["to"])],
                str(job.get("subject") or job["name"]),
                now_s,
                str(job["message_id"]),
                str(job["name"]),
                str(job["content_type"]),
                document.size,
            )
            try:
                scan = await self._board.scanner.open(document)
            except ScannerError:
                return "document_gone", "", False

            def progress(sent: int, scan: "Scan" = scan) -> None:
                job["sent_bytes"] = sent
                job["page"] = scan.page
                self._changed("progress")

            try:
                if job["status"] != "sending":
                    return _CANCELLED
                self._delivery = _Delivery(
                    sender.send(
                        self._board.network,
                        target.interface,
                        self._board.clock,
                        target.route,
                        target.address,
                        target.token,
                        message,
                        scan,
                        progress,
                    )
                )
                result = await self._delivery.ended()
            finally:
                self._delivery = None
                await scan.close()
            if result is None:
                return _CANCELLED
            if result.kind != "auth_refused":
                if result.kind == "sent":
                    self._accounts.accepted()
                return result.kind, result.text[:_DETAIL], result.transient
            again = self._accounts.refused(result.text[:_DETAIL])
            if again and refused:
                return result.kind, result.text[:_DETAIL], True
            refused = again  # if not, the sign-in is over, perhaps because somebody signed out: `target` says why

    def _end(self, job: "Job", status: str, code: "int | None", kind: str, detail: str) -> None:
        if job in self._waiting:
            self._waiting.remove(job)
        result: "Job" = {
            "status": status,
            "code": code,
            "kind_of_failure": kind,
            "detail": detail,
            "ended_s": self._board.clock.now(),
        }
        try:
            self._journal.end(job["id"], result)
        except StorageError as error:
            # The mail is out or has failed for good: without its line it would only be tried again after a restart.
            self._board.monitor.log("job " + str(job["id"]) + ": its end could not be written down: " + str(error))
        job.update(result)
        self.last_ended = job
        self._changed("jobs")


def check_subject(text: str) -> None:
    """Raise ValueError(message key, ...) unless `text` can be a subject; "" can."""
    if len(text) > LONGEST_SUBJECT:
        raise ValueError("error.too_long", str(LONGEST_SUBJECT))
    try:
        mime.check_name(text or "-")
    except ValueError:
        raise ValueError("error.subject") from None


def handed_over(job: "Job") -> bool:
    """Whether the whole document has been handed over in this attempt: the server may have the mail."""
    return job["status"] == "sending" and int(job["sent_bytes"]) >= int(job["size"])
