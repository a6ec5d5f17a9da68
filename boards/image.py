"""Builds MicroPython with a ROM partition for a board, from the user's own checkout of MicroPython: `make image`.

Official MicroPython has no such partition on these boards, and code that does not run in one takes room in RAM: see
`boards/rom.py`. The definitions in `micropython/` are MicroPython's own for these boards, but for what lies where in the
flash. Nothing is downloaded here. Start at `build`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import NamedTuple

from boards.kinds import KINDS, OLDEST
from boards.repl import BoardError
from sim.image import ROOT, replace

END = ".uf2"
_DEFINITIONS = Path(__file__).parent / "micropython"
_FLASH_BYTES = 2048 * 1024  # both boards have 2 MB
_FLASH_ADDRESS, _FAMILY = "0x10000000", "RP2040"  # for `tools/uf2conv.py`
_TOOLS = ("make", "cc", "cmake", "arm-none-eabi-gcc")
_SUBMODULES = ("pico-sdk", "mbedtls", "tinyusb", "micropython-lib")
_SUBMODULES_WLAN = ("cyw43-driver", "lwip")
# Without it the SDK fetches picotool to make the .uf2; MicroPython has a tool for that, too.
_NO_PICOTOOL = "-DPICO_NO_PICOTOOL=1"


class FlashMap(NamedTuple):
    """What the 2 MB of flash are for, in this order."""

    program_bytes: int
    rom_bytes: int
    storage_bytes: int


def names() -> list[str]:
    """The boards that there is a definition for."""
    return [name for name in KINDS if (_DEFINITIONS / _definition(name)).exists()]


def flash_map(board: str) -> FlashMap:
    """As the header of the board's definition has it."""
    text = (_DEFINITIONS / _definition(board) / "mpconfigboard.h").read_text("utf-8")
    found = re.findall(r"^#define MICROPY_HW_(ROMFS|FLASH_STORAGE)_BYTES \(([\d *]+)\)", text, re.MULTILINE)
    sizes = {name: prod(map(int, factors.split("*"))) for name, factors in found}
    rom, storage = sizes["ROMFS"], sizes["FLASH_STORAGE"]
    return FlashMap(_FLASH_BYTES - rom - storage, rom, storage)


def build(board: str, source: Path, tell: Callable[[str], None], root: Path = ROOT) -> Path:
    """Bring `build/boards/<name>.uf2` up to date with the checkout `source`, and return it. Raises BoardError."""
    source = source.resolve()
    version = _version(source)
    _check_submodules(board, source)
    _check_tools()
    folder = _folder(root / "build" / "micropython" / board, f"{source} {version}\n")
    tell(f"MicroPython {version} of {source}: this takes some minutes.")
    _make("-C", source / "mpy-cross", f"BUILD={folder / 'mpy-cross'}")
    definition = _DEFINITIONS / _definition(board)
    port, made = source / "ports" / "rp2", folder / "rp2"
    _make("-C", port, f"BOARD={definition.name}", f"BOARD_DIR={definition}", f"BUILD={made}", folder=folder)
    program, fits = made / "firmware.bin", flash_map(board).program_bytes
    if (size := program.stat().st_size) > fits:
        raise BoardError(
            f"This MicroPython takes {size // 1024} KB, and the flash has {fits // 1024} for it: the sizes in"
            f" {definition / 'mpconfigboard.h'} say what the rest is for."
        )
    tell(f"It takes {size // 1024} of {fits // 1024} KB.")
    return _uf2(source, program, root / "build" / "boards" / (board + END))


def _definition(board: str) -> str:
    return f"SCANPOST_{board.upper()}"


def _stock(board: str) -> str:
    """What MicroPython calls its own definition of the board."""
    return f"RPI_{board.upper()}"


def _version(source: Path) -> str:
    """Raises BoardError when it is no MicroPython, or too old a one."""
    header = source / "py" / "mpconfig.h"
    if not header.exists() or not (source / "ports" / "rp2").exists():
        raise BoardError(
            f"There is no source of MicroPython in {source}: `git clone https://github.com/micropython/micropython`, and"
            " say where it is with MICROPYTHON_SOURCE=."
        )
    found = re.findall(r"^#define MICROPY_VERSION_(?:MAJOR|MINOR|MICRO) (\d+)", header.read_text("utf-8"), re.MULTILINE)
    version, oldest = ".".join(found), ".".join(map(str, OLDEST))
    if tuple(map(int, found[:2])) < OLDEST:
        raise BoardError(
            f"{source} is MicroPython {version}, and Scanpost needs {oldest} or newer: `git checkout` a newer version there."
        )
    return version


def _check_submodules(board: str, source: Path) -> None:
    wanted = _SUBMODULES + (_SUBMODULES_WLAN if KINDS[board].wlan else ())
    lacking = [f"lib/{name}" for name in wanted if not any((source / "lib" / name).glob("*"))]
    if lacking:
        raise BoardError(
            f"{source} lacks {', '.join(lacking)}: `make -C {source / 'ports' / 'rp2'} BOARD={_stock(board)} submodules`"
            " fetches them."
        )


def _check_tools() -> None:
    lacking = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if lacking:
        raise BoardError(
            f"There is no {', no '.join(lacking)} here. On Debian: `sudo apt install build-essential cmake gcc-arm-none-eabi"
            " libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib`."
        )


def _folder(folder: Path, made_of: str) -> Path:
    """Where it is built; empty when it was built of another source, for neither make nor CMake notices that."""
    mark = folder / "source.txt"
    if folder.exists() and not (mark.exists() and mark.read_text("utf-8") == made_of):
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(made_of, "utf-8")
    return folder


def _make(*arguments: str | Path, folder: Path | None = None) -> None:
    """What it says goes to the terminal. `folder`: where the mpy-cross is that MicroPython's build is to use."""
    environment = dict(os.environ)
    if folder is not None:
        environment["MICROPY_MPYCROSS"] = str(folder / "mpy-cross" / "mpy-cross")
        environment["CMAKE_ARGS"] = f"{environment.get('CMAKE_ARGS', '')} {_NO_PICOTOOL}".strip()
    command = ("make", f"-j{os.cpu_count() or 1}", *map(str, arguments))
    run = subprocess.run(command, env=environment, check=False)  # noqa: S603 - what the user gave as MicroPython's source
    if run.returncode != 0:
        raise BoardError(f"It failed, and the lines above say why: {' '.join(command)}")


def _uf2(source: Path, program: Path, target: Path) -> Path:
    made = program.with_suffix(END)
    tool = source / "tools" / "uf2conv.py"
    command = (
        sys.executable,
        tool,
        "--convert",
        "--base",
        _FLASH_ADDRESS,
        "--family",
        _FAMILY,
        "--output",
        made,
        program,
    )
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - as above
    if run.returncode != 0:
        raise BoardError(f"{tool} failed:\n{run.stderr}")
    target.parent.mkdir(parents=True, exist_ok=True)
    replace(target, made.read_bytes())
    return target
