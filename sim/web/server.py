"""The page's server: the control API on loopback, and nowhere else. Start at `ControlServer.start`."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import secrets
import socket
from typing import Protocol

from sim import httpd
from sim.streams import SocketStream
from sim.web.api import MAX_DOCUMENT_BYTES, ControlApi, World

_ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_MAX_BODY_BYTES = MAX_DOCUMENT_BYTES + 1024  # a little more, so that the API can say what is too much
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class ServedWorld(World, Protocol):
    outside: bool  # whether the device can reach other hosts than the simulated ones


class ControlServer:
    def __init__(self, world: ServedWorld) -> None:
        self._world = world
        self._servers: list[asyncio.Server] = []
        self._visits: set[asyncio.Task[None]] = set()
        # A printer that may hold a real person's sign-in answers only to who was told the token.
        self.token = secrets.token_urlsafe(24) if world.outside else None
        self.page = ""
        self._api: ControlApi | None = None

    async def start(self, port: int, fixed: bool) -> str:
        """Listen on `port`, or on a free one when it is in use and not `fixed`. Returns the page's URL.

        With a token, a person needs `first_url` instead, and a program the header `Authorization: Bearer`.
        Raises OSError.
        """
        try:
            listening = _listen(port)
        except OSError:
            if fixed:
                raise
            listening = _listen(0)
        port = listening[0].getsockname()[1]
        self._api = ControlApi(self._world, port=port, token=self.token)
        for each in listening:
            self._servers.append(await asyncio.start_server(self._visit, sock=each))
        self.page = f"http://127.0.0.1:{port}/"
        return self.page

    @property
    def first_url(self) -> str:
        return self.page if self.token is None else f"{self.page}?token={self.token}"

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        visits = list(self._visits)
        for visit in visits:  # a watch may be waiting for a long time yet
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()
        self._servers = []

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._api is not None
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # only `stop` cancels a visit
                await httpd.serve(SocketStream(reader, writer), self._api.handle, max_body=_MAX_BODY_BYTES)
        finally:
            self._visits.discard(task)
            writer.close()


def _listen(port: int) -> list[socket.socket]:
    """Sockets on one port of every loopback address that this computer has. Raises OSError when one is in use."""
    listening: list[socket.socket] = []
    try:
        for family, address in _ADDRESSES:
            try:
                made = socket.create_server((address, port), family=family, backlog=64)
            except OSError as error:
                if listening and error.errno in _NO_SUCH_ADDRESS:
                    continue  # no IPv6 here
                raise
            port = made.getsockname()[1]
            listening.append(made)
    except OSError:
        for each in listening:
            each.close()
        raise
    return listening
