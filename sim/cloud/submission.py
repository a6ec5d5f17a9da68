"""SMTP submission as a server speaks it (RFC 5321, 3207, 4954, 1870, 3030): lines, states, messages. No I/O.

`Submission.receive` takes what a client sent, cut anywhere, and returns what to do: bytes to send, `STARTTLS` (turn to TLS
now; whatever came with the command is forgotten), `CLOSE`, or `SILENCE` (say nothing more: a fault's). Stricter than most
servers and never laxer: lines end in CRLF and nothing else, and a message ends at CRLF.CRLF and nowhere else. A mail service
is a subclass: its words, how it tells who somebody is, and its rules (`sim.cloud.exchange`, `sim.cloud.gateway`).
"""

from __future__ import annotations

import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from sim.cloud.faults import Faults
from sim.cloud.faxes import Faxes, Unfaxable, fax_document
from sim.cloud.mailboxes import Attachment, Draft, Mailboxes, header_text, headers

STARTTLS = "starttls"
CLOSE = "close"
SILENCE = "silence"
Action = bytes | str
Json = dict[str, Any]

_LONGEST_LINE = 2048  # of a command: RFC 5321's 512 and what its extensions add
_LONGEST_AUTH_LINE = 12_288  # RFC 4954 4
_LONGEST_HEADER = 256 * 1024
_MOST_RECIPIENTS = 500
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


class MailService:
    """What the sessions of one service share. `where`: its name in traces and among the faults."""

    where = "smtp"

    def __init__(
        self,
        mailboxes: Mailboxes,
        faxes: Faxes,
        faults: Faults,
        now: Callable[[], float],
        random: random.Random,
        on_event: Callable[[Json], None],
    ) -> None:
        self.mailboxes = mailboxes
        self.faxes = faxes
        self.faults = faults
        self.now = now
        self.random = random
        self.on_event = on_event
        self.sessions = 0  # so far


class Submission(ABC):
    """A session with who connects from `peer` ("address:port"); begin with its `greeting`, end with `closed`.

    `tls`: the connection is in TLS already (RFC 8314). `WORDS`: the service's replies; "{tail}" is what ends some of them.
    """

    WORDS: ClassVar[dict[str, str]]
    MECHANISMS: ClassVar[str]
    MAIL_PARAMETERS: ClassVar[dict[str, str]]
    RCPT_PARAMETERS: ClassVar[dict[str, str]] = {}
    VERBS: ClassVar[tuple[str, ...]]

    def __init__(self, service: MailService, peer: str, tls: bool = False) -> None:
        service.sessions += 1
        self.service = service
        self._number = service.sessions
        self._address = (peer.rpartition(":")[0] or peer).strip("[]")
        self._id = f"{service.random.getrandbits(64):016X}"
        self._offers_starttls = self._fault("no-starttls") is None
        mechanisms = self._fault("mechanisms")
        self._mechanisms: str = mechanisms["text"] if mechanisms else self.MECHANISMS
        small = self._fault("size-small")
        self._small_bytes: int | None = small["bytes"] if small else None
        self._buffer = bytearray()
        self._actions: list[Action] = []
        self._over = False  # nothing that still comes counts
        self._tls = tls
        self._errors = 0
        self._greeted = False  # EHLO or HELO was said, since TLS if there is TLS
        self._signed_in = False
        self._answer: Callable[[str], None] | None = None  # who gets the next line, in an AUTH exchange
        self._arriving: Arriving | None = None  # the message, once DATA or BDAT has begun it
        self._chunk_left = 0  # bytes of a BDAT chunk still to come
        self._last_chunk = False
        self._chunk_bytes = 0
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._binary = False
        self._drop_after: Json | None = None
        self._document: Attachment | None = None  # of a message that is a fax

    # --- what a service gives ---

    @abstractmethod
    def _greeting(self) -> str:
        """After "220 "."""

    @abstractmethod
    def _hello(self) -> str:
        """The first line of the answer to EHLO and HELO, after "250 "."""

    @abstractmethod
    def _capabilities(self) -> list[str]:
        """The other lines of the answer to EHLO."""

    @abstractmethod
    def _sign_in(self, mechanism: str, initial: str) -> None:
        """AUTH with one of the mechanisms offered; `initial` is the initial response, "" when there is none."""

    @abstractmethod
    def _sender_objection(self, address: str) -> str:
        """Why mail from `address` is refused at MAIL, "" when it is not; so are the next two."""

    @abstractmethod
    def _recipient_objection(self, address: str) -> str: ...

    @abstractmethod
    def _objection(self, arriving: Arriving, head: dict[str, list[str]]) -> str:
        """At the end of the message, which is not too large and has no bare line ends."""

    @abstractmethod
    def _deliver(self, arriving: Arriving, head: dict[str, list[str]]) -> None:
        """Bring the message to its recipients; on return it will not be lost."""

    @abstractmethod
    def _thanks(self, head: dict[str, list[str]]) -> str:
        """The reply to a message that was delivered."""

    @abstractmethod
    def _most_bytes(self) -> int:
        """The largest message that is taken now."""

    def _security(self) -> list[str]:
        """The lines about STARTTLS and AUTH in the answer to EHLO."""
        if self._tls:
            return [f"AUTH {self._mechanisms}"] if self._mechanisms else []
        return ["STARTTLS"] if self._offers_starttls else []

    def _tail(self) -> str:
        return ""

    def _left(self) -> None:  # noqa: B027 - most services have nothing to do then
        """The client has gone."""

    def _text(self, key: str) -> str:
        text = self.WORDS[key]
        return text.replace("{tail}", self._tail()) if "{tail}" in text else text

    def _fault(self, *kinds: str, step: str | None = None) -> Json | None:
        return self.service.faults.take(self.service.where, *kinds, step=step)

    # --- in and out ---

    def greeting(self) -> list[Action]:
        if not self._struck("greeting"):
            self._reply("220 " + self._greeting())
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
                    self._reply(self._text("line-too-long"))
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
        self._reply(self._text("timed-out"))
        self._close()
        return self._taken()

    def closed(self) -> None:
        """The connection is gone."""
        self._over = True
        self._forget_message()
        self._left()

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
            self._reply(self._text("too-many-errors"))
            self._close()

    def _close(self) -> None:
        self._over = True
        self._actions.append(CLOSE)

    def _event(self, **what: object) -> None:
        self.service.on_event({"where": self.service.where, "session": self._number, **what})

    def _struck(self, step: str) -> bool:
        """Whether a fault answers at this step in the server's place."""
        fault = self._fault(*_AT_STEPS, step=step)
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
            self._reply(self._text("busy"))
        else:
            self._reply(self._text("unavailable"))
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
        if verb not in self.VERBS or (len(raw) > _LONGEST_LINE and verb != "AUTH"):
            self._event(command="<not a command>")  # it might be a token
            self._error(self._text("unknown-command"))
            return
        line = raw.decode("utf-8", "replace")
        rest = line[len(verb) :].strip(" ")
        shown = f"AUTH {rest.partition(' ')[0][:20]} <token>" if " " in rest else f"AUTH {rest[:20]}"
        self._event(command=shown if verb == "AUTH" else f"{verb} {rest[:200]}".rstrip())
        if not rest.isprintable() or "\ufffd" in rest:
            self._error(self._text("bad-arguments"))  # a bare CR, a bare LF or NUL ends nothing and belongs nowhere
            return
        if not self._struck("ehlo" if verb == "HELO" else verb.lower()):
            getattr(self, f"_{verb.lower()}")(rest)

    def _ehlo(self, rest: str) -> None:
        if not rest:
            self._error(self._text("bad-name"))
            return
        self._greeted = True
        self._forget_message()
        lines = [self._hello(), *self._capabilities()]
        self._reply(*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")

    def _helo(self, rest: str) -> None:
        if not rest:
            self._error(self._text("bad-name"))
            return
        self._greeted = True
        self._forget_message()
        self._reply(f"250 {self._hello()}")

    def _starttls(self, rest: str) -> None:
        if not self._offers_starttls:
            self._error(self._text("unknown-command"))
        elif rest:
            self._error(self._text("bad-arguments"))
        elif self._tls or not self._greeted:
            self._error(self._text("tls-again" if self._tls else "hello-first"))
        else:
            self._reply(self._text("tls-ready"))
            if self._fault("inject-before-tls"):
                self._reply("250-injected.example Hello", "250 AUTH PLAIN LOGIN")
            self._tls = True
            self._greeted = False
            self._forget_message()
            self._buffer.clear()  # RFC 3207 4.2: what was said in clear does not count (CVE-2011-0411 and its kin)
            self._actions.append(STARTTLS)

    def _auth(self, rest: str) -> None:
        mechanism, _, initial = rest.partition(" ")
        mechanism = mechanism.upper()
        if self._signed_in:
            self._error(self._text("authenticated"))
        elif not self._greeted:
            self._error(self._text("hello-first"))
        elif self._tls and mechanism in self.MECHANISMS.split(" ") and mechanism in self._mechanisms.split(" "):
            self._sign_in(mechanism, initial)
        else:
            self._error(self._text("unknown-mechanism"))

    def _ask(self, challenge: str, then: Callable[[str], None]) -> None:
        """Send a challenge; the client's next line goes to `then`."""
        self._reply(f"334 {challenge}")
        self._answer = then

    def _mail(self, rest: str) -> None:
        matched = _ADDRESS.fullmatch(rest[5:].lstrip(" ")) if rest[:5].upper() == "FROM:" else None
        parameters = _parameters(matched[2], self.MAIL_PARAMETERS) if matched else None
        if not self._greeted:
            self._error(self._text("hello-first"))
        elif not self._tls:
            self._error(self._text("tls-first"))
        elif not self._signed_in:
            self._error(self._text("authenticate-first"))
        elif self._sender is not None:
            self._error(self._text("sender-again"))
        elif matched is None or not (rest.isascii() or (parameters and "SMTPUTF8" in parameters)):
            self._error(self._text("bad-sender"))
        elif parameters is None:
            self._error(self._text("bad-arguments"))
        elif int(parameters.get("SIZE", "0")) > self._most_bytes():
            self._error(self._text("too-large"))
        elif objection := self._sender_objection((matched[1] or "").lower()):
            self._error(objection)
        else:
            self._sender = (matched[1] or "").lower()
            self._binary = parameters.get("BODY", "").upper() == "BINARYMIME"
            self._reply(self._text("sender-ok"))

    def _rcpt(self, rest: str) -> None:
        matched = _ADDRESS.fullmatch(rest[3:].lstrip(" ")) if rest[:3].upper() == "TO:" else None
        if self._sender is None:
            self._error(self._text("mail-first"))
        elif self._arriving is not None:
            self._error(self._text("bad-sequence"))
        elif matched is None or not matched[1]:
            self._error(self._text("bad-recipient"))
        elif _parameters(matched[2], self.RCPT_PARAMETERS) is None:
            self._error(self._text("bad-arguments"))
        elif len(self._recipients) >= _MOST_RECIPIENTS:
            self._reply(self._text("too-many-recipients"))
        elif objection := self._recipient_objection(matched[1].lower()):
            self._reply(objection)
        else:
            self._recipients.append(matched[1].lower())
            self._reply(self._text("recipient-ok"))

    def _rset(self, _: str) -> None:
        self._forget_message()
        self._reply(self._text("reset"))

    def _noop(self, _: str) -> None:
        self._reply(self._text("noop"))

    def _vrfy(self, _: str) -> None:
        self._reply(self._text("vrfy"))

    def _help(self, _: str) -> None:
        self._reply("214 This server supports the following commands: " + " ".join(self.VERBS))

    def _quit(self, _: str) -> None:
        self._reply(self._text("bye"))
        self._close()

    # --- the message ---

    def _data(self, rest: str) -> None:
        if not self._ready_for_message():
            self._need_recipient()
        elif rest:
            self._error(self._text("bad-arguments"))
        elif self._arriving is not None or self._binary:
            self._error(self._text("bad-sequence"))  # RFC 3030 2: DATA and BDAT exclude each other
        elif self._fault("drop-at-data"):
            self._close()
        else:
            self._begin_message(dotted=True)
            self._reply(self._text("data"))

    def _bdat(self, rest: str) -> None:
        matched = re.fullmatch(r"([0-9]{1,12})( +LAST)?", rest.upper())
        if matched is None:
            self._error(self._text("bad-arguments"))
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
            self._reply(self._text("chunk").format(octets=self._chunk_bytes))

    def _ready_for_message(self) -> bool:
        return self._sender is not None and bool(self._recipients)

    def _need_recipient(self) -> None:
        self._error(self._text("mail-first" if self._sender is None else "recipient-first"))

    def _begin_message(self, dotted: bool) -> None:
        self._arriving = Arriving(self.service.mailboxes.draft(), self._most_bytes(), dotted)
        self._drop_after = self._fault("drop-mid-data")

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
        arriving, recipients = self._arriving, self._recipients
        assert arriving is not None
        if not self._struck("end-of-data"):
            head = headers(bytes(arriving.head))
            refusal = self._refusal(arriving, head)
            if refusal:
                self._reply(refusal)
            else:
                self._deliver(arriving, head)
                self._event(delivered=arriving.size, recipients=len(recipients))
                if self._fault("lost-250"):
                    self._close()
                else:
                    self._reply(self._thanks(head))
        self._forget_message()

    def _refusal(self, arriving: Arriving, head: dict[str, list[str]]) -> str:
        """Why the message is refused, "" when it is not."""
        if arriving.size > self._most_bytes() or len(arriving.head) > _LONGEST_HEADER:
            return self._text("too-large")
        if arriving.has_bare_line_ends() and not self._binary:
            return self._text("bare-line-end")
        return self._objection(arriving, head)

    def _fax_objection(self, arriving: Arriving, domain: str) -> str:
        """Why a message to a number at `domain` is no fax; "" when it is one, or goes nowhere there."""
        if any(recipient.endswith("@" + domain) for recipient in self._recipients):
            try:
                self._document = fax_document(arriving.draft.content())
            except Unfaxable as unfaxable:
                return str(unfaxable)
        return ""

    def _send_faxes(self, domain: str, sender: str, head: dict[str, list[str]]) -> list[str]:
        """Take the message as a fax to each number at `domain`; returns the other recipients."""
        others = []
        for recipient in dict.fromkeys(self._recipients):
            if not recipient.endswith("@" + domain):
                others.append(recipient)
                continue
            assert self._document is not None, "looked at before"
            message_id = header_text(head.get("message-id", [""])[0])
            fax = self.service.faxes.take(recipient, sender, self._document, message_id, self.service.now())
            self._event(fax=fax["number"], content_type=fax["content_type"], size=fax["size"])
        return others

    def _forget_message(self) -> None:
        if self._arriving is not None:
            self._arriving.draft.discard()
        self._arriving = None
        self._sender = None
        self._recipients = []
        self._binary = False
        self._drop_after = None
        self._document = None


class Arriving:
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
