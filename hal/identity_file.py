"""Who the device is (`hal/api.pyi` Identity): what provisioning wrote, and what the first boot drew.

There is no factory that prints a label: unless provisioning gave one, the first administrator password is drawn at the first
boot and kept on flash. It is not computed from anything; whoever has the serial console reads it there. The chip key is
made of a secret on flash and the chip's own number, which is nowhere on flash and never shown.
"""

import binascii
import hashlib

from micropython import const

from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.device_file import DeviceFile

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that a person takes for something else
_PASSWORD_LETTERS = const(12)
_SECRET_BYTES = const(32)
_VERSION = "0.1.0"


class FileIdentity:
    """`random`: n random bytes."""

    firmware = _VERSION

    def __init__(
        self,
        model: str,
        roots: str,
        unique_id: bytes,
        device: "DeviceFile",
        random: "Callable[[int], bytes]",
        features: "tuple[str, ...]" = (),
    ) -> None:
        self.model = model
        self.features = features
        self.https = "https" in features and device.text("https") != "off"
        self._certificate = device.text("certificate")
        self.client_id = device.text("client_id")
        self.tenant = device.text("tenant")
        self.roots = roots
        self.serial = device.text("serial") or "SP" + _digest(b"serial", unique_id)[:6].hex().upper()
        self.language: str | None = device.text("language") or None
        self.label_password = device.text("label_password")
        if not self.label_password:
            # No letter is drawn again to make all equally likely: a generator that is broken must not hang the device.
            self.label_password = "".join([_LETTERS[b * len(_LETTERS) >> 8] for b in random(_PASSWORD_LETTERS)])
            try:
                device.set({"label_password": self.label_password, "drawn_password": self.label_password})
            except OSError:  # a full or broken flash: it is another one after the next start, and told again
                pass
        self.must_change_password = device.text("drawn_password") == self.label_password
        self._unique_id = unique_id
        self._device = device
        self._random = random
        secret = device.text("chip_secret")
        self.chip_key = self._key(secret)
        if not secret:
            try:
                self.new_chip_key()
            except StorageError:
                pass  # what is sealed with it will not open after the next start: the device asks for a new sign-in

    def new_chip_key(self) -> None:
        secret = binascii.hexlify(self._random(_SECRET_BYTES)).decode()
        self.chip_key = self._key(secret)
        try:
            self._device.set({"chip_secret": secret})
        except OSError as error:
            raise StorageError("The chip key could not be kept: " + str(error)) from None

    def _key(self, secret: str) -> bytes:
        return _digest(b"chip key", self._unique_id + secret.encode())

    def certificate(self) -> "tuple[bytes, bytes] | None":
        if not self._certificate:
            return None
        try:
            with open(self._certificate + ".der", "rb") as certificate, open(self._certificate + ".key", "rb") as key:
                return certificate.read(), key.read()
        except OSError:  # it went, or the flash is broken
            return None


def _digest(purpose: bytes, of: bytes) -> bytes:
    return hashlib.sha256(b"scanpost " + purpose + b"\0" + of).digest()
