"""What a text may consist of: characters, host names, ports, URLs. For all that comes from people, settings and servers."""

from micropython import const

_LONGEST_URL = const(2048)

_DIGITS = "0123456789"
_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_HOST = _ALPHANUMERIC + ".-"
_IN_URL = _ALPHANUMERIC + "-._~:/?#[]@!$&'()*+,;=%"  # RFC 3986 2
_VISIBLE_BYTES = bytes(range(33, 127))
_VISIBLE = _VISIBLE_BYTES.decode()


def only(text: str, characters: str) -> bool:
    """Whether `text` consists of nothing but `characters`."""
    return not text.strip(characters)


def printable(text: object, least: int, most: int) -> bool:
    """Whether `text` is a string of `least` to `most` visible ASCII characters (no space)."""
    return isinstance(text, str) and least <= len(text) <= most and not text.strip(_VISIBLE)


def visible(data: bytes) -> bool:
    """Whether `data` is nothing but visible ASCII characters: as `printable`, much quicker for a long token."""
    return not data.strip(_VISIBLE_BYTES)


def split_url(url: str) -> "tuple[str, str, int, str]":
    """(scheme, host, port, path with query) of an absolute http or https URL. Raises ValueError for anything unusual.

    The host is in lower case, an IPv6 address without its brackets. User information and fragments are refused.
    """
    scheme, found, rest = url.partition("://")
    if scheme not in ("http", "https") or not found or len(url) > _LONGEST_URL or not only(rest, _IN_URL):
        raise ValueError("Not an http or https URL")
    at = 0
    while at < len(rest) and rest[at] not in "/?#":
        at += 1
    authority, path = rest[:at], rest[at:]
    if path[:1] != "/":
        path = "/" + path
    host, port = authority, ""
    if authority[:1] == "[":
        host, bracket, after = authority[1:].partition("]")
        if not bracket or (after and after[0] != ":") or ":" not in host or not only(host, "0123456789abcdefABCDEF:."):
            raise ValueError("The URL has no valid host")
        port = after[1:] if after else _default_port(scheme)
    else:
        host, colon, port = authority.partition(":")
        if not is_host(host):
            raise ValueError("The URL has no valid host")
        if not colon:
            port = _default_port(scheme)
    if "#" in path or not is_port(port):
        raise ValueError("The URL has a fragment or no valid port")
    return scheme, host.lower(), int(port), path


def _default_port(scheme: str) -> str:
    return "443" if scheme == "https" else "80"


def is_host(text: str) -> bool:
    """Whether `text` can be a host name or an IPv4 address."""
    if not 1 <= len(text) <= 255 or not only(text, _HOST):
        return False
    labels = text.split(".")
    for label in labels:
        if not 1 <= len(label) <= 63 or label[0] == "-" or label[-1] == "-":
            return False
    if only(labels[-1], _DIGITS):  # no top-level domain is a number (RFC 3696 2): this is an IPv4 address
        return len(labels) == 4 and all(only(part, _DIGITS) and len(part) <= 3 and int(part) <= 255 for part in labels)
    return True


def is_port(text: str) -> bool:
    return 1 <= len(text) <= 5 and only(text, _DIGITS) and 1 <= int(text) <= 65535
