"""The mail as bytes, read back by Python's own parser."""

import calendar
import email
import email.policy
import email.utils
import time
import tracemalloc
from email.message import EmailMessage

import pytest

from firmware.mail import checks, mime
from tests.twin.mail_exchanges import (
    ADDRESSES,
    BAD_ADDRESSES,
    BAD_NAMES,
    DATES,
    NAMES,
    message,
    pattern,
    refusal,
    whole,
)

GOLDEN = """\
Date: Sun, 23 Nov 2025 10:00:00 +0000
From: printer@bureau.example
To: ona@bureau.example,
 jonas@bureau.example
Subject: =?utf-8?B?c8SFc2thaXRhLnBkZg==?=
Message-ID: <0123456789abcdef01234567@scanpost.invalid>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_scanpost"

--=_scanpost
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

U2Nhbm5lZCB3aXRoIFNjYW5wb3N0Lg==

--=_scanpost
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
 filename*=UTF-8''s%C4%85skaita.pdf;
 filename="s_skaita.pdf"

JVBERi0xLjcK

--=_scanpost--
"""


def parsed(data: bytes) -> EmailMessage:
    mail = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_the_whole_mail_byte_by_byte() -> None:
    mail = message("sąskaita.pdf", 9, "Scanned with Scanpost.", to=["ona@bureau.example", "jonas@bureau.example"])
    assert whole(mail, b"%PDF-1.7\n") == GOLDEN.replace("\n", "\r\n").encode()


@pytest.mark.parametrize("name", NAMES)
def test_names_and_subjects_arrive_as_they_are(name: str) -> None:
    mail = parsed(whole(message(name, 3), b"abc"))
    (attachment,) = mail.iter_attachments()
    assert attachment["Content-Disposition"].params["filename"] == name
    assert mail["Subject"].strip() == name.strip()  # this reader drops spaces at the ends


@pytest.mark.parametrize("name", NAMES)
def test_header_lines_are_short_and_ascii(name: str) -> None:
    header = message(name).header
    assert header.isascii()
    for line in header.split(b"\r\n"):
        assert len(line) <= 78 and b"\r" not in line and b"\n" not in line
        if b"=?utf-8" in line:
            assert len(line) <= 76  # RFC 2047 2


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_that_knows_no_rfc_2231_still_sees_a_safe_name(name: str) -> None:
    plain = message(name).header.decode().rpartition('filename="')[2].partition('"')[0]
    assert 1 <= len(plain) <= 60
    assert not set(plain) & set('\\/:;<>*?|"')


def test_a_long_name_keeps_its_extension_in_ascii() -> None:
    assert mime._ascii_name("x" * 200 + ".pdf") == "x" * 56 + ".pdf"


@pytest.mark.parametrize("name", BAD_NAMES)
def test_sm09_names_that_would_begin_a_header_line_are_refused(name: str) -> None:
    assert refusal(checks.check_name, name) == "error.name"
    assert refusal(message, name) == "error.name"
    assert refusal(message, subject=name) == "error.name"


def test_half_a_character_is_refused() -> None:
    assert refusal(checks.check_name, "a\ud800") == "error.name"


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses(address: str) -> None:
    assert refusal(checks.check_address, address) == ""


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_sm09_what_is_no_address_is_refused(address: str) -> None:
    key = "error.address" if address.isascii() else "error.address_ascii"
    assert refusal(checks.check_address, address) == key
    assert refusal(message, from_=address) == key
    assert refusal(message, to=["ona@bureau.example", address]) == key


def test_limits_of_an_address() -> None:
    """RFC 5321 4.5.3.1: 64 before the @, 254 in all."""
    domain = ".".join(["d" * 61] * 3)
    assert refusal(checks.check_address, "a" * 64 + "@" + domain) == ""
    assert len("a" * 64 + "@" + domain + ".xx") == 253
    assert refusal(checks.check_address, "a" * 64 + "@" + domain + ".xxx") == ""
    assert refusal(checks.check_address, "a" * 64 + "@" + domain + ".xxxx") == "error.address"


@pytest.mark.parametrize(
    "change",
    [
        {"to": []},
        {"to": ["a@b"] * 101},
        {"content_type": "application/pdf\r\nBcc: x@y"},
        {"content_type": "pdf"},
        {"content_type": "a/b/c"},
        {"content_type": 'a/b; name="x"'},
        {"message_id": "x@y"},
        {"message_id": "<x@y>\r\nBcc: <a@b>"},
        {"message_id": "<x>"},
        {"message_id": "<@y>"},
        {"message_id": "<x y@z>"},
        {"document_size": -1},
        {"text": "x" * 2001},
    ],
    ids=str,
)
def test_what_else_has_no_place_in_a_header(change: dict[str, object]) -> None:
    assert refusal(message, **change) == "error.message"


def test_without_a_clock_there_is_no_mail() -> None:
    assert refusal(message, date_s=None) == "detail.clock"
    assert refusal(message, date_s=-1) == "detail.clock"


def test_dates_are_those_of_the_calendar() -> None:
    for date_s in (*DATES, *range(0, 4_102_444_800, 86_400 * 13 + 3_607)):
        moment = time.gmtime(date_s)
        assert mime.date(date_s) == email.utils.formatdate(date_s, usegmt=False).replace("-0000", "+0000")
        assert calendar.timegm(moment) == date_s


@pytest.mark.parametrize("n", [1, 2, 3, 56, 57, 58, 1000, 4103, 4104, 4105, 8192, 100_000])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 56, 57, 58, 4103, 4104, 4105, 8208, 20_000])
def test_any_chunks_give_the_same_mail_of_the_size_announced(size: int, n: int) -> None:
    document = pattern(size)
    mail = message(document_size=size)
    data = whole(mail, document, n)
    assert len(data) == mail.size
    assert data == whole(message(document_size=size), document)
    (attachment,) = parsed(data).iter_attachments()
    assert attachment.get_content() == document
    assert max(len(line) for line in data.split(b"\r\n")) <= 78


def test_the_text_is_for_any_language() -> None:
    body = parsed(whole(message(text="Nuskaityta su „Scanpost“.\r\n.\r\n--=_scanpost\r\n"), b"")).get_body()
    assert body is not None
    assert body.get_content() == "Nuskaityta su „Scanpost“.\r\n.\r\n--=_scanpost\r\n"


@pytest.mark.parametrize(("n", "longest"), [(2040, 2808), (8192, 11_154)])
def test_a_document_of_25_mb_passes_in_little_memory(n: int, longest: int) -> None:
    """A block is hardly longer than what the scanner gives: where memory is small, that is little."""
    chunk = pattern(n)
    size = 25 * 1024 * 1024 // n * n
    mail = message(document_size=size)
    done = len(mail.header)
    first = message(document_size=size)
    for _ in range(100):  # what CPython's struct module keeps of each length of block is not taken for each mail
        for _ in first.body(chunk):
            pass
    tracemalloc.start()
    for _ in range(size // n):
        for block in mail.body(chunk):
            assert len(block) <= longest
            done += len(block)
    done += len(mail.trailer())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert done == mail.size
    assert peak < 64 * 1024
