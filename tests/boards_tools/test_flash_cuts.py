"""The power goes while code is put on a board: at every operation of its flash, in every shape that `sim/flash.py` knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from boards.flash import flash
from boards.kinds import KINDS
from boards.repl import Repl
from sim.flash import BLOCK, Cut, Flash
from tests.boards_tools import tiny
from tests.boards_tools.serial_board import SerialBoard, files_of

PATIENCE_S = 5.0
_ERASE, _PROGRAM = 0, 1
_BLOCKS = 64  # a small one is quicker to look through
_STARTED = 12  # of the boards that were cut off while they installed
_CODE = (".py", ".mpy")
MakeBoard = Callable[..., SerialBoard]
Files = dict[str, bytes]


class Update(NamedTuple):
    """What a flash went through while a board got the second version in place of the first."""

    old: Files
    new: Files
    cuts: list[Cut]


@pytest.fixture
def update(make_board: MakeBoard, versions: dict[int, Path], tmp_path: Path) -> Update:
    board = make_board(blocks=_BLOCKS)
    board.put({**_folder(versions[1]), "/data/email": b"a sign-in"})
    picture = board.picture()
    board.journal = str(tmp_path / "journal.bin")
    board.plug(tiny.said(1).encode())
    with Repl(str(board.port), PATIENCE_S) as talk:
        flash(KINDS["pico"], versions[2], b"", talk, lambda _: None)
    board.until(lambda: tiny.said(2).encode() in board.said)
    board.unplug()
    recorded = replayed(picture, Path(board.journal).read_bytes())
    assert b"".join(recorded.blocks) == board.picture()
    return Update(_folder(versions[1]), _folder(versions[2]), list(recorded.cuts()))


def _folder(folder: Path) -> Files:
    return {"/" + str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}


def replayed(picture: bytes, journal: bytes) -> Flash:
    recorded = Flash([picture[at : at + BLOCK] for at in range(0, len(picture), BLOCK)])
    recorded.record()
    for kind, block, offset, data in _operations(journal):
        if kind == _ERASE:
            recorded.erase(None, block)
        elif kind == _PROGRAM:
            recorded.prog(None, block, offset, data)
        else:
            recorded.sync(None)
    return recorded


def _operations(journal: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    at = 0
    while at < len(journal):
        kind, block, offset, length = (int.from_bytes(journal[at + n : at + n + 2], "big") for n in (0, 2, 4, 6))
        yield kind, block, offset, journal[at + 8 : at + 8 + length]
        at += 8 + length


def test_at_every_cut_the_board_has_the_old_code_or_the_new_or_goes_on_to_it(
    update: Update, make_board: MakeBoard, record_property: Callable[[str, object], None]
) -> None:
    """Not one cut leaves a mixture that would be started. Of those that leave an unfinished update some are started."""
    seen = {"old": 0, "unfinished": 0, "new": 0}
    unfinished: list[Cut] = []
    for cut in update.cuts:
        files = files_of(b"".join(cut.picture))
        assert files["/data/email"] == b"a sign-in", cut[:2]
        code = {path: data for path, data in files.items() if path.endswith(_CODE)}
        if files["/main.py"].startswith(b"# Scanpost installs"):
            seen["unfinished"] += 1
            unfinished.append(cut)
        elif code == update.new:
            seen["new"] += 1
        else:
            assert code == update.old, (cut[:2], set(code) ^ set(update.old))
            seen["old"] += 1
    assert min(seen.values()) > 10, seen
    every = max(1, len(unfinished) // _STARTED)
    started = unfinished[::every]
    for cut in started:
        board = make_board(blocks=_BLOCKS)
        board.set_picture(b"".join(cut.picture))
        board.plug(tiny.said(2).encode())
        board.unplug()
        assert {path: data for path, data in board.files().items() if path.endswith(_CODE)} == update.new
        assert not [path for path in board.files() if "update" in path or path.endswith(".new")]
    states = len({cut.picture for cut in update.cuts})
    numbers = {"cut points": len(update.cuts), "flash states": states, "restarts": len(started), "losses": 0}
    record_property("power cuts", ("make flash", numbers))


def test_a_cut_while_the_board_makes_up_for_a_cut(update: Update, make_board: MakeBoard) -> None:
    """Again and again, each time a little later: every start brings it further, and none leaves it lost."""
    first = next(
        cut for cut in update.cuts if files_of(b"".join(cut.picture))["/main.py"].startswith(b"# Scanpost inst")
    )
    board = make_board(blocks=_BLOCKS)
    board.set_picture(b"".join(first.picture))
    cuts = 0
    while board.cut_at < 200:
        board.cut_at += 3
        starts = len(board.starts)
        board.plug(b"")
        board.until(lambda: not board.powered or tiny.said(2).encode() in board.said)
        if board.powered:
            break
        cuts += 1
        assert len(board.starts) == starts + 1
    assert cuts > 5 and board.powered
    board.unplug()
    assert {path: data for path, data in board.files().items() if path.endswith(_CODE)} == update.new
