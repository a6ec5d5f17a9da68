"""The panel on real MicroPython, compiled as for a board: the same pixels and words as on CPython, screen by screen."""

import framebuf
import pytest

from sim.image import build_image
from sim.live import find_micropython
from tests.twin import panel_scenes
from tests.twin.test_mail_twin import ROOT, run

pytestmark = pytest.mark.skipif(find_micropython() is None, reason="there is no MicroPython here")


@pytest.fixture(scope="module")
def on_micropython() -> str:
    return run(ROOT / "tests" / "twin" / "panel_scenes.py", 4096, build_image())


def test_screens(on_micropython: str, capsys: pytest.CaptureFixture[str]) -> None:
    panel_scenes.report(framebuf.FrameBuffer)
    expected = capsys.readouterr().out
    assert len(expected.splitlines()) > 400
    assert on_micropython == expected


def test_the_plain_stand_in_draws_as_micropython_does(on_micropython: str, capsys: pytest.CaptureFixture[str]) -> None:
    panel_scenes.shapes(framebuf.PlainFrameBuffer)
    expected = capsys.readouterr().out
    assert on_micropython.startswith(expected)
