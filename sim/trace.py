"""What crosses the seam between firmware and board, told to whoever observes it, and written down as JSON lines.

`tapped` puts a thin skin around each part of a board; without observers there is none, and nothing costs anything. `Trace`
writes every call with its arguments shortened, with what it gave or raised, and what went over the cloud's wire. Bytes are
written as their number and check sum, typed characters and long runs without a space not at all: no secret gets out by it.
Reading a clock is left out, it happens all the time and changes nothing.
"""

from __future__ import annotations

import binascii
import inspect
import json
import re
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

_PARTS = (
    "clock network panel keys touch printer scanner storage entropy identity monitor watchdog reset".split()  # noqa: SIM905
)
_UNTOLD = {("clock", "now"), ("clock", "ticks_ms")}
_MADE = {  # calls that give another part: what it is called
    ("network", "connect"): "connection",
    ("network", "listen"): "listener",
    ("listener", "accept"): "visit",
    ("scanner", "open"): "scan",
}
_LONGEST_TEXT = 200
_MOST_ITEMS = 60
_RUN = re.compile(r"[\w.~+/=-]{40,}")  # longer than any word: a token or a digest


class Observer:
    """Is told each call. `part`: "storage", "connection 3"; `number`: the same for a call and its end."""

    def called(self, number: int, part: str, call: str, args: tuple[Any, ...]) -> None: ...
    def returned(self, number: int, part: str, call: str, args: tuple[Any, ...], result: Any) -> None: ...
    def raised(self, number: int, part: str, call: str, args: tuple[Any, ...], error: Exception) -> None: ...
    def power(self, on: bool) -> None: ...
    def wire(self, event: dict[str, Any]) -> None: ...


class Taps:
    """Counts calls and parts for one world, and passes them on to its observers."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self.observers = observers
        self.calls = 0
        self._made: dict[str, int] = {}

    def board(self, board: Any) -> Any:
        """The same board with a skin around each part."""
        parts = {name: getattr(board, name) for name in _PARTS}
        return SimpleNamespace(
            **{name: part if part is None else _Tapped(part, name, name, self) for name, part in parts.items()}
        )

    def made(self, kind: str, part: Any) -> _Tapped:
        number = self._made[kind] = self._made.get(kind, 0) + 1
        return _Tapped(part, kind, f"{kind} {number}", self)


class _Tapped:
    """A part whose methods tell the observers; everything else is the part's own."""

    def __init__(self, part: Any, kind: str, name: str, taps: Taps) -> None:
        self._part = part
        self._kind = kind
        self._name = name
        self._taps = taps

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._part, attribute)
        if not inspect.ismethod(value):
            return value
        if (self._kind, attribute) in _UNTOLD:
            self.__dict__[attribute] = value
            return value
        told = _told_async if inspect.iscoroutinefunction(value) else _told
        method = self.__dict__[attribute] = told(
            value, self._taps, self._name, attribute, _MADE.get((self._kind, attribute), "")
        )
        return method


def _told(method: Callable[..., Any], taps: Taps, part: str, call: str, _: str) -> Callable[..., Any]:
    def told(*args: Any, **named: Any) -> Any:
        number, args_told = _begin(taps, part, call, args, named)
        try:
            result = method(*args, **named)
        except Exception as error:
            _raised(taps, number, part, call, args_told, error)
            raise
        for observer in taps.observers:
            observer.returned(number, part, call, args_told, result)
        return result

    return told


def _told_async(method: Callable[..., Any], taps: Taps, part: str, call: str, makes: str) -> Callable[..., Any]:
    async def told(*args: Any, **named: Any) -> Any:
        number, args_told = _begin(taps, part, call, args, named)
        try:
            result = await method(*args, **named)
        except Exception as error:
            _raised(taps, number, part, call, args_told, error)
            raise
        if makes:
            result = taps.made(makes, result)
        for observer in taps.observers:
            observer.returned(number, part, call, args_told, result)
        return result

    return told


def _begin(
    taps: Taps, part: str, call: str, args: tuple[Any, ...], named: dict[str, Any]
) -> tuple[int, tuple[Any, ...]]:
    taps.calls += 1
    told = (*args, *named.values()) if named else args
    for observer in taps.observers:
        observer.called(taps.calls, part, call, told)
    return taps.calls, told


def _raised(taps: Taps, number: int, part: str, call: str, args: tuple[Any, ...], error: Exception) -> None:
    for observer in taps.observers:
        observer.raised(number, part, call, args, error)


class Trace(Observer):
    """`lines`: one JSON object each, the same for the same seed. `now_ms`: virtual time."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.lines: list[str] = []
        self._now_ms = now_ms

    def _write(self, row: dict[str, Any]) -> None:
        self.lines.append(json.dumps({"ms": self._now_ms(), **row}, ensure_ascii=False))

    def called(self, number: int, part: str, call: str, args: tuple[Any, ...]) -> None:
        self._write({"call": number, "part": part, "do": call, "with": [shortened(arg) for arg in args]})

    def returned(self, number: int, part: str, _call: str, _args: tuple[Any, ...], result: Any) -> None:
        if result is not None:
            typed = part == "keys" and isinstance(result, tuple) and len(result[0]) == 1
            self._write({"of": number, "gave": "a character" if typed else shortened(result)})

    def raised(self, number: int, _part: str, _call: str, _args: tuple[Any, ...], error: Exception) -> None:
        self._write({"of": number, "raised": type(error).__name__, "words": shortened(str(error))})

    def power(self, on: bool) -> None:
        self._write({"power": "on" if on else "off"})

    def wire(self, event: dict[str, Any]) -> None:
        self._write({"wire": shortened(event)})


def shortened(value: Any) -> Any:
    """`value` for a log: JSON-ready, short, and without anything that might be a secret."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        text = _RUN.sub(lambda run: f"<{len(run[0])} characters>", value)
        return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"{len(value)} bytes {binascii.crc32(value):08x}"
    if isinstance(value, dict):
        return {str(key): shortened(item) for key, item in list(value.items())[:_MOST_ITEMS]}
    if isinstance(value, (list, tuple)):
        return [shortened(item) for item in value[:_MOST_ITEMS]]
    name = getattr(value, "_name", None) or getattr(value, "name", None) or getattr(value, "id", None)
    return f"<{name}>" if isinstance(name, str) else f"<{type(value).__name__}>"
