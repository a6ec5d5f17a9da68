"""The mail provider as others meet it: on sockets with the standard library alone, and on the virtual world's streams."""

import http.client
import json
import smtplib
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from sim.browser import Page
from sim.cloud import provider
from sim.cloud.servers import CloudServers
from tests.cloud.test_servers import live
from tests.cloud.test_services import Virtual
from tests.cloud.world import CUSTOMER, DEVICE_GRANT, fax

Json = dict[str, Any]
PDF = b"%PDF-1.7 one page\n" * 50


class FaxSender:
    """Somebody's program: it knows an authority, a client ID, a scope and a mail server (RFC 8414, 8628, XOAUTH2)."""

    def __init__(self, servers: CloudServers, ca_pem: str | None = None) -> None:
        self.ready = servers.ready()["provider"]
        self.context = ssl.create_default_context(cafile=str(servers.ca_pem_path))
        if ca_pem is not None:
            self.context = ssl.create_default_context(cadata=ca_pem)

    def ask(self, method: str, url: str, form: Json | None = None) -> tuple[int, Json]:
        parts = urlsplit(url)
        connection = http.client.HTTPSConnection(parts.netloc, timeout=60, context=self.context)
        try:
            body = urlencode(form) if form is not None else None
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
            connection.request(method, parts.path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def endpoints(self, document: str = "oauth-authorization-server") -> Json:
        status, found = self.ask("GET", f"{self.ready['authority']}/.well-known/{document}")
        assert (status, found["issuer"]) == (200, self.ready["authority"])
        return found

    def code(self) -> Json:
        form = {"client_id": self.ready["client_id"], "scope": self.ready["scope"]}
        return self.ask("POST", self.endpoints()["device_authorization_endpoint"], form)[1]

    def poll(self, code: Json) -> Json:
        form = {"client_id": self.ready["client_id"], "grant_type": DEVICE_GRANT, "device_code": code["device_code"]}
        return self.ask("POST", self.endpoints()["token_endpoint"], form)[1]

    def refreshed(self, refresh_token: str) -> Json:
        form = {"client_id": self.ready["client_id"], "grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.ask("POST", self.endpoints()["token_endpoint"], form)[1]

    def send(self, access_token: str, message: bytes, to: str, implicit_tls: bool = False) -> None:
        smtp = self.ready["smtp"]
        client: smtplib.SMTP
        if implicit_tls:
            client = smtplib.SMTP_SSL(smtp["host"], smtp["tls_port"], timeout=60, context=self.context)
        else:
            client = smtplib.SMTP(smtp["host"], smtp["port"], timeout=60)
        with client:
            if not implicit_tls:
                client.starttls(context=self.context)
            client.ehlo()

            def authobject(challenge: bytes | None = None) -> str:
                """Of the mechanism XOAUTH2: the token first, then nothing in answer to why it is refused."""
                return "" if challenge else f"user={CUSTOMER}\x01auth=Bearer {access_token}\x01\x01"

            client.auth("XOAUTH2", authobject)
            client.sendmail(CUSTOMER, [to], message)


def person(servers: CloudServers) -> Callable[[Json], object]:
    [password] = [each["password"] for each in servers.cloud.accounts() if each["address"] == CUSTOMER]

    def sign_in(code: Json) -> None:
        answer = servers.cloud.complete_sign_in(code["user_code"], CUSTOMER, password, "user")
        assert answer == {"result": "signed-in", "error": None}

    return sign_in


# --- on sockets ---


@pytest.mark.parametrize("implicit_tls", [False, True], ids=["STARTTLS", "TLS"])
@pytest.mark.parametrize("rotates", [True, False], ids=["rotating", "lasting"])
def test_a_program_signs_in_and_sends_a_fax(tmp_path: Path, implicit_tls: bool, rotates: bool) -> None:
    def story(servers: CloudServers) -> None:
        servers.cloud.patch_tenant({"rotates": rotates}, provider.DOMAIN)
        client = FaxSender(servers)
        assert client.poll(client.code())["error"] == "authorization_pending"
        code = client.code()
        person(servers)(code)
        tokens = client.poll(code)
        number = f"+370-5-2345678@{client.ready['fax_domain']}"
        client.send(tokens["access_token"], fax(), number, implicit_tls)
        renewed = client.refreshed(tokens["refresh_token"])
        assert ("refresh_token" in renewed) == rotates
        client.send(renewed["access_token"], fax(message_id="<2@p.example>"), number, implicit_tls)
        with pytest.raises(smtplib.SMTPRecipientsRefused, match="not a number that can be dialled"):
            client.send(renewed["access_token"], fax(), f"nobody@{client.ready['fax_domain']}", implicit_tls)
        with pytest.raises(smtplib.SMTPAuthenticationError, match=r"5\.7\.8"):
            client.send("wrong", fax(), number, implicit_tls)
        rows = servers.cloud.faxes.list()
        assert [(row["number"], row["from"], row["size"], row["duplicate_of"]) for row in rows] == [
            ("+37052345678", CUSTOMER, 900, None),
            ("+37052345678", CUSTOMER, 900, None),
        ]
        assert servers.cloud.fax(2).content == PDF

    live(tmp_path, story)


def test_a_large_document(tmp_path: Path) -> None:
    """14 MB, so 19 MB on the way: below the limit. One that is larger is refused as soon as its size is told."""
    document = bytes(range(256)) * 57_000

    def story(servers: CloudServers) -> None:
        client = FaxSender(servers)
        code = client.code()
        person(servers)(code)
        token = client.poll(code)["access_token"]
        client.send(token, fax(document=document), f"112@{client.ready['fax_domain']}")
        assert servers.cloud.fax(1).content == document
        with pytest.raises(smtplib.SMTPSenderRefused, match=r"5\.3\.4"):
            client.send(token, fax(document=document * 2), f"112@{client.ready['fax_domain']}")

    live(tmp_path, story)


def test_a_root_of_its_own_must_be_known(tmp_path: Path) -> None:
    def story(servers: CloudServers) -> None:
        shown = servers.cloud.patch_tenant({"private_root": True}, provider.DOMAIN)
        client = FaxSender(servers)
        with pytest.raises(ssl.SSLCertVerificationError):
            client.endpoints()
        told = FaxSender(servers, shown["custom"]["ca_pem"])
        code = told.code()
        person(servers)(code)
        told.send(told.poll(code)["access_token"], fax(), f"112@{told.ready['fax_domain']}")
        assert len(servers.cloud.faxes.list()) == 1

    live(tmp_path, story)


@pytest.mark.parametrize("host", ["smtp", "login"])
def test_a_wrong_certificate_of_the_provider_alone(tmp_path: Path, host: str) -> None:
    def story(servers: CloudServers) -> None:
        servers.cloud.faults.add({"where": f"fax-{host}", "kind": "certificate", "reason": "wrong-name", "times": 1})
        client = FaxSender(servers)
        if host == "login":
            with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
                client.endpoints()
        else:
            smtp = client.ready["smtp"]
            with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
                smtplib.SMTP_SSL(smtp["host"], smtp["tls_port"], timeout=60, context=client.context)
        client.endpoints()

    live(tmp_path, story)


def test_where_a_devices_names_lead(tmp_path: Path) -> None:
    def story(servers: CloudServers) -> None:
        table = servers.name_table()
        smtp = servers.ready()["provider"]["smtp"]
        assert table["mail.faksas.example:587"] == ["127.0.0.1", smtp["port"]]
        assert table["mail.faksas.example:465"] == ["127.0.0.1", smtp["tls_port"]]
        login = f"https://localhost:{table['signin.faksas.example:443'][1]}"
        assert servers.ready()["provider"]["authority"] == login
        assert servers.ready()["tenants"] == ["bureau.example", "post.example", "depesa.example"]

    live(tmp_path, story)


# --- on the virtual world's streams ---


async def post(v: Virtual, path: str, **form: str) -> bytes:
    """What comes back from the provider's token service, header and all."""
    body = urlencode({"client_id": provider.CLIENT_ID, **form}).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {provider.LOGIN_HOST}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
    )
    stream = await v.dial(provider.LOGIN_HOST, 443)
    await stream.start_tls(provider.LOGIN_HOST, [v.world.cloud.ca_der], True, 10_000)
    await stream.write(head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + body, 10_000)
    said = b""
    while piece := await stream.read(65536, 10_000):
        said += piece
    return said


async def until_done(v: Virtual, code: Json, button: str) -> Page:
    page = await v.browser.open(code["verification_uri"])
    page = await v.browser.press(page, "Next", Code=code["user_code"])
    page = await v.browser.press(page, "Next", Account=CUSTOMER)
    page = await v.browser.press(page, "Sign in", Password=v.world.password(CUSTOMER))
    return await v.browser.press(page, button)


def test_a_person_at_the_providers_own_pages() -> None:
    async def story(v: Virtual) -> None:
        code = v.world.provider_code()
        page = await v.browser.open(code["verification_uri"])
        assert "at the mail provider faksas.example" in page.text and code["user_code"] not in str(page.forms[0].fields)
        page = await v.browser.open(
            code["verification_uri_complete"]
        )  # RFC 8628 3.3.1: a person still looks and presses
        assert code["user_code"] in str(page.forms[0].fields)
        page = await until_done(v, code, "Accept")
        assert "You have signed in" in page.text
        assert "access_token" in v.world.provider_poll(code)
        page = await until_done(v, v.world.provider_code(), "Continue")  # who said yes once is not asked again
        assert "You have signed in" in page.text
        declined = v.world.provider_code()
        assert "You declined" in (await until_done(v, declined, "Cancel")).text
        assert v.world.provider_poll(declined)["error"] == "access_denied"

    Virtual().run(story)


def test_what_was_faxed_is_shown_and_cannot_run() -> None:
    async def story(v: Virtual) -> None:
        assert "No fax was sent yet" in (await v.browser.open(v.world.cloud.faxes_url)).text
        session = v.world.customer()
        to = f"MAIL FROM:<{CUSTOMER}>\r\nRCPT TO:<112@fax.faksas.example>\r\nDATA\r\n"
        session.receive(to.encode() + fax(message_id="<script>") + b".\r\n")
        page = await v.browser.open(v.world.cloud.faxes_url)
        assert "112" in page.text and CUSTOMER in page.text and "application/pdf" in page.text
        assert (await v.browser.open(v.world.cloud.faxes_url + "/1")).status == 200
        assert (await v.browser.open(v.world.cloud.faxes_url + "/2")).status == 404

    Virtual().run(story)


@pytest.mark.parametrize(
    ("fault", "begin"),
    [
        ({"kind": "503"}, b"HTTP/1.1 503 "),
        ({"kind": "429"}, b"HTTP/1.1 429 "),
        ({"kind": "slow_down"}, b"HTTP/1.1 400 "),
        ({"kind": "garbage"}, b"HTTP/1.1 200 "),
        ({"kind": "redirect"}, b"HTTP/1.1 307 "),
        ({"kind": "drop"}, b""),
        ({"kind": "raw", "begin": "SIP/2.0 200 OK\n"}, b"SIP/2.0 200 OK\r\n"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_faults_of_the_providers_token_service(fault: Json, begin: bytes) -> None:
    """They strike it and not the other one, once; then it answers as ever."""

    async def story(v: Virtual) -> None:
        v.world.cloud.faults.add({"where": "fax-token", "times": 1, **fault})
        assert "error" in v.world.poll(v.world.device_code())
        said = await post(v, provider.TOKEN_PATH, grant_type="refresh_token", refresh_token="x")
        assert said.startswith(begin) and (begin or not said)
        again = await post(v, provider.TOKEN_PATH, grant_type="refresh_token", refresh_token="x")
        assert again.startswith(b"HTTP/1.1 400 ") and b"invalid_grant" in again

    Virtual().run(story)


def test_names_that_are_not_found() -> None:
    cloud = Virtual().world.cloud
    cloud.faults.add({"where": "fax-login", "kind": "dns"})
    cloud.faults.add({"where": "fax-smtp", "kind": "refused"})
    hosts = (provider.LOGIN_HOST, provider.SMTP_HOST, "login.microsoftonline.com", "smtp.office365.com")
    assert [cloud.trouble(host) for host in hosts] == ["dns", "refused", "", ""]
