"""The device's own words by their keys, for people who read and tap them in either language.

The only file of the simulator that knows where the firmware keeps its words (`firmware/panel/strings.py` for the panel,
`firmware/web/words.py` for Web Config).
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from firmware.panel import strings
from firmware.web import words as web

_WEB = "web."
_LOOKS_LIKE_A_KEY = re.compile(r"[a-z_]+(\.[A-Za-z0-9_-]+)+")


@functools.cache
def words(key: str, language: str = "en") -> str:
    """The words of `key`, with "{}" where the device puts something in. Raises LookupError."""
    if key.startswith(_WEB):
        return _of_web_config(key, language)
    if not strings.has(key):
        raise LookupError(f"The device has no words for {key!r}")
    return strings.text(key, language)


def _of_web_config(key: str, language: str) -> str:
    for path in sorted(Path(web.__file__).parent.glob(f"{language}/[a-z]*.py")):
        try:
            return web.Words(language, path.stem).text(key)
        except KeyError:
            continue
    raise LookupError(f"Web Config has no words for {key!r}")


def is_key(text: str) -> bool:
    """Whether `text` is meant as a key and not as words that somebody wrote out. Raises LookupError for a mistyped one."""
    if not _LOOKS_LIKE_A_KEY.fullmatch(text):
        return False
    words(text)
    return True


def sentence(text: str, language: str = "en") -> str:
    """The device's words when `text` is their key, else `text` itself. Raises LookupError for a mistyped key."""
    return words(text, language) if is_key(text) else text


def found(sentence: str, text: str) -> str | None:
    """Where `text` says `sentence`, whose "{}" stand for anything; line breaks and spaces do not matter."""
    parts = [re.escape(plain(part)) for part in sentence.split("{}")]
    while len(parts) > 1 and not parts[0]:  # anything in front is all that there is in front
        del parts[0]
    match = re.search(".+?".join(parts), plain(text))
    return None if match is None else match[0]


def plain(text: str) -> str:
    """`text` on one line with single spaces."""
    return " ".join(text.split())
