"""What `firmware/heap.py` lets go gives its memory back, and is there for as long as anybody needs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.live import find_micropython
from tests.twin.test_mail_twin import run

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(find_micropython() is None, reason="there is no MicroPython here"),
]
_SCRIPT = Path(__file__).parent / "scripts" / "needed.py"
_ROUNDING = 300  # bytes: the counts of who needs what


def test_modules_are_there_while_they_are_needed_and_their_memory_comes_back() -> None:
    lines = [line.rsplit(" ", 3) for line in run(_SCRIPT, 2048).splitlines()]
    told = [(what, http == "True", guard == "True", int(more)) for what, http, guard, more in lines]
    assert [(what, http, guard) for what, http, guard, _ in told[len(told) // 2 :]] == [
        ("before", False, False),
        ("both", True, True),
        ("one twice", True, True),
        ("one still", True, True),
        ("none", False, False),
        ("in a task", True, False),
        ("in a task", True, False),
        ("still held", True, False),
        ("let go", False, False),
        ("in a task", True, False),
        ("in a task", True, False),
        ("after the tasks", False, False),
    ]
    for what, http, guard, more in told[len(told) // 2 :]:
        assert (more < _ROUNDING) == (not http and not guard), (what, more)
    assert told[-11][3] > 15_000  # both: else little would have been loaded
