"""Constants of the boards' modules are written out only where it is clear that these are meant."""

from __future__ import annotations

import pytest

from boards import constants
from tests.boards_tools.program import result_of

_ICONS = """\
from micropython import const

UP, DOWN = "\\ue00a\\ue00b"
MOST = const(40)
STEP = 5 - 2 * 4
NAME = "a text that is long"
_KEPT = const(9)
"""


def _inlined(**texts: str) -> dict[str, str]:
    places = {name: f"firmware/{name}.py" for name in texts}
    found = constants.inlined({places[name]: text for name, text in texts.items()})
    return {name: found[place] for name, place in places.items()}


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("from firmware.icons import MOST\nx = MOST", "pass\nx = 40"),
        ("from firmware.icons import MOST, NAME\nx = MOST", "from firmware.icons import NAME\nx = 40"),
        ("from firmware.icons import (\n    MOST,\n    UP,\n)\nx = UP", "pass\n\n\n\nx = '\\ue00a'"),
        ("from firmware.icons import MOST as most\nx = f'{most}'", "pass\nx = f'{40}'"),
        ("from firmware import icons\nx = icons.STEP * 2", "from firmware import icons\nx = (-3) * 2"),
        ("def f():\n    from firmware.icons import DOWN\n    return DOWN", "def f():\n    pass\n    return '\\ue00b'"),
    ],
)
def test_it_is_written_out_where_it_is_used(user: str, expected: str) -> None:
    found = _inlined(icons=_ICONS, user=user)
    assert found["user"] == expected
    assert found["icons"] == 'pass\n\npass\npass\npass\nNAME = "a text that is long"\n_KEPT = const(9)\n'


@pytest.mark.parametrize(
    "user",
    [
        "x = other.MOST",
        "from firmware import icons\nicons.MOST = 3",
        "from firmware import icons\nfrom a import icons\nx = icons.MOST",
        "from firmware import icons\ndef f(icons):\n    return icons.MOST",
        "from firmware.icons import MOST\nMOST = MOST + 1",
        "from elsewhere import MOST",
        "from .icons import MOST\nx = MOST",
        "import firmware.icons\nx = firmware.icons.MOST",
        "from firmware import icons\nx = getattr(icons, 'MOST')",
        "from firmware import icons\nx = icons.\\\n  MOST",
    ],
)
def test_it_stays_when_it_is_not_clear_what_is_meant(user: str) -> None:
    found = _inlined(icons="MOST = 40\nx = MOST", user=user)
    assert found["icons"].startswith("MOST = 40")
    assert "40" not in found["user"]


@pytest.mark.parametrize(
    "text",
    [
        "MOST = 40\nMOST = 41\nx = MOST",
        "MOST = 40\ndef f():\n    global MOST\n    MOST = 2",
        "def f():\n    MOST = 40\n    return MOST",
        "class C:\n    MOST = 40\n    x = MOST",
        "MOST = 40\ndef f(MOST):\n    return MOST",
        "MOST = 40.5\nx = MOST",
        "MOST = True\nx = MOST",
        "MOST = f(3)\nx = MOST",
        "MOST = 'ėėėėėė'\nx = MOST",
        "MOST = '<b>'\nx = f'{MOST}'",
    ],
)
def test_what_is_no_constant_stays(text: str) -> None:
    assert _inlined(a=text)["a"] == text


def test_what_a_library_asks_for_stays() -> None:
    text = "MOST = 40\nx = MOST"
    assert constants.inlined({"firmware/a.py": text}, ["handler.MOST"]) == {"firmware/a.py": text}
    assert constants.inlined({"firmware/a.py": text}, ["handler.LEAST"]) == {"firmware/a.py": "pass\nx = 40"}


def test_the_import_of_const_stays_where_it_is_called() -> None:
    text = "from micropython import const\nx = [const(1)]"
    assert _inlined(a=text)["a"] == text


def test_a_program_does_the_same_afterwards() -> None:
    main = """\
from firmware import icons
from firmware.icons import MOST, STEP as by, NAME

def shown(first, last=MOST):
    return f"{first}-{last}" + icons.UP + NAME

result = shown(by), -by, icons.STEP - by, [icons.DOWN for MOST_OF in range(MOST)], icons.MOST
"""
    texts = {"firmware/icons.py": _ICONS, "firmware/main.py": main}
    changed = constants.inlined(texts)
    assert "UP" not in changed["firmware/main.py"] + changed["firmware/icons.py"]
    assert result_of(changed) == result_of(texts)
