"""The device's keys and touch surface: what a finger does, as raw transitions for the firmware."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

_T = TypeVar("_T")
KEYS = ("up", "down", "left", "right", "ok", "back", "home", "start", "stop", "backspace")
_MOST_WAITING = 256  # a device that is busy or dead loses further presses, as a real one does


class _Transitions(Generic[_T]):
    """What fingers did, in order, for one task that waits for it."""

    def __init__(self) -> None:
        self._waiting: deque[_T] = deque()
        self._arrived = asyncio.Event()

    async def next(self) -> _T:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    def empty(self) -> bool:
        return not self._waiting

    def put(self, transition: _T) -> None:
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(transition)
            self._arrived.set()

    def power_off(self) -> None:
        self._waiting.clear()


class SimKeys(_Transitions[tuple[str, bool]]):
    def press(self, key: str) -> None:
        """Press and release. `key`: one of KEYS, or one printable character. Raises ValueError."""
        self.change(key, pressed=True)
        self.change(key, pressed=False)

    def change(self, key: str, pressed: bool) -> None:
        """Press, or let go. Raises ValueError."""
        if key not in KEYS and not (len(key) == 1 and key.isprintable()):
            raise ValueError(f"There is no key {key!r}; there are {', '.join(KEYS)} and single characters")
        self.put((key, pressed))


class SimTouch(_Transitions[tuple[int, int, bool]]):
    def touch(self, x: int, y: int) -> None:
        """Touch and let go."""
        self.put((x, y, True))
        self.put((x, y, False))
