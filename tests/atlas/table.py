"""The atlas as data: `ROWS`, read from `atlas.txt`, where the columns are explained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

ONCE = "once"
_FILE = Path(__file__).with_name("atlas.txt")


class Row(NamedTuple):
    id: str
    where: str
    fault: str
    lasts: str
    outcome: str
    sign_in: str
    message: str  # "" for none
    kept: str
    options: dict[str, Any]

    @property
    def name(self) -> str:
        """As it is called among the tests."""
        words = [self.where, self.fault, *(str(value) for value in self.options.values())]
        return f"{self.id} {' '.join(words)[:70]} {self.lasts}"


def _row(line: str) -> Row:
    id, where, fault, lasts, outcome, sign_in, message, kept, *rest = (cell.strip() for cell in line.split("|", 8))
    options = json.loads(rest[0]) if rest else {}
    return Row(id, where, fault, lasts, outcome, sign_in, "" if message == "-" else message, kept, options)


def _rows() -> list[Row]:
    lines = [line for line in _FILE.read_text("utf-8").splitlines() if line and line[0] != "#"]
    return [_row(line) for line in lines[1:]]


ROWS = _rows()
