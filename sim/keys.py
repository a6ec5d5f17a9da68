"""The device's keys and touch surface: what a finger does, as raw transitions for the firmware."""

from __future__ import annotations

import asyncio

KEYS = ("up", "down", "left", "right", "ok", "back", "home", "start", "stop", "backspace")
_MOST_WAITING = 256  # a device that is busy or dead loses further presses, as a real one does


class SimKeys:
    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[str, bool]] = asyncio.Queue(_MOST_WAITING)

    async def next(self) -> tuple[str, bool]:
        return await self._queue.get()

    def empty(self) -> bool:
        return self._queue.empty()

    def press(self, key: str) -> None:
        """Press and release. `key`: one of KEYS, or one printable character. Raises ValueError."""
        if key not in KEYS and not (len(key) == 1 and key.isprintable()):
            raise ValueError(f"There is no key {key!r}; there are {', '.join(KEYS)} and single characters")
        for pressed in (True, False):
            if not self._queue.full():
                self._queue.put_nowait((key, pressed))

    def power_off(self) -> None:
        self._queue = asyncio.Queue(_MOST_WAITING)


class SimTouch:
    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[int, int, bool]] = asyncio.Queue(_MOST_WAITING)

    async def next(self) -> tuple[int, int, bool]:
        return await self._queue.get()

    def empty(self) -> bool:
        return self._queue.empty()

    def touch(self, x: int, y: int) -> None:
        """Touch and let go."""
        for pressed in (True, False):
            if not self._queue.full():
                self._queue.put_nowait((x, y, pressed))

    def power_off(self) -> None:
        self._queue = asyncio.Queue(_MOST_WAITING)
