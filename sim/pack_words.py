"""Packs the tables of words for the device: a third of their size, and each text is found without reading the others.

`build` makes modules of constants, so that a board can keep them in flash. There are three groups: "often" (`_OFTEN`), and
"seldom" and "advice" (what an administrator should change), which are loaded when one of their texts is shown.
`<group>_keys`: `KEYS`, three bytes of each key's CRC-32, and in the same order in each `<group>_<language>` `LENGTHS` (a
byte each) and `TEXTS`. In a text a byte of printable ASCII is itself; the others, first those from 128 on and then those
below 32, stand for the pieces in `PIECES`, whose lengths are in `PIECE_LENGTHS`.
"""

from __future__ import annotations

import binascii
import hashlib
import os
from collections import Counter
from itertools import pairwise
from pathlib import Path

LANGUAGES = ("en", "lt")
# How the keys begin of what is shown on the way through the menus; other texts are for one screen, or say what went wrong.
_OFTEN = (
    "bar",
    "home",
    "interface",
    "job",
    "message",
    "network",
    "panel",
    "saver",
    "scan",
    "settings",
    "signin",
    "size",
    "state",
)
_ADVICE = "advice"
_GROUPS = ("often", "seldom", _ADVICE)
_BLANK, _ASCII = 32, 128
_CODES = [*range(_ASCII, 256), *range(_BLANK)]  # of pieces
_WORTH_IT = 4  # times that a piece must occur


def build(panel: Path) -> None:
    """Write the folder `words` in `panel`, unless what is there was made from the same tables by the same program."""
    sources = {language: (panel / f"strings_{language}.py").read_bytes() for language in LANGUAGES}
    stamp = hashlib.sha256(Path(__file__).read_bytes() + b"".join(sources.values())).hexdigest()[:16]
    head = f'"""Made by sim/pack_words.py {stamp}."""\n'
    target = panel / "words"
    names = [f"{group}_{name}" for group in _GROUPS for name in ("keys", *LANGUAGES)]
    if all(_begins_with(target / f"{name}.py", head) for name in names):
        return
    tables = {language: table_of(source.decode()) for language, source in sources.items()}
    keys = sorted(tables["en"])
    if len({_mark(key) for key in keys}) != len(keys):
        raise ValueError("Two keys have the same three bytes of CRC-32: give one of them another name")
    for table in tables.values():
        if sorted(table) != keys:
            different = ", ".join(sorted(set(table) ^ set(keys)))
            raise ValueError(f"English and another language have not the same keys: {different}")
    modules = {}
    for group in _GROUPS:
        its = [key for key in keys if _group(key) == group]
        modules[f"{group}_keys"] = {"KEYS": b"".join(map(_mark, its))}
        for language, table in tables.items():
            modules[f"{group}_{language}"] = pack([table[key] for key in its])
    for name, fields in modules.items():
        new = target / f"{name}.{os.getpid()}"
        new.write_text(head + "".join(f"{field} = {value!r}\n" for field, value in fields.items()), "utf-8")
        new.replace(target / f"{name}.py")  # in one step: tests run side by side
    for path in target.glob("*.py"):
        if path.stem not in (*names, "__init__"):
            path.unlink(missing_ok=True)


def _group(key: str) -> str:
    kind = key.partition(".")[0]
    return "often" if kind in _OFTEN else _ADVICE if kind == _ADVICE else "seldom"


def table_of(source: str) -> dict[str, str]:
    """The lines `key = text` of a module's `TABLE`."""
    names: dict[str, str] = {}
    exec(compile(source, "strings", "exec"), names)  # noqa: S102 - our own source
    return dict(line.split(" = ", 1) for line in names["TABLE"].strip("\n").split("\n"))


def pack(texts: list[str]) -> dict[str, bytes]:
    """Byte-pair encoding: again and again the two neighbours that occur most often become one piece. Raises ValueError."""
    rows = [list(text) for text in texts]
    pieces = sorted({letter for row in rows for letter in row if ord(letter) >= _ASCII})
    while len(pieces) < len(_CODES):
        [(pair, times)] = _pairs(rows).most_common(1) or [(("", ""), 0)]
        if times < _WORTH_IT:
            break
        pieces.append("".join(pair))
        for row in rows:
            _join(row, pair)
    rows = [_shortest(text, set(pieces)) for text in texts]
    used = Counter(piece for row in rows for piece in row)
    pieces = [piece for piece in pieces if used[piece]]
    codes = dict(zip(pieces, _CODES, strict=False))
    packed = [bytes(codes[piece] if piece in codes else ord(piece) for piece in row) for row in rows]
    encoded = [piece.encode() for piece in pieces]
    return {
        "LENGTHS": bytes(map(len, packed)),
        "TEXTS": b"".join(packed),
        "PIECE_LENGTHS": bytes(map(len, encoded)),
        "PIECES": b"".join(encoded),
    }


def _pairs(rows: list[list[str]]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        counts.update(pairwise(row))
    return counts


def _join(row: list[str], pair: tuple[str, str]) -> None:
    at = 0
    while at < len(row) - 1:
        if (row[at], row[at + 1]) == pair:
            row[at : at + 2] = ["".join(pair)]
        at += 1


def _shortest(text: str, pieces: set[str]) -> list[str]:
    """`text` in as few pieces and letters as can be."""
    longest = max(map(len, pieces), default=1)
    ways: list[list[str]] = [[]]
    for end in range(1, len(text) + 1):
        tails = [text[end - length : end] for length in range(1, min(longest, end) + 1)]
        ways.append(min(([*ways[end - len(t)], t] for t in tails if len(t) == 1 or t in pieces), key=len))
    return ways[-1]


def _mark(key: str) -> bytes:
    return binascii.crc32(key.encode()).to_bytes(4, "little")[:3]


def _begins_with(path: Path, head: str) -> bool:
    return path.exists() and path.read_text("utf-8").startswith(head)


if __name__ == "__main__":
    build(Path(__file__).parent.parent / "firmware" / "panel")
