"""A board's own .mpy files in the unix MicroPython, as the live world runs it, with a heap as large as the board's.

Behind the seam stand the live world's parts in place of the board's; all else is the very files of `make mpy`, by links to
them. The heap is that of a 64-bit interpreter, which needs 1.4 times as much for the same device, and the memory of one
TLS session is taken off, which a board has in its heap and this one elsewhere. Start at `image` and `heap_kb`.
"""

from __future__ import annotations

import os
from pathlib import Path

from boards import mpy
from boards.kinds import KINDS
from sim.image import IMAGE, ROOT, build_image

_TIMES_TENTHS = 14  # measured: the whole booted device takes 1.38 times as much
_TLS_KB = 30  # of a session, on rp2; the device has one at a time
_LIVE = ("hal", "main.mpy")  # what the live world has of its own


def heap_kb(board: str) -> int:
    """Of the unix MicroPython, while the device talks TLS."""
    return scaled_kb(KINDS[board].heap_kb - _TLS_KB)


def scaled_kb(on_board_kb: int) -> int:
    """What takes so much on a board takes in the unix MicroPython."""
    return on_board_kb * _TIMES_TENTHS // 10


def unscaled_kb(here_kb: float) -> int:
    return round(here_kb * 10 / _TIMES_TENTHS)


def image(board: str) -> Path:
    """The folder for `sim.live.DeviceProcess`, up to date. Raises ImageError."""
    build_image()
    folder = mpy.build(board)
    there = ROOT / "build" / "stand_in" / board
    there.mkdir(parents=True, exist_ok=True)
    names = {name: folder for name in os.listdir(folder) if name not in ("hal", "main.py")}
    for name, origin in {**names, **dict.fromkeys(_LIVE, IMAGE)}.items():
        _link(there / name, Path(os.path.relpath(origin / name, there)))
    return there


def _link(link: Path, target: Path) -> None:
    """Several processes of tests make the same ones."""
    try:
        link.symlink_to(target)
    except FileExistsError:
        assert link.readlink() == target, f"{link} is something else: remove it"
