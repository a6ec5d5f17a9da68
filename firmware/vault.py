"""What is secret on flash, so that a copy of the flash is worth nothing without the chip it was soldered to.

Encrypt-then-MAC with the chip's own key (`hal/api.pyi` Identity.chip_key). The format, version 1, in bytes:

    1                        version
    16                       initialization vector, drawn anew for each
    16 n                     AES-256-CBC of the plain bytes padded as in PKCS #7 (RFC 5652 6.3)
    32                       HMAC-SHA256 of the record's name, a zero byte, and all of the above

The two keys are HMAC-SHA256(chip key, "scanpost 1 encrypt") and HMAC-SHA256(chip key, "scanpost 1 authenticate"). The name
is in it, so that no record can be put in another's place. An older image of the same flash still opens: whoever fears that
ends the sign-in's sessions at the cloud.
"""

import cryptolib
from micropython import const

from firmware.hmac import hmac_sha256, same

_VERSION = b"\x01"
_BLOCK = const(16)
_MAC = const(32)
_CBC = const(2)


class Vault:
    def __init__(self, chip_key: bytes) -> None:
        self._encrypt_key = hmac_sha256(chip_key, b"scanpost 1 encrypt")
        self._mac_key = hmac_sha256(chip_key, b"scanpost 1 authenticate")

    def seal(self, name: str, plain: bytes, vector: bytes) -> bytes:
        """`plain` for the record `name`: 50 to 65 bytes longer. `vector`: 16 random bytes."""
        padding = _BLOCK - len(plain) % _BLOCK
        cipher = cryptolib.aes(self._encrypt_key, _CBC, vector)
        body = _VERSION + vector + cipher.encrypt(plain + bytes([padding]) * padding)
        return body + self._mac(name, body)

    def open(self, name: str, sealed: bytes) -> bytes:
        """What `seal` was given. Raises ValueError when it is damaged, another record's, or of another device."""
        body = sealed[:-_MAC]
        if len(body) < 1 + 2 * _BLOCK or (len(body) - 1) % _BLOCK or not same(sealed[-_MAC:], self._mac(name, body)):
            raise ValueError("sealed by another device, or damaged")
        if body[:1] != _VERSION:
            raise ValueError("sealed by another version")
        plain = cryptolib.aes(self._encrypt_key, _CBC, body[1 : 1 + _BLOCK]).decrypt(body[1 + _BLOCK :])
        return plain[: -plain[-1]]

    def _mac(self, name: str, body: bytes) -> bytes:
        return hmac_sha256(self._mac_key, name.encode() + b"\0" + body)
