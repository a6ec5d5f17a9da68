"""Scenarios: procedures of the manual and failure stories as data (`sim/scenarios/*.toml`), and who plays them.

A file says what people do, step by step, and what they then find; `sim/steps.py` has every step there is, with a sentence
for each. The same file runs in every world and in both languages: words of the device stand there by their keys. Start at
`load` and `play`; `play_virtual` and `play_live` bring a world along.

    title = "The password of the printer's account is changed"
    tells = ["R20", "complaint 9"]
    why = "…"
    steps = [
        "set_up",
        {user = {address = "printer@bureau.example", password = "another"}},
        {scan_to = "ona@bureau.example"},
        {expect.job = {code = 370, detail = "reason.revoked"}, expect.panel = "message.reauth"},
    ]
"""

from __future__ import annotations

import json
import re
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import h11

from hal.errors import NetworkError
from sim.cloud.certificates import Authority
from sim.live_world import LiveWorld
from sim.steps import STEPS, Json, Step, Teller, Unexpected, arguments
from sim.web import fields
from sim.world import Conflict, VirtualWorld, World

# What says that a step cannot be done in the state things are in.
_CANNOT = (LookupError, ValueError, Conflict, AssertionError, OSError, NetworkError, h11.ProtocolError)

FOLDER = Path(__file__).parent / "scenarios"
LANGUAGES = ("en", "lt")
WORLDS = ("virtual", "micropython", "cpython")
_SIZES = {"320x240": (320, 240), "128x64": (128, 64)}
_DEADLINE_S = 800 * 86400  # of a whole scenario in virtual time


class ScenarioError(Exception):
    """The file is not a scenario; the text names file, step and what may stand there."""


@dataclass
class Scenario:
    name: str
    title: str
    tells: list[str]  # rows of the manual ("R20") and complaints of cloud-facts 6 ("complaint 9")
    why: str
    steps: list[tuple[int, Step, Json]]  # number as in the file, step, its arguments
    fresh_tenant: bool = False
    size: tuple[int, int] = (320, 240)


_TELLS = fields.Kind(
    'a list of rows of the manual and complaints, such as ["R20", "complaint 9"]',
    lambda value: (
        fields.TEXTS.check(value) and value and all(re.fullmatch(r"R[0-9]{2}|complaint [0-9]{1,2}", v) for v in value)
    ),
)
_HEAD = {"title": fields.WORDS, "tells": _TELLS, "why": fields.WORDS, "steps": fields.ITEMS}
_OPTIONS = {"fresh_tenant": fields.TRUTH, "panel": fields.one_of(*_SIZES)}


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> Scenario:
    """The scenario of that name, or in the file of that path. Raises ScenarioError."""
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if path.parent == FOLDER and path.stem not in names():
        raise ScenarioError(f"There is no scenario {name!r}; there is {', '.join(names())}")
    try:
        text = path.read_text("utf-8")
        return _read(path, tomllib.loads(text))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path.name}: {error}") from None


def _read(path: Path, value: Json) -> Scenario:
    try:
        fields.expect(value, _HEAD, _OPTIONS)
    except ValueError as error:
        raise ScenarioError(f"{path.name}: {error}") from None
    steps: list[tuple[int, Step, Json]] = []
    for number, written in enumerate(value["steps"], start=1):
        try:
            steps += [(number, *each) for each in _steps(written)]
        except (ValueError, LookupError) as error:
            raise ScenarioError(f"{path.name}, step {number}: {error.args[0]}") from None
    size = _SIZES[value.get("panel", "320x240")]
    return Scenario(
        path.stem, value["title"], value["tells"], value["why"], steps, value.get("fresh_tenant", False), size
    )


def _steps(written: object) -> Iterator[tuple[Step, Json]]:
    """What one entry of `steps` stands for: one step, or one for each thing that is expected."""
    if isinstance(written, str):
        written = {written: {}}
    if not isinstance(written, dict) or not written:
        raise ValueError('A step is a text such as "log_in" or a table such as {power = "off"}')
    if "expect" in written and isinstance(written["expect"], dict):
        expected = {f"expect.{name}": value for name, value in written["expect"].items()}
        written = {**{name: value for name, value in written.items() if name != "expect"}, **expected}
    elif len(written) > 1:
        raise ValueError(f"One step at a time, not {' and '.join(written)}")
    for name, value in written.items():
        if name not in STEPS:
            raise ValueError(f'There is no step "{name[:60]}"; there is {", ".join(STEPS)}')
        yield STEPS[name], arguments(STEPS[name], value)


def listed(scenarios: list[Scenario]) -> str:
    width = max(len(each.name) for each in scenarios)
    return "\n".join(f"{each.name:{width}}  {each.title} ({', '.join(each.tells)})" for each in scenarios)


def listed_as_json(scenarios: list[Scenario]) -> str:
    rows = [{"name": s.name, "title": s.title, "tells": s.tells, "why": s.why} for s in scenarios]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def vocabulary() -> str:
    """Every step with its arguments and its sentence, for `--help`."""
    lines = ["steps of a scenario (the argument that may stand alone comes first, [these] may be left out):"]
    for known in STEPS.values():
        lines += [f"  {known.usage()}", f"      {known.does}"]
    return "\n".join(lines)


# --- playing ---


@dataclass
class Report:
    """What came of it. `found` is what each step found, told so that it is the same in every world and each time."""

    scenario: Scenario
    world: str
    language: str
    found: list[tuple[int, str, str]] = field(default_factory=list)  # number, step, what
    end: Json = field(default_factory=dict)  # how panel, accounts, jobs and mailboxes were left
    failure: Json | None = None  # {"step", "does", "expected", "there"}

    def as_text(self) -> str:
        lines = [f"{self.scenario.title} ({', '.join(self.scenario.tells)})"]
        for number, name, what in self.found:
            lines.append(f"  {number:2d} {name}" + (f": {what}" if what else ""))
        if self.failure is None:
            return "\n".join([*lines, f"passed in the world {self.world}"])
        failure = self.failure
        lines.append(f"  {failure['step']:2d} {failure['does']}")
        lines += [f"     expected: {failure['expected']}", f"     there was: {failure['there']}"]
        return "\n".join([*lines, f"failed at step {failure['step']} in the world {self.world}"])

    def as_json(self) -> str:
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1)

    def to_json(self) -> Json:
        return {
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "tells": self.scenario.tells,
            "world": self.world,
            "language": self.language,
            "result": "passed" if self.failure is None else "failed",
            "failure": self.failure,
            "steps": [{"step": number, "does": name, "found": what} for number, name, what in self.found],
            "end": self.end,
        }


async def play(scenario: Scenario, world: World, interpreter: str = "virtual") -> Report:
    """Play it in a world that is switched on. What is not as expected is told in the report."""
    report = Report(scenario, interpreter, world.state()["panel"]["language"])
    teller = Teller(world)
    for number, known, given in scenario.steps:
        try:
            report.found.append((number, known.name, await known.act(teller, given) or ""))
        except Unexpected as error:
            report.failure = {"expected": error.expected, "there": error.there}
        except _CANNOT as error:
            report.failure = {"expected": "that this can be done", "there": f"{type(error).__name__}: {error}"}
        if report.failure is not None:
            report.failure = {"step": number, "does": f"{known.name} {given or ''}".strip(), **report.failure}
            return report
    report.end = await teller.end()
    return report


def play_virtual(scenario: Scenario, language: str, authority: Authority | None = None) -> Report:
    world = VirtualWorld(
        seed=1,
        size=scenario.size,
        fresh_tenant=scenario.fresh_tenant,
        language=language,
        authority=authority,
    )

    async def story(world: VirtualWorld) -> Report:
        return await play(scenario, world)

    return world.run(story, _DEADLINE_S)


async def play_live(scenario: Scenario, language: str, interpreter: str) -> Report:
    """Raises OSError when the device does not start."""
    with tempfile.TemporaryDirectory(prefix="scanpost-") as folder:
        world = LiveWorld(
            Path(folder) / "state",
            interpreter=interpreter,
            size=scenario.size,
            fresh_tenant=scenario.fresh_tenant,
            language=language,
        )
        try:
            await world.start()
            return await play(scenario, world, interpreter)
        finally:
            await world.stop()
