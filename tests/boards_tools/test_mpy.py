"""The folder of a board: complete, compiled, and with nothing else in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from mpremote.romfs import make_romfs

from boards import mpy, sizes
from boards.__main__ import main
from boards.kinds import KINDS
from sim.image import ROOT, ImageError
from sim.live import find_micropython
from tests.boards_tools import tiny

REAL = mpy.names()


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def micropython(folder: Path, *arguments: str) -> str:
    """What the program prints; it can import what is in `folder`."""
    command = find_micropython()
    if command is None:
        pytest.skip("no MicroPython here")
    run = subprocess.run(
        [*command, "-X", "heapsize=2M", *arguments],
        cwd=folder,
        env={**os.environ, "MICROPYPATH": ".:.frozen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_it_holds_what_the_board_needs_and_nothing_else(tmp_path: Path) -> None:
    folder = mpy.build("pico_w", tiny.write(tmp_path, 1))
    assert contents(folder) == {
        "main.py",
        "firmware/__init__.mpy",
        "firmware/main.mpy",
        "firmware/words.mpy",
        "firmware/noise.mpy",  # imported in a function
        "firmware/same.mpy",
        "hal/__init__.mpy",
        "hal/board_pico_w.mpy",
        "hal/part_pico.mpy",
    }


def test_it_runs_as_it_is(tmp_path: Path) -> None:
    folder = mpy.build("pico_w", tiny.write(tmp_path, 1))
    assert micropython(folder, "main.py") == tiny.said(1) + "\n"


def test_imports_for_types_alone_do_not_count_and_all_others_do(tmp_path: Path) -> None:
    root = tiny.write(
        tmp_path,
        1,
        **{
            "firmware.main": "if TYPE_CHECKING:\n    from firmware import typed\nelse:\n    from firmware import real\n",
            "firmware.typed": "import no_such_module\n",
            "firmware.real": "class Real:\n    def late(self):\n        import firmware.deep.below as b\n",
            "firmware.deep": "",
            "firmware.deep.below": "try:\n    import microdot\nexcept ImportError:\n    pass\n",
        },
    )
    found = set(mpy.needed(root, ("firmware.main",)))
    assert found == {
        "firmware/__init__.py",
        "firmware/main.py",
        "firmware/real.py",
        "firmware/deep/__init__.py",
        "firmware/deep/below.py",
        "microdot/__init__.py",
        "microdot/microdot.py",
    }


def test_what_comes_later_is_told_apart(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, 1)
    assert "firmware/noise.py" not in mpy.needed(root, mpy.starts("pico_w"), everything=False)
    assert "firmware/words.py" in mpy.needed(root, mpy.starts("pico_w"), everything=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import dataclasses\n", "hal/part_pico.py imports dataclasses, which a board does not have"),
        ("def f():\n    from firmware.gone import x\n", "There is no module firmware.gone"),
        ("import micropython\n\n\n@micropython.native\ndef f():\n    return 1\n", "hal/part_pico.py does not compile"),
        ("def f(:\n", "hal/part_pico.py, line 1: "),
    ],
)
def test_what_a_board_could_not_run_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        mpy.build("pico_w", tiny.write(tmp_path, 1, **{"hal.part_pico": text}))


def test_native_code_that_came_in_all_the_same_is_refused(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, 1)
    native = mpy.build("pico_w", root) / "firmware" / "words.mpy"
    data = bytearray(native.read_bytes())
    data[2] = 4 << 2 | 3  # armv6m, sub-version 3
    native.write_bytes(data)
    with pytest.raises(ImageError, match="native code"):
        mpy.build("pico_w", root)


def test_every_board_file_is_known() -> None:
    files = {path.stem.removeprefix("board_") for path in (ROOT / "hal").glob("board_*.py")} - {"live"}
    assert files <= set(KINDS) and REAL


@pytest.mark.parametrize("name", REAL)
def test_a_real_board_gets_firmware_and_its_own_parts(name: str) -> None:
    found = contents(mpy.build(name))
    assert {path for path in found if not path.endswith(".mpy")} == {"main.py"}
    assert {
        "firmware/device.mpy",
        "firmware/panel/words/often_lt.mpy",
        "firmware/web/app.mpy",
        "microdot/microdot.mpy",
    } <= found
    assert {path for path in found if path.startswith("hal/board_")} == {f"hal/board_{name}.mpy"}
    assert not {path for path in found if "_live" in path or "link" in path or "cpython" in path or "strings_" in path}


@pytest.mark.parametrize("name", REAL)
def test_the_command_names_what_a_board_gets(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A board that runs only from a ROM partition gets no files to be copied."""
    assert main(["mpy", name]) == 0
    told = capsys.readouterr().out
    image = ROOT / "build" / "boards" / f"{name}.romfs"
    assert f"{image}: for a ROM partition, {image.stat().st_size:,} bytes" in told
    assert (f"{ROOT / 'build' / 'boards' / name}: " in told) == (not KINDS[name].needs_rom)


@pytest.mark.parametrize("name", REAL)
def test_all_of_a_real_board_can_be_loaded(name: str) -> None:
    """By MicroPython, from its compiled files alone: none is damaged, or for another version."""
    folder = mpy.build(name)
    modules = [path.removesuffix(".mpy").replace("/", ".") for path in contents(folder) if path.startswith("firmware/")]
    program = f"for name in {sorted(modules)!r}:\n    __import__(name)\nprint('all')\n"
    assert micropython(folder, "-c", program) == "all\n"


def test_sizes_are_those_of_the_files(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, 1)
    lines = sizes.table(["pico_w"], root).splitlines()
    folder = root / "build" / "modules" / "pico_w"
    files = {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*.mpy")}
    rows = {line.split()[0]: line.split() for line in lines if line.split() and line.split()[0] in files}
    assert {name: int(row[1].replace(",", "")) for name, row in rows.items()} == files
    assert rows["firmware/noise.mpy"][2] == "later" and rows["firmware/main.mpy"][2] == "start"
    whole = sum(files.values())
    numbers = {line.rsplit(None, 1)[0].strip(): line.split()[-1] for line in lines[-5:]}
    assert numbers["all"] == f"{whole:,}"
    assert numbers["loaded at the start"] == f"{whole - files['firmware/noise.mpy']:,}"
    assert numbers["RAM with all loaded, if copied there"] == f"{round(1.5 * whole):,}"


@pytest.mark.parametrize("name", REAL[:1])
def test_from_a_rom_file_system_it_takes_less_memory(name: str, tmp_path: Path) -> None:
    """As docs/boards.md says: what runs in place is not copied."""
    folder = mpy.build(name)
    (tmp_path / "rom.img").write_bytes(make_romfs(str(folder), mpy_cross=False))  # type: ignore[no-untyped-call]
    program = (
        "import gc, sys, vfs, asyncio, json, binascii, hashlib, framebuf\n"
        "if sys.argv[1] == 'rom':\n"
        "    vfs.mount(vfs.VfsRom(open('rom.img', 'rb').read()), '/rom')\n"
        "sys.path[:] = ['/rom' if sys.argv[1] == 'rom' else sys.argv[1], '.frozen']\n"
        "gc.collect()\nbefore = gc.mem_alloc()\nimport firmware.device\ngc.collect()\nprint(gc.mem_alloc() - before)\n"
    )
    (tmp_path / "measure.py").write_text(program)
    used = {where: int(micropython(tmp_path, "measure.py", where)) for where in ("rom", str(folder))}
    assert used["rom"] < 0.7 * used[str(folder)], used
