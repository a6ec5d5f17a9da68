"""What an administrator should change: for every error number that ends a sign-in or refuses one, in both languages."""

import json

import pytest

from firmware.jobs.codes import detail_of
from firmware.oauth.answers import Refusal
from firmware.panel.strings import LANGUAGES, SELDOM, advice, has, reason, text
from sim.cloud.aadsts import AADSTS

# Where a person has to act (cloud-facts 3.7), and the words by which they find the place.
POLICIES = {
    530036: ("reason.device_code", "device code flow"),
    53003: ("reason.policy", "Conditional Access"),
    50097: ("reason.managed_device", "managed device"),
    53000: ("reason.managed_device", "managed device"),
    53001: ("reason.managed_device", "managed device"),
    53002: ("reason.managed_device", "approved app"),
    530035: ("reason.security_defaults", "security defaults"),
    50074: ("reason.mfa", "second factor"),
    50076: ("reason.mfa", "second factor"),
    50078: ("reason.mfa", "second factor"),
    50072: ("reason.mfa_missing", "https://aka.ms/mfasetup"),
    50079: ("reason.mfa_missing", "https://aka.ms/mfasetup"),
    70043: ("reason.frequency", "Sign-in frequency"),
    50173: ("reason.revoked", "password"),
    50055: ("reason.password_expired", "password"),
    50057: ("reason.account_disabled", "enable the account"),
    50053: ("reason.account_locked", "unlock"),
    50034: ("reason.account_unknown", "Deleted users"),
    50105: ("reason.not_assigned", "assign"),
    65001: ("reason.consent", "admin consent"),
    700082: ("reason.unused", "90 days"),
    70008: ("reason.expired", "Sign in again"),
    700016: ("reason.client", "client ID"),
    7000112: ("reason.client", "enabled"),
    7000218: ("reason.public_client", "public client flows"),
    70011: ("reason.scope", "SMTP.Send"),
    90002: ("reason.tenant", "tenant"),
    70000: ("reason.refused", "https://login.microsoftonline.com/error"),
}
# The device's own doing, or the service's: it goes on by itself, begins anew, or there is nothing to change.
NOBODY = (28000, 50126, 50196, 65004, 70003, 70016, 70018, 70020, 90013, 90055, 900144, 900561)


def refused(number: int) -> Refusal:
    row = AADSTS[number]
    document = {"error": row.error, "error_codes": [number], "error_description": f"AADSTS{number}: {row.words}"}
    if row.suberror:
        document["suberror"] = row.suberror
    return Refusal(json.loads(json.dumps(document)))


def saved(refusal: Refusal) -> str:
    return refusal.key + "\t" + refusal.words


@pytest.mark.parametrize("number", POLICIES)
def test_each_policy_is_named_with_its_number_and_what_to_change(number: int) -> None:
    key, place = POLICIES[number]
    refusal = refused(number)
    words = saved(refusal)
    assert refusal.key == key and f"AADSTS{number}" in reason(words, "en") and place in advice(words, "en")
    told = {language: advice(words, language) for language in LANGUAGES}
    assert all(told.values()) and told["lt"] != told["en"]


def test_no_number_that_needs_somebody_is_without_advice() -> None:
    silent = [number for number in AADSTS if number not in NOBODY and not advice(saved(refused(number)), "en")]
    assert silent == []


def test_a_service_of_somebody_else_has_no_entra_admin_center() -> None:
    for key in ("reason.consent", "reason.client", "reason.refused", "reason.scope"):
        assert advice(key + "\tThe permission was withdrawn.", "en") == advice(key, "en") == ""
    assert advice("reason.mail_server\t535 No", "en") and advice("reason.expired", "en")


@pytest.mark.parametrize("kind", ["smtp_auth_disabled_tenant", "smtp_auth_disabled_mailbox", "security_defaults"])
def test_a_switch_of_the_mail_server_has_its_place_too(kind: str) -> None:
    assert all(advice(detail_of(kind) + "\t535 5.7.139", language) for language in LANGUAGES)


def test_a_code_that_nobody_used_may_have_been_blocked_in_the_browser() -> None:
    """The page shows 53003 there, and the device hears nothing but "pending" until the code runs out (cloud-facts 3.10)."""
    assert all("53003" in advice("reason.code_expired", language) for language in LANGUAGES)


def test_where_nothing_can_be_changed_nothing_is_said() -> None:
    for words in ("", "detail.dns\t", "reason.network", "words of a server", "reason.no_such\tx"):
        assert advice(words, "en") == ""
    assert not has("advice.no_such") and text("advice.no_such") == "advice.no_such"


def test_the_advice_is_let_go_with_the_words_that_are_seldom_shown() -> None:
    assert {"firmware.panel.words.advice_" + name for name in ("keys", *LANGUAGES)} < set(SELDOM)
