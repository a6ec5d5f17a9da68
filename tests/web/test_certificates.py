"""CA Certificate and Root Certificate Update: what is imported, and that it costs the sign-in (PB-05, WC-12)."""

from __future__ import annotations

import datetime
import json
import random
import re
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.web.x509 import parse
from sim.cloud.certificates import Authority
from tests.web.support import PASSWORD, PRINTER, Answer, Browser, FakeDevice, run
from tests.web.test_email import CUSTOM

CA = "/security/ca"
AUTHORITY = Authority.new(random.Random(7))
LEAF = AUTHORITY.server("mail.bureau.example").certificate_der
PEM = AUTHORITY.ca_pem.decode()
EXPIRED = Authority.new(random.Random(8)).issue(
    ["Old root"], valid_to=datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), ca=True
)
SUBJECT = parse(AUTHORITY.ca_der).subject


def _pem(der: bytes) -> str:
    return ssl.DER_cert_to_PEM_cert(der)


def custom(device: FakeDevice) -> None:
    device.accounts.saved |= {**CUSTOM, "method": "oauth2", "smtp_port": 587, "secure": "starttls"}


async def confirm(browser: Browser, page: Answer, **fields: str) -> Answer:
    return await browser.submit(CA, do="yes", asked=page.value("asked"), **fields)


@pytest.mark.parametrize(
    ("pem", "words"),
    [
        (_pem(LEAF), "cannot vouch for a server: CN=mail.bureau.example"),
        (_pem(EXPIRED.certificate_der), "has expired: CN=Old root, 2024-01-01"),
        (_pem(b"\x30\x03\x02\x01\x01"), "Enter 1 to 4 certificates in PEM form"),
    ],
    ids=["a leaf", "expired", "no certificate"],
)
def test_the_email_page_and_an_imported_file_say_what_is_wrong_too(pem: str, words: str) -> None:
    """WC-12: on OK, before anybody signs in with it."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        for do in ("ok", "signin"):
            page = await browser.basic(do, **{**CUSTOM, "ca": pem})
            assert page.status == 422 and words in page.text
        file = {"scanpost": 1, "model": "Scanpost One", "email": {**CUSTOM, "smtp_port": 587, "ca": pem}}
        page = await browser.upload("/device/settings", {"file": json.dumps(file).encode()}, do="import")
        assert page.status == 422 and words in page.text
        assert device.saves == []

    run(story)


def test_an_expired_one_is_taken_while_nobody_knows_the_date() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        device.board.clock.unset = True
        page = await browser.basic("ok", **{**CUSTOM, "ca": _pem(EXPIRED.certificate_der)})
        assert page.status != 422 and "has expired" not in page.text

    run(story)


def test_what_a_certificate_says_is_what_another_library_reads() -> None:
    for der in (AUTHORITY.ca_der, LEAF, EXPIRED.certificate_der):
        from cryptography import x509

        theirs, ours = x509.load_der_x509_certificate(der), parse(der)
        name = theirs.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        assert "CN=" + str(name) in ours.subject
        assert ours.begins == theirs.not_valid_before_utc.strftime("%Y-%m-%d")
        assert ours.ends == theirs.not_valid_after_utc.strftime("%Y-%m-%d")
        assert ours.authority is theirs.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@settings(deadline=None, max_examples=400)
@given(st.integers(0, len(AUTHORITY.ca_der) - 1), st.integers(0, 255), st.booleans())
def test_a_damaged_certificate_is_read_or_refused(at: int, byte: int, cut: bool) -> None:
    data = bytearray(AUTHORITY.ca_der)
    data[at] = byte
    try:
        found = parse(bytes(data[:at] if cut else data))
    except ValueError:
        return
    assert len(found.subject) <= 200 and len(found.begins) == 10


@pytest.mark.parametrize("way", ["paste", "PEM file", "DER file"])
def test_an_imported_certificate_is_asked_about_shown_and_removed(way: str) -> None:
    """R09: it becomes a part of the settings of the service Custom; each step is in the audit log."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        custom(device)
        await browser.log_in()
        assert "None. The built-in root certificates count." in (await browser.get(CA)).text
        if way == "paste":
            page = await browser.upload(CA, {"file": b""}, pem=PEM, do="import")
        else:
            data = PEM.encode() if way == "PEM file" else AUTHORITY.ca_der
            page = await browser.upload(CA, {"file": data}, pem="", do="import")
        assert page.status == 200 and "Nothing has been changed yet." in page.text
        assert SUBJECT in page.text and not device.saves
        answer = await confirm(browser, page)
        assert (answer.status, answer.where) == (303, CA)
        page = await browser.get(CA)
        for words in (SUBJECT, parse(AUTHORITY.ca_der).ends, "The CA certificates were changed."):
            assert words in page.text
        [(saved, use_grant)] = device.saves
        assert "".join(saved["ca"].split()) == "".join(PEM.split()) and not use_grant
        again = await browser.upload(CA, {"file": b""}, pem=PEM, do="import")
        assert again.status == 422 and "there already" in again.text
        removed = re.search(r'name="remove" value="([0-9a-f]+)"', page.text)
        assert removed is not None
        page = await browser.submit(CA, remove=removed[1])
        assert "No CA certificate is left" in page.text
        await confirm(browser, page)
        assert device.saved["ca"] == ""
        assert [about for _, _, about in device.noted("trust")] == ["1 CA certificates", "0 CA certificates"]

    run(story)


def test_pb05_an_import_erases_the_sign_in_after_a_question_and_the_password() -> None:
    """PB-05, PB-18."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        custom(device)
        device.sign_in()
        await browser.log_in()
        await device.board.clock.sleep_ms(6 * 60_000)  # the password of the log-in counts no more
        page = await browser.upload(CA, {"file": AUTHORITY.ca_der}, pem="")
        assert "erases the sign-in of " + PRINTER in page.text and 'name="proof"' in page.text
        for wrong in ({}, {"proof": "wrong"}):
            refused = await confirm(browser, page, **wrong)
            assert refused.status == 422 and 'id="proof-error"' in refused.text
            assert not device.saves and device.accounts.account.state == "SIGNED_IN"
        await device.board.clock.sleep_ms(2000)  # after a wrong one
        assert (await confirm(browser, page, proof=PASSWORD)).status == 303
        assert device.accounts.account.state == "SIGNED_OUT"
        assert device.noted("log_in_wrong") == [("log_in_wrong", browser.peer, "")]

    run(story)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Choose a file"),
        (b"nonsense", "not a whole certificate"),
        (AUTHORITY.ca_der[:-1], "not a whole certificate"),
        (b"\x30\x82\xff\xff", "not a whole certificate"),
        (b"\xff" * 900, "not a whole certificate"),
        (
            AUTHORITY.ca_pem + b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "not a whole certificate",
        ),
        (LEAF, "cannot vouch for a server: CN=mail.bureau.example"),
        (EXPIRED.certificate_der, "has expired: CN=Old root"),
        (AUTHORITY.ca_pem * 5, "not a whole certificate"),
    ],
)
def test_wc12_what_is_no_authority_is_refused_and_nothing_is_imported(data: bytes, words: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        custom(device)
        await browser.log_in()
        page = await browser.upload(CA, {"file": data}, pem="")
        assert page.status == 422 and 'aria-describedby="file-error file-note"' in page.text
        assert words in page.text
        answer = await browser.submit(CA, do="yes", asked="")
        assert answer.where == CA and not device.saves  # there is nothing to confirm

    run(story)


def test_wc12_too_large_a_file_and_two_certificates_in_one() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        custom(device)
        await browser.log_in()
        assert (await browser.upload(CA, {"file": b"-" * 1_000_000}, pem="")).status == 413
        two = PEM + Authority.new(random.Random(9)).ca_pem.decode()
        page = await browser.upload(CA, {"file": two.encode()}, pem="")
        assert page.text.count("<dt>Issuer</dt>") == 2
        await confirm(browser, page)
        assert device.saved["ca"].count("BEGIN CERTIFICATE") == 2

    run(story)


def test_wc13_a_change_by_somebody_else_meanwhile_saves_nothing() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        custom(device)
        await browser.log_in()
        page = await browser.upload(CA, {"file": AUTHORITY.ca_der}, pem="")
        device.accounts.saved["smtp_host"] = "elsewhere.bureau.example"
        answer = await confirm(browser, page)
        assert answer.status == 422 and "changed meanwhile" in answer.text and not device.saves

    run(story)


def test_a_built_in_service_takes_none_and_the_fax_server_has_its_own() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await browser.get(CA)
        assert "built-in root certificates, and against nothing else" in page.text and 'type="file"' not in page.text
        assert (await browser.upload(CA, {"file": AUTHORITY.ca_der}, pem="")).status == 422
        assert device.fax is not None
        device.fax.saved |= {**CUSTOM, "method": "oauth2"}
        page = await browser.upload("/fax/server/ca", {"file": AUTHORITY.ca_der}, pem="")
        await browser.submit("/fax/server/ca", do="yes", asked=page.value("asked"))
        assert "BEGIN" in device.fax.saved["ca"] and device.saved["ca"] == ""

    run(story)


def test_wc08_a_name_in_a_certificate_is_text() -> None:
    hostile = AUTHORITY.issue([], common_name='<script>alert("1")</script>\u202e', ca=True)

    async def story(device: FakeDevice, browser: Browser) -> None:
        custom(device)
        await browser.log_in()
        page = await browser.upload(CA, {"file": hostile.certificate_der}, pem="")
        assert "&lt;script&gt;" in page.text and "<script" not in page.text and "\u202e" not in page.text

    run(story)


def test_r09_the_built_in_roots_with_version_and_number() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = (await browser.get("/security/roots")).text
        assert "<dd>Scanpost simulation 1.0</dd>" in page and "<dd>1</dd>" in page and "<dd>0.1.0</dd>" in page

    run(story)
