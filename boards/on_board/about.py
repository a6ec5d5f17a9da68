"""Prints what the board is, for `boards/kinds.py` to judge: in words that any MicroPython understands. Runs on the board."""

import gc
import json
import sys

try:
    from network import WLAN
except ImportError:
    WLAN = None

gc.collect()
print(
    json.dumps(
        {
            "name": sys.implementation.name,
            "version": list(sys.implementation.version),
            "machine": getattr(sys.implementation, "_machine", "board that does not say which"),
            "mpy": getattr(sys.implementation, "_mpy", 0),
            "platform": sys.platform,
            "wlan": WLAN is not None,
            "heap": gc.mem_free() + gc.mem_alloc(),  # type: ignore[attr-defined]
        }
    )
)
