"""MicroPython's heap: when it is collected, and modules that are only there while they are needed.

CPython needs none of it and is left alone: the firmware does the same there, with more memory.
"""

import gc
import sys

from micropython import const

# Collecting late leaves a heap of holes that no page or frame fits into; collecting often costs more than all the rest of
# a mail. A quarter of what is free is soon enough and seldom enough.
_SHARE = const(4)


def settle() -> None:
    """Collect, and from now on each time a share of what is free now has been taken. For after what stays was loaded."""
    if _is_small():
        gc.collect()
        gc.threshold(gc.mem_free() // _SHARE)  # type: ignore[attr-defined]


def free() -> int:
    """Bytes that could be taken now."""
    if not _is_small():
        return sys.maxsize
    gc.collect()
    return gc.mem_free()  # type: ignore[attr-defined,no-any-return]


def forget(modules: "tuple[str, ...]") -> None:
    """Give back the memory of these modules. The caller keeps nothing of theirs; the next import loads them again."""
    if _is_small():
        for name in modules:
            package, _, attribute = name.rpartition(".")
            if sys.modules.pop(name, None) is not None and package in sys.modules:
                delattr(sys.modules.get(package), attribute)
        settle()


def _is_small() -> bool:
    return hasattr(gc, "mem_free")
