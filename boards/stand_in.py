"""A board's own .mpy files in the unix MicroPython, as the live world runs it, with a heap as large as the board's.

Behind the seam stand the live world's parts in place of the board's; all else is the very files of `make mpy`, by links to
them. Of boards with a ROM partition it is run in place, as there. The heap is that of a 64-bit interpreter, which needs more
for the same device, and the memory of one TLS session is taken off, which a board has in its heap and this one elsewhere.
Start at `image`, `rom_image` and `heap_kb`.
"""

from __future__ import annotations

import os
from pathlib import Path

from boards import mpy, rom
from boards.kinds import KINDS
from boards.names import shortened
from sim.image import COLLECT_EARLY, LAUNCH, ROOT, START, alone, build_folder, replace
from sim.live import ROM

# How many times as much 64 bits take, in tenths; measured beside MicroPython's unix port built with -m32. With its code in
# the heap the whole device takes 1.38 times as much. What is left when code is run in place are pointers, mostly: 1.76 times
# as much is in use, and the least heap in which a mail goes out is 1.6 times as large (206 and 129 KB).
_TENTHS, _IN_PLACE_TENTHS = 14, 16
_TLS_KB = 30  # of a session, on rp2; the device has one at a time
_FOLDER = ROOT / "build" / "stand_in"


def heap_kb(board: str) -> int:
    """Of the unix MicroPython, while the device talks TLS."""
    return scaled_kb(board, KINDS[board].heap_kb - _TLS_KB)


def scaled_kb(board: str, there_kb: int) -> int:
    """What takes so much on the board takes in the unix MicroPython."""
    return there_kb * _tenths(board) // 10


def unscaled_kb(board: str, here_kb: float) -> int:
    return round(here_kb * 10 / _tenths(board))


def _tenths(board: str) -> int:
    return _IN_PLACE_TENTHS if board in rom.BOARDS else _TENTHS


def image(board: str) -> Path:
    """The folder for `sim.live.DeviceProcess`, up to date. Raises ImageError."""
    if board not in rom.BOARDS:
        return _files(board)
    folder = _FOLDER / "in_place"
    folder.mkdir(parents=True, exist_ok=True)
    replace(folder / "main.py", f"{COLLECT_EARLY}import os, uctypes\n{rom.mounted(ROM)}{START}".encode())
    return folder


def rom_image(board: str) -> Path | None:
    """The `rom` for `sim.live.DeviceProcess`, up to date. Raises ImageError."""
    if board not in rom.BOARDS:
        return None
    target, data = _FOLDER / (board + rom.END), rom.image(_files(board))
    with alone(target.with_suffix(".lock")):
        if not target.exists() or target.read_bytes() != data:
            replace(target, data)
    return target


def _files(board: str) -> Path:
    folder, live = mpy.build(board), _live()
    there = _FOLDER / board
    there.mkdir(parents=True, exist_ok=True)
    names = {name: folder for name in os.listdir(folder) if name not in ("hal", "main.py")}
    for name, origin in {**names, **dict.fromkeys(os.listdir(live), live)}.items():
        _link(there / name, Path(os.path.relpath(origin / name, there)))
    return there


def _live() -> Path:
    """What the live world has of its own, made as what boards get is made."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    others = [f"board_{name}" for name in KINDS]
    modules = [path for path in sorted((ROOT / "hal").rglob("*.py")) if path.stem not in others]
    sources = {str(path.relative_to(ROOT)): path for path in modules}
    return build_folder(_FOLDER / "live", {**shortened(ROOT, sources), "main.py": LAUNCH})


def _link(link: Path, target: Path) -> None:
    """In one step: several processes of tests make the same ones."""
    if not link.is_symlink() or link.readlink() != target:
        new = link.with_name(f"{link.name}.{os.getpid()}")
        new.symlink_to(target)
        os.replace(new, link)
