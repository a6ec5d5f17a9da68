"""HTTPS of Web Config: whether it is on, and the device's own certificate and key, which it makes itself.

Nobody vouches for such a certificate: whoever connects compares its fingerprint with the one on the panel or the sheet.
One of provisioning goes first (`hal/api.pyi` Identity.certificate), unless it was of no use (`refuse`).

It is good from 2019 until there are no dates any more. The device's clock may be unset when it is made, and nobody
renews it: an end would only lock people out. It begins before July 2019 since Apple's systems refuse to go on with a
younger one that is good for over 825 days (Apple, HT210176). Its names are the addresses of the day it was made, for
those who let their computer trust it; all others go by the fingerprint, and then a changed address changes nothing.
Start at `DeviceCertificate.load` and `make`.
"""

import binascii
import hashlib

from micropython import const

from firmware.heap import Needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.store import Store
    from hal.api import Board

    Pair = tuple[bytes, bytes]

RECORD = "https"
_CURVE = Needed("firmware.p256")
_SERIAL_BYTES = const(16)
_GROUP = const(4)  # digits of a fingerprint

_INTEGER, _BITS, _OCTETS, _OID = b"\x02", b"\x03", b"\x04", b"\x06"
_UTF8, _UTC_TIME, _GENERALIZED_TIME, _SEQUENCE, _SET = b"\x0c", b"\x17", b"\x18", b"\x30", b"\x31"
_EXPLICIT_0, _EXPLICIT_1, _EXPLICIT_3 = b"\xa0", b"\xa1", b"\xa3"
_DNS_NAME, _IP_ADDRESS = b"\x82", b"\x87"  # RFC 5280 4.2.1.6
_TRUE = b"\x01\x01\xff"
_EC_PUBLIC_KEY = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
_PRIME256V1 = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
_ECDSA_WITH_SHA256 = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
_COMMON_NAME = b"\x06\x03\x55\x04\x03"
_SERVER_AUTH = b"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"
_KEY_USAGE, _ALT_NAME, _CONSTRAINTS, _EXTENDED_USAGE, _SUBJECT_KEY = b"\x0f", b"\x11", b"\x13", b"\x25", b"\x0e"
_BEGINS, _ENDS = b"190101000000Z", b"99991231235959Z"  # RFC 5280 4.1.2.5: no well-defined expiration


class DeviceCertificate:
    """`changed`: told when it is switched or another certificate is to be used."""

    def __init__(self, board: "Board", store: "Store", changed: "Callable[[], None]" = lambda: None) -> None:
        self._board = board
        self._store = store
        self._changed = changed

    def on(self) -> bool:
        """Whether Web Config is to be had over HTTPS only."""
        chosen = self._record().get("on")
        return chosen if isinstance(chosen, bool) else self._board.identity.https

    def switch(self, on: bool) -> None:
        """Raises StorageError."""
        self._keep({"on": on})

    def load(self) -> "Pair | None":
        """The certificate to show and its key, both in DER; None while there is none."""
        given = self._given()
        if given is not None:
            return given
        record = self._record()
        try:
            pair = binascii.unhexlify(record["certificate"]), binascii.unhexlify(record["key"])
        except (KeyError, TypeError, ValueError):
            return None
        return pair

    def provisioned(self) -> bool:
        """Whether the one to show is of provisioning."""
        return self._given() is not None

    def refuse(self, certificate: bytes) -> bool:
        """This one is of no use; from now on it is as if it were not there. Whether another may be. Raises StorageError."""
        given = self._given()
        if given is None or given[0] != certificate:
            return False
        self._keep({"refused": fingerprint(certificate)})
        return True

    async def make(self) -> None:
        """Make a new certificate with a new key, and keep both. Raises StorageError."""
        with _CURVE:
            fields = await self._made()
        self._keep(fields)

    async def _made(self) -> "dict[str, str]":
        from firmware import p256

        board = self._board
        key = p256.private_key(board.entropy)
        point = await p256.public_key(key, board.clock)
        signed = _to_be_signed(board.identity.serial, _names(board), point, board.entropy.random(_SERIAL_BYTES))
        r, s = await p256.sign(key, signed, board.clock)
        signature = _der(_SEQUENCE, _integer(r), _integer(s))
        certificate = _der(_SEQUENCE, signed, _der(_SEQUENCE, _ECDSA_WITH_SHA256), _bits(signature))
        private = _der(  # RFC 5915 3
            _SEQUENCE,
            _integer(1),
            _der(_OCTETS, key),
            _der(_EXPLICIT_0, _PRIME256V1),
            _der(_EXPLICIT_1, _bits(point)),
        )
        hexlify = binascii.hexlify
        return {"certificate": hexlify(certificate).decode(), "key": hexlify(private).decode()}

    def _given(self) -> "Pair | None":
        pair = self._board.identity.certificate()
        if pair is None or fingerprint(pair[0]) == self._record().get("refused"):
            return None
        return pair

    def _record(self) -> "dict[str, Any]":
        return self._store.read(RECORD) or {}

    def _keep(self, fields: "dict[str, Any]") -> None:
        record = self._record()
        record.update(fields)
        self._store.write(RECORD, record)
        self._changed()


def fingerprint(certificate: bytes) -> str:
    """Its SHA-256 as people compare it, in groups: "A1B2 C3D4 ..."."""
    digits = binascii.hexlify(hashlib.sha256(certificate).digest()).decode().upper()
    return " ".join([digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP)])


def _names(board: "Board") -> bytes:
    """The subject's alternative names: what the device is asked for."""
    names = b""
    for interface in board.network.interfaces:
        parts = interface.address.split(".")
        if len(parts) == 4:
            names += _der(_IP_ADDRESS, bytes([int(part) for part in parts]))
    return names or _der(_DNS_NAME, board.identity.serial.lower().encode())  # there has to be one


def _to_be_signed(serial: str, names: bytes, point: bytes, number: bytes) -> bytes:
    """RFC 5280 4.1. `point`: the public key; `number`: random bytes for the serial number."""
    algorithm = _der(_SEQUENCE, _ECDSA_WITH_SHA256)
    common_name = _der(_SEQUENCE, _COMMON_NAME, _der(_UTF8, b"Scanpost " + serial.encode()))
    name = _der(_SEQUENCE, _der(_SET, common_name))
    extensions = (
        _extension(_CONSTRAINTS, _der(_SEQUENCE), True),  # signs nobody else's
        _extension(_KEY_USAGE, _der(_BITS, b"\x07\x80"), True),  # digitalSignature
        _extension(_EXTENDED_USAGE, _der(_SEQUENCE, _SERVER_AUTH)),
        _extension(_SUBJECT_KEY, _der(_OCTETS, hashlib.sha256(point).digest()[:20])),
        _extension(_ALT_NAME, _der(_SEQUENCE, names)),
    )
    return _der(
        _SEQUENCE,
        _der(_EXPLICIT_0, _integer(2)),  # version 3
        _integer(int.from_bytes(number, "big") >> 1 | 1 << (8 * _SERIAL_BYTES - 2)),  # positive, and always as long
        algorithm,
        name,
        _der(_SEQUENCE, _der(_UTC_TIME, _BEGINS), _der(_GENERALIZED_TIME, _ENDS)),
        name,
        _der(_SEQUENCE, _der(_SEQUENCE, _EC_PUBLIC_KEY, _PRIME256V1), _bits(point)),
        _der(_EXPLICIT_3, _der(_SEQUENCE, *extensions)),
    )


def _extension(kind: bytes, value: bytes, critical: bool = False) -> bytes:
    """`kind`: the last byte of an OID that begins with 2.5.29."""
    return _der(_SEQUENCE, _der(_OID, b"\x55\x1d" + kind), _TRUE if critical else b"", _der(_OCTETS, value))


def _integer(value: int) -> bytes:
    """Of a positive number."""
    data = value.to_bytes(33, "big").lstrip(b"\0") or b"\0"
    return _der(_INTEGER, b"\0" + data if data[0] & 0x80 else data)


def _bits(data: bytes) -> bytes:
    return _der(_BITS, b"\0" + data)


def _der(tag: bytes, *inside: bytes) -> bytes:
    """Tag, length, value, where the value is of less than 64 KB (X.690 8.1.3)."""
    value = b"".join(inside)
    size = len(value)
    if size < 0x80:
        length = bytes([size])
    elif size < 0x100:
        length = bytes([0x81, size])
    else:
        length = bytes([0x82, size >> 8, size & 0xFF])
    return tag + length + value
