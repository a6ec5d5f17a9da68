"""Servers that a board asks by UDP, on this computer: one for names and one for the time, written from their RFCs."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

Reply = bytes | list[bytes] | None
Behaviour = Callable[[bytes], Reply]

NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME, REFUSED = 0, 2, 3, 5
TRUNCATED = 0x0200
_RESPONSE = 0x8180  # recursion desired and available
A, CNAME, AAAA = 1, 5, 28
_EPOCH_1970_S = 2_208_988_800


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, behaviour: Behaviour, asked_from: list[tuple[str, int]]) -> None:
        self._behaviour = behaviour
        self._asked_from = asked_from

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self._asked_from.append(address)
        reply = self._behaviour(data)
        for datagram in reply if isinstance(reply, list) else [reply]:
            if datagram is not None:
                self._transport.sendto(datagram, address)


@asynccontextmanager
async def serving(behaviour: Behaviour, asked_from: list[tuple[str, int]] | None = None) -> AsyncIterator[int]:
    """A server on loopback that answers each datagram as `behaviour` says; its port. Who asked goes into `asked_from`."""
    addresses = [] if asked_from is None else asked_from
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Protocol(behaviour, addresses), local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


# --- names (RFC 1035) ---


def name(labels: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in labels.split(".") if label) + b"\0"


def asked(query: bytes) -> str:
    """The name that a query asks for. Raises AssertionError when it is not as RFC 1035 4.1 has it."""
    flags, questions, *others = struct.unpack("!5H", query[2:12])
    assert (flags, questions, others) == (0x0100, 1, [0, 0, 0])
    labels, at = [], 12
    while size := query[at]:
        labels.append(query[at + 1 : at + 1 + size].decode())
        at += 1 + size
    assert query[at + 1 :] == b"\0\1\0\1", "one question of type A and class IN"
    return ".".join(labels)


def record(owner: bytes, kind: int, data: bytes, ttl_s: int = 60) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, ttl_s, len(data)) + data


def reply(query: bytes, records: list[bytes], code: int = NO_ERROR, flags: int = 0) -> bytes:
    head = query[:2] + struct.pack("!5H", _RESPONSE | flags | code, 1, len(records), 0, 0)
    return head + query[12:] + b"".join(records)


def names(table: dict[str, str]) -> Behaviour:
    """A name server that knows these addresses."""

    def behave(query: bytes) -> bytes:
        address = table.get(asked(query))
        if address is None:
            return reply(query, [], NO_SUCH_NAME)
        return reply(query, [record(b"\xc0\x0c", A, bytes(map(int, address.split("."))))])

    return behave


# --- the time (RFC 5905 7.3) ---


def the_time(
    offset_s: float = 0,
    leap: int = 0,
    stratum: int = 2,
    reference: bytes = b"\xc0\0\2\1",
    mode: int = 4,
    origin: bytes | None = None,
) -> Behaviour:
    """A time server whose clock is `offset_s` ahead of this computer's."""

    def behave(query: bytes) -> bytes:
        assert len(query) == 48 and query[0] == 0x23, "version 4, client"
        assert query[1:40] == bytes(39), "a client tells nothing about itself"
        now = time.time() + offset_s + _EPOCH_1970_S
        stamp = struct.pack("!II", int(now) & 0xFFFFFFFF, int(now % 1 * 2**32))
        head = bytes([leap << 6 | 4 << 3 | mode, stratum, 6, 0xEC]) + bytes(8) + reference
        return head + stamp + (query[40:48] if origin is None else origin) + stamp + stamp

    return behave
