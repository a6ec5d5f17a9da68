"""Keys and signatures on the curve P-256 (FIPS 186-5, SEC 2) in plain Python, for the one certificate that a device makes.

MicroPython's TLS uses such keys and makes none. Start at `public_key` and `sign`. A board needs a second or so for each,
and everybody else gets turns meanwhile. Its time depends on the secrets: that tells nobody anything, since each is used
once, by the device itself, and nobody on the network can make it happen again. It is no code for signing on demand.
"""

import hashlib

from micropython import const

from firmware.hmac import hmac_sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Clock, Entropy

# SEC 2, 2.4.2
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = int("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16)
_GX = int("6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296", 16)
_GY = int("4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5", 16)
_BITS = const(256)
_BYTES = const(32)
_BITS_AT_ONCE = const(8)  # of a multiplication, before others have their turn


def private_key(entropy: "Entropy") -> bytes:
    """32 bytes, from 1 to the order less 1: what is out of that is drawn again (FIPS 186-5 A.2.2)."""
    while True:
        key = entropy.random(_BYTES)
        if 0 < int.from_bytes(key, "big") < _N:
            return key


async def public_key(key: bytes, clock: "Clock") -> bytes:
    """The point, uncompressed: 4, x, y; 65 bytes (SEC 1 2.3.3)."""
    x, y = await _times_base(int.from_bytes(key, "big"), clock)
    return b"\x04" + x.to_bytes(_BYTES, "big") + y.to_bytes(_BYTES, "big")


async def sign(key: bytes, message: bytes, clock: "Clock") -> "tuple[int, int]":
    """The ECDSA signature (r, s) of `message` with SHA-256, with the nonce of RFC 6979: no generator can spoil it."""
    digest = hashlib.sha256(message).digest()
    d, z = int.from_bytes(key, "big"), int.from_bytes(digest, "big")
    nonces = _Nonces(key, (z % _N).to_bytes(_BYTES, "big"))
    while True:
        k = nonces.next()
        x, _ = await _times_base(k, clock)
        r = x % _N
        s = pow(k, _N - 2, _N) * (z + r * d) % _N
        if r and s:
            return r, s


class _Nonces:
    """RFC 6979 3.2, for SHA-256 and an order of as many bits."""

    def __init__(self, key: bytes, digest: bytes) -> None:
        self._k, self._v = bytes(_BYTES), b"\x01" * _BYTES
        for mark in (b"\x00", b"\x01"):
            self._update(mark + key + digest)

    def next(self) -> int:
        while True:
            self._v = hmac_sha256(self._k, self._v)
            nonce = int.from_bytes(self._v, "big")
            if 0 < nonce < _N:
                return nonce
            self._update(b"\x00")

    def _update(self, more: bytes) -> None:
        self._k = hmac_sha256(self._k, self._v + more)
        self._v = hmac_sha256(self._k, self._v)


async def _times_base(k: int, clock: "Clock") -> "tuple[int, int]":
    """k times the base point, 0 < k < order, bit by bit in Jacobian coordinates (x = X/Z^2, y = Y/Z^3).

    Formulas dbl-2001-b and madd of the Explicit-Formulas Database, for a = -3. The two points that are added are never the
    same or opposite: the one is the base point, the other an even multiple of it, and less than the order.
    """
    x, y, z = 0, 0, 0  # nothing yet
    for bit in range(_BITS - 1, -1, -1):
        if z:
            zz, yy = z * z % _P, y * y % _P
            xyy = x * yy % _P
            slope = 3 * (x - zz) * (x + zz) % _P
            z = 2 * y * z % _P
            x = (slope * slope - 8 * xyy) % _P
            y = (slope * (4 * xyy - x) - 8 * yy * yy) % _P
        if k >> bit & 1:
            if z:
                zz = z * z % _P
                h, r = (_GX * zz - x) % _P, (_GY * z * zz - y) % _P
                hh = h * h % _P
                hhh, v = h * hh % _P, x * hh % _P
                z = z * h % _P
                x = (r * r - hhh - 2 * v) % _P
                y = (r * (v - x) - y * hhh) % _P
            else:
                x, y, z = _GX, _GY, 1
        if bit % _BITS_AT_ONCE == 0:
            await clock.sleep_ms(0)
    inverse = pow(z, _P - 2, _P)
    square = inverse * inverse % _P
    return x * square % _P, y * square * inverse % _P
