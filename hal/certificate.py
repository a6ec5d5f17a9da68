"""When a certificate is valid, read from its DER form.

In a firmware process the TLS library goes by the host's clock, while the device's own may have travelled or drifted; on a
board both are the same clock, and this changes nothing. Start at `check_dates`.
"""

from hal.errors import CertificateError

_SEQUENCE = 0x30
_EXPLICIT_VERSION = 0xA0
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18


def check_dates(der: bytes, now_s: int | None) -> None:
    """Refuse a certificate that is not valid at `now_s`, as a device whose clock says so must. Raises CertificateError."""
    not_before_s, not_after_s = validity_s(der)
    if now_s is None or now_s < not_before_s:
        raise CertificateError("not-yet-valid", "The certificate is not valid yet by the device's clock")
    if now_s > not_after_s:
        raise CertificateError("expired", "The certificate has expired by the device's clock")


def validity_s(der: bytes) -> tuple[int, int]:
    """notBefore and notAfter in Unix seconds (RFC 5280 4.1). Raises CertificateError when it is no certificate."""
    try:
        _, at, _ = _element(der, 0)  # Certificate
        _, at, _ = _element(der, at)  # TBSCertificate
        kind, _, end = _element(der, at)
        if kind == _EXPLICIT_VERSION:
            at = end
        for _ in range(3):  # serialNumber, signature, issuer
            _, _, at = _element(der, at)
        kind, at, _ = _element(der, at)
        if kind != _SEQUENCE:
            raise ValueError("no validity")
        not_before_s, at = _time(der, at)
        not_after_s, _ = _time(der, at)
    except (ValueError, IndexError):
        raise CertificateError("other", "The certificate cannot be read") from None
    return not_before_s, not_after_s


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """Tag, where the content begins and where it ends."""
    kind = der[at]
    length = der[at + 1]
    at += 2
    if length & 0x80:
        octets = length & 0x7F
        length = int.from_bytes(der[at : at + octets], "big")
        at += octets
    if at + length > len(der):
        raise ValueError("too short")
    return kind, at, at + length


def _time(der: bytes, at: int) -> tuple[int, int]:
    kind, at, end = _element(der, at)
    digits = der[at:end].decode()
    if kind == _UTC_TIME:
        digits = ("19" if digits[0] >= "5" else "20") + digits
    elif kind != _GENERALIZED_TIME:
        raise ValueError("no time")
    if len(digits) != 15 or digits[14] != "Z":
        raise ValueError("no time in UTC to the second")
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    seconds = int(digits[8:10]) * 3600 + int(digits[10:12]) * 60 + int(digits[12:14])
    return _days(year, month, day) * 86400 + seconds, end


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March."""
    if month < 3:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 719469
