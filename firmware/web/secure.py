"""HTTPS of Web Config, on models that have it: opens and closes its ports, and turns connections into TLS. Start at `run`.

While it is on, HTTP is there for nothing but the way to HTTPS: no page, no cookie, no form. A session that was begun over
the one does not go on over the other. When there is no room for a TLS session the caller is hung up on: mail and panel go
first.
"""

import asyncio

from micropython import const

from firmware import heap
from firmware.supervisor import Watch
from firmware.web.door import Door
from hal.errors import CertificateError, ConnectFailed, StorageError, TLSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.web.guard import Guard, Writer
    from firmware.web.web_config import WebConfig
    from hal.api import Listener, Stream

_HTTP, _HTTPS = const(80), const(443)
_AGAIN_MS = const(10_000)
_STEP_MS = const(10_000)
_MAKING_MS = const(60_000)  # a certificate, on a slow board
_ANSWER_MS = const(2000)  # for the request that switched it
_HANDSHAKE_MS = const(5000)  # a second of it is the board's own arithmetic
_MOST_OPEN = const(3)  # TLS sessions, of 30 KB each on a board
_FOR_SESSION = const(40_960)  # bytes of heap
_CERTIFICATE = heap.Needed("firmware.device_certificate")


class Secure:
    def __init__(self, web: "WebConfig", device: "Any") -> None:
        self.on = False
        self.watches = [Watch("https"), Watch("redirect")]
        self._web = web
        self._device = device
        self._board = device.board
        self._pages = Door(self._board, web.guard, web.watch)
        self._pages_in_tls = Door(self._board, web.guard, web.watch, _MOST_OPEN)
        self._way_there = Door(self._board, self._redirecting, self.watches[1], _MOST_OPEN)
        self._open: "list[tuple[asyncio.Task[None], Listener]]" = []
        self._shown: "tuple[bytes, bytes] | None" = None  # certificate and key
        self._turned = asyncio.Event()
        self._waiting = False  # for an address

    def open(self) -> int:
        """How many connections are open."""
        return self._pages.open() + self._pages_in_tls.open() + self._way_there.open()

    async def run(self) -> None:
        """For ever."""
        clock, watch = self._board.clock, self.watches[0]
        while True:
            watch.within(_STEP_MS)
            self._turned.clear()
            try:
                on = await self._wanted()
                if on != self.on or not self._open:
                    if self._open:
                        await clock.sleep_ms(_ANSWER_MS)
                        await self._close()
                    self.on = on
                    await self._listen()
            except (ConnectFailed, StorageError, MemoryError) as error:
                self._board.monitor.log("web: " + (str(error) or "out of memory"))
                await self._close()
                watch.within(_AGAIN_MS)
                await clock.sleep_ms(_AGAIN_MS)
                continue
            watch.rest()
            await self._turned.wait()

    def turned(self, part: str) -> None:
        """Something changed that may concern HTTPS."""
        if part == "https" or (part == "network" and self._waiting):
            self._shown = None
            self._turned.set()

    async def begin(self, stream: "Stream", begun: "Callable[[], None]") -> None:
        """Turn it into TLS. Raises NetworkError, and MemoryError when there is no room for it now."""
        if heap.free() < _FOR_SESSION:  # a certificate that does not fit now would seem to be of no use
            raise MemoryError
        if self._shown is None:
            with _CERTIFICATE:
                self._shown = self._device.https.load()
        if self._shown is None:
            raise TLSError("There is no certificate yet")
        certificate, key = self._shown
        try:
            await stream.serve_tls(certificate, key, _HANDSHAKE_MS, begun)
        except CertificateError as error:
            self._board.monitor.log("web: " + str(error))
            try:
                with _CERTIFICATE:
                    if self._device.https.refuse(certificate):
                        self._board.monitor.log("web: the certificate of provisioning is left out for one of its own")
            except StorageError as failure:
                self._board.monitor.log("web: " + str(failure))
            raise

    async def _wanted(self) -> bool:
        """Whether HTTPS is wanted; then there is a certificate. Raises StorageError."""
        with _CERTIFICATE:
            https = self._device.https
            if not https.on():
                return False
            if https.load() is None:
                self.watches[0].rest()
                self._waiting = True
                while not any(each.up() for each in self._board.network.interfaces):
                    self._turned.clear()
                    await self._turned.wait()  # it is to have the address in it
                self._waiting = False
                self.watches[0].within(_MAKING_MS)
                self._board.monitor.log("web: the device makes a certificate for HTTPS")
                await https.make()
                self._turned.clear()
        return True

    async def _listen(self) -> None:
        """Raises ConnectFailed."""
        if self.on:
            await self._serve(_HTTP, self._way_there)
            await self._serve(_HTTPS, self._pages_in_tls)
        else:
            await self._serve(_HTTP, self._pages)
        self._device.network_changed()  # the address to show may be another one now

    async def _serve(self, port: int, door: "Door") -> None:
        task = None
        listener = await self._board.network.listen(port)
        try:
            task = asyncio.create_task(door.run(listener))
            self._open.append((task, listener))
        except MemoryError:
            if task is not None:
                task.cancel()
            await listener.close()  # or callers would wait at a port where nobody answers
            raise

    async def _close(self) -> None:
        for task, listener in self._open:
            task.cancel()
            await listener.close()
        if self._open:
            self._open = []
            self._web.forget_all()

    def _redirecting(self) -> "Guard":
        return self._web.guard(self._redirect)

    async def _redirect(self, request: bytes, writer: "Writer") -> None:
        """To the same page, under the name that the guard has found to be the device's own.

        307: not for good, since HTTPS can be switched off. A form's password has come in clear; nothing is done with it.
        """
        lines = request.split(b"\r\n", 2)
        method, path, _ = lines[0].split(b" ")
        if method == b"POST":
            await writer.awrite(b"HTTP/1.1 403")
            body = b"Web Config is open over HTTPS only.\n"
        else:
            await writer.awrite(b"HTTP/1.1 307")
            await writer.awrite(b"Location: " + self._web.url_of(lines[1][6:].decode()).encode() + path[1:] + b"\r\n")
            body = b""
        await writer.awrite(b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.aclose()
