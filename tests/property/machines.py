"""A Hypothesis machine as a test, in the long run (HYPOTHESIS_PROFILE=long) in parts.

Hypothesis remembers what it has drawn: of 10,000 lives of a machine many hundred MB, of a part 50. Parts
also show how far it is, and are shared among processes.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"


def lived(
    machine: type[RuleBasedStateMachine], lives: int, long: int, steps: int = 50, part: int = 500
) -> Callable[[int], None]:
    """The test that draws so many lives of the machine, in the long run `long` by the part, of so many steps at most."""
    parts = long // part if LONG else 1

    @pytest.mark.parametrize("_part", range(parts))
    def test(_part: int) -> None:
        drawn = settings(max_examples=part if LONG else lives, stateful_step_count=steps, report_multiple_bugs=False)
        run_state_machine_as_test(machine, settings=drawn)

    return test
