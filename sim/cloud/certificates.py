"""The simulated cloud's certificate authority, the certificates it issues, and the key that signs the tokens.

All keys are drawn from a `random.Random`, so that a seeded world has the same ones each time; a real start draws from the
system's. Nobody but the simulated device is meant to trust them. Start at `Authority.new`.
"""

from __future__ import annotations

import ipaddress
import os
import random
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import gcd, lcm, prod
from pathlib import Path
from random import SystemRandom
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc.jwk import RSAKey

# Wide enough for every time that a world can be moved to, and the same in each run.
VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
VALID_TO = datetime(2120, 1, 1, tzinfo=UTC)

_T = TypeVar("_T")
_NAME = "Scanpost simulated cloud root"
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_TOKEN_KEY_BITS = 2048
_PUBLIC_EXPONENT = 65537
_PRIME_ROUNDS = 16  # of Miller and Rabin: wrong once in 4**16 at worst, for a simulator's key
_SMALL_PRIMES = tuple(n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2)))
_SMALL_PRODUCT = prod(_SMALL_PRIMES)


@dataclass(frozen=True)
class CertifiedKey:
    """A server's certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @cached_property
    def certificate_der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @cached_property
    def server_context(self) -> ssl.SSLContext:
        """What `ssl` needs to present this certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with tempfile.TemporaryDirectory() as folder:  # ssl reads certificates from files only
            path = Path(folder) / "server.pem"  # the folder is for its owner alone
            path.write_bytes(self.certificate.public_bytes(Encoding.PEM) + _private_pem(self.key))
            context.load_cert_chain(path)
        return context


class Authority:
    """A root certificate with its key (`server`, `issue`), and the key that the token service signs with (`token_key`)."""

    def __init__(self, random: random.Random, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._random = random
        self._key = key
        # The system's randomness needs no seed, and `cryptography` is faster with it than we are.
        self._token_seed = None if isinstance(random, SystemRandom) else random.getrandbits(256)
        self._issued: dict[tuple[str, ...], CertifiedKey] = {}
        self.certificate = certificate

    @classmethod
    def new(cls, random: random.Random) -> Authority:
        key = _ec_key(random)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = (
            _builder(random, name, name, key.public_key(), VALID_FROM, VALID_TO)
            .add_extension(x509.BasicConstraints(True, 0), True)
            .add_extension(usage, True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        )
        return cls(random, key, builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True))

    @property
    def ca_der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def ca_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @cached_property
    def token_key(self) -> rsa.RSAPrivateKey:
        """RSA, as the real service has; drawn when first needed, because that takes a while."""
        if self._token_seed is None:
            return rsa.generate_private_key(_PUBLIC_EXPONENT, _TOKEN_KEY_BITS)
        return _rsa_key(random.Random(self._token_seed))

    @cached_property
    def token_signer(self) -> RSAKey:
        """The same key, ready to sign JWTs with."""
        return RSAKey.import_key(_private_pem(self.token_key))

    def server(self, *names: str) -> CertifiedKey:
        """A good certificate for a server with these names, always the same."""
        if names not in self._issued:
            self._issued[names] = self.issue(list(names))
        return self._issued[names]

    def issue(
        self,
        names: list[str],
        valid_from: datetime = VALID_FROM,
        valid_to: datetime = VALID_TO,
        common_name: str | None = None,
        ca: bool = False,
    ) -> CertifiedKey:
        """A certificate for these host names and addresses, or a wrong one: out of date, with a name in the subject only
        (`names` empty), or one that says it is an authority itself."""
        key = _ec_key(self._random)
        words = common_name if common_name is not None else (names[0] if names else _NAME)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])
        builder = (
            _builder(self._random, subject, self.certificate.subject, key.public_key(), valid_from, valid_to)
            .add_extension(x509.BasicConstraints(ca, None), True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), False)
        return CertifiedKey(builder.sign(self._key, hashes.SHA256(), ecdsa_deterministic=True), key)

    def wrong(self, reason: str, *names: str) -> CertifiedKey:
        """A certificate that a client must refuse, always the same: see `sim.cloud.faults.CERTIFICATES`."""
        if (reason, *names) not in self._issued:
            self._issued[(reason, *names)] = self._wrong(reason, list(names))
        return self._issued[(reason, *names)]

    def _wrong(self, reason: str, names: list[str]) -> CertifiedKey:
        if reason == "expired":
            return self.issue(names, valid_to=VALID_FROM + timedelta(days=365))
        if reason == "not-yet-valid":
            return self.issue(names, valid_from=VALID_TO - timedelta(days=365))
        if reason == "wrong-name":
            return self.issue(["elsewhere.example"])
        if reason == "name-in-subject-only":
            return self.issue([], common_name=names[0])
        if reason == "unknown-root":
            return Authority.new(self._random).issue(names)
        issuer = self.issue(["leaf.example"]) if reason == "issued-by-a-leaf" else None
        key = issuer.key if issuer else _ec_key(self._random)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        name = issuer.certificate.subject if issuer else subject
        own = _ec_key(self._random) if issuer else key
        builder = _builder(self._random, subject, name, own.public_key(), VALID_FROM, VALID_TO).add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), False
        )
        return CertifiedKey(builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True), own)

    def issued(self, der: bytes) -> CertifiedKey:
        """The certificate with this DER form, with its key. Raises LookupError when it is none of ours."""
        for certified in self._issued.values():
            if certified.certificate_der == der:
                return certified
        raise LookupError("This authority has not issued such a certificate")

    # --- keeping it ---

    def save(self, folder: Path) -> None:
        """The public certificate as ca.pem and ca.der, the keys in files that only their owner may read."""
        write_private(folder / "ca-key.pem", _private_pem(self._key))
        write_private(folder / "token-key.pem", _private_pem(self.token_key))
        (folder / "ca.der").write_bytes(self.ca_der)
        temporary = folder / "ca.pem.new"  # last: who finds ca.pem finds the rest
        temporary.write_bytes(self.ca_pem)
        temporary.replace(folder / "ca.pem")

    @classmethod
    def load(cls, folder: Path, random: random.Random) -> Authority | None:
        """What `save` kept, None when there is nothing. Raises ValueError when it is damaged."""
        if not (folder / "ca.pem").exists():
            return None
        key = _loaded(folder / "ca-key.pem", lambda pem: load_pem_private_key(pem, None))
        token_key = _loaded(folder / "token-key.pem", lambda pem: load_pem_private_key(pem, None))
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(token_key, rsa.RSAPrivateKey):
            raise ValueError(f"The keys in {folder.name} are not those of a simulated cloud: begin anew with --fresh")
        certificate = _loaded(folder / "ca.pem", x509.load_pem_x509_certificate)
        try:
            certificate.verify_directly_issued_by(certificate)  # a changed letter may still be a certificate
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            raise ValueError("ca.pem is damaged: begin anew with --fresh") from None
        if certificate.public_key() != key.public_key():
            raise ValueError("ca-key.pem is not the key of ca.pem: begin anew with --fresh")
        authority = cls(random, key, certificate)
        authority.__dict__["token_key"] = token_key  # where cached_property keeps it
        return authority


def _loaded(path: Path, load: Callable[[bytes], _T]) -> _T:
    try:
        return load(path.read_bytes())
    except ValueError:
        raise ValueError(f"{path.name} is damaged: begin anew with --fresh") from None


def write_private(path: Path, data: bytes) -> None:
    """Replace the file in one step; only its owner may read it."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk does not say which file it was about
        raise
    temporary.replace(path)


def _private_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _builder(
    random: random.Random,
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    valid_from: datetime,
    valid_to: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(random.getrandbits(120) | 1)
        .not_valid_before(valid_from)
        .not_valid_after(valid_to)
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _ec_key(random: random.Random) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(random.randrange(1, _P256_ORDER), ec.SECP256R1())


def _rsa_key(random: random.Random) -> rsa.RSAPrivateKey:
    """FIPS 186-5 A.1.3 without its checks for adversaries; `cryptography` itself can only draw from the system."""
    p, q = _prime(random, _TOKEN_KEY_BITS // 2), _prime(random, _TOKEN_KEY_BITS // 2)
    d = pow(_PUBLIC_EXPONENT, -1, lcm(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(_PUBLIC_EXPONENT, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def _prime(random: random.Random, bits: int) -> int:
    while True:
        candidate = random.getrandbits(bits) | 3 << bits - 2 | 1  # the two highest bits: the product has all its bits
        if gcd(candidate, _SMALL_PRODUCT) == 1 and candidate % _PUBLIC_EXPONENT != 1 and _is_prime(candidate, random):
            return candidate


def _is_prime(n: int, random: random.Random) -> bool:
    odd = n - 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    for _ in range(_PRIME_ROUNDS):
        x = pow(random.randrange(2, n - 1), odd, n)
        if x not in (1, n - 1) and not any((x := x * x % n) == n - 1 for _ in range(twos - 1)):
            return False
    return True
