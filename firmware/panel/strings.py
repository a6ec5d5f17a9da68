"""Every word that the panel, the status sheet and messages show, in English and Lithuanian.

Start at `text`. The words are in `strings_en.py` and `strings_lt.py`: lines `key = text`, in alphabetical order. To add
some: one line in each, in its place; a test compares their keys. The device holds them packed (`sim/pack_words.py` makes
`words/`), as bytes that are read in place, because a table of objects costs five times as much memory. A language is loaded
when it is first shown. `{}` in a text is filled in by `text`'s further arguments, one after the other.
"""

import binascii

from micropython import const

from firmware.panel.words import keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LANGUAGES = ("en", "lt")
_MARK_BYTES = const(3)
_BLANK, _ASCII = const(32), const(128)


def text(key: str, language: str = "en", *arguments: str) -> str:
    """The words for `key`; the key itself where there are none, since a device must not fall over a missing word."""
    number = _number(key)
    if number < 0:
        return key
    return filled(_unpacked(_table(language), number), *arguments)


def filled(words: str, *arguments: str) -> str:
    """`words` with `arguments` in the places of their "{}"."""
    for argument in arguments:
        words = words.replace("{}", argument, 1)
    return words


def reason(words: str, language: str) -> str:
    """Why something ended, in words: `words` is the key of a sentence, then after a tab somebody else's own words."""
    key, _, theirs = words.partition("\t")
    if not has(key):
        return words
    return text(key, language) + (" (" + theirs + ")" if theirs else "")


def has(key: str) -> bool:
    """Whether there are words for `key`, which may come from outside."""
    return _number(key) >= 0


def _number(key: str) -> int:
    """Which of the texts it is, -1 for none."""
    mark = binascii.crc32(key.encode()).to_bytes(4, "little")[:_MARK_BYTES]
    at = keys.KEYS.find(mark)
    while at > 0 and at % _MARK_BYTES:  # across two marks
        at = keys.KEYS.find(mark, at + 1)
    return at // _MARK_BYTES


def _unpacked(table: "Any", number: int) -> str:
    pieces, lengths = table.PIECES, table.PIECE_LENGTHS
    start = sum(table.LENGTHS[:number])
    words = bytearray()
    for byte in table.TEXTS[start : start + table.LENGTHS[number]]:
        if _BLANK <= byte < _ASCII:
            words.append(byte)
        else:
            piece = (byte - _ASCII) & 255
            start = sum(lengths[:piece])
            words += pieces[start : start + lengths[piece]]
    return words.decode()


def _table(language: str) -> "Any":
    if language == "lt":
        from firmware.panel.words import lt

        return lt
    from firmware.panel.words import en

    return en
