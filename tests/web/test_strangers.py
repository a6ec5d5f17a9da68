"""Attacks on Web Config by strangers that are stories of their own, by their ids in reliability-facts section 8."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode

import pytest

from firmware.web.forms import parse_form
from hal.device_file import DeviceFile
from hal.errors import ConnectionLost
from hal.identity_file import FileIdentity
from tests.web.support import ADDRESS, BASIC, PASSWORD, Answer, Browser, FakeDevice, read_all, run
from tests.web.test_routes import ROUTES, state

_DEVICES = 10_000
_EVIL = "http://evil.example"
_JSON = '{"do": "ok", "method": "off"}'


def test_wc01_nothing_that_a_device_shows_leads_to_its_password(tmp_path: Path) -> None:
    """The attacker has the generator, and chip, model and serial number of each device: only chance goes into a password."""
    chance = random.Random(1)

    def identity(number: int, chip: bytes) -> FileIdentity:
        no_flash = DeviceFile(
            str(tmp_path / "no such folder" / str(number))
        )  # it draws all the same, and keeps nothing
        return FileIdentity("Pico", "", chip, no_flash, chance.randbytes)

    devices = [identity(number, b"\xe6\x60") for number in range(_DEVICES)]
    assert len({each.serial for each in devices}) == 1
    assert len({each.label_password for each in devices}) == _DEVICES
    letters = Counter("".join(each.label_password for each in devices))
    assert len(letters) == 31 and max(letters.values()) < 1.3 * min(letters.values()), "12 of 31 letters: 59 bits"
    chance.seed(1)
    others = [identity(_DEVICES + number, bytes([number])) for number in range(100)]
    assert len({each.serial for each in others}) == 100
    assert [each.label_password for each in others] == [each.label_password for each in devices[:100]]


def test_wc02_many_addresses_have_one_count_and_one_delay() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        for number in range(200):
            answer = await Browser(device, f"198.51.100.{number}").post("/login", password=f"guess {number}")
            assert answer.status == 403
        assert len(device.noted("log_in_wrong")) == 1, "the others were not looked at"
        assert (await browser.post("/login", password=PASSWORD)).status == 403
        await device.board.clock.sleep_ms(1000 * device.admin.locked_for_s())
        assert (await browser.post("/login", password=PASSWORD)).status == 303

    run(story)


def test_wc03_an_id_in_the_address_is_nothing() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        stranger, cookie = Browser(device), browser.cookie
        for path, status in ((f"{BASIC}?{cookie}", 303), (f"{BASIC};{cookie}", 400), (f"/{cookie}{BASIC}", 400)):
            answer = await stranger.get(path)
            assert answer.status == status and answer.headers.get("location", "/login") == "/login"
            assert cookie.partition("=")[2] not in answer.text
        drawn = random.Random(1)
        for _ in range(200):
            stranger.cookie = f"scanpost_session={drawn.getrandbits(128):032x}"
            assert (await stranger.get(BASIC)).where == "/login"
        assert cookie.partition("=")[2] not in (await browser.get(BASIC)).text

    run(story)


def test_wc04_no_get_changes_anything() -> None:
    """An image, a link, a page that is loaded before it is asked for; with the administrator's session."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        device.sign_in()
        await browser.log_in()
        before = state(device)
        for path in sorted({path for _, path in ROUTES}):
            query = urlencode({"csrf": await browser.csrf(), "do": "signout", "method": "off", "old": "ona"})
            assert (await browser.get(f"{path}?{query}")).status in (200, 303, 405)
            await browser.ask("HEAD", path)
        assert state(device) == before
        assert (await browser.get(BASIC)).status == 200, "still logged in"

    run(story)


@pytest.mark.parametrize("path", sorted(path for method, path in ROUTES if method == "POST" and path != "/login"))
def test_wc04_a_form_of_another_site_does_nothing_however_it_is_sent(path: str) -> None:
    """By form, fetch, an image or a WebSocket; the browser adds the cookie, though it must not (SameSite=Strict)."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        device.sign_in()
        await browser.log_in()
        csrf = await browser.csrf()
        before = state(device)
        form = urlencode({"do": "ok", "csrf": csrf}).encode()
        asked = [
            await browser.ask("POST", path, form, Origin=_EVIL),
            await browser.ask("POST", path, form, Origin="null"),
            await browser.ask("POST", path, form, Origin=f"https://{ADDRESS}"),
            await browser.ask("POST", path, _JSON.encode(), Content_Type="application/json"),
            await browser.ask("POST", path, _JSON.encode(), Content_Type="text/plain"),
            await browser.ask("POST", path, urlencode({"do": "ok"}).encode()),
            await browser.ask("OPTIONS", path, Origin=_EVIL, Access_Control_Request_Method="POST"),
        ]
        assert [each.status for each in asked] == [403, 403, 403, 415, 415, 403, 405]
        assert not any(name.startswith("access-control") for each in asked for name in each.headers)
        upgraded = await browser.ask("GET", path, Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Key="x")
        assert upgraded.status in (200, 303, 405)
        assert state(device) == before
        assert (await browser.get(BASIC)).status == 200, "still logged in"

    run(story)


_SECOND = f"GET /login HTTP/1.1\r\nHost: {ADDRESS}\r\n\r\n"
_LENGTHS = ("-1", "1_0", "+5", "1e3", "0x5", "5, 5", " ", "5\r\nContent-Length: 6", "5\r\nTransfer-Encoding: chunked")


@pytest.mark.parametrize("length", _LENGTHS)
def test_wc09_what_smuggles_is_refused_and_the_connection_closed(length: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        head = f"POST /login HTTP/1.1\r\nHost: {ADDRESS}\r\nContent-Length: {length}\r\n\r\n"
        data = await browser.send((head + "0\r\n\r\n" + _SECOND).encode())
        assert Answer(data).status in (400, 501)
        assert Answer(data).headers["connection"] == "close" and data.count(b"HTTP/1.1 ") == 1

    run(story)


@pytest.mark.parametrize(
    ("begin", "status"),
    [(b"GET /", 414), (f"GET / HTTP/1.1\r\nHost: {ADDRESS}\r\nX: ".encode(), 431), (b"", 431)],
    ids=["address", "header", "no line end at all"],
)
def test_wc11_a_megabyte_is_refused_after_a_few_kilobytes(begin: bytes, status: int) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        stream = device.board.network.dial(80)
        taken = 0
        try:
            await stream.write(begin, 1000)
            while taken < 1_000_000:
                await stream.write(b"x" * 1024, 1000)
                taken += 1024
        except ConnectionLost:
            pass
        assert taken < 200_000, "it was read to no end"
        assert Answer(await read_all(stream)).status in (status, 431)
        assert (await browser.get("/login")).status == 200

    run(story)


@pytest.mark.parametrize("body", [b"a=%00", b"a=\0", b"%00=a"])
def test_wc11_a_nul_is_in_no_form(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of its texts
        parse_form(body)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /\r\n\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 501),
        (f"TRACE / HTTP/1.1\r\nHost: {ADDRESS}\r\n\r\n".encode(), 501),
        (f"CONNECT {ADDRESS}:25 HTTP/1.1\r\nHost: {ADDRESS}\r\n\r\n".encode(), 501),
        (f"GET http://{ADDRESS}/ HTTP/1.1\r\nHost: {ADDRESS}\r\n\r\n".encode(), 400),
        (f"GET / HTTP/3.0\r\nHost: {ADDRESS}\r\n\r\n".encode(), 505),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ],
)
def test_wc18_what_is_no_http_1_is_refused_and_the_connection_closed(data: bytes, status: int) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        answered = await browser.send(data + _SECOND.encode())
        assert Answer(answered).status == status
        assert Answer(answered).headers["connection"] == "close" and answered.count(b"HTTP/1.1 ") == 1
        assert (await browser.get("/login")).status == 200

    run(story)
