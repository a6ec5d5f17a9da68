"""Every word that the panel, the status sheet and messages show, in English and Lithuanian.

Start at `text`. One table per language (`strings_en.py`, `strings_lt.py`): a single string of lines `key = text`, in
alphabetical order, looked up by search, because on a board a table of objects costs five times as much memory. A table is
loaded when its language is first shown. To add words: one line in each table, in its place; a test compares their keys.
`{}` in a text is filled in by `text`'s further arguments, one after the other.
"""

from micropython import const

LANGUAGES = ("en", "lt")
_READ_THROUGH = const(1000)  # characters


def text(key: str, language: str = "en", *arguments: str) -> str:
    """The words for `key`; the key itself where there are none, since a device must not fall over a missing word."""
    words = _find(_table(language), key) or key
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
    return _find(_table("en"), key) != ""


def _find(table: str, key: str) -> str:
    if "\n" in key:
        return ""
    mark = "\n" + key + " = "
    low, high = 0, len(table)
    while high - low > _READ_THROUGH:  # the lines are in order: halve what there is to search
        middle = table.find("\n", (low + high) // 2, high)
        if middle < 0:
            break
        if table[middle : middle + len(mark)] > mark:
            high = middle
        else:
            low = middle
    start = table.find(mark, low, high + len(mark))
    if start < 0:
        return ""
    start += len(mark)
    return table[start : table.find("\n", start)]


def _table(language: str) -> str:
    if language == "lt":
        from firmware.panel.strings_lt import TABLE
    else:
        from firmware.panel.strings_en import TABLE
    return TABLE
