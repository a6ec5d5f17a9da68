"""What a board gets: few files, all modules in them, and MicroPython imports from them as from folders."""

from __future__ import annotations

import math
import zlib
from pathlib import Path

import pytest

from boards import mpy, packs
from sim.image import COLLECT_EARLY, ImageError
from tests.boards_tools import tiny
from tests.boards_tools.test_mpy import contents

_BLOCK = 4096
_FOLDER_BLOCKS = 2
_FLASH_KB = {"pico": 1408}  # of the official image's file system; the others that run from files have more
# The journal of jobs, settings, sign-ins, crashes, roots, and what littlefs needs to move.
_DEVICE_KB = 120


def test_few_files_and_all_of_it_in_them(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, 1)
    folder = packs.build("pico_w", root)
    assert contents(folder) == {"main.py", "packed.mpy", "packs/firmware.pack", "packs/hal.pack"}
    for name in ("firmware", "hal"):
        data = (folder / "packs" / f"{name}.pack").read_bytes()
        modules = list((mpy.build("pico_w", root) / name).iterdir())
        assert all(path.read_bytes() in data for path in modules)
        assert len(data) == 2 + 7 * len(modules) + sum(path.stat().st_size for path in modules)
    begins = f"# Scanpost for pico_w.\n{COLLECT_EARLY}import packed\nfrom hal"
    assert (folder / "main.py").read_text().startswith(begins)


def test_what_went_goes(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, 1)
    folder = packs.build("pico_w", root)
    (folder / "packs" / "firmware.gone.pack").write_bytes(b"")
    (folder / "firmware").mkdir()
    (folder / "firmware" / "old.mpy").write_bytes(b"")
    packs.build("pico_w", root)
    assert contents(folder) == {"main.py", "packed.mpy", "packs/firmware.pack", "packs/hal.pack"}


def test_names_that_look_alike_to_the_index_are_refused() -> None:
    with pytest.raises(ImageError, match="plumless"):
        packs.pack({"plumless": b"1", "buckeroo": b"2"})  # the best known pair of one CRC-32


@pytest.mark.parametrize("name", mpy.names())
def test_a_real_board_gets_one_file_for_each_folder(name: str) -> None:
    modules, folder = mpy.build(name), packs.build(name)
    folders = {path.parent.relative_to(modules) for path in modules.rglob("*.mpy")}
    wanted = {"main.py", "packed.mpy"} | {f"packs/{'.'.join(each.parts) or '_'}.pack" for each in folders}
    assert contents(folder) == wanted
    packed = b"".join(path.read_bytes() for path in folder.rglob("*.pack"))
    assert all(path.read_bytes() in packed for path in modules.rglob("*.mpy"))


@pytest.mark.parametrize("name", _FLASH_KB)
def test_old_code_update_and_what_the_device_keeps_fit_together(name: str) -> None:
    """As littlefs counts: while an update is put in place, its packed file and one file of it are there beside the old."""
    files = [path.read_bytes() for path in packs.build(name).rglob("*") if path.is_file()]
    blocks = sum(math.ceil(len(data) / (_BLOCK - 8)) for data in files) + 2 * _FOLDER_BLOCKS
    update = math.ceil(len(zlib.compress(b"".join(files), 9)) / _BLOCK) + math.ceil(max(map(len, files)) / _BLOCK)
    assert (blocks + update) * _BLOCK / 1024 + _DEVICE_KB <= _FLASH_KB[name], (blocks, update)
