"""Seals, passwords, users and the audit log on real MicroPython: the same bytes as on CPython."""

from pathlib import Path

import pytest

from sim.live import find_micropython
from tests.twin import secrets_kept
from tests.twin.test_mail_twin import run

pytestmark = pytest.mark.skipif(find_micropython() is None, reason="there is no MicroPython here")


def test_both_interpreters_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    secrets_kept.report()
    expected = capsys.readouterr().out
    assert len(expected.splitlines()) > 25
    assert run(Path(secrets_kept.__file__), 2048) == expected
