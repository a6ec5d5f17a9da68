"""A board at a serial port, and the folders of two versions of a small firmware."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from boards import mpy
from sim.live import find_micropython
from tests.boards_tools import tiny
from tests.boards_tools.serial_board import SerialBoard


@pytest.fixture
def make_board(tmp_path: Path) -> Iterator[Callable[..., SerialBoard]]:
    """Boards whose port is in a folder of their own; without power at first."""
    if find_micropython() is None:
        pytest.skip("no MicroPython here")
    made: list[SerialBoard] = []

    def make(**about: object) -> SerialBoard:
        folder = tmp_path / f"board{len(made)}"
        folder.mkdir()
        made.append(SerialBoard(folder, **about))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for board in made:
        board.close()


@pytest.fixture
def board(make_board: Callable[..., SerialBoard]) -> SerialBoard:
    """A new Pico, plugged in."""
    board = make_board()
    board.plug()
    return board


@pytest.fixture(scope="session")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The folders for a Pico, by version. The second has a module more and one less."""
    made = {}
    for version in (1, 2):
        root = tmp_path_factory.mktemp(f"version{version}")
        second = {"firmware.same": "", "firmware.other": "OTHER = 1\n"} if version == 2 else {}
        tiny.write(root, version, **second)
        if version == 2:
            (root / "hal" / "board_pico.py").write_text(
                "from hal.part_pico import connect\nfrom firmware import other\n"
            )
        made[version] = mpy.build("pico", root)
    return made
