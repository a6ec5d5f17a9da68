"""Reading a certificate's dates."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from hal.certificate import check_dates, validity_s
from hal.errors import CertificateError

_KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
_NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x" * 60)])
_1950_S = -631_152_000  # x509 allows nothing earlier
_9999_S = 253_402_300_799


def certificate(not_before_s: int, not_after_s: int) -> bytes:
    not_before, not_after = (datetime.fromtimestamp(seconds, UTC) for seconds in (not_before_s, not_after_s))
    builder = x509.CertificateBuilder(_NAME, _NAME, _KEY.public_key(), 5, not_before, not_after)
    return builder.sign(_KEY, None).public_bytes(Encoding.DER)


@given(st.lists(st.integers(_1950_S, _9999_S), min_size=2, max_size=2).map(sorted))
def test_dates_are_read_as_written(dates: list[int]) -> None:
    assert validity_s(certificate(*dates)) == tuple(dates)


@pytest.mark.parametrize(
    ("now_s", "reason"), [(None, "not-yet-valid"), (999, "not-yet-valid"), (1000, ""), (2000, ""), (2001, "expired")]
)
def test_valid_from_the_first_second_to_the_last(now_s: int | None, reason: str) -> None:
    der = certificate(1000, 2000)
    if not reason:
        check_dates(der, now_s)
        return
    with pytest.raises(CertificateError) as caught:
        check_dates(der, now_s)
    assert caught.value.reason == reason


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 60))
def test_what_is_not_a_certificate_is_refused(junk: bytes, start: int, end: int) -> None:
    """Any bytes, and a certificate with some of its bytes replaced: dates or a CertificateError, nothing else."""
    der = certificate(1000, 2000)
    for damaged in (junk, der[:start], der[:start] + junk + der[start + end :]):
        try:
            validity_s(damaged)
        except CertificateError as error:
            assert error.reason == "other"  # noqa: PT017
