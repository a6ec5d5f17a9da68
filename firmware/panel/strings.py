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
    "firmware.panel.words.advice_keys",
    "firmware.panel.words.advice_en",
    "firmware.panel.words.advice_lt",
)
_OFTEN, _RARELY, _ADVICE = const(0), const(1), const(2)  # groups of texts
_OF_ANY_SERVICE = ("expired", "mail_server", "code_expired")  # what can be said whosever the sign-in service is
_MARK_BYTES = const(3)
_BLANK, _ASCII = const(32), const(128)


def text(key: str, language: str = "en", *arguments: str) -> str:
    """The words for `key`; the key itself where there are none, since a device must not fall over a missing word."""
    group, number = _place(key)
    if number < 0:
        return key
    table = _often if group == _OFTEN else _advice if group == _ADVICE else _seldom
    return filled(_unpacked(table(language), number), *arguments)


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


def advice(words: str, language: str) -> str:
    """What an administrator should change, for the same `words`; "" where there is nothing to say, as about a sign-in
    service that is not Microsoft's."""
    key, _, theirs = words.partition("\t")
    kind, _, name = key.partition(".")
    if kind == "reason" and "AADSTS" not in theirs and name not in _OF_ANY_SERVICE:
        return ""
    key = "advice." + name
    return text(key, language) if has(key) else ""


def has(key: str) -> bool:
    """Whether there are words for `key`, which may come from outside."""
    return _place(key)[1] >= 0


def _place(key: str) -> "tuple[int, int]":
    """Which group of texts it is in, and which of them it is, -1 for none."""
    mark = binascii.crc32(key.encode()).to_bytes(4, "little")[:_MARK_BYTES]
    if key.startswith("advice."):
        from firmware.panel.words import advice_keys

        return _ADVICE, _number(advice_keys.KEYS, mark)
    from firmware.panel.words import often_keys

    number = _number(often_keys.KEYS, mark)
    if number >= 0:
        return _OFTEN, number
    from firmware.panel.words import seldom_keys

    return _RARELY, _number(seldom_keys.KEYS, mark)


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


def _advice(language: str) -> "Any":
    if language == "lt":
        from firmware.panel.words import advice_lt

        return advice_lt
    from firmware.panel.words import advice_en

    return advice_en
