"""What the panel costs on a device: its memory and the time of a press and of a frame, on MicroPython with a heap of 512 KB.

The measuring itself is `panel_device.py`. Start at `figures`.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from sim.image import build_image
from sim.live import find_micropython

_ROOT = Path(__file__).parent.parent.parent
_HEAP_KB = 512
_KB = 1024
LARGE, SMALL = (320, 240), (128, 64)
_LANGUAGE = "lt"  # its words are the longer ones


class Figure(NamedTuple):
    """`most`: what it must not exceed; None where nothing is promised."""

    what: str
    measured: float
    unit: str
    most: float | None


def figures() -> list[Figure]:
    """Of both displays; empty where there is no MicroPython."""
    return [] if find_micropython() is None else [*_of(LARGE, 2.0, 42), *_of(SMALL, None, 3)]


def measured(size: tuple[int, int]) -> dict[str, int]:
    """The lines of `panel_device.py`."""
    command = find_micropython()
    assert command is not None
    path = os.pathsep.join([".frozen", str(build_image()), str(_ROOT)])
    script = str(_ROOT / "tests" / "bench" / "panel_device.py")
    done = subprocess.run(
        [*command, "-X", f"heapsize={_HEAP_KB}k", script, *map(str, size), _LANGUAGE],
        env={**os.environ, "MICROPYPATH": path},
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stdout[-500:] + done.stderr)
    return {name: int(value) for name, value in (line.split() for line in done.stdout.splitlines())}


def _of(size: tuple[int, int], redraw_ms: float | None, drawing_kb: float) -> list[Figure]:
    told = measured(size)
    display = f"panel {size[0]}x{size[1]}"
    words_and_fonts = told["fonts_bytes"] + told["words_bytes"]
    drawing = told["drawing_bytes"] + told.get("icons_bytes", 0)  # the small display's icons are in its font
    return [
        Figure(f"{display}: full redraw", told["redraw_us"] / 1000, "ms", redraw_ms),
        Figure(f"{display}: arrow key to what it changed", told["press_us"] / 1000, "ms", 0.5),
        Figure(f"{display}: letter typed to what it changed", told["letter_us"] / 1000, "ms", 0.5),
        Figure(f"{display}: drawing memory", drawing / _KB, "KB", drawing_kb),
        Figure(f"{display}: fonts and one language's words that stay", words_and_fonts / _KB, "KB", 16),
        Figure(
            f"{display}: words that are loaded for the screens that have them", told["seldom_bytes"] / _KB, "KB", None
        ),
    ]
