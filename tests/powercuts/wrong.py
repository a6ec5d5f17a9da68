"""Firmware made wrong on purpose: what the power cuts must find. Nothing here is used by the device."""

from __future__ import annotations

from typing import Any

from littlefs import lfs

from firmware.jobs.journal import Journal
from firmware.oauth.accounts import Accounts
from firmware.oauth.token import Account
from firmware.store import Store, encoded
from sim.flash import Flash, FlashStorage
from tests.powercuts.printer import Postman


class InPlace(Store):
    """Writes the record over the old one."""

    def write(self, name: str, value: dict[str, Any], key: str = "") -> None:
        self._storage.write(name, self._line(name, value, key))


class OldOneFirst(Store):
    """Removes the old record before it renames the new one."""

    def write(self, name: str, value: dict[str, Any], key: str = "") -> None:
        self._storage.write(name + ".new", self._line(name, value, key))
        self._storage.remove(name)
        self._storage.rename(name + ".new", name)


class Unchecked(Store):
    """Takes what there is of a new record, without looking whether it is whole, and finishes the renaming."""

    def read(self, name: str, key: str = "") -> dict[str, Any] | None:
        if self._storage.size(name + ".new") >= 0:
            self._storage.rename(name + ".new", name)
        return super().read(name, key)


class Later(Store):
    """Says that it has written a record and does it with the next one."""

    _kept: tuple[str, dict[str, Any]] | None = None

    def write(self, name: str, value: dict[str, Any], key: str = "") -> None:
        if self._kept is not None:
            super().write(*self._kept)
        self._kept = (name, value)


class TokenErasedAfterwards(Accounts):
    """Writes the new server first and erases the token for the old one in a second write."""

    def _write(self, draft: dict[str, Any], endpoints: Any, account: Account, people_key: str | None = None) -> None:
        if account.state == "SIGNED_OUT" and self.account.state == "SIGNED_IN":
            super()._write(draft, endpoints, self.account, people_key)
        super()._write(draft, endpoints, account, people_key)


class TokenErasedInMemory(Accounts):
    """A sign-out that the flash never hears of."""

    async def sign_out(self) -> None:
        self.account = Account()
        await self.save(dict(self._settings, account=""), False, "")

    def _write(self, draft: dict[str, Any], endpoints: Any, account: Account, people_key: str | None = None) -> None:
        if account.state != "SIGNED_OUT":
            super()._write(draft, endpoints, account, people_key)
        else:
            self._settings, self._endpoints, self.account = draft, endpoints, account


class UsedBeforeWritten(Accounts):
    """Uses the new access token and writes the new refresh token when there is time."""

    _late = False

    def _write(self, draft: dict[str, Any], endpoints: Any, account: Account, people_key: str | None = None) -> None:
        if self._late:
            self._late = False
            super()._write(draft, endpoints, account, people_key)
        elif account is self.account and account.unsaved:
            self._late = True
            account.commit()
        else:
            super()._write(draft, endpoints, account, people_key)


class NoCheckSum(Journal):
    """Ends a torn line and takes it for a whole one."""

    def _lines(self, name: str) -> Any:
        size = max(0, self._storage.size(name))
        for line in self._storage.read(name, 0, size).split(b"\n"):
            _, _, body = line.partition(b" ")
            fields = dict(_pairs(body))
            if "id" in fields and "op" in fields:
                yield fields


def _pairs(body: bytes) -> Any:
    """As many fields of a JSON object as can be made out."""
    for pair in body.decode(errors="replace").strip("{}#").split(", "):
        name, _, value = pair.partition(": ")
        name, value = name.strip('"'), value.strip('"')
        if name == "id" and value.isdigit():
            yield name, int(value)
        elif name != "id" and value:
            yield name, value


class ShortenedInPlace(Journal):
    """Empties the file before it writes down what is to stay."""

    def end(self, number: int, result: dict[str, Any]) -> None:
        self._append(dict(result, id=number, op="end"))
        if self._storage.size("jobs") > self._longest:
            lines = list(self._lines("jobs"))
            self._storage.write("jobs", b"")
            for line in lines[-4:]:
                self._storage.append("jobs", encoded(line))


class OldestGo(Journal):
    """Drops the older file with the jobs in it that have not ended."""

    def _note_again(self, jobs: dict[int, Any]) -> None:
        return


class NotedAgainAfterwards(Journal):
    """Drops the older file and then writes down which of its jobs have not ended."""

    def end(self, number: int, result: dict[str, Any]) -> None:
        self._append(dict(result, id=number, op="end"))
        if self._storage.size("jobs") > self._longest:
            jobs = self._only_old()[0]
            self._storage.rename("jobs", "jobs.old")
            self._note_again(jobs)


class HalfLineGoesOn(Journal):
    """Ends a torn line with a line feed alone, which makes one whole that only lacked its end."""

    def _append(self, line: dict[str, Any]) -> None:
        data = encoded(line)
        size = self._storage.size("jobs")
        if size > 0 and self._storage.read("jobs", size - 1, 1) != b"\n":
            data = b"\n" + data
        self._storage.append("jobs", data)


class InMemory(Journal):
    """Promises a job and writes it down when it has ended."""

    _job: dict[str, Any] | None = None

    def add(self, job: dict[str, Any]) -> None:
        self.last_id = job["id"]
        self._jobs = {**getattr(self, "_jobs", {}), job["id"]: dict(job)}

    def end(self, number: int, result: dict[str, Any]) -> None:
        super().add(self._jobs[number])
        super().end(number, result)


class AnotherMail(Postman):
    """Gives a job that is sent again a new Message-ID."""

    def _take(self, job: dict[str, Any]) -> None:
        if job.get("resumes"):
            job["message_id"] = job["message_id"].replace("<", "<again-")
        super()._take(job)


class EndedBeforeSent(Postman):
    """Writes the end of a job down before its mail is out."""

    async def _send(self, job: dict[str, Any]) -> tuple[str, str, bool]:
        journal: Any = self._journal
        journal._journal.end(job["id"], {"status": "sent"})
        return await super()._send(job)


class FormatsWhatDoesNotMount(FlashStorage):
    """Takes a flash that cannot be mounted for a new one."""

    def _marked(self) -> bool:
        return False


class FormatsAtEachStart(FlashStorage):
    """Formats before it has tried to mount."""

    def __init__(self, flash: Flash) -> None:
        super().__init__(flash)
        if flash.operations == 0:
            self._call(lfs.format, self._config)
            self._call(lfs.mount, self._config)
