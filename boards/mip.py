"""The mail part alone, for somebody's own project: `package.json`, which mip takes, and the same files compiled.

`firmware/oauth` and `firmware/mail` with all that they import, and the parts of hal that a board with WLAN needs for them.
The addresses in `package.json` are relative, so it works from wherever the project is kept. It names sources, which
MicroPython compiles on the board each time; `build` makes of them what needs less memory.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from boards.mpy import lacking, needed
from sim.image import ROOT, build_folder

MODULES = ("firmware.mail.outbox", "hal.onboard", "hal.wlan")


def package_json() -> str:
    """What `package.json` has to be."""
    files = needed(ROOT, MODULES, without=lacking(()))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    lines = ",\n".join(f"    {json.dumps([name, name])}" for name in files)
    return f'{{\n  "urls": [\n{lines}\n  ],\n  "deps": [],\n  "version": {json.dumps(version)}\n}}\n'


def build() -> Path:
    """Bring the folder `build/boards/library/lib` up to date, to be copied to a board's `/lib`; returns it."""
    folder = ROOT / "build" / "boards" / "library" / "lib"
    folder.parent.mkdir(parents=True, exist_ok=True)
    return build_folder(folder, dict(needed(ROOT, MODULES, without=lacking(()))))
