"""What the firmware uses of MicroPython's `cryptolib`, for CPython: AES in CBC mode."""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

_CBC = 2


class aes:  # noqa: N801  MicroPython's name
    """One message in one direction."""

    def __init__(self, key: bytes, mode: int, IV: bytes) -> None:  # noqa: N803
        if mode != _CBC:
            raise ValueError("mode")
        self._cipher = Cipher(AES(key), CBC(IV))

    def encrypt(self, plain: bytes) -> bytes:
        encryptor = self._cipher.encryptor()
        return encryptor.update(plain) + encryptor.finalize()

    def decrypt(self, sealed: bytes) -> bytes:
        decryptor = self._cipher.decryptor()
        return decryptor.update(sealed) + decryptor.finalize()
