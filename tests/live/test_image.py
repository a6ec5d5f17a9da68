"""The folder that a board would get: complete, compiled, incremental, and with nothing else in it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sim.image import ImageError, build_image
from sim.live import find_micropython


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    root = tmp_path / "sources"
    for name, text in {
        "firmware/__init__.py": "",
        "firmware/main.py": "def start(connect):\n    print(connect.__name__, __name__)\n",
        "firmware/deep/__init__.py": "",
        "firmware/deep/screen.py": "def draw():\n    raise ValueError('drawn')\n",
        "firmware/deep/notes.txt": "not for the device",
        "hal/__init__.py": "",
        "hal/api.pyi": "class Board: ...",
        "hal/board_live.py": "connect_board = None\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def contents(image: Path) -> dict[str, int]:
    """Files and when they were written."""
    return {str(path.relative_to(image)): path.stat().st_mtime_ns for path in image.rglob("*") if path.is_file()}


def micropython(image: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = find_micropython()
    if command is None:
        pytest.skip("no MicroPython here")
    environment = {**os.environ, "MICROPYPATH": ".:.frozen"}
    return subprocess.run(
        [*command, *arguments], cwd=image, env=environment, capture_output=True, text=True, check=False
    )


def test_the_image_holds_compiled_modules_and_nothing_else(sources: Path, tmp_path: Path) -> None:
    image = build_image(sources, tmp_path / "image")
    assert set(contents(image)) == {
        "main.mpy",
        "adafruit_miniqr.mpy",
        "firmware/__init__.mpy",
        "firmware/main.mpy",
        "firmware/deep/__init__.mpy",
        "firmware/deep/screen.mpy",
        "hal/__init__.mpy",
        "hal/board_live.mpy",
        "microdot/__init__.mpy",
        "microdot/microdot.mpy",
    }


def test_a_board_runs_it(sources: Path, tmp_path: Path) -> None:
    """From the image alone: the library too, and errors name lines without a path of this computer."""
    image = build_image(sources, tmp_path / "image")
    assert micropython(image, "-m", "main", "127.0.0.1", "1", "token").stdout == "<lambda> firmware.main\n"
    assert micropython(image, "-c", "import microdot; print(microdot.__file__)").stdout == "microdot/__init__.mpy\n"
    failed = micropython(image, "-c", "from firmware.deep.screen import draw; draw()")
    assert 'File "firmware.deep.screen", line 2, in draw' in failed.stdout + failed.stderr
    assert str(tmp_path) not in failed.stdout + failed.stderr


def test_nothing_is_compiled_twice(sources: Path, tmp_path: Path) -> None:
    image = build_image(sources, tmp_path / "image")
    before = contents(image)
    build_image(sources, image)
    assert contents(image) == before


def test_only_what_changed_is_compiled_and_what_went_goes(sources: Path, tmp_path: Path) -> None:
    image = build_image(sources, tmp_path / "image")
    before = contents(image)
    (sources / "firmware/main.py").write_text("def start(connect):\n    print('changed')\n")
    (sources / "firmware/deep/screen.py").unlink()
    (sources / "firmware/deep/__init__.py").unlink()
    (sources / "firmware/new.py").write_text("")
    after = contents(build_image(sources, image))
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"firmware/main.mpy", "firmware/new.mpy"}
    assert set(before) - set(after) == {"firmware/deep/__init__.mpy", "firmware/deep/screen.mpy"}
    assert not (image / "firmware/deep").exists()
    assert micropython(image, "-m", "main").stdout == "changed\n"


def test_what_went_goes_though_nothing_else_has_changed(sources: Path, tmp_path: Path) -> None:
    image = build_image(sources, tmp_path / "image")
    (sources / "firmware/deep/screen.py").unlink()
    assert not (build_image(sources, image) / "firmware/deep/screen.mpy").exists()


def test_what_is_damaged_is_made_again(sources: Path, tmp_path: Path) -> None:
    image = build_image(sources, tmp_path / "image")
    (image / "firmware/main.mpy").unlink()
    image.with_suffix(".json").write_text("{")
    build_image(sources, image)
    assert micropython(image, "-m", "main").stdout == "<lambda> firmware.main\n"


def test_a_source_that_does_not_compile_is_named_and_the_rest_stays(sources: Path, tmp_path: Path) -> None:
    image = build_image(sources, tmp_path / "image")
    (sources / "firmware/main.py").write_text("def start(:\n")
    with pytest.raises(ImageError, match=r"firmware/main.py does not compile"):
        build_image(sources, image)
    assert micropython(image, "-m", "main").stdout == "<lambda> firmware.main\n"
    (sources / "firmware/main.py").write_text("def start(connect):\n    print('mended')\n")
    assert micropython(build_image(sources, image), "-m", "main").stdout == "mended\n"


def test_the_firmware_compiles_for_a_board() -> None:
    """All of it, with hal and library."""
    assert (build_image() / "firmware" / "device.mpy").exists()
