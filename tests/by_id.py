"""Which tests show an attack of section 8 or a row of the manual, and how they end: `make security` and `make rows`.

`attacks` and `rows` read what there is to show, `tests/atlas/section8.txt` and `tests/rows.txt`. `main` runs exactly the
tests that show it and prints a table; arguments behind the table's name go to pytest.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sim.scenario import WORLDS, load, names
from tests.stories.plays import PLAYS

_TESTS = Path(__file__).parent
ROOT = _TESTS.parent
_ATTACKS = _TESTS / "atlas" / "section8.txt"
_ROWS = _TESTS / "rows.txt"
_ATLAS = "tests/atlas/test_atlas.py::test_row"
_VIRTUAL = "tests/stories/test_scenarios.py::test_a_scenario"
_LIVE = "tests/stories/test_scenarios.py::test_a_scenario_is_the_same_in_every_world"
_NAMED = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)
_ID = re.compile(r"[a-z]{1,2}\d\d")
_NOT_RUN = "not run"
_WORSE = ("failed", _NOT_RUN, "skipped")  # than passed, the worst first
_WIDTH = 10


@dataclass
class Place:
    """Something that shows it: a test, the atlas's rows of one id, a scenario in one world."""

    name: str
    asked: list[str]  # what pytest is told to run
    begin: tuple[str, ...]  # of the ids of its tests, or the whole


@dataclass
class Row:
    id: str
    what: str
    places: list[Place] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)  # what is not shown, and why


# --- what there is to show ---


def _test(name: str) -> Place:
    return Place(name, [name], (name, name + "["))


def _atlas(id: str) -> Place:
    return Place(f"tests/atlas/atlas.txt {id}", [_ATLAS], (f"{_ATLAS}[{id} ",))


def _scenario(name: str, world: str) -> Place:
    """In the virtual world in each variant; on an interpreter in the first that it is played in."""
    if world == WORLDS[0]:
        asked = [f"{_VIRTUAL}[{name}-{variant}]" for variant in load(name).variants]
    else:
        played = [play for play in PLAYS if play[0] == name and play[2] == world]
        asked = [f"{_LIVE}[{name}-{variant}-{world}]" for _, variant, _ in played[:1]]
    return Place(f"sim/scenarios/{name}.toml {world}", asked, tuple(asked))


def attacks() -> list[Row]:
    found: list[Row] = []
    for line in _lines(_ATTACKS):
        if line[0] != " ":
            id, _, what = line.partition(" ")
            found.append(Row(id, what))
            continue
        row, place = found[-1], line.strip()
        if place == "atlas":
            row.places.append(_atlas(row.id))
        elif place.startswith("sim/scenarios/"):
            row.places.append(_scenario(Path(place).stem, WORLDS[0]))
        elif place.startswith("tests/"):
            row.places.append(_test(place))
        else:
            row.reasons.append(place)
    _add_named(found)
    return found


def rows() -> list[Row]:
    found: list[Row] = []
    for line in _lines(_ROWS):
        id, _, what = line.partition(" ")
        found.append(Row(id, what))
    _add_named(found)
    scenarios = [load(name) for name in names()]
    for row in found:
        told = [each.name for each in scenarios if row.id in each.tells]
        row.places += [_scenario(name, world) for name in told for world in WORLDS]
        if not told:
            row.reasons.append("not yet: no scenario")
    return found


def _add_named(rows: list[Row]) -> None:
    by_id = {row.id: row for row in rows}
    for test, ids in named_tests():
        for id in ids:
            if id in by_id:
                by_id[id].places.append(_test(test))


def named_tests() -> Iterator[tuple[str, list[str]]]:
    """Every test that is named by ids, and these, written as in the tables: "R07", "PB-01"."""
    for path in sorted(_TESTS.rglob("test_*.py")):
        for name in _NAMED.findall(path.read_text("utf-8")):
            ids: list[str] = []
            for word in name.split("_")[1:]:
                if not _ID.fullmatch(word):
                    break
                kind, number = word[:-2].upper(), word[-2:]
                ids.append(kind + number if len(kind) == 1 else f"{kind}-{number}")
            if ids:
                yield f"{path.relative_to(ROOT).as_posix()}::{name}", ids


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#"]


# --- how it ends ---


class Recorder:
    """Notes how each test ended. A pytest plugin."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}  # by the test's id; of its parts the worst

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.outcomes.get(report.nodeid, "passed")
        if report.failed or (report.skipped and before == "passed"):
            before = report.outcome
        self.outcomes[report.nodeid] = before

    def of(self, place: Place) -> tuple[str, int]:
        """How all tests of a place ended, and how many they were."""
        ended = [
            outcome
            for id, outcome in self.outcomes.items()
            if any(id.startswith(begin) if begin[-1] in "[ " else id == begin for begin in place.begin)
        ]
        if not ended:
            return _NOT_RUN, 0
        return next((each for each in _WORSE if each in ended), "passed"), len(ended)


def table(rows: list[Row], recorder: Recorder, some: bool) -> tuple[list[str], set[str]]:
    """The lines to print, and all results that are in them. `some`: not all tests were to be run."""
    lines, results = [], set()
    for row in rows:
        ended = [recorder.of(place) for place in row.places]
        found = {result for result, _ in ended}
        if some and found > {_NOT_RUN}:
            found.remove(_NOT_RUN)
        result = next((each for each in (*_WORSE, "passed") if each in found), "not yet")
        if not ended and row.reasons[0].startswith("does not apply"):
            result = "-"
        results.add(result)
        lines.append(f"{row.id:6} {result:{_WIDTH}}{row.what}")
        for place, (each, tests) in zip(row.places, ended, strict=True):
            lines.append(f"{'':9}{each:{_WIDTH}}{place.name}" + (f" ({tests} tests)" if tests > 1 else ""))
        lines += [f"{'':9}{reason}" for reason in row.reasons]
    counted = {each: sum(line[7:17].strip() == each for line in lines if line[0] != " ") for each in sorted(results)}
    lines.append(", ".join(f"{number} {each}" for each, number in counted.items()).replace("-", "not to be applied"))
    return lines, results


def main(arguments: list[str]) -> int:
    wanted, *rest = arguments
    proofs = {"security": attacks, "rows": rows}[wanted]()
    recorder = Recorder()
    asked = sorted({each for row in proofs for place in row.places for each in place.asked})
    code = pytest.main(["-n", "auto", "--no-header", *rest, *asked], plugins=[recorder])
    lines, results = table(proofs, recorder, bool(rest))
    print("\n".join(["", *lines]))
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return int(code)
    return int("failed" in results or (_NOT_RUN in results and not rest))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
