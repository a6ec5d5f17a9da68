"""The README's wiring is that of the boards' files, and its commands are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from boards import mpy
from boards.kinds import KINDS
from sim.image import ROOT

README = (ROOT / "README.md").read_text("utf-8")
_WIRE = re.compile(r"^ {6}(display|touch|key|printer|) +(\w+).*? ─+ (?:GP|IO)(\d+)(?: +(?:GP|IO)(\d+))?$")
_ORDER = {  # of `wire` in `hal/wired_colour.py`
    "display_pins": ["display CS", "display DC", "display RESET", "display LED"],
    "touch_pins": ["touch CS", "touch IRQ"],
}


def drawn(board: str) -> dict[str, int]:
    """What the README says: "display SDA" -> the number of the pin."""
    wires: dict[str, int] = {}
    part, column = "", -1
    for line in README.splitlines():
        if line.startswith("    ") and line[4:5].isalpha():
            boards = line.strip().split("   ")[0].split(", ")
            column = boards.index(board) if board in boards else -1
        found = _WIRE.match(line)
        if found and column >= 0:
            part = found[1] or part
            wires[f"{part} {found[2]}"] = int(found[3 + column] or found[3])
    return wires


def wired(board: str) -> dict[str, int]:
    """What the board's file and the one that it shares say."""
    wires: dict[str, int] = {}
    text = (ROOT / "hal" / f"board_{board}.py").read_text("utf-8")
    if "wired_pico" in text:
        text = (ROOT / "hal" / "wired_pico.py").read_text("utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.keyword) and node.arg in ("display", "touch"):
            wires.update({f"{node.arg} {name.upper()}": pin for name, pin in _keywords(node.value).items()})
        elif isinstance(node, ast.keyword) and node.arg in _ORDER:
            assert isinstance(node.value, ast.Tuple)
            wires.update(zip(_ORDER[node.arg], map(_pin, node.value.elts), strict=True))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "I2C":
            wires.update({f"display {name.upper()}": pin for name, pin in _keywords(node).items()})
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "UART":
            pins = _keywords(node)
            wires.update({"printer RX": pins["tx"], "printer TX": pins["rx"]})  # crossed
        elif isinstance(node, ast.Tuple) and all(isinstance(each, ast.Tuple) for each in node.elts) and node.elts:
            for name, number in ast.literal_eval(node):
                wires[f"key {'OK' if name == 'ok' else name}"] = number
    return wires


def _keywords(call: ast.expr) -> dict[str, int]:
    assert isinstance(call, ast.Call)
    return {each.arg: _pin(each.value) for each in call.keywords if each.arg and isinstance(each.value, ast.Call)}


def _pin(call: ast.expr) -> int:
    assert isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Pin"
    number = ast.literal_eval(call.args[0])
    assert isinstance(number, int)
    return number


@pytest.mark.parametrize("board", mpy.names())
def test_the_wiring_is_that_of_the_boards_files(board: str) -> None:
    assert drawn(board) == wired(board)
    assert len(wired(board)) == (7 if board in ("pico", "pico_w") else 14)


def test_every_board_has_its_row_and_every_command_is_there() -> None:
    assert re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE) == list(KINDS)
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    section = README[README.index("## On a board") : README.index("## How it is cut")]
    assert set(re.findall(r"make ([a-z]+)", section)) <= set(targets)
    assert len(re.findall(r"^    \S.*# ", section, re.MULTILINE)) == 5  # commands
    for link in re.findall(r"\]\((docs/[^)]+)\)", section):
        assert Path(ROOT / link).exists()
