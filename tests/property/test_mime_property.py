"""Any document under any name arrives as it was, and nothing gets into a header that was not meant to."""

import binascii
import email
import email.policy
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from firmware.mail import checks, mime
from tests.twin.mail_exchanges import message, refusal

_LETTERS = st.sampled_from("ąčęėįšųūžĄČĘĖĮŠŲŪŽ„“ –🧾🖨️abcXYZ019 .,;'\"\\%*=?_()/<>@:\u202e")
_NAMES = st.one_of(
    st.text(_LETTERS, min_size=1, max_size=200),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=255),
)


def parsed(data: bytes) -> EmailMessage:
    mail = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@given(_NAMES, st.lists(st.binary(max_size=9000), max_size=6))
def test_what_goes_in_comes_out(name: str, chunks: list[bytes]) -> None:
    document = b"".join(chunks)
    mail = message(name, len(document))
    data = mail.header + b"".join([bytes(block) for chunk in chunks for block in mail.body(chunk)]) + mail.trailer()
    assert len(data) == mail.size
    assert not data.replace(b"\r\n", b"").count(b"\r") and not data.replace(b"\r\n", b"").count(b"\n")
    assert max(map(len, data.split(b"\r\n"))) <= 78
    read = parsed(data)
    assert not read.defects
    (attachment,) = read.iter_attachments()
    assert attachment.get_payload(decode=True) == document
    assert attachment["Content-Disposition"].params["filename"] == name


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=255))
def test_each_word_of_a_subject_is_whole(subject: str) -> None:
    """RFC 2047 5: decoding word by word gives the text, so no character is split."""
    line = mime._unstructured(subject)
    if line == subject:
        assert subject.isascii()
        return
    text = ""
    for word in line.split("\r\n "):
        assert len(word) <= 75
        text += binascii.a2b_base64(word.removeprefix("=?utf-8?B?").removesuffix("?=")).decode()
    assert text == subject


@given(st.text(st.sampled_from('a.@\r\n\0 <>,;:"\\ą-_é🧾x'), max_size=12), st.text(max_size=300))
def test_sm09_no_text_makes_another_header(address: str, name: str) -> None:
    for change in (
        {"to": [address]},
        {"from_": address},
        {"subject": name},
        {"content_type": address},
        {"message_id": name},
    ):
        if refusal(message, **change):
            continue
        made = message(**change)
        mail = parsed(made.header + made.trailer())
        assert list(mail.keys()) == ["Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"]
        assert len(mail["To"].addresses) == 1 and not mail.defects


@given(st.text(max_size=300))
def test_an_address_that_passes_is_one_address_of_ascii(text: str) -> None:
    if not refusal(checks.check_address, text):
        assert text.isascii() and text.isprintable() and text.count("@") == 1 and " " not in text and len(text) <= 254
