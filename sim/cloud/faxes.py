"""What the fax gateways have taken: each fax with its number, who sent it, when, and the document.

A mail to number@DOMAIN is a fax; its one attached document (`fax_document`) is what would be sent over the line. In memory,
or in a folder: one file for each document, and an index that is only appended to. Start at `Faxes.take`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.cloud.mailboxes import Attachment, attachments
from sim.scanner import pages_of

_NUMBER = re.compile(r"\+?[0-9]{3,15}")  # of ITU-T E.164, or a short one of the neighbourhood
_KINDS = ("application/pdf", "image/jpeg", "image/png", "image/tiff", "text/plain")
_INDEX = "index.jsonl"
_NO_DOCUMENT = "554 5.6.1 A fax has exactly one document attached: PDF, TIFF, JPEG, PNG or plain text"
_EMPTY = "554 5.6.0 The document is empty"

Json = dict[str, Any]
Rows = list[Json]  # inside `Faxes`, `list` is a method


def fax_number(local_part: str) -> str:
    """The number to dial that a local part means, "" when it means none. A printer may write it in groups."""
    number = re.sub(r"[-.]", "", local_part)
    return number if _NUMBER.fullmatch(number) else ""


class Unfaxable(Exception):
    """Nothing in a message can be faxed; the text is the SMTP reply that says why."""


def fax_document(raw: bytes) -> Attachment:
    """The one document of a message. Raises Unfaxable."""
    documents = list(attachments(raw))
    if len(documents) != 1 or documents[0].content_type not in _KINDS:
        raise Unfaxable(_NO_DOCUMENT)
    if not documents[0].content:
        raise Unfaxable(_EMPTY)
    return documents[0]


class Faxes:
    """`folder`: where they are kept, None for memory. Raises ValueError when what was kept is damaged."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._rows: list[Json] = []
        self._documents: list[bytes] = []  # empty when they are in files
        if folder is not None and (folder / _INDEX).exists():
            self._load(folder)

    def take(self, recipient: str, sender: str, document: Attachment, message_id: str, now_s: float) -> Json:
        """Send this document to the number that `recipient` names; on return it will not be lost."""
        local, _, domain = recipient.partition("@")
        row = {
            "number": fax_number(local),
            "from": sender,
            "at": datetime.fromtimestamp(now_s, UTC).isoformat(timespec="seconds"),
            "content_type": document.content_type,
            "size": len(document.content),
            "pages": pages_of(document.content_type, document.content) or None,  # None: it cannot be told
            "name": document.name,
            "domain": domain,
            "message_id": message_id,
        }
        if self._folder is None:
            self._documents.append(document.content)
        else:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path(len(self._rows)).write_bytes(document.content)
            with (self._folder / _INDEX).open("a", encoding="utf-8") as index:
                index.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._rows.append(row)
        return row

    def list(self) -> Rows:
        """Oldest first; `n` counts from 1. `duplicate_of` is the first one of the same message to the same number."""
        first: dict[tuple[str, str], int] = {}
        listed = []
        for n, row in enumerate(self._rows, start=1):
            same = first.setdefault((row["message_id"], row["number"]), n) if row["message_id"] else n
            listed.append({"n": n, **row, "duplicate_of": same if same != n else None})
        return listed

    def document(self, n: int) -> Attachment:
        """Raises LookupError."""
        if not 1 <= n <= len(self._rows):
            raise LookupError(f"There is no fax {n}")
        row = self._rows[n - 1]
        content = self._documents[n - 1] if self._folder is None else self._path(n - 1).read_bytes()
        return Attachment(row["name"], content, row["content_type"])

    def _path(self, index: int) -> Path:
        assert self._folder is not None
        return self._folder / f"{index:06d}.bin"

    def _load(self, folder: Path) -> None:
        index = folder / _INDEX
        kept = index.read_bytes()
        whole = kept[: kept.rfind(b"\n") + 1]
        if whole != kept:  # the last row was cut off: its fax was never confirmed
            index.write_bytes(whole)
        try:
            self._rows = [dict(json.loads(line)) for line in whole.splitlines()]
            _ = [(row["number"], row["message_id"], row["name"], row["content_type"]) for row in self._rows]
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{_INDEX} of the faxes is damaged: begin anew with --fresh") from None
