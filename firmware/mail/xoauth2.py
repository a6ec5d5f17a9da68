"""XOAUTH2: how a bearer token is shown to a mail server (cloud-facts 4.3). The token stands in no error's text."""

import binascii

from micropython import const

from firmware.checks import printable, visible

_LONGEST_LINE = const(12288 - 2)  # octets, without CRLF (RFC 4954 4)


def response(address: str, token: str) -> bytes:
    """The answer to the empty 334, in base64 and without CRLF. Raises ValueError(message key).

    `address`: the mailbox that is logged in to; `token`: its access token.
    """
    if not printable(address, 1, 320):
        raise ValueError("error.address")
    data = token.encode()
    if not data or not visible(data):  # RFC 6750 2.1 has fewer characters yet
        raise ValueError("error.token")
    answer = binascii.b2a_base64(b"user=" + address.encode() + b"\x01auth=Bearer " + data + b"\x01\x01")[:-1]
    if len(answer) > _LONGEST_LINE:
        raise ValueError("error.token")
    return answer
