"""The words of Web Config, in English as the manual has them (R05-R09) and in Lithuanian.

Each page module has a table of its own in each language, `<language>/<module>.py`, and "frame" has what many pages need:
only those of the page and the language that somebody looks at are loaded. A table is one string of lines `key = text`, as in
`firmware/panel/strings.py`, which has what other parts have a message for. Start at `Words`.
"""

import sys

from firmware.panel import strings
from firmware.web.pages import escape

LANGUAGES = ("en", "lt")
FRAME = "frame"


class Words:
    def __init__(self, language: str, module: str = FRAME) -> None:
        self.language = language
        self._tables = [_table(language, name) for name in (module, FRAME)]

    def text(self, key: str, *arguments: str) -> str:
        """The words for `key`, each "{}" in them replaced by the next argument. Raises KeyError for an unknown web.* key."""
        if not key.startswith("web."):
            return strings.text(key, self.language, *arguments)
        mark = "\n" + key + " = "
        for table in self._tables:
            start = table.find(mark)
            if start >= 0:
                start += len(mark)
                return strings.filled(table[start : table.find("\n", start)], *arguments)
        raise KeyError(key)

    def say(self, key: str, *arguments: str) -> str:
        """The same as HTML."""
        return escape(self.text(key, *arguments))

    def reason(self, words: str) -> str:
        """Why a sign-in ended, in the device's words and the cloud's own."""
        return strings.reason(words, self.language)

    def advice(self, words: str) -> str:
        """What the administrator should change about it, "" where there is nothing to say."""
        return strings.advice(words, self.language)


def modules(module: str) -> "tuple[str, ...]":
    """The names of the modules that hold the words of a page module."""
    return tuple(["firmware.web." + language + "." + module for language in LANGUAGES])


def _table(language: str, module: str) -> str:
    name = "firmware.web." + language + "." + module
    __import__(name)
    table: str = sys.modules[name].TABLE
    return table
