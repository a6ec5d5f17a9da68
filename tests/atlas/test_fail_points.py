"""Every call at the seam fails, once and from then on, in each way that `hal/api.pyi` allows, while a device is used.

Three stories: the first mail of a device that is signed in; its start and a mail; and all from the first start through the
sign-in to the mail (`failing.py`, which says what must hold). Reading a clock is not among the calls: no clock fails at
that (reliability-facts 2.1, JF-05).

`make test` plays the first story's fail points and some of the others'; with SCANPOST_FAIL_POINTS=5 in the environment all
of them are played in five worlds, four of them in rough weather: more than 10,000.
"""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

import hal.errors
from sim.cloud.certificates import Authority
from tests.atlas.failing import Failing, Story, first_mail, played, set_up_and_mail, start_and_mail

_SEAM = Path(hal.errors.__file__).with_name("api.pyi")
_CLASSES = {"connection": "Stream", "visit": "Stream", "listener": "Listener", "scan": "Scan"}
_WORLDS = int(os.environ.get("SCANPOST_FAIL_POINTS", "0")) or 1
_STRIDE = 1 if "SCANPOST_FAIL_POINTS" in os.environ else 10
_SHARES = 8  # tests that the points are dealt out to, for all cores


class Point(NamedTuple):
    at: int  # the how manieth call
    call: str  # "scan.read"
    error: str
    for_good: bool


class AtACall(Failing):
    """Lets one call fail, or from then on all of its kind."""

    def __init__(self, point: Point) -> None:
        super().__init__()
        self._point = point

    def strike(self, call: str) -> None:
        point = self._point
        if len(self.calls) == point.at or (point.for_good and self.struck and call == point.call):
            self.struck = True
            raise _error(point.error)


def _error(name: str) -> Exception:
    if name == "MemoryError":
        return MemoryError("A fail point")
    made: Exception = getattr(hal.errors, name)("expired" if name == "CertificateError" else "A fail point")
    return made


def _contract() -> dict[str, list[str]]:
    """ "Storage.write" -> the errors that the seam's documentation names for it."""
    raises: dict[str, list[str]] = {}
    for definition in ast.parse(_SEAM.read_text("utf-8")).body:
        if isinstance(definition, ast.ClassDef):
            for method in definition.body:
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                    words = " ".join((ast.get_docstring(method) or "").split())
                    named = " ".join(re.findall(r"Raises ([^.]*)\.", words))
                    found = [name for name in re.findall(r"\w+", named) if hasattr(hal.errors, name)]
                    raises[f"{definition.name}.{method.name}"] = found
    return raises


def _points(story: Story, authority: Authority, seed: int) -> list[Point]:
    failing = Failing()
    assert played(story, authority, seed, failing) == "sent"
    contract = _contract()
    points = []
    for at, call in enumerate(failing.calls, 1):
        part, _, method = call.partition(".")
        errors = [*contract.get(f"{_CLASSES.get(part, part.capitalize())}.{method}", []), "MemoryError"]
        points += [Point(at, call, error, for_good) for error in errors for for_good in (False, True)]
    return points


# --- the tests ---

_STORIES = [(first_mail, 1), (start_and_mail, _STRIDE), (set_up_and_mail, _STRIDE)]


def _dealt(story: Story, authority: Authority, seed: int, share: int, stride: int) -> tuple[int, Counter[str]]:
    """Plays this share of the points; how many points there are in all, and how the mails ended."""
    points = _points(story, authority, seed)
    outcomes: Counter[str] = Counter()
    for point in points[share * stride :: stride * _SHARES]:
        failing = AtACall(point)
        try:
            outcome = played(story, authority, seed, failing)
        except Exception as error:
            raise AssertionError(f"{story.__name__} in world {seed} broke at {point}") from error
        assert failing.struck, f"{point} was never met"
        assert point.for_good or outcome not in ("starts in vain", "no sign-in", "code 360"), f"{point}: {outcome}"
        outcomes[outcome] += 1
    return len(points), outcomes


@pytest.mark.usefixtures("swept")
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("share", range(_SHARES))
@pytest.mark.parametrize("seed", range(1, 1 + _WORLDS))
@pytest.mark.parametrize(("story", "stride"), _STORIES, ids=["mail", "start", "set-up"])
def test_every_call_may_fail(story: Story, stride: int, seed: int, share: int, authority: Authority) -> None:
    count, outcomes = _dealt(story, authority, seed, share, stride)
    print(f"{sum(outcomes.values())} of {count} fail points: {dict(outcomes)}")
    assert sum(outcomes.values()) >= count // (stride * _SHARES)
