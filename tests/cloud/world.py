"""A small world for the cloud alone: a clock that tests move, a cloud with seeded randomness, and what a client does."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sim.cloud import provider
from sim.cloud.certificates import Authority
from sim.cloud.cloud import Cloud
from sim.cloud.entra import CLIENT_ID, LOGIN_HOST
from sim.cloud.exchange import SmtpSession
from sim.cloud.gateway import GatewaySession
from sim.httpd import Request, Response

AUTHORITY = Authority.new(random.Random(1))  # its token key takes a while, and no test needs another one
START_S = 1_764_576_000.25
SCOPE = "https://outlook.office.com/SMTP.Send offline_access openid profile"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
ADMIN, PRINTER, ONA = "admin@bureau.example", "printer@bureau.example", "ona@bureau.example"
PERSONAL = "namai@post.example"
FAX, FAX_ADMIN = "bureau@depesa.example", "admin@depesa.example"  # of the fax provider among the tenants
CUSTOMER = "bureau@faksas.example"  # of the mail provider that is none
DAY_S = 86400

Json = dict[str, Any]


class CloudWorld:
    def __init__(self, state_dir: Path | None = None, fresh_tenant: bool = False, seed: int = 1) -> None:
        self.now_s = START_S
        self.events: list[Json] = []
        self.cloud = Cloud(
            lambda: self.now_s, random.Random(seed), state_dir, fresh_tenant, AUTHORITY, self.events.append
        )

    def password(self, address: str) -> str:
        return str(next(each["password"] for each in self.cloud.accounts() if each["address"] == address))

    # --- the token service ---

    def post(self, path: str, host: str = LOGIN_HOST, **fields: str) -> Response:
        headers = {"host": host, "content-type": "application/x-www-form-urlencoded"}
        return self.cloud.entra.handle(Request("POST", path, {}, headers, urlencode(fields).encode(), "https", host))

    def get(self, path: str, host: str = LOGIN_HOST) -> Response:
        return self.cloud.entra.handle(Request("GET", path, {}, {"host": host}, b"", "https", host))

    def device_code(self, authority: str = "organizations", **fields: str) -> Json:
        return body(
            self.post(f"/{authority}/oauth2/v2.0/devicecode", **{"client_id": CLIENT_ID, "scope": SCOPE, **fields})
        )

    def poll(self, issued: Json, authority: str = "organizations", wait_s: float = 5.0, **fields: str) -> Json:
        self.now_s += wait_s
        sent = {"grant_type": DEVICE_GRANT, "client_id": CLIENT_ID, "device_code": issued["device_code"], **fields}
        return body(self.post(f"/{authority}/oauth2/v2.0/token", **sent))

    def refresh(self, refresh_token: str, authority: str = "organizations", **fields: str) -> Json:
        sent = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": refresh_token, **fields}
        return body(self.post(f"/{authority}/oauth2/v2.0/token", **sent))

    def person(self, code: Json, address: str, consent: str = "user") -> Json:
        return self.cloud.complete_sign_in(code["user_code"], address, self.password(address), consent)

    def consent(self) -> None:
        self.cloud.patch_tenant({"consent": ["organization"]})

    def tokens(self, address: str = PRINTER, authority: str = "organizations", scope: str = SCOPE) -> Json:
        """A whole sign-in."""
        if address != PERSONAL:
            self.consent()
        code = self.device_code(authority, scope=scope)
        assert self.person(code, address) == {"result": "signed-in", "error": None}
        tokens = self.poll(code, authority)
        assert "access_token" in tokens, tokens
        return tokens

    # --- the mail service ---

    def session(self) -> tuple[SmtpSession, bytes]:
        """A session in TLS, after EHLO, and what was said so far."""
        session = self.cloud.exchange.session("203.0.113.5:50000")
        said = reply(session.greeting())
        said += reply(session.receive(b"EHLO printer.example\r\n")) + reply(session.receive(b"STARTTLS\r\n"))
        return session, said + reply(session.receive(b"EHLO printer.example\r\n"))

    def signed_in(self, address: str = PRINTER, access_token: str = "") -> SmtpSession:
        session, _ = self.session()
        blob = xoauth2(address, access_token or self.tokens(address)["access_token"])
        answer = reply(session.receive(b"AUTH XOAUTH2\r\n" + blob + b"\r\n"))
        assert answer.endswith(b"235 2.7.0 Authentication successful\r\n"), answer
        return session

    def send(self, session: SmtpSession, message: bytes, to: str = ONA, sender: str = PRINTER) -> bytes:
        """The reply to the final dot; `message` ends with CRLF."""
        before = f"MAIL FROM:<{sender}>\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode()
        assert reply(session.receive(before)).endswith(b"354 Start mail input; end with <CRLF>.<CRLF>\r\n")
        return reply(session.receive(message.replace(b"\r\n.", b"\r\n..") + b".\r\n"))

    # --- the mail provider ---

    def ask_provider(self, method: str, path: str, host: str = provider.LOGIN_HOST, **fields: str) -> Response:
        headers = {"host": host, "content-type": "application/x-www-form-urlencoded"}
        request = Request(method, path, {}, headers, urlencode(fields).encode(), "https", host)
        return self.cloud.provider.tokens.handle(request)

    def provider_code(self, **fields: str) -> Json:
        sent = {"client_id": provider.CLIENT_ID, "scope": provider.SCOPE, **fields}
        return body(self.ask_provider("POST", provider.DEVICE_PATH, **sent))

    def provider_poll(self, issued: Json, wait_s: float = 5.0, **fields: str) -> Json:
        self.now_s += wait_s
        sent = {"grant_type": DEVICE_GRANT, "client_id": provider.CLIENT_ID, "device_code": issued["device_code"]}
        return body(self.ask_provider("POST", provider.TOKEN_PATH, **sent, **fields))

    def provider_refresh(self, refresh_token: str, **fields: str) -> Json:
        sent = {"grant_type": "refresh_token", "client_id": provider.CLIENT_ID, "refresh_token": refresh_token}
        return body(self.ask_provider("POST", provider.TOKEN_PATH, **{**sent, **fields}))

    def provider_tokens(self, address: str = CUSTOMER, scope: str = provider.SCOPE) -> Json:
        """A whole sign-in."""
        code = self.provider_code(scope=scope)
        assert self.person(code, address) == {"result": "signed-in", "error": None}
        tokens = self.provider_poll(code)
        assert "access_token" in tokens, tokens
        return tokens

    def gateway(self, tls: bool = False) -> tuple[GatewaySession, bytes]:
        """A session in TLS, after EHLO, and what was said so far."""
        session = self.cloud.gateway.session("203.0.113.5:50000", tls)
        said = reply(session.greeting()) + reply(session.receive(b"EHLO printer.example\r\n"))
        if not tls:
            said += reply(session.receive(b"STARTTLS\r\n")) + reply(session.receive(b"EHLO printer.example\r\n"))
        return session, said

    def customer(self, address: str = CUSTOMER, access_token: str = "") -> GatewaySession:
        """A session of a customer of the provider."""
        session, _ = self.gateway()
        blob = xoauth2(address, access_token or self.provider_tokens(address)["access_token"])
        assert reply(session.receive(b"AUTH XOAUTH2 " + blob + b"\r\n")) == b"235 2.7.0 Authentication successful\r\n"
        return session


def body(response: Response) -> Json:
    assert isinstance(response.body, str)
    read: Json = json.loads(response.body)
    assert ("error" in read) == (response.status in (400, 401))
    return read


def claims(token: str) -> Json:
    part = token.split(".")[1]
    read: Json = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


def reply(actions: list[bytes | str]) -> bytes:
    """The bytes among the actions; the others as words in brackets."""
    return b"".join(action if isinstance(action, bytes) else f"[{action}]".encode() for action in actions)


def xoauth2(address: str, access_token: str) -> bytes:
    return base64.b64encode(f"user={address}\x01auth=Bearer {access_token}\x01\x01".encode())


def fax(
    sender: str = CUSTOMER,
    document: bytes = b"%PDF-1.7 one page\n" * 50,
    content_type: str = "application/pdf",
    message_id: str = "<1@p.example>",
) -> bytes:
    """A mail with one document, as a printer writes it."""
    head = f"From: <{sender}>\r\nTo: <fax>\r\nSubject: Fax\r\nMessage-ID: {message_id}\r\nMIME-Version: 1.0\r\n"
    head += 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nFax\r\n--b\r\n'
    head += f'Content-Type: {content_type}\r\nContent-Disposition: attachment; filename="fax.pdf"\r\n'
    encoded = base64.encodebytes(document).replace(b"\n", b"\r\n")
    return head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded + b"--b--\r\n"


def mail(
    sender: str = PRINTER, text: bytes = b"Hello\r\n", subject: str = "Scan", message_id: str = "<1@p.example>"
) -> bytes:
    head = f"From: <{sender}>\r\nTo: <{ONA}>\r\nSubject: {subject}\r\nMessage-ID: {message_id}\r\n"
    return head.encode() + b"Date: Mon, 1 Dec 2025 08:00:00 +0000\r\n\r\n" + text
