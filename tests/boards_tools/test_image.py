"""`make image`: how a checkout of MicroPython is built for a board, what is refused, and that what a board gets fits."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from boards import image, rom
from boards.__main__ import main
from boards.repl import BoardError

_TENTH = 1.1  # room to grow
# The journal of jobs, settings, sign-ins, crashes, roots, what littlefs needs to move; and documents to send.
_STORAGE_KB = 120 + 200
_VERSION = """\
#define MICROPY_VERSION_MAJOR 1
#define MICROPY_VERSION_MINOR 28
#define MICROPY_VERSION_MICRO 0
"""
_MPY_CROSS = """\
all:
\tmkdir -p $(BUILD)
\techo mpy-cross >> $(CURDIR)/../said
\ttouch $(BUILD)/mpy-cross
"""
_PORT = """\
all:
\ttest -e $(MICROPY_MPYCROSS) && mkdir -p $(BUILD)
\techo $(BOARD) $(BOARD_DIR) $(BUILD) $(CMAKE_ARGS) >> $(CURDIR)/../../said
\thead -c $$(cat $(CURDIR)/bytes) /dev/zero > $(BUILD)/firmware.bin
"""
_UF2CONV = """\
import sys
from pathlib import Path
out = sys.argv[sys.argv.index("--output") + 1]
Path(out).write_text(f"{sys.argv[1:-3]} {Path(sys.argv[-1]).stat().st_size}")
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A checkout in the shape of MicroPython's, whose `make` writes into `said` how it was called."""
    source = tmp_path / "micropython"
    for name, text in {
        "py/mpconfig.h": _VERSION,
        "mpy-cross/Makefile": _MPY_CROSS,
        "ports/rp2/Makefile": _PORT,
        "ports/rp2/bytes": "300000",
        "tools/uf2conv.py": _UF2CONV,
        **{
            f"lib/{name}/README.md": ""
            for name in ("pico-sdk", "mbedtls", "tinyusb", "micropython-lib", "cyw43-driver", "lwip")
        },
    }.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    return source


@pytest.fixture(autouse=True)
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH with compilers that nobody calls here, since the checkout's `make` does not."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("cc", "cmake", "arm-none-eabi-gcc"):
        (folder / name).write_text("#!/bin/sh\nexit 1\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


def said(source: Path) -> list[list[str]]:
    return [line.split() for line in (source / "said").read_text().splitlines()]


@pytest.mark.parametrize("board", rom.BOARDS)
def test_the_checkout_is_built_with_our_definition_and_nothing_in_it_is_touched(
    board: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOARD", board)  # as `make image BOARD=` hands it on, in both ways
    monkeypatch.setenv("MAKEFLAGS", f" -- BOARD={board}")
    monkeypatch.setenv("CMAKE_ARGS", "-DOF=theirs")
    before = set(source.rglob("*")) | {source / "said"}
    told: list[str] = []
    target = image.build(board, source, told.append, tmp_path)
    assert target == tmp_path / "build" / "boards" / f"{board}.uf2"
    assert target.read_text() == "['--convert', '--base', '0x10000000', '--family', 'RP2040'] 300000"
    name, folder = f"SCANPOST_{board.upper()}", tmp_path / "build" / "micropython" / board
    definition = Path(image.__file__).parent / "micropython" / name
    assert said(source) == [
        ["mpy-cross"],
        [name, str(definition), str(folder / "rp2"), "-DOF=theirs", "-DPICO_NO_PICOTOOL=1"],
    ]
    assert set(source.rglob("*")) == before
    assert told[0].startswith("MicroPython 1.28.0 of ") and told[1].startswith("It takes 292 of ")


def test_another_source_is_built_anew(source: Path, tmp_path: Path) -> None:
    image.build("pico", source, print, tmp_path)
    left = tmp_path / "build" / "micropython" / "pico" / "rp2" / "left"
    left.touch()
    image.build("pico", source, print, tmp_path)
    assert left.exists()
    image.build("pico", source.rename(tmp_path / "other"), print, tmp_path)
    assert not left.exists()


def test_what_lacks_is_said_before_anything_is_built(
    source: Path, tmp_path: Path, tools: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(board: str = "pico_w", place: Path = source) -> str:
        assert main(["image", board, str(place)]) == 1
        return capsys.readouterr().err

    assert "git clone https://github.com/micropython/micropython" in refused(place=tmp_path)
    monkeypatch.setenv("PATH", str(tools))
    assert "There is no make here. On Debian: `sudo apt install build-essential" in refused()
    (tools / "arm-none-eabi-gcc").unlink()
    assert "There is no make, no arm-none-eabi-gcc here" in refused()
    shutil.rmtree(source / "lib" / "lwip")
    (source / "lib" / "lwip").mkdir()  # as git leaves it
    assert f"lacks lib/lwip: `make -C {source}/ports/rp2 BOARD=RPI_PICO_W submodules`" in refused()
    assert "lwip" not in refused("pico")  # it needs none
    (source / "py" / "mpconfig.h").write_text("#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR 25\n")
    assert "is MicroPython 1.25, and Scanpost needs 1.26 or newer" in refused()
    assert not (source / "said").exists()


def test_a_build_that_fails_and_one_that_is_too_large_leave_the_image_as_it_was(source: Path, tmp_path: Path) -> None:
    target = image.build("pico", source, print, tmp_path)
    before = target.read_bytes()
    (source / "ports" / "rp2" / "bytes").write_text(str(image.flash_map("pico").program_bytes + 1))
    with pytest.raises(
        BoardError, match=r"takes 448 KB, and the flash has 448 for it: the sizes in .*mpconfigboard\.h"
    ):
        image.build("pico", source, print, tmp_path)
    (source / "ports" / "rp2" / "bytes").unlink()
    with pytest.raises(BoardError, match=f"It failed, and the lines above say why: make .* {source}/ports/rp2"):
        image.build("pico", source, print, tmp_path)
    assert target.read_bytes() == before


@pytest.mark.parametrize("board", rom.BOARDS)
def test_the_flash_has_room_for_all(board: str) -> None:
    sizes = image.flash_map(board)
    assert rom.build(board).stat().st_size * _TENTH <= rom.half_bytes(sizes.rom_bytes)
    assert sizes.storage_bytes >= _STORAGE_KB * 1024
    assert all(size % rom.BLOCK_BYTES == 0 for size in sizes) and sum(sizes) == 2048 * 1024


def test_there_is_a_definition_for_each_board_that_may_have_a_partition() -> None:
    assert image.names() == list(rom.BOARDS)
