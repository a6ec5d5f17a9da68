"""Every invariant earns its place: firmware that is wrong on purpose is found out, by the invariant that is meant for it.

The same steps on the firmware as it is find nothing. A failing life is kept as a file, and its replay fails in the same way.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sim.__main__ import main
from sim.invariants import ALL, Violation
from sim.life import Life
from sim.replay import command, load, save
from tests.property.variants import VARIANTS, Variant

ROOT = Path(__file__).parents[2]
BY_NAME = {variant.name: variant for variant in VARIANTS}


def live(variant: Variant, seed: int = 1) -> Life:
    life = Life(seed)
    try:
        life.start()
        for name, arguments in variant.steps:
            life.take(name, **arguments)
    finally:
        life.end()
    return life


def wrong_life(variant: Variant, seed: int = 1) -> tuple[Life, Violation]:
    life = Life(seed)
    try:
        life.start()
        for name, arguments in variant.steps:
            life.take(name, **arguments)
    except Violation as violation:
        return life, violation
    finally:
        life.end()
    pytest.fail(f"{variant.name} was not found out")


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_is_found_out(variant: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    variant.wrong(monkeypatch)
    _, violation = wrong_life(variant)
    assert str(violation).startswith(variant.invariant + ": "), str(violation)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_the_right_firmware_lives_the_same_life_without_fault(variant: Variant) -> None:
    life = live(variant)
    assert len(life.steps) == len(variant.steps)


def test_there_are_at_least_thirty_and_every_invariant_finds_one() -> None:
    assert len(VARIANTS) >= 30
    names = {kind.__name__ for kind in ALL} | {"HealthyWithinTenMinutesAfterFaultsEnd"}
    found = {"".join(word.capitalize() for word in variant.invariant.split("_")) for variant in VARIANTS}
    assert found == names


def test_a_failing_life_is_a_file_that_shows_the_same_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    variant = BY_NAME["code_370_for_361"]
    with monkeypatch.context() as patch:
        variant.wrong(patch)
        life, violation = wrong_life(variant)
        path = save(life, violation, tmp_path)
        kept = load(path)
        assert (kept.seed, kept.steps) == (1, list(variant.steps)) and str(violation) in kept.violation
        assert main(command(path).split()[3:]) == 1
    shown = capsys.readouterr().out
    assert shown.count(str(violation)[:60]) == 2  # what it was then, and what it is now
    assert "day 0 02:00:" in shown and '"fault": "700082"' in shown  # step by step, with what went over the wire
    assert main(["replay", str(path)]) == 0  # mended firmware
    assert "Nothing went wrong this time." in capsys.readouterr().out


def test_the_printed_command_runs_as_it_stands(tmp_path: Path) -> None:
    life = live(BY_NAME["a_network_code_without_a_sign_in"])
    path = save(life, Violation("codes_as_the_manual_says: for the test"), tmp_path)
    done = subprocess.run([sys.executable, *command(path).split()[1:]], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "send" in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        "[" * 100_000,
        '{"seed": "1", "steps": [], "violation": ""}',
        '{"seed": 1, "steps": [["__init__", {}]], "violation": ""}',
        '{"seed": 1, "steps": [["send", []]], "violation": ""}',
        '{"seed": 1, "steps": [["send"]], "violation": ""}',
        '{"seed": 1, "steps": [[["send"], {}]], "violation": ""}',
    ],
)
def test_a_file_that_is_no_life_is_refused_in_a_sentence(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reliability SV-05."""
    path = tmp_path / "life.json"
    path.write_text(text)
    assert main(["replay", str(path)]) == 2
    assert "life.json" in capsys.readouterr().err
