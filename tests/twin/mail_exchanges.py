"""Mail sessions as data, and who plays them: runs on CPython and MicroPython alike, and prints the same on both.

`REPLIES` has each reply of the cloud at its step (cloud-facts 4.4, 4.5) with what it must mean. Start at `talk`.
"""

import asyncio
import binascii
import hashlib

from firmware.jobs.codes import code_for
from firmware.mail import checks, mime, xoauth2
from firmware.mail.sender import Route, send
from firmware.mail.smtp import MailError, ReplyParser, Submission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TOKEN = "eyJ0eXAiOiJKV1QiLCJub25jZSI6" + "0123456789abcdef" * 100
TAIL = b" [FR4P281CA0123.DEUP281.PROD.OUTLOOK.COM 2025-11-23T10:00:00.000Z 08DE1234567890AB]\r\n"
HELLO_CLEAR = (
    b"250-FR4P281CA0123.outlook.office365.com Hello [203.0.113.5]\r\n250-SIZE 157286400\r\n250-PIPELINING\r\n250-DSN\r\n"
    b"250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n250-8BITMIME\r\n250-BINARYMIME\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n"
)
HELLO_TLS = HELLO_CLEAR.replace(b"STARTTLS", b"AUTH LOGIN XOAUTH2")

# One reply a step, in order (cloud-facts 4.2).
STEPS = ("greeting", "hello", "starttls", "hello_in_tls", "auth", "token", "mail", "rcpt", "data", "dot", "quit")
GOOD = (
    b"220 FR4P281CA0123.outlook.office365.com Microsoft ESMTP MAIL Service ready at Sun, 23 Nov 2025 10:00:00 +0000\r\n",
    HELLO_CLEAR,
    b"220 2.0.0 SMTP server ready\r\n",
    HELLO_TLS,
    b"334 \r\n",
    b"235 2.7.0 Authentication successful\r\n",
    b"250 2.1.0 Sender OK\r\n",
    b"250 2.1.5 Recipient OK\r\n",
    b"354 Start mail input; end with <CRLF>.<CRLF>\r\n",
    b"250 2.0.0 OK <1@scanpost.invalid> [Hostname=FR4P281MB0001.DEUP281.PROD.OUTLOOK.COM]\r\n",
    b"221 2.0.0 Service closing transmission channel\r\n",
)

_DISABLED = b"535 5.7.139 Authentication unsuccessful, "
_SEND_AS = (
    b"554 5.2.252 SendAsDenied; printer@bureau.example not allowed to send as boss@bureau.example; STOREDRV.Submission."
    b"Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to a permanent exception "
    b"with message [BeginDiagnosticData]Cannot submit message. "
    + b"0.35250:CA000000, 1.36674:0A000000, " * 50
    + b"\r\n"
)

# (step, reply, kind, transient, code)
REPLIES = (
    ("token", b"535 5.7.3 Authentication unsuccessful" + TAIL, "auth_refused", False, 312),
    ("token", b"535-5.7.8 Bad credentials\r\n535 5.7.8 https://example.org/\r\n", "auth_refused", False, 312),
    (
        "token",
        _DISABLED + b"SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for "
        b"more information." + TAIL,
        "smtp_auth_disabled_tenant",
        False,
        312,
    ),
    (
        "token",
        _DISABLED
        + b"SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for "
        b"more information." + TAIL,
        "smtp_auth_disabled_mailbox",
        False,
        312,
    ),
    (
        "token",
        _DISABLED
        + b"user is locked by your organization's security defaults policy. Contact your administrator."
        + TAIL,
        "security_defaults",
        False,
        312,
    ),
    (
        "token",
        _DISABLED
        + b"the request did not meet the criteria to be authenticated successfully. Contact your administrator."
        + TAIL,
        "conditional_access",
        False,
        312,
    ),
    ("token", _DISABLED + b"basic authentication is disabled." + TAIL, "basic_auth", False, 312),
    ("token", _DISABLED + b"the user credentials were incorrect." + TAIL, "basic_auth", False, 312),
    ("token", _DISABLED + b"account locked." + TAIL, "auth_policy", False, 312),
    (
        "token",
        b"550 5.7.30 Basic authentication is not supported for Client Submission." + TAIL,
        "basic_auth",
        False,
        312,
    ),
    ("token", b"454 4.7.0 Temporary authentication failure" + TAIL, "throttled", True, 313),
    ("token", b"235 2.7.0 ok\r\n250 2.1.0 early\r\n", "protocol", False, 313),
    ("token", b"250 2.0.0 OK\r\n", "protocol", False, 313),
    ("auth", b"504 5.7.4 Unrecognized authentication type" + TAIL, "auth_not_offered", False, 312),
    ("auth", b"235 2.7.0 Authentication successful\r\n", "protocol", False, 313),
    ("auth", b"432 4.3.2 Concurrent connections limit exceeded." + TAIL, "throttled", True, 313),
    ("hello_in_tls", HELLO_TLS.replace(b" XOAUTH2", b" PLAIN"), "auth_not_offered", False, 312),
    ("hello_in_tls", HELLO_CLEAR, "auth_not_offered", False, 312),
    ("hello_in_tls", HELLO_TLS.replace(b"SIZE 157286400", b"SIZE 1000"), "too_large", False, 314),
    ("mail", b"530 5.7.57 Client not authenticated to send mail" + TAIL, "auth_not_offered", False, 312),
    ("mail", b"530 5.7.0 Must issue a STARTTLS command first\r\n", "starttls_missing", False, 352),
    (
        "mail",
        b"550 5.7.60 SMTP; Client does not have permissions to send as this sender\r\n",
        "sender_refused",
        False,
        371,
    ),
    ("mail", b"552 5.3.4 Message size exceeds fixed maximum message size\r\n", "too_large", False, 314),
    ("mail", b"553 5.7.1 Sender address rejected: not owned by user\r\n", "sender_refused", False, 371),
    ("rcpt", b"550 5.1.10 RESOLVER.ADR.RecipientNotFound\r\n", "recipient_refused", False, 373),
    ("rcpt", b"550 5.1.1 <b@bureau.example>: Recipient address rejected\r\n", "recipient_refused", False, 373),
    ("rcpt", b"452 4.2.2 Mailbox full for now\r\n", "throttled", True, 313),
    (
        "data",
        b"550 5.7.60 SMTP; Client does not have permissions to send as this sender\r\n",
        "sender_refused",
        False,
        371,
    ),
    ("data", b"354 go\r\n250 2.0.0 OK before the mail\r\n", "protocol", False, 313),
    ("dot", _SEND_AS, "sender_refused", False, 371),
    ("dot", b"554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException\r\n", "sender_refused", False, 371),
    ("dot", b"432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded\r\n", "throttled", True, 313),
    ("dot", b"554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException\r\n", "daily_limit", False, 313),
    ("dot", b"554 5.2.2 STOREDRV.Submission.Exception:QuotaExceededException\r\n", "mailbox_full", False, 372),
    ("dot", b"552 5.2.2 Mailbox full\r\n", "mailbox_full", False, 372),
    ("dot", b"552 5.3.4 Message size exceeds fixed maximum message size\r\n", "too_large", False, 314),
    ("dot", b"550 5.1.8 Access denied, bad outbound sender\r\n", "refused", False, 374),
    ("dot", b"550 5.7.501 Access denied, spam abuse detected\r\n", "refused", False, 374),
    ("dot", b"550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant\r\n", "refused", False, 374),
    ("dot", b"550 5.7.708 Access denied, traffic not accepted from this IP\r\n", "refused", False, 374),
    ("dot", b"451 4.7.0 Temporary server error. Please try again later.\r\n", "throttled", True, 313),
    ("dot", b"", "connection", True, 313),
    ("greeting", b"421 4.3.2 Service not available\r\n", "throttled", True, 313),
    ("greeting", b"554 5.7.1 No SMTP service here\r\n", "refused", False, 374),
    ("greeting", b"HTTP/1.1 400 Bad Request\r\n", "protocol", False, 313),
    ("greeting", b"", "connection", True, 313),
    ("hello", b"502 5.5.1 Command not implemented\r\n", "starttls_missing", False, 352),
    ("hello", HELLO_CLEAR.replace(b"STARTTLS", b"AUTH LOGIN XOAUTH2"), "starttls_missing", False, 352),
    ("starttls", b"454 4.7.0 TLS not available due to temporary reason\r\n", "starttls_missing", True, 352),
    ("starttls", b"502 5.5.1 Command not implemented\r\n", "starttls_missing", False, 352),
    ("starttls", b"530 5.7.0 Authentication required\r\n", "starttls_missing", False, 352),
    ("starttls", b"354 go ahead\r\n", "protocol", False, 313),
    ("starttls", b"220 2.0.0 ready\r\n250-AUTH XOAUTH2\r\n250 OK\r\n", "protocol", False, 313),
    ("starttls", b"220 2.0.0 ready\r\n2", "protocol", False, 313),
)

# What is not a reply, or too much of one (SM-06, SM-10).
GARBAGE = (
    b"2 50 ok\r\n",
    b"\r\n",
    b"25\r\n",
    b"1234 ok\r\n",
    b"120 wait\r\n",
    b"600 ok\r\n",
    b"25\xb2 ok\r\n",
    b"\x16\x03\x01\x02\x00\n",
    b"250+ok\r\n",
    b"250-a\r\n251 b\r\n",
    b"250-more\r\n" * 1000,
    b"250-" + b"x" * 500 + b"\r\n" + (b"250-" + b"y" * 500 + b"\r\n") * 40,
    b"250 " + b"z" * 100_000,
    b"250 " + b"z" * 5000 + b"\r\n",
    b"334 " + b"QUJD" * 16384 + b"\r\n",
)

BLOCKS = (b"Subject: dots\r\n\r\n.one\r\n..two\r", b"\n", b".three\r\n", b".", b"\r", b"\n.four\r\n.", b"")


def replaced(step: str, reply: bytes) -> "list[bytes]":
    """The good replies, with `reply` at `step`."""
    script = list(GOOD)
    script[STEPS.index(step)] = reply
    return script


def talk(
    script: "list[bytes]",
    secure: str = "starttls",
    recipients: "tuple[str, ...]" = ("b@bureau.example",),
    blocks: "tuple[bytes, ...]" = BLOCKS,
    cut: int = 0,
    sender: str = "a@bureau.example",
) -> "tuple[bytes, Submission]":
    """Play a session against a server that gives the next reply of `script` when it is asked; what went over the wire.

    `cut`: bytes that arrive at once, 0 for a whole reply.
    """
    session = Submission(secure, "[192.0.2.10]", sender, list(recipients), 1234)
    wire = b""
    replies = list(script)
    rest = b""
    while True:
        what, value = session.next_action()
        if what == "read":
            assert isinstance(value, int) and value > 0
            if not rest and replies:
                rest = replies.pop(0)
            n = cut or len(rest)
            session.receive(rest[:n])
            rest = rest[n:]
        elif what == "send":
            wire += value
        elif what == "start_tls":
            wire += b"<TLS>\n"
        elif what == "token":
            wire += b"<TOKEN>\n"
        elif what == "body":
            for block in blocks[:-1]:
                wire += session.body(block)
            wire += session.body_end(blocks[-1])
        else:
            assert what == "done" and value is session.result
            return wire, session


def outcome(session: Submission) -> "tuple[str, str, bool, int]":
    result = session.result
    assert result is not None
    return result.kind, result.text, result.transient, code_for(result.kind) if result.kind != "sent" else 0


NAMES = (
    "scan.pdf",
    "skenuota ąčęėįšųūž ĄČĘĖĮŠŲŪŽ.pdf",
    "sąskaita „faktūra“ – 2025.pdf",
    "🖨️📄 scan 🧾.pdf",
    "🧾" * 200,
    "quotes \" and \\ and ; and ' %41.pdf",
    "a" * 255,
    " spaces  inside ",
    "=?utf-8?B?QUJD?=",
    "../../etc/passwd",
    ".",
    "no extension",
    "x." + "e" * 100,
)
BAD_NAMES = ("", "a\r\nBcc: x@y", "a\nb", "a\rb", "a\0b", "a\tb", "x" * 256, "a\x7f")
ADDRESSES = (
    "a@b",
    "printer@bureau.example",
    "o'brien+scan@mail.bureau.example",
    "a" * 64 + "@bureau.example",
    "a.b.c@d.e",
)
BAD_ADDRESSES = (
    "",
    "a",
    "a@",
    "@b",
    "a@b\r\nBcc: c@d",
    "a@b\n",
    "a\0@b",
    "a b@c",
    "<a@b>",
    "a@b>",
    "a@b,c@d",
    '"a b"@c',
    "a..b@c",
    ".a@c",
    "a.@c",
    "a@b@c",
    "a@-b",
    "a@b..c",
    "a@b.",
    "a@[192.0.2.1]",
    "a@b c",
    "a@b_c",
    "a" * 65 + "@b",
    "a@" + ("b" * 60 + ".") * 5 + "example",
    "ąžuolas@bureau.example",
    "a@ąžuolas.example",
    "a@b\x7f",
)
DATES = (0, 951782400, 951868799, 1709164800, 1735689599, 1763896800, 4102444800, 253402300799)


def message(name: str = "scan.pdf", document_size: int = 0, text: str = "", **changes: "Any") -> mime.Message:
    fields: dict[str, Any] = {
        "from_": "printer@bureau.example",
        "to": ["ona@bureau.example"],
        "subject": name,
        "date_s": 1763892000,
        "message_id": "<0123456789abcdef01234567@scanpost.invalid>",
        "content_type": "application/pdf",
    }
    fields.update(changes)
    return mime.Message(name=name, document_size=document_size, text=text, **fields)


def whole(mail: mime.Message, document: bytes, n: int = 8192) -> bytes:
    """The mail with `document`, which comes in chunks of `n` bytes."""
    data = mail.header
    for i in range(0, len(document), n):
        for block in mail.body(document[i : i + n]):
            data += block
    return data + mail.trailer()


def pattern(n: int) -> bytes:
    """`n` bytes in which no two blocks are alike."""
    return bytes([(i * 7 + i // 251) & 255 for i in range(n)])


def refusal(function: "Any", *arguments: "Any", **named: "Any") -> str:
    """The message key with which `function` refuses, "" when it does not."""
    try:
        function(*arguments, **named)
    except ValueError as error:
        return str(error)
    return ""


def parsed(data: bytes, cut: int) -> "list[tuple[int, list[str]]] | str":
    """The replies in `data`, or why it has none."""
    parser = ReplyParser()
    replies = []
    try:
        for i in range(0, len(data), cut):
            parser.feed(data[i : i + cut])
            reply = parser.next()
            while reply is not None:
                replies.append((reply.code, reply.lines))
                reply = parser.next()
    except MailError as error:
        return error.result.kind
    return replies


class Interface:
    """The network too: everything that `send` is given, so that one object plays the world."""

    address = "192.0.2.10"

    def __init__(self, script: "list[bytes]", document: bytes) -> None:
        self.script = script
        self.document = document
        self.wire = b""
        self.closed = 0
        self.ticks = 0
        self.told: list[int] = []

    def ticks_ms(self) -> int:
        self.ticks += 1
        return self.ticks

    async def connect(self, host: str, port: int, interface: "Any", timeout_ms: int) -> "Interface":
        self.wire += f"<CONNECT {host}:{port}>\n".encode()
        return self

    async def read(self, n: int = 8192, timeout_ms: int = 0) -> bytes:
        if not timeout_ms:  # the scanner
            chunk = self.document[:n]
            self.document = self.document[n:]
            return chunk
        return self.script.pop(0) if self.script else b""

    async def write(self, data: bytes, timeout_ms: int) -> None:
        self.wire += data

    async def start_tls(self, host: str, ca: "Any", verify: bool, timeout_ms: int) -> None:
        self.wire += f"<TLS {host} {ca} {verify}>\n".encode()

    async def close(self) -> None:
        self.closed += 1


def digest(data: bytes) -> str:
    return binascii.hexlify(hashlib.sha256(data).digest()).decode()[:16]


def report() -> None:
    """All of the above, as lines that must be the same on both interpreters."""
    for step, reply, _, _, _ in REPLIES:
        wire, session = talk(replaced(step, reply))
        print(step, reply[:40], digest(wire), outcome(session))
    for data in GARBAGE:
        print(data[:20], [parsed(data, cut) for cut in (1, 7, 1_000_000)])
    for cut in (0, 1, 2, 3, 5, 100):
        print(cut, digest(talk(list(GOOD), cut=cut)[0]))
    for name in NAMES:
        print(whole(message(name), b""))
        for character in name[:3]:
            print(mime._ascii_name(character))
    for name in BAD_NAMES:
        print(refusal(checks.check_name, name))
    for address in ADDRESSES + BAD_ADDRESSES:
        print(refusal(checks.check_address, address))
    for date_s in DATES:
        print(mime.date(date_s))
    for size in (0, 1, 56, 57, 58, 4103, 4104, 4105, 8192, 20_000):
        document = pattern(size)
        for n in (1, 57, 1000, 8192, 20_000):
            mail = message(document_size=size)
            data = whole(mail, document, n)
            print(size, n, digest(data), len(data) == mail.size)
    print(xoauth2.response("printer@bureau.example", TOKEN))
    print(refusal(xoauth2.response, "a\x01b", TOKEN), refusal(xoauth2.response, "a@b", TOKEN + "\r\n"))
    for document in (pattern(20_000), pattern(19_999), pattern(20_001)):
        world: Any = Interface(list(GOOD), document)
        route = Route("smtp.bureau.example", 587, "starttls", None, True)
        mail = message(document_size=20_000)
        result = asyncio.run(send(world, world, world, route, "a@b", TOKEN, mail, world, world.told.append))
        print(result.kind, result.text, digest(world.wire), world.told, world.closed)


if __name__ == "__main__":
    report()
