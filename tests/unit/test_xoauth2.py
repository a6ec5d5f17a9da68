"""XOAUTH2's one line."""

import base64

import pytest

from firmware.mail.xoauth2 import response


def test_the_line() -> None:
    """cloud-facts 4.3."""
    line = response("printer@bureau.example", "eyJ0.a-b_c~d+e/f=")
    assert (
        base64.b64decode(line, validate=True) == b"user=printer@bureau.example\x01auth=Bearer eyJ0.a-b_c~d+e/f=\x01\x01"
    )


def test_a_long_token_is_one_line() -> None:
    line = response("printer@bureau.example", "x" * 8000)
    assert b"\n" not in line and len(line) <= 12288 - 2


@pytest.mark.parametrize("address", ["", "a\r@b", "a\n@b", "a\x01auth=Bearer x\x01@b", "a\0@b", "ą@b", "a b@c"])
def test_an_address_that_would_break_it_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"^error\.address$"):
        response(address, "token")


@pytest.mark.parametrize("token", ["", "secret\r\n", "secret\x01", "secret secret", "secret" * 2000, "ąsecret"])
def test_a_token_that_would_break_it_is_refused_and_not_named(token: str) -> None:
    with pytest.raises(ValueError, match=r"^error\.token$"):
        response("a@b", token)
