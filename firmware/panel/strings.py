"""Every word that the panel, the status sheet and messages show, in English and Lithuanian.

Start at `text`. The words are in `strings_en.py` and `strings_lt.py`: lines `key = text`, in alphabetical order. To add
some: one line in each, in its place; a test compares their keys. The device holds them packed (`sim/pack_words.py` makes
`words/`), as bytes that are read in place, because a table of objects costs five times as much memory. A language is loaded
when it is first shown, and what is seldom shown (`SELDOM`) apart from the rest. `{}` in a text is filled in by `text`'s
further arguments, one after the other.
"""

import binascii

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LANGUAGES = ("en", "lt")
SELDOM = (  # to be let go by whoever has shown some of it
    "firmware.panel.words.seldom_keys",
    "firmware.panel.words.seldom_en",
    "firmware.panel.words.seldom_lt",
)
_MARK_BYTES = const(3)
_BLANK, _ASCII = const(32), const(128)


def text(key: str, language: str = "en", *arguments: str) -> str:
    """The words for `key`; the key itself where there are none, since a device must not fall over a missing word."""
    often, number = _place(key)
    if number < 0:
        return key
    return filled(_unpacked(_often(language) if often else _seldom(language), number), *arguments)


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
    return _place(key)[1] >= 0


def _place(key: str) -> "tuple[bool, int]":
    """Whether it is among the texts that are often shown, and which of them it is, -1 for none."""
    from firmware.panel.words import often_keys

    mark = binascii.crc32(key.encode()).to_bytes(4, "little")[:_MARK_BYTES]
    number = _number(often_keys.KEYS, mark)
    if number >= 0:
        return True, number
    from firmware.panel.words import seldom_keys

    return False, _number(seldom_keys.KEYS, mark)


def _number(marks: bytes, mark: bytes) -> int:
    at = marks.find(mark)
    while at > 0 and at % _MARK_BYTES:  # across two marks
        at = marks.find(mark, at + 1)
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


def _often(language: str) -> "Any":
    if language == "lt":
        from firmware.panel.words import often_lt

        return often_lt
    from firmware.panel.words import often_en

    return often_en


def _seldom(language: str) -> "Any":
    if language == "lt":
        from firmware.panel.words import seldom_lt

        return seldom_lt
    from firmware.panel.words import seldom_en

    return seldom_en
