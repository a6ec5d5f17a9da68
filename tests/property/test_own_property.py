"""docs/own-property.md says what it promises: its two examples are run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sim.invariants import Violation
from sim.life import Life
from sim.person import ONA, PRINTER

EXAMPLES = re.findall(
    r"```python\n(.*?)```", (Path(__file__).parents[2] / "docs" / "own-property.md").read_text("utf-8"), re.DOTALL
)


def run(example: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(example, "docs/own-property.md", "exec"), names)
    return names


def test_the_property_runs_and_has_fifteen_lines() -> None:
    run(EXAMPLES[0])["test_whatever_happens_the_panel_says_something"]()
    function = EXAMPLES[0].partition("@settings")[2]
    assert len(function.splitlines()) <= 15


def test_the_invariant_finds_a_mail_at_night() -> None:
    life: Life = run(EXAMPLES[1])["life"]
    life.start()
    life.take("sign_in", account=PRINTER)
    life.take("send", to=ONA)  # at eight in the morning
    life.take("wait", seconds=18 * 3600.0)
    with pytest.raises(Violation, match="nobody_sends_at_night: a mail at 2 o'clock"):
        life.take("send", to=ONA)
    life.end()
