"""Every cut of every script, and every cut of the start after it: nothing is lost (design: decision 4).

`POWER_CUTS` says how many cut points to try altogether: each script is played on flashes of another age, with other bits
left by what was torn, until it has had its share.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.powercuts.cutting import Medium, OnLittlefs, OnTorn, Result, begin, explore
from tests.powercuts.outside import Facts
from tests.powercuts.printer import Parts
from tests.powercuts.scripts import SCRIPTS, aged

_SHARE = int(os.environ.get("POWER_CUTS", "9000")) // len(SCRIPTS)
_MOST_AGES = 10_000  # a script that is tried so often without getting its share tries nothing


def played(name: str, medium: Callable[[int], Medium], share: int) -> Result:
    """The script on flashes of growing age, until `share` cut points have been tried."""
    before, script = SCRIPTS[name]
    parts = Parts()
    result = Result(f"{name}, {medium(0).name}")
    for age in range(_MOST_AGES):
        on = medium(age)
        start = (on.blank(), Facts()) if name == "first boot" and age == 0 else begin(on, aged(before, age), parts)
        explore(result, on, start, script, parts)
        if result.tried >= share or result.losses:
            return result
    raise AssertionError(f"{name} has no cut points")


def counted(result: Result) -> tuple[str, dict[str, int]]:
    numbers = {
        "cut points": result.tried,
        "flash states": len(result.states),
        "restarts": result.restarts,
        "losses": len(result.losses),
    }
    return result.script, numbers


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_is_lost_on_littlefs(name: str, record_property: Callable[[str, object], None]) -> None:
    """PB-10, TK-03, JF-03: both cuts exhaustive."""
    result = played(name, OnLittlefs, _SHARE)
    record_property("power cuts", counted(result))
    assert not result.losses, "\n".join(result.losses)
    assert result.tried >= _SHARE


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_is_lost_where_writes_may_be_cut_at_any_byte(
    name: str, record_property: Callable[[str, object], None]
) -> None:
    """The live world's file system promises no more than the seam asks for."""
    result = played(name, lambda age: OnTorn(), 1)
    record_property("power cuts", counted(result))
    assert not result.losses, "\n".join(result.losses)
