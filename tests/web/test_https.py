"""HTTPS of Web Config in the virtual world: switching it, the way there from HTTP, cookies, forms, the certificate."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from firmware.device_certificate import fingerprint
from hal.errors import CertificateError, ConnectFailed, ConnectionLost, TLSError
from sim.cloud.certificates import Authority
from sim.network import MemoryStream, pair
from sim.storage import RamStorage
from tests.web.support import ADDRESS, BASIC, PASSWORD, Answer, Browser, FakeDevice, read_all, run

HTTPS = "/security/https"


async def switched_on(device: FakeDevice, browser: Browser) -> Browser:
    """Switch it on over HTTP; returns a browser over HTTPS, not logged in."""
    await browser.log_in()
    assert (await browser.submit(HTTPS, do="on")).status == 200
    await device.board.clock.sleep_ms(2500)
    return Browser(device, trusted=shown(device))


def shown(device: FakeDevice) -> bytes:
    pair = device.https.load()
    assert pair is not None
    return pair[0]


def test_wc17_http_leads_to_https_and_does_nothing_else() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await browser.submit(HTTPS, do="on")
        await device.board.clock.sleep_ms(1500)
        late = device.board.network.dial(80)  # somebody who comes before and asks after it is switched
        await device.board.clock.sleep_ms(1000)
        await late.write(b"GET / HTTP/1.1\r\nHost: " + ADDRESS.encode() + b"\r\n\r\n", 1000)
        in_tls, planted = Browser(device, trusted=shown(device)), browser.cookie
        for path in ("/", BASIC, "/style.css", "/nowhere"):
            answer = await browser.get(path)
            assert (answer.status, answer.where, answer.body) == (307, f"https://{ADDRESS}{path}", b"")
            assert "set-cookie" not in answer.headers and "strict-transport-security" not in answer.headers
        before = len(device.noted())
        answer = await browser.post("/login", password=PASSWORD)
        assert answer.status == 403 and "set-cookie" not in answer.headers and len(device.noted()) == before
        assert (await browser.ask("GET", "/", Host="evil.example")).status == 421  # and leads nowhere

        assert await read_all(late) == b""

        in_tls.cookie = planted.replace("scanpost_session", "__Host-scanpost")  # it went over the wire in clear
        assert (await in_tls.get(BASIC)).status == 303
        answer = await in_tls.post("/login", password=PASSWORD)
        assert answer.headers["set-cookie"].startswith("__Host-scanpost=")
        assert answer.headers["set-cookie"].endswith("; Path=/; HttpOnly; SameSite=Strict; Secure")
        assert (await in_tls.get(BASIC)).status == 200
        browser.cookie = in_tls.cookie  # a browser would not send it
        assert (await browser.get(BASIC)).status == 307

    run(story)


def test_wc04_forms_of_other_sites_do_nothing_over_https_and_own_ones_work() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        in_tls = await (await switched_on(device, browser)).log_in()
        for origin in ("http://" + ADDRESS, "https://evil.example", "null"):
            assert (await in_tls.ask("POST", "/contacts", b"csrf=" + b"0" * 32, Origin=origin)).status == 403
        for token in ({}, {"csrf": "0" * 32}):
            answer = await in_tls.post("/contacts", do="add", name="A", address="a@bureau.example", **token)
            assert answer.status == 403
        assert device.contacts.all() == []
        in_tls.cookie = in_tls.cookie.replace("__Host-scanpost", "scanpost_session")  # as one planted over HTTP
        assert (await in_tls.get(BASIC)).status == 303
        in_tls.cookie = in_tls.cookie.replace("scanpost_session", "__Host-scanpost")
        await in_tls.submit("/contacts", do="add", name="A", address="a@bureau.example")
        assert len(device.contacts.all()) == 1

    run(story)


def test_it_is_switched_with_the_password_and_ends_all_sessions() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await device.board.clock.sleep_ms(301_000)
        assert (await browser.submit(HTTPS, do="on")).status == 422
        assert not device.https.on()
        page = await browser.submit(HTTPS, do="on", proof=PASSWORD)
        assert page.status == 200 and fingerprint(shown(device)) in page.text
        await device.accounts.start_signin({}, "session")
        await device.board.clock.sleep_ms(2500)
        assert device.signin is None  # a sign-in ends with the session that asked for it
        assert device.board.network.interfaces[0].web_url == f"https://{ADDRESS}/"
        in_tls = await Browser(device, trusted=shown(device)).log_in()
        page = await in_tls.get(HTTPS)
        assert fingerprint(shown(device)) in page.text and "9999-12-31" in page.text
        assert (await in_tls.submit(HTTPS, do="off")).status == 200
        await device.board.clock.sleep_ms(2500)
        with pytest.raises(ConnectFailed):
            await in_tls.get("/")
        assert (await browser.get("/")).status == 200
        assert (await browser.get(BASIC)).status == 303
        told = [about for _, _, about in device.noted("https")]
        assert told == [f"new certificate {fingerprint(shown(device))[:19]}", "on", "off"]

    run(story)


def test_it_stays_on_with_the_same_certificate_and_its_key_is_sealed() -> None:
    storage = RamStorage()

    async def first(device: FakeDevice, browser: Browser) -> tuple[bytes, bytes]:
        await switched_on(device, browser)
        assert storage.size("https") > 0
        kept = device.https.load()
        assert kept is not None
        return kept

    async def second(device: FakeDevice, browser: Browser) -> None:
        in_tls = await Browser(device, trusted=certificate).log_in()
        old = (await in_tls.get(HTTPS)).text
        device.board.entropy.random(1)  # the simulated one begins anew with each device
        assert (await in_tls.submit(HTTPS, do="new")).status == 303
        assert shown(device) != certificate and fingerprint(shown(device)) not in old
        with pytest.raises(CertificateError):
            await in_tls.get("/")
        in_tls.trusted = shown(device)  # who is logged in stays so
        assert (await in_tls.get(HTTPS)).status == 200

    certificate, key = run(first, storage)
    flash = b"".join(storage.read(name, 0, 100_000) for name in storage.names())
    assert key[7:39] not in flash and key[7:39].hex().encode() not in flash
    run(second, storage)


def test_who_stalls_in_the_handshake_or_speaks_no_tls_is_sent_away() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        in_tls = await switched_on(device, browser)
        network, clock = device.board.network, device.board.clock
        stream = network.dial(443)
        await stream.write(b"GET / HTTP/1.1\r\nHost: " + ADDRESS.encode() + b"\r\n\r\n", 1000)
        assert await read_all(stream) == b""
        began = clock.ticks_ms()
        assert await read_all(network.dial(443)) == b""
        assert clock.ticks_ms() - began == 5000
        silent = []
        for _ in range(9):
            silent.append(network.dial(443))
            await clock.sleep_ms(1)
        began = clock.ticks_ms()
        assert (await in_tls.get("/login")).status == 200
        assert clock.ticks_ms() - began < 500
        for stream in silent:
            await stream.close()

    run(story)


def test_without_room_for_tls_the_caller_is_hung_up_on_and_the_log_says_so() -> None:
    class Full(MemoryStream):
        async def serve_tls(self, certificate: bytes, key: bytes, timeout_ms: int, begun: Callable[[], None]) -> None:
            raise MemoryError

    async def story(device: FakeDevice, browser: Browser) -> None:
        in_tls = await switched_on(device, browser)
        client, _ = pair("198.51.100.20", ADDRESS)
        server = Full("198.51.100.20:5000")
        client.other, server.other = server, client
        assert device.board.network._listeners[443].offer(server)
        with pytest.raises((ConnectionLost, TLSError)):
            await client.start_tls(ADDRESS, [], False, 1000)
        assert device.board.monitor.lines[-1] == "web: out of memory"
        assert (await in_tls.get("/login")).status == 200

    run(story)


def test_a_certificate_of_provisioning_is_shown_and_one_of_no_use_is_left_out() -> None:
    issued = Authority.new(random.Random(3)).issue([ADDRESS])
    other = Authority.new(random.Random(4)).issue([ADDRESS])
    key = issued.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    async def story(device: FakeDevice, browser: Browser) -> None:
        identity = device.board.identity
        identity.given = issued.certificate_der, key
        in_tls = await (await switched_on(device, browser)).log_in()
        assert in_tls.trusted == issued.certificate_der
        page = await in_tls.get(HTTPS)
        assert "Provisioning" in page.text and "Make a new" not in page.text
        identity.given = other.certificate_der, key
        device.subscriber("https")
        await device.board.clock.sleep_ms(10)
        with pytest.raises((ConnectionLost, TLSError)):
            await in_tls.get("/")
        assert any("of provisioning is left out" in line for line in device.board.monitor.lines)
        await device.board.clock.sleep_ms(10)
        in_tls.trusted = shown(device)
        assert x509.load_der_x509_certificate(shown(device)).subject.rfc4514_string() == "CN=Scanpost SP00001234"
        assert (await in_tls.get(HTTPS)).status == 200

    run(story)


def test_a_model_that_has_it_on_from_the_start_makes_its_certificate_when_it_has_an_address() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        network = device.board.network
        assert device.https.load() is None
        with pytest.raises(ConnectFailed):
            await browser.get("/")
        for interface in network.interfaces:
            interface.link = True
        device.network_changed()
        await device.board.clock.sleep_ms(10)
        in_tls = Browser(device, trusted=shown(device))
        assert (await in_tls.get("/login")).status == 200
        answer: Answer = await browser.get("/login")
        assert answer.where == f"https://{ADDRESS}/login"

    def prepared(device: FakeDevice) -> None:
        device.board.identity.https = True
        for interface in device.board.network.interfaces:
            interface.link = False

    run(story, prepare=prepared)
