"""Makes what the root of a board's file system gets, from the modules of `boards/mpy.py`. Start at `build`.

littlefs gives each file a block of 4 KB, and reads every folder on the way anew for each look at a path: 200 modules took
900 KB, and finding those of the home screen read 3.2 MB. So each folder of modules becomes one
file, a pack, which `on_board/packed.py` lets MicroPython import from. An update replaces the packs that differ.
"""

from __future__ import annotations

import binascii
import os
import tempfile
from pathlib import Path

from boards import mpy
from sim.image import ROOT, ImageError, build_folder

FOLDER = "packs"
END = ".pack"
_TOP = "_"  # see `on_board/packed.py`
_LOADER = "packed.py"
_ENTRY_BYTES = 7


def build(board: str, root: Path = ROOT) -> Path:
    """Bring the folder `build/boards/<name>` up to date, and return it. Raises ImageError."""
    modules = mpy.build(board, root)
    loader = build_folder(root / "build" / "loader", {_LOADER: ROOT / "boards" / "on_board" / _LOADER})
    folders: dict[Path, dict[str, bytes]] = {}
    for path in sorted(modules.rglob("*.mpy")):
        folders.setdefault(path.parent.relative_to(modules), {})[path.name] = path.read_bytes()
    files = {
        "main.py": mpy.main_text(board, f"import {Path(_LOADER).stem}\n").encode(),
        **{path.name: path.read_bytes() for path in loader.iterdir()},
    }
    for folder, inside in folders.items():
        files[f"{FOLDER}/{'.'.join(folder.parts) or _TOP}{END}"] = pack(inside)
    target = root / "build" / "boards" / board
    _write(target, files)
    return target


def pack(modules: dict[str, bytes]) -> bytes:
    """As `on_board/packed.py` reads it. Raises ImageError."""
    begins = 2 + _ENTRY_BYTES * len(modules)
    index = len(modules).to_bytes(2, "little")
    keys = {binascii.crc32(name.encode()) for name in modules}
    if len(keys) != len(modules) or begins + sum(map(len, modules.values())) >= 1 << 24:
        raise ImageError(f"These do not go into one pack: {', '.join(modules)}")
    for name, data in modules.items():
        index += binascii.crc32(name.encode()).to_bytes(4, "little") + begins.to_bytes(3, "little")
        begins += len(data)
    return index + b"".join(modules.values())


def _write(target: Path, files: dict[str, bytes]) -> None:
    """Each file in one step: several processes of tests make the same ones."""
    (target / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = target / name
        if not path.exists() or path.read_bytes() != data:
            with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
                file.write(data)
            os.replace(file.name, path)
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir() and path.name != FOLDER:
            path.rmdir()
        elif path.is_file() and str(path.relative_to(target)) not in files:
            path.unlink(missing_ok=True)
