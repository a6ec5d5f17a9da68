"""What was delivered: every mailbox's Inbox and Sent Items, byte by byte as it was sent.

In memory, or in a folder: one file for each message, however many mailboxes it lies in, and an index that is only appended
to. A message is written piece by piece into a `Draft`, then delivered. Start at `Mailboxes.draft` and `Mailboxes.list`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser, Parser
from email.policy import compat32
from email.utils import collapse_rfc2231_value
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

INBOX, SENT = "Inbox", "Sent Items"
FOLDERS = (INBOX, SENT)

# What fills a message: lines of base64. Left out where only the structure matters.
_BASE64_LINES = re.compile(rb"(?:^[A-Za-z0-9+/=]{20,78}\r\n)+", re.MULTILINE)
# What Python's email package raises for parameters that contradict each other, and for character sets that are none.
_STUMBLES = (TypeError, ValueError, LookupError)
_INDEX = "index.jsonl"
_TRIM = re.compile(r"[\x00-\x1f\x7f]+")

Json = dict[str, Any]
Rows = list[Json]  # inside `Mailboxes`, `list` is a method
Numbers = list[int]


@dataclass(frozen=True)
class Attachment:
    name: str
    content: bytes
    content_type: str = "application/octet-stream"


class Draft:
    """A message that is arriving."""

    def __init__(self, file: BinaryIO, path: Path | None) -> None:
        self.size = 0
        self._file = file
        self._path = path

    def write(self, data: bytes | bytearray) -> None:
        self._file.write(data)
        self.size += len(data)

    def content(self) -> bytes:
        """What was written so far."""
        if isinstance(self._file, io.BytesIO):
            return self._file.getvalue()
        assert self._path is not None
        self._file.flush()
        return self._path.read_bytes()

    def discard(self) -> None:
        self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def keep(self, path: Path | None) -> bytes:
        """Make it permanent under `path`, or return it. It must not be written to any more."""
        if self._path is None or path is None:
            assert isinstance(self._file, io.BytesIO)
            return self._file.getvalue()
        self._file.close()
        self._path.replace(path)
        return b""


@dataclass
class _Stored:
    size: int
    content: bytes  # empty when it is in a file
    listed: Json | None = None


class Mailboxes:
    """`folder`: where messages are kept, None for memory. `known`: whether a user with that address has a mailbox."""

    def __init__(self, folder: Path | None, known: Callable[[str], bool]) -> None:
        self._folder = folder
        self._known = known
        self._stored: list[_Stored] = []
        self._boxes: dict[tuple[str, str], list[int]] = {}  # (address, folder) -> indices into `_stored`
        self._used: dict[str, int] = {}  # address -> bytes in all its folders
        self._drafts = 0
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._load(folder)

    # --- delivering ---

    def draft(self) -> Draft:
        if self._folder is None:
            return Draft(io.BytesIO(), None)
        self._drafts += 1
        path = self._folder / f"draft-{self._drafts}.tmp"
        return Draft(path.open("wb"), path)

    def deliver(self, draft: Draft, recipients: list[str], sender: str | None) -> None:
        """Put it into each recipient's Inbox and into the sender's Sent Items; on return it will not be lost.

        `sender` is None where the mail service keeps no copy of what was sent.
        """
        places = [(address, INBOX) for address in dict.fromkeys(address.lower() for address in recipients)]
        if sender is not None:
            places.append((sender.lower(), SENT))
        number = len(self._stored)
        content = draft.keep(self._path(number))
        if self._folder is not None:
            row = json.dumps({"message": number, "size": draft.size, "places": places}, ensure_ascii=False)
            with (self._folder / _INDEX).open("a", encoding="utf-8") as index:
                index.write(row + "\n")
        self._add(_Stored(draft.size, content), places)

    def empty(self) -> None:
        """Everybody has thrown away everything; for mailboxes in memory."""
        if self._folder is None:
            self._stored.clear()
            self._boxes.clear()
            self._used.clear()

    def used_bytes(self, address: str) -> int:
        return self._used.get(address.lower(), 0)

    # --- reading ---

    def addresses(self) -> list[str]:
        """Mailboxes in which something lies."""
        return sorted({address for address, _ in self._boxes})

    def list(self, address: str, folder: str = INBOX) -> Rows:
        """Oldest first; `n` counts from 1. `duplicate_of` is the first message with the same Message-ID, or None.

        Raises LookupError when there is no such mailbox.
        """
        first: dict[str, int] = {}
        rows = []
        for n, index in enumerate(self._box(address, folder), start=1):
            stored = self._stored[index]
            if stored.listed is None:
                stored.listed = _listed(self._content(index))
            message_id = stored.listed["message_id"]
            same = first.setdefault(message_id, n) if message_id else n
            rows.append({"n": n, **stored.listed, "size": stored.size, "duplicate_of": same if same != n else None})
        return rows

    def raw(self, address: str, n: int, folder: str = INBOX) -> bytes:
        """The message as it was sent. Raises LookupError."""
        box = self._box(address, folder)
        if not 1 <= n <= len(box):
            raise LookupError(f"There is no message {n} in this mailbox")
        return self._content(box[n - 1])

    # --- the store ---

    def _box(self, address: str, folder: str) -> Numbers:
        address = address.lower()
        if not self._known(address) and not any((address, each) in self._boxes for each in FOLDERS):
            raise LookupError(f"There is no mailbox {address[:100]!r}")
        return self._boxes.get((address, folder), [])

    def _content(self, index: int) -> bytes:
        path = self._path(index)
        return self._stored[index].content if path is None else path.read_bytes()

    def _path(self, index: int) -> Path | None:
        return None if self._folder is None else self._folder / f"{index:06d}.eml"

    def _add(self, stored: _Stored, places: Any) -> None:
        self._stored.append(stored)
        for address, folder in places:
            self._boxes.setdefault((address, folder), []).append(len(self._stored) - 1)
            self._used[address] = self._used.get(address, 0) + stored.size

    def _load(self, folder: Path) -> None:
        for leftover in folder.glob("draft-*.tmp"):
            leftover.unlink()
        index = folder / _INDEX
        if not index.exists():
            return
        kept = index.read_bytes()
        whole = kept[: kept.rfind(b"\n") + 1]
        if whole != kept:  # the last row was cut off: its message was never confirmed
            index.write_bytes(whole)
        try:
            for line in whole.splitlines():
                row = json.loads(line)
                self._add(_Stored(row["size"], b""), row["places"])
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{_INDEX} is damaged: begin anew with --fresh") from None


def headers(head: bytes) -> dict[str, list[str]]:
    """The fields of a message's header by their names in small letters, each as often as it is there, as it was written.

    Bytes beyond ASCII are UTF-8 (RFC 6532). The header ends at the first line that is no field (RFC 5322 2.2).
    """
    found: dict[str, list[str]] = {}
    values: list[str] | None = None
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and values is not None:
            values[-1] += "\r\n" + line
        elif colon and name and not name[0].isspace():
            values = found.setdefault(name.lower(), [])
            values.append(value.lstrip(" \t"))
        else:
            break
    return found


def header_text(value: object) -> str:
    """A header's value as a person reads it: encoded words decoded, one line."""
    text = str(value) if value is not None else ""
    if "=?" in text:
        try:
            text = str(make_header(decode_header(text)))
        except (*_STUMBLES, MessageError):
            pass  # then as it was written
    return _TRIM.sub(" ", text).strip()


def attachments(raw: bytes) -> Iterator[Attachment]:
    parts = (part for part in _parsed(raw).walk() if _attachment_name(part) is not None)
    for name, part in zip(_listed(raw)["attachments"], parts, strict=False):
        content = part.get_payload(decode=True)
        yield Attachment(name, content if isinstance(content, bytes) else b"", part.get_content_type())


def body_text(raw: bytes) -> str:
    """The first plain text of a message, "" when there is none."""
    for part in _parsed(raw).walk():
        content = part.get_payload(decode=True)
        if part.get_content_type() == "text/plain" and _attachment_name(part) is None and isinstance(content, bytes):
            try:
                return content.decode(part.get_content_charset() or "utf-8", "replace")
            except _STUMBLES:
                return content.decode("utf-8", "replace")
    return ""


def _parsed(raw: bytes, as_text: bool = False) -> Message:
    """`as_text`: header bytes beyond ASCII are UTF-8. A message whose structure contradicts itself has none."""
    if as_text:
        parse = partial(Parser(policy=compat32).parsestr, raw.decode("utf-8", "replace"))
    else:
        parse = partial(BytesParser(policy=compat32).parsebytes, raw)
    try:
        return parse()
    except _STUMBLES:
        return parse(headersonly=True)


def _attachment_name(part: Message) -> str | None:
    """None when it is no attachment."""
    if part.is_multipart():
        return None
    names: list[Any] = []
    for header, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        try:
            found = [value for name, value in part.get_params([], header) if name == parameter]
        except _STUMBLES:
            found = ["attachment"]
        names += sorted(found, key=lambda value: isinstance(value, str))  # RFC 2231's come first: they are pairs
    if not names:
        return "attachment" if part.get_content_disposition() == "attachment" else None
    try:
        return header_text(collapse_rfc2231_value(names[0])) or "attachment"
    except _STUMBLES:
        return "attachment"


def _listed(raw: bytes) -> Json:
    message = _parsed(_BASE64_LINES.sub(b"", raw), as_text=True)
    return {
        "from": header_text(message["From"]),
        "to": header_text(message["To"]),
        "subject": header_text(message["Subject"]),
        "date": header_text(message["Date"]),
        "message_id": header_text(message["Message-ID"]),
        "attachments": [name for part in message.walk() if (name := _attachment_name(part)) is not None],
    }
