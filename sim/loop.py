"""The event loop of the virtual world: asyncio on a clock that jumps.

Nothing ready means jump to the next timer; nothing ready and no timer means that everybody sleeps for ever, which is an
error that names the sleepers. What is ready at the same moment runs first in, first out (asyncio's own timers do not), or
in an order drawn from a seed, so the same program and seed give the same run. Time is in integer milliseconds since the
loop was made. Start at `run`.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import random
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

_MAX_STEPS_AT_ONE_INSTANT = 200_000
_FEW_TIMERS = 1000  # among which cancelled ones may wait for their turn
_NEVER_MS = 1 << 62
_T = TypeVar("_T")


class AsleepForEver(RuntimeError):
    """No task can ever run again; the text names those that wait."""


class Spinning(RuntimeError):
    """Too many steps without time passing; the text names who does not wait."""


class DeadlinePassed(RuntimeError):
    """The run's virtual deadline passed before it was done."""


class Handle:
    """A callback in its turn: what asyncio uses of its own Handle, which keeps more for debugging."""

    __slots__ = ("args", "callback", "context", "gone")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: contextvars.Context | None
    ) -> None:
        self.callback = callback
        self.args = args
        self.context = contextvars.copy_context() if context is None else context
        self.gone = False

    def cancel(self) -> None:
        self.gone = True

    def cancelled(self) -> bool:
        return self.gone


def _told(task: asyncio.Task[Any]) -> str:
    """Its name, and whose work it does, where that is somebody else's."""
    inner = getattr(getattr(task.get_coro(), "cr_await", None), "__qualname__", "Event.wait")
    return task.get_name() if inner == "Event.wait" else f"{task.get_name()} > {inner}"


_Base: Any = asyncio.AbstractEventLoop  # whose other methods, those for sockets and processes, have no meaning here


class VirtualLoop(_Base):  # type: ignore[misc]
    def __init__(self, seed: int | None = None) -> None:
        """`seed`: draws who goes first among those that are ready; 0 or None leaves it first in, first out."""
        self.now_ms = 0
        self._order = random.Random(seed) if seed else None
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[int, int, Handle]] = []
        self._sweep_at = _FEW_TIMERS  # so many timers, and the cancelled ones are dropped
        self._sequence = 0
        self._failure: BaseException | None = None
        self._closed = False
        self._running = False
        self.failed = False  # a run ended because of something else than its own coroutine
        self._handler: Callable[[Any, dict[str, Any]], None] | None = None
        self._ours: tuple[str, ...] = ()
        self.tasks: dict[asyncio.Task[Any], None] = {}  # as they were made: a set's order would not be the same twice

    # --- what a run needs ---

    def run(self, main: Coroutine[Any, Any, _T], deadline_ms: int = _NEVER_MS) -> _T:
        """Run until `main` is done and return its result; an exception of any other task ends the run at once.

        `deadline_ms`: the loop's time at which the run fails with DeadlinePassed.
        """
        if self._running:
            raise RuntimeError("This loop is already running")
        self._running = True
        asyncio._set_running_loop(self)
        try:
            task = self.create_task(main, name="main")
            steps = 0
            ready, order = self._ready, self._order
            while not task.done() and self._failure is None:
                if not ready:
                    if not self._jump(deadline_ms):
                        task.cancel()
                        raise AsleepForEver(f"Everybody sleeps for ever: {self._sleepers()}")
                    if self.now_ms > deadline_ms:
                        task.cancel()
                        raise DeadlinePassed(f"Not done at {deadline_ms} ms of virtual time: {self._sleepers()}")
                    steps = 0
                    continue
                if order is not None and len(ready) > 1:
                    ready.rotate(-order.randrange(len(ready)))
                handle = ready.popleft()
                steps += 1
                if steps > _MAX_STEPS_AT_ONE_INSTANT:
                    task.cancel()
                    busy = sorted(t.get_name() for t in self.tasks if not t.done() and t._fut_waiter is None)  # type: ignore[attr-defined]
                    raise Spinning(f"{steps} steps at {self.now_ms} ms without waiting, by {', '.join(busy)}")
                if not handle.gone:
                    self._step(handle)
            if self._failure is not None:
                failure, self._failure = self._failure, None
                self.failed = True
                task.cancel()
                raise failure
            result: _T = task.result()
            return result
        finally:
            asyncio._set_running_loop(None)
            self._running = False

    def fail(self, error: BaseException) -> None:
        """End the run with this error before anybody does another step: it does not travel through who happens to run."""
        if self._failure is None:
            self._failure = error

    def close(self) -> None:
        """Cancel what is left and let it clean up (without time passing), then refuse further work."""
        if self._closed:
            return
        for task in list(self.tasks):
            task.cancel()
        asyncio._set_running_loop(self)
        try:
            for _ in range(_MAX_STEPS_AT_ONE_INSTANT):
                if not self._ready:
                    break
                handle = self._ready.popleft()
                if not handle.gone:
                    self._step(handle)
        finally:
            asyncio._set_running_loop(None)
        self._failure = None
        self._closed = True

    def _step(self, handle: Handle) -> None:
        try:
            handle.context.run(handle.callback, *handle.args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001  not lost: it ends the run
            self.fail(error)

    def _jump(self, deadline_ms: int) -> bool:
        timers = self._timers
        while timers and timers[0][2].gone:
            heapq.heappop(timers)
        if not timers:
            return False
        self.now_ms = max(self.now_ms, timers[0][0])
        if self.now_ms > deadline_ms:
            return True
        while timers and timers[0][0] <= self.now_ms:
            self._ready.append(heapq.heappop(timers)[2])
        return True

    def _sleepers(self) -> str:
        return ", ".join(sorted(_told(task) for task in self.tasks if not task.done()))

    # --- what asyncio asks of a loop ---

    def time(self) -> float:
        return self.now_ms / 1000

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return self._running

    def is_closed(self) -> bool:
        return self._closed

    def call_soon(
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        handle = Handle(callback, args, context)
        self._ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        return self.call_at_ms(self.now_ms + max(0, round(delay * 1000)), callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        return self.call_at_ms(round(when * 1000), callback, *args, context=context)

    def call_at_ms(
        self, when_ms: int, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> Handle:
        """`call_at` in the loop's own time, `now_ms`."""
        timer = Handle(callback, args, context)
        self._sequence += 1
        heapq.heappush(self._timers, (when_ms, self._sequence, timer))
        if len(self._timers) > self._sweep_at:
            self._timers = [entry for entry in self._timers if not entry[2].gone]
            heapq.heapify(self._timers)
            self._sweep_at = max(_FEW_TIMERS, 2 * len(self._timers))
        return timer

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(self, coro: Any, *, name: str | None = None, context: Any = None) -> asyncio.Task[Any]:
        task = asyncio.Task(coro, loop=self, name=name or getattr(coro, "__qualname__", None), context=context)
        self.tasks[task] = None
        task.add_done_callback(self._task_done)
        return task

    def _task_done(self, task: asyncio.Task[Any]) -> None:
        self.tasks.pop(task, None)
        if not task.cancelled() and task.get_name() != "main":
            failure = task.exception()
            if failure is not None and self._handler is not None and task.get_name() not in self._ours:
                self._handler(self, {"exception": failure, "future": task, "message": "A task has failed"})
            elif failure is not None and self._failure is None:
                self._failure = failure

    def let_handle(self, *ours: str) -> None:
        """From now on `set_exception_handler` counts, but for tasks with these names: those are not the firmware's."""
        self._ours = ours

    def set_exception_handler(self, handler: Callable[[Any, dict[str, Any]], None]) -> None:
        if self._ours:
            self._handler = handler

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        failure = context.get("exception")
        if self._failure is None:
            self._failure = failure if failure is not None else RuntimeError(context["message"])

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        self.call_exception_handler(context)


virtual_loop = cast(Callable[[], VirtualLoop], asyncio.get_running_loop)  # the loop that runs, for who knows its kind
