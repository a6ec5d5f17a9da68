"""What `make rows` and `make security` print: every row is shown by something, and what failed is not passed over."""

from __future__ import annotations

import pytest

from sim.scenario import WORLDS
from tests.by_id import Place, Recorder, Row, named_tests, rows, table

_ID = "tests/some/test_file.py::test_r01_it"


def test_every_row_of_the_manual_has_tests_and_a_scenario_in_every_world() -> None:
    assert [row.id for row in rows()] == [f"R{number:02}" for number in range(1, 25)]
    for row in rows():
        played = {place.name.rpartition(" ")[2] for place in row.places if place.name.startswith("sim/scenarios/")}
        assert played == set(WORLDS) and not row.reasons, row.id
        assert all(place.asked for place in row.places), row.id


def test_names_of_tests_begin_with_their_ids() -> None:
    named = dict(named_tests())
    assert named["tests/unit/test_smtp.py::test_sm01_sm03_no_tls_no_credentials"] == ["SM-01", "SM-03"]
    assert named["tests/web/test_email.py::test_r05_r09_all_fields_with_their_labels_in_the_manuals_order"] == [
        "R05",
        "R09",
    ]


@pytest.mark.parametrize(
    ("outcomes", "some", "result"),
    [
        ({_ID: "passed"}, False, "passed"),
        ({_ID + "[1]": "passed", _ID + "[2]": "passed"}, False, "passed"),
        ({_ID + "[1]": "passed", _ID + "[2]": "failed"}, False, "failed"),
        ({_ID + "[1]": "passed", _ID + "[2]": "skipped"}, False, "skipped"),
        ({_ID + "_too": "passed"}, False, "not run"),
        ({}, True, "not run"),
    ],
)
def test_a_row_is_as_good_as_the_worst_of_its_tests(outcomes: dict[str, str], some: bool, result: str) -> None:
    recorder = Recorder()
    recorder.outcomes = outcomes
    lines, results = table([Row("R01", "what", [Place("a test", [_ID], (_ID, _ID + "["))])], recorder, some)
    assert results == {result}
    assert lines[0].split() == ["R01", *result.split(), "what"] and lines[-1] == f"1 {result}"


def test_one_test_that_was_not_run_counts_unless_not_all_were_to_be_run() -> None:
    recorder = Recorder()
    recorder.outcomes = {_ID: "passed"}
    places = [Place("a test", [_ID], (_ID,)), Place("another", ["other"], ("other",))]
    assert table([Row("R01", "what", places)], recorder, some=False)[1] == {"not run"}
    assert table([Row("R01", "what", places)], recorder, some=True)[1] == {"passed"}


@pytest.mark.parametrize(("reason", "result"), [("not yet: x", "not yet"), ("does not apply: x", "-")])
def test_what_is_shown_by_nothing_says_why(reason: str, result: str) -> None:
    lines, results = table([Row("PB-01", "what", reasons=[reason])], Recorder(), some=False)
    assert results == {result} and reason in lines[1]
