"""Names to IPv4 addresses, asked of name servers by UDP (RFC 1035), so that nothing else waits meanwhile.

MicroPython's own `getaddrinfo` holds up the whole device until a server answers or a minute has passed. Answers are
bounded, kept for as long as they say but a few minutes at most, and believed only when they answer this very question:
number, port, letters. Start at `UdpResolver.resolve`.
"""

from time import ticks_add, ticks_diff, ticks_ms  # type: ignore[attr-defined]

from micropython import const

from hal.errors import NameNotFound, NetworkTimeout
from hal.udp import exchange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hal.network_micropython import Waiters

_PORT = const(53)
_FIRST_WAIT_MS = const(1000)  # for one server; twice as long in each round
_ROUNDS = const(3)
_MOST_ALIASES = const(8)
_MOST_ADDRESSES = const(4)
_MOST_KEPT = const(8)
_LONGEST_KEPT_S = const(300)
_LONGEST_NAME = const(253)
_LONGEST_LABEL = const(63)

_RESPONSE = const(0x80)
_TRUNCATED = const(0x02)
_CODE = const(0x0F)
_NO_SUCH_NAME = const(3)
_ADDRESS = const(1)  # type A
_ALIAS = const(5)  # type CNAME
_INTERNET = const(1)  # class IN


class UdpResolver:
    """`servers`: the IPv4 addresses of the name servers at this moment."""

    def __init__(
        self, waiters: "Waiters", random: "Callable[[int], bytes]", servers: "Callable[[], list[str]]"
    ) -> None:
        self._waiters = waiters
        self._random = random
        self._servers = servers
        self._kept: dict[str, tuple[int, list[str]]] = {}  # until when, in ticks

    def forget(self) -> None:
        """The network may be another one now."""
        self._kept.clear()

    async def resolve(self, host: str, timeout_ms: int) -> list[str]:
        """At least one and at most four addresses. Raises NameNotFound, NetworkTimeout."""
        if is_address(host):
            return [host]
        name = _name(host)
        kept = self._kept.get(name)
        if kept is not None and ticks_diff(kept[0], ticks_ms()) > 0:
            return kept[1]
        deadline: Any = ticks_add(ticks_ms(), timeout_ms)
        addresses, ttl_s = await self._ask(name, deadline)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        until: Any = ticks_add(ticks_ms(), ttl_s * 1000)
        self._kept[name] = until, addresses
        return addresses

    async def _ask(self, name: str, deadline: int) -> tuple[list[str], int]:
        ttl_s = _LONGEST_KEPT_S
        asked = name
        for _ in range(_MOST_ALIASES):
            answer = await self._answer(asked, deadline)
            asked, addresses, ttl_s = answer.follow(asked, ttl_s)
            if addresses:
                return addresses, ttl_s
            if answer.code == _NO_SUCH_NAME or not answer.aliases:
                break
        raise NameNotFound(f"The name {name} is not known")

    async def _answer(self, name: str, deadline: int) -> "_Answer":
        """What the first server says that knows anything of it, that there is no such name too."""
        wait_ms = _FIRST_WAIT_MS
        servers = self._servers()
        if not servers:
            raise NameNotFound("No name server is known")
        for _ in range(_ROUNDS):
            for server in servers:
                left_ms = ticks_diff(deadline, ticks_ms())
                if left_ms <= 0:
                    raise NetworkTimeout("No name server answered in time")
                answer = await self._exchange(server, name, min(wait_ms, left_ms))
                if answer is not None:
                    return answer
            wait_ms *= 2
        raise NetworkTimeout("No name server answered")

    async def _exchange(self, server: str, name: str, timeout_ms: int) -> "_Answer | None":
        number = self._random(2)
        question = _question(name)
        head = number + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"  # recursion desired; one question

        def is_answer(data: bytes) -> bool:
            end = 12 + len(question)
            whole = len(data) >= end and data[:2] == number and data[2] & _RESPONSE and data[4:6] == b"\x00\x01"
            return bool(whole) and data[12:end].lower() == question

        data = await exchange(self._waiters, self._random, (server, _PORT), head + question, is_answer, timeout_ms)
        if data is None:
            return None
        code = data[3] & _CODE
        if code not in (0, _NO_SUCH_NAME):  # it cannot or does not want to tell: another one may
            return None
        try:
            answer = _Answer(code, data, 12 + len(question))
        except (ValueError, IndexError):  # it does not make sense
            return None
        if data[2] & _TRUNCATED and not answer.addresses:
            return None
        return answer


class _Answer:
    """What an answer says, name by name: `addresses` and `aliases`, each with how many seconds it may be kept."""

    def __init__(self, code: int, data: bytes, at: int) -> None:
        """Raises ValueError, IndexError."""
        self.code = code
        self.addresses: dict[str, tuple[list[str], int]] = {}
        self.aliases: dict[str, tuple[str, int]] = {}
        for _ in range(data[6] << 8 | data[7]):
            if at >= len(data) and data[2] & _TRUNCATED:
                break
            name, at = _read_name(data, at)
            kind, internet = data[at] << 8 | data[at + 1], data[at + 2] << 8 | data[at + 3]
            ttl_s = int.from_bytes(data[at + 4 : at + 8], "big")
            length = data[at + 8] << 8 | data[at + 9]
            at += 10
            if internet == _INTERNET and kind == _ADDRESS and length == 4 and at + 4 <= len(data):
                known, shortest_s = self.addresses.get(name, ([], ttl_s))
                if len(known) < _MOST_ADDRESSES:
                    known.append(".".join([str(byte) for byte in data[at : at + 4]]))
                self.addresses[name] = known, min(shortest_s, ttl_s)
            elif internet == _INTERNET and kind == _ALIAS:
                self.aliases[name] = _read_name(data, at)[0], ttl_s
            at += length

    def follow(self, name: str, ttl_s: int) -> "tuple[str, list[str], int]":
        """From alias to alias: the last name, its addresses if there are any, and how long all that holds."""
        for _ in range(_MOST_ALIASES):
            if name in self.addresses:
                addresses, own_s = self.addresses[name]
                return name, addresses, min(ttl_s, own_s)
            if name not in self.aliases:
                break
            name, own_s = self.aliases[name]
            ttl_s = min(ttl_s, own_s)
        return name, [], ttl_s


def is_address(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


def _name(host: str) -> str:
    """As it is asked for. Raises NameNotFound when there can be no such name."""
    name = host.lower()
    if name.endswith("."):
        name = name[:-1]
    labels = name.split(".")
    if len(name) > _LONGEST_NAME or not all(0 < len(label.encode()) <= _LONGEST_LABEL for label in labels):
        raise NameNotFound(f"{host} is no name")
    return name


def _question(name: str) -> bytes:
    question = b""
    for label in name.split("."):
        encoded = label.encode()
        question += bytes([len(encoded)]) + encoded
    return question + b"\x00\x00\x01\x00\x01"


def _read_name(data: bytes, at: int) -> tuple[str, int]:
    """The name at `at`, and where what follows it begins. Raises ValueError, IndexError."""
    labels = []
    end = 0
    length = 0
    while data[at]:
        size = data[at]
        if size & 0xC0 == 0xC0:  # the rest is elsewhere, before this (4.1.4); a circle ends by its length
            there = (size & 0x3F) << 8 | data[at + 1]
            end = end or at + 2
            if there >= at:
                raise ValueError("a name that leads on")
            at = there
            continue
        if size & 0xC0 or at + 1 + size > len(data):
            raise ValueError("no label")
        length += size + 1
        if length > _LONGEST_NAME + 1:
            raise ValueError("a name too long")
        labels.append(data[at + 1 : at + 1 + size].lower().decode())
        at += 1 + size
    return ".".join(labels), end or at + 1
