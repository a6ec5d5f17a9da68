"""Scenarios: procedures of the manual and failure stories as data (`sim/scenarios/*.toml`), and who plays them.

A file says what people do, step by step, and what they then find; `sim/steps.py` has every step there is, with a sentence
for each. The same file runs in every world and every variant: words of the device stand there by their keys, and whoever
plays knows how to work the panel. Start at `load` and `play`; `play_virtual` and `play_live` bring a world along.

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
from traceback import extract_tb
from typing import NamedTuple

import h11

from hal.errors import NetworkError
from sim.cloud.certificates import Authority
from sim.hands import Hands
from sim.image import IMAGE
from sim.live import HEAP_KB
from sim.live_world import LiveWorld
from sim.steps import STEPS, Json, Step, Teller, Unexpected, arguments
from sim.web import fields
from sim.world import Conflict, VirtualWorld, World

# What says that a step cannot be done in the state things are in.
_CANNOT = (LookupError, ValueError, Conflict, AssertionError, OSError, NetworkError, h11.ProtocolError)

FOLDER = Path(__file__).parent / "scenarios"
LANGUAGES = ("en", "lt")
WORLDS = ("virtual", "micropython", "cpython")
_DEADLINE_S = 800 * 86400  # of a whole scenario in virtual time


class ScenarioError(Exception):
    """The file is not a scenario; the text names file, step and what may stand there."""


class Variant(NamedTuple):
    """How a scenario is played: the panel's language, its size, and whether it is worked by touch or by keys."""

    language: str
    panel: str
    hands: str

    @property
    def size(self) -> tuple[int, int]:
        width, _, height = self.panel.partition("x")
        return int(width), int(height)

    def __str__(self) -> str:
        return " ".join(self)


_WAYS = (("320x240", "touch"), ("320x240", "keys"), ("128x64", "keys"))
VARIANTS = tuple(Variant(language, *way) for language in LANGUAGES for way in _WAYS)


@dataclass
class Scenario:
    name: str
    title: str
    tells: list[str]  # rows of the manual ("R20") and complaints of cloud-facts 6 ("complaint 9")
    why: str
    steps: list[tuple[int, Step, Json]]  # number as in the file, step, its arguments
    fresh_tenant: bool
    variants: list[Variant]  # all of VARIANTS, unless the file names some

    def variant(self, language: str, panel: str | None = None, hands: str | None = None) -> Variant:
        """The first of its variants that is like this. Raises ScenarioError."""
        for each in self.variants:
            if each.language == language and panel in (None, each.panel) and hands in (None, each.hands):
                return each
        asked = " ".join(each for each in (language, panel, hands) if each)
        raise ScenarioError(f"{self.name} has no variant {asked!r}; there is {', '.join(map(str, self.variants))}")


_TELLS = fields.Kind(
    'a list of rows of the manual and complaints, such as ["R20", "complaint 9"]',
    lambda value: (
        fields.TEXTS.check(value) and value and all(re.fullmatch(r"R[0-9]{2}|complaint [0-9]{1,2}", v) for v in value)
    ),
)
_HEAD = {"title": fields.WORDS, "tells": _TELLS, "why": fields.WORDS, "steps": fields.ITEMS}
_VARIANTS = fields.Kind(
    "a list with any of " + ", ".join(f'"{each}"' for each in VARIANTS),
    lambda value: fields.TEXTS.check(value) and value and set(value) <= set(map(str, VARIANTS)),
)
_OPTIONS = {"fresh_tenant": fields.TRUTH, "variants": _VARIANTS}


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
    variants = [each for each in VARIANTS if str(each) in value.get("variants", map(str, VARIANTS))]
    return Scenario(
        path.stem, value["title"], value["tells"], value["why"], steps, value.get("fresh_tenant", False), variants
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
    variant: Variant
    doing: tuple[int, str] = (0, "")  # step, in words
    found: list[tuple[int, str, str]] = field(default_factory=list)  # number, step, what
    end: Json = field(default_factory=dict)  # how panel, accounts, jobs and mailboxes were left
    log: list[str] = field(default_factory=list)  # what a device in a process of its own said
    failure: Json | None = None  # {"step", "does", "expected", "there"}

    def fail(self, expected: str, there: str) -> None:
        number, does = self.doing
        self.failure = {"step": number, "does": does, "expected": expected, "there": there}

    def as_text(self) -> str:
        lines = [f"{self.scenario.title} ({', '.join(self.scenario.tells)})"]
        for number, name, what in self.found:
            lines.append(f"  {number:2d} {name}" + (f": {what}" if what else ""))
        where = f"in the world {self.world} ({self.variant})"
        if self.failure is None:
            return "\n".join([*lines, f"passed {where}"])
        failure = self.failure
        lines.append(f"  {failure['step']:2d} {failure['does']}")
        lines += [f"     expected: {failure['expected']}", f"     there was: {failure['there']}"]
        return "\n".join([*lines, f"failed at step {failure['step']} {where}"])

    def as_json(self) -> str:
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1)

    def to_json(self) -> Json:
        return {
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "tells": self.scenario.tells,
            "world": self.world,
            **self.variant._asdict(),
            "result": "passed" if self.failure is None else "failed",
            "failure": self.failure,
            "steps": [{"step": number, "does": name, "found": what} for number, name, what in self.found],
            "end": self.end,
        }


async def play(report: Report, world: World) -> None:
    """Play the report's scenario in a world that is switched on. What is not as expected is told in the report."""
    world.hands = Hands(world, report.variant.hands)
    teller = Teller(world)
    for number, known, given in report.scenario.steps:
        report.doing = number, f"{known.name} {given or ''}".strip()
        try:
            report.found.append((number, known.name, await known.act(teller, given) or ""))
        except Unexpected as error:
            report.fail(error.expected, error.there)
            return
        except _CANNOT as error:
            report.fail("that this can be done", f"{type(error).__name__}: {error}")
            return
    report.end = await teller.end()


def play_virtual(scenario: Scenario, variant: Variant, authority: Authority | None = None) -> Report:
    report = Report(scenario, "virtual", variant)
    world = VirtualWorld(
        seed=1,
        size=variant.size,
        fresh_tenant=scenario.fresh_tenant,
        language=variant.language,
        authority=authority,
    )
    try:
        world.run(lambda world: play(report, world), _DEADLINE_S)
    except Exception as error:  # noqa: BLE001 - whatever the firmware dies of ends the run, and is to be told
        last = extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}, line {last.lineno}"
        report.fail("a device that goes on", f"{type(error).__name__} in {where}: {error}")
    return report


async def play_live(
    scenario: Scenario,
    variant: Variant,
    interpreter: str,
    authority: Authority | None = None,
    *,
    heap_kb: int = HEAP_KB,
    image: Path = IMAGE,
) -> Report:
    """`heap_kb`, `image`: of MicroPython, see `LiveWorld`. Raises OSError when the device does not start."""
    report = Report(scenario, interpreter, variant)
    with tempfile.TemporaryDirectory(prefix="scanpost-") as folder:
        world = LiveWorld(
            Path(folder) / "state",
            interpreter=interpreter,
            size=variant.size,
            fresh_tenant=scenario.fresh_tenant,
            language=variant.language,
            heap_kb=heap_kb,
            image=image,
            authority=authority,
        )
        try:
            await world.start()
            await play(report, world)
        finally:
            await world.stop()
            report.log = [str(event["log"]) for event in world.events if "log" in event]
    return report
