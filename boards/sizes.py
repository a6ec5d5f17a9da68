"""What the code of each board weighs: bytes of .mpy, and the memory that it takes once it is loaded. Start at `table`.

Code that is loaded from a file system lives in RAM, on a 32-bit chip in about 1.5 times the bytes of its .mpy file, so the
size of the code is a budget; what is run in place (`boards/rom.py`) takes far less. Modules that are imported inside
functions come later, and some of them go again (Web Config, the QR encoder); `make mem` measures what is really in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from boards import mpy
from boards.kinds import KINDS
from sim.image import ROOT

_IN_RAM = 1.5
_AT_START, _LATER, _NOT_THERE = "start", "later", "-"


def table(boards: Sequence[str], root: Path = ROOT, build: Path | None = None) -> str:
    """The table for these boards. `build`: where their folders are made. Raises ImageError."""
    bytes_of: dict[str, int] = {}
    when: dict[str, dict[str, str]] = {}
    for board in boards:
        folder = mpy.build(board, root, None if build is None else build / board)
        at_start = {str(Path(name).with_suffix(".mpy")) for name in mpy.needed(root, mpy.starts(board), False)}
        when[board] = {}
        for path in sorted(folder.rglob("*.mpy")):
            name = str(path.relative_to(folder))
            bytes_of[name] = path.stat().st_size
            when[board][name] = _AT_START if name in at_start else _LATER
    width = max(len(name) for name in bytes_of)
    rows = [_row(width, "bytes of .mpy", "", boards)]
    for name in sorted(bytes_of):
        rows.append(_row(width, name, f"{bytes_of[name]:,}", [when[board].get(name, _NOT_THERE) for board in boards]))
    rows += ["", _row(width, "", "", boards)]
    start = [sum(bytes_of[name] for name, moment in when[board].items() if moment == _AT_START) for board in boards]
    whole = [sum(bytes_of[name] for name in when[board]) for board in boards]
    for title, numbers in (
        ("loaded at the start", start),
        ("all", whole),
        ("RAM at the start, if copied there", [round(_IN_RAM * n) for n in start]),
        ("RAM with all loaded, if copied there", [round(_IN_RAM * n) for n in whole]),
        ("heap of the board", [KINDS[board].heap_kb * 1024 for board in boards]),
    ):
        rows.append(_row(width, title, "", [f"{n:,}" for n in numbers]))
    return "\n".join(row.rstrip() for row in rows)


def _row(width: int, name: str, size: str, cells: Sequence[str]) -> str:
    return f"{name:{width}} {size:>8}" + "".join(f"{cell:>11}" for cell in cells)
