"""Passwords and PINs as they are kept: PBKDF2-HMAC-SHA256 (RFC 8018 5.2) with a salt of 16 bytes.

A kept password is `{"salt": hex, "hash": hex, "rounds": number}`. Start at `kept` and `matches`; both give everybody else a
turn while they compute, which takes seconds on a board.
"""

import binascii
import hashlib

from micropython import const

from firmware.hmac import pads, same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Clock, Entropy

    Kept = dict[str, str | int]

_SALT_BYTES = const(16)
_ROUNDS_AT_ONCE = const(500)
_MOST_ROUNDS = const(1000000)  # of a record that somebody may have made


async def kept(password: str, rounds: int, entropy: "Entropy", clock: "Clock") -> "Kept":
    """What to keep of `password`."""
    salt = binascii.hexlify(entropy.random(_SALT_BYTES)).decode()
    return {"salt": salt, "hash": await _slow_hash(password, salt, rounds, clock), "rounds": rounds}


async def matches(password: str, record: "Kept", clock: "Clock") -> bool:
    """Whether `record` is what `kept` made of `password`; False for a record that it did not make."""
    salt, hash, rounds = record.get("salt"), record.get("hash"), record.get("rounds")
    if not isinstance(salt, str) or not isinstance(hash, str) or not isinstance(rounds, int) or not hash:
        return False
    if not 0 < rounds <= _MOST_ROUNDS:
        return False
    return same((await _slow_hash(password, salt, rounds, clock)).encode(), hash.encode())


async def _slow_hash(password: str, salt: str, rounds: int, clock: "Clock") -> str:
    if hasattr(hashlib, "pbkdf2_hmac"):  # CPython has it; MicroPython does not yet
        return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), rounds).hex()
    inner, outer = pads(password.encode())
    block = salt.encode() + b"\0\0\0\1"
    result = 0
    for number in range(rounds):
        block = hashlib.sha256(outer + hashlib.sha256(inner + block).digest()).digest()
        result ^= int.from_bytes(block, "big")
        if number % _ROUNDS_AT_ONCE == 0:
            await clock.sleep_ms(0)
    return binascii.hexlify(result.to_bytes(32, "big")).decode()
