"""MicroPython's heap: when it is collected, and modules that are only there while they are needed.

Code that is loaded from the flash lies in the heap, and on a board it is most of what lies there. So what works now and then
imports inside its functions, in a block that says which modules are for it alone: start at `Needed`.
CPython needs none of it and is left alone: the firmware does the same there, with more memory.
"""

import gc
import sys

from micropython import const

# Collecting late leaves a heap of holes that no page or frame fits into; collecting often costs more than all the rest of
# a mail. A quarter of what is free is soon enough and seldom enough.
_SHARE = const(4)

_SMALL = hasattr(gc, "mem_free")
_needed: "dict[str, int]" = {}  # how many need a module now; of the interpreter, as `sys.modules` is


class Needed:
    """`with Needed(modules):` what is imported inside is let go at the end, unless somebody else still needs it.

    Whoever uses it keeps nothing of theirs, neither functions nor objects of their classes. A task that has ended still
    holds what its outermost function had, and MicroPython's queue holds the task for a while: let a task do its work in a
    function that it calls. Exceptions that leave the block are of classes that stay. One may be entered several times, also
    by several tasks at once.
    """

    def __init__(self, *modules: str) -> None:
        self._modules = modules

    def hold(self) -> None:
        """From now on, until `let_go`: for what begins in one function and ends in another."""
        if _SMALL:
            for name in self._modules:
                _needed[name] = _needed.get(name, 0) + 1

    def let_go(self) -> None:
        if _SMALL:
            for name in self._modules:
                _needed[name] -= 1
            forget(self._modules)

    __enter__ = hold

    def __exit__(self, *_: object) -> None:
        self.let_go()


def keep(package: str, kept: "list[str]") -> None:
    """Of the modules of `package` let go all but `kept`."""
    if _SMALL:
        forget(tuple([name for name in sys.modules if name.startswith(package + ".") and name not in kept]))


def settle() -> None:
    """Collect, and from now on each time a share of what is free now has been taken. For after what stays was loaded."""
    if _SMALL:
        gc.collect()
        gc.threshold(gc.mem_free() // _SHARE)  # type: ignore[attr-defined]


def free() -> int:
    """Bytes that could be taken now."""
    if not _SMALL:
        return sys.maxsize
    gc.collect()
    return gc.mem_free()  # type: ignore[attr-defined,no-any-return]


def forget(modules: "tuple[str, ...]") -> None:
    """Give back the memory of those of these modules that nobody needs. The next import loads them again."""
    if not _SMALL:
        return
    loaded = [name for name in modules if name in sys.modules and not _needed.get(name)]
    for name in set(loaded):
        del sys.modules[name]
        package, _, attribute = name.rpartition(".")
        if package in sys.modules:
            delattr(sys.modules[package], attribute)
    if loaded:
        settle()
