"""Email Notification: who is told by mail of what happens to the device, and when.

Up to five addresses, each with the events that it wants, are a record on flash. `Notifier` is told of what happened and
looks once an hour for a sign-in that is about to end. What cannot be sent, since it is the sign-in itself that has ended,
waits on flash until there is one again. Start at `Notifier.tell`; the words are in `firmware/web/en/notice.py`.
Loaded on a device whose record names somebody, and with the page that changes it.
"""

from micropython import const

from firmware.heap import Needed
from firmware.mail.checks import check_address
from firmware.panel.format import date, date_time
from firmware.panel.strings import SELDOM, advice
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.store import Store

    Entry = tuple[str, list[str]]  # address, events

EVENTS = ("sign_in_ended", "sign_in_ends", "job_failed", "settings", "locked")
MOST = const(5)
_RECORD = "notify"
_MOST_PENDING = const(8)  # of more, the oldest go
_LONGEST = const(800)  # characters of a notice
_DAY_S = const(86400)
_LOOK_MS = const(3_600_000)
_WARN_DAYS = (14, 7, 1)
_WORDS = Needed(
    "firmware.web.words",
    "firmware.web.pages",
    "firmware.web.en.notice",
    "firmware.web.lt.notice",
    "firmware.web.en.frame",
    "firmware.web.lt.frame",
    *SELDOM,
)


class Notifications:
    """The record. Reading gives what is whole of it; `put` and the others raise StorageError."""

    def __init__(self, store: "Store") -> None:
        self._store = store

    def all(self) -> "list[Entry]":
        listed = self._read().get("to")
        found = [_entry(entry) for entry in listed[:MOST]] if isinstance(listed, list) else []
        return [entry for entry in found if entry is not None]

    def wanted(self, event: str) -> "list[str]":
        """The addresses that are told of this."""
        return [address for address, events in self.all() if event in events]

    def check(self, address: str, others: "list[str]") -> None:
        """Raises ValueError(message key) for what is no address, or is there already."""
        check_address(address)
        if address.lower() in [other.lower() for other in others]:
            raise ValueError("web.notify_twice")

    def put(self, entries: "list[Entry]") -> None:
        """These in place of those before. Raises ValueError(message key) too."""
        for number, (address, _) in enumerate(entries):
            self.check(address, [other for other, _ in entries[:number]])
        self._change("to", [[address, [e for e in EVENTS if e in events]] for address, events in entries[:MOST]])

    # --- what waits for a sign-in, and what has been said ---

    def pending(self) -> "list[list[str]]":
        """[address, subject, text] of each, oldest first."""
        found = self._read().get("pending")
        return [each for each in found if len(each) == 3] if isinstance(found, list) else []

    def wait(self, notices: "list[list[str]]") -> None:
        self._change("pending", (self.pending() + notices)[-_MOST_PENDING:])

    def sent(self, number: int) -> None:
        """The oldest `number` are on their way."""
        self._change("pending", self.pending()[number:])

    def warned(self) -> "dict[str, Any]":
        found = self._read().get("warned")
        return found if isinstance(found, dict) else {}

    def warn(self, account: str, good_until_s: int, days: int) -> None:
        self._change("warned", dict(self.warned(), **{account: [good_until_s, days]}))

    def _read(self) -> "dict[str, Any]":
        return self._store.read(_RECORD) or {}

    def _change(self, part: str, value: "Any") -> None:
        record = self._read()
        record[part] = value
        self._store.write(_RECORD, record)


def _entry(entry: object) -> "Entry | None":
    """An entry of the record, unless it is of another shape."""
    if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and isinstance(entry[1], list):
        return entry[0], [event for event in entry[1] if event in EVENTS]
    return None


class Notifier:
    """`device`: gives accounts, jobs, language, and takes mails (`submit_notice`)."""

    def __init__(self, device: "Any") -> None:
        self._device = device
        self._notifications = Notifications(device.store)
        self._states = {name: account.state for name, account in self._accounts()}
        self._failed = 0  # the number of the job that was told of last

    def _accounts(self) -> "list[tuple[str, Any]]":
        device = self._device
        found = [("email", device.accounts.account)]
        if device.fax is not None:
            found.append(("fax", device.fax.account))
        return found

    async def run(self) -> None:
        """Look at what changes, and for a sign-in that is about to end, for ever."""
        self._device.subscribe(self._changed)
        while True:
            self.look()
            await self._device.board.clock.sleep_ms(_LOOK_MS)

    def look(self) -> None:
        """Warn 14, 7 and 1 days before a sign-in ends by disuse or age; once each."""
        now_s = self._device.board.clock.now()
        if now_s is None:
            return
        for name, account in self._accounts():
            good_until_s = account.good_until_s
            if account.state != "SIGNED_IN" or good_until_s is None:
                continue
            due = [days for days in _WARN_DAYS if good_until_s - now_s <= days * _DAY_S]
            if not due:
                continue
            days, before = min(due), self._notifications.warned().get(name)
            if isinstance(before, list) and before[:1] == [good_until_s] and before[1] <= days:
                continue
            left = str((max(0, good_until_s - now_s) + _DAY_S - 1) // _DAY_S)  # a day that has begun counts
            if self.tell("sign_in_ends", account.address, date(good_until_s), left):
                self._keep(lambda: self._notifications.warn(name, good_until_s, days))  # noqa: B023 - called at once

    def _changed(self, part: str) -> None:
        if part == "accounts":
            self._look_at_sign_ins()
        elif part == "jobs":
            job = self._device.queue.last_ended
            if job is not None and job["status"] == "failed" and job["id"] != self._failed and job["kind"] != "notice":
                self._failed = job["id"]
                words = self._device.jobs.detail(job)
                self.tell("job_failed", str(job["id"]), str(job.get("to", "")), f"{job.get('code') or 0:03d}", words)

    def _look_at_sign_ins(self) -> None:
        for name, account in self._accounts():
            before, self._states[name] = self._states[name], account.state
            if before == "SIGNED_IN" and account.state in ("EXPIRED", "REAUTH"):
                with _WORDS:
                    words = self._device.jobs.words(account.reason)
                    words = (words + " " + advice(account.reason, self._device.language)).strip()
                self.tell("sign_in_ended", account.address, words)
            elif before != "SIGNED_IN" and account.state == "SIGNED_IN":
                self._send_pending()

    def tell(self, event: str, *about: str, also: str = "") -> bool:
        """Mail it to whoever wants to know, and to `also`: an address that was taken out (WC-16). Whether anybody does."""
        addresses = self._notifications.wanted(event)
        if also and also not in addresses:
            addresses.append(also)
        if not addresses:
            return False
        subject, body = self._words(event, about)
        notices = [[address, subject, body] for address in addresses]
        device = self._device
        if device.accounts.account.state == "SIGNED_IN":
            notices = [notice for notice in notices if not self._submit(notice)]
        if notices:
            self._keep(lambda: self._notifications.wait(notices))
        return True

    def _words(self, event: str, about: "tuple[str, ...]") -> "tuple[str, str]":
        """Subject and text. What `about` names as "audit.<what>" is a sentence of ours."""
        device = self._device
        identity, now_s = device.board.identity, device.board.clock.now()
        with _WORDS:
            from firmware.web.words import Words

            words = Words(device.language, "notice")
            said = [words.text("web." + part) if part.startswith("audit.") else part for part in about]
            subject = words.text("web.notice." + event) + ": " + identity.model
            lines = [words.text("web.notice." + event + "_text", *said), identity.model + ", " + identity.serial]
        if now_s is not None:
            lines.append(date_time(now_s) + " UTC")
        return subject, "\n".join(lines)[:_LONGEST]

    def _send_pending(self) -> None:
        sent = 0
        for notice in self._notifications.pending():
            if not self._submit(notice):
                break
            sent += 1
        if sent:
            self._keep(lambda: self._notifications.sent(sent))

    def _submit(self, notice: "list[str]") -> bool:
        try:
            self._device.submit_notice(*notice)
            return True
        except (ValueError, StorageError) as error:
            self._device.board.monitor.log("notification: it could not be queued: " + str(error))
            return False

    def _keep(self, write: "Any") -> None:
        try:
            write()
        except StorageError as error:  # then it is said again, or once too seldom: the device goes on
            self._device.board.monitor.log("notification: it could not be written down: " + str(error))
