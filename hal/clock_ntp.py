"""The wall clock of a board, set by time servers (NTP, RFC 5905; as a simple client, RFC 4330). Start at `NtpClock.keep`.

Until a server has told the time it is unset, whatever the chip's own clock says: that one begins at some day in the past.
It is set too, because TLS goes by it.
"""

import asyncio
import time

from micropython import const

from hal.clock_ticks import TickClock
from hal.errors import NetworkError
from hal.udp import exchange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hal.network_micropython import Waiters
    from hal.resolver_udp import UdpResolver

_PORT = const(123)
_TIMEOUT_MS = const(5000)
_AGAIN_S = const(8)  # after the first failure; twice as long after each further one
_LONGEST_AGAIN_S = const(1024)
_KEPT_S = const(21600)  # six hours: a quartz goes wrong by less than a second
_ENOUGH_S = const(3600)  # at least, when a server says that it is asked too often
_CLIENT = b"\x23"  # version 4, mode 3
_SERVER_MODE = const(4)
_UNSYNCHRONISED = const(3)  # leap indicator
_LAST_STRATUM = const(15)
_EPOCH_1970_S = const(2_208_988_800)  # of 1970 in NTP's seconds since 1900
_EPOCH_2000_S = const(946_684_800)  # of 2000 in seconds since 1970
_ERA_S = const(4_294_967_296)
_MADE_S = const(1_764_547_200)  # 2025-12-01: no time before this one is right


class NtpClock(TickClock):
    """`set_rtc` sets the chip's clock, as `machine.RTC().datetime` does."""

    def __init__(self, set_rtc: "Callable[[Any], object]", log: "Callable[[str], None]") -> None:
        super().__init__()
        self._set_rtc = set_rtc
        self._log = log
        self._told_too_often = False

    async def keep(
        self,
        servers: list[str],
        waiters: "Waiters",
        resolver: "UdpResolver",
        random: "Callable[[int], bytes]",
        up: "Callable[[], bool]",
        tell: "Callable[[], None]",
    ) -> None:
        """Set it as soon as the network is `up`, which `tell` tells, and again every few hours; for ever."""
        again_s = _AGAIN_S
        number = 0
        while True:
            while not up():  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(1)
            server = servers[number % len(servers)]
            number += 1
            if await self._ask(server, waiters, resolver, random):
                again_s, wait_s = _AGAIN_S, _KEPT_S
                tell()
            else:
                wait_s, again_s = again_s, min(2 * again_s, _LONGEST_AGAIN_S)
            if self._told_too_often:
                wait_s, self._told_too_often = max(wait_s, _ENOUGH_S), False
            await asyncio.sleep(wait_s + wait_s * random(1)[0] // 1024)  # a thousand devices do not ask together

    async def _ask(
        self, server: str, waiters: "Waiters", resolver: "UdpResolver", random: "Callable[[int], bytes]"
    ) -> bool:
        try:
            addresses = await resolver.resolve(server, _TIMEOUT_MS)
        except NetworkError as error:
            self._log("clock: " + str(error))
            return False
        mark = random(8)  # in place of our own time, which is nobody's business; the answer bears it
        asked_ms = self.ticks_ms()
        answer = await exchange(
            waiters,
            random,
            (addresses[0], _PORT),
            _CLIENT + bytes(39) + mark,
            lambda data: len(data) >= 48 and data[24:32] == mark,
            _TIMEOUT_MS,
        )
        if answer is None:
            self._log("clock: " + server + " does not answer")
            return False
        return self._take(server, answer, self.ticks_ms() - asked_ms)

    def _take(self, server: str, answer: bytes, took_ms: int) -> bool:
        """Set the clock by an answer that was `took_ms` under way."""
        stratum = answer[1]
        if stratum == 0:  # kiss of death (RFC 5905 7.4): four letters say why
            self._told_too_often = True
            self._log("clock: " + server + " does not want to be asked: " + repr(answer[12:16]))
            return False
        if answer[0] & 7 != _SERVER_MODE or answer[0] >> 6 == _UNSYNCHRONISED or stratum > _LAST_STRATUM:
            self._log("clock: " + server + " does not know the time")
            return False
        seconds = int.from_bytes(answer[40:44], "big")
        if not seconds & 0x80000000:  # after 7 February 2036
            seconds += _ERA_S
        fraction_ms = int.from_bytes(answer[44:48], "big") * 1000 >> 32
        unix_ms = (seconds - _EPOCH_1970_S) * 1000 + fraction_ms + took_ms // 2
        if unix_ms // 1000 < _MADE_S:
            self._log("clock: " + server + " tells a time before this device was made")
            return False
        before_s = self.now()
        self.set(unix_ms)
        self._set_chip(unix_ms // 1000)
        if before_s is None:
            self._log("clock: set by " + server)
        return True

    def _set_chip(self, unix_s: int) -> None:
        began_s = 0 if time.gmtime(0)[0] == 1970 else _EPOCH_2000_S  # ports disagree
        year, month, day, hour, minute, second, weekday = time.gmtime(unix_s - began_s)[:7]
        self._set_rtc((year, month, day, weekday, hour, minute, second, 0))
