"""Web Config as a part of the device: listens, and loads guard and pages when somebody comes.

A minute after the last request they are let go; who is logged in stays so. A mail on its way comes first: while one is sent
the pages are there only for the time of a request, and only if they fit.
"""

import asyncio

from micropython import const

from firmware import heap
from firmware.supervisor import Watch
from firmware.web.door import Door
from hal.errors import ConnectFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.web.app import App
    from firmware.web.guard import Guard, Handle, Writer
    from firmware.web.secure import Secure
    from firmware.web.sessions import Sessions
    from hal.api import Listener

_PORT = const(80)
_LISTEN_AGAIN_MS = const(10000)
_FOR_A_REQUEST = const(49152)  # bytes, beside the pages themselves
_FOR_PAGES = const(98304)  # until it is known better: what they take with pointers of 64 bits
_IDLE_MS = const(60_000)
_GUARD = heap.Needed("firmware.web.guard", "firmware.web.sessions")
_PAGES = heap.Needed(
    "firmware.web.app",
    "firmware.web.forms",
    "firmware.web.pages",
    "firmware.web.visit",
    "firmware.web.words",
    "firmware.web.en.frame",
    "firmware.web.lt.frame",
    "microdot.microdot",
    "microdot",
)


class WebConfig:
    def __init__(self, device: "Any") -> None:
        self._device = device
        self.watch = Watch("web")
        self.more_watches: "list[Watch]" = []
        self._door: "Door | Secure"
        self._secure: "Secure | None" = None
        if "https" in device.board.identity.features:
            from firmware.web.secure import Secure

            self._door = self._secure = Secure(self, device)
            self.more_watches = self._secure.watches
        else:
            self._door = Door(device.board, self.guard, self.watch)
        self._guarded = False  # the guard's module is there
        self._sessions: "Sessions | None" = None
        self._app: "App | None" = None
        self._came = False  # somebody, since it was last looked
        self._idling: "asyncio.Task[None] | None" = None
        self._requests = 0  # being answered
        self._left = 0  # how often pages that were left still are in use by those
        self._takes = _FOR_PAGES
        device.subscribe(self._changed)

    async def run(self) -> None:
        """Serve for ever."""
        if isinstance(self._door, Door):
            await self._door.run(await self._listen())
        else:
            await self._door.run()

    async def _listen(self) -> "Listener":
        board = self._device.board
        while True:
            try:
                listener: "Listener" = await board.network.listen(_PORT)
                self._device.network_changed()  # the address to show may be another one now
                return listener
            except ConnectFailed as error:
                board.monitor.log("web: " + str(error))
                self.watch.within(_LISTEN_AGAIN_MS)
                await board.clock.sleep_ms(_LISTEN_AGAIN_MS)

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

    def url_of(self, host: str) -> str:
        """Where the pages are, under this one of `names`."""
        found = ""
        for interface in self._device.board.network.interfaces:
            url = interface.web_url
            if url and (not found or host == _host(url)):
                found = url
        return found

    def guard(self, handle: "Handle | None" = None) -> "Guard":
        """For one who comes; `handle`: who gets the requests instead of the pages."""
        self._came = True
        from firmware.web.guard import Guard

        if not self._guarded:
            self._guarded = True
            _GUARD.hold()
        if self._idling is None:
            self._idling = asyncio.create_task(self._idle())
        if handle is not None:
            return Guard(self._device.board, self.names, handle)
        if self._secure is not None and self._secure.on:
            return Guard(self._device.board, self.names, self._handle_in_tls, self._secure.begin)
        return Guard(self._device.board, self.names, self._handle)

    def _in_tls(self) -> bool:
        return self._secure is not None and self._secure.on

    async def _handle_in_tls(self, request: bytes, writer: "Writer") -> None:
        if self._in_tls():  # else it was switched off since it came
            await self._answer(request, writer)

    async def _handle(self, request: bytes, writer: "Writer") -> None:
        if not self._in_tls():
            await self._answer(request, writer)

    def forget_all(self) -> None:
        """Who is logged in, too. Requests that are being answered go on."""
        self._sessions = None
        for accounts in (self._device.accounts, self._device.fax):
            if accounts is not None and accounts.signin is not None and not _at_panel(accounts.signin):
                accounts.cancel_signin()
        if self._app is not None:
            self._app = None
            self._left += 1
        self._make_room()

    async def _idle(self) -> None:
        """Until nobody has come for a while."""
        while self._guarded and (self._came or self._door.open()):
            self._came = False
            await self._device.board.clock.sleep_ms(_IDLE_MS)
        self._idling = None
        self._drop_pages()
        self._drop_guard()

    def _drop_guard(self) -> None:
        if self._guarded:
            self._guarded = False
            if self._sessions is not None and self._sessions.empty():
                self._sessions = None
            _GUARD.let_go()

    async def _answer(self, request: bytes, writer: "Writer") -> None:
        if self._app is None:
            self._load_pages()
        app = self._app
        assert app is not None
        self._requests += 1
        try:
            await app.handle(request, writer)
        finally:
            self._requests -= 1
            self._make_room()

    def _load_pages(self) -> None:
        free = heap.free()
        if self.others_first() and free < self._takes + _FOR_A_REQUEST:
            raise MemoryError
        from firmware.web.app import App
        from firmware.web.sessions import Sessions

        board = self._device.board
        if self._sessions is None:
            self._sessions = Sessions(board.entropy, board.clock, lambda: int(self._device.web_idle_min))
        self._app = App(self._device, self._sessions, self._in_tls())
        _PAGES.hold()
        heap.settle()
        self._takes = free - heap.free()

    def _drop_pages(self) -> None:
        if self._app is not None:
            self._app = None
            _PAGES.let_go()

    def others_first(self) -> bool:
        """Whether a mail is sent, or somebody signs in at the panel."""
        device = self._device
        for accounts in (device.accounts, device.fax):
            if accounts is not None and accounts.signin is not None and _at_panel(accounts.signin):
                return True
        return bool(device.queue.current is not None)

    def _make_room(self) -> None:
        """For what comes first."""
        while self._left and self._requests == 0:
            self._left -= 1
            _PAGES.let_go()
        if self._requests == 0 and self.others_first():
            self._drop_pages()
            if self._door.open() == 0:
                self._drop_guard()

    def _changed(self, part: str) -> None:
        if part == "jobs" or part == "signin":
            self._make_room()
        elif part == "network":
            urls = [interface.web_url for interface in self._device.board.network.interfaces if interface.web_url]
            self._device.board.monitor.state("web", urls[0] if urls else "")
        if self._secure is not None:
            self._secure.turned(part)


def _at_panel(attempt: "Any") -> bool:
    return bool(attempt.owner == "panel" or attempt.owner[:5] == "user:")


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0].lower()
