"""The door of Web Config: takes connections, a few at a time, and brings each to the guard. This much is always loaded.

Half-open connections would eat a device's heap: more than a few wait outside, and who is slow is sent away for them.
"""

import asyncio

from micropython import const

from hal.errors import NetworkError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.supervisor import Watch
    from firmware.web.guard import Guard
    from hal.api import Board, Listener, Stream

_MOST_OPEN = const(6)  # connections; more wait in the listener's queue
_LONGEST_MS = const(300_000)  # of a conversation: what a page does may wait for the token service
_REST_MS = const(100)
_LONGEST_REST_MS = const(2000)


class Door:
    """`guard` gives whoever answers, and may raise MemoryError."""

    def __init__(self, board: "Board", guard: "Callable[[], Guard]", watch: "Watch") -> None:
        self._board = board
        self._guard = guard
        self._conversations: "list[asyncio.Task[None]]" = []
        self._listening: "list[asyncio.Task[None]]" = []  # those whose request is not whole yet, oldest first
        self._one_ended = asyncio.Event()
        self._watch = watch  # of the oldest conversation: all others become the oldest, too

    def open(self) -> int:
        """How many connections are open."""
        return len(self._conversations)

    async def run(self, listener: "Listener") -> None:
        rest_ms = _REST_MS
        self._watch.rest()
        while True:
            stream: Stream | None = None
            try:
                stream = await listener.accept()
                while len(self._conversations) >= _MOST_OPEN:
                    await self._make_room()
                self._conversations.append(asyncio.create_task(self._converse(stream)))
                if len(self._conversations) == 1:
                    self._watch.within(_LONGEST_MS)
                await asyncio.sleep(0)  # it begins: a task that never began could not clean up after itself
                rest_ms = _REST_MS
            except MemoryError:
                self._board.monitor.log("web: out of memory")
                if stream is not None:
                    await stream.close()
                await self._board.clock.sleep_ms(rest_ms)  # others need the processor to give theirs back
                rest_ms = min(2 * rest_ms, _LONGEST_REST_MS)

    async def _make_room(self) -> None:
        """Send away who has been longest about a request: in a crowd of idlers those who ask at once get their turn."""
        self._one_ended.clear()
        if self._listening:
            self._listening.pop(0).cancel()
        await self._one_ended.wait()

    async def _converse(self, stream: "Stream") -> None:
        self._listening.append(asyncio.current_task())  # type: ignore[arg-type]
        try:
            await self._guard().answer(stream, self._heard)
        except NetworkError:
            self._board.monitor.log("web: " + stream.peer + " went away")
        except MemoryError:
            self._board.monitor.log("web: out of memory")
        finally:
            await stream.close()
            self._heard()
            oldest = self._conversations[0]
            self._conversations.remove(asyncio.current_task())  # type: ignore[arg-type]
            if not self._conversations:
                self._watch.rest()
            elif oldest is not self._conversations[0]:
                self._watch.within(_LONGEST_MS)
            self._one_ended.set()

    def _heard(self) -> None:
        task = asyncio.current_task()
        if task in self._listening:
            self._listening.remove(task)
