"""Random bytes of a microcontroller (`hal/api.pyi` Entropy): more is taken from the port's source than is given, hashed.

`os.urandom` of rp2 are bits of a ring oscillator a microsecond apart, which lean to one side and resemble those before
(RP2040 datasheet 2.17.5); those of an ESP32 are random only while its radio is on. SHA-256 over many of them is conditioning
as in NIST SP 800-90B 3.1.5; what was given says nothing of what was given before or will be after.
"""

import hashlib

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_TAKEN_BYTES = const(128)  # for each 32 given: a quarter of a bit in each bit would do


class HashedEntropy:
    """`source` gives n bytes. `number` is the chip's own, `ticks` a fast clock: boards with a stuck source still differ."""

    def __init__(self, source: "Callable[[int], bytes]", number: bytes, ticks: "Callable[[], object]") -> None:
        self._source = source
        self._ticks = ticks
        self._pool = number

    def random(self, n: int) -> bytes:
        given = b""
        while len(given) < n:
            taken = self._source(_TAKEN_BYTES) + str(self._ticks()).encode()
            self._pool = hashlib.sha256(self._pool + taken).digest()
            given += hashlib.sha256(self._pool + b"given").digest()
        return given[:n]
