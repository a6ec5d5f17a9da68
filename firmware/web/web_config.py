"""Web Config as a part of the device: listens, guards, and loads the pages when somebody asks for one.

A mail on its way comes first: while one is sent the pages are there only for the time of a request, and only if they fit.
"""

from micropython import const

from firmware import heap
from firmware.web.guard import Guard
from firmware.web.sessions import Sessions
from hal.errors import ConnectFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.web.app import App
    from firmware.web.guard import Writer

_PORT = const(80)
_LISTEN_AGAIN_MS = const(10000)
_FOR_A_REQUEST = const(49152)  # bytes, beside the pages themselves
_FOR_PAGES = const(98304)  # until it is known better: what they take with pointers of 64 bits
_PAGES = (  # what only the pages need
    "firmware.web.app",
    "firmware.web.contacts",
    "firmware.contacts",
    "firmware.web.email",
    "firmware.web.forms",
    "firmware.web.pages",
    "firmware.web.style",
    "firmware.web.words",
    "microdot.microdot",
    "microdot",
)


class WebConfig:
    def __init__(self, device: "Any") -> None:
        self._device = device
        self._sessions = Sessions(device.board.entropy, device.board.clock)
        self._app: "App | None" = None
        self._requests = 0  # being answered
        self._takes = _FOR_PAGES
        device.subscribe(self._changed)

    async def run(self) -> None:
        """Serve for ever."""
        board = self._device.board
        while True:
            try:
                listener = await board.network.listen(_PORT)
                self._device.network_changed()  # the address to show may be another one now
                break
            except ConnectFailed as error:
                board.monitor.log("web: " + str(error))
                await board.clock.sleep_ms(_LISTEN_AGAIN_MS)
        await Guard(board, self.names, self._handle).run(listener)

    def names(self) -> "list[str]":
        """The host names under which the device may be asked for; any other was made to lead a browser here."""
        found = []
        for interface in self._device.board.network.interfaces:
            for name in (interface.address, _host(interface.web_url)):
                if name:
                    found.append(name)
        if any(name.startswith("127.") for name in found):
            found.append("localhost")
        return found

    async def _handle(self, request: bytes, writer: "Writer") -> None:
        if self._app is None:
            self._app = self._loaded()
        self._requests += 1
        try:
            await self._app.handle(request, writer)
        finally:
            self._requests -= 1
            self._make_room()

    def _loaded(self) -> "App":
        free = heap.free()
        if self._device.queue.current is not None and free < self._takes + _FOR_A_REQUEST:
            raise MemoryError
        from firmware.web.app import App

        app = App(self._device, self._sessions)
        heap.settle()
        self._takes = free - heap.free()
        return app

    def _make_room(self) -> None:
        if self._app is not None and self._requests == 0 and self._device.queue.current is not None:
            self._app = None
            heap.forget(_PAGES)

    def _changed(self, part: str) -> None:
        if part == "jobs":
            self._make_room()
        elif part == "network":
            urls = [interface.web_url for interface in self._device.board.network.interfaces if interface.web_url]
            self._device.board.monitor.state("web", urls[0] if urls else "")


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0].lower()
