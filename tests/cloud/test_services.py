"""The cloud on the virtual world's streams: pages as a person uses them, and the token service's faults on the wire."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

import pytest

from hal.errors import NetworkError
from sim.browser import Browser, Page
from sim.cloud.entra import CLIENT_ID, LOGIN_HOST
from sim.loop import VirtualLoop
from sim.network import MemoryStream, pair
from tests.cloud.world import ADMIN, ONA, PERSONAL, PRINTER, CloudWorld, mail

ORGANIZATION = "Consent_on_behalf_of_your_organization"


class Virtual:
    """A cloud world whose services answer in memory."""

    def __init__(self) -> None:
        self.world = CloudWorld()
        self.loop = VirtualLoop()
        self.browser = Browser(self.dial)

    async def dial(self, host: str, port: int) -> MemoryStream:
        services = {**self.world.cloud.services(), **self.world.cloud.page_services()}
        client, server = pair("203.0.113.5:50000", f"{host}:{port}")
        client.wall_clock = lambda: int(self.world.now_s)
        asyncio.get_running_loop().create_task(self._serve(services[host, port], server), name="service")
        return client

    async def _serve(self, service: Callable[[Any], Awaitable[None]], stream: MemoryStream) -> None:
        try:
            await service(stream)
        except NetworkError:
            return
        finally:
            await stream.close()

    def run(self, story: Callable[["Virtual"], Coroutine[Any, Any, None]]) -> None:
        try:
            self.loop.run(story(self), deadline_ms=10_000_000)
        finally:
            self.loop.close()

    # --- what a person does ---

    async def to_password(self, user_code: str, address: str) -> Page:
        page = await self.browser.open(self.world.cloud.sign_in_url)
        page = await self.browser.press(page, "Next", Code=user_code)
        return await self.browser.press(page, "Next", Account=address)

    async def to_permissions(self, user_code: str, address: str) -> Page:
        page = await self.to_password(user_code, address)
        return await self.browser.press(page, "Sign in", Password=self.world.password(address))

    # --- what a client does ---

    async def request(self, data: bytes) -> bytes:
        """All that the token service answers on one connection."""
        stream = await self.dial(LOGIN_HOST, 443)
        await stream.start_tls(LOGIN_HOST, [self.world.cloud.ca_der], True, 5000)
        await stream.write(data, 5000)
        answer = b""
        while piece := await stream.read(65536, 100_000):
            answer += piece
        return answer

    async def refresh(self, token: str) -> bytes:
        form = urlencode({"client_id": CLIENT_ID, "grant_type": "refresh_token", "refresh_token": token}).encode()
        head = (
            f"POST /organizations/oauth2/v2.0/token HTTP/1.1\r\nHost: {LOGIN_HOST}\r\nConnection: close\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
        )
        return await self.request(head.encode() + form)


@pytest.fixture
def virtual() -> Virtual:
    return Virtual()


# --- pages ---


def test_r03_r06_an_administrator_signs_in_and_consents(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        code = v.world.device_code()
        page = await v.to_permissions(code["user_code"], ADMIN)
        assert "Permissions requested" in page.text
        assert "Consent on behalf of your organization" in page.text
        page = await v.browser.press(page, "Accept", **{ORGANIZATION: True})
        assert "You have signed in" in page.text
        assert "You may close this window" in page.text
        assert "access_token" in v.world.poll(code)
        assert v.world.cloud.tenant()["consent"] == ["organization"]

    virtual.run(story)


def test_the_pages_say_that_they_are_simulated(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        page = await v.browser.open(v.world.cloud.sign_in_url)
        assert "Simulated sign-in" in page.text

    virtual.run(story)


def test_r03_without_the_box_only_one_person_is_consented(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        page = await v.to_permissions(v.world.device_code()["user_code"], ADMIN)
        await v.browser.press(page, "Accept")
        assert v.world.cloud.tenant()["consent"] == [ADMIN]
        page = await v.to_permissions(v.world.device_code()["user_code"], ONA)
        assert "Need admin approval" in page.text
        assert "90094" in page.text

    virtual.run(story)


def test_r03_the_box_is_not_for_everybody(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        page = await v.to_permissions(v.world.device_code("consumers")["user_code"], PERSONAL)
        assert "Consent on behalf" not in page.text
        page.forms[0].fields["organization"] = "yes"  # somebody sends it all the same
        page = await v.browser.press(page, "Accept")
        assert "You have signed in" in page.text
        assert v.world.cloud.directory.personal.consent == [PERSONAL]

    virtual.run(story)


def test_r24_once_consented_nobody_is_asked_again(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        v.world.consent()
        code = v.world.device_code()
        page = await v.to_permissions(code["user_code"], ONA)
        assert "Are you trying to sign in to Scanpost?" in page.text
        page = await v.browser.press(page, "Continue")
        assert "You have signed in" in page.text
        assert "access_token" in v.world.poll(code)

    virtual.run(story)


@pytest.mark.parametrize("consented", [True, False])
def test_cancel(virtual: Virtual, consented: bool) -> None:
    async def story(v: Virtual) -> None:
        if consented:
            v.world.consent()
        code = v.world.device_code()
        page = await v.to_permissions(code["user_code"], ADMIN)
        page = await v.browser.press(page, "Cancel")
        assert "You declined" in page.text
        assert v.world.poll(code)["error"] == "authorization_declined"

    virtual.run(story)


def test_wrong_entries_can_be_mended(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        v.world.consent()
        code = v.world.device_code()
        page = await v.browser.open(v.world.cloud.sign_in_url)
        page = await v.browser.press(page, "Next", Code="WRONG")
        assert "That code didn't work" in page.text
        page = await v.browser.press(page, "Next", Code=code["user_code"])
        page = await v.browser.press(page, "Next", Account="nobody@bureau.example")
        assert "We couldn't find an account with that username." in page.text
        page = await v.browser.press(page, "Next", Account=PERSONAL)
        assert "You can't sign in here with a personal account." in page.text
        page = await v.browser.press(page, "Next", Account=PRINTER)
        page = await v.browser.press(page, "Sign in", Password="wrong")
        assert "Your account or password is incorrect." in page.text
        page = await v.browser.press(page, "Sign in", Password=v.world.password(PRINTER))
        page = await v.browser.press(page, "Continue")
        assert "You have signed in" in page.text

    virtual.run(story)


def test_r02_blocked_by_policy(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        v.world.consent()
        v.world.cloud.patch_tenant({"conditional_access": ["block-device-code"]})
        code = v.world.device_code()
        page = await v.to_permissions(code["user_code"], PRINTER)
        assert "You cannot access this right now" in page.text
        assert "does not meet the criteria to access this resource" in page.text
        for words in ("Error Code 53003", "Request Id", "Correlation Id", "Timestamp 2025-12-01T", "App name Scanpost"):
            assert words in page.text
        assert v.world.poll(code)["error"] == "authorization_pending"

    virtual.run(story)


def test_a_form_is_good_once(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        page = await v.to_password(v.world.device_code()["user_code"], ADMIN)
        await v.browser.press(page, "Sign in", Password="wrong")
        page = await v.browser.press(page, "Sign in", Password=v.world.password(ADMIN))
        assert "This page was used already" in page.text

    virtual.run(story)


def test_forms_that_are_left_open_are_bounded_and_grow_old(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        code = v.world.device_code()["user_code"]
        first = await v.browser.open(v.world.cloud.sign_in_url)
        oldest = await v.browser.press(first, "Next", Code=code)
        for _ in range(200):
            latest = await v.browser.press(first, "Next", Code=code)
        assert "used already" in (await v.browser.press(oldest, "Next", Account=ADMIN)).text
        v.world.now_s += 901
        assert "used already" in (await v.browser.press(latest, "Next", Account=ADMIN)).text

    virtual.run(story)


def test_what_a_person_enters_is_escaped(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        hostile = '"><script>alert(1)</script>'
        page = await v.browser.open(v.world.cloud.sign_in_url)
        page = await v.browser.press(page, "Next", Code=hostile)
        assert "<script" not in page.html
        page = await v.browser.press(page, "Next", Code=v.world.device_code()["user_code"])
        page = await v.browser.press(page, "Next", Account=hostile)
        assert "<script" not in page.html

    virtual.run(story)


async def raw_page(v: Virtual, data: bytes) -> bytes:
    stream = await v.dial("login.cloud.example", 80)
    await stream.write(data, 1000)
    answer = b""
    while piece := await stream.read(65536, 100_000):
        answer += piece
    return answer


@pytest.mark.parametrize(
    "headers",
    [
        "Host: evil.example",
        "Host: login.cloud.example:81",
        "Host: login.cloud.example\r\nOrigin: https://evil.example",
        "Host: login.cloud.example\r\nOrigin: null",
        "Host: login.cloud.example\r\nSec-Fetch-Site: cross-site",
    ],
)
def test_other_sites_are_kept_out(virtual: Virtual, headers: str) -> None:
    async def story(v: Virtual) -> None:
        answer = await raw_page(v, f"POST /devicelogin HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 403 ")

    virtual.run(story)


def test_security_headers(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        for path in ("/devicelogin", "/mailboxes", "/nowhere"):
            answer = await raw_page(
                v, f"GET {path} HTTP/1.1\r\nHost: login.cloud.example\r\nConnection: close\r\n\r\n".encode()
            )
            head = answer.partition(b"\r\n\r\n")[0].lower()
            assert b"content-security-policy: default-src 'none'" in head
            assert b"cache-control: no-store" in head
            assert b"x-content-type-options: nosniff" in head

    virtual.run(story)


# --- mailboxes ---


def test_mailboxes_can_be_looked_at(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        text = b"<script>alert(1)</script>\r\n"
        session = v.world.signed_in()
        v.world.send(session, mail(text=text, subject="<b>Scan</b>"))
        v.world.send(session, mail(text=text, subject="<b>Scan</b>"))
        page = await v.browser.open(v.world.cloud.mailboxes_url)
        assert ONA in page.text
        page = await v.browser.open(v.world.cloud.mailboxes_url + "/" + ONA)
        assert page.text.count("<b>Scan</b>") == 2
        assert "same Message-ID as 1" in page.text
        assert "<b>" not in page.html
        page = await v.browser.open(page.links["<b>Scan</b>"])
        assert "<script>alert(1)</script>" in page.text
        assert "<script" not in page.html
        raw = await v.browser.open(page.links["Download the message"])
        assert raw.html == mail(text=text, subject="<b>Scan</b>").decode()

    virtual.run(story)


def test_sv04_attachments_leave_as_sandboxed_files(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        head, _, _ = mail().partition(b"\r\n\r\n")
        message = head + (
            b"\r\nContent-Type: text/html\r\nContent-Disposition: attachment;"
            b" filename*=UTF-8''s%C4%85%22%0D%0Askaita.html\r\n\r\n<script>alert(1)</script>\r\n"
        )
        v.world.send(v.world.signed_in(), message)
        target = f"/mailboxes/{ONA}/1/attachments/1"
        answer = await raw_page(
            v, f"GET {target} HTTP/1.1\r\nHost: login.cloud.example\r\nConnection: close\r\n\r\n".encode()
        )
        sent, _, content = answer.partition(b"\r\n\r\n")
        assert content == b"<script>alert(1)</script>\r\n"
        assert b"Content-Type: application/octet-stream" in sent
        assert b"Content-Security-Policy: sandbox" in sent
        assert b"X-Content-Type-Options: nosniff" in sent
        assert b"attachment; filename=\"s___skaita.html\"; filename*=UTF-8''s%C4%85%22%20skaita.html" in sent

    virtual.run(story)


@pytest.mark.parametrize(
    "path", ["nobody@x.example", ONA + "/1", ONA + "/x", ONA + "/1/attachments/9", ONA + "?folder=x"]
)
def test_mailboxes_that_are_not_there(virtual: Virtual, path: str) -> None:
    async def story(v: Virtual) -> None:
        assert (await v.browser.open(f"{v.world.cloud.mailboxes_url}/{path}")).status == 404

    virtual.run(story)


# --- the token service's faults ---


def test_a_refresh_over_the_wire(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        answer = await v.refresh(v.world.tokens()["refresh_token"])
        head, _, content = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert b"content-type: application/json" in head.lower()
        assert json.loads(content)["token_type"] == "Bearer"

    virtual.run(story)


@pytest.mark.parametrize(
    ("fault", "begin", "part"),
    [
        ({"kind": "503"}, b"HTTP/1.1 503 ", b"Retry-After: 30"),
        ({"kind": "429", "retry_after": 7}, b"HTTP/1.1 429 ", b"Retry-After: 7"),
        ({"kind": "429"}, b"HTTP/1.1 429 ", b'"error": "temporarily_unavailable"'),
        ({"kind": "garbage"}, b"HTTP/1.1 200 ", b"Accept the terms"),
        ({"kind": "huge", "bytes": 200_000}, b"HTTP/1.1 200 ", b"A" * 200_000),
        ({"kind": "redirect"}, b"HTTP/1.1 307 ", b"Location: https://elsewhere.example/"),
        ({"kind": "50076"}, b"HTTP/1.1 400 ", b"AADSTS50076: Due to a configuration change"),
        ({"kind": "50079"}, b"HTTP/1.1 400 ", b'"error": "interaction_required"'),
        ({"kind": "123456"}, b"HTTP/1.1 400 ", b"AADSTS123456: The token service refused the request."),
        ({"kind": "drop"}, b"", b""),
        ({"kind": "lost-answer"}, b"", b""),
    ],
)
def test_faults_on_the_wire(virtual: Virtual, fault: dict[str, Any], begin: bytes, part: bytes) -> None:
    async def story(v: Virtual) -> None:
        token = v.world.tokens()["refresh_token"]
        v.world.cloud.faults.add({"where": "token", "times": 1, **fault})
        answer = await v.refresh(token)
        assert answer[: len(begin)] == begin
        assert part in answer
        assert bool(answer) == bool(begin)
        assert (await v.refresh(token)).startswith(b"HTTP/1.1 200 ")

    virtual.run(story)


def test_a_truncated_answer(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        token = v.world.tokens()["refresh_token"]
        v.world.cloud.faults.add({"where": "token", "kind": "truncated", "times": 1})
        content = (await v.refresh(token)).partition(b"\r\n\r\n")[2]
        with pytest.raises(ValueError, match="Unterminated"):
            json.loads(content)

    virtual.run(story)


def test_a_slow_answer(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        token = v.world.tokens()["refresh_token"]
        v.world.cloud.faults.add({"where": "token", "kind": "slow", "seconds": 20})
        begun = v.loop.time()
        assert (await v.refresh(token)).startswith(b"HTTP/1.1 200 ")
        assert 20 <= v.loop.time() - begun < 21

    virtual.run(story)


def test_a_lost_answer_did_its_work(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        v.world.consent()
        code = v.world.device_code()
        v.world.person(code, PRINTER)
        v.world.cloud.faults.add({"where": "token", "kind": "lost-answer", "times": 1})
        form = urlencode(
            {
                "client_id": CLIENT_ID,
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "device_code": code["device_code"],
            }
        ).encode()
        head = (
            f"POST /organizations/oauth2/v2.0/token HTTP/1.1\r\nHost: {LOGIN_HOST}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n"
        )
        assert await v.request(head.encode() + form) == b""
        assert v.world.poll(code)["error"] == "bad_verification_code"

    virtual.run(story)


def test_a_smtp_session_ends_by_itself(virtual: Virtual) -> None:
    async def story(v: Virtual) -> None:
        stream = await v.dial("smtp.office365.com", 587)
        said = b""
        while piece := await stream.read(65536, 10_000_000):
            said += piece
        assert said.endswith(b"421 4.4.1 Connection timed out\r\n")
        assert 299 <= v.loop.time() <= 301

    virtual.run(story)
