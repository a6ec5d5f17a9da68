"""A file in MicroPython's memory and not in its heap, as a ROM partition is (`sim/live.py` find_micropython)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from boards import rom
from sim.image import COLLECT_EARLY, build_folder
from sim.live import ROM, NoInterpreter, find_micropython
from tests.boards.on_bench import micropython

pytestmark = pytest.mark.live
_HEAP_KB = 64
_LETTERS = 100_000
# A module of more letters than there is heap, and one that is imported from the folder's place only.
_MODULES = {"long.py": f"LETTERS = {'x' * _LETTERS!r}\n", "inside/part.py": "where = __file__\n"}


def run(program: str, file: Path) -> list[str]:
    command = [*micropython(file), "-X", f"heapsize={_HEAP_KB}k", "-c", f"import os, uctypes\n{program}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An image of modules; its path has what a program's text would stumble over."""
    found = tmp_path / "a 'quoted' {image}.romfs"
    found.write_bytes(rom.image(build_folder(tmp_path / "modules", _MODULES)))
    return found


def test_what_is_in_the_file_is_there_and_takes_no_heap(file: Path) -> None:
    program = f"import gc\nrom = {ROM}\nprint(len(rom), sum(rom), gc.mem_alloc() < {_HEAP_KB} * 1024)"
    data = file.read_bytes()
    assert len(data) > _HEAP_KB * 1024
    assert run(program, file) == [f"{len(data)} {sum(data)} True"]


def test_modules_are_run_in_place(file: Path) -> None:
    program = "import long, inside.part\nprint(len(long.LETTERS), inside.part.where)"
    assert run(COLLECT_EARLY + rom.mounted(ROM) + program, file) == [f"{_LETTERS} {rom.WHERE}/inside/part.mpy"]


def test_what_is_written_there_never_gets_into_the_file(file: Path) -> None:
    before = file.read_bytes()
    assert run(f"rom = {ROM}\nrom[0] = rom[0] ^ 255\nprint(rom[0])", file) == [str(before[0] ^ 255)]
    assert file.read_bytes() == before


def test_a_program_of_its_own_cannot_have_one_and_that_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROPYTHON", "my-micropython")
    assert find_micropython() == ["my-micropython"]
    with pytest.raises(NoInterpreter, match="my-micropython is a program of its own"):
        find_micropython(file)
