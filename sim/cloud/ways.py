"""The way between a client and the cloud's hosts when something is wrong with it: silence, resets, bytes one by one.

The same over sockets and in virtual time. Bytes are counted from the connection's begin, inside TLS once there is TLS;
0 strikes before anything else, the TLS handshake included. The way when nothing is wrong is `sim.network.Weather`.
"""

from __future__ import annotations

import asyncio

from hal.errors import ConnectionLost, NetworkTimeout
from sim.cloud.faults import Faults, Json
from sim.network import MemoryStream
from sim.streams import ServerStream

_IDLE_MS = 3_600_000


def on_the_way(faults: Faults, way: str, stream: ServerStream) -> ServerStream:
    """`stream`, or what a fault makes of it: the server's end, as the server sees it."""
    fault = faults.take(way, "stall", "reset", "half-close", "drip")
    return stream if fault is None else _Troubled(stream, fault)


async def silence(stream: ServerStream) -> None:
    """Say nothing until the client leaves. Raises ConnectionLost."""
    while True:
        try:
            if not await stream.read(4096, _IDLE_MS):
                raise ConnectionLost("The client left a silent server")
        except NetworkTimeout:
            continue


class _Troubled:
    def __init__(self, stream: ServerStream, fault: Json) -> None:
        self._stream = stream
        self._kind = fault["kind"]
        self._seconds: float = fault.get("seconds", 0)
        self._left: int | None = fault.get("bytes")  # until it strikes

    @property
    def peer(self) -> str:
        return self._stream.peer

    async def read(self, n: int, timeout_ms: int) -> bytes:
        return await self._stream.read(n, timeout_ms)

    async def write(self, data: bytes, timeout_ms: int) -> None:
        if self._left is None:
            for at in range(len(data)):
                await self._stream.write(data[at : at + 1], timeout_ms)
                await asyncio.sleep(self._seconds)
            return
        now, self._left = data[: self._left], max(0, self._left - len(data))
        if now:
            await self._stream.write(now, timeout_ms)
        if len(now) < len(data):
            await self._strike()

    async def start_tls_server(self, certificate_der: bytes, timeout_ms: int) -> None:
        if self._left == 0:
            await self._strike()
        await self._stream.start_tls_server(certificate_der, timeout_ms)

    async def _strike(self) -> None:
        if self._kind == "reset":
            self._stream.cut()
            raise ConnectionLost("A fault reset the connection")
        if self._kind == "half-close":
            assert isinstance(self._stream, MemoryStream), "of the virtual world only"
            self._stream.finish()
        await silence(self._stream)

    async def close(self) -> None:
        await self._stream.close()

    def cut(self) -> None:
        self._stream.cut()
