"""Every call at the seam fails, once and from then on, in each way that `hal/api.pyi` allows, while a device is used.

Three stories: the first mail of a device that is signed in; its start and a mail; and all from the first start through the
sign-in to the mail. Whatever fails: the mail is sent, or the job ends with a code, or the panel refuses it; a sign-in that
was saved is kept; and when the fault is over the device goes on. An error that ends the firmware restarts it, as
`firmware/main.py` does. Reading a clock is not among the calls: no clock fails at that (reliability-facts 2.1, JF-05).

`make test` plays the first story's fail points and some of the others'; with SCANPOST_FAIL_POINTS=5 in the environment all
of them are played in five worlds, four of them in rough weather: more than 10,000.
"""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import hal.errors
from firmware.panel.strings import text
from hal.errors import HardwareError, StorageError
from sim.cloud.certificates import Authority
from sim.network import CALM, ROUGH
from sim.person import ONA, PRINTER, ended, newest, scan_to_email, set_up
from sim.trace import Observer
from sim.world import Conflict, VirtualWorld

_SEAM = Path(hal.errors.__file__).with_name("api.pyi")
_CLASSES = {"connection": "Stream", "visit": "Stream", "listener": "Listener", "scan": "Scan"}
_WORLDS = int(os.environ.get("SCANPOST_FAIL_POINTS", "0")) or 1
_STRIDE = 1 if "SCANPOST_FAIL_POINTS" in os.environ else 5
_SHARES = 8  # tests that the points are dealt out to, for all cores
_LATER_S = 2 * 3600
_MOST_STARTS = 4
_JOB_S = 3600
_HEALTHY_S = 600
_ENDS = (MemoryError, StorageError)  # what ends the firmware
_VAIN = (TimeoutError, LookupError, AssertionError, ConnectionError, HardwareError, Conflict)  # what a person meets
_REFUSALS = ("error.storage", "detail.memory", "error.no_document")


class Point(NamedTuple):
    at: int  # the how manieth call
    call: str  # "scan.read"
    error: str
    for_good: bool


class Failing(Observer):
    """Counts calls while `counts`, lets one fail, or from then on all of its kind, and keeps what the panel says."""

    def __init__(self, point: Point | None = None) -> None:
        self.counts = False
        self.calls: list[str] = []
        self.struck = False
        self.words = ""
        self._point = point

    def called(self, number: int, part: str, call: str, args: tuple[Any, ...]) -> None:
        if not self.counts:
            return
        name = f"{part.partition(' ')[0]}.{call}"
        if name == "panel.say":
            self.words += " ".join(" ".join(row[0] for row in args[2]).split())
        self.calls.append(name)
        point = self._point
        if point and (len(self.calls) == point.at or (point.for_good and self.struck and name == point.call)):
            self.struck = True
            raise _error(point.error)

    def said(self, *keys: str) -> bool:
        return any(text(key) in self.words for key in keys)


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
    assert _played(story, authority, seed, failing) == "sent"
    contract = _contract()
    points = []
    for at, call in enumerate(failing.calls, 1):
        part, _, method = call.partition(".")
        errors = [*contract.get(f"{_CLASSES.get(part, part.capitalize())}.{method}", []), "MemoryError"]
        points += [Point(at, call, error, for_good) for error in errors for for_good in (False, True)]
    return points


# --- the stories: each returns how the first mail ended ---

Story = Callable[[VirtualWorld, Failing], str]


def first_mail(world: VirtualWorld, failing: Failing) -> str:
    world.start()
    world.do(set_up(world))
    world.do(world.advance(_LATER_S))
    failing.counts = True
    outcome = _mail(world, failing)
    failing.counts = False
    _go_on(world)
    return outcome


def start_and_mail(world: VirtualWorld, failing: Failing) -> str:
    """A device that is signed in starts again; what could not be read then is there after the next start."""
    world.start()
    world.do(set_up(world))
    world.do(world.power("off"))
    failing.counts = True
    _attempt(world, lambda: world.power("on"))
    outcome = _mail(world, failing)
    failing.counts = False
    _restart(world)
    _go_on(world)
    return outcome


def set_up_and_mail(world: VirtualWorld, failing: Failing) -> str:
    failing.counts = True
    _attempt(world, lambda: world.power("on"))
    saved = _attempt(world, lambda: set_up(world))
    outcome = _mail(world, failing) if saved else "no sign-in"
    failing.counts = False
    if _has_ended(world):
        _restart(world)
    if world.state()["accounts"].get("device", {}).get("state") != "SIGNED_IN":
        assert not saved, "the sign-in is lost"
        world.do(world.advance(_LATER_S))  # until nobody's attempt is in the way
        world.do(set_up(world))
    _go_on(world)
    return outcome


def _played(story: Story, authority: Authority, seed: int, failing: Failing) -> str:
    """Raises AssertionError, and what else must not happen."""
    world = VirtualWorld(seed=seed, authority=authority, weather=CALM if seed == 1 else ROUGH)
    world.observers.append(failing)
    try:
        return story(world, failing)
    finally:
        world.stop()


def _mail(world: VirtualWorld, failing: Failing) -> str:
    for _ in range(_MOST_STARTS):
        try:
            job = world.do(_sent_mail(world))
            world.do(world.settled())
        except (*_ENDS, *_VAIN):
            if not _has_ended(world):
                return _seen(failing)
            _restart(world)
        else:
            return str(job["status"]) if job["code"] is None else f"code {job['code']}"
    return "starts in vain"


def _seen(failing: Failing) -> str:
    """How it went for who stands at the panel, where the history cannot tell."""
    if failing.said("message.sent"):
        return "sent"
    if failing.said(*_REFUSALS):
        return "refused"
    call = failing.calls[-1] if failing.calls else ""
    return f"nothing is said: {call}"


async def _sent_mail(world: VirtualWorld) -> dict[str, Any]:
    """The job at its end."""
    if not newest(world.state()):  # else it was taken on before a restart
        await scan_to_email(world, ONA)
    return await ended(world, _JOB_S)


def _go_on(world: VirtualWorld) -> None:
    """The fault is over: the sign-in is there, what waited is done, and another mail goes through."""
    if _has_ended(world):
        _restart(world)
    world.do(_next_mail(world))
    account = world.state()["accounts"]["device"]
    assert (account["state"], account["address"]) == ("SIGNED_IN", PRINTER)


async def _next_mail(world: VirtualWorld) -> None:
    try:
        await ended(world, _JOB_S)
    except TimeoutError:
        assert not world.state()["jobs"], f"a job hangs: {world.state()['jobs']}"
    await scan_to_email(world, ONA)
    job = await ended(world, _HEALTHY_S)
    assert job["status"] == "sent", job


# --- restarts ---


def _attempt(world: VirtualWorld, step: Callable[[], Coroutine[Any, Any, object]]) -> bool:
    """Whether the step succeeded; somebody tries again after each restart, and half an hour later when it was in vain."""
    for _ in range(_MOST_STARTS):
        try:
            world.do(step())
        except (*_ENDS, *_VAIN):
            _restart(world) if _has_ended(world) else world.do(world.advance(_LATER_S))
            if world.state()["accounts"].get("device", {}).get("state") == "SIGNED_IN":
                return True
        else:
            return True
    return False


def _has_ended(world: VirtualWorld) -> bool:
    """Whether the firmware has."""
    return world.loop.failed or not world.powered or world._life is None or world._life.done()


def _restart(world: VirtualWorld) -> None:
    """What `firmware/main.py` does when the firmware has ended; a start may be in vain, too."""
    for state in ("off", "off", "off", "on"):  # each task that ended with the firmware tells so once
        try:
            world.loop.failed = False
            world.powered = state == "off" and world._life is not None
            world.do(world.power(state))
        except (*_ENDS, TimeoutError):
            world.loop.failed = True


# --- the tests ---

_STORIES = [(first_mail, 1), (start_and_mail, _STRIDE), (set_up_and_mail, _STRIDE)]


def _dealt(story: Story, authority: Authority, seed: int, share: int, stride: int) -> tuple[int, Counter[str]]:
    """Plays this share of the points; how many points there are in all, and how the mails ended."""
    points = _points(story, authority, seed)
    outcomes: Counter[str] = Counter()
    for point in points[share * stride :: stride * _SHARES]:
        failing = Failing(point)
        try:
            outcome = _played(story, authority, seed, failing)
        except Exception as error:
            raise AssertionError(f"{story.__name__} in world {seed} broke at {point}") from error
        assert failing.struck, f"{point} was never met"
        assert point.for_good or outcome not in ("starts in vain", "no sign-in", "code 360"), f"{point}: {outcome}"
        outcomes[outcome] += 1
    return len(points), outcomes


@pytest.mark.parametrize("share", range(_SHARES))
@pytest.mark.parametrize("seed", range(1, 1 + _WORLDS))
@pytest.mark.parametrize(("story", "stride"), _STORIES, ids=["mail", "start", "set-up"])
def test_every_call_may_fail(story: Story, stride: int, seed: int, share: int, authority: Authority) -> None:
    count, outcomes = _dealt(story, authority, seed, share, stride)
    print(f"{sum(outcomes.values())} of {count} fail points: {dict(outcomes)}")
    assert sum(outcomes.values()) >= count // (stride * _SHARES)
