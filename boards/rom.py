"""Makes the image of a board's ROM partition, which MicroPython runs code from in place: elsewhere it is copied into RAM.

Official MicroPython for these boards has no such partition; `boards/image.py` builds one that has. It holds two images, one
behind the other, and the board's `main.py` says which of them is run. So an update writes the other one, and then one rename
makes it the board's. Start at `build`.
"""

from __future__ import annotations

import re
from pathlib import Path

from mpremote.romfs import VfsRomWriter

from boards import mpy
from sim.image import ROOT, alone, replace

BOARDS = ("pico", "pico_w")  # that `boards/image.py` builds for
BLOCK_BYTES = 4096  # what flash is erased by
END = ".romfs"
WHERE = "/code"
_PARTITION = "memoryview(vfs.rom_ioctl(2, 0))"


def build(board: str, root: Path = ROOT) -> Path:
    """Bring the image `build/boards/<name>.romfs` up to date, and return it. Raises ImageError."""
    modules = mpy.build(board, root)
    target = root / "build" / "boards" / (board + END)
    data = image(modules)
    with alone(target.with_suffix(".lock")):
        if not target.exists() or target.read_bytes() != data:
            replace(target, data)
    return target


def image(modules: Path) -> bytes:
    """Of all compiled modules in the folder and below it (the format: extmod/vfs_rom.c)."""
    writer = VfsRomWriter()  # type: ignore[no-untyped-call]
    _add(writer, modules)
    return bytes(writer.finalise())  # type: ignore[no-untyped-call]


def _add(writer: VfsRomWriter, folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            writer.opendir(path.name)  # type: ignore[no-untyped-call]
            _add(writer, path)
            writer.closedir()  # type: ignore[no-untyped-call]
        elif path.suffix == ".mpy":
            writer.mkfile(path.name, path.read_bytes())  # type: ignore[no-untyped-call]


def half_bytes(partition_bytes: int) -> int:
    """Where in the partition the second image begins, and how long each may be."""
    return partition_bytes // 2 // BLOCK_BYTES * BLOCK_BYTES


def main_text(board: str, begins: int) -> str:
    """`main.py` for a board that runs the image which begins so many bytes into its ROM partition."""
    return mpy.main_text(board, mounted(f"{_PARTITION}[{begins}:]"))


def begins(main: str) -> int:
    """Where in the partition the image begins that this `main.py` runs; -1 when it runs none."""
    found = re.search(re.escape(_PARTITION) + r"\[(\d+):\]", main)
    return int(found[1]) if found else -1


def mounted(rom: str) -> str:
    """Lines of Python that let MicroPython import from the image, and from nowhere else. `rom`: an expression for it."""
    return f'import sys\nimport vfs\nvfs.mount(vfs.VfsRom({rom}), "{WHERE}")\nsys.path[:] = ["{WHERE}", ".frozen"]\n'
