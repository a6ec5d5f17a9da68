"""The token service's dialect (cloud-facts 3)."""

import base64
import hashlib
import hmac
import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

from sim.cloud.aadsts import AADSTS, ServiceError
from sim.cloud.directory import PERSONAL_TENANT_ID, WORK_TENANT_ID
from sim.cloud.entra import CLIENT_ID
from sim.httpd import Request
from tests.cloud.world import (
    ADMIN,
    DAY_S,
    DEVICE_GRANT,
    ONA,
    PERSONAL,
    PRINTER,
    SCOPE,
    CloudWorld,
    body,
    claims,
)

LOGIN = "https://login.microsoftonline.com"
TOKEN = "/organizations/oauth2/v2.0/token"


@pytest.fixture
def world() -> CloudWorld:
    return CloudWorld()


def number(answer: dict[str, Any]) -> int:
    assert answer["error_codes"] == [int(answer["error_description"].partition(":")[0].removeprefix("AADSTS"))]
    return int(answer["error_codes"][0])


# --- discovery ---


def test_discovery_under_the_well_known_name(world: CloudWorld) -> None:
    found = body(world.get("/organizations/v2.0/.well-known/openid-configuration"))
    assert found["issuer"] == LOGIN + "/{tenantid}/v2.0"
    assert found["token_endpoint"] == LOGIN + TOKEN
    assert found["device_authorization_endpoint"] == LOGIN + "/organizations/oauth2/v2.0/devicecode"


@pytest.mark.parametrize(
    ("authority", "tenant_id"),
    [("consumers", PERSONAL_TENANT_ID), ("bureau.example", WORK_TENANT_ID), (WORK_TENANT_ID, WORK_TENANT_ID)],
)
def test_discovery_elsewhere_names_where_it_was_found(world: CloudWorld, authority: str, tenant_id: str) -> None:
    found = body(world.get(f"/{authority}/v2.0/.well-known/openid-configuration", host="localhost:8443"))
    assert found["issuer"] == f"https://localhost:8443/{tenant_id}/v2.0"
    assert found["token_endpoint"] == f"https://localhost:8443/{authority}/oauth2/v2.0/token"


def test_an_unknown_tenant(world: CloudWorld) -> None:
    found = body(world.get("/nowhere.example/v2.0/.well-known/openid-configuration"))
    assert (found["error"], number(found)) == ("invalid_request", 90002)


def test_the_published_keys_check_the_tokens(world: CloudWorld) -> None:
    keys: Any = body(world.get("/organizations/discovery/v2.0/keys"))
    assert all("d" not in key and key["use"] == "sig" for key in keys["keys"])
    read = jwt.decode(world.tokens()["id_token"], KeySet.import_key_set(keys), algorithms=["RS256"])
    assert read.claims["preferred_username"] == PRINTER


# --- device code ---


@pytest.mark.parametrize(("authority", "length"), [("organizations", 9), ("common", 9), ("consumers", 8)])
def test_a_device_code(world: CloudWorld, authority: str, length: int) -> None:
    answer = world.device_code(authority)
    assert set(answer) == {"user_code", "device_code", "verification_uri", "expires_in", "interval", "message"}
    assert re.fullmatch(f"[A-Z0-9]{{{length}}}", answer["user_code"])
    assert (answer["expires_in"], answer["interval"]) == (900, 5)
    uri = answer["verification_uri"]
    assert uri == world.cloud.sign_in_url
    assert answer["message"] == (
        f"To sign in, use a web browser to open the page {uri} and enter the code {answer['user_code']} to authenticate."
    )


def test_pending_until_signed_in_then_tokens_once(world: CloudWorld) -> None:
    world.consent()
    code = world.device_code()
    pending = world.poll(code)
    assert pending["error"] == "authorization_pending"
    assert number(pending) == 70016
    world.person(code, PRINTER)
    assert "access_token" in world.poll(code)
    again = world.poll(code)
    assert (again["error"], number(again)) == ("bad_verification_code", 70018)


def test_polling_too_fast_slows_down_for_good(world: CloudWorld) -> None:
    code = world.device_code()
    assert world.poll(code, wait_s=0.0)["error"] == "authorization_pending"
    assert world.poll(code, wait_s=3.0)["error"] == "slow_down"
    assert world.poll(code, wait_s=5.0)["error"] == "slow_down"  # RFC 8628 3.5: by now it is 10 seconds
    assert world.poll(code, wait_s=15.0)["error"] == "authorization_pending"
    assert world.poll(code, wait_s=14.0)["error"] == "slow_down"


def test_declined(world: CloudWorld) -> None:
    world.consent()
    code = world.device_code()
    assert world.person(code, PRINTER, "decline") == {"result": "declined", "error": None}
    assert world.poll(code)["error"] == "authorization_declined"


def test_expired(world: CloudWorld) -> None:
    code = world.device_code()
    expired = world.poll(code, wait_s=900.0)
    assert (expired["error"], number(expired)) == ("expired_token", 70020)
    assert expired["error_description"].startswith(
        "AADSTS70020: The provided value for the input parameter 'device_code' is not valid. This device code has expired."
    )
    assert world.person(code, PRINTER)["result"] == "wrong-code"


def test_bad_code(world: CloudWorld) -> None:
    assert world.poll({"device_code": "nonsense"})["error"] == "bad_verification_code"


def test_a_code_belongs_to_its_authority(world: CloudWorld) -> None:
    code = world.device_code("consumers")
    assert number(world.poll(code, "organizations")) == 70018


def test_msal_sends_the_code_twice_and_asks_for_client_info(world: CloudWorld) -> None:
    world.consent()
    code = world.device_code()
    world.person(code, PRINTER)
    tokens = world.poll(code, code=code["device_code"], client_info="1")
    info = json.loads(base64.urlsafe_b64decode(tokens["client_info"] + "=="))
    assert info["utid"] == WORK_TENANT_ID
    assert info["uid"] == claims(tokens["id_token"])["oid"]


def test_pending_codes_are_bounded(world: CloudWorld) -> None:
    first = world.device_code()
    for _ in range(1000):
        last = world.device_code()
    assert number(world.poll(first)) == 70018
    assert number(world.poll(last)) == 70016


# --- what a request must look like ---


@pytest.mark.parametrize(
    ("path", "fields", "error", "aadsts"),
    [
        ("devicecode", {"scope": SCOPE}, "invalid_request", 900144),
        ("devicecode", {"client_id": CLIENT_ID}, "invalid_request", 900144),
        ("devicecode", {"client_id": "somebody", "scope": SCOPE}, "unauthorized_client", 700016),
        (
            "devicecode",
            {"client_id": CLIENT_ID, "scope": "https://outlook.office.com/Everything"},
            "invalid_scope",
            70011,
        ),
        (
            "devicecode",
            {"client_id": CLIENT_ID, "scope": "https://elsewhere.example/SMTP.Send"},
            "invalid_scope",
            70011,
        ),
        (
            "devicecode",
            {"client_id": CLIENT_ID, "scope": "https://outlook.office.com/SMTP.Send User.Read"},
            "invalid_request",
            28000,
        ),
        ("devicecode", {"client_id": CLIENT_ID, "scope": SCOPE, "client_secret": "x"}, "invalid_client", 700025),
        ("token", {"client_id": CLIENT_ID}, "invalid_request", 900144),
        ("token", {"client_id": CLIENT_ID, "grant_type": "password"}, "unsupported_grant_type", 70003),
        ("token", {"client_id": CLIENT_ID, "grant_type": DEVICE_GRANT}, "invalid_request", 900144),
        ("token", {"client_id": CLIENT_ID, "grant_type": "refresh_token"}, "invalid_request", 900144),
        (
            "token",
            {"client_id": CLIENT_ID, "grant_type": "refresh_token", "client_secret": ""},
            "invalid_client",
            700025,
        ),
    ],
)
def test_refused_requests(world: CloudWorld, path: str, fields: dict[str, str], error: str, aadsts: int) -> None:
    answer = body(world.post(f"/organizations/oauth2/v2.0/{path}", **fields))
    assert (answer["error"], number(answer)) == (error, aadsts)


def test_only_forms_by_post(world: CloudWorld) -> None:
    assert number(body(world.get(TOKEN))) == 900561
    headers = {"host": "login.microsoftonline.com", "content-type": "application/json"}
    answer = world.cloud.entra.handle(Request("POST", TOKEN, {}, headers, b"{}", "https", headers["host"]))
    assert number(body(answer)) == 900144


def test_a_parameter_may_stand_only_once(world: CloudWorld) -> None:
    headers = {"host": "login.microsoftonline.com", "content-type": "application/x-www-form-urlencoded"}
    sent = f"client_id={CLIENT_ID}&client_id={CLIENT_ID}".encode()
    answer = world.cloud.entra.handle(Request("POST", TOKEN, {}, headers, sent, "https", headers["host"]))
    assert number(body(answer)) == 90013


def test_the_shape_of_an_error(world: CloudWorld) -> None:
    asked = "00000000-1111-2222-3333-444444444444"
    headers = {
        "host": "login.microsoftonline.com",
        "content-type": "application/x-www-form-urlencoded",
        "client-request-id": asked,
    }
    sent = f"client_id={CLIENT_ID}&grant_type=refresh_token&refresh_token=nonsense".encode()
    response = world.cloud.entra.handle(Request("POST", TOKEN, {}, headers, sent, "https", headers["host"]))
    assert response.status == 400
    answer = body(response)
    trace = answer["trace_id"]
    assert answer == {
        "error": "invalid_grant",
        "error_description": "AADSTS9002313: Invalid request. Request is malformed or invalid. "
        f"Trace ID: {trace} Correlation ID: {asked} Timestamp: 2025-12-01 08:00:00Z",
        "error_codes": [9002313],
        "timestamp": "2025-12-01 08:00:00Z",
        "trace_id": trace,
        "correlation_id": asked,
        "error_uri": "https://login.microsoftonline.com/error?code=9002313",
    }
    assert response.headers["Cache-Control"].startswith("no-store")
    assert response.headers["x-ms-request-id"] == trace
    assert response.headers["x-ms-clitelem"] == "1,9002313,0,,"
    assert "Strict-Transport-Security" in response.headers


def test_every_row_of_the_table_can_be_said() -> None:
    for each, row in AADSTS.items():
        error = ServiceError(each)
        assert (error.error, error.suberror) == (row.error, row.suberror)
        assert "{" not in error.words.replace("{EUII", "")


# --- tokens ---


def test_tokens(world: CloudWorld) -> None:
    tokens = world.tokens()
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "https://outlook.office.com/SMTP.Send"
    assert 3600 <= tokens["expires_in"] <= 5400
    access, identity = claims(tokens["access_token"]), claims(tokens["id_token"])
    assert (access["aud"], access["scp"], access["upn"]) == ("https://outlook.office.com", "SMTP.Send", PRINTER)
    assert access["exp"] - access["iat"] == tokens["expires_in"]
    assert len(tokens["access_token"]) >= 1500
    assert identity["aud"] == CLIENT_ID
    assert identity["iss"] == f"{LOGIN}/{WORK_TENANT_ID}/v2.0"
    assert (identity["tid"], identity["oid"]) == (WORK_TENANT_ID, access["oid"])
    assert (identity["preferred_username"], identity["name"]) == (PRINTER, "Printer")


def test_lives_are_drawn_or_set(world: CloudWorld) -> None:
    refresh_token = world.tokens()["refresh_token"]
    assert len({world.refresh(refresh_token)["expires_in"] for _ in range(10)}) > 3
    world.cloud.patch_tenant({"access_token_s": 600})
    assert world.refresh(refresh_token)["expires_in"] == 600


def test_no_id_token_without_openid_and_no_refresh_token_without_offline_access(world: CloudWorld) -> None:
    tokens = world.tokens(scope="https://outlook.office.com/SMTP.Send")
    assert set(tokens) == {"token_type", "scope", "expires_in", "ext_expires_in", "access_token"}
    assert "preferred_username" not in claims(
        world.tokens(scope="https://outlook.office.com/SMTP.Send openid")["id_token"]
    )


def test_a_refresh_gives_a_new_token_and_the_old_one_stays_good(world: CloudWorld) -> None:
    first = world.tokens()["refresh_token"]
    second = world.refresh(first)["refresh_token"]
    assert second != first
    for token in (first, second, first):
        assert "access_token" in world.refresh(token)


def test_nothing_is_kept_for_a_token(world: CloudWorld) -> None:
    token = world.tokens()["refresh_token"]
    other = CloudWorld()  # the same seed: the same secret and the same directory
    other.consent()
    assert "access_token" in other.refresh(token)


def test_a_scope_beyond_the_grant(world: CloudWorld) -> None:
    token = world.tokens()["refresh_token"]
    refused = world.refresh(token, scope="https://outlook.office.com/IMAP.AccessAsUser.All")
    assert (refused["error"], number(refused), refused["suberror"]) == ("invalid_grant", 65001, "consent_required")
    assert "access_token" in world.refresh(token, scope="https://outlook.office.com/SMTP.Send")


def test_refresh_tokens_run_out_by_disuse_only(world: CloudWorld) -> None:
    token = world.tokens()["refresh_token"]
    for _ in range(5):
        world.now_s += 89 * DAY_S
        token = world.refresh(token)["refresh_token"]
    world.now_s += 90 * DAY_S + 1
    refused = world.refresh(token)
    assert (refused["error"], number(refused)) == ("invalid_grant", 700082)
    assert re.search(
        r"The token was issued on 2027-02-19T08:00:05\.2500000Z and was inactive for 90\.00:00:00\.",
        refused["error_description"],
    )


def test_sign_in_frequency(world: CloudWorld) -> None:
    token = world.tokens()["refresh_token"]
    world.cloud.patch_tenant({"sign_in_frequency_s": 32400})
    world.now_s += 32400 - 5
    token = world.refresh(token)["refresh_token"]
    world.now_s += 10
    refused = world.refresh(token)
    assert (refused["error"], number(refused), refused["suberror"]) == ("invalid_grant", 70043, "token_expired")
    assert "the maximum allowed lifetime for this request is 32400." in refused["error_description"]


def test_a_password_change_revokes(world: CloudWorld) -> None:
    token = world.tokens()["refresh_token"]
    world.cloud.patch_user(PRINTER, {"password": "quite another"})
    refused = world.refresh(token)
    assert (refused["error"], number(refused), refused["suberror"]) == ("invalid_grant", 50173, "bad_token")
    assert "access_token" in world.refresh(world.tokens()["refresh_token"])


def test_an_administrator_revokes(world: CloudWorld) -> None:
    token = world.tokens()["refresh_token"]
    world.cloud.revoke(PRINTER)
    assert number(world.refresh(token)) == 50173


def test_a_disabled_account(world: CloudWorld) -> None:
    token = world.tokens()["refresh_token"]
    world.cloud.patch_user(PRINTER, {"enabled": False})
    assert number(world.refresh(token)) == 50057
    world.cloud.patch_user(PRINTER, {"enabled": True})
    assert "access_token" in world.refresh(token)


def test_consent_withdrawn(world: CloudWorld) -> None:
    token = world.tokens()["refresh_token"]
    world.cloud.patch_tenant({"consent": []})
    refused = world.refresh(token)
    assert (number(refused), refused["suberror"]) == (65001, "consent_required")


def test_r02_device_code_blocked_after_the_sign_in(world: CloudWorld) -> None:
    token = world.tokens()["refresh_token"]
    world.cloud.patch_tenant({"conditional_access": ["block-device-code"]})
    refused = world.refresh(token)
    assert (refused["error"], number(refused)) == ("invalid_grant", 530036)


@pytest.mark.parametrize(
    ("address", "granted_by", "asked", "aadsts"),
    [
        (PRINTER, "organizations", "consumers", 9002332),
        (PERSONAL, "consumers", "organizations", 9002331),
        (PERSONAL, "consumers", "bureau.example", 9002331),
    ],
)
def test_the_wrong_endpoint(world: CloudWorld, address: str, granted_by: str, asked: str, aadsts: int) -> None:
    token = world.tokens(address, granted_by)["refresh_token"]
    assert number(world.refresh(token, asked)) == aadsts
    assert "access_token" in world.refresh(token, "common")


def test_personal_accounts(world: CloudWorld) -> None:
    tokens = world.tokens(PERSONAL, "consumers")
    assert claims(tokens["id_token"])["tid"] == PERSONAL_TENANT_ID


# --- forged and foreign tokens ---


def test_a_foreign_clouds_tokens(world: CloudWorld) -> None:
    assert number(world.refresh(CloudWorld(seed=2).tokens()["refresh_token"])) == 70000


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_refresh_token_is_never_good(data: st.DataObject) -> None:
    world = CloudWorld()
    token = world.tokens()["refresh_token"]
    position = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCXYZabcxyz0189-_.=+/ é\x00"))
    forged = token[:position] + letter + token[position + 1 :]
    if forged != token:
        assert number(world.refresh(forged)) in (70000, 9002313)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: "1." + base64.urlsafe_b64encode(raw).decode()))
def test_anything_as_a_refresh_token(text: str) -> None:
    assert number(CloudWorld().refresh(text)) in (70000, 9002313, 900144)


def test_a_grant_with_a_mac_of_another_secret(world: CloudWorld) -> None:
    payload = bytes(720) + b'{"tenant_id":"x"}'
    mac = hmac.digest(b"guess", payload, hashlib.sha256)
    assert number(world.refresh("1." + base64.urlsafe_b64encode(mac + payload).decode().rstrip("="))) == 70000


def test_forged_access_tokens(world: CloudWorld) -> None:
    """SV-08: another algorithm, none at all, another key, an ID token, one that is over or not yet valid."""
    tokens = world.tokens()
    good = tokens["access_token"]
    read = world.cloud.exchange.mint.read_access_token
    assert read(good, world.now_s) is not None
    head, payload, signature = good.split(".")
    none_head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    with_secret = jwt.encode({"alg": "HS256"}, claims(good), OctKey.import_key("0" * 64), algorithms=["HS256"])
    for forged in (
        f"{none_head}.{payload}.",
        f"{none_head}.{payload}.{signature}",
        f"{head}.{payload}.",
        f"{head}.{payload}",
        with_secret,
        tokens["id_token"],
        "",
        "..",
        "A" * 20_000,
        "é.é.é",
    ):
        assert read(forged, world.now_s) is None
    assert read(good, world.now_s + tokens["expires_in"]) is None
    assert read(good, world.now_s - 400) is None


# --- what a person may do ---


@pytest.mark.parametrize("consent", ["user", "organization"])
def test_r03_an_ordinary_user_cannot_be_the_first(world: CloudWorld, consent: str) -> None:
    code = world.device_code()
    answer = world.person(code, ONA, consent)
    assert answer["result"] == "needs-admin-consent"
    assert "only an admin can grant" in answer["error"]
    assert world.poll(code)["error"] == "authorization_pending"


def test_r03_the_administrator_consents_for_everybody(world: CloudWorld) -> None:
    assert world.person(world.device_code(), ADMIN, "organization")["result"] == "signed-in"
    assert world.person(world.device_code(), ONA)["result"] == "signed-in"


def test_r03_without_the_box_only_the_administrator_can(world: CloudWorld) -> None:
    assert world.person(world.device_code(), ADMIN, "user")["result"] == "signed-in"
    assert world.person(world.device_code(), ADMIN, "user")["result"] == "signed-in"
    assert world.person(world.device_code(), ONA)["result"] == "needs-admin-consent"
    assert world.cloud.tenant()["consent"] == [ADMIN]


def test_r02_blocked_at_sign_in_and_the_device_sees_nothing_of_it(world: CloudWorld) -> None:
    world.consent()
    world.cloud.patch_tenant({"conditional_access": ["block-device-code"]})
    code = world.device_code()
    assert world.person(code, PRINTER)["result"] == "blocked"
    assert world.poll(code)["error"] == "authorization_pending"
    assert world.poll(code, wait_s=900)["error"] == "expired_token"


@pytest.mark.parametrize(
    ("code", "account", "password", "result"),
    [
        ("WRONG1234", PRINTER, None, "wrong-code"),
        (None, "nobody@bureau.example", "x", "wrong-account"),
        (None, PERSONAL, None, "wrong-account"),
        (None, PRINTER, "wrong", "wrong-password"),
    ],
)
def test_wrong_entries(world: CloudWorld, code: str | None, account: str, password: str | None, result: str) -> None:
    world.consent()
    issued = world.device_code()
    answer = world.cloud.complete_sign_in(
        code or issued["user_code"], account, password or world.password(account), "user"
    )
    assert answer["result"] == result
    assert answer["error"]
    assert world.poll(issued)["error"] == "authorization_pending"


def test_a_code_may_be_typed_as_people_type(world: CloudWorld) -> None:
    world.consent()
    code = world.device_code()["user_code"]
    typed = f" {code[:4].lower()}-{code[4:]} "
    assert (
        world.cloud.complete_sign_in(typed, PRINTER.upper(), world.password(PRINTER), "user")["result"] == "signed-in"
    )


def test_a_code_is_used_once(world: CloudWorld) -> None:
    world.consent()
    code = world.device_code()
    world.person(code, PRINTER)
    assert world.person(code, ONA)["result"] == "wrong-code"
    assert claims(world.poll(code)["id_token"])["preferred_username"] == PRINTER


def test_a_disabled_person(world: CloudWorld) -> None:
    world.consent()
    world.cloud.patch_user(ONA, {"enabled": False})
    assert world.person(world.device_code(), ONA)["result"] == "disabled"


def test_an_unknown_consent_is_an_error(world: CloudWorld) -> None:
    with pytest.raises(ValueError, match="consent is"):
        world.person(world.device_code(), PRINTER, "maybe")


def test_events_hold_no_secret(world: CloudWorld) -> None:
    code = world.device_code()
    world.consent()
    world.person(code, PRINTER)
    tokens = world.poll(code)
    world.refresh(tokens["refresh_token"])
    world.cloud.patch_user(PRINTER, {"password": "not for a log"})
    told = json.dumps(world.events)
    secrets = [code["device_code"], code["user_code"], "not for a log", world.password(ADMIN)]
    for secret in [*secrets, tokens["access_token"], tokens["refresh_token"], tokens["id_token"]]:
        assert secret not in told
    assert "/organizations/oauth2/v2.0/token" in told
