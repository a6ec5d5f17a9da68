"""Every scenario in every variant and every world, and the runner's own manners: errors and the command line."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from boards import stand_in
from firmware.panel.screens.home import Home
from sim.__main__ import main
from sim.cloud.certificates import Authority
from sim.scenario import (
    FOLDER,
    LANGUAGES,
    VARIANTS,
    WORLDS,
    Report,
    ScenarioError,
    Variant,
    load,
    names,
    play_live,
    play_virtual,
    vocabulary,
)
from sim.steps import STEPS
from tests.stories.plays import AT_THE_PANEL, PLAYS, SCENARIOS

_ROWS = {f"R{number:02d}" for number in range(1, 25)}
_COMPLAINTS = {f"complaint {number}" for number in (*range(1, 14), *range(15, 23))}

_PLAIN = VARIANTS[0]
_BOARD = "pico2_w"  # whose .mpy files MicroPython runs


@cache
def _in_the_virtual_world(name: str, variant: Variant, authority: Authority) -> Report:
    return play_virtual(SCENARIOS[name], variant, authority)


@pytest.mark.parametrize(
    ("name", "variant"), [(name, each) for name in SCENARIOS for each in SCENARIOS[name].variants], ids=str
)
def test_a_scenario(name: str, variant: Variant, authority: Authority) -> None:
    report = _in_the_virtual_world(name, variant, authority)
    assert report.failure is None, report.as_text()


@cache
def _image() -> Path:
    return stand_in.image(_BOARD)


@pytest.mark.live
@pytest.mark.parametrize(("name", "variant", "interpreter"), PLAYS, ids=str)
def test_a_scenario_is_the_same_in_every_world(
    name: str, variant: Variant, interpreter: str, authority: Authority
) -> None:
    """It holds, and words, codes and states are those of the virtual world: so both interpreters agree, too. A Pico 2 W's
    memory is enough: nothing is put off, and the device does not restart for it.
    """
    board: dict[str, Any] = {}
    if interpreter == "micropython":
        board = {"heap_kb": stand_in.heap_kb(_BOARD), "image": _image()}
    report = asyncio.run(play_live(SCENARIOS[name], variant, interpreter, authority, **board))
    assert report.failure is None, report.as_text()
    assert not [line for line in report.log if "MemoryError" in line or "restarts" in line], report.log
    virtual = _in_the_virtual_world(name, variant, authority)
    assert report.found == virtual.found
    assert report.end == virtual.end


@pytest.mark.parametrize(("row", "name"), [(row, name) for row, several in AT_THE_PANEL.items() for name in several])
def test_what_the_manual_does_at_the_panel_is_played_in_every_variant(row: str, name: str) -> None:
    scenario = SCENARIOS[name]
    assert row in scenario.tells
    there = VARIANTS if name != "lock_icon" else [each for each in VARIANTS if each.panel == "320x240"]
    assert scenario.variants == list(there)
    assert all((name, variant, "micropython") in PLAYS for variant in there)


def test_every_variant_is_played_on_every_interpreter_beside_the_manuals_ways() -> None:
    about_the_panel = {name for several in AT_THE_PANEL.values() for name in several}
    others = [play for play in PLAYS if play[0] not in about_the_panel]
    assert {(variant, interpreter) for _, variant, interpreter in others} == set(product(VARIANTS, WORLDS[1:]))
    assert {(name, interpreter) for name, _, interpreter in others} >= set(
        product(set(names()) - about_the_panel, WORLDS[1:])
    )


def test_every_row_and_the_complaints_are_told() -> None:
    told = {each for scenario in SCENARIOS.values() for each in scenario.tells}
    assert told >= _ROWS | _COMPLAINTS


def test_every_step_is_used() -> None:
    used = {known.name for scenario in SCENARIOS.values() for _, known, _ in scenario.steps}
    assert used == set(STEPS)


# --- a file that is not a scenario ---

_HEAD = 'title = "t"\ntells = ["R20"]\nwhy = "w"\n'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("steps", ["Expected '='"]),
        ('title = "t"\n', ['"tells" is missing']),
        (_HEAD.replace("R20", "chapter 3") + "steps = []", ['"tells" must be', "R20"]),
        (_HEAD + 'colour = "red"\nsteps = []', ['no "colour"', "fresh_tenant, variants"]),
        (_HEAD + 'variants = ["lt 1x1 touch"]\nsteps = []', ['"variants"', "lt 128x64 keys"]),
        (_HEAD + 'steps = ["set_up", "press_okay"]', ["step 2", 'no step "press_okay"', "press_ok,"]),
        (_HEAD + 'steps = [{sign_in = {acount = "a"}}]', ["step 1", "sign_in", 'no "acount"', "account"]),
        (_HEAD + 'steps = [{advance = "soon"}]', ["step 1", "advance", "91 days"]),
        (_HEAD + 'steps = [{power = "off", advance = "1 day"}]', ["step 1", "One step at a time"]),
        (_HEAD + "steps = [3]", ["step 1", "A step is a text"]),
        (_HEAD + "steps = [{log_in = 3}]", ["step 1", "log_in", "nothing"]),
        (_HEAD + 'steps = [{expect.panel = "message.sign_in"}]', ["step 1", "no words", "message.sign_in"]),
        (_HEAD + 'steps = [{press = "web.okay"}]', ["step 1", "web.okay"]),
        (_HEAD + "steps = [{expect.mood = 1}]", ["step 1", "expect.mood", "expect.panel"]),
        (_HEAD + "steps = [{expect.job = {code = 1000}}]", ["step 1", "expect.job", "999"]),
        (_HEAD + 'steps = [{expect.account = "AWAY"}]', ["step 1", "SIGNED_OUT"]),
    ],
)
def test_a_mistake_in_a_file_is_named(text: str, named: list[str], tmp_path: Path) -> None:
    path = tmp_path / "mistaken.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        load(str(path))
    for words in ["mistaken.toml", *named]:
        assert words in str(caught.value)


def test_the_vocabulary_has_a_sentence_for_each_step() -> None:
    text = vocabulary()
    for known in STEPS.values():
        assert known.name in text
        assert known.does.endswith(".")


# --- what does not come about ---


@pytest.mark.parametrize(
    ("step", "expected", "there"),
    [
        ("{expect.job = {code = 361}}", "361", "360"),
        ('{expect.job = {code = 360, detail = "reason.unused"}}', "reason.unused", "360"),
        ('{expect.panel = "message.expired"}', "expired because", "need to sign in to your email service"),
        ('{expect.panel = {lacks = "message.not_signed_in"}}', "need to sign in", "need to sign in"),
        ('{expect.panel = {screen = "home"}}', "home", "sending"),
        ('{expect.account = "EXPIRED"}', "EXPIRED", "SIGNED_OUT"),
        ('{expect.sign_in = "WAITING"}', "WAITING", "none"),
        ("{expect.jobs = {sent = 1}}", "1", "0"),
        ('{expect.mailbox = {of = "ona@bureau.example", count = 1}}', "1 mails", "0"),
        ('{expect.mailbox = {of = "ona@bureau.example", attachment = "same"}}', "a mail", "none"),
        ('{expect.wire = {at = "smtp", says = "AUTH", times = 1}}', "1 times", "0 times"),
        ('{expect.paper = "sheet.title"}', "sheet", "none"),
        ('{expect.page = "web.sender"}', "this can be done", "No page"),
        ('{tap = "job.all"}', "this can be done", "Nothing to tap"),
        ('"wake"', "this can be done", "not dark"),
        ('{enter = "text"}', "this can be done", "Nothing to tap"),
        ('{user = {address = "nobody@bureau.example", enabled = false}}', "this can be done", "nobody"),
        ('{fault = {where = "smtp", kind = "rain"}}', "this can be done", "no fault of this kind"),
        ('{sign_in = "ona@bureau.example"}', "this can be done", "log"),
    ],
)
def test_what_was_expected_and_what_was_there(
    step: str, expected: str, there: str, tmp_path: Path, authority: Authority
) -> None:
    path = tmp_path / "story.toml"
    path.write_text(_HEAD + 'steps = [{scan_to = "ona@bureau.example"}, {expect.job = {code = 360}}, ' + step + "]")
    failure = play_virtual(load(str(path)), _PLAIN, authority).failure
    assert failure is not None
    assert failure["step"] == 3
    assert expected in failure["expected"]
    assert there in failure["there"]


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ('subject = "other.pdf"', "scan.pdf"),
        ('name = "other.pdf"', "scan.pdf"),
        ('from = "ona@bureau.example"', "printer@bureau.example"),
        ('attachment = "same"', "other bytes"),
        ('message_id = "same"', "several"),
    ],
)
def test_a_mail_that_is_not_as_expected(wanted: str, there: str, tmp_path: Path, authority: Authority) -> None:
    path = tmp_path / "story.toml"
    twice = '{scan_to = {to = "ona@bureau.example"}}, {expect.job = "sent"}, ' * 2
    path.write_text(_HEAD + f'steps = ["set_up", {twice} {{put = {{bytes = 7}}}}, {{expect.mailbox = {{{wanted}}}}}]')
    failure = play_virtual(load(str(path)), _PLAIN, authority).failure
    assert failure is not None
    assert failure["step"] == 7
    assert there in failure["there"]


# --- the command line ---


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["scenario", *arguments])
    out, complaint = capsys.readouterr()
    return code, out, complaint


def test_passed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "never_signed_in")
    assert code == 0
    assert load("never_signed_in").title in out
    assert "passed" in out


@pytest.mark.live
@pytest.mark.parametrize("interpreter", ["micropython", "cpython"])
def test_passed_as_a_process(interpreter: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--interpreter", interpreter, "--language", "lt", "--panel", "128x64", "--json")
    code, out, _ = run(capsys, "never_signed_in", *arguments)
    report = json.loads(out)
    assert (code, report["result"], report["world"]) == (0, "passed", interpreter)
    assert (report["language"], report["panel"], report["hands"]) == ("lt", "128x64", "keys")


def test_failed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "story.toml"
    path.write_text(_HEAD + 'steps = [{scan_to = "ona@bureau.example"}, {expect.job = {code = 361}}]')
    code, out, _ = run(capsys, str(path))
    assert code == 1
    assert "failed at step 2" in out
    assert "361" in out and "360" in out
    code, out, _ = run(capsys, str(path), "--json")
    report: Any = json.loads(out)
    assert (code, report["result"], report["failure"]["step"]) == (1, "failed", 2)


def test_a_firmware_that_dies_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def build(_: Home) -> None:
        raise ZeroDivisionError("somebody divided")

    monkeypatch.setattr(Home, "build", build)
    code, out, complaint = run(capsys, "never_signed_in")
    assert code == 1
    assert "ZeroDivisionError in test_scenarios.py" in out and "somebody divided" in out
    assert complaint == ""


def test_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == names()
    code, out, _ = run(capsys, "--list", "--json")
    assert [row["name"] for row in json.loads(out)] == names() == sorted(path.stem for path in FOLDER.glob("*.toml"))


def test_a_reader_who_has_seen_enough() -> None:
    """As with `| head`: no traceback, however Python writes what it still has."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "sim", "scenario", "--list"]
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, cwd=FOLDER.parents[1], check=False)
    os.close(write)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_variant_that_there_is_not(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, complaint = run(capsys, "never_signed_in", "--panel", "128x64", "--hands", "touch")
    assert code == 2
    assert "'en 128x64 touch'" in complaint and "en 128x64 keys" in complaint
    path = tmp_path / "story.toml"
    path.write_text(_HEAD + 'variants = ["en 128x64 keys"]\nsteps = []')
    code, out, _ = run(capsys, str(path))
    assert code == 0 and "en 128x64 keys" in out
    code, _, complaint = run(capsys, str(path), "--language", "lt")
    assert code == 2 and "'lt'" in complaint


def test_an_unknown_name_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, complaint = run(capsys, "no_such_story")
    assert code == 2
    assert "no_such_story" in complaint
    for name in names():
        assert name in complaint


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, complaint = run(capsys, str(tmp_path / "gone.toml"))
    assert code == 2
    assert "gone.toml" in complaint


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["first_mail", "--list"],
        ["first_mail", "--language", "de"],
        ["first_mail", "--interpreter", "x"],
        ["first_mail", "--panel", "640x480"],
        ["first_mail", "--hands", "feet"],
    ],
)
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scenario", *arguments])
    assert ended.value.code == 2


def test_help_has_the_vocabulary(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scenario", "--help"])
    assert ended.value.code == 0
    assert vocabulary() in capsys.readouterr().out
    assert LANGUAGES == ("en", "lt")
