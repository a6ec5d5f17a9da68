"""JF-06: memory runs out at a line of the firmware, at any that is executed while a device is used.

On MicroPython nearly every line may need memory. `make test` tries one line in so many; with SCANPOST_FAIL_POINTS in the
environment every one of them.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import firmware
from sim.cloud.certificates import Authority
from tests.atlas.failing import Failing, Story, first_mail, played, set_up_and_mail

_FIRMWARE = str(Path(str(firmware.__file__)).parent) + os.sep
_STRIDE = 1 if "SCANPOST_FAIL_POINTS" in os.environ else 40
_SHARES = 8  # tests that the lines are dealt out to, for all cores

Line = tuple[str, int]


class AtALine(Failing):
    """Keeps the lines of the firmware that were executed, and fails the first time that it comes to this one."""

    def __init__(self, line: Line | None = None) -> None:
        super().__init__()
        self.lines: dict[Line, None] = {}
        self._line = line

    def begin(self) -> None:
        super().begin()
        sys.settrace(self._entered)

    def end(self) -> None:
        super().end()
        sys.settrace(None)

    def _entered(self, frame: FrameType, _event: str, _argument: object) -> Any:
        return self._executes if frame.f_code.co_filename.startswith(_FIRMWARE) else None

    def _executes(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            line = frame.f_code.co_filename, frame.f_lineno
            self.lines[line] = None
            if line == self._line:
                sys.settrace(None)
                self.struck = True
                raise MemoryError("A line that fails")
        return self._executes


@cache
def _lines(story: Story, authority: Authority) -> list[Line]:
    """Those that the story executes; at a `try:` there is nothing that could fail."""
    assert played(story, authority, 1, Failing()) == "sent"  # what is imported on the way is executed once alone
    failing = AtALine()
    assert played(story, authority, 1, failing) == "sent"
    return sorted(line for line in failing.lines if linecache.getline(*line).strip() != "try:")


@pytest.mark.usefixtures("swept")
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("share", range(_SHARES))
@pytest.mark.parametrize("story", [first_mail, set_up_and_mail])
def test_jf06_memory_may_run_out_at_any_line(story: Story, share: int, authority: Authority) -> None:
    lines = _lines(story, authority)
    outcomes: Counter[str] = Counter()
    for line in lines[share * _STRIDE :: _STRIDE * _SHARES]:
        failing = AtALine(line)
        try:
            outcome = played(story, authority, 1, failing)
        except Exception as error:
            raise AssertionError(f"{story.__name__} broke at {line[0]}:{line[1]}") from error
        assert failing.struck, f"{line} was never met"
        assert outcome not in ("starts in vain", "no sign-in", "code 360"), f"{line}: {outcome}"
        outcomes[outcome] += 1
    print(f"{sum(outcomes.values())} of {len(lines)} lines: {dict(outcomes)}")
    assert outcomes
