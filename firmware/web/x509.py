"""What a certificate says about itself (RFC 5280): whose it is, who signed it, when it is good. For people to read.

Strict in what it walks over, and bounded: `parse` raises ValueError for anything that is not a certificate. `check` says
whether one may be trusted, for whoever lets somebody choose.
"""

from micropython import const

from firmware.panel.format import date

_SEQUENCE, _SET = const(0x30), const(0x31)
_INTEGER, _BOOLEAN, _OID, _OCTETS = const(0x02), const(0x01), const(0x06), const(0x04)
_UTC_TIME, _GENERALIZED_TIME = const(0x17), const(0x18)
_BMP = const(0x1E)
_VERSION, _EXTENSIONS = const(0xA0), const(0xA3)
_MOST_NAMES = const(12)  # parts of a name that are shown
_MOST_EXTENSIONS = const(40)
_LONGEST_NAME = const(200)  # characters

_NAMES = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O", b"\x55\x04\x0b": "OU", b"\x55\x04\x06": "C"}
_BASIC_CONSTRAINTS = b"\x55\x1d\x13"


class Certificate:
    """`begins`, `ends`: days as 2026-03-01; `authority`: whether it may sign other certificates."""

    def __init__(self, subject: str, issuer: str, begins: str, ends: str, authority: bool) -> None:
        self.subject = subject
        self.issuer = issuer
        self.begins = begins
        self.ends = ends
        self.authority = authority


def parse(der: bytes) -> Certificate:
    """Raises ValueError."""
    [whole] = _items(der, 0, len(der), 1)
    [signed, _, _] = _items(der, *_inside(whole, _SEQUENCE), 3)
    fields = _items(der, *_inside(signed, _SEQUENCE))
    if fields and fields[0][0] == _VERSION:
        fields = fields[1:]
    if len(fields) < 6 or fields[0][0] != _INTEGER:
        raise ValueError("Not a certificate")
    issuer, validity, subject = fields[2], fields[3], fields[4]
    times = _items(der, *_inside(validity, _SEQUENCE))
    if len(times) != 2:
        raise ValueError("Not a validity")
    authority = False
    for field in fields[6:]:
        if field[0] == _EXTENSIONS:
            authority = _is_authority(der, field)
    return Certificate(_name(der, subject), _name(der, issuer), _day(der, times[0]), _day(der, times[1]), authority)


def check(ders: "list[bytes]", now_s: "int | None") -> None:
    """That these can vouch for a server. `now_s`: None while the clock is unset. Raises ValueError(message key, what it
    names)."""
    for der in ders:
        try:
            found = parse(der)
        except ValueError:
            raise ValueError("error.ca", "") from None
        if not found.authority:
            raise ValueError("error.ca_leaf", found.subject)
        if now_s is not None and found.ends < date(now_s):
            raise ValueError("error.ca_expired", found.subject + ", " + found.ends)


def _items(data: bytes, at: int, end: int, most: int = 64) -> "list[tuple[int, int, int]]":
    """(tag, where its value begins, where it ends) of each thing from `at` to `end`."""
    found: "list[tuple[int, int, int]]" = []
    while at < end:
        if len(found) == most or at + 2 > end:
            raise ValueError("Too much, or cut off")
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 3 or at + count > end:
                raise ValueError("Not a length")
            length = 0
            for byte in data[at : at + count]:
                length = length << 8 | byte
            at += count
        if at + length > end:
            raise ValueError("Longer than what it is in")
        found.append((tag, at, at + length))
        at += length
    return found


def _inside(item: "tuple[int, int, int]", tag: int) -> "tuple[int, int]":
    if item[0] != tag:
        raise ValueError("Something else was expected")
    return item[1], item[2]


def _name(data: bytes, item: "tuple[int, int, int]") -> str:
    parts = []
    for group in _items(data, *_inside(item, _SEQUENCE))[:_MOST_NAMES]:
        for pair in _items(data, *_inside(group, _SET)):
            both = _items(data, *_inside(pair, _SEQUENCE))
            if len(both) != 2 or both[0][0] != _OID:
                raise ValueError("Not a name")
            (_, start, end), (tag, begin, stop) = both
            kind = _NAMES.get(data[start:end])
            if kind is not None:
                parts.append(kind + "=" + _text(tag, data[begin:stop]))
    return ", ".join(parts)[:_LONGEST_NAME]


def _text(tag: int, data: bytes) -> str:
    if tag == _BMP:
        return "".join([chr(data[n] << 8 | data[n + 1]) for n in range(0, len(data) - 1, 2)])
    try:
        return data.decode()
    except ValueError:  # Latin-1, in old ones
        return "".join([chr(byte) for byte in data])


def _day(data: bytes, item: "tuple[int, int, int]") -> str:
    tag, start, end = item
    text = data[start:end].decode()
    if tag == _UTC_TIME:  # RFC 5280 4.1.2.5.1
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("Not a time")
    if len(text) != 15 or text[14] != "Z" or text[:14].strip("0123456789"):
        raise ValueError("Not a time")
    return text[:4] + "-" + text[4:6] + "-" + text[6:8]


def _is_authority(data: bytes, field: "tuple[int, int, int]") -> bool:
    for extensions in _items(data, field[1], field[2], 1):
        for extension in _items(data, *_inside(extensions, _SEQUENCE), _MOST_EXTENSIONS):
            parts = _items(data, *_inside(extension, _SEQUENCE), 3)
            if len(parts) < 2:
                raise ValueError("Not an extension")
            if data[parts[0][1] : parts[0][2]] != _BASIC_CONSTRAINTS:
                continue
            for constraints in _items(data, *_inside(parts[-1], _OCTETS), 1):
                for item in _items(data, *_inside(constraints, _SEQUENCE), 2):
                    if item[0] == _BOOLEAN:
                        return data[item[1] : item[2]] == b"\xff"
    return False
