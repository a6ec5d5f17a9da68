"""Sending over the virtual network, against a mail server that follows a list of replies."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from firmware.mail.sender import Route, send
from firmware.mail.smtp import Result
from hal.errors import (
    CertificateError,
    ConnectFailed,
    ConnectionLost,
    LinkDown,
    NameNotFound,
    NetworkError,
    NetworkTimeout,
    ScannerError,
    TLSError,
)
from sim.clock import DeviceClock, WorldClock
from sim.cloud.certificates import Authority, CertifiedKey
from sim.loop import VirtualLoop
from sim.network import MemoryStream, SimInterface, SimNetwork
from tests.twin.mail_exchanges import GOOD, STEPS, TOKEN, message, pattern

HOST = "smtp.bureau.example"
DOCUMENT = pattern(50_000)
Service = Callable[[MemoryStream], Awaitable[None]]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.new(random.Random(1))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> CertifiedKey:
    return authority.issue([HOST])


class Scanner:
    """Gives `document` in chunks; `gone_after` bytes it is taken away."""

    page = 0

    def __init__(self, document: bytes, gone_after: int = 1 << 30, chunk: int = 8192) -> None:
        self._document = document
        self._gone_after = gone_after
        self._chunk = chunk
        self._done = 0

    async def read(self) -> bytes:
        if self._done >= self._gone_after:
            raise ScannerError("The document was taken away")
        data = self._document[self._done : self._done + self._chunk]
        self._done += len(data)
        return data

    async def close(self) -> None: ...


class World:
    def __init__(self, loop: VirtualLoop, authority: Authority) -> None:
        self.loop = loop
        self.clock = DeviceClock(WorldClock.virtual(loop), loop)
        self.interface = SimInterface("Wired LAN", "02:00:5E:10:00:01", "192.0.2.10")
        self.network: Any = SimNetwork(self.clock, [authority.ca_der], [self.interface])
        self.heard = bytearray()  # by the server
        self.mails: list[bytes] = []
        self.ended = False  # the server saw the connection end
        self.told: list[int] = []

    def serve(self, certificate: bytes, script: Sequence[bytes] = GOOD, **manners: Any) -> None:
        """`silent_at`, `cut_at`: the step (or "body") at which the server falls silent, or the connection is cut."""
        self.network.services[(HOST, 587)] = self._service(certificate, script, **manners)

    def _service(self, certificate: bytes, script: Sequence[bytes], silent_at: str = "", cut_at: str = "") -> Service:
        async def serve(stream: MemoryStream) -> None:
            end = b"\r\n"
            for step, reply in zip(STEPS, script, strict=False):
                if step != "greeting" and not await self._hear(stream, end):
                    return
                if step == "dot":
                    self.mails.append(bytes(self.heard))
                if step == silent_at:
                    await asyncio.sleep(3600)
                if step == cut_at:
                    stream.cut()
                    return
                await stream.write(reply, 1000)
                if step == "starttls":
                    await stream.start_tls_server(certificate)
                end = b"\r\n.\r\n" if step == "data" else b"\r\n"
                if step == "data" and cut_at == "body":
                    await stream.read(10_000, 1000)
                    stream.cut()
                    return
            self.ended = not await stream.read(1, 60_000)

        return serve

    async def _hear(self, stream: MemoryStream, end: bytes) -> bool:
        self.heard.clear()
        while not self.heard.endswith(end):
            data = await stream.read(65536, 3_600_000)
            if not data:
                self.ended = True
                return False
            self.heard += data
        return True

    def send(
        self, scanner: Scanner | None = None, token: str = TOKEN, size: int = len(DOCUMENT), **route: Any
    ) -> Result:
        async def main() -> Result:
            way = Route(HOST, 587, "starttls", route.get("ca"), route.get("verify", True))
            mail = message(document_size=size)
            scan = scanner or Scanner(DOCUMENT)
            result = await send(
                self.network,
                self.interface,
                self.clock,
                way,
                "printer@bureau.example",
                token,
                mail,
                scan,
                self.told.append,
            )
            await asyncio.sleep(1)
            return result

        return self.loop.run(main())


@pytest.fixture
def world(authority: Authority) -> Iterator[World]:
    loop = VirtualLoop()
    yield World(loop, authority)
    loop.close()


def said(result: Result) -> tuple[str, bool]:
    return result.kind, result.transient


def test_a_mail_arrives_as_it_was_made(world: World, certificate: CertifiedKey) -> None:
    world.serve(certificate.certificate_der)
    result = world.send()
    assert said(result) == ("sent", False) and result.text.startswith("250 2.0.0 OK")
    mail = message(document_size=len(DOCUMENT))
    expected = mail.header + b"".join(map(bytes, mail.body(DOCUMENT))) + mail.trailer() + b".\r\n"
    assert world.mails == [expected]
    assert world.told == [8192, 16384, 24576, 32768, 40960, 49152, 50000]
    assert world.ended


@pytest.mark.parametrize("step", STEPS[:-1])
def test_sm08_cut_at_each_step_is_tried_again_and_never_sent(
    world: World, certificate: CertifiedKey, step: str
) -> None:
    world.serve(certificate.certificate_der, cut_at=step)
    assert said(world.send()) == ("connection", True)


def test_sm08_cut_in_the_middle_of_the_mail(world: World, certificate: CertifiedKey) -> None:
    world.serve(certificate.certificate_der, cut_at="body")
    assert said(world.send()) == ("connection", True)
    assert world.mails == []


def test_after_the_250_nothing_makes_it_unsent(world: World, certificate: CertifiedKey) -> None:
    for manners in ({"cut_at": "quit"}, {"silent_at": "quit"}, {"script": list(GOOD[:-1])}):
        world.serve(certificate.certificate_der, **manners)
        assert said(world.send()) == ("sent", False)


@pytest.mark.parametrize(("step", "least_s"), [("greeting", 120), ("hello", 120), ("token", 120), ("dot", 600)])
def test_a_silent_server_is_left(world: World, certificate: CertifiedKey, step: str, least_s: int) -> None:
    world.serve(certificate.certificate_der, silent_at=step)
    before = world.loop.time()
    assert said(world.send()) == ("connection", True)
    assert least_s <= world.loop.time() - before <= least_s + 5


def test_a_server_that_drips_is_left_too(world: World) -> None:
    async def drip(stream: MemoryStream) -> None:
        for _ in range(1000):
            await stream.write(b"2", 1000)
            await asyncio.sleep(30)

    world.network.services[(HOST, 587)] = drip
    before = world.loop.time()
    assert world.send().kind in ("connection", "protocol")
    assert world.loop.time() - before <= 125


def test_a_reply_has_one_deadline_however_many_reads_it_takes(world: World) -> None:
    waits: list[int] = []

    class Dripping(MemoryStream):
        async def read(self, n: int, timeout_ms: int) -> bytes:
            waits.append(timeout_ms)
            await asyncio.sleep(50)
            return b"2"

    async def connect(*_: object) -> MemoryStream:
        return Dripping("")

    world.network.connect = connect
    assert said(world.send()) == ("connection", True)
    assert waits == [120_000, 70_000, 20_000]


@pytest.mark.parametrize("size", [len(DOCUMENT) - 1, len(DOCUMENT) + 1, 1, 0, 10 * len(DOCUMENT)])
def test_a_document_of_another_size_is_never_completed(world: World, certificate: CertifiedKey, size: int) -> None:
    world.serve(certificate.certificate_der)
    assert said(world.send(size=size)) == ("document_changed", False)
    assert world.mails == [] and world.ended and not world.heard.endswith(b"\r\n.\r\n")


def test_a_document_without_end_is_left_at_once(world: World, certificate: CertifiedKey) -> None:
    class Endless(Scanner):
        async def read(self) -> bytes:
            return b"x" * 8192

    world.serve(certificate.certificate_der)
    assert said(world.send(Endless(b""))) == ("document_changed", False)


@pytest.mark.parametrize("gone_after", [0, 1, 8192, 49_999, 50_000])
def test_a_document_taken_away_is_never_completed(world: World, certificate: CertifiedKey, gone_after: int) -> None:
    world.serve(certificate.certificate_der)
    assert said(world.send(Scanner(DOCUMENT, gone_after))) == ("document_gone", False)
    assert world.mails == [] and world.ended


@pytest.mark.parametrize(
    ("error", "kind", "transient"),
    [
        (LinkDown("x"), "link_down", True),
        (NameNotFound("x"), "dns", True),
        (ConnectFailed("x"), "connection", True),
        (ConnectionLost("x"), "connection", True),
        (NetworkTimeout("x"), "connection", True),
        (TLSError("x"), "tls", False),
        (CertificateError("expired", "x"), "certificate_time", False),
        (CertificateError("not-yet-valid", "x"), "certificate_time", False),
        (CertificateError("name", "x"), "certificate", False),
        (CertificateError("untrusted", "x"), "certificate", False),
        (CertificateError("other", "x"), "certificate", False),
    ],
)
def test_each_error_of_the_way_has_its_kind(world: World, error: NetworkError, kind: str, transient: bool) -> None:
    async def connect(*_: object) -> MemoryStream:
        raise error

    world.network.connect = connect
    result = world.send()
    assert said(result) == (kind, transient) and result.text == "x"


def test_the_network_is_asked_in_its_own_words(world: World) -> None:
    assert said(world.send()) == ("dns", True)
    world.network.services[(HOST, 25)] = world._service(b"", [])
    assert said(world.send()) == ("connection", True)
    world.interface.link = False
    assert said(world.send()) == ("link_down", True)


def test_sm04_no_token_for_a_server_that_cannot_prove_its_name(
    world: World, authority: Authority, certificate: CertifiedKey
) -> None:
    old = authority.issue([HOST], valid_to=datetime(2025, 1, 1, tzinfo=UTC))
    future = authority.issue([HOST], valid_from=datetime(2030, 1, 1, tzinfo=UTC))
    stranger = Authority.new(random.Random(2))
    for offered, kind in (
        (old, "certificate_time"),
        (future, "certificate_time"),
        (authority.issue(["smtp.elsewhere.example"]), "certificate"),
        (stranger.issue([HOST]), "certificate"),
    ):
        world.serve(offered.certificate_der)
        assert said(world.send()) == (kind, False)
        assert b"AUTH" not in world.heard and world.ended
    world.serve(stranger.issue([HOST]).certificate_der)
    assert world.send(ca=[stranger.ca_der]).kind == "sent"
    world.serve(certificate.certificate_der)
    assert world.send(ca=[stranger.ca_der]).kind == "certificate"
    assert world.send(verify=False).kind == "sent"


def test_sm03_220_without_tls_following(world: World, certificate: CertifiedKey) -> None:
    async def serve(stream: MemoryStream) -> None:
        for reply in GOOD[:2]:
            await stream.write(reply, 1000)
            await stream.read(1000, 1000)
        await stream.write(GOOD[2], 1000)
        with pytest.raises(NetworkTimeout):  # a handshake is not bytes here
            await stream.read(1000, 1000)
        await stream.write(b"250 no TLS here\r\n", 1000)

    world.network.services[(HOST, 587)] = serve
    assert said(world.send()) == ("tls", False)


def test_a_token_that_the_server_repeats_is_told_to_nobody(world: World, certificate: CertifiedKey) -> None:
    secret = "Sho.rt-opaque_token0123"
    script = [*GOOD[:5], b"535 5.7.3 Bearer " + secret.encode() + b" refused\r\n", b"221 bye\r\n"]
    world.serve(certificate.certificate_der, script)
    result = world.send(token=secret)
    assert said(result) == ("auth_refused", False)
    assert result.text == "535 5.7.3 Bearer ..."


def test_a_token_that_cannot_be_one_goes_nowhere(world: World, certificate: CertifiedKey) -> None:
    world.serve(certificate.certificate_der)
    assert said(world.send(token="a\r\nb")) == ("auth_refused", False)
    assert not world.heard


def test_who_is_cancelled_leaves_no_connection(world: World, certificate: CertifiedKey) -> None:
    world.serve(certificate.certificate_der, silent_at="mail")

    async def main() -> None:
        way = Route(HOST, 587, "starttls", None, True)
        mail = message(document_size=len(DOCUMENT))
        job = send(world.network, world.interface, world.clock, way, "a@b", TOKEN, mail, Scanner(DOCUMENT), print)
        task = asyncio.ensure_future(job)
        await asyncio.sleep(60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(3600)

    world.loop.run(main())
    assert [stream._closed for stream in world.network._open] == [True]
