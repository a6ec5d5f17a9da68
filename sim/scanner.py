"""The device's scanner: a glass with at most one document on it. The paper stays there when the power goes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from hal.errors import ScannerError

if TYPE_CHECKING:
    from sim.cloud.faults import Faults

_CHUNK = 2040  # bytes that one read gives; over the link they make a frame of 2048, which the device reads in one go
_PDF_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")  # ISO 32000-2 7.7.3.3; not in a compressed object stream


class SimDocument:
    def __init__(self, id: str, name: str, content_type: str, body: bytes) -> None:
        self.id = id
        self.name = name
        self.content_type = content_type
        self.size = len(body)
        self.body = body
        self.pages = pages_of(content_type, body)


def pages_of(content_type: str, body: bytes) -> int:
    """How many pages there are; 0 where that cannot be told without understanding the whole document."""
    if content_type == "application/pdf":
        return len(_PDF_PAGE.findall(body))
    return 1 if content_type in ("image/jpeg", "image/png") else 0


class _Scan:
    """The pages pass the lamp at one speed: each makes the same part of the document."""

    def __init__(self, scanner: SimScanner, document: SimDocument) -> None:
        self._scanner = scanner
        self._document = document
        self._offset = 0
        self.page = 0

    async def read(self) -> bytes:
        self._scanner.strike(self._offset)
        if self._scanner.document() is not self._document:
            raise ScannerError("The document was taken away")
        chunk = self._document.body[self._offset : self._offset + self._scanner.chunk]
        self._offset += len(chunk)
        if chunk and self._document.pages:
            self.page = 1 + (self._offset - 1) * self._document.pages // self._document.size
        return chunk

    async def close(self) -> None:
        self._offset = self._document.size


class SimScanner:
    def __init__(self, random: random.Random, on_change: Callable[[], None]) -> None:
        self._random = random
        self._on_change = on_change
        self._document: SimDocument | None = None
        self.faults: Faults | None = None
        self.chunk = _CHUNK

    # --- the device's side ---

    def document(self) -> SimDocument | None:
        return self._document

    async def open(self, document: SimDocument) -> _Scan:
        if self._document is None or self._document.id != document.id:
            raise ScannerError("The document is not on the glass any more")
        return _Scan(self, self._document)

    # --- the world's side ---

    def strike(self, scanned_bytes: int) -> None:
        """Take the document away if a fault wants that at this point."""
        if self.faults and any(scanned_bytes >= fault["bytes"] for fault in self.faults.at("scanner", "taken-away")):
            self.faults.take("scanner", "taken-away")
            self.take_away()

    def lay(self, name: str, content_type: str, body: bytes) -> SimDocument:
        """Put a document on the glass, instead of one that is there. Raises ValueError."""
        if not body:
            raise ValueError("The document is empty: put something with at least one byte on the glass")
        if not name or len(name) > 200:  # of any characters: what may stand in a mail is for the device to say
            raise ValueError("A document's name has 1 to 200 characters")
        self._document = SimDocument(f"{self._random.getrandbits(64):016x}", name, content_type, body)
        self._on_change()
        return self._document

    def take_away(self) -> None:
        self._document = None
        self._on_change()
