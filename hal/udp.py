"""One question and one answer by UDP, beside whatever else runs: for name servers and time servers. Start at `exchange`."""

import socket
from time import ticks_add, ticks_diff, ticks_ms  # type: ignore[attr-defined]

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hal.network_micropython import Waiters

_LOWEST_PORT = const(49152)
_PORTS = const(16384)
_PORTS_TRIED = const(4)
_MOST_BYTES = const(512)  # of an answer; the rest of a longer one is lost (RFC 1035 2.3.4)
_EAGAIN = const(11)


async def exchange(
    waiters: "Waiters",
    random: "Callable[[int], bytes]",
    server: "tuple[str, int]",
    question: bytes,
    is_answer: "Callable[[bytes], bool]",
    timeout_ms: int,
) -> "bytes | None":
    """Ask `server` (its IPv4 address) from a port that nobody can guess (RFC 5452 4.5); None when no answer came in time.

    What comes from elsewhere, or is no answer to this question, is passed over.
    """
    deadline: Any = ticks_add(ticks_ms(), timeout_ms)
    raw: Any = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        raw.setblocking(False)
        _bind(raw, random)
        raw.connect(socket.getaddrinfo(server[0], server[1])[0][-1])
        raw.send(question)
        while ticks_diff(deadline, ticks_ms()) > 0:
            try:
                answer = bytes(raw.recv(_MOST_BYTES))
            except OSError as error:
                if error.errno != _EAGAIN:
                    raise
                await waiters.wait(raw, False, deadline)
            else:
                if is_answer(answer):
                    return answer
    except OSError:  # no way leads there, or nobody is at that port
        pass
    finally:
        raw.close()
    return None


def _bind(raw: "Any", random: "Callable[[int], bytes]") -> None:
    for _ in range(_PORTS_TRIED):
        port = _LOWEST_PORT + int.from_bytes(random(2), "big") % _PORTS
        try:
            raw.bind(socket.getaddrinfo("0.0.0.0", port)[0][-1])  # noqa: S104 - whichever address the way leads over
            return
        except OSError:  # somebody has that one
            continue
