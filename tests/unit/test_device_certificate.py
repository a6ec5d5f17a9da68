"""The device's own certificate and the curve beneath it, held against `cryptography` and the vectors of RFC 6979."""

from __future__ import annotations

import asyncio
import hashlib
import random
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import p256
from firmware.device_certificate import DeviceCertificate, fingerprint
from firmware.store import Store
from sim.board import SimEntropy, SimIdentity, SimMonitor, interfaces
from sim.storage import RamStorage

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# RFC 6979 A.2.5
_KEY = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
_PUBLIC_X = "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
_PUBLIC_Y = "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
_VECTORS = [
    (
        b"sample",
        0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
        0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
    ),
    (
        b"test",
        0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
        0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
    ),
]


class Clock:
    """Counts the turns that others had."""

    turns = 0

    def now(self) -> int | None:
        return None

    def ticks_ms(self) -> int:
        return 0

    async def sleep_ms(self, ms: int) -> None:
        self.turns += 1


@pytest.mark.parametrize(("message", "r", "s"), _VECTORS)
def test_the_vectors_of_rfc_6979(message: bytes, r: int, s: int) -> None:
    clock = Clock()
    assert asyncio.run(p256.public_key(_KEY, clock)) == bytes.fromhex("04" + _PUBLIC_X + _PUBLIC_Y)
    assert asyncio.run(p256.sign(_KEY, message, clock)) == (r, s)
    assert clock.turns == 2 * 32  # each of 8 bits


@settings(max_examples=20, deadline=None)
@given(st.one_of(st.integers(1, 5), st.integers(_ORDER - 5, _ORDER - 1), st.integers(1, _ORDER - 1)), st.binary())
def test_keys_and_signatures_are_those_of_cryptography(number: int, message: bytes) -> None:
    key, known = number.to_bytes(32, "big"), ec.derive_private_key(number, ec.SECP256R1())
    point = known.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert asyncio.run(p256.public_key(key, Clock())) == point
    signature = asyncio.run(p256.sign(key, message, Clock()))
    known.public_key().verify(encode_dss_signature(*signature), message, ec.ECDSA(SHA256()))
    deterministic = known.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True))
    assert decode_dss_signature(deterministic) == signature


def test_a_key_that_is_out_of_range_is_drawn_again() -> None:
    drawn = [bytes(32), _ORDER.to_bytes(32, "big"), b"\xff" * 32, _KEY]
    assert p256.private_key(SimpleNamespace(random=lambda n: drawn.pop(0))) == _KEY


def board(address: str = "198.51.100.7") -> Any:
    return SimpleNamespace(
        clock=Clock(),
        entropy=SimEntropy(random.Random(5)),
        identity=SimIdentity("SP00001234", "label"),
        network=SimpleNamespace(interfaces=interfaces(address)),
        storage=RamStorage(),
        monitor=SimMonitor(lambda: None, lambda line: None),
    )


def made(on: Any) -> tuple[x509.Certificate, bytes]:
    https = DeviceCertificate(on, Store(on))
    asyncio.run(https.make())
    pair = https.load()
    assert pair is not None
    return x509.load_der_x509_certificate(pair[0]), pair[1]


def test_the_certificate_says_what_it_should() -> None:
    certificate, private = made(board())
    key = load_der_private_key(private, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == certificate.public_key()
    certificate.verify_directly_issued_by(certificate)
    assert certificate.version == x509.Version.v3
    assert certificate.serial_number.bit_length() == 127
    assert certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "Scanpost SP00001234"
    assert certificate.not_valid_before_utc.isoformat() == "2019-01-01T00:00:00+00:00"
    assert certificate.not_valid_after_utc.isoformat() == "9999-12-31T23:59:59+00:00"
    found = {extension.oid: extension for extension in certificate.extensions}
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["198.51.100.7", "203.0.113.7"]
    constraints = found[x509.BasicConstraints.oid]
    assert constraints.critical and constraints.value == x509.BasicConstraints(False, None)
    usage = found[x509.KeyUsage.oid]
    assert usage.critical and usage.value.digital_signature and not usage.value.key_cert_sign
    assert found[x509.ExtendedKeyUsage.oid].value == x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    point = certificate.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert found[x509.SubjectKeyIdentifier.oid].value.digest == hashlib.sha256(point).digest()[:20]
    assert len(found) == 5
    plain = fingerprint(certificate.public_bytes(Encoding.DER))
    assert plain.replace(" ", "").lower() == certificate.fingerprint(SHA256()).hex()


def test_without_an_address_its_name_is_the_serial_number() -> None:
    nowhere = board("")
    for interface in nowhere.network.interfaces:
        interface.address = ""
    certificate, _ = made(nowhere)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["sp00001234"]


def test_a_record_that_is_of_no_use_is_none() -> None:
    broken = board()
    store = Store(broken)
    for record in ({}, {"certificate": "zz", "key": "00"}, {"certificate": "00"}, {"certificate": 5, "key": 5}):
        store.write("https", record)
        assert DeviceCertificate(broken, store).load() is None
    assert not DeviceCertificate(broken, store).on()
