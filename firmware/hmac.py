"""HMAC-SHA256 (RFC 2104), which MicroPython does not bring: for passwords and for what is sealed on flash."""

import hashlib

from micropython import const

_BLOCK = const(64)  # bytes that SHA-256 takes at once


def pads(key: bytes) -> "tuple[bytes, bytes]":
    """The inner and the outer block of `key`, for who uses one key often."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    key += bytes(_BLOCK - len(key))
    return bytes([byte ^ 0x36 for byte in key]), bytes([byte ^ 0x5C for byte in key])


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """32 bytes."""
    inner, outer = pads(key)
    hash = hashlib.sha256(inner)
    hash.update(message)
    return hashlib.sha256(outer + hash.digest()).digest()


def same(a: bytes, b: bytes) -> bool:
    """Compare secrets in a time that does not tell where they differ."""
    left, right = hashlib.sha256(a).digest(), hashlib.sha256(b).digest()
    difference = 0
    for x, y in zip(left, right):  # noqa: B905 - MicroPython's zip has no `strict`; digests are of one length
        difference |= x ^ y
    return difference == 0
