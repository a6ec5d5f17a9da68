"""One attempt to sign in (RFC 8628): what each answer of the cloud does, and that nothing secret is told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.oauth.answers import MAX_BODY
from firmware.oauth.provider import SCOPE, provider_for
from firmware.oauth.signin import SignIn
from firmware.settings import DEFAULTS
from tests.oauth_answers import ADDRESS, CLIENT_ID, DEVICE_CODE, TENANT, device_answer, id_token, refusal, token_answer

START = 5_000_000  # the device has been on for a while


def requesting() -> SignIn:
    return SignIn(provider_for(DEFAULTS), "session 1")


def waiting(**changes: object) -> SignIn:
    machine = requesting()
    machine.on_device_code(200, device_answer(**changes), START)
    assert machine.state == "WAITING", machine.reason
    return machine


def polled(status: int, body: bytes, headers: dict[str, str] | None = None) -> SignIn:
    machine = waiting()
    machine.on_poll(status, headers or {}, body, machine.next_poll_ticks)
    return machine


def test_r06_code_and_page_are_shown_then_the_tokens_are_held() -> None:
    machine = requesting()
    assert machine.request_form() == {"client_id": CLIENT_ID, "scope": SCOPE}
    machine.on_device_code(200, device_answer(), START)
    assert (machine.user_code, machine.verification_uri) == ("G24WVVELM", "https://login.microsoft.com/device")
    assert machine.next_poll_ticks == START + 5000 and machine.deadline_ticks == START + 900_000
    assert machine.poll_form() == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": CLIENT_ID,
        "device_code": DEVICE_CODE,
    }
    machine.on_poll(400, {}, refusal("authorization_pending", 70016), START + 5100)
    assert machine.state == "WAITING" and machine.next_poll_ticks == START + 10_100
    machine.on_poll(200, {}, token_answer(), START + 10_200)
    assert machine.state == "GRANTED" and machine.grant is not None
    assert (machine.grant.address, machine.grant.tenant, machine.grant.name) == (ADDRESS, TENANT, "Spausdintuvas")
    assert machine.grant.received_ticks == START + 10_200 and machine.grant.missing_scope == ""
    assert (machine.user_code, machine.reason) == ("", "")


@pytest.mark.parametrize(
    ("interval", "s"),
    [
        (None, 5),
        (5, 5),
        (1, 1),
        (0, 1),
        (-7, 1),
        (0.2, 1),
        ("12", 12),
        ("soon", 5),
        (1e9, 3600),
        (10**30, 3600),
        ([], 5),
        (True, 5),
    ],
)
def test_interval_is_at_least_a_second_and_bounded(interval: object, s: int) -> None:
    machine = waiting(interval=interval)
    assert machine.next_poll_ticks == START + s * 1000


@pytest.mark.parametrize(
    ("expires_in", "s"), [(None, 900), (900, 900), ("60", 60), (0, 900), (-1, 900), (1e12, 3600), ("x", 900), (1, 1)]
)
def test_life_of_the_code_is_bounded(expires_in: object, s: int) -> None:
    assert waiting(expires_in=expires_in).deadline_ticks == START + s * 1000


@pytest.mark.parametrize("number", [b"1e999", b"NaN", b"-Infinity", b"05", b"+5", b"5."])
def test_numbers_that_are_none(number: bytes) -> None:
    """TK-05: a document that is not JSON has one named error on both interpreters."""
    machine = requesting()
    machine.on_device_code(200, device_answer().replace(b"900", number), START)
    assert (machine.state, machine.reason) == ("FAILED", "reason.bad_answer")


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1:8080/device", "http://localhost/device", "http://[::1]:1/x", "https://a.example"]
)
def test_page_may_be_plain_http_on_this_machine_only(uri: str) -> None:
    assert waiting(verification_uri=uri).verification_uri == uri


@pytest.mark.parametrize(
    "uri",
    [
        None,
        7,
        "",
        "http://login.microsoft.com/device",
        "http://127.0.0.1.evil.example/",
        "http://localhost@evil.example/",
        "javascript:alert(1)",
        "https://a.example/\r\n",
        "https://a.example/<script>",
        "https://a.example/" + "x" * 250,
    ],
)
def test_page_that_cannot_be_shown_ends_the_attempt(uri: object) -> None:
    machine = requesting()
    machine.on_device_code(200, device_answer(verification_uri=uri), START)
    assert (machine.state, machine.reason, machine.user_code) == ("FAILED", "reason.bad_uri", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"user_code": None},
        {"user_code": ""},
        {"user_code": "x" * 33},
        {"user_code": "AB\nCD"},
        {"user_code": "AB\u202eCD"},
        {"user_code": 12345},
        {"device_code": None},
        {"device_code": "x" * 5000},
        {"device_code": "a b"},
    ],
)
def test_codes_are_printable_and_bounded(changes: dict[str, object]) -> None:
    machine = requesting()
    machine.on_device_code(200, device_answer(**changes), START)
    assert (machine.state, machine.reason) == ("FAILED", "reason.bad_answer")


@pytest.mark.parametrize(
    ("status", "body", "state", "key"),
    [
        (400, refusal("invalid_client", 7000218), "FAILED", "reason.public_client"),
        (401, refusal("unauthorized_client", 700016), "FAILED", "reason.client"),
        (400, refusal("invalid_request", 90002), "FAILED", "reason.tenant"),
        (400, refusal("access_denied", 53003), "DECLINED", "reason.declined"),
        (400, refusal("invalid_grant", 53003), "BLOCKED", "reason.policy"),
        (503, b"", "FAILED", "reason.unavailable"),
        (302, b"", "FAILED", "reason.unavailable"),
        (200, b"<html>", "FAILED", "reason.bad_answer"),
        (200, b"[1]", "FAILED", "reason.bad_answer"),
        (400, b"no", "FAILED", "reason.bad_answer"),
        (400, b"{}", "FAILED", "reason.bad_answer"),
    ],
)
def test_request_can_be_refused(status: int, body: bytes, state: str, key: str) -> None:
    machine = requesting()
    machine.on_device_code(status, body, START)
    assert (machine.state, machine.reason.partition("\t")[0]) == (state, key)


def test_request_without_answer_fails_with_its_reason() -> None:
    machine = requesting()
    machine.on_transport_error(START, "reason.dns")
    assert (machine.state, machine.reason) == ("FAILED", "reason.dns")


@pytest.mark.parametrize(
    ("body", "state", "key"),
    [
        (refusal("access_denied"), "DECLINED", "reason.declined"),
        (refusal("authorization_declined", 70018), "DECLINED", "reason.declined"),
        (refusal("authorization_declined", 70020), "DECLINED", "reason.declined"),
        (refusal("expired_token", 70019), "CODE_EXPIRED", "reason.code_expired"),
        (refusal("expired_token"), "CODE_EXPIRED", "reason.code_expired"),
        (refusal("bad_verification_code", 70020), "CODE_EXPIRED", "reason.code_expired"),
        (refusal("invalid_grant", 70019), "CODE_EXPIRED", "reason.code_expired"),
        (refusal("bad_verification_code", 70018), "FAILED", "reason.bad_code"),
        (refusal("invalid_grant", 53003), "BLOCKED", "reason.policy"),
        (refusal("invalid_grant", 530036), "BLOCKED", "reason.device_code"),
        (refusal("invalid_grant", 53000), "BLOCKED", "reason.managed_device"),
        (refusal("interaction_required", 530035), "BLOCKED", "reason.security_defaults"),
        (refusal("invalid_grant", 50076), "FAILED", "reason.mfa"),
        (refusal("invalid_grant", 65001), "FAILED", "reason.consent"),
        (refusal("invalid_grant", 90094), "FAILED", "reason.consent"),
        (refusal("invalid_client", 7000218), "FAILED", "reason.public_client"),
        (refusal("unsupported_grant_type"), "FAILED", "reason.refused"),
        (b"{}", "FAILED", "reason.bad_answer"),
        (b'{"error": 5}', "FAILED", "reason.bad_answer"),
    ],
)
def test_r02_r03_each_refusal_while_polling(body: bytes, state: str, key: str) -> None:
    machine = polled(400, body)
    assert (machine.state, machine.reason.partition("\t")[0]) == (state, key)
    assert machine.user_code == "" and machine.grant is None


@pytest.mark.parametrize(
    ("code", "state", "key"), [(70018, "FAILED", "reason.memory"), (53003, "BLOCKED", "reason.policy")]
)
def test_a_code_that_was_perhaps_used_up_for_an_answer_without_memory(code: int, state: str, key: str) -> None:
    machine = waiting()
    machine.on_transport_error(5000, "reason.memory")
    machine.on_poll(400, {}, refusal("bad_verification_code" if code == 70018 else "invalid_grant", code), 20_000)
    assert (machine.state, machine.reason.partition("\t")[0]) == (state, key)


def test_policy_is_told_in_the_clouds_words_with_its_correlation_id() -> None:
    words = "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."
    machine = polled(400, refusal("invalid_grant", 53003, words))
    assert machine.reason == (
        "reason.policy\tAADSTS53003: Access has been blocked by Conditional Access policies."
        " Correlation ID: c0ffee00-0000-0000-0000-000000000001"
    )


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("plain\r\nTrace ID: 1", "plain"),
        ("a\u202eb\x00c\u200fd\ufefff\ue000g\U0001f600h", "a?b?c?d?f?g?h"),
        ("x" * 70 + " y", "… y"),
        (" ".join(["long"] * 100), " ".join(["long"] * 40)),
        ("echo " + DEVICE_CODE + " again", "echo … again"),
        ("<b>Hello</b>", "<b>Hello</b>"),
        ("Dėmesio: žodžiai. Toliau", "Dėmesio: žodžiai."),
        ("\n", "invalid_request"),
    ],
)
def test_the_clouds_words_are_one_harmless_line(sentence: str, shown: str) -> None:
    machine = polled(400, refusal("invalid_request", 0, sentence, correlation_id="not an id"))
    assert machine.reason == "reason.refused\t" + shown


def test_slow_down_is_for_good() -> None:
    machine = waiting()
    now = machine.next_poll_ticks
    for interval_ms in (10_000, 15_000, 20_000):
        machine.on_poll(400, {}, refusal("slow_down"), now)
        assert machine.next_poll_ticks == now + interval_ms
        now = machine.next_poll_ticks
    machine.on_poll(400, {}, refusal("authorization_pending"), now)
    assert machine.next_poll_ticks == now + 20_000


def test_failures_back_off_and_never_end_the_attempt() -> None:
    machine = waiting()
    waits = []
    now = START
    for _ in range(7):
        now = machine.next_poll_ticks
        machine.on_transport_error(now)
        waits.append(machine.next_poll_ticks - now)
    assert waits == [10_000, 20_000, 40_000, 80_000, 120_000, 120_000, 120_000]
    assert (machine.state, machine.trouble) == ("WAITING", "reason.network")
    machine.on_poll(400, {}, refusal("authorization_pending"), now)
    assert machine.next_poll_ticks == now + 5000 and machine.trouble == ""


@pytest.mark.parametrize(
    ("status", "headers", "body", "at_least_ms"),
    [
        (429, {"retry-after": "40"}, b"", 40_000),
        (429, {"retry-after": "0"}, b"", 10_000),
        (429, {"retry-after": "1000000000"}, b"", 3_600_000),
        (503, {"retry-after": "soon"}, b"", 10_000),
        (302, {}, b"", 10_000),
        (404, {}, refusal("access_denied"), 10_000),
        (500, {}, refusal("expired_token"), 10_000),
        (200, {}, b"<html>", 10_000),
        (200, {}, b'{"access_token": "x', 10_000),
        (200, {}, b"[" * 20_000, 10_000),
        (200, {}, b" " * (MAX_BODY + 1), 10_000),
        (400, {}, b"\xff\xfe", 10_000),
        (400, {"retry-after": "20"}, refusal("temporarily_unavailable"), 20_000),
    ],
)
def test_servers_in_trouble_are_asked_again_later(
    status: int, headers: dict[str, str], body: bytes, at_least_ms: int
) -> None:
    machine = polled(status, body, headers)
    assert machine.state == "WAITING" and machine.trouble
    assert machine.next_poll_ticks == START + 5000 + at_least_ms


def test_long_intervals_are_not_shortened_by_a_failure() -> None:
    machine = waiting(interval=300)
    machine.on_transport_error(START + 300_000)
    assert machine.next_poll_ticks == START + 600_000


def test_only_the_monotonic_clock_ends_the_waiting() -> None:
    machine = waiting()
    machine.on_time(START + 899_999)
    assert machine.state == "WAITING"
    machine.on_time(START + 900_000)
    assert (machine.state, machine.reason, machine.user_code) == ("CODE_EXPIRED", "reason.code_expired", "")


def test_who_could_not_be_asked_is_why_the_code_ran_out() -> None:
    """TK-10: with a wrong clock no poll gets through, and a new code would not help."""
    machine = waiting()
    machine.on_transport_error(machine.next_poll_ticks, "detail.certificate_time")
    machine.on_time(START + 900_000)
    assert (machine.state, machine.reason) == ("CODE_EXPIRED", "detail.certificate_time")


def test_nothing_is_taken_after_the_end() -> None:
    machine = polled(400, refusal("access_denied"))
    machine.on_poll(200, {}, token_answer(), START + 20_000)
    machine.on_device_code(200, device_answer(), START + 20_000)
    machine.on_transport_error(START + 20_000)
    machine.on_time(START + 10**9)
    assert machine.state == "DECLINED" and machine.grant is None
    with pytest.raises(AssertionError):
        machine.poll_form()


def test_second_device_code_is_ignored() -> None:
    machine = waiting()
    machine.on_device_code(200, device_answer(user_code="OTHER"), START)
    assert machine.user_code == "G24WVVELM"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"refresh_token": None}, "reason.no_refresh_token"),
        ({"refresh_token": ""}, "reason.no_refresh_token"),
        ({"refresh_token": 5}, "reason.bad_answer"),
        ({"refresh_token": "x" * 8193}, "reason.bad_answer"),
        ({"refresh_token": "\ufeff"}, "reason.bad_answer"),
        ({"access_token": None}, "reason.bad_answer"),
        ({"access_token": "two words"}, "reason.bad_answer"),
        ({"access_token": "a\x01b"}, "reason.bad_answer"),
        ({"token_type": "mac"}, "reason.bad_answer"),
        ({"token_type": None}, "reason.bad_answer"),
        ({"scope": "https://outlook.office.com/SMTP.Send https://outlook.office.com/Mail.Read"}, "reason.scope_larger"),
        ({"scope": 7}, "reason.bad_answer"),
        ({"id_token": None}, "reason.no_account"),
        ({"id_token": 7}, "reason.bad_answer"),
        ({"id_token": "a.b"}, "reason.no_account"),
        ({"id_token": "a.****.c"}, "reason.no_account"),
        ({"id_token": "a.b.c"}, "reason.no_account"),
        ({"id_token": "a." + "e" * 10_000 + ".c"}, "reason.no_account"),
        ({"id_token": id_token(aud="another client")}, "reason.no_account"),
        ({"id_token": id_token(aud=[CLIENT_ID, "another"])}, "reason.no_account"),
        ({"id_token": id_token(iss="https://login.evil.example/v2.0")}, "reason.no_account"),
        ({"id_token": id_token(tid="11111111-1111-1111-1111-111111111111")}, "reason.no_account"),
        ({"id_token": id_token(tid="a/b")}, "reason.no_account"),
        ({"id_token": id_token(preferred_username=None)}, "reason.no_account"),
        ({"id_token": id_token(preferred_username="no address")}, "reason.no_account"),
        ({"id_token": id_token(preferred_username="a@b\x01auth=Bearer x")}, "reason.no_account"),
        ({"id_token": id_token(preferred_username="a" * 250 + "@bureau.example")}, "reason.no_account"),
    ],
)
def test_grant_that_cannot_be_saved_says_why(changes: dict[str, Any], key: str) -> None:
    machine = polled(200, token_answer(**changes))
    assert (machine.state, machine.reason, machine.grant) == ("FAILED", key, None)


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"preferred_username": None, "email": "mail@bureau.example"}, "mail@bureau.example"),
        ({"preferred_username": "ona", "email": None, "upn": "upn@bureau.example"}, "upn@bureau.example"),
        ({"aud": [CLIENT_ID]}, ADDRESS),
    ],
)
def test_account_is_read_from_the_id_token(changes: dict[str, Any], address: str) -> None:
    machine = polled(200, token_answer(id_token=id_token(**changes)))
    assert machine.grant is not None and machine.grant.address == address


def test_other_providers_issuer_is_compared_as_it_is() -> None:
    provider = provider_for(DEFAULTS)
    provider.issuer = "https://login.bureau.example/realms/office"
    token = id_token(iss=provider.issuer, tid=None)
    machine = SignIn(provider)
    machine.on_device_code(200, device_answer(), START)
    machine.on_poll(200, {}, token_answer(id_token=token), START + 5000)
    assert machine.grant is not None and machine.grant.tenant == "bureau.example"


def test_smaller_scope_is_told() -> None:
    machine = polled(200, token_answer(scope="openid"))
    assert machine.grant is not None and machine.grant.missing_scope == "https://outlook.office.com/smtp.send"


@given(
    status=st.sampled_from([200, 302, 400, 401, 429, 500]),
    body=st.binary(max_size=60)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "error_codes", "error_description", "access_token", "token_type", "id_token"])
                | st.text(max_size=8),
                inner,
                max_size=6,
            )
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
    first=st.booleans(),
)
def test_any_answer_gives_a_named_state(status: int, body: bytes, first: bool) -> None:
    machine = requesting() if first else waiting()
    if first:
        machine.on_device_code(status, body, START)
        assert machine.state in ("FAILED", "BLOCKED", "DECLINED", "CODE_EXPIRED", "WAITING")
    else:
        machine.on_poll(status, {}, body, START)
        assert machine.state in ("WAITING", "GRANTED", "FAILED", "BLOCKED", "DECLINED", "CODE_EXPIRED")
        assert machine.next_poll_ticks >= START + 5000
    assert len(machine.reason) <= 320 and "\n" not in machine.reason and "\r" not in machine.reason
