"""The worlds around the firmware. Start at `sim/world.py`; `python -m sim --help` for the command line."""

import sys
from pathlib import Path

# On CPython the firmware finds MicroPython's own modules (`micropython`, `framebuf`) here.
_STAND_INS = str(Path(__file__).parent / "cpython")
if _STAND_INS not in sys.path:
    sys.path.append(_STAND_INS)
