"""The job queue: takes jobs on, sends them one after the other, tries again what may pass, and writes down how each ended.

Start at `Queue.submit_email` and `Queue.run`. A job is on flash before it is promised and ends in the history exactly
once. It is reported sent only after the server's final 250. A job that a power cut interrupted is sent again with the same
Message-ID, if the document still lies on the glass; a job that was found unfinished too often is parked (it may be what
stops the device).
"""

import asyncio
import binascii

from firmware.heap import Needed
from firmware.supervisor import Watch
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from firmware.jobs.journal import Job, Journal
    from firmware.mail.smtp import Result
    from firmware.oauth.accounts import Kept, Target
    from hal.api import Board, Document

# After the last one the job fails; a printer's queue is short (RFC 5321 4.5.4.1).
_RETRY_AFTER_S = (5, 30, 120, 300, 600)
_MOST_RESUMES = 3
_MOST_WAITING = 20
_DAY_MS = 86_400_000
_STEP_MS = 3_600_000  # a server may take five minutes for each of its replies (RFC 5321 4.5.3.2)
_NOTICE = "notice.txt"

_CODES = Needed("firmware.jobs.codes")
_CHECKS = Needed("firmware.mail.checks", "firmware.checks")
# What sends a mail, for whoever does: `firmware/connection_test.py` as well.
MAIL_MODULES = (
    "firmware.mail.sender",
    "firmware.mail.smtp",
    "firmware.mail.refusals",
    "firmware.mail.mime",
    "firmware.mail.xoauth2",
    "firmware.mail.text",
    "firmware.mail.checks",
    "firmware.checks",
)
_MAIL = Needed("firmware.jobs.delivery", *MAIL_MODULES)


class _Sending:
    """A mail on its way, which can be broken off: the connection is then closed, and the server delivers nothing.

    When it has ended nothing of the mail is held: see `Needed`.
    """

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
            del sending
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
        result, self._result = self._result, None
        return result


class Queue:
    def __init__(
        self, board: "Board", journal: "Journal", sign_in_of: "Callable[[Job], Kept]", changed: "Callable[[str], None]"
    ) -> None:
        """`sign_in_of`: which of the sign-ins a job is sent with."""
        self._board = board
        self._journal = journal
        self._sign_in_of = sign_in_of
        self._changed = changed
        self._waiting: "list[Job]" = []
        self._wake = asyncio.Event()
        self.watch = Watch("queue")
        self._sending: "_Sending | None" = None
        self.current: "Job | None" = None  # the job being sent, with "sent_bytes" and, where it is known, "page"
        self.last_ended: "Job | None" = None  # a sheet's, too: to be seen even when the flash did not take its end

    def submit_email(
        self, to: str, document: "Document", name: str = "", subject: str = "", kind: str = "email", user: str = ""
    ) -> "Job":
        """Take on the mailing of `document` to one address. Returns the job, which is on flash by then.

        `name` is the file's, else the document's own; `subject` else is the file's name. `kind`: "email", "fax" or
        "my-email", which is sent with the sign-in of `user` (an ID). Raises ValueError(message key) for what cannot stand in
        a mail, or when too many jobs wait; StorageError.
        """
        job: "Job" = {"kind": kind, "document": document.id}
        if user:
            job["user"] = user
        if document.pages:
            job["pages"] = document.pages
        return self._submit(job, to, name or document.name, document.content_type, document.size, subject)

    def submit_notice(self, to: str, subject: str, text: str) -> "Job":
        """Take on the mailing of a short text (`firmware/notifications.py`). Raises as `submit_email`."""
        return self._submit({"kind": "notice", "text": text}, to, _NOTICE, "text/plain", len(text.encode()), subject)

    def _submit(self, job: "Job", to: str, name: str, content_type: str, size: int, subject: str) -> "Job":
        with _CHECKS:
            from firmware.mail.checks import check_address, check_name, check_subject

            check_address(to)
            check_name(name)
            check_subject(subject)
        if len(self._waiting) >= _MOST_WAITING:
            raise ValueError("error.queue_full")
        random = binascii.hexlify(self._board.entropy.random(12)).decode()
        job["id"] = self._journal.last_id + 1
        job["to"], job["name"], job["content_type"], job["size"] = to, name, content_type, size
        job["message_id"] = "<" + random + "@scanpost.invalid>"
        job["created_s"] = self._board.clock.now()
        if subject and subject != name:
            job["subject"] = subject
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
                self._end(job, "failed", "cancelled", "detail.perhaps" if job["perhaps"] else "")
                if job is self.current and self._sending is not None:
                    self._sending.break_off()
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
            if job["resumes"] >= _MOST_RESUMES:
                self._end(job, "failed", "parked", "")
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
                self.watch.rest()
                await self._wake.wait()
            elif due["due_ms"] > now:
                self.watch.within(due["due_ms"] - now)
                await self._sleep(due["due_ms"] - now)
            else:
                self.watch.within(_STEP_MS)
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
            self._end(job, "sent", "", detail)
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
        self._end(job, "failed", kind, detail)

    async def _send(self, job: "Job") -> "tuple[str, str, bool]":
        """Try once. Returns (kind of failure or "sent", the server's words, whether trying again may help)."""
        from firmware.oauth.accounts import TokenError

        sign_in = self._sign_in_of(job)
        refused = False
        while True:
            try:
                target = await sign_in.target()
            except TokenError as error:
                return error.kind, error.detail, error.transient
            if job["status"] != "sending":
                return "cancelled", "", False
            with _MAIL:
                kind, words, transient = await self._mail(job, target)
            if kind != "auth_refused":
                if kind == "sent":
                    sign_in.accepted()
                return kind, words, transient
            again = sign_in.refused(words)
            if again and refused:
                return kind, words, True
            refused = again  # if not, the sign-in is over, perhaps because somebody signed out: `target` says why

    async def _mail(self, job: "Job", target: "Target") -> "tuple[str, str, bool]":
        """As `_send`, with the way and the token in hand."""
        from firmware.jobs.delivery import deliver

        def progress(sent: int, page: int) -> None:
            job["sent_bytes"] = sent
            job["page"] = page
            self.watch.within(_STEP_MS)
            self._changed("progress")

        return await deliver(self._board, job, target, self._start, progress)

    async def _start(self, sending: "Coroutine[Any, Any, Result]") -> "Result | None":
        self._sending = _Sending(sending)
        try:
            return await self._sending.ended()
        finally:
            self._sending = None

    def _end(self, job: "Job", status: str, kind: str, detail: str) -> None:
        if job in self._waiting:
            self._waiting.remove(job)
        result: "Job" = {
            "status": status,
            "code": _code(kind) if kind else None,
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


def _code(kind: str) -> int:
    with _CODES:
        from firmware.jobs.codes import code_for

        return code_for(kind)


def handed_over(job: "Job") -> bool:
    """Whether the whole document has been handed over in this attempt: the server may have the mail."""
    return job["status"] == "sending" and int(job["sent_bytes"]) >= int(job["size"])
