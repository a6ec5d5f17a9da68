"""Names and time asked for by a board, on the real MicroPython: takes a file with what to ask, prints what came of it.

Meanwhile another task runs every few milliseconds, as the panel would; the longest it had to wait is printed too.
"""

# ruff: noqa: UP037  own types stay quoted: MicroPython has no typing
import asyncio
import json
import os
import sys
from time import ticks_diff, ticks_ms  # type: ignore[attr-defined]

from wires import Lan  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Panel:
    """`longest_ms`: between two of its turns, of the time that this process had a processor or asked for none."""

    longest_ms = 0

    async def run(self) -> None:
        last, put_off_ms = ticks_ms(), put_off()
        while True:
            await asyncio.sleep(0.005)
            now, put_off_now_ms = ticks_ms(), put_off()
            self.longest_ms = max(self.longest_ms, ticks_diff(now, last) - (put_off_now_ms - put_off_ms))
            last, put_off_ms = now, put_off_now_ms


def put_off() -> int:
    """Milliseconds for which this process could go on, and the computer had no processor for it: under load most."""
    try:
        with open("/proc/self/schedstat") as file:
            return int(file.read().split()[1]) // 1_000_000
    except OSError:
        return 0  # no Linux


async def ask(given: "dict[str, Any]") -> None:
    from hal.clock_ntp import NtpClock
    from hal.errors import NetworkError
    from hal.network_micropython import Sockets
    from hal.resolver_udp import UdpResolver

    panel = Panel()
    running = asyncio.create_task(panel.run())
    sockets = Sockets([], lambda: None)
    resolver = UdpResolver(sockets.waiters, os.urandom, lambda: given["servers"])
    for name, timeout_ms in given["names"]:
        began = ticks_ms()
        try:
            outcome: "Any" = await resolver.resolve(name, timeout_ms)
        except NetworkError as error:
            outcome = type(error).__name__
        print(json.dumps([outcome, ticks_diff(ticks_ms(), began)]))
    for server in given["clocks"]:
        told: "list[Any]" = []
        lines: "list[str]" = []
        clock = NtpClock(told.append, lines.append)
        await clock._ask(server, sockets.waiters, resolver, os.urandom)
        print(json.dumps([clock.now(), told, lines]))
    running.cancel()
    print(json.dumps(panel.longest_ms))


with open(sys.argv[1]) as file:
    given = json.loads(file.read())
sys.modules["socket"] = Lan(given["lan"])
asyncio.run(ask(given))
