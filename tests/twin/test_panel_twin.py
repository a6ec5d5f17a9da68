"""The panel on real MicroPython: the same pixels and the same words as on CPython, screen by screen."""

import framebuf
import pytest

from sim.live import find_micropython
from tests.panel import conftest  # noqa: F401  makes the fonts
from tests.twin import panel_scenes
from tests.twin.test_mail_twin import ROOT, run

pytestmark = pytest.mark.skipif(find_micropython() is None, reason="there is no MicroPython here")


@pytest.fixture(scope="module")
def on_micropython() -> str:
    return run(ROOT / "tests" / "twin" / "panel_scenes.py", 4096)


def test_screens(on_micropython: str, capsys: pytest.CaptureFixture[str]) -> None:
    panel_scenes.report(framebuf.FrameBuffer)
    expected = capsys.readouterr().out
    assert len(expected.splitlines()) > 140
    assert on_micropython == expected


def test_the_plain_stand_in_draws_as_micropython_does(on_micropython: str, capsys: pytest.CaptureFixture[str]) -> None:
    panel_scenes.shapes(framebuf.PlainFrameBuffer)
    expected = capsys.readouterr().out
    assert on_micropython.startswith(expected)
