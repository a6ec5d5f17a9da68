"""No row of reliability-facts section 8 is forgotten: each has tests that are there, or a reason."""

from __future__ import annotations

import pytest

from tests.atlas.table import ROWS
from tests.by_id import ROOT, attacks

_LAST = {"PB": 19, "SI": 13, "TK": 10, "SM": 13, "WC": 18, "JF": 10, "SV": 8}
ATTACKS = {row.id: row for row in attacks()}


def test_every_row_is_there_in_order() -> None:
    assert list(ATTACKS) == [f"{kind}-{number:02}" for kind, last in _LAST.items() for number in range(1, last + 1)]
    assert len(ATTACKS) == 91


@pytest.mark.parametrize("id", ATTACKS)
def test_what_shows_it_is_there(id: str) -> None:
    row = ATTACKS[id]
    assert row.places or row.reasons
    assert all(reason.startswith(("not yet: ", "does not apply: ")) for reason in row.reasons)
    for place in row.places:
        for asked in place.asked:
            file, name = asked.partition("[")[0].split("::")
            assert f"def {name}(" in (ROOT / file).read_text("utf-8"), f"{file} has no {name}"


def test_the_rows_of_the_atlas_are_named() -> None:
    named = {
        id for id, row in ATTACKS.items() if any(place.name.startswith("tests/atlas/atlas.txt") for place in row.places)
    }
    assert named == {row.id for row in ROWS if row.id in ATTACKS}
