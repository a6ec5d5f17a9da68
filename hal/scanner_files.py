"""A scanner without optics (`hal/api.pyi` Scanner): documents from a folder of the flash or of an SD card, newest first.

While the folder is empty a built-in test page lies on the glass: see `hal/test_page.py`. It is made line by line, nothing is
held whole.
"""

import os

from micropython import const

from hal.errors import ScannerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from hal.api import Document as DocumentOfApi
    from hal.test_page import TestPage

_PIECE_BYTES = const(4096)
_REGULAR_FILE = const(0x8000)
_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "tif": "image/tiff",
    "tiff": "image/tiff",
}


class FileDocument:
    pages = 0  # nobody counts them

    def __init__(self, name: str, size: int, written: int) -> None:
        self.id = name + "/" + str(size) + "/" + str(written)
        self.name = name
        self.content_type = _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
        self.size = size


class TestPageDocument:
    id = "test-page"
    name = "Test page.pdf"
    content_type = "application/pdf"
    pages = 1

    def __init__(self, size: int) -> None:
        self.size = size


class FileScan:
    page = 0

    def __init__(self, file: "BinaryIO", left: int) -> None:
        self._file = file
        self._left = left

    async def read(self) -> bytes:
        try:
            piece = self._file.read(min(_PIECE_BYTES, self._left))
        except OSError:
            raise ScannerError("The document cannot be read any more") from None
        self._left -= len(piece)
        if not piece and self._left:
            raise ScannerError("The document has become shorter")
        return piece

    async def close(self) -> None:
        self._file.close()


class FileScanner:
    """`folder` need not exist. `serial` is what the test page bears."""

    def __init__(self, folder: str, serial: str) -> None:
        self._folder = folder
        self._serial = serial
        self._test_page: TestPageDocument | None = None

    def document(self) -> "DocumentOfApi | None":
        newest: FileDocument | None = None
        newest_s = -1
        try:
            for name in os.listdir(self._folder):
                status = os.stat(self._folder + "/" + name)
                if status[0] & _REGULAR_FILE and status[6] and name[0] != "." and status[8] > newest_s:
                    newest_s = int(status[8])
                    newest = FileDocument(name, status[6], newest_s)
        except OSError:  # no folder, or the card was pulled out
            newest = None
        if newest is not None:
            return newest
        if self._test_page is None:
            self._test_page = TestPageDocument(self._made().size())
        return self._test_page

    async def open(self, document: "DocumentOfApi") -> "FileScan | TestPage":
        on_glass = self.document()
        if on_glass is None or on_glass.id != document.id:
            raise ScannerError("The document is no longer there")
        if document.id == TestPageDocument.id:
            return self._made()
        try:
            file = open(self._folder + "/" + document.name, "rb")  # noqa: ASYNC230, SIM115 - it is closed with the scan
        except OSError:
            raise ScannerError("The document cannot be read") from None
        return FileScan(file, document.size)

    def _made(self) -> "TestPage":
        from hal.test_page import TestPage

        return TestPage(self._serial)
