"""What `boards/repl.py` asks of a board. Runs on the board; what it finds out it prints, one thing a line.

The firmware's watchdog may still be running, which nothing stops, so each function feeds it. That is also why a board whose
computer goes away in the middle starts again by itself.
"""

import binascii
import errno
import hashlib
import json
import os

import machine

_BLOCK = 1024
_BITES_MS = 8000
_FOLDER = 0x4000  # of a file's type in os.ilistdir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

dog = machine.WDT(timeout=_BITES_MS)
out: "Any" = None


def room() -> None:
    """Bytes of a block, and how many blocks are free."""
    dog.feed()
    state = os.statvfs("/")
    print(json.dumps([state[1], state[3]]))


def listed(folder: str, deep: bool) -> None:
    """Every file in `folder`, and below it if `deep`: size, SHA-256, path."""
    dog.feed()
    try:
        found = list(os.ilistdir(folder))  # type: ignore[attr-defined]
    except OSError:
        return
    for entry in found:
        path = folder.rstrip("/") + "/" + entry[0]
        if entry[1] != _FOLDER:
            tell(path, 0x7FFFFFFF)
        elif deep:
            listed(path, True)


def tell(path: str, most: int) -> None:
    """Size and SHA-256 of the first `most` bytes of a file, and its path; nothing when there is none."""
    made = hashlib.sha256()
    size = 0
    try:
        with open(path, "rb") as file:
            while data := file.read(min(_BLOCK, most - size)):
                dog.feed()
                made.update(data)
                size += len(data)
    except OSError:
        return
    print(size, binascii.hexlify(made.digest()).decode(), path)


def read(path: str) -> None:
    """A small file in base64."""
    dog.feed()
    try:
        with open(path, "rb") as file:
            print(binascii.b2a_base64(file.read()).decode(), end="")
    except OSError:
        print()


def begin(path: str, mode: str) -> None:
    """What `more` brings goes into this file."""
    global out
    dog.feed()
    make_folders(path)
    out = open(path, mode)  # noqa: SIM115 - over several commands


def more(data: str) -> None:
    dog.feed()
    out.write(binascii.a2b_base64(data))


def keep() -> None:
    """What came so far stays, even if the power goes."""
    dog.feed()
    out.flush()


def end() -> None:
    dog.feed()
    out.close()


def make_folders(path: str) -> None:
    at = path.find("/", 1)
    while at > 0:
        try:
            os.mkdir(path[:at])
        except OSError as error:
            if error.errno != errno.EEXIST:
                raise
        at = path.find("/", at + 1)


def remove(path: str) -> None:
    dog.feed()
    try:
        os.remove(path)
    except OSError:  # it is not there
        pass


def move(old: str, new: str) -> None:
    """Within one folder: a power cut in a rename from one to another makes littlefs hide a file that was not touched."""
    dog.feed()
    os.rename(old, new)
