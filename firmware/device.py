"""The device, put together: this is the one file that knows all the others.

`Device(board)` wires stores, accounts, jobs, panel and Web Config; `await device.run()` is its life until the power goes.
Panel and Web Config see the rest only through this class. Two devices live in one process: nothing here is global.
"""

import asyncio

from micropython import const

from firmware.jobs.codes import DETAILS
from firmware.jobs.journal import Journal
from firmware.jobs.queue import Queue
from firmware.oauth.accounts import Accounts
from firmware.panel.panel import PanelUI
from firmware.panel.strings import has, text
from firmware.store import Store
from firmware.web.admin import Admin
from firmware.web.web_config import WebConfig
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.jobs.journal import Job
    from firmware.oauth.accounts import Attempt
    from hal.api import Board, Document

_SHOWN_JOBS = const(20)
_NEWEST = const(3)
_PROGRESS_EVERY_MS = const(250)
_FIELDS = ("id", "kind", "to", "name", "status", "code", "created_s", "sent_bytes", "size")


class Jobs:
    """What panel and monitor show of the jobs."""

    def __init__(self, device: "Device") -> None:
        self._device = device

    @property
    def current(self) -> "Job | None":
        """The job being sent, None when none is."""
        job = self._device.queue.current
        return None if job is None else self._shown(job)

    def recent(self, most: int) -> "list[Job]":
        """Waiting ones and those of the history, newest first; the history is read from flash."""
        return [self._shown(job) for job in self._known(most)[:most]]

    def newest(self) -> "list[Job]":
        """All that may have changed with the last change: those that wait, and the newest few that have ended."""
        return [self._shown(job) for job in self._known(_NEWEST)]

    def find(self, number: int) -> "Job | None":
        """One that waits or is among the newest few that have ended; None when it is not."""
        for job in self._known(_NEWEST):
            if job["id"] == number:
                return self._shown(job)
        return None

    def _known(self, most: int) -> "list[Job]":
        """Those that wait, and at least the newest `most` that have ended; newest first."""
        queue = self._device.queue
        jobs = queue.waiting() + self._device.journal.recent(most)
        if queue.last_ended is not None and all(job["id"] != queue.last_ended["id"] for job in jobs):
            jobs.append(queue.last_ended)
        jobs.sort(key=lambda job: -job["id"])
        return jobs

    def _shown(self, job: "Job") -> "Job":
        shown: "Job" = {field: job.get(field) for field in _FIELDS}
        shown["detail"] = self.detail(job)
        return shown

    def detail(self, job: "Job") -> str:
        """Why the job failed, in the panel's language, then the server's own words."""
        detail = str(job.get("detail") or "")
        if "\t" not in detail and not has(detail):
            detail = DETAILS.get(str(job.get("kind_of_failure") or ""), "") + "\t" + detail
        return self.words(detail)

    def words(self, reason: str) -> str:
        """The sentence for `reason` (a message key, a tab, the cloud's own words), those words in brackets."""
        key, _, words = reason.partition("\t")
        sentence = text(key, self._device.language) if key else ""
        return sentence + " (" + words + ")" if sentence and words else sentence or words


class Device:
    def __init__(self, board: "Board") -> None:
        self.board = board
        self.store = Store(board)
        self.language = str((self.store.read("panel") or {}).get("language") or board.identity.language or "en")
        self.journal = Journal(board.storage, board.monitor.log)
        self.store.make_room = self.journal.give_up
        self.admin = Admin(self.store, board.entropy, board.clock, board.identity)
        self.accounts = Accounts(board, self.store, self._changed)
        self.queue = Queue(board, self.journal, self.accounts, self._jobs_changed)
        self.jobs = Jobs(self)
        self._subscribers: "list[Callable[[str], None]]" = []
        self._progress_ms = -_PROGRESS_EVERY_MS

    async def run(self) -> None:
        """Until the power goes; an error that nothing below can answer for ends it, and the device restarts."""
        self.board.monitor.log("start: " + self.board.reset.cause())
        for part in ("accounts", "signin"):
            self._tell(part)
        self.board.monitor.state("jobs", self.jobs.recent(_SHOWN_JOBS))
        await asyncio.gather(
            PanelUI(self).run(),
            self.queue.run(),
            self.accounts.run(),
            WebConfig(self).run(),
            self._feed(),
        )

    async def _feed(self) -> None:
        while True:
            self.board.watchdog.feed()
            await self.board.watchdog.hungry()

    # --- what panel and Web Config ask and do ---

    @property
    def signin(self) -> "Attempt | None":
        return self.accounts.signin

    def settings(self) -> "dict[str, Any]":
        return self.accounts.settings()

    def changes(self, draft: "dict[str, Any]") -> "list[str]":
        return self.accounts.changes(draft)

    async def save(self, draft: "dict[str, Any]", use_grant: bool, owner: str) -> None:
        await self.accounts.save(draft, use_grant, owner)

    async def sign_out(self) -> None:
        await self.accounts.sign_out()

    async def start_signin(self, draft: "dict[str, Any]", owner: str) -> None:
        await self.accounts.start_signin(draft, owner)

    def cancel_signin(self) -> None:
        self.accounts.cancel_signin()

    def submit_email(self, to: str, document: "Document") -> "Job":
        return self.queue.submit_email(to, document)

    def cancel_job(self, number: int) -> bool:
        return self.queue.cancel(number)

    def set_language(self, language: str) -> None:
        self.language = language
        try:
            self.store.write("panel", {"language": language})
        except StorageError as error:  # until the power goes it is this one
            self.board.monitor.log("panel: the language could not be written down: " + str(error))
        self._changed("settings")

    async def print_sheet(self) -> None:
        """Print the network status sheet (manual R14). Raises PrinterError."""
        from firmware.sheet.sheet import escpos, rows

        for piece in escpos(rows(self)):
            await self.board.printer.write(piece)

    def subscribe(self, callback: "Callable[[str], None]") -> None:
        """`callback(part)` on each change: "accounts", "signin", "jobs", "progress", "settings"."""
        self._subscribers.append(callback)

    # --- telling ---

    def network_changed(self) -> None:
        """An interface has another state or address."""
        self._changed("network")

    def _jobs_changed(self, part: str) -> None:
        """Progress comes with every block; people are told of it four times a second."""
        if part == "progress":
            now = self.board.clock.ticks_ms()
            if now - self._progress_ms < _PROGRESS_EVERY_MS:
                return
            self._progress_ms = now
        self._changed(part)

    def _changed(self, part: str) -> None:
        self._tell(part)
        for callback in self._subscribers:
            callback(part)

    def _tell(self, part: str) -> None:
        if part == "accounts":
            account = self.accounts.device
            self.board.monitor.state(
                part,
                {
                    "device": {
                        "state": account.state,
                        "address": account.address,
                        "reason": self.jobs.words(account.reason),
                        "good_until_s": account.good_until_s,
                    }
                },
            )
        elif part == "signin":
            self.board.monitor.state(part, self._signin_state())
        elif part == "jobs":  # reading the whole history for each change would be dear
            self.board.monitor.state("newest_jobs", self.jobs.newest())
        elif part == "progress" and self.queue.current is not None:
            job = self.queue.current
            self.board.monitor.state(part, {"id": job["id"], "sent_bytes": job["sent_bytes"], "size": job["size"]})

    def _signin_state(self) -> "dict[str, Any] | None":
        attempt = self.signin
        if attempt is None:
            return None
        now_s = self.board.clock.now()
        return {
            "account": "device",
            "state": attempt.state,
            "user_code": attempt.user_code,
            "verification_uri": attempt.verification_uri,
            "expires_at_s": None if now_s is None or attempt.state != "WAITING" else now_s + attempt.expires_in_s(),
            "reason": self.jobs.words(attempt.reason),
        }
