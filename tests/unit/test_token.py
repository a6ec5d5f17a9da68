"""The saved sign-in: what ends it, what does not, and that nothing is lost on the way (R07, R08, R16, R18-R20)."""

import json

import pytest

from firmware.oauth.answers import MAX_BODY
from firmware.oauth.grant import Grant
from firmware.oauth.provider import provider_for
from firmware.oauth.signin import SignIn
from firmware.oauth.token import Account
from firmware.settings import DEFAULTS
from tests.oauth_answers import ADDRESS, CLIENT_ID, TENANT, device_answer, refusal, token_answer

PROVIDER = provider_for(DEFAULTS)
BINDING = "b" * 64
NOW_S = 1_763_892_000
DAY_S = 86_400
MINUTE_MS = 60_000
LIFE_MS = 3_599_000


def a_grant(ticks: int = 0, **changes: object) -> Grant:
    machine = SignIn(PROVIDER)
    machine.on_device_code(200, device_answer(), ticks)
    machine.on_poll(200, {}, token_answer(**changes), ticks)
    assert machine.grant is not None
    return machine.grant


def signed_in(**changes: object) -> Account:
    account = Account()
    account.grant(a_grant(0, **changes), BINDING, NOW_S, 0)
    account.commit()
    return account


def refreshed(account: Account, status: int, body: bytes, headers: dict[str, str] | None = None, ticks: int = 0) -> str:
    account.refresh_form(PROVIDER)
    return account.on_refresh(status, headers or {}, body, NOW_S + DAY_S, ticks)


def refresh_token(account: Account) -> str:
    return str(account.record()["refresh_token"])


def test_r07_grant_counts_once_it_is_on_flash() -> None:
    account = Account()
    assert (account.state, account.unsaved, account.fresh_token(0)) == ("SIGNED_OUT", False, None)
    account.grant(a_grant(), BINDING, NOW_S, 0)
    assert account.unsaved and account.fresh_token(0) is None
    record = json.loads(json.dumps(account.record()))
    assert record["refresh_token"] == "REFRESH-SECRET-1" and "ACCESS-SECRET-1" not in json.dumps(record)
    account.commit()
    assert not account.unsaved and account.fresh_token(0) == "ACCESS-SECRET-1"
    again = Account.load(record)
    assert (again.state, again.address, again.tenant, again.binding) == ("SIGNED_IN", ADDRESS, TENANT, BINDING)
    assert (again.granted_s, again.good_until_s) == (NOW_S, NOW_S + 90 * DAY_S)
    assert again.record() == record and again.fresh_token(0) is None  # an access token is never on flash


def test_life_of_the_access_token_counts_from_its_arrival_not_from_ok() -> None:
    account = Account()
    account.grant(a_grant(ticks=1000), BINDING, NOW_S, 1000 + 15 * MINUTE_MS)
    account.commit()
    assert account.fresh_token(1000 + LIFE_MS - 10 * MINUTE_MS) == "ACCESS-SECRET-1"
    assert account.fresh_token(1000 + LIFE_MS - 10 * MINUTE_MS + 1) is None


@pytest.mark.parametrize(
    ("expires_in", "fresh_s"),
    [(600, 300), (60, 30), (1, 30), (0, 3000), (None, 3000), (-5, 3000), ("3600", 3000), (1e12, 85_800), ("x", 3000)],
)
def test_short_lived_tokens_are_used_for_half_their_life(expires_in: object, fresh_s: int) -> None:
    account = signed_in(expires_in=expires_in)
    assert account.fresh_token(fresh_s * 1000) is not None
    assert account.fresh_token(fresh_s * 1000 + 1) is None


def test_refresh_rotates_and_counts_once_it_is_on_flash() -> None:
    account = signed_in()
    assert account.refresh_form(PROVIDER) == {
        "grant_type": "refresh_token",
        "client_id": CLIENT_ID,
        "refresh_token": "REFRESH-SECRET-1",
        "scope": "https://outlook.office.com/SMTP.Send offline_access",  # who it is was said at the sign-in
    }
    answer = token_answer(access_token="ACCESS-2", refresh_token="REFRESH-2", id_token=None)
    assert account.on_refresh(200, {}, answer, NOW_S + DAY_S, 5) == "ok"
    assert account.unsaved and account.fresh_token(5) is None and refresh_token(account) == "REFRESH-2"
    account.commit()
    assert account.fresh_token(5) == "ACCESS-2" and account.good_until_s == NOW_S + 91 * DAY_S
    assert account.granted_s == NOW_S


def test_failed_write_loses_nothing() -> None:
    account = signed_in()
    assert refreshed(account, 200, token_answer(refresh_token="REFRESH-2")) == "ok"
    assert account.fresh_token(0) is None  # flash was full: no commit
    assert account.refresh_form(PROVIDER)["refresh_token"] == "REFRESH-2"


def test_answer_without_a_new_refresh_token_keeps_the_old_one() -> None:
    account = signed_in()
    assert refreshed(account, 200, token_answer(refresh_token=None, access_token="ACCESS-2")) == "ok"
    account.commit()
    assert refresh_token(account) == "REFRESH-SECRET-1" and account.fresh_token(0) == "ACCESS-2"


@pytest.mark.parametrize(
    ("body", "state", "key"),
    [
        (refusal("invalid_grant", 700082), "EXPIRED", "reason.unused"),
        (refusal("invalid_grant", 70008), "EXPIRED", "reason.expired"),
        (refusal("invalid_grant", 70043), "EXPIRED", "reason.frequency"),
        (refusal("interaction_required", 70043), "EXPIRED", "reason.frequency"),
        (refusal("invalid_grant", 0, suberror="token_expired"), "EXPIRED", "reason.expired"),
        (refusal("invalid_grant", 50173, suberror="bad_token"), "REAUTH", "reason.revoked"),
        (refusal("invalid_grant", 50076, suberror="basic_action"), "REAUTH", "reason.mfa"),
        (refusal("interaction_required", 50079), "REAUTH", "reason.mfa_missing"),
        (refusal("invalid_grant", 53003), "REAUTH", "reason.policy"),
        (refusal("invalid_grant", 530036), "REAUTH", "reason.device_code"),
        (refusal("invalid_grant", 50057), "REAUTH", "reason.account_disabled"),
        (refusal("invalid_grant", 50034), "REAUTH", "reason.account_unknown"),
        (refusal("invalid_grant", 65001), "REAUTH", "reason.consent"),
        (refusal("consent_required"), "REAUTH", "reason.consent"),
        (refusal("invalid_grant", 0, suberror="consent_required"), "REAUTH", "reason.consent"),
        (refusal("login_required"), "REAUTH", "reason.refused"),
        (refusal("invalid_grant", 70000), "REAUTH", "reason.refused"),
        (refusal("invalid_grant", 999999), "REAUTH", "reason.refused"),
        (refusal("invalid_grant", error_description=None), "REAUTH", "reason.refused"),
        (refusal("invalid_grant", 0, "AADSTS700082: Unused."), "EXPIRED", "reason.unused"),
    ],
)
def test_r19_r20_only_the_clouds_word_ends_a_sign_in(body: bytes, state: str, key: str) -> None:
    account = signed_in()
    assert refreshed(account, 400, body) == "ended"
    assert (account.state, account.reason.partition("\t")[0], account.unsaved) == (state, key, True)
    assert account.fresh_token(0) is None and refresh_token(account) == "" and account.good_until_s is None
    assert account.address == ADDRESS  # whose sign-in it was
    again = Account.load(account.record())
    assert (again.state, again.reason) == (state, account.reason)


@pytest.mark.parametrize(
    ("status", "body", "trouble"),
    [
        (400, refusal("invalid_client", 7000218), "reason.public_client"),
        (401, refusal("invalid_client"), "reason.client"),
        (400, refusal("unauthorized_client", 700016), "reason.client"),
        (400, refusal("invalid_scope", 70011), "reason.scope"),
        (400, refusal("invalid_request", 700082), "reason.unused"),  # the number alone does not end it
        (400, refusal("temporarily_unavailable"), "reason.unavailable"),
        (429, refusal("invalid_grant", 700082), "reason.unavailable"),
        (503, refusal("invalid_grant", 700082), "reason.unavailable"),
        (302, b"", "reason.unavailable"),
        (204, b"", "reason.unavailable"),
        (400, b"<html>", "reason.bad_answer"),
        (400, b"[]", "reason.bad_answer"),
        (400, b'{"error": "invalid_grant"', "reason.bad_answer"),
        (400, b'{"error": ["invalid_grant"]}', "reason.bad_answer"),
        (200, refusal("invalid_grant", 700082), "reason.bad_answer"),
        (200, b"", "reason.bad_answer"),
        (200, b"<html>sign in to the hotel</html>", "reason.bad_answer"),
        (200, token_answer()[:-5], "reason.bad_answer"),
        (200, token_answer(access_token=None), "reason.bad_answer"),
        (200, token_answer(token_type="pop"), "reason.bad_answer"),
        (200, token_answer(refresh_token=["x"]), "reason.bad_answer"),
        (200, token_answer(scope="everything"), "reason.scope_larger"),
        (200, b" " * MAX_BODY + token_answer(), "reason.bad_answer"),
        (200, b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "reason.bad_answer"),
    ],
)
def test_everything_else_is_tried_again_and_keeps_the_sign_in(status: int, body: bytes, trouble: str) -> None:
    account = signed_in()
    before = account.record()
    assert refreshed(account, status, body, ticks=1000) == "retry"
    assert account.record() == before and not account.unsaved
    assert account.trouble.partition("\t")[0] == trouble
    assert account.retry_at_ticks == 1000 + 5000
    assert refreshed(account, 200, token_answer()) == "ok" and account.trouble == ""


def test_lost_answer_is_asked_for_again_soon_with_the_same_token() -> None:
    account = signed_in()
    first = account.refresh_form(PROVIDER)
    assert account.on_transport_error(7000) == "retry"
    assert account.retry_at_ticks == 8000
    assert account.refresh_form(PROVIDER) == first


def test_back_off_grows_with_jitter_and_starts_again_after_success() -> None:
    account = signed_in()
    waits = []
    for _ in range(8):
        account.refresh_form(PROVIDER)
        account.on_transport_error(0)
        waits.append(account.retry_at_ticks // 1000)
    assert waits == [1, 5, 30, 120, 300, 300, 300, 300]  # once the cloud is well, mail goes out within ten minutes
    account.refresh_form(PROVIDER)
    account.on_transport_error(0, 255)
    assert 300 * 1240 < account.retry_at_ticks < 300 * 1250  # up to a quarter more
    refreshed(account, 200, token_answer())
    assert account.retry_at_ticks == 0
    account.refresh_form(PROVIDER)
    account.on_transport_error(0)
    assert account.retry_at_ticks == 1000


@pytest.mark.parametrize(("retry_after", "ms"), [("120", 120_000), ("0", 5000), ("999999", 3_600_000), ("soon", 5000)])
def test_retry_after_is_honoured_within_bounds(retry_after: str, ms: int) -> None:
    account = signed_in()
    refreshed(account, 429, b"", {"retry-after": retry_after})
    assert account.retry_at_ticks == ms


def test_r08_sign_out_erases_and_a_late_answer_brings_nothing_back() -> None:
    account = signed_in()
    account.refresh_form(PROVIDER)
    account.sign_out("detail.settings_changed")
    assert account.unsaved and "SECRET" not in json.dumps(account.record())
    assert account.on_refresh(200, {}, token_answer(), NOW_S, 0) == "ignored"
    assert account.on_transport_error(0) == "ignored"
    assert (account.state, account.reason, account.address) == ("SIGNED_OUT", "detail.settings_changed", "")
    assert Account.load(account.record()).reason == "detail.settings_changed"
    with pytest.raises(AssertionError):
        account.refresh_form(PROVIDER)


def test_answer_for_the_sign_in_before_is_ignored() -> None:
    account = signed_in()
    account.refresh_form(PROVIDER)
    account.grant(a_grant(refresh_token="REFRESH-NEW"), BINDING, NOW_S, 0)
    assert account.on_refresh(400, {}, refusal("invalid_grant", 50173), NOW_S, 0) == "ignored"
    assert account.state == "SIGNED_IN" and refresh_token(account) == "REFRESH-NEW"


def test_mail_server_refuses_twice() -> None:
    """535 5.7.3: one new access token, then only a person can help."""
    account = signed_in()
    assert account.token_refused("535 5.7.3 Authentication unsuccessful") is True
    assert account.state == "SIGNED_IN" and account.fresh_token(0) is None
    assert account.token_refused("again, before there is a new one") is True
    refreshed(account, 200, token_answer(access_token="ACCESS-2"))
    account.commit()
    assert account.fresh_token(0) == "ACCESS-2"
    assert account.token_refused("535 5.7.3 Authentication unsuccessful for ACCESS-2") is False
    assert (account.state, account.unsaved) == ("REAUTH", True)
    assert account.reason == "reason.mail_server\t535 5.7.3 Authentication unsuccessful for …"
    assert account.token_refused("535") is False


def test_refusals_far_apart_are_not_two_in_a_row() -> None:
    account = signed_in()
    for accept in (True, False):
        assert account.token_refused("535 5.7.3") is True
        refreshed(account, 200, token_answer())
        if accept:
            account.token_accepted()
        else:
            refreshed(account, 200, token_answer())  # used up without a complaint
    assert account.token_refused("535 5.7.3") is True


def test_own_clock_ends_nothing() -> None:
    account = Account()
    account.grant(a_grant(), BINDING, None, 0)
    account.commit()
    assert account.good_until_s is None and account.granted_s is None
    for now_s in (None, 0, NOW_S + 10 * 365 * DAY_S):
        account.refresh_form(PROVIDER)
        account.on_refresh(503, {}, b"", now_s, 0)
        assert account.state == "SIGNED_IN" and account.fresh_token(0) == "ACCESS-SECRET-1"


def test_keep_alive_after_seven_days_by_either_clock() -> None:
    account = signed_in()
    week_ms = 7 * DAY_S * 1000
    assert account.keep_alive_in_ms(0, NOW_S) == week_ms
    assert account.keep_alive_in_ms(week_ms - 1, NOW_S) == 1  # the wall clock stands still
    assert account.keep_alive_in_ms(5, NOW_S + 7 * DAY_S) == 0  # the device was off
    assert account.keep_alive_in_ms(5, NOW_S - 9999) == week_ms - 5  # it went back
    assert account.keep_alive_in_ms(week_ms, None) == 0
    assert Account().keep_alive_in_ms(week_ms, NOW_S) is None
    spread = Account.load(account.record(), 0, 255).keep_alive_in_ms(0, NOW_S)
    assert spread is not None and week_ms - DAY_S * 1000 < spread < week_ms - DAY_S * 990
    account.refresh_form(PROVIDER)
    account.on_transport_error(week_ms)
    assert account.keep_alive_in_ms(week_ms, NOW_S) == 1000  # not before the back-off allows


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"state": "SIGNED_IN"},
        {"state": "SIGNED_IN", "refresh_token": "", "binding": BINDING},
        {"state": "SIGNED_IN", "refresh_token": "x"},
        {"state": "SIGNED_IN", "refresh_token": 5, "binding": BINDING},
        {"state": "SIGNED_IN", "refresh_token": "x", "binding": None},
        {"state": "OTHER", "refresh_token": "x", "binding": BINDING},
        {"state": ["SIGNED_IN"], "address": 5, "used_s": "x"},
    ],
)
def test_record_that_makes_no_sense_is_no_sign_in(record: dict[str, object]) -> None:
    account = Account.load(record)
    assert account.state == "SIGNED_OUT" and account.fresh_token(0) is None and refresh_token(account) == ""


def test_no_secret_in_what_an_account_tells() -> None:
    account = signed_in()
    body = refusal("invalid_grant", 70000, "REFRESH-SECRET-1 and ACCESS-SECRET-1 are no good.", correlation_id="abc")
    refreshed(account, 400, body)
    told = repr(account) + account.reason + account.trouble + json.dumps(account.record())
    assert "SECRET" not in told and "… and … are no good." in account.reason


@pytest.mark.parametrize("number", [50196, 90055])
def test_too_many_requests_do_not_end_a_sign_in(number: int) -> None:
    """Cloud-facts 3.7: back off, also where the service calls it invalid_grant."""
    account = signed_in()
    assert refreshed(account, 400, refusal("invalid_grant", number)) == "retry"
    assert account.state == "SIGNED_IN" and account.trouble.startswith("reason.unavailable")
