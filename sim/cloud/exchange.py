"""The simulated mail service: SMTP submission in Exchange Online's words (cloud-facts 4). No I/O.

`SmtpSession.receive` takes what a client sent, cut anywhere, and returns what to do: bytes to send, `STARTTLS` (turn to TLS
now; whatever came with the command is forgotten), `CLOSE`, or `SILENCE` (say nothing more: a fault's). Stricter than most
servers and never laxer than the real one: lines end in CRLF and nothing else, and a message ends at CRLF.CRLF and nowhere
else. Start at `Exchange.session`.
"""

from __future__ import annotations

import binascii
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, getaddresses
from typing import Any

from sim.cloud.directory import BLOCK_LEGACY, Directory, Tenant, User
from sim.cloud.faults import Faults
from sim.cloud.mailboxes import Draft, Mailboxes, header_text, headers
from sim.cloud.tokens import Mint

STARTTLS = "starttls"
CLOSE = "close"
SILENCE = "silence"
Action = bytes | str
Json = dict[str, Any]

ADVERTISED_BYTES = 157_286_400
_HOST = "SP1P281CA0360.outlook.office365.com"
_TAIL_HOST = "SP1P281CA0360.EURP281.PROD.OUTLOOK.COM"
_AUDIENCES = ("https://outlook.office.com", "https://outlook.office365.com")
_SCOPE = "SMTP.Send"

_LONGEST_LINE = 2048  # of a command: RFC 5321's 512 and what its extensions add
_LONGEST_AUTH_LINE = 12_288  # RFC 4954 4
_LONGEST_HEADER = 256 * 1024
_LONGEST_FROM = 8192
_MOST_RECIPIENTS = 500
_MOST_SESSIONS = 3  # of one mailbox at once
_MOST_ERRORS = 20
_MARK = b"\r\n.\r\n"
_AT_STEPS = (
    "reply",
    "long-line",
    "binary",
    "drop",
    "silence",
    "432",
    "421",
)  # faults that answer in the server's place
_BINARY = bytes(range(256)) * 8

_ADDRESS = re.compile(r"<(?:@[^:<>]*:)?([^<>\s\"@]{1,64}@[^<>\s\"@]{1,255})?>((?: [^\s]+)*) *")
_VERBS = ("EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT", "VRFY", "HELP")
_MAIL_PARAMETERS = {
    "SIZE": "[0-9]{1,20}",
    "BODY": "7BIT|8BITMIME|BINARYMIME",
    "SMTPUTF8": "",
    "AUTH": ".+",
    "RET": "FULL|HDRS",
    "ENVID": ".{1,100}",
}
_RCPT_PARAMETERS = {"NOTIFY": "[A-Z,]+", "ORCPT": ".{1,500}"}

_DENIED = "535 5.7.139 Authentication unsuccessful, "
_SMTP_OFF = (
    "SmtpClientAuthentication is disabled for the {}. Visit https://aka.ms/smtp_auth_disabled for more information."
)
_DEFAULTS = "user is locked by your organization's security defaults policy. Contact your administrator."
_CRITERIA = "the request did not meet the criteria to be authenticated successfully. Contact your administrator."
_TOO_LARGE = "552 5.3.4 Message size exceeds fixed maximum message size"
_BUSY = "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information."
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


class Exchange:
    """What the sessions share."""

    def __init__(
        self,
        directory: Callable[[], Directory],
        mint: Mint,
        mailboxes: Mailboxes,
        faults: Faults,
        now: Callable[[], float],
        random: random.Random,
        on_event: Callable[[Json], None],
    ) -> None:
        self.directory = directory
        self.mint = mint
        self.mailboxes = mailboxes
        self.faults = faults
        self.now = now
        self.random = random
        self.on_event = on_event
        self.signed_in: dict[str, list[SmtpSession]] = {}  # sessions of an account, oldest first
        self._sessions = 0

    def session(self, peer: str) -> SmtpSession:
        """A session with who connects from `peer` ("address:port"); begin with its `greeting`, end with `closed`."""
        self._sessions += 1
        return SmtpSession(self, self._sessions, peer.rpartition(":")[0] or peer)


class SmtpSession:
    def __init__(self, exchange: Exchange, number: int, address: str) -> None:
        self._exchange = exchange
        self._number = number
        self._address = address.strip("[]")
        self._id = f"{exchange.random.getrandbits(64):016X}"
        take = exchange.faults.take
        self._offers_starttls = take("smtp", "no-starttls") is None
        mechanisms = take("smtp", "mechanisms")
        self._mechanisms: str = mechanisms["text"] if mechanisms else "LOGIN XOAUTH2"
        small = take("smtp", "size-small")
        self._small_bytes: int | None = small["bytes"] if small else None
        self._buffer = bytearray()
        self._actions: list[Action] = []
        self._over = False  # nothing that still comes counts
        self._tls = False
        self._errors = 0
        self._greeted = False  # EHLO or HELO was said, since TLS if there is TLS
        self._account: tuple[Tenant, User] | None = None
        self._answer: Callable[[str], None] | None = None  # who gets the next line, in an AUTH exchange
        self._arriving: _Arriving | None = None  # the message, once DATA or BDAT has begun it
        self._chunk_left = 0  # bytes of a BDAT chunk still to come
        self._last_chunk = False
        self._chunk_bytes = 0
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._binary = False
        self._drop_after: Json | None = None

    # --- in and out ---

    def greeting(self) -> list[Action]:
        if not self._struck("greeting"):
            now = format_datetime(datetime.fromtimestamp(int(self._exchange.now()), UTC))
            self._reply(f"220 {_HOST} Microsoft ESMTP MAIL Service ready at {now} [{self._id}]")
        return self._taken()

    def receive(self, data: bytes) -> list[Action]:
        """What to do about `data`, in this order."""
        self._buffer += data
        while self._buffer and not self._over:
            if self._chunk_left:
                self._take_chunk()
            elif self._arriving is not None and self._arriving.dotted:
                if not self._take_data():
                    break
            else:
                end = self._buffer.find(b"\r\n")
                if end < 0 and len(self._buffer) <= _LONGEST_AUTH_LINE + 2:
                    break
                if end < 0 or end > _LONGEST_AUTH_LINE:
                    self._reply("500 5.5.2 Line too long")
                    self._close()
                    break
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 2]
                self._line(line)
        if self._over:
            self._buffer.clear()
        return self._taken()

    def timed_out(self) -> list[Action]:
        """The client was silent for too long, or the session lasted too long."""
        self._reply("421 4.4.1 Connection timed out")
        self._close()
        return self._taken()

    def closed(self) -> None:
        """The connection is gone."""
        self._over = True
        self._forget_message()
        if self._account is not None:
            sessions = self._exchange.signed_in[self._account[1].address]
            if self in sessions:
                sessions.remove(self)

    def _taken(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    def _reply(self, *lines: str) -> None:
        self._event(reply="\n".join(lines))
        self._actions.append(("\r\n".join(lines) + "\r\n").encode("utf-8"))

    def _error(self, line: str) -> None:
        self._reply(line)
        self._errors += 1
        if self._errors >= _MOST_ERRORS:
            self._reply("421 4.7.0 Too many errors on this connection, closing transmission channel")
            self._close()

    def _close(self) -> None:
        self._over = True
        self._actions.append(CLOSE)

    def _event(self, **what: object) -> None:
        self._exchange.on_event({"where": "smtp", "session": self._number, **what})

    def _tail(self) -> str:
        moment = datetime.fromtimestamp(self._exchange.now(), UTC)
        stamp = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
        return f" [{_TAIL_HOST} {stamp} {self._id}]"

    def _struck(self, step: str) -> bool:
        """Whether a fault answers at this step in the server's place."""
        fault = self._exchange.faults.take("smtp", *_AT_STEPS, step=step)
        if fault is None:
            return False
        if fault["kind"] == "reply":
            text, lines = fault["text"], fault["lines"]
            self._reply(text)
            if lines > 1:
                self._actions[-1] = f"{text[:3]}-{text[4:]}\r\n".encode() * (lines - 1) + f"{text}\r\n".encode()
        elif fault["kind"] == "binary":
            self._event(fault=fault["kind"], step=step)
            self._actions.append(_BINARY)
        elif fault["kind"] == "long-line":  # nothing follows it: a later reply's end would make a good 250 of it
            self._event(fault=fault["kind"], step=step)
            self._over = True
            self._actions += [b"250 " + b"A" * fault["bytes"], SILENCE]
        elif fault["kind"] in ("drop", "silence"):
            self._event(fault=fault["kind"], step=step)
            self._over = True
            self._actions.append(CLOSE if fault["kind"] == "drop" else SILENCE)
        elif fault["kind"] == "432":
            self._reply(f"{_BUSY} [Hostname={_TAIL_HOST}]")
        else:
            self._reply("421 4.3.2 Service not available")
            self._close()
        return True

    # --- commands ---

    def _line(self, raw: bytes) -> None:
        if self._answer is not None:
            self._event(command="<token>")
            if not self._struck("token"):
                answer, self._answer = self._answer, None
                answer(raw.decode("ascii", "replace"))
            return
        verb = raw[:10].partition(b" ")[0].upper().decode("ascii", "replace")
        if verb not in _VERBS or (len(raw) > _LONGEST_LINE and verb != "AUTH"):
            self._event(command="<not a command>")  # it might be a token
            self._error("500 5.3.3 Unrecognized command")
            return
        line = raw.decode("utf-8", "replace")
        rest = line[len(verb) :].strip(" ")
        shown = f"AUTH {rest.partition(' ')[0][:20]} <token>" if " " in rest else f"AUTH {rest[:20]}"
        self._event(command=shown if verb == "AUTH" else f"{verb} {rest[:200]}".rstrip())
        if not rest.isprintable() or "\ufffd" in rest:
            self._error("501 5.5.4 Invalid arguments")  # a bare CR, a bare LF or NUL ends nothing and belongs nowhere
            return
        if not self._struck("ehlo" if verb == "HELO" else verb.lower()):
            getattr(self, f"_{verb.lower()}")(rest)

    def _ehlo(self, rest: str) -> None:
        if not rest:
            self._error("501 5.5.4 Invalid domain name")
            return
        self._greeted = True
        self._forget_message()
        size = ADVERTISED_BYTES if self._small_bytes is None else self._small_bytes
        lines = [f"{_HOST} Hello [{self._address}]", f"SIZE {size}", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES"]
        if self._tls:
            lines += [f"AUTH {self._mechanisms}"] if self._mechanisms else []
        elif self._offers_starttls:
            lines.append("STARTTLS")
        lines += ["8BITMIME", "BINARYMIME", "CHUNKING", "SMTPUTF8"]
        self._reply(*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")

    def _helo(self, rest: str) -> None:
        if not rest:
            self._error("501 5.5.4 Invalid domain name")
            return
        self._greeted = True
        self._forget_message()
        self._reply(f"250 {_HOST} Hello [{self._address}]")

    def _starttls(self, rest: str) -> None:
        if not self._offers_starttls:
            self._error("500 5.3.3 Unrecognized command")
        elif rest:
            self._error("501 5.5.4 Invalid arguments")
        elif self._tls or not self._greeted:
            self._error("503 5.5.2 Send hello first" if not self._tls else "503 5.5.1 TLS is already in use")
        else:
            self._reply("220 2.0.0 SMTP server ready")
            if self._exchange.faults.take("smtp", "inject-before-tls"):
                self._reply("250-injected.example Hello", "250 AUTH PLAIN LOGIN")
            self._tls = True
            self._greeted = False
            self._forget_message()
            self._buffer.clear()  # RFC 3207 4.2: what was said in clear does not count (CVE-2011-0411 and its kin)
            self._actions.append(STARTTLS)

    def _auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        mechanism = mechanism.upper()
        if self._account is not None:
            self._error("503 5.5.2 Already authenticated")
        elif not self._greeted:
            self._error("503 5.5.2 Send hello first")
        elif not self._tls or mechanism not in ("XOAUTH2", "LOGIN") or mechanism not in self._mechanisms.split(" "):
            self._error("504 5.7.4 Unrecognized authentication type")
        elif mechanism == "LOGIN":
            self._login(initial)
        elif initial:
            self._xoauth2("" if initial == "=" else initial)
        else:
            self._reply("334 ")
            self._answer = self._xoauth2

    def _login(self, initial: str) -> None:
        """Passwords are asked for as the real service does, and never taken (cloud-facts 4.4)."""

        def refuse(_: str) -> None:
            self._refuse(_DENIED + "basic authentication is disabled.")

        def ask_password(_: str) -> None:
            self._reply("334 UGFzc3dvcmQ6")
            self._answer = refuse

        if initial:
            ask_password(initial)
        else:
            self._reply("334 VXNlcm5hbWU6")
            self._answer = ask_password

    def _xoauth2(self, blob: str) -> None:
        """Exchange answers 535 at once, without the JSON that others send; to "*" too (cloud-facts 4.3)."""
        found, refusal = self._checked(blob)
        if found is None:
            self._refuse(refusal)
            return
        self._account = found
        self._exchange.signed_in.setdefault(found[1].address, []).append(self)
        self._event(account=found[1].address)
        self._reply("235 2.7.0 Authentication successful")

    def _checked(self, blob: str) -> tuple[tuple[Tenant, User] | None, str]:
        """Tenant and user, or None and the refusal."""
        exchange = self._exchange
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

    def _mail(self, rest: str) -> None:
        matched = _ADDRESS.fullmatch(rest[5:].lstrip(" ")) if rest[:5].upper() == "FROM:" else None
        parameters = _parameters(matched[2], _MAIL_PARAMETERS) if matched else None
        if not self._greeted:
            self._error("503 5.5.2 Send hello first")
        elif not self._tls:
            self._error("530 5.7.0 Must issue a STARTTLS command first")
        elif self._account is None:
            self._error("530 5.7.57 Client not authenticated to send mail" + self._tail())
        elif self._sender is not None:
            self._error("503 5.5.2 Sender already specified")
        elif matched is None or not (rest.isascii() or (parameters and "SMTPUTF8" in parameters)):
            self._error("501 5.1.7 Invalid address")
        elif parameters is None:
            self._error("501 5.5.4 Invalid arguments")
        elif int(parameters.get("SIZE", "0")) > self._most_bytes():
            self._error(_TOO_LARGE)
        elif self not in self._exchange.signed_in[self._account[1].address][:_MOST_SESSIONS]:
            self._error(f"{_BUSY} [Hostname={_TAIL_HOST}]")
        else:
            self._sender = (matched[1] or "").lower()
            self._binary = parameters.get("BODY", "").upper() == "BINARYMIME"
            self._reply("250 2.1.0 Sender OK")

    def _rcpt(self, rest: str) -> None:
        matched = _ADDRESS.fullmatch(rest[3:].lstrip(" ")) if rest[:3].upper() == "TO:" else None
        directory = self._exchange.directory()
        if self._sender is None:
            self._error("503 5.5.2 Need mail command")
        elif self._arriving is not None:
            self._error("503 5.5.1 Bad sequence of commands")
        elif matched is None or not matched[1]:
            self._error("501 5.1.3 Invalid address")
        elif _parameters(matched[2], _RCPT_PARAMETERS) is None:
            self._error("501 5.5.4 Invalid arguments")
        elif len(self._recipients) >= _MOST_RECIPIENTS:
            self._reply("452 4.5.3 Too many recipients")
        elif directory.serves(matched[1]) and not _has_mailbox(directory, matched[1]):
            self._reply("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup")
        else:
            self._recipients.append(matched[1].lower())
            self._reply("250 2.1.5 Recipient OK")

    def _rset(self, _: str) -> None:
        self._forget_message()
        self._reply("250 2.0.0 Resetting")

    def _noop(self, _: str) -> None:
        self._reply("250 2.0.0 OK")

    def _vrfy(self, _: str) -> None:
        self._reply("252 2.1.5 Cannot VRFY user")

    def _help(self, _: str) -> None:
        self._reply("214 This server supports the following commands: " + " ".join(_VERBS))

    def _quit(self, _: str) -> None:
        self._reply("221 2.0.0 Service closing transmission channel")
        self._close()

    # --- the message ---

    def _data(self, rest: str) -> None:
        if not self._ready_for_message():
            self._need_recipient()
        elif rest:
            self._error("501 5.5.4 Invalid arguments")
        elif self._arriving is not None or self._binary:
            self._error("503 5.5.1 Bad sequence of commands")  # RFC 3030 2: DATA and BDAT exclude each other
        elif self._exchange.faults.take("smtp", "drop-at-data"):
            self._close()
        else:
            self._begin_message(dotted=True)
            self._reply("354 Start mail input; end with <CRLF>.<CRLF>")

    def _bdat(self, rest: str) -> None:
        matched = re.fullmatch(r"([0-9]{1,12})( +LAST)?", rest.upper())
        if matched is None:
            self._error("501 5.5.4 Invalid arguments")
            self._close()  # how much data follows is anybody's guess
            return
        if self._ready_for_message() and self._arriving is None:
            self._begin_message(dotted=False)
        self._chunk_left = self._chunk_bytes = int(matched[1])
        self._last_chunk = matched[2] is not None
        if not self._chunk_left:
            self._end_chunk()

    def _take_chunk(self) -> None:
        piece = self._buffer[: self._chunk_left]
        del self._buffer[: self._chunk_left]
        self._chunk_left -= len(piece)
        if self._arriving is not None:
            self._arriving.store(piece)
        if not self._chunk_left and not self._dropped():
            self._end_chunk()

    def _end_chunk(self) -> None:
        if self._arriving is None:
            self._need_recipient()
        elif self._last_chunk:
            self._end_message()
        else:
            self._reply(f"250 2.6.0 CHUNK received OK, {self._chunk_bytes} octets")

    def _ready_for_message(self) -> bool:
        return self._sender is not None and bool(self._recipients)

    def _need_recipient(self) -> None:
        self._error("503 5.5.2 Need mail command" if self._sender is None else "503 5.5.2 Need rcpt command")

    def _begin_message(self, dotted: bool) -> None:
        self._arriving = _Arriving(self._exchange.mailboxes.draft(), self._most_bytes(), dotted)
        self._drop_after = self._exchange.faults.take("smtp", "drop-mid-data")

    def _take_data(self) -> bool:
        """Whether the message has ended."""
        assert self._arriving is not None
        ended = self._arriving.take(self._buffer)
        if self._dropped():
            return True
        if ended:
            self._end_message()
        return ended

    def _dropped(self) -> bool:
        if self._arriving is None or self._drop_after is None or self._arriving.size < self._drop_after["bytes"]:
            return False
        self._event(fault="drop-mid-data")
        self._close()
        return True

    def _end_message(self) -> None:
        arriving, recipients, account = self._arriving, self._recipients, self._account
        assert arriving is not None and account is not None
        if not self._struck("end-of-data"):
            head = headers(bytes(arriving.head))
            refusal = self._objection(arriving, head, account[1])
            if refusal:
                self._reply(refusal)
            else:
                self._exchange.mailboxes.deliver(arriving.draft, recipients, account[1].address)
                self._event(delivered=arriving.size, recipients=len(recipients))
                if self._exchange.faults.take("smtp", "lost-250"):
                    self._close()
                else:
                    number = f"{self._exchange.random.getrandbits(64):016x}"
                    message_id = header_text(head.get("message-id", [""])[0])
                    if not re.fullmatch(r"<[!-;=?-~]{1,200}>", message_id):
                        message_id = f"<{number}@{_TAIL_HOST}>"
                    self._reply(f"250 2.0.0 OK {message_id} [Hostname={_TAIL_HOST}]")
        self._forget_message()

    def _objection(self, arriving: _Arriving, head: dict[str, list[str]], user: User) -> str:
        """Why the message is refused, "" when it is not."""
        if arriving.size > self._most_bytes() or len(arriving.head) > _LONGEST_HEADER:
            return _TOO_LARGE
        if arriving.has_bare_line_ends() and not self._binary:
            return "550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds"
        written = head.get("from", [])
        addresses = [address.lower() for _, address in getaddresses(written)] if len(written) == 1 else []
        if not addresses or not all("@" in address for address in addresses) or len(written[0]) > _LONGEST_FROM:
            return "550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant"
        addresses += [address.lower() for _, address in getaddresses(head.get("sender", []))]
        for address in (*addresses, self._sender):
            if address not in (user.address, "", *user.send_as):
                return f"{_SEND_AS.format(user.address, _printable(str(address)))} [Hostname={_TAIL_HOST}]"
        if self._exchange.mailboxes.used_bytes(user.address) + arriving.size > user.mailbox_quota_bytes:
            return f"{_FULL} [Hostname={_TAIL_HOST}]"
        return ""

    def _most_bytes(self) -> int:
        assert self._account is not None
        small = ADVERTISED_BYTES if self._small_bytes is None else self._small_bytes
        return min(small, self._account[0].message_bytes)

    def _forget_message(self) -> None:
        if self._arriving is not None:
            self._arriving.draft.discard()
        self._arriving = None
        self._sender = None
        self._recipients = []
        self._binary = False
        self._drop_after = None


class _Arriving:
    """A message on its way in: its header is looked at, the rest goes into the draft piece by piece.

    `dotted`: it came with DATA, so a dot on a line of its own ends it, and other lines
    that begin with a dot have one more.
    """

    def __init__(self, draft: Draft, most_bytes: int, dotted: bool) -> None:
        self.draft = draft
        self.dotted = dotted
        self.size = 0
        self.head = bytearray()
        self._bare = False  # a CR or LF stood alone somewhere
        self._most_bytes = most_bytes
        self._head_done = False
        self._line_start = b"\r\n" if dotted else b""  # the message's first line begins a line, too
        self._carry = b""
        self._cr = b""  # a CR at the end of what came, of which nobody knows yet whether it stands alone

    def take(self, buffer: bytearray) -> bool:
        """Take the message's bytes out of `buffer`; whether the message has ended."""
        data = self._line_start + self._carry + bytes(buffer)
        dots = _line_with_dot(data)
        end = data.find(_MARK) if dots else -1
        if end >= 0:
            taken = len(data) - len(buffer)
            del buffer[: end + len(_MARK) - taken]
            body, self._carry = data[: end + 2], b""
        else:
            buffer.clear()
            # What may be the begin of the mark, or of a doubled dot, waits for what comes next.
            cut = data.find(b"\r", max(len(self._line_start), len(data) - 4))
            cut = len(data) if cut < 0 else cut
            if len(data) < 5 and self._line_start:
                self._carry = data[len(self._line_start) :]
                return False
            body, self._carry = data[:cut], data[cut:]
        text = body.replace(b"\r\n.", b"\r\n") if dots else body
        text = text[len(self._line_start) :]
        self._line_start = b""
        self.store(text)
        return end >= 0

    def has_bare_line_ends(self) -> bool:
        return self._bare or bool(self._cr)

    def store(self, data: bytes | bytearray) -> None:
        text = self._cr + data if self._cr else data
        self._cr = b"\r" if text.endswith(b"\r") else b""
        rest = b"".join(text.split(b"\r\n"))
        if b"\n" in rest or b"\r" in (rest[:-1] if self._cr else rest):
            self._bare = True
        self.size += len(data)
        if not self._head_done:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end >= 0:
                del self.head[end + 4 :]
            self._head_done = end >= 0 or len(self.head) > _LONGEST_HEADER
        if self.size <= self._most_bytes:
            self.draft.write(data)


def _line_with_dot(data: bytes) -> bool:
    """Whether a line but the first begins with a dot. Dots are rare in mail: one byte is found much sooner than three."""
    at = data.find(b".")
    while at >= 0:
        if at >= 2 and data.startswith(b"\r\n", at - 2):
            return True
        at = data.find(b".", at + 1)
    return False


def _parameters(text: str, known: dict[str, str]) -> dict[str, str] | None:
    """ESMTP parameters by their names; None when there is one that was not offered, has a wrong value, or stands twice."""
    parameters: dict[str, str] = {}
    for word in text.split():
        name, _, value = word.partition("=")
        name = name.upper()
        if name not in known or name in parameters or not re.fullmatch(known[name], value, re.IGNORECASE):
            return None
        parameters[name] = value
    return parameters


def _has_mailbox(directory: Directory, address: str) -> bool:
    found = directory.find(address)
    return found is not None and found[1].mailbox


def _printable(text: str) -> str:
    return "".join(character if " " < character <= "~" else "?" for character in text[:255])
