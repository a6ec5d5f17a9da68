"""Prints what the board is, for `boards/kinds.py` to judge: in words that any MicroPython understands. Runs on the board."""

import gc
import json
import sys

try:
    from network import WLAN
except ImportError:
    WLAN = None

try:
    from vfs import rom_ioctl  # type: ignore[import-not-found]

    partition = rom_ioctl(2, 0)
    rom = partition.ioctl(4, 0) * partition.ioctl(5, 0)  # of blocks that can be written one by one
except (ImportError, AttributeError):  # MicroPython has no such partition, or one of another kind
    rom = 0

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
            "rom": rom,
            "heap": gc.mem_free() + gc.mem_alloc(),  # type: ignore[attr-defined]
        }
    )
)
