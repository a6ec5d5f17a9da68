"""The error-code table."""

import pytest

from firmware.jobs.codes import code_for, detail_of, kinds, strings_of
from firmware.mail import refusals, sender
from firmware.panel import strings

# Where a code's number and meaning come from: "manual" = the device's manual; "unconfirmed" = known from such devices, but
# no stored document shows it (cloud-facts 1.4); "ours" = numbers the manual does not use.
SOURCES = {
    1: "unconfirmed",
    101: "unconfirmed",
    311: "unconfirmed",
    312: "unconfirmed",
    313: "unconfirmed",
    314: "unconfirmed",
    350: "unconfirmed",
    351: "unconfirmed",
    352: "unconfirmed",
    360: "manual",  # R18
    361: "manual",  # R19
    370: "manual",  # R20
    371: "ours",
    372: "ours",
    373: "ours",
    374: "ours",
    375: "ours",
    376: "ours",
    377: "ours",
    378: "ours",
    379: "ours",
}
DETAILS = {kind: detail_of(kind) for kind in kinds()}


def test_r18_r19_r20_are_the_manuals_and_only_the_sign_in_gives_them() -> None:
    assert [code for code, source in SOURCES.items() if source == "manual"] == [360, 361, 370]
    kinds = {kind: code_for(kind) for kind in DETAILS if code_for(kind) in (360, 361, 370)}
    assert kinds == {"not_signed_in": 360, "expired": 361, "reauth": 370}


def test_r18_r19_r20_words_are_the_manuals() -> None:
    assert strings.text("code.360") == "Not signed in to the cloud service or email service."
    assert strings.text("code.361") == "The sign-in to the cloud service or email service has expired."
    assert strings.text("code.370") == "You need to sign in to the cloud service again."
    assert (
        strings.text("solution.360") == strings.text("solution.361") == "Sign in to the cloud service or email service."
    )
    assert strings.text("solution.370") == "Sign in to the cloud service."


@pytest.mark.parametrize("language", strings.LANGUAGES)
def test_r17_every_code_and_kind_has_words(language: str) -> None:
    keys = [key for code in SOURCES for key in strings_of(code)] + [key for key in DETAILS.values() if key]
    assert [key for key in keys if strings.text(key, language) == key] == []


def test_every_kind_has_a_code_of_the_table_and_every_code_a_kind() -> None:
    assert {code_for(kind) for kind in DETAILS} == set(SOURCES)
    assert set(SOURCES.values()) == {"manual", "unconfirmed", "ours"}


def test_every_kind_that_a_mail_can_end_with_is_in_the_table() -> None:
    kinds = {row[4] for row in refusals._REFUSALS} | {row[1] for row in sender._ERRORS}
    kinds |= {"throttled", "protocol", "certificate", "certificate_time", "document_changed"}
    assert kinds - set(DETAILS) == set()


def test_r01_each_switch_has_a_sentence_of_its_own() -> None:
    kinds = ("smtp_auth_disabled_tenant", "smtp_auth_disabled_mailbox", "security_defaults", "conditional_access")
    assert len({DETAILS[kind] for kind in kinds}) == 4
    assert {code_for(kind) for kind in kinds} == {312}


def test_an_unknown_kind_has_a_code_too() -> None:
    assert code_for("something new") == 374


def test_codes_are_shown_with_three_digits() -> None:
    assert strings_of(1) == ("code.001", "solution.001")
