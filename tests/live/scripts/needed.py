"""Modules that are there while they are needed, on MicroPython: what `tests/live/test_needed.py` runs and reads.

Each line: what was done, then which of two modules are loaded, and how many bytes more than before any of it are in use.
"""

import asyncio
import gc
import sys

from firmware import heap

HTTP, GUARD = "firmware.http", "firmware.web.guard"
first = heap.Needed(HTTP, GUARD)
second = heap.Needed(HTTP)


def in_use() -> int:
    gc.collect()
    return gc.mem_alloc()  # type: ignore[attr-defined,no-any-return]


def tell(what: str) -> None:
    print(what, HTTP in sys.modules, GUARD in sys.modules, in_use() - before)


async def work() -> None:
    """As a task has to do it: in a function that it calls."""
    with second:
        from firmware.http import urlencode

        await asyncio.sleep(0)
        tell("in a task")
        assert urlencode({"a": "b"}) == b"a=b"


async def task() -> None:
    await work()


async def tasks() -> None:
    await asyncio.gather(asyncio.create_task(task()), asyncio.create_task(task()))


for _ in range(2):  # names of all that is loaded stay in memory: the first time counts for nothing
    before = in_use()
    tell("before")
    with first:
        __import__(HTTP)
        __import__(GUARD)
        tell("both")
        with second:
            tell("one twice")
        tell("one still")
    tell("none")
    first.hold()
    __import__(HTTP)
    asyncio.run(tasks())
    tell("still held")
    first.let_go()
    tell("let go")
    asyncio.run(tasks())
    tell("after the tasks")
