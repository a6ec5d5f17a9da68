"""Reads a submitted form strictly, the same on both interpreters (microdot's reader takes "%-1" and keys without "=")."""

from micropython import const

_MOST_FIELDS = const(40)
_LONGEST_NAME = const(32)
_HEX = b"0123456789abcdefABCDEF"


def parse_form(body: bytes) -> "dict[str, str]":
    """The fields of application/x-www-form-urlencoded. Raises ValueError when it is anything but well formed."""
    fields: "dict[str, str]" = {}
    if not body:
        return fields
    pairs = body.split(b"&")
    if len(pairs) > _MOST_FIELDS:
        raise ValueError("Too many fields")
    for pair in pairs:
        name, equals, value = pair.partition(b"=")
        key = _decoded(name)
        if not equals or not key or len(key) > _LONGEST_NAME or key in fields:
            raise ValueError("A field is malformed or there twice")
        fields[key] = _decoded(value)
    return fields


def _decoded(data: bytes) -> str:
    pieces = data.replace(b"+", b" ").split(b"%")
    out = [pieces[0]]
    for piece in pieces[1:]:
        if len(piece) < 2 or piece[0] not in _HEX or piece[1] not in _HEX:
            raise ValueError("Not a percent escape")
        out.append(bytes([int(piece[:2], 16)]))
        out.append(piece[2:])
    text = b"".join(out).decode()
    if "\0" in text:
        raise ValueError("NUL in a field")
    return text
