"""The device, put together: this is the one file that knows all the others.

`Device(board)` wires stores, accounts, jobs, panel and Web Config; `await device.run()` is its life until the power goes.
Panel and Web Config see the rest only through this class. Two devices live in one process: nothing here is global.
"""

import asyncio

from micropython import const

from firmware.jobs.journal import Journal
from firmware.panel.panel import PanelUI
from firmware.store import RESET_ORDERED, Store
from firmware.supervisor import Restart, Supervisor, Watch
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.admin import Admin
    from firmware.audit import Audit
    from firmware.contacts import Contacts
    from firmware.crashes import Crashes
    from firmware.device_certificate import DeviceCertificate
    from firmware.jobs.journal import Job
    from firmware.jobs.shown import Jobs
    from firmware.notifications import Notifier
    from firmware.oauth.accounts import Accounts, Kept
    from firmware.oauth.attempt import Attempt
    from firmware.oauth.people import People, Person
    from firmware.sheet.job import SheetJob
    from firmware.users import User, Users
    from hal.api import Board, Document

_PROGRESS_EVERY_MS = const(250)
_STEP_MS = const(10_000)
_RESTART_MS = const(2000)
_WEB_IDLE_MIN = const(15)
_PANEL_IDLE_MIN = const(3)
LONGEST_IDLE_MIN = const(240)


class Device:
    """`crashes`: what is known of its crashes, None when there were none."""

    def __init__(self, board: "Board", crashes: "Crashes | None" = None) -> None:
        self.board = board
        self.crashes = crashes
        self.supervisor = Supervisor(board)
        if board.storage.size(RESET_ORDERED) >= 0:
            from firmware import reset

            reset.carry_out(board)
        self.store = Store(board)
        panel = self.store.read("panel") or {}
        self.language = str(panel.get("language") or board.identity.language or "en")
        self.web_idle_min = _minutes(panel.get("web_idle_min"), _WEB_IDLE_MIN)  # without a request, then logged out
        self.panel_idle_min = _minutes(panel.get("panel_idle_min"), _PANEL_IDLE_MIN)  # without a press
        self.locked = panel.get("locked") is True  # Lock Setting: menus need the administrator (manual R13)
        self.journal = Journal(board.storage, board.monitor.log)
        self.store.make_room = self.journal.give_up
        self._started_ms = board.clock.ticks_ms()
        self._admin: "Admin | None" = None
        self.fax: "Accounts | None" = None  # of the fax server (manual R21), where the model has it
        self._users: "Users | None" = None
        self._people: "People | None" = None
        if board.network.fitted:
            from firmware.jobs.queue import Queue
            from firmware.oauth.accounts import Accounts

            self.accounts = Accounts(board, self.store, self._changed)
            if "fax" in board.identity.features:
                self.fax = Accounts(board, self.store, self._changed, "fax")
            self.queue = Queue(board, self.journal, self._sign_in_of, self._jobs_changed)
        else:
            from firmware import offline

            self.accounts = offline.Accounts()  # type: ignore[assignment]
            self.queue = offline.Queue()  # type: ignore[assignment]
        self._sheet: "SheetJob | None" = None
        self._sheet_watch = Watch("sheet")
        self._subscribers: "list[Callable[[str], None]]" = []
        self._progress_ms = -_PROGRESS_EVERY_MS
        # The connection test that was begun last: "accounts", "running", "stages": [(name, state, kind, reason), ..]
        self.tested: "dict[str, Any] | None" = None
        self._notifier: "Notifier | None" = None
        self._notifying: "asyncio.Task[None] | None" = None
        self._asked_to_restart = asyncio.Event()

    async def run(self) -> None:
        """Until the power goes; an error that nothing below can answer for ends it, and the device restarts."""
        self.board.monitor.log("start: " + self.board.reset.cause())
        if any(job["kind"] == "sheet" for job in self.journal.unfinished):
            self.sheet.recover()
        if self.board.monitor.attended:
            from firmware.told import tell

            tell(self)
        see, network = self.supervisor.named, Watch("network")
        self.supervisor.see(self.accounts.attempt_watch, self._sheet_watch)
        panel = PanelUI(self)
        self.supervisor.see(panel.keys_watch, panel.touch_watch)
        parts = [
            see(panel.watch, panel.run()),
            see(self.queue.watch, self.queue.run()),
            see(self.accounts.watch, self.accounts.run()),
            see(network, self._follow_network(network)),
        ]
        if self.fax is not None:
            self.supervisor.see(self.fax.attempt_watch)
            parts += [see(self.fax.watch, self.fax.run()), self.fax.look_at_server()]
        if self.board.network.fitted:
            from firmware.web.web_config import WebConfig

            web = WebConfig(self)
            self.supervisor.see(*web.more_watches)
            parts += [see(web.watch, web.run()), self.accounts.look_at_server()]
            self.begin_notifying()
        parts.append(self._restart_when_asked())
        if self.crashes is not None:
            parts.append(self._settle(self.crashes))
        await asyncio.gather(self.supervisor.run(), *parts)

    async def _follow_network(self, watch: Watch) -> None:
        while True:
            watch.rest()
            await self.board.network.changed()
            watch.within(_STEP_MS)
            self.network_changed()

    async def _settle(self, crashes: "Crashes") -> None:
        """Who lives for long enough has no crash to fear at the next start."""
        from firmware.crashes import HEALTHY_MS

        await self.board.clock.sleep_ms(HEALTHY_MS)
        try:
            crashes.healthy()
        except StorageError as error:
            self.board.monitor.log("crash: it could not be written down: " + str(error))

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

    def _sign_in_of(self, job: "Job") -> "Kept":
        if job["kind"] == "fax" and self.fax is not None:
            return self.fax
        if job["kind"] == "my-email" and job.get("user"):
            return self.people.of(str(job["user"]))
        return self.accounts

    @property
    def has_my_email(self) -> bool:
        """Whether the model has Scan to My Email (manual R22)."""
        return "my-email" in self.board.identity.features and self.board.network.fitted

    @property
    def admin(self) -> "Admin":
        """The administrator's password, loaded when somebody is asked for it."""
        if self._admin is None:
            from firmware.admin import Admin

            board = self.board
            self._admin = Admin(self.store, board.entropy, board.clock, board.identity, self._started_ms)
        return self._admin

    @property
    def users(self) -> "Users":
        """Those of Scan to My Email, loaded when they are asked for."""
        if self._users is None:
            from firmware.users import Users

            self._users = Users(self.board, self.store)
        return self._users

    @property
    def people(self) -> "People":
        """The users' sign-ins, loaded when they are asked for."""
        if self._people is None:
            from firmware.oauth.people import People

            self._people = People(self.board, self.store, self.accounts, self._changed)
        return self._people

    async def remove_user(self, id: str) -> None:
        """Their tokens go first, so that none is left of somebody who is gone. Raises StorageError."""
        self.people.forget(id)
        await self.users.remove(id)

    def people_in_use(self) -> "list[Person]":
        return [] if self._people is None else [person for person in self._people.held if person.still_right()]

    @property
    def has_https(self) -> bool:
        """Whether the model has the memory for it."""
        return "https" in self.board.identity.features and self.board.network.fitted

    @property
    def https(self) -> "DeviceCertificate":
        """HTTPS of Web Config: whether it is on, and its certificate; loaded when it is asked for."""
        from firmware.device_certificate import DeviceCertificate

        return DeviceCertificate(self.board, self.store, lambda: self._changed("https"))

    @property
    def audit(self) -> "Audit":
        """The log of what matters for the device's safety, loaded for each line."""
        from firmware.audit import Audit

        return Audit(self.board)

    def submit_email(self, to: str, document: "Document", name: str = "", subject: str = "") -> "Job":
        return self.queue.submit_email(to, document, name, subject)

    def submit_notice(self, to: str, subject: str, text: str) -> "Job":
        """Mail a short text from the device's own account. Raises ValueError(message key), StorageError."""
        return self.queue.submit_notice(to, subject, text)

    def submit_fax(self, number: str, document: "Document", name: str = "") -> "Job":
        """Mail `document` to the fax server (manual R21). Raises ValueError(message key), StorageError."""
        from firmware.jobs.fax import address_of

        to = address_of(number, str(self.fax.settings()["fax_domain"]) if self.fax is not None else "")
        return self.queue.submit_email(to, document, name, kind="fax")

    def submit_my_email(self, user: "User", document: "Document", name: str = "", subject: str = "") -> "Job":
        """Mail `document` to `user` (manual R24), from their own account where the settings say so.

        Raises ValueError(message key), StorageError.
        """
        own = user["id"] if self.settings()["sender_of"] == "user" else ""
        return self.queue.submit_email(user["email"], document, name, subject, "my-email", own)

    def cancel_job(self, number: int) -> bool:
        return self.queue.cancel(number) or (self._sheet is not None and self._sheet.cancel(number))

    @property
    def sheet(self) -> "SheetJob":
        """The status sheet, loaded when one is to be printed for the first time."""
        if self._sheet is None:
            from firmware.sheet.job import SheetJob

            self._sheet = SheetJob(self, self._changed, self._sheet_watch)
        return self._sheet

    @property
    def printing(self) -> "Job | None":
        """The status sheet as a job, while one is printed."""
        return None if self._sheet is None else self._sheet.current

    @property
    def jobs(self) -> "Jobs":
        """What people see of the jobs, loaded when somebody looks."""
        from firmware.jobs.shown import Jobs

        return Jobs(self)

    @property
    def contacts(self) -> "Contacts":
        """The address book, loaded when it is asked for."""
        from firmware.contacts import Contacts

        return Contacts(self.store)

    def begin_notifying(self) -> None:
        """From now on, when somebody wants to be told of something by mail."""
        if self._notifier is None and self.store.there("notify"):
            from firmware.notifications import Notifier

            self._notifier = Notifier(self)
            self._notifying = asyncio.create_task(self._notifier.run())

    def tell(self, event: str, *about: str, also: str = "") -> None:
        """Mail it to whoever wants to know of such events, and to `also` (`firmware/notifications.py`)."""
        notifier = self._notifier
        if notifier is None and also:
            from firmware.notifications import Notifier

            notifier = Notifier(self)
        if notifier is not None:
            notifier.tell(event, *about, also=also)

    def restart(self) -> None:
        """In a moment, so that whoever asked for it is told."""
        self._asked_to_restart.set()

    def factory_reset(self, where: str) -> None:
        """Erase everything at the restart that follows (`firmware/reset.py`). Raises StorageError."""
        from firmware import reset

        reset.order(self.board.storage, where)
        self.restart()

    async def _restart_when_asked(self) -> None:
        await self._asked_to_restart.wait()
        await self.board.clock.sleep_ms(_RESTART_MS)
        raise Restart("Somebody asked for it")

    def test_connection(self, accounts: "Accounts") -> None:
        """Begin the connection test of this mail server, of what is saved; `tested` shows how it goes. One at a time."""
        if self.tested is not None and self.tested["running"]:
            return
        from firmware.connection_test import begin

        self.tested = begin(self.board, accounts)

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

    def set_idle_times(self, web_min: int, panel_min: int) -> None:
        """After how many minutes the administrator is logged out. Raises StorageError."""
        before = self.web_idle_min, self.panel_idle_min
        self.web_idle_min, self.panel_idle_min = web_min, panel_min
        try:
            self._write_panel()
        except StorageError:
            self.web_idle_min, self.panel_idle_min = before
            raise

    def _write_panel(self) -> None:
        record = {"language": self.language, "locked": self.locked}
        record.update({"web_idle_min": self.web_idle_min, "panel_idle_min": self.panel_idle_min})
        self.store.write("panel", record)

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
        for callback in self._subscribers:
            callback(part)


def _minutes(kept: object, default: int) -> int:
    return kept if isinstance(kept, int) and 1 <= kept <= LONGEST_IDLE_MIN else default
