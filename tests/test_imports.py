"""Imports point one way: the firmware knows the seam and nothing behind it; hal knows no firmware; neither knows sim."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HAL_FOR_FIRMWARE = {"hal.errors", "hal.api"}


def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports, those below `if TYPE_CHECKING:` too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", sorted((ROOT / "firmware").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_firmware_reaches_the_world_only_through_the_seam(path: Path) -> None:
    for name in imported(path):
        top = name.partition(".")[0]
        assert top not in ("boards", "sim", "tests"), f"{path} imports {name}"
        assert top != "hal" or name in HAL_FOR_FIRMWARE, f"{path} imports the driver {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "hal").glob("*.py")), ids=lambda p: p.name)
def test_hal_knows_neither_firmware_nor_simulator(path: Path) -> None:
    assert not {name.partition(".")[0] for name in imported(path)} & {"boards", "firmware", "sim", "tests"}


@pytest.mark.parametrize("path", sorted((ROOT / "sim").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_simulator_starts_the_device_and_knows_nothing_inside_it(path: Path) -> None:
    inside = {name for name in imported(path) if name.startswith("firmware")}
    words = {"firmware.panel", "firmware.web"} if path.name == "words.py" else set()  # a person reads them
    assert inside <= {"firmware.device", "firmware.main"} | words, f"{path} imports {inside}"
    assert not {name for name in imported(path) if name.partition(".")[0] == "boards"}


@pytest.mark.parametrize("path", sorted((ROOT / "boards").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_tools_for_boards_know_nothing_inside_the_device(path: Path) -> None:
    """And what they send to a board to be run there needs nothing of ours."""
    ours = {name.partition(".")[0] for name in imported(path)} & {"boards", "firmware", "hal", "sim", "tests"}
    assert ours <= (set() if path.parent.name == "on_board" else {"boards", "sim"})
