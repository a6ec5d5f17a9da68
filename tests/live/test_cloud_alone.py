"""`python -m sim cloud`: any mail client can be tested against it, with the ready file and the standard library alone."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import smtplib
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sim.browser import Browser
from sim.streams import SocketStream
from tests.live.started import Json, Started, said

SCOPE = "https://outlook.office.com/SMTP.Send offline_access"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
ADMIN, PRINTER, ONA = "admin@bureau.example", "printer@bureau.example", "ona@bureau.example"

pytestmark = pytest.mark.live


class MailClient:
    """Somebody's program: RFC 8628, then XOAUTH2 over STARTTLS."""

    def __init__(self, ready: Json, scope: str = SCOPE) -> None:
        self.ready = ready
        self.scope = scope
        self.context = ssl.create_default_context(cafile=ready["ca_pem"])
        handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.context)
        self.open = urllib.request.build_opener(*handlers).open
        document = self._json(f"{ready['authority']}/.well-known/openid-configuration", None)
        self._device, self._token = document["device_authorization_endpoint"], document["token_endpoint"]

    def _json(self, url: str, form: dict[str, str] | None) -> Json:
        data = None if form is None else urlencode(form).encode()
        try:
            with self.open(urllib.request.Request(url, data), timeout=60) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            with error:
                return dict(json.load(error))

    def ask_for_a_code(self) -> Json:
        return self._json(self._device, {"client_id": self.ready["client_id"], "scope": self.scope})

    def poll(self, device_code: str) -> Json:
        form = {"grant_type": DEVICE_GRANT, "client_id": self.ready["client_id"], "device_code": device_code}
        return self._json(self._token, form)

    def refresh(self, refresh_token: str) -> Json:
        form = {"grant_type": "refresh_token", "client_id": self.ready["client_id"], "refresh_token": refresh_token}
        return self._json(self._token, form)

    def send(self, account: str, access_token: str, to: str, text: str) -> None:
        smtp = self.ready["smtp"]
        with smtplib.SMTP("localhost", smtp["port"], timeout=60) as client:
            client.starttls(context=self.context)
            client.ehlo()
            words = f"user={account}\x01auth=Bearer {access_token}\x01\x01"
            code, answer = client.docmd("AUTH", "XOAUTH2 " + base64.b64encode(words.encode()).decode())
            if code == 334:
                code, answer = client.docmd("")
            if code != 235:
                raise smtplib.SMTPAuthenticationError(code, answer)
            client.sendmail(account, [to], f"From: {account}\r\nTo: {to}\r\nSubject: Labas\r\n\r\n{text}\r\n")


async def a_person_signs_in(ready: Json, code: str, account: str) -> str:
    """On the pages, and what the last one says."""
    passwords = {each["address"]: each["password"] for each in ready["accounts"]}

    async def dial(host: str, port: int) -> SocketStream:
        return SocketStream(*await asyncio.open_connection(host, port))

    browser = Browser(dial)
    page = await browser.open(ready["signin"])
    page = await browser.press(page, "Next", Code=code)
    page = await browser.press(page, "Next", Account=account)
    page = await browser.press(page, "Sign in", Password=passwords[account])
    for _ in range(3):
        buttons = [word for form in page.forms for word in form.buttons]
        wanted = next((word for word in ("Continue", "Accept") if word in buttons), None)
        if wanted is None:
            break
        boxes = [name for form in page.forms for name in form.boxes]
        ticked: dict[str, Any] = dict.fromkeys(boxes, True)
        page = await browser.press(page, wanted, **ticked)
    return page.text


async def pages(url: str) -> str:
    async def dial(host: str, port: int) -> SocketStream:
        return SocketStream(*await asyncio.open_connection(host, port))

    return (await Browser(dial).open(url)).text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_device_flow_refresh_and_mail(number: int, tmp_path: Path) -> None:
    with Started(tmp_path, "cloud") as cloud:
        ready = cloud.ready
        assert (tmp_path / "ready.json").stat().st_mode & 0o777 == 0o600
        client = MailClient(ready)
        asked = client.ask_for_a_code()
        assert client.poll(client.ask_for_a_code()["device_code"])["error"] == "authorization_pending"
        assert "close this window" in asyncio.run(a_person_signs_in(ready, asked["user_code"], ADMIN))
        granted = client.poll(asked["device_code"])
        assert granted["token_type"] == "Bearer"
        client.send(ADMIN, granted["access_token"], ONA, "pirmas")
        renewed = client.refresh(granted["refresh_token"])
        assert renewed["access_token"] != granted["access_token"] and renewed["refresh_token"]
        client.send(ADMIN, renewed["access_token"], ONA, "antras")
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.send(PRINTER, renewed["access_token"], ONA, "as somebody else")
        assert "Labas" in asyncio.run(pages(f"{ready['mailboxes']}/{ONA}"))
        folder = Path(ready["ca_pem"]).parent
        assert cloud.end(number) == 0 and cloud.complaint == ""
        assert not folder.exists(), "it lives in a folder of its own for as long as it runs"


def test_the_mail_provider_beside_it(tmp_path: Path) -> None:
    """The same program with what the ready file says about the provider: other names, other words, the same way."""
    account = "studio@faksas.example"
    with Started(tmp_path, "cloud") as cloud:
        ready = {**cloud.ready, **cloud.ready["provider"]}
        client = MailClient(ready, ready["scope"])
        asked = client.ask_for_a_code()
        assert "close this window" in asyncio.run(a_person_signs_in(ready, asked["user_code"], account))
        granted = client.poll(asked["device_code"])
        client.send(account, granted["access_token"], ONA, "pirmas")
        renewed = client.refresh(granted["refresh_token"])
        client.send(account, renewed["access_token"], ONA, "antras")
        with pytest.raises(smtplib.SMTPDataError, match="exactly one document"):
            client.send(account, renewed["access_token"], f"112@{ready['fax_domain']}", "no document")
        assert "Labas" in asyncio.run(pages(f"{ready['mailboxes']}/{ONA}"))
        assert "No fax was sent yet" in asyncio.run(pages(ready["faxes"]))


def test_config_is_what_patch_tenant_takes(tmp_path: Path) -> None:
    """With SMTP AUTH switched off the token is granted and the mail is refused, as by the real one."""
    config = tmp_path / "config.json"
    config.write_text(
        '{"smtp_auth_disabled": true, "consent": ["organization"], "access_token_s": 600,'
        ' "tenants": {"faksas.example": {"openid_discovery": false}}}'
    )
    with Started(tmp_path, "cloud", "--config", config) as cloud:
        client = MailClient(cloud.ready)
        asked = client.ask_for_a_code()
        asyncio.run(a_person_signs_in(cloud.ready, asked["user_code"], PRINTER))
        granted = client.poll(asked["device_code"])
        assert granted["expires_in"] == 600
        with pytest.raises(smtplib.SMTPAuthenticationError, match="SmtpClientAuthentication is disabled"):
            client.send(PRINTER, granted["access_token"], ONA, "no")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            client.open(cloud.ready["provider"]["authority"] + "/.well-known/openid-configuration", timeout=60)


_NONSENSE = ["{", "[]", '{"consent": "everybody"}', '{"password": "x"}', None, '{"tenants": {"nobody.example": {}}}']
_NONSENSE += ['{"tenants": ["faksas.example"]}', '{"tenants": {"faksas.example": {"conditional_access": []}}}']


@pytest.mark.parametrize("text", _NONSENSE)
def test_a_config_that_makes_no_sense(text: str | None, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    if text is not None:
        config.write_text(text)
    code, _, complaint = said("cloud", "--config", config)
    assert code == 1 and complaint.startswith("scanpost: ") and str(config) in complaint, complaint
    assert "Traceback" not in complaint
