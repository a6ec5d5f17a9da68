"""The provider's mail server: SMTP submission in the RFCs' words, as most servers of the world speak, and a fax gateway.

A customer's mail to number@`provider.FAX_DOMAIN` is a fax, other mail goes where it is addressed to. It takes XOAUTH2 and
OAUTHBEARER (RFC 7628) with the provider's own tokens, on STARTTLS or in TLS from the first byte. Start at `Gateway.session`.
"""

from __future__ import annotations

import base64
import binascii
import json
import random
import re
from collections.abc import Callable
from email.utils import getaddresses
from functools import partial
from typing import Any

from sim.cloud.directory import User
from sim.cloud.faults import Faults
from sim.cloud.faxes import Faxes, fax_number
from sim.cloud.mailboxes import Mailboxes
from sim.cloud.provider import DOMAIN, FAX_DOMAIN, LOGIN_HOST, MAIL_SCOPE, SMTP_HOST, Provider
from sim.cloud.submission import Arriving, MailService, Submission

Json = dict[str, Any]

_REJECTED = "<{}>: {} address rejected: {}"
_FAILED = "535 5.7.8 Error: authentication failed"
# RFC 7628 3.2.1: n (no channel binding), perhaps an authorization identity, then pairs of name and value.
_OAUTHBEARER = re.compile(
    r"n,(?:a=([^,\x01]+))?,\x01(?:[a-z]+=[^\x01]*\x01)*?auth=Bearer ([^\x01 ]+)\x01(?:[a-z]+=[^\x01]*\x01)*\x01",
    re.IGNORECASE,
)
_XOAUTH2 = re.compile(r"user=([^\x01]+)\x01auth=Bearer ([^\x01 ]+)\x01\x01", re.IGNORECASE)


class Gateway(MailService):
    where = "fax-smtp"

    def __init__(
        self,
        provider: Provider,
        mailboxes: Mailboxes,
        faxes: Faxes,
        faults: Faults,
        now: Callable[[], float],
        random: random.Random,
        on_event: Callable[[Json], None],
    ) -> None:
        super().__init__(mailboxes, faxes, faults, now, random, on_event)
        self.provider = provider

    def session(self, peer: str, tls: bool = False) -> GatewaySession:
        return GatewaySession(self, peer, tls)


class GatewaySession(Submission):
    WORDS = {
        "line-too-long": "500 5.5.2 Error: line too long",
        "timed-out": f"421 4.4.2 {SMTP_HOST} Error: timeout exceeded",
        "too-many-errors": f"421 4.7.0 {SMTP_HOST} Error: too many errors",
        "unavailable": f"421 4.3.0 {SMTP_HOST} Service not available, closing transmission channel",
        "busy": "432 4.7.0 Error: too many connections of this account",
        "unknown-command": "502 5.5.2 Error: command not recognized",
        "bad-arguments": "501 5.5.4 Syntax error in parameters or arguments",
        "bad-name": "501 5.5.4 Syntax: EHLO hostname",
        "hello-first": "503 5.5.1 Error: send EHLO first",
        "tls-again": "503 5.5.1 Error: TLS already active",
        "tls-ready": "220 2.0.0 Ready to start TLS",
        "tls-first": "530 5.7.0 Must issue a STARTTLS command first",
        "authenticated": "503 5.5.1 Error: already authenticated",
        "authenticate-first": "530 5.7.0 Authentication required",
        "unknown-mechanism": "504 5.5.4 Error: unrecognized authentication mechanism",
        "sender-again": "503 5.5.1 Error: nested MAIL command",
        "bad-sender": "501 5.1.7 Bad sender address syntax",
        "sender-ok": "250 2.1.0 Ok",
        "mail-first": "503 5.5.1 Error: need MAIL command",
        "recipient-first": "503 5.5.1 Error: need RCPT command",
        "bad-sequence": "503 5.5.1 Bad sequence of commands",
        "bad-recipient": "501 5.1.3 Bad recipient address syntax",
        "too-many-recipients": "452 4.5.3 Error: too many recipients",
        "recipient-ok": "250 2.1.5 Ok",
        "data": "354 End data with <CR><LF>.<CR><LF>",
        "too-large": "552 5.3.4 Message size exceeds fixed limit",
        "bare-line-end": "550 5.5.2 Error: bare <LF> received",
        "reset": "250 2.0.0 Ok",
        "noop": "250 2.0.0 Ok",
        "vrfy": "252 2.0.0 Send some mail, I will try my best",
        "bye": "221 2.0.0 Bye",
    }
    VERBS = tuple("EHLO HELO STARTTLS AUTH MAIL RCPT DATA RSET NOOP QUIT VRFY HELP".split())  # noqa: SIM905
    MECHANISMS = "XOAUTH2 OAUTHBEARER"
    MAIL_PARAMETERS = {"SIZE": "[0-9]{1,20}", "BODY": "7BIT|8BITMIME", "AUTH": ".+"}

    def __init__(self, gateway: Gateway, peer: str, tls: bool) -> None:
        super().__init__(gateway, peer, tls)
        self._gateway = gateway
        self._user: User | None = None

    def _greeting(self) -> str:
        return f"{SMTP_HOST} ESMTP"

    def _hello(self) -> str:
        return SMTP_HOST

    def _capabilities(self) -> list[str]:
        return ["PIPELINING", f"SIZE {self._most_bytes()}", *self._security(), "ENHANCEDSTATUSCODES", "8BITMIME"]

    def _most_bytes(self) -> int:
        most = self._gateway.provider.settings.message_bytes
        return most if self._small_bytes is None else min(most, self._small_bytes)

    # --- who somebody is ---

    def _sign_in(self, mechanism: str, initial: str) -> None:
        take = partial(self._bearer, mechanism)
        if initial:
            take("" if initial == "=" else initial)
        else:
            self._ask("", take)

    def _bearer(self, mechanism: str, blob: str) -> None:
        if blob == "*":  # RFC 4954 4
            self._error("501 5.7.0 Authentication aborted")
            return
        try:
            text = binascii.a2b_base64(blob, strict_mode=True).decode("ascii")
        except ValueError:
            self._error("501 5.5.2 Error: cannot decode base64")
            return
        parts = (_XOAUTH2 if mechanism == "XOAUTH2" else _OAUTHBEARER).fullmatch(text)
        found = self._gateway.provider.tokens.read_access_token(parts[2]) if parts else None
        status = "invalid_token" if found is None or MAIL_SCOPE in found[1] else "insufficient_scope"
        if parts is None or found is None or status != "invalid_token" or not _is_for(parts[1], found[0]):
            # Why, for machines (RFC 7628 3.2.2); the refusal comes after the client's answer to it.
            self._ask(base64.b64encode(json.dumps(_challenge(mechanism, status)).encode()).decode(), self._fail)
        elif found[0].smtp_auth is False:
            self._error(f"{_FAILED}: SMTP is not enabled for this account")
        else:
            self._user = found[0]
            self._signed_in = True
            self._event(account=found[0].address)
            self._reply("235 2.7.0 Authentication successful")

    def _fail(self, _: str) -> None:
        self._error(_FAILED)

    # --- rules ---

    def _sender_objection(self, address: str) -> str:
        provider, user = self._gateway.provider, self._user
        assert user is not None
        if address in (user.address, *user.send_as):
            return ""
        if address.endswith("@" + DOMAIN) and provider.find(address) is None:
            return "550 5.1.0 " + _REJECTED.format(address, "Sender", "User unknown")
        return "553 5.7.1 " + _REJECTED.format(address, "Sender", f"not owned by user {user.address}")

    def _recipient_objection(self, address: str) -> str:
        local, _, domain = address.partition("@")
        user = self._gateway.provider.find(address)
        if domain == FAX_DOMAIN and not fax_number(local):
            return "550 5.1.3 " + _REJECTED.format(address, "Recipient", "not a number that can be dialled")
        if domain == DOMAIN and not (user and user.mailbox):
            return "550 5.1.1 " + _REJECTED.format(address, "Recipient", "User unknown")
        return ""

    def _objection(self, arriving: Arriving, head: dict[str, list[str]]) -> str:
        user, written = self._user, head.get("from", [])
        assert user is not None
        addresses = [address.lower() for _, address in getaddresses(written)]
        if len(written) != 1 or not addresses or not {*addresses} <= {user.address, *user.send_as}:
            return f"550 5.7.1 Header From is not owned by user {user.address}"
        return self._fax_objection(arriving, FAX_DOMAIN)

    def _deliver(self, arriving: Arriving, head: dict[str, list[str]]) -> None:
        assert self._user is not None
        others = self._send_faxes(FAX_DOMAIN, self._user.address, head)
        if others:
            self._gateway.mailboxes.deliver(arriving.draft, others, None)

    def _thanks(self, _: dict[str, list[str]]) -> str:
        return f"250 2.0.0 Ok: queued as {self._gateway.random.getrandbits(40):010X}"


def _is_for(name: str | None, user: User) -> bool:
    """Whether the client asked for this user; OAUTHBEARER may leave it to the token (RFC 7628 3.1)."""
    if name is None:
        return True
    return name.replace("=2C", ",").replace("=3D", "=").lower() == user.address


def _challenge(mechanism: str, status: str) -> Json:
    if mechanism == "XOAUTH2":
        return {"status": "400" if status == "insufficient_scope" else "401", "schemes": "bearer", "scope": MAIL_SCOPE}
    document = f"https://{LOGIN_HOST}/.well-known/openid-configuration"
    return {"status": status, "scope": MAIL_SCOPE, "openid-configuration": document}
