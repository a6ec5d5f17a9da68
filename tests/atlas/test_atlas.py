"""Each row of the fault atlas (`atlas.txt`), played in the virtual world."""

from __future__ import annotations

import pytest

from sim.cloud.certificates import Authority
from sim.cloud.faults import AADSTS_KIND, KINDS
from tests.atlas.story import play
from tests.atlas.table import ROWS, Row


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_row(row: Row, authority: Authority) -> None:
    play(row, authority)


@pytest.mark.parametrize("count", [len(ROWS)], ids=[f"{len(ROWS)} rows"])
def test_the_table_is_sorted_and_says_nothing_twice(count: int) -> None:
    places = [row.where for row in ROWS]
    assert sorted(places, key=places.index) == places, "rows of one place stand together"
    assert len({(row.where, row.fault, row.lasts, str(row.options)) for row in ROWS}) == count


def test_the_table_has_every_kind_of_fault() -> None:
    rows = {("token" if row.where == "poll" else row.where, row.fault) for row in ROWS}
    assert {(where, kind.name) for kind in KINDS if kind != AADSTS_KIND for where in kind.where} - rows == set()
