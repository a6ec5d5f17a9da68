"""Web Config as a part of the device: listens, guards, and loads the pages when somebody first asks for one."""

from micropython import const

from firmware.web.guard import Guard
from hal.errors import ConnectFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.web.app import App
    from firmware.web.guard import Writer

_PORT = const(80)
_LISTEN_AGAIN_MS = const(10000)


class WebConfig:
    def __init__(self, device: "Any") -> None:
        self._device = device
        self._app: "App | None" = None
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
            from firmware.web.app import App

            self._app = App(self._device)
        await self._app.handle(request, writer)

    def _changed(self, part: str) -> None:
        if part == "network":
            urls = [interface.web_url for interface in self._device.board.network.interfaces if interface.web_url]
            self._device.board.monitor.state("web", urls[0] if urls else "")


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0].lower()
