"""Reads a submitted form strictly, the same on both interpreters (microdot's reader takes "%-1" and keys without "=").

`parse_form` for most, `parse_multipart` for forms with files. What is not well formed is refused whole.
"""

from micropython import const

_MOST_FIELDS = const(60)
_LONGEST_NAME = const(32)
_LONGEST_PART_HEAD = const(512)
_PIECE = const(256)  # bytes that are decoded at once
_LONGEST_BOUNDARY = const(70)  # RFC 2046 5.1.1
_HEX = b"0123456789abcdefABCDEF"
_IN_BOUNDARY = b"'()+_,-./:=?0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def parse_form(body: bytes) -> "dict[str, str]":
    """The fields of application/x-www-form-urlencoded. Raises ValueError when it is anything but well formed.

    A pasted list is most of a request: it is decoded where it lies, since a small heap has no room for pieces of it.
    """
    fields: "dict[str, str]" = {}
    if body.count(b"&") >= _MOST_FIELDS:
        raise ValueError("Too many fields")
    at, end = 0, len(body)
    while body and at <= end:
        stop = body.find(b"&", at)
        stop = end if stop < 0 else stop
        equals = body.find(b"=", at, stop)
        key = _decoded(body, at, equals) if equals >= 0 else ""
        if not key or len(key) > _LONGEST_NAME or key in fields:
            raise ValueError("A field is malformed or there twice")
        fields[key] = _decoded(body, equals + 1, stop)
        at = stop + 1
    return fields


def _decoded(body: bytes, at: int, stop: int) -> str:
    out = bytearray(stop - at)
    length = 0
    while at < stop:
        piece_end = min(at + _PIECE, stop)
        escape = body.find(b"%", at, piece_end)
        escaped = escape >= 0
        piece = body[at : escape if escaped else piece_end].replace(b"+", b" ")
        out[length : length + len(piece)] = piece
        length += len(piece)
        at += len(piece)
        if escaped:
            digits = body[at + 1 : min(at + 3, stop)]
            if len(digits) < 2 or digits[0] not in _HEX or digits[1] not in _HEX:
                raise ValueError("Not a percent escape")
            out[length] = int(digits, 16)
            length += 1
            at += 3
    return _text(memoryview(out)[:length])


def _text(data: "bytes | memoryview") -> str:
    text = str(data, "utf-8")
    if "\0" in text:
        raise ValueError("NUL in a field")
    return text


def parse_multipart(body: bytes, parameters: str) -> "tuple[dict[str, str], dict[str, bytes]]":
    """The fields and the files of multipart/form-data (RFC 7578); `parameters`: what the content type says after the first
    semicolon. Raises ValueError when it is anything but well formed. Names of files are not looked at.
    """
    mark = b"--" + _boundary(parameters)
    end = b"\r\n" + mark
    fields: "dict[str, str]" = {}
    files: "dict[str, bytes]" = {}
    if body[: len(mark)] != mark:
        raise ValueError("It does not begin with its boundary")
    at = len(mark)
    while body[at : at + 2] == b"\r\n":
        at += 2
        head_end = body.find(b"\r\n\r\n", at, at + _LONGEST_PART_HEAD)
        stop = body.find(end, head_end + 4)
        if head_end < 0 or stop < 0:
            raise ValueError("A part without its end")
        name, is_file = _part_head(body[at:head_end])
        if name in fields or name in files or len(fields) + len(files) == _MOST_FIELDS:
            raise ValueError("Too many fields, or one is there twice")
        value = body[head_end + 4 : stop]
        if is_file:
            files[name] = value
        else:
            fields[name] = _text(value)
        at = stop + len(end)
    if body[at:] not in (b"--\r\n", b"--") or (not fields and not files):
        raise ValueError("It does not end with its boundary")
    return fields, files


def _boundary(parameters: str) -> bytes:
    name, _, value = parameters.strip().partition("=")
    boundary = value.encode()
    if boundary[:1] == b'"' and boundary[-1:] == b'"':
        boundary = boundary[1:-1]
    if name.lower() != "boundary" or not 1 <= len(boundary) <= _LONGEST_BOUNDARY or boundary.strip(_IN_BOUNDARY):
        raise ValueError("No boundary")
    return boundary


def _part_head(head: bytes) -> "tuple[str, bool]":
    """(name of the field, whether it is a file)."""
    disposition = b""
    for line in head.split(b"\r\n"):
        key, colon, value = line.partition(b":")
        key = key.strip().lower()
        if key == b"content-disposition" and not disposition:
            disposition = value.strip()
        elif key != b"content-type" or not colon:
            raise ValueError("A line of a part that nobody needs")
    start, quote, rest = disposition.partition(b'"')
    name, closed, rest = rest.partition(b'"')
    if start.lower() != b"form-data; name=" or not quote or not closed or not 1 <= len(name) <= _LONGEST_NAME:
        raise ValueError("A part without a name")
    if rest and not (rest.startswith(b'; filename="') and rest.endswith(b'"') and len(rest) > 12):
        raise ValueError("Not the name of a file")
    return _text(name), bool(rest)
