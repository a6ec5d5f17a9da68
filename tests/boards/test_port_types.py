"""What stands in `hal/` for each board, type-checked against the signatures of the modules that its own port has.

`make setup` puts the stubs of each port (PyPI's `micropython-…-stubs`) into a folder of its own below the virtual
environment: they replace CPython's standard library, so nothing else may see them. mypy reads them as its typeshed. The
stubs have errors in themselves, which are not ours; `hal/` is clean on each board, in mypy's strict mode. `# type: ignore`
stays where CPython's typeshed needs it, so one that a port does not need is no error here; nor
is a value that the stubs leave open.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from boards import mpy
from sim.image import ROOT
from tests.test_imports import imported

BOARDS = mpy.names()
_STUBS = Path(sys.prefix) / "stubs"
_ANY_PORT_LACKS = {"machine", "network", "rp2", "esp", "esp32", "socket", "ssl", "tls", "vfs", "ntptime"}


def complaints(board: str, root: Path = ROOT) -> list[str]:
    """What mypy finds in the files of `hal/` that this board gets."""
    stubs = _STUBS / board
    assert stubs.is_dir(), f"There are no stubs in {stubs}: `make setup` installs them"
    files = [name for name in mpy.needed(root, (f"hal.board_{board}",)) if name.startswith("hal/")]
    command = [sys.executable, "-m", "mypy", "--strict", "--no-warn-unused-ignores", "--no-warn-return-any"]
    command += [
        "--no-error-summary",
        "--explicit-package-bases",
        "--python-version=3.12",
        "--hide-error-context",
        "--config-file=",
    ]
    command += [f"--custom-typeshed-dir={stubs}", f"--cache-dir={root / '.mypy_cache' / board}"]
    run = subprocess.run(
        [*command, *files],
        cwd=root,
        env={**os.environ, "MYPYPATH": str(stubs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in (0, 1) and not run.stderr, run.stdout + run.stderr  # 2: mypy could not begin
    return [line for line in run.stdout.splitlines() if line.startswith("hal/") and ": error: " in line]


@pytest.mark.parametrize("board", BOARDS)
def test_hal_fits_the_modules_of_the_port(board: str) -> None:
    assert complaints(board) == []


@pytest.mark.parametrize(
    ("board", "right", "wrong", "named"),
    [
        ("pico2_w", "sck=Pin(18)", "clk=Pin(18)", 'Unexpected keyword argument "clk" for overloaded function "SPI"'),
        ("esp32s3", "txbuf=256", 'txbuf="256"', 'No overload variant of "UART" matches'),
        ("pico", "from hal.wired_pico", "from network import WLAN\nfrom hal.wired_pico", 'module named "network"'),
    ],
)
def test_what_the_port_does_not_have_is_found(board: str, right: str, wrong: str, named: str, tmp_path: Path) -> None:
    (tmp_path / "hal").mkdir()
    for path in (ROOT / "hal").glob("*.py*"):
        (tmp_path / "hal" / path.name).write_bytes(path.read_bytes())
    mistaken = tmp_path / "hal" / f"board_{board}.py"
    text = mistaken.read_text("utf-8")
    assert text.count(right) == 1
    mistaken.write_text(text.replace(right, wrong), "utf-8")
    found = [line for line in complaints(board, tmp_path) if named in line]
    assert found and all(line.startswith(f"hal/board_{board}.py:") for line in found)


@pytest.mark.parametrize("path", sorted((ROOT / "firmware").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_firmware_needs_no_port(path: Path) -> None:
    assert not {name.partition(".")[0] for name in imported(path)} & _ANY_PORT_LACKS
