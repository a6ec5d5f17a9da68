"""Web Config answers the same bytes on the real MicroPython and on CPython."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import microdot
import pytest

from sim.live import find_micropython

ROOT = Path(__file__).parent.parent.parent


def told(command: list[str], path: list[str], variable: str) -> list[str]:
    environment = dict(os.environ, **{variable: os.pathsep.join(path)})
    story = str(ROOT / "tests/web/twin_story.py")
    done = subprocess.run([*command, story], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2000:]
    return done.stdout.splitlines()


def test_web_config_is_the_same_on_both_interpreters(tmp_path: Path) -> None:
    micropython = find_micropython()
    if micropython is None:
        pytest.skip("There is no MicroPython here")
    assert microdot.__file__ is not None
    shutil.copytree(Path(microdot.__file__).parent, tmp_path / "microdot")  # nothing else of site-packages on its path
    ours = told(micropython, [".frozen", str(ROOT), str(tmp_path)], "MICROPYPATH")
    theirs = told([sys.executable], [str(ROOT), str(ROOT / "sim/cpython")], "PYTHONPATH")
    assert ours == theirs
    assert any(line.startswith("saved ") and line.endswith(" True") for line in ours)
    assert not any("500" in line.split(" ")[:2] for line in ours)
