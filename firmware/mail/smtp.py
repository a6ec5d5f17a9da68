"""SMTP submission as a client: STARTTLS, XOAUTH2, one mail (RFC 5321, 3207, 4954, 1870). Pure: no I/O, no token.

Start at `Submission`; its `_submit` reads like the session. Whoever drives it asks `next_action` what to do, does it, and
hands what the server said to `receive`, in any pieces. There is no way to AUTH without TLS. Nothing is pipelined, so
bytes that come unasked are somebody else's (RFC 3207 6) and end the session. Only the final 250 makes it "sent".
What a refusal means is in `firmware/mail/refusals.py`.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    Action = tuple[str, Any]
    Steps = Generator[Action, None, Any]

# How long to wait for each reply as a whole. RFC 5321 4.5.3.2 gives 5 minutes up to DATA; a printer that somebody stands
# at gives up sooner, which is safe there: before the dot nothing was sent, and the job is tried again.
_COMMAND_MS = const(120_000)
_DATA_MS = const(120_000)  # RFC 5321 4.5.3.2.4
BLOCK_MS = const(180_000)  # RFC 5321 4.5.3.2.5
_DOT_MS = const(600_000)  # RFC 5321 4.5.3.2.6: sooner means mails that arrive twice
_QUIT_MS = const(5_000)  # the mail is through or refused already

# RFC 5321 4.5.3.1.5 has 512, but Exchange puts kilobytes of diagnostic data into one line.
_LONGEST_LINE = const(4096)
_LONGEST_REPLY = const(8192)
_MOST_LINES = const(100)

_LONGEST_TEXT = const(300)  # of the server's words that are kept
_LONGEST_WORD = const(64)  # a longer one is no word of a sentence: it might be a token
_MOST_SIZE_DIGITS = const(12)

TLS, AUTH, MAIL = const(0), const(1), const(2)  # how far a session goes


class Result:
    """How a mail ended. `kind` is "sent" or one of those of `firmware.jobs.codes`; `text`: the server's words, fit to be
    shown; `transient`: whether trying again may help.
    """

    def __init__(self, kind: str, text: str = "", transient: bool = False) -> None:
        self.kind = kind
        self.text = text
        self.transient = transient


class MailError(Exception):
    """The mail was not sent."""

    def __init__(self, kind: str, text: str = "", transient: bool = False) -> None:
        super().__init__(kind)
        self.result = Result(kind, text, transient)


class Reply:
    def __init__(self, code: int, lines: "list[str]") -> None:
        self.code = code
        self.lines = lines  # without their codes; printable ASCII

    def status(self) -> str:
        """The enhanced code (RFC 3463), such as "5.7.139", or ""."""
        word = self.lines[0].split(" ")[0]
        parts = word.split(".")
        return word if len(parts) == 3 and all(part.isdigit() for part in parts) else ""

    def text(self) -> str:
        """The reply as it may be shown and kept."""
        words = " ".join(self.lines).split(" ")
        words = [word if len(word) <= _LONGEST_WORD else "..." for word in words]
        return (str(self.code) + " " + " ".join(words))[:_LONGEST_TEXT].strip()


class ReplyParser:
    """Cuts what the server sends into replies. Bounded; everything that is not a reply is a MailError("protocol")."""

    def __init__(self) -> None:
        self._rest = b""
        self._code = b""
        self._lines: "list[str]" = []
        self._taken = 0  # bytes of this reply so far

    def feed(self, data: bytes) -> None:
        self._rest += data

    def pending(self) -> bool:
        """Whether there is more than the replies that were taken."""
        return bool(self._rest)

    def next(self) -> "Reply | None":
        """The next whole reply, or None until more comes. Raises MailError."""
        while True:
            end = self._rest.find(b"\n")
            if (end if end >= 0 else len(self._rest)) > _LONGEST_LINE:
                raise MailError("protocol", "line too long")
            if end < 0:
                return None
            line = self._rest[:end]
            self._rest = self._rest[end + 1 :]
            if self._line(line[:-1] if line[-1:] == b"\r" else line):
                reply = Reply(int(self._code), self._lines)
                self._code = b""
                self._lines = []
                self._taken = 0
                return reply

    def _line(self, line: bytes) -> bool:
        """Take one line; whether it was the reply's last. The last may be its bare code (RFC 5321 4.2)."""
        code = line[:3]
        mark = line[3:4]
        if len(code) < 3 or not code.isdigit() or code[0] not in b"2345" or mark not in (b" ", b"-", b""):
            raise MailError("protocol", "not a reply")
        if self._code not in (b"", code):
            raise MailError("protocol", "codes of one reply differ")
        self._code = code
        self._lines.append(_printable(line[4:]))
        self._taken += len(line)
        if len(self._lines) > _MOST_LINES or self._taken > _LONGEST_REPLY:
            raise MailError("protocol", "reply too long")
        return mark != b"-"


def _printable(words: bytes) -> str:
    """`words` as text; what is not printable ASCII becomes "?"."""
    if not words or (min(words) >= 32 and max(words) < 127):
        return str(words, "ascii")
    return "".join([chr(byte) if 32 <= byte < 127 else "?" for byte in words])


class Submission:
    """One session that submits one mail.

    `secure`: "tls" is TLS from the first byte; everything else means STARTTLS. `client_name`: host name or address literal
    for EHLO. `sender`, `recipients`: checked addresses. `size`: bytes of the mail. `upto`: MAIL, or TLS or AUTH to look only
    how far one gets; then the result is "ready".
    """

    def __init__(
        self, secure: str, client_name: str, sender: str, recipients: "list[str]", size: int, upto: int = MAIL
    ) -> None:
        self._upto = upto
        self._secure = secure
        self._client_name = client_name
        self._sender = sender
        self._recipients = recipients
        self._size = size
        self._replies = ReplyParser()
        self._ended = False
        self._tail = b"\r\n"  # the last two bytes of the body so far
        self._steps = self._session()
        self.result: "Result | None" = None  # as soon as it is certain; what follows is courtesy

    def next_action(self) -> "Action":
        """What to do now: ("read", within how many ms) and hand it to `receive`; ("send", bytes); ("start_tls", None);
        ("token", None): send the XOAUTH2 response and CRLF; ("body", None): send `body(...)` of each block of the mail,
        with `body_end` of the last; ("done", result).

        Deadlines are for all the reads between two other actions together.
        """
        for action in self._steps:
            return action
        return "done", self.result

    def receive(self, data: bytes) -> None:
        """Take what the server sent; b"" is the end of the stream."""
        self._replies.feed(data)
        self._ended = not data

    def body(self, block: "bytes | bytearray") -> "bytes | bytearray":
        """`block` as it goes over the wire: a dot at the start of a line is doubled (RFC 5321 4.5.2)."""
        before = self._tail
        self._tail = (before + block[-2:])[-2:]
        if b"." in block and (b"\r\n." in block or b"\r\n." in before + block[:2]):  # base64 has none
            return (before + block).replace(b"\r\n.", b"\r\n..")[2:]
        return block

    def body_end(self, block: bytes) -> "bytes | bytearray":
        """The last block, and the end of the mail."""
        data = self.body(block)
        return data + (b".\r\n" if self._tail == b"\r\n" else b"\r\n.\r\n")

    def _session(self) -> "Steps":
        try:
            yield from self._submit()
        except MailError as failure:
            self.result = failure.result
            if failure.result.kind in ("protocol", "connection"):
                return  # nobody there who speaks SMTP
        yield "send", b"QUIT\r\n"
        yield "read", _QUIT_MS

    def _submit(self) -> "Steps":
        if self._secure == "tls":
            yield "start_tls", None
        yield from self._reply("greeting", 220)
        if self._secure != "tls":
            if "STARTTLS" not in (yield from self._hello("hello")):
                raise MailError("starttls_missing")
            yield from self._command("STARTTLS", "starttls", 220)
            yield "start_tls", None
        capabilities = yield from self._hello("hello_in_tls")  # what was said in clear counts no more (RFC 3207 4.2)

        if "XOAUTH2" not in capabilities.get("AUTH", "").split(" "):
            raise MailError("auth_not_offered")
        if self._upto == TLS:
            self.result = Result("ready")
            return
        yield from self._command("AUTH XOAUTH2", "auth", 334)
        yield "token", None
        reply = yield from self._reply("auth", 235, 334)
        if reply.code == 334:  # the reason, for machines; the refusal comes after an empty line
            yield from self._command("", "auth", 0)
        if self._upto == AUTH:
            self.result = Result("ready")
            return

        mail = "MAIL FROM:<" + self._sender + ">"
        most = capabilities.get("SIZE")
        if most is not None:
            mail += " SIZE=" + str(self._size)
            if most.isdigit() and len(most) <= _MOST_SIZE_DIGITS and 0 < int(most) < self._size:
                raise MailError("too_large", "SIZE " + most)
        yield from self._command(mail, "mail", 250)
        for recipient in self._recipients:
            yield from self._command("RCPT TO:<" + recipient + ">", "rcpt", 250, 251)
        yield from self._command("DATA", "data", 354)
        yield "body", None
        reply = yield from self._reply("dot", 250)
        self.result = Result("sent", reply.text())

    def _hello(self, step: str) -> "Generator[Action, None, dict[str, str]]":
        """Say EHLO; what the server can: keyword -> parameters, in capitals."""
        reply = yield from self._command("EHLO " + self._client_name, step, 250)
        capabilities = {}
        for line in reply.lines[1:]:
            keyword, _, parameters = line.upper().partition(" ")
            capabilities[keyword] = parameters
        return capabilities

    def _command(self, line: str, step: str, *expected: int) -> "Generator[Action, None, Reply]":
        if "\r" in line or "\n" in line:
            raise ValueError("smtp: a line break in a command")
        yield "send", (line + "\r\n").encode()
        return (yield from self._reply(step, *expected))

    def _reply(self, step: str, *expected: int) -> "Generator[Action, None, Reply]":
        """The server's next reply, which must have one of the codes `expected`. Raises MailError."""
        reply = self._replies.next()
        while reply is None:
            if self._ended:
                raise MailError("connection", "", True)
            yield "read", _DOT_MS if step == "dot" else _DATA_MS if step == "data" else _COMMAND_MS
            reply = self._replies.next()
        if reply.code >= 400:
            raise _refusal(step, reply)
        if reply.code not in expected:
            raise MailError("protocol", reply.text())
        if step != "dot" and self._replies.pending():
            raise MailError("protocol", "more than one reply")
        return reply


def _refusal(step: str, reply: Reply) -> MailError:
    """What a 4xx or 5xx at `step` means."""
    if reply.code < 500:
        return MailError("starttls_missing" if step == "starttls" else "throttled", reply.text(), True)
    from firmware.mail.refusals import kind_of

    return MailError(kind_of(step, reply.code, reply.status(), " ".join(reply.lines).lower()), reply.text())
