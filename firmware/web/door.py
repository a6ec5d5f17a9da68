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
_LOOK_AGAIN_MS = const(50)
_GRACE_MS = const(1500)
_REST_MS = const(100)
_LONGEST_REST_MS = const(2000)


class Door:
    """`guard` gives whoever answers, and may raise MemoryError. `most`: connections at once."""

    def __init__(self, board: "Board", guard: "Callable[[], Guard]", watch: "Watch", most: int = _MOST_OPEN) -> None:
        self._board = board
        self._most = most
        self._guard = guard
        self._conversations: "list[asyncio.Task[None]]" = []
        # Those whose request is not whole yet, oldest first, and until when in ticks they are not sent away for others
        self._listening: "list[tuple[asyncio.Task[None], int]]" = []
        self._one_ended = asyncio.Event()
        self._watch = watch  # of the oldest conversation: all others become the oldest, too

    def open(self) -> int:
        """How many connections are open."""
        return len(self._conversations)

    async def run(self, listener: "Listener") -> None:
        """For ever; when it is cancelled, those who are here already are still served."""
        rest_ms = _REST_MS
        self._watch.rest()
        while True:
            stream: Stream | None = None
            try:
                stream = await listener.accept()
                while len(self._conversations) >= self._most:
                    await self._make_room()
                self._conversations.append(asyncio.create_task(self._converse(stream)))
                stream = None
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
            except asyncio.CancelledError:
                if stream is not None:
                    await stream.close()
                raise

    async def _make_room(self) -> None:
        """Send away who has been longest about a request: in a crowd of idlers those who ask at once get their turn."""
        self._one_ended.clear()
        now_ms = self._board.clock.ticks_ms()
        for each in self._listening:
            if each[1] <= now_ms:
                self._listening.remove(each)
                each[0].cancel()
                break
        else:
            if self._listening:
                await self._board.clock.sleep_ms(_LOOK_AGAIN_MS)
                return
        await self._one_ended.wait()

    async def _converse(self, stream: "Stream") -> None:
        self._listening.append((asyncio.current_task(), 0))  # type: ignore[arg-type]
        try:
            await self._guard().answer(stream, self._heard, self._begun)
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

    def _begun(self) -> None:
        """A handshake has cost its arithmetic: it gets the time to end it."""
        task, until_ms = asyncio.current_task(), self._board.clock.ticks_ms() + _GRACE_MS
        self._listening = [(each[0], until_ms) if each[0] is task else each for each in self._listening]

    def _heard(self) -> None:
        task = asyncio.current_task()
        self._listening = [each for each in self._listening if each[0] is not task]
