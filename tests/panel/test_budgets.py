"""What the panel may cost on a device (`tests/bench/panel.py` measures it): its memory exactly, its times with much to
spare, since other programs want the processor while tests run.
"""

import pytest

from sim.live import find_micropython
from tests.bench.panel import figures

pytestmark = pytest.mark.skipif(find_micropython() is None, reason="there is no MicroPython here")

_TO_SPARE = 5


def test_the_panel_keeps_to_its_budget() -> None:
    promised = [figure for figure in figures() if figure.most is not None]
    assert {figure.unit for figure in promised} == {"ms", "KB"}
    for figure in promised:
        assert figure.most is not None
        assert 0 < figure.measured <= figure.most * (_TO_SPARE if figure.unit == "ms" else 1), figure
