"""A small firmware in the shape of ours, to be compiled and put on boards: start at `write`."""

from __future__ import annotations

import random
from pathlib import Path

_NOISE_BYTES = 20_000  # does not pack, so that it takes a while on the line


def write(root: Path, version: int, **others: str) -> Path:
    """Sources of a `version` below `root`; returns `root`. `others`: further modules, "a.b" -> text, "" for not this one."""
    noise = random.Random(version).randbytes(_NOISE_BYTES)
    for name, text in {
        "firmware": "",
        "firmware.main": f"from firmware import words\n\n\ndef start(connect):\n    words.say({version})\n",
        "firmware.words": "def say(version):\n    from firmware.noise import NOISE\n\n"
        "    print('version', version, 'with', len(NOISE))\n",
        "firmware.noise": f"NOISE = {noise!r}\n",
        "firmware.same": "SAME = 1\n",
        "hal": "",
        "hal.board_pico": "from hal.part_pico import connect\nfrom firmware import same\n",
        "hal.board_pico_w": "from hal.part_pico import connect\nfrom firmware import same\n",
        "hal.part_pico": "async def connect():\n    return None\n",
        "hal.part_other": "import no_such_module\n",
        **others,
    }.items():
        place = root.joinpath(*name.split("."))
        path = place / "__init__.py" if name in ("firmware", "hal", "firmware.deep") else place.with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        if text or path.name == "__init__.py":
            path.write_text(text)
        else:
            path.unlink(missing_ok=True)
    return root


def said(version: int) -> str:
    """What that version prints when it runs."""
    return f"version {version} with {_NOISE_BYTES}"
