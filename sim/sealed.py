"""What the firmware seals on flash, opened from outside: its documented format (`firmware/vault.py`), with `cryptography`.

For whoever watches what the device keeps. Start at `opened`.
"""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

_VERSION, _IV, _MAC = 1, 16, 32


def opened(name: str, sealed: bytes, chip_key: bytes) -> bytes:
    """The plain bytes of the record `name`. Raises ValueError when it is damaged or was sealed with another key."""
    body, mac = sealed[:-_MAC], sealed[-_MAC:]
    if not hmac.compare_digest(
        mac, hmac.digest(_key(chip_key, "authenticate"), name.encode() + b"\0" + body, "sha256")
    ):
        raise ValueError("Sealed by another device, or damaged")
    if body[0] != _VERSION:
        raise ValueError(f"Sealed in format {body[0]}")
    decryptor = Cipher(AES(_key(chip_key, "encrypt")), CBC(body[1 : 1 + _IV])).decryptor()
    padding = PKCS7(128).unpadder()
    padded = decryptor.update(body[1 + _IV :]) + decryptor.finalize()
    return padding.update(padded) + padding.finalize()


def _key(chip_key: bytes, purpose: str) -> bytes:
    return hmac.digest(chip_key, f"scanpost 1 {purpose}".encode(), "sha256")
