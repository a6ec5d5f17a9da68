"""Puts an update in place, from one file that holds all of it. Runs on the board, first when it is told to, and then as its
`main.py` for as long as it takes: whatever stops it, the next start does it again. No file is ever there by halves, and the
last one to be replaced is `main.py` itself. It imports nothing that the update brings.

An update is a zlib stream: a line of JSON, `{"files": [[path, size, SHA-256 in hexadecimal], ...], "gone": [path, ...]}`,
then the files' bytes one after the other (`boards/flash.py` makes it).
"""

import binascii
import hashlib
import json
import os

import deflate  # type: ignore[import-not-found]
import machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BLOCK = 1024
_BITES_MS = 8000  # the firmware's watchdog may be running, and nothing stops that; if it is not, a hang here ends by it


def install(update: str, check: bool = False) -> None:
    """Put the files of `update` in place, and remove it. `check`: only see whether it can be read. Raises ValueError."""
    dog = machine.WDT(timeout=_BITES_MS)
    with open(update, "rb") as packed:
        stream = deflate.DeflateIO(packed, deflate.ZLIB)
        head = json.loads(stream.readline())
        for path in () if check else head["gone"]:
            dog.feed()
            try:
                os.remove(path)
            except OSError:  # it went before the last start
                pass
        for path, size, digest in head["files"]:
            target = None if check or _digest(path, dog) == digest else path + ".new"
            if target is None:
                taken = _take(stream, size, None, dog)
            else:
                _make_folders(path)
                with open(target, "wb") as file:
                    taken = _take(stream, size, file, dog)
            if (check or target is not None) and taken != digest:
                raise ValueError("The update is damaged at " + path)
            if target is not None:
                if _digest(target, dog) != digest:
                    raise ValueError("The flash does not keep " + path)
                os.rename(target, path)
    if not check:
        os.remove(update)


def _take(stream: "Any", size: int, file: "Any", dog: "Any") -> str:
    """The next `size` bytes, into `file` if there is one; their digest."""
    made = hashlib.sha256()
    while size:
        dog.feed()
        data = stream.read(min(size, _BLOCK))
        if not data:
            return ""
        made.update(data)
        if file is not None:
            file.write(data)
        size -= len(data)
    return binascii.hexlify(made.digest()).decode()


def _digest(path: str, dog: "Any") -> str:
    """Of the file at `path`, "" when there is none."""
    made = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while data := file.read(_BLOCK):
                dog.feed()
                made.update(data)
    except OSError:
        return ""
    return binascii.hexlify(made.digest()).decode()


def _make_folders(path: str) -> None:
    at = path.find("/", 1)
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError:  # it is there
            pass
        at = path.find("/", at + 1)
