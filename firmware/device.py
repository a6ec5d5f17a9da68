"""The device, put together: this is the one file that knows all the others.

`Device(board)` wires stores, accounts, jobs, panel and Web Config; `await device.run()` is its life until the power goes.
Panel and Web Config see the rest only through this class. Two devices live in one process: nothing here is global.
"""

import asyncio

from micropython import const

from firmware.admin import Admin
from firmware.jobs.codes import DETAILS
from firmware.jobs.journal import Journal
from firmware.jobs.queue import Queue
from firmware.oauth.accounts import Accounts
from firmware.panel.panel import PanelUI
from firmware.panel.strings import has, text
from firmware.sheet.job import SheetJob
from firmware.store import Store
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.contacts import Contacts
    from firmware.jobs.journal import Job
    from firmware.oauth.accounts import Attempt
    from hal.api import Board, Document

_SHOWN_JOBS = const(20)
_NEWEST = const(3)
_PROGRESS_EVERY_MS = const(250)
_FIELDS = ("id", "kind", "to", "name", "status", "code", "created_s", "sent_bytes", "size", "page", "pages")


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
        """All that may have changed with the last change: what goes on, and the job that ended last."""
        return [self._shown(job) for job in self._remembered()]

    def find(self, number: int) -> "Job | None":
        """One that waits or is among the newest few that have ended; None when it is not."""
        for jobs in (self._remembered, self._known):
            for job in jobs():
                if job["id"] == number:
                    return self._shown(job)
        return None

    def explained(self, number: int) -> "Job | None":
        """One of those that `recent` shows, with all that is known of it; None when it is too old."""
        from firmware.jobs.clues import clues

        for job in self._known(_SHOWN_JOBS):
            if job["id"] == number:
                shown = self._shown(job)
                sentence, words = self._reason(job)
                shown.update(clues(words))
                shown["sentence"] = sentence
                shown["subject"] = job.get("subject", "")
                shown["ended_s"] = job.get("ended_s")
                return shown
        return None

    def _remembered(self) -> "list[Job]":
        """What goes on, and the job that ended last; newest first. The flash is not read."""
        device = self._device
        jobs = list(device.queue.waiting())
        for job in (device.sheet.current, device.queue.last_ended):
            if job is not None:
                jobs.append(job)
        jobs.sort(key=lambda job: -job["id"])
        return jobs

    def _known(self, most: int = _NEWEST) -> "list[Job]":
        """What goes on, and at least the newest `most` that have ended; newest first."""
        jobs = self._remembered()
        numbers = [job["id"] for job in jobs]
        jobs += [job for job in self._device.journal.recent(most) if job["id"] not in numbers]
        jobs.sort(key=lambda job: -job["id"])
        return jobs

    def _shown(self, job: "Job") -> "Job":
        shown: "Job" = {field: job.get(field) for field in _FIELDS}
        shown["detail"] = self.detail(job)
        return shown

    def detail(self, job: "Job") -> str:
        """Why the job failed, in the panel's language, then the server's own words in brackets."""
        return _together(*self._reason(job))

    def _reason(self, job: "Job") -> "tuple[str, str]":
        """Our sentence about the job's end, in the panel's language, and somebody else's words about it."""
        detail = str(job.get("detail") or "")
        if not detail and not job.get("kind_of_failure"):
            return "", ""
        if "\t" not in detail and not has(detail):
            detail = DETAILS.get(str(job.get("kind_of_failure") or ""), "") + "\t" + detail
        return self._parts(detail)

    def _parts(self, reason: str) -> "tuple[str, str]":
        key, _, words = reason.partition("\t")
        return text(key, self._device.language) if key else "", words

    def words(self, reason: str) -> str:
        """The sentence for `reason` (a message key, a tab, the cloud's own words), those words in brackets."""
        return _together(*self._parts(reason))


def _together(sentence: str, words: str) -> str:
    return sentence + " (" + words + ")" if sentence and words else sentence or words


class Device:
    def __init__(self, board: "Board") -> None:
        self.board = board
        self.store = Store(board)
        panel = self.store.read("panel") or {}
        self.language = str(panel.get("language") or board.identity.language or "en")
        self.locked = panel.get("locked") is True  # Lock Setting: menus need the administrator (manual R13)
        self.journal = Journal(board.storage, board.monitor.log)
        self.store.make_room = self.journal.give_up
        self.admin = Admin(self.store, board.entropy, board.clock, board.identity)
        self.accounts = Accounts(board, self.store, self._changed)
        self.queue = Queue(board, self.journal, self.accounts, self._jobs_changed)
        self.sheet = SheetJob(self, self._changed)
        self.jobs = Jobs(self)
        self._subscribers: "list[Callable[[str], None]]" = []
        self._progress_ms = -_PROGRESS_EVERY_MS

    async def run(self) -> None:
        """Until the power goes; an error that nothing below can answer for ends it, and the device restarts."""
        self.board.monitor.log("start: " + self.board.reset.cause())
        for part in ("accounts", "signin"):
            self._tell(part)
        self.board.monitor.state("jobs", self.jobs.recent(_SHOWN_JOBS))
        parts = [PanelUI(self).run(), self.queue.run(), self.accounts.run(), self._feed(), self._follow_network()]
        if self.board.network.fitted:
            from firmware.web.web_config import WebConfig

            parts.append(WebConfig(self).run())
        await asyncio.gather(*parts)

    async def _feed(self) -> None:
        while True:
            self.board.watchdog.feed()
            await self.board.watchdog.hungry()

    async def _follow_network(self) -> None:
        while True:
            await self.board.network.changed()
            self.network_changed()

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

    def submit_email(self, to: str, document: "Document", name: str = "", subject: str = "") -> "Job":
        return self.queue.submit_email(to, document, name, subject)

    def cancel_job(self, number: int) -> bool:
        return self.queue.cancel(number) or self.sheet.cancel(number)

    @property
    def contacts(self) -> "Contacts":
        """The address book, loaded when it is asked for."""
        from firmware.contacts import Contacts

        return Contacts(self.store)

    def set_language(self, language: str) -> None:
        self.language = language
        try:
            self._write_panel()
        except StorageError as error:  # until the power goes it is this one
            self.board.monitor.log("panel: the language could not be written down: " + str(error))
        self._changed("settings")

    def set_lock(self, locked: bool) -> None:
        """Raises StorageError."""
        before, self.locked = self.locked, locked
        try:
            self._write_panel()
        except StorageError:
            self.locked = before
            raise
        self._changed("settings")

    def _write_panel(self) -> None:
        self.store.write("panel", {"language": self.language, "locked": self.locked})

    def subscribe(self, callback: "Callable[[str], None]") -> None:
        """`callback(part)` on each change: "accounts", "signin", "jobs", "progress", "sheet", "settings"."""
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
