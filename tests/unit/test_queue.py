"""Cancelling a job at any moment: it ends once, as what really became of the mail, and nothing half is delivered."""

import asyncio
import random
from types import SimpleNamespace
from typing import Any

import pytest

from firmware.jobs.journal import Journal
from firmware.jobs.queue import Queue
from firmware.mail.checks import LONGEST_SUBJECT
from firmware.oauth.accounts import Target, TokenError
from sim.cloud.certificates import Authority, CertifiedKey
from sim.loop import VirtualLoop
from sim.network import Weather
from sim.scanner import SimScanner
from sim.storage import RamStorage
from tests.twin.mail_exchanges import TOKEN
from tests.unit.test_sender import HOST, World

DOCUMENT = b"%PDF" + b"x" * 60_000
LINE = Weather(latency_ms=(15, 25), bytes_per_s=200_000)


class Accounts:
    def __init__(self, world: World, wait_ms: int, error: TokenError | None) -> None:
        self._world, self._wait_ms, self._error = world, wait_ms, error

    async def target(self) -> Target:
        await self._world.clock.sleep_ms(self._wait_ms)
        if self._error is not None:
            raise self._error
        route = (HOST, 587, "starttls", None, True)
        return Target(self._world.interface, route, "printer@bureau.example", "printer@bureau.example", TOKEN)

    def accepted(self) -> None: ...


class Device:
    """A queue and what it needs, against a mail server that follows a list of replies."""

    def __init__(self, world: World, storage: RamStorage, wait_ms: int = 100, error: TokenError | None = None) -> None:
        self.scanner = SimScanner(random.Random(1), lambda: None)
        self.log: list[str] = []
        board: Any = SimpleNamespace(
            clock=world.clock,
            network=world.network,
            scanner=self.scanner,
            entropy=SimpleNamespace(random=lambda n: bytes(range(n))),
            monitor=SimpleNamespace(log=self.log.append),
        )
        accounts: Any = Accounts(world, wait_ms, error)
        self.journal = Journal(storage, self.log.append)
        self.queue = Queue(board, self.journal, lambda _: accounts, lambda _: None)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new(random.Random(1))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> CertifiedKey:
    return authority.issue([HOST])


def cancelled_after(
    ms: int, authority: Authority, certificate: CertifiedKey, **service: Any
) -> tuple[bool, dict[str, Any], World]:
    """Take a job on, cancel it `ms` later; whether it was taken, how the journal says that it ended, and the world."""
    loop = VirtualLoop()
    world = World(loop, authority)
    world.network._weather = LINE
    world.serve(certificate.certificate_der, **service)
    storage = RamStorage()

    async def story() -> tuple[bool, dict[str, Any]]:
        device = Device(world, storage)
        running = asyncio.ensure_future(device.queue.run())
        job = device.queue.submit_email("ona@bureau.example", device.scanner.lay("a.pdf", "application/pdf", DOCUMENT))
        await world.clock.sleep_ms(ms)
        taken = device.queue.cancel(job["id"])
        if taken:
            assert [line["status"] for line in device.journal.recent(9)] == ["failed"]  # at once, before the line drops
        await world.clock.sleep_ms(120_000)
        assert device.queue.current is None
        running.cancel()
        lines = storage.files["jobs"].count(b'"op": "end"')
        assert lines == 1
        [ended] = Journal(storage, print).recent(9)
        return taken, ended

    try:
        taken, ended = loop.run(story())
    finally:
        loop.close()
    return taken, ended, world


def test_cancelled_at_any_moment_it_ends_once_and_truly(authority: Authority, certificate: CertifiedKey) -> None:
    seen = set()
    for ms in range(0, 1500, 7):
        taken, ended, world = cancelled_after(ms, authority, certificate)
        if taken:
            assert (ended["status"], ended["code"], ended["kind_of_failure"]) == ("failed", 377, "cancelled")
            assert world.mails == [], ms
        else:
            assert ended["status"] == "sent"
            assert len(world.mails) == 1, ms
        assert all(stream._closed for stream in world.network._open)
        seen.add((taken, bytes(world.heard[:4])))
    # in the token's time, in the commands, in the document, after it, and after all
    assert {taken for taken, _ in seen} == {True, False}
    assert (True, b"Date") in seen
    assert (True, b"") in seen


def test_a_server_that_says_nothing_does_not_hold_a_cancelled_job(
    authority: Authority, certificate: CertifiedKey
) -> None:
    taken, ended, world = cancelled_after(5_000, authority, certificate, silent_at="mail")
    assert taken
    assert ended["ended_s"] - ended["created_s"] == 5
    assert world.mails == []
    assert all(stream._closed for stream in world.network._open)


def test_no_restart_takes_a_cancelled_job_up_again(authority: Authority, certificate: CertifiedKey) -> None:
    """The power goes in the moment after the cancelling."""
    loop = VirtualLoop()
    world = World(loop, authority)
    world.network._weather = LINE
    world.serve(certificate.certificate_der)
    storage = RamStorage()

    async def story() -> None:
        device = Device(world, storage)
        running = asyncio.ensure_future(device.queue.run())
        job = device.queue.submit_email("ona@bureau.example", device.scanner.lay("a.pdf", "application/pdf", DOCUMENT))
        await world.clock.sleep_ms(400)
        assert device.queue.cancel(job["id"])
        running.cancel()
        with pytest.raises(asyncio.CancelledError):  # and the cancelling did not swallow the end of the device
            await running
        assert Journal(storage, print).unfinished == []

    loop.run(story())
    loop.close()


def test_who_cancels_after_a_lost_answer_is_told_that_it_may_have_arrived(
    authority: Authority, certificate: CertifiedKey
) -> None:
    """SM-08: the connection broke between the dot and the 250."""
    taken, ended, world = cancelled_after(2_000, authority, certificate, cut_at="dot")
    assert taken
    assert ended["detail"] == "detail.perhaps"
    assert len(world.mails) == 1
    taken, ended, world = cancelled_after(2_000, authority, certificate, cut_at="mail")
    assert taken
    assert ended["detail"] == ""
    assert world.mails == []


def test_only_a_job_that_there_is_can_be_cancelled(authority: Authority) -> None:
    loop = VirtualLoop()
    world = World(loop, authority)

    async def story() -> None:
        device = Device(world, RamStorage(), 0, TokenError("not_signed_in"))
        assert not device.queue.cancel(1)
        document = device.scanner.lay("a.pdf", "application/pdf", DOCUMENT)
        running = asyncio.ensure_future(device.queue.run())
        first = device.queue.submit_email("ona@bureau.example", document)
        await world.clock.sleep_ms(10)
        assert first["code"] == 360
        assert not device.queue.cancel(first["id"])
        running.cancel()
        second = device.queue.submit_email("ona@bureau.example", document)
        assert device.queue.cancel(second["id"])
        assert not device.queue.cancel(second["id"])
        assert [job["code"] for job in device.journal.recent(9)] == [377, 360]

    loop.run(story())
    loop.close()


# --- file name and subject ---


def test_file_name_and_subject_reach_the_mail_and_the_journal(authority: Authority, certificate: CertifiedKey) -> None:
    loop = VirtualLoop()
    world = World(loop, authority)
    world.serve(certificate.certificate_der)
    storage = RamStorage()

    async def story() -> None:
        device = Device(world, storage)
        running = asyncio.ensure_future(device.queue.run())
        document = device.scanner.lay("a.pdf", "application/pdf", b"/Type /Page " * 3 + b"/Type /Pages")
        device.queue.submit_email("ona@bureau.example", document, "sutartis.pdf", "Signed")
        await world.clock.sleep_ms(5_000)
        running.cancel()

    loop.run(story())
    loop.close()
    [ended] = Journal(storage, print).recent(9)
    assert (ended["name"], ended["subject"], ended["pages"], ended["status"]) == ("sutartis.pdf", "Signed", 3, "sent")
    assert storage.files["jobs"].count(b"\n") == 2
    [mail] = world.mails
    assert b"Subject: Signed\r\n" in mail and b'filename="sutartis.pdf"' in mail and b"a.pdf" not in mail


@pytest.mark.parametrize("character", ["\r", "\n", "\0", "\x7f", "\ud800", "a\r\nBcc: x@y.example"])
def test_sm09_what_would_break_the_header_is_refused(authority: Authority, character: str) -> None:
    device = Device(World(VirtualLoop(), authority), RamStorage())
    document = device.scanner.lay("a.pdf", "application/pdf", DOCUMENT)
    with pytest.raises(ValueError, match=r"^error.name$"):
        device.queue.submit_email("ona@bureau.example", document, character)
    with pytest.raises(ValueError, match=r"^error.subject$"):
        device.queue.submit_email("ona@bureau.example", document, "", character)
    with pytest.raises(ValueError, match=r"error.address"):
        device.queue.submit_email("ona@bureau.example" + character, document)
    assert device.queue.waiting() == []
    assert device.journal.last_id == 0


def test_sm09_the_longest_name_and_subject_can_be_read_again_and_a_longer_one_is_refused(authority: Authority) -> None:
    storage = RamStorage()
    device = Device(World(VirtualLoop(), authority), storage)
    document = device.scanner.lay("a.pdf", "application/pdf", DOCUMENT)
    address = "a" * 64 + "@" + "b" * 60 + "." + "c" * 60 + "." + "d" * 60 + ".ee"
    name, subject = "\U0001f4c4" * 255, "\U0001f4c4" * LONGEST_SUBJECT
    job = device.queue.submit_email(address, document, name, subject)
    device.journal.end(job["id"], {"status": "failed", "code": 377, "detail": "\U0001f4c4" * 300})
    [again] = Journal(storage, print).recent(9)
    assert (again["to"], again["name"], again["subject"]) == (address, name, subject)
    with pytest.raises(ValueError, match=r"error.name"):
        device.queue.submit_email(address, document, name + "x")
    with pytest.raises(ValueError, match=r"error.too_long"):
        device.queue.submit_email(address, document, name, subject + "x")


def test_a_journal_of_before_subject_and_pages_is_read(authority: Authority) -> None:
    storage = RamStorage()
    journal = Journal(storage, print)
    old = {"id": 7, "kind": "email", "to": "ona@bureau.example", "name": "scan.pdf", "content_type": "application/pdf"}
    journal.add({**old, "size": 5, "document": "d", "message_id": "<1@x>", "created_s": 1})
    queue = Device(World(VirtualLoop(), authority), storage).queue
    queue._recover()
    assert [job["name"] for job in queue.waiting()] == ["scan.pdf"]
    assert queue.cancel(7)
    [ended] = Journal(storage, print).recent(9)
    # Nobody knows what happened before the power cut.
    assert (ended["code"], ended["detail"]) == (377, "detail.perhaps")
