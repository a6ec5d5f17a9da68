"""The simulated mail service: SMTP submission in Exchange Online's words (cloud-facts 4). No I/O.

Here are its words, how it takes a token, and its rules; the protocol is `sim.cloud.submission`. Start at `Exchange.session`.
"""

from __future__ import annotations

import binascii
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, getaddresses
from typing import Any

from sim.cloud.directory import BLOCK_LEGACY, FAX_DOMAIN, FAX_TENANT_ID, Directory, Tenant, User
from sim.cloud.faults import Faults
from sim.cloud.faxes import Faxes, fax_number
from sim.cloud.mailboxes import Mailboxes, header_text
from sim.cloud.submission import Arriving, MailService, Submission
from sim.cloud.tokens import Mint

Json = dict[str, Any]

_HOST = "SP1P281CA0360.outlook.office365.com"
_TAIL_HOST = "SP1P281CA0360.EURP281.PROD.OUTLOOK.COM"
_AUDIENCES = ("https://outlook.office.com", "https://outlook.office365.com")
_SCOPE = "SMTP.Send"

_ADVERTISED_BYTES = 157_286_400
_LONGEST_FROM = 8192
_MOST_SESSIONS = 3  # of one mailbox at once

_DENIED = "535 5.7.139 Authentication unsuccessful, "
_SMTP_OFF = (
    "SmtpClientAuthentication is disabled for the {}. Visit https://aka.ms/smtp_auth_disabled for more information."
)
_DEFAULTS = "user is locked by your organization's security defaults policy. Contact your administrator."
_CRITERIA = "the request did not meet the criteria to be authenticated successfully. Contact your administrator."
_HOSTNAME = f" [Hostname={_TAIL_HOST}]"
_BUSY = (
    "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information."
    + _HOSTNAME
)
_STOREDRV = (
    "STOREDRV.Submission.Exception:{0}; Failed to process message due to a permanent exception with message "
    "[BeginDiagnosticData]Cannot submit message. 0.35250:0A00C280, {1} [EndDiagnosticData]"
)
_SEND_AS = "554 5.2.252 SendAsDenied; {} not allowed to send as {}; " + _STOREDRV.format(
    "SendAsDeniedException.MapiExceptionSendAsDenied", "MapiExceptionSendAsDenied"
)
_FULL = "554 5.2.2 mailbox full; " + _STOREDRV.format(
    "QuotaExceededException.MapiExceptionShutoffQuotaExceeded", "QuotaExceeded"
)


_NO_SUCH_RECIPIENT = "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
_NOT_A_CUSTOMER = "550 5.7.124 RESOLVER.RST.SenderNotInAllowedSendersList; Sender not in allowed-senders list"


class Exchange(MailService):
    """What the sessions share."""

    def __init__(
        self,
        directory: Callable[[], Directory],
        mint: Mint,
        mailboxes: Mailboxes,
        faxes: Faxes,
        faults: Faults,
        now: Callable[[], float],
        random: random.Random,
        on_event: Callable[[Json], None],
    ) -> None:
        super().__init__(mailboxes, faxes, faults, now, random, on_event)
        self.directory = directory
        self.mint = mint
        self.signed_in: dict[str, list[SmtpSession]] = {}  # sessions of an account, oldest first

    def session(self, peer: str) -> SmtpSession:
        return SmtpSession(self, peer)


class SmtpSession(Submission):
    WORDS = {
        "line-too-long": "500 5.5.2 Line too long",
        "timed-out": "421 4.4.1 Connection timed out",
        "too-many-errors": "421 4.7.0 Too many errors on this connection, closing transmission channel",
        "unavailable": "421 4.3.2 Service not available",
        "busy": _BUSY,
        "unknown-command": "500 5.3.3 Unrecognized command",
        "bad-arguments": "501 5.5.4 Invalid arguments",
        "bad-name": "501 5.5.4 Invalid domain name",
        "hello-first": "503 5.5.2 Send hello first",
        "tls-again": "503 5.5.1 TLS is already in use",
        "tls-ready": "220 2.0.0 SMTP server ready",
        "tls-first": "530 5.7.0 Must issue a STARTTLS command first",
        "authenticated": "503 5.5.2 Already authenticated",
        "authenticate-first": "530 5.7.57 Client not authenticated to send mail{tail}",
        "unknown-mechanism": "504 5.7.4 Unrecognized authentication type",
        "sender-again": "503 5.5.2 Sender already specified",
        "bad-sender": "501 5.1.7 Invalid address",
        "sender-ok": "250 2.1.0 Sender OK",
        "mail-first": "503 5.5.2 Need mail command",
        "recipient-first": "503 5.5.2 Need rcpt command",
        "bad-sequence": "503 5.5.1 Bad sequence of commands",
        "bad-recipient": "501 5.1.3 Invalid address",
        "too-many-recipients": "452 4.5.3 Too many recipients",
        "recipient-ok": "250 2.1.5 Recipient OK",
        "data": "354 Start mail input; end with <CRLF>.<CRLF>",
        "chunk": "250 2.6.0 CHUNK received OK, {octets} octets",
        "too-large": "552 5.3.4 Message size exceeds fixed maximum message size",
        "bare-line-end": "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds",
        "reset": "250 2.0.0 Resetting",
        "noop": "250 2.0.0 OK",
        "vrfy": "252 2.1.5 Cannot VRFY user",
        "bye": "221 2.0.0 Service closing transmission channel",
    }
    VERBS = tuple("EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY HELP".split())  # noqa: SIM905
    MECHANISMS = "LOGIN XOAUTH2"
    MAIL_PARAMETERS = {
        "SIZE": "[0-9]{1,20}",
        "BODY": "7BIT|8BITMIME|BINARYMIME",
        "SMTPUTF8": "",
        "AUTH": ".+",
        "RET": "FULL|HDRS",
        "ENVID": ".{1,100}",
    }
    RCPT_PARAMETERS = {"NOTIFY": "[A-Z,]+", "ORCPT": ".{1,500}"}

    def __init__(self, exchange: Exchange, peer: str) -> None:
        super().__init__(exchange, peer)
        self.exchange = exchange
        self._account: tuple[Tenant, User] | None = None

    def _greeting(self) -> str:
        now = format_datetime(datetime.fromtimestamp(int(self.exchange.now()), UTC))
        return f"{_HOST} Microsoft ESMTP MAIL Service ready at {now} [{self._id}]"

    def _hello(self) -> str:
        return f"{_HOST} Hello [{self._address}]"

    def _capabilities(self) -> list[str]:
        size = f"SIZE {self._advertised_bytes()}"
        after = ("8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8")
        return [size, "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", *self._security(), *after]

    def _advertised_bytes(self) -> int:
        return _ADVERTISED_BYTES if self._small_bytes is None else self._small_bytes

    def _left(self) -> None:
        if self._account is not None:
            sessions = self.exchange.signed_in[self._account[1].address]
            if self in sessions:
                sessions.remove(self)

    def _tail(self) -> str:
        moment = datetime.fromtimestamp(self.exchange.now(), UTC)
        stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
        return f" [{_TAIL_HOST} {stamp} {self._id}]"

    # --- who somebody is ---

    def _sign_in(self, mechanism: str, initial: str) -> None:
        if mechanism == "LOGIN":
            self._login(initial)
        elif initial:
            self._xoauth2("" if initial == "=" else initial)
        else:
            self._ask("", self._xoauth2)

    def _login(self, initial: str) -> None:
        """Passwords are asked for as the real service does, and never taken (cloud-facts 4.4)."""

        def refuse(_: str) -> None:
            self._refuse(_DENIED + "basic authentication is disabled.")

        def ask_password(_: str) -> None:
            self._ask("UGFzc3dvcmQ6", refuse)

        if initial:
            ask_password(initial)
        else:
            self._ask("VXNlcm5hbWU6", ask_password)

    def _xoauth2(self, blob: str) -> None:
        """Exchange answers 535 at once, without the JSON that others send; to "*" too (cloud-facts 4.3)."""
        found, refusal = self._checked(blob)
        if found is None:
            self._refuse(refusal)
            return
        self._account = found
        self._signed_in = True
        self.exchange.signed_in.setdefault(found[1].address, []).append(self)
        self._event(account=found[1].address)
        self._reply("235 2.7.0 Authentication successful")

    def _checked(self, blob: str) -> tuple[tuple[Tenant, User] | None, str]:
        """Tenant and user, or None and the refusal."""
        exchange = self.exchange
        refusal = "535 5.7.3 Authentication unsuccessful"
        try:
            text = binascii.a2b_base64(blob, strict_mode=True).decode("ascii")
        except ValueError:
            return None, refusal
        parts = re.fullmatch(r"user=([^\x01]+)\x01auth=Bearer ([^\x01 ]+)\x01\x01", text, re.IGNORECASE)
        claims = exchange.mint.read_access_token(parts[2], exchange.now()) if parts else None
        if parts is None or claims is None:
            return None, refusal
        found = exchange.directory().by_id(claims["tid"], claims["oid"])
        if claims["aud"] not in _AUDIENCES or _SCOPE not in claims["scp"].split(" ") or found is None:
            return None, refusal
        tenant, user = found
        if parts[1].lower() != user.address or not user.enabled or not user.mailbox:
            return None, refusal
        if tenant.security_defaults:
            return None, _DENIED + _DEFAULTS
        if BLOCK_LEGACY in tenant.conditional_access:
            return None, _DENIED + _CRITERIA
        if user.smtp_auth is False:
            return None, _DENIED + _SMTP_OFF.format("Mailbox")
        if user.smtp_auth is None and tenant.smtp_auth_disabled:
            return None, _DENIED + _SMTP_OFF.format("Tenant")
        return found, ""

    def _refuse(self, text: str) -> None:
        self._error(text + self._tail())

    # --- rules ---

    def _sender_objection(self, _: str) -> str:
        """Whose address it is, is looked at after the message only (cloud-facts 4.6)."""
        assert self._account is not None
        return "" if self in self.exchange.signed_in[self._account[1].address][:_MOST_SESSIONS] else _BUSY

    def _recipient_objection(self, address: str) -> str:
        directory = self.exchange.directory()
        local, _, domain = address.partition("@")
        if domain == FAX_DOMAIN:
            assert self._account is not None
            if self._account[0].id != FAX_TENANT_ID:
                return _NOT_A_CUSTOMER
            return "" if fax_number(local) else _NO_SUCH_RECIPIENT
        found = directory.find(address)
        if directory.serves(address) and not (found and found[1].mailbox):
            return _NO_SUCH_RECIPIENT
        return ""

    def _objection(self, arriving: Arriving, head: dict[str, list[str]]) -> str:
        assert self._account is not None
        user = self._account[1]
        written = head.get("from", [])
        addresses = [address.lower() for _, address in getaddresses(written)] if len(written) == 1 else []
        if not addresses or not all("@" in address for address in addresses) or len(written[0]) > _LONGEST_FROM:
            return "550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant"
        addresses += [address.lower() for _, address in getaddresses(head.get("sender", []))]
        for address in (*addresses, self._sender):
            if address not in (user.address, "", *user.send_as):
                return f"{_SEND_AS.format(user.address, _printable(str(address)))}{_HOSTNAME}"
        if self.exchange.mailboxes.used_bytes(user.address) + arriving.size > user.mailbox_quota_bytes:
            return f"{_FULL}{_HOSTNAME}"
        return self._fax_objection(arriving, FAX_DOMAIN)

    def _deliver(self, arriving: Arriving, head: dict[str, list[str]]) -> None:
        assert self._account is not None
        address = self._account[1].address
        self.exchange.mailboxes.deliver(arriving.draft, self._send_faxes(FAX_DOMAIN, address, head), address)

    def _thanks(self, head: dict[str, list[str]]) -> str:
        number = f"{self.exchange.random.getrandbits(64):016x}"
        message_id = header_text(head.get("message-id", [""])[0])
        if not re.fullmatch(r"<[!-;=?-~]{1,200}>", message_id):
            message_id = f"<{number}@{_TAIL_HOST}>"
        return f"250 2.0.0 OK {message_id}{_HOSTNAME}"

    def _most_bytes(self) -> int:
        assert self._account is not None
        return min(self._advertised_bytes(), self._account[0].message_bytes)


def _printable(text: str) -> str:
    return "".join(character if " " < character <= "~" else "?" for character in text[:255])
