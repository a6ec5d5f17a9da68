"""No row of reliability-facts section 8 is forgotten: it is in the atlas, among other tests, or has a reason to wait."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.atlas.table import ROWS

ROOT = Path(__file__).parents[2]
_LAST = {"PB": 19, "SI": 13, "TK": 10, "SM": 13, "JF": 10}
_PLACE = re.compile(r"(tests/\w+/\w+\.py)::(\w+)|(sim/scenarios/\w+\.toml)")
_NOT_YET = "not yet: "


def _elsewhere() -> dict[str, str]:
    lines = Path(__file__).with_name("section8.txt").read_text("utf-8").splitlines()
    pairs = [line.split("|", 1) for line in lines if line and line[0] != "#"]
    found = {id.strip(): where.strip() for id, where in pairs}
    assert len(found) == len(pairs), "an id is there twice"
    return found


ELSEWHERE = _elsewhere()


def test_every_row_is_somewhere() -> None:
    wanted = {f"{kind}-{number:02}" for kind, last in _LAST.items() for number in range(1, last + 1)}
    atlas = {row.id for row in ROWS if row.id[:2] in _LAST}
    assert atlas | ELSEWHERE.keys() == wanted
    assert not atlas & ELSEWHERE.keys()


@pytest.mark.parametrize("id", ELSEWHERE)
def test_what_is_elsewhere_is_there(id: str) -> None:
    places = _PLACE.findall(ELSEWHERE[id])
    assert places or ELSEWHERE[id].startswith(_NOT_YET)
    for file, name, scenario in places:
        there = (ROOT / (file or scenario)).read_text("utf-8")
        assert f"def {name}(" in there or scenario, f"{file} has no {name}"
