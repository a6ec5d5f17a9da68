"""The mail provider that is not Microsoft's: discovery, device codes and tokens by the RFCs."""

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from sim.cloud.cloud import Cloud
from sim.cloud.provider import CLIENT_ID, DEVICE_PATH, KEYS_PATH, LOGIN_HOST, SCOPE, TOKEN_PATH
from tests.cloud.world import AUTHORITY, CUSTOMER, DAY_S, DEVICE_GRANT, PRINTER, START_S, CloudWorld, body, mail

ISSUER = "https://signin.faksas.example"
STUDIO = "studio@faksas.example"


@pytest.fixture
def world() -> CloudWorld:
    return CloudWorld()


def patch(world: CloudWorld, **change: Any) -> None:
    world.cloud.patch_tenant(change, "faksas.example")


# --- discovery ---


@pytest.mark.parametrize("document", ["openid-configuration", "oauth-authorization-server"])
@pytest.mark.parametrize(("host", "issuer"), [(LOGIN_HOST, ISSUER), ("localhost:8443", "https://localhost:8443")])
def test_the_issuer_is_who_was_asked(world: CloudWorld, document: str, host: str, issuer: str) -> None:
    """RFC 8414 3.3."""
    found = body(world.ask_provider("GET", f"/.well-known/{document}", host))
    assert found["issuer"] == issuer
    assert found["device_authorization_endpoint"] == issuer + DEVICE_PATH
    assert found["token_endpoint"] == issuer + TOKEN_PATH


def test_openid_discovery_can_be_missing(world: CloudWorld) -> None:
    patch(world, openid_discovery=False)
    assert world.ask_provider("GET", "/.well-known/openid-configuration").status == 404
    assert world.ask_provider("GET", "/.well-known/oauth-authorization-server").status == 200


# --- device codes ---


def test_a_device_code(world: CloudWorld) -> None:
    code = world.provider_code()
    assert set(code) == {
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "expires_in",
        "interval",
    }
    assert len(code["user_code"]) == 9 and code["user_code"][4] == "-"
    assert set(code["user_code"]) <= set("BCDFGHJKLMNPQRSTVWXZ-")  # RFC 8628 6.1
    assert code["verification_uri"] == "https://login.cloud.example/faksas"


@pytest.mark.parametrize("typed", [str, str.lower, lambda code: code.replace("-", " ")])
def test_a_person_may_type_the_code_as_they_like(world: CloudWorld, typed: Callable[[str], str]) -> None:
    code = world.provider_code()
    typed_code = {**code, "user_code": typed(code["user_code"])}
    assert world.person(typed_code, CUSTOMER)["result"] == "signed-in"
    assert "refresh_token" in world.provider_poll(code)


def test_polling_too_often_costs_five_seconds_for_good(world: CloudWorld) -> None:
    code = world.provider_code()
    assert world.provider_poll(code)["error"] == "authorization_pending"
    assert world.provider_poll(code, 1)["error"] == "slow_down"
    assert world.provider_poll(code, 5)["error"] == "slow_down"
    assert world.provider_poll(code, 15)["error"] == "authorization_pending"


def test_declined_expired_and_redeemed_codes(world: CloudWorld) -> None:
    declined, expired, redeemed = world.provider_code(), world.provider_code(), world.provider_code()
    assert world.person(declined, CUSTOMER, "decline")["result"] == "declined"
    assert world.provider_poll(declined)["error"] == "access_denied"
    assert world.person(redeemed, CUSTOMER)["result"] == "signed-in"
    assert "access_token" in world.provider_poll(redeemed)
    assert world.provider_poll(redeemed)["error"] == "invalid_grant"
    assert world.provider_poll(expired, 900)["error"] == "expired_token"
    assert world.person(expired, CUSTOMER)["result"] == "wrong-code"


@pytest.mark.parametrize(
    ("path", "fields", "status", "error"),
    [
        (DEVICE_PATH, {}, 400, "invalid_request"),
        (DEVICE_PATH, {"client_id": "elsewhere", "scope": SCOPE}, 401, "invalid_client"),
        (DEVICE_PATH, {"client_id": CLIENT_ID, "client_secret": "x", "scope": SCOPE}, 401, "invalid_client"),
        (DEVICE_PATH, {"client_id": CLIENT_ID}, 400, "invalid_scope"),
        (DEVICE_PATH, {"client_id": CLIENT_ID, "scope": "https://outlook.office.com/SMTP.Send"}, 400, "invalid_scope"),
        (TOKEN_PATH, {"client_id": CLIENT_ID}, 400, "invalid_request"),
        (TOKEN_PATH, {"client_id": CLIENT_ID, "grant_type": "password"}, 400, "unsupported_grant_type"),
        (TOKEN_PATH, {"client_id": CLIENT_ID, "grant_type": DEVICE_GRANT}, 400, "invalid_grant"),
        (TOKEN_PATH, {"client_id": CLIENT_ID, "grant_type": "refresh_token"}, 400, "invalid_grant"),
        (
            TOKEN_PATH,
            {"client_id": CLIENT_ID, "grant_type": "refresh_token", "refresh_token": "ą"},
            400,
            "invalid_grant",
        ),
    ],
)
def test_refusals_are_those_of_the_rfcs(
    world: CloudWorld, path: str, fields: dict[str, str], status: int, error: str
) -> None:
    response = world.ask_provider("POST", path, **fields)
    refusal = body(response)
    assert (response.status, refusal["error"], set(refusal)) == (status, error, {"error", "error_description"})
    assert response.headers["Cache-Control"] == "no-store"


def test_endpoints_take_forms_by_post(world: CloudWorld) -> None:
    response = world.ask_provider("GET", TOKEN_PATH)
    assert (response.status, response.headers["Allow"]) == (405, "POST")


# --- tokens ---


def test_tokens_of_a_sign_in(world: CloudWorld) -> None:
    tokens = world.provider_tokens()
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("bearer", 3600, SCOPE)
    [key] = body(world.ask_provider("GET", KEYS_PATH))["keys"]
    assert "d" not in key
    claims = jwt.decode(tokens["id_token"], OKPKey.import_key(key), algorithms=["Ed25519"]).claims
    assert (claims["iss"], claims["aud"], claims["email"]) == (ISSUER, CLIENT_ID, CUSTOMER)
    assert "preferred_username" not in claims  # that is `profile`


def test_without_offline_access_there_is_no_refresh_token(world: CloudWorld) -> None:
    assert set(world.provider_tokens(scope="mail.send")) == {"access_token", "token_type", "expires_in", "scope"}


def test_refresh_tokens_rotate(world: CloudWorld) -> None:
    first = world.provider_tokens()["refresh_token"]
    second = world.provider_refresh(first)["refresh_token"]
    world.now_s += DAY_S
    third = world.provider_refresh(second)["refresh_token"]
    assert len({first, second, third}) == 3


def test_after_a_lost_answer_the_token_before_works_for_a_while(world: CloudWorld) -> None:
    first = world.provider_tokens()["refresh_token"]
    world.provider_refresh(first)
    world.now_s += 60
    again = world.provider_refresh(first)["refresh_token"]
    assert "refresh_token" in world.provider_refresh(again)


def test_a_token_used_twice_later_than_that_voids_all_that_came_from_it(world: CloudWorld) -> None:
    """RFC 9700 4.14.2: somebody has a copy."""
    first = world.provider_tokens()["refresh_token"]
    second = world.provider_refresh(first)["refresh_token"]
    world.now_s += 61
    assert world.provider_refresh(first)["error"] == "invalid_grant"
    assert world.provider_refresh(second)["error"] == "invalid_grant"


def test_without_grace_once_is_once(world: CloudWorld) -> None:
    patch(world, rotation_grace_s=0)
    first = world.provider_tokens()["refresh_token"]
    second = world.provider_refresh(first)["refresh_token"]
    world.now_s += 1
    assert world.provider_refresh(first)["error"] == "invalid_grant"
    assert world.provider_refresh(second)["error"] == "invalid_grant"


def test_without_rotation_the_first_token_stays_good(world: CloudWorld) -> None:
    patch(world, rotates=False)
    token = world.provider_tokens()["refresh_token"]
    for _ in range(3):
        world.now_s += 100 * DAY_S
        assert "refresh_token" not in world.provider_refresh(token)
    world.now_s += 181 * DAY_S
    assert world.provider_refresh(token)["error"] == "invalid_grant"


def test_scopes_may_shrink_and_not_grow(world: CloudWorld) -> None:
    token = world.provider_tokens(scope="mail.send offline_access")["refresh_token"]
    assert world.provider_refresh(token, scope="mail.send openid")["error"] == "invalid_scope"
    assert world.provider_refresh(token, scope="mail.send")["scope"] == "mail.send"


def test_a_token_of_one_kind_is_none_of_another(world: CloudWorld) -> None:
    tokens = world.provider_tokens()
    service = world.cloud.provider.tokens
    assert service.read_access_token(tokens["refresh_token"]) is None
    assert world.provider_refresh(tokens["access_token"])["error"] == "invalid_grant"
    found = service.read_access_token(tokens["access_token"])
    assert found is not None and found[0].address == CUSTOMER
    world.now_s += 3600
    assert service.read_access_token(tokens["access_token"]) is None


def test_each_service_refuses_the_tokens_of_the_other(world: CloudWorld) -> None:
    ours, theirs = world.provider_tokens(), world.tokens()
    assert world.cloud.provider.tokens.read_access_token(theirs["access_token"]) is None
    assert world.provider_refresh(theirs["refresh_token"])["error"] == "invalid_grant"
    assert "error" in world.refresh(ours["refresh_token"])


@pytest.mark.parametrize(
    "end",
    [
        lambda world: world.cloud.patch_user(CUSTOMER, {"password": "another one"}),
        lambda world: world.cloud.patch_user(CUSTOMER, {"enabled": False}),
        lambda world: world.cloud.revoke(CUSTOMER),
        lambda world: patch(world, consent=[STUDIO]),
    ],
)
def test_what_ends_a_sign_in(world: CloudWorld, end: Callable[[CloudWorld], object]) -> None:
    """And somebody else's goes on."""
    tokens, others = world.provider_tokens(), world.provider_tokens(STUDIO)
    end(world)
    assert world.provider_refresh(tokens["refresh_token"])["error"] == "invalid_grant"
    assert "access_token" in world.provider_refresh(others["refresh_token"])


# --- people ---


@pytest.mark.parametrize(
    ("account", "password", "result"),
    [
        (CUSTOMER, "wrong", "wrong-password"),
        ("nobody@faksas.example", "x", "wrong-account"),
        (PRINTER, "x", "wrong-account"),
    ],
)
def test_who_cannot_sign_in(world: CloudWorld, account: str, password: str, result: str) -> None:
    code = world.provider_code()
    answer = world.cloud.complete_sign_in(code["user_code"], account, password, "user")
    assert answer["result"] == result and answer["error"]
    assert world.provider_poll(code)["error"] == "authorization_pending"


def test_a_code_of_one_service_is_none_of_the_other(world: CloudWorld) -> None:
    code = world.device_code()
    assert world.person(code, CUSTOMER)["result"] == "wrong-account"
    assert world.person(world.provider_code(), PRINTER)["result"] == "wrong-account"


def test_customers_are_among_the_users(world: CloudWorld) -> None:
    assert [user["address"] for user in world.cloud.users()][-3:] == [CUSTOMER, STUDIO, "support@faksas.example"]
    assert "password" not in world.cloud.users()[-1]
    assert world.cloud.patch_user(CUSTOMER, {"smtp_auth": False})["smtp_auth"] is False
    with pytest.raises(ValueError, match="must be"):
        world.cloud.patch_user(CUSTOMER, {"enabled": "no"})
    with pytest.raises(LookupError, match="There is no user"):
        world.cloud.patch_user("nobody@faksas.example", {"enabled": False})


@pytest.mark.parametrize(
    "change", [{"rotates": 1}, {"access_token_s": None}, {"consent": ["organization"]}, {"users": {}}, {"domain": "x"}]
)
def test_a_wrong_change_is_refused_with_a_sentence(world: CloudWorld, change: dict[str, Any]) -> None:
    before = world.cloud.tenant("faksas.example")
    with pytest.raises(ValueError, match=r"must be|There is no"):
        world.cloud.patch_tenant({"rotation_grace_s": 1, **change}, "faksas.example")
    assert world.cloud.tenant("faksas.example") == before


# --- keeping it ---


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    world = CloudWorld(tmp_path)
    first = world.provider_tokens()["refresh_token"]
    second = world.provider_refresh(first)["refresh_token"]
    world.cloud.patch_user(STUDIO, {"password": "another one"})
    again = CloudWorld(tmp_path, seed=2)
    again.now_s = world.now_s + 61
    assert again.cloud.accounts() == world.cloud.accounts()
    assert again.cloud.tenants() == world.cloud.tenants()
    assert "access_token" in again.provider_refresh(second)
    assert again.provider_refresh(first)["error"] == "invalid_grant"


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"version": 2}', b'{"version": 1, "settings": {}, "users": []}'])
def test_damaged_state_is_told_and_left_alone(tmp_path: Path, damage: bytes) -> None:
    CloudWorld(tmp_path)
    (tmp_path / "provider.json").write_bytes(damage)
    with pytest.raises(ValueError, match="cannot be read"):
        CloudWorld(tmp_path)
    assert (tmp_path / "provider.json").read_bytes() == damage


def test_the_same_seed_gives_the_same_provider_and_no_secret_is_told() -> None:
    first, second = CloudWorld(), CloudWorld()
    tokens = first.provider_tokens()
    assert tokens == second.provider_tokens()
    assert first.events == second.events
    told = json.dumps(first.events)
    for secret in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"], first.password(CUSTOMER)):
        assert secret not in told
    assert CloudWorld(seed=2).password(CUSTOMER) != first.password(CUSTOMER)


def test_nobody_makes_the_provider_who_does_not_use_it() -> None:
    world = CloudWorld()
    world.consent()
    code, password = world.device_code(), world.cloud.directory.user(PRINTER).password
    assert world.cloud.complete_sign_in(code["user_code"], PRINTER, password, "user")["result"] == "signed-in"
    session = world.signed_in(PRINTER, world.poll(code)["access_token"])
    assert world.send(session, mail()).startswith(b"250 ")
    world.cloud.services()
    assert not {"provider", "gateway", "provider_pages"} & vars(world.cloud).keys()


def test_a_root_of_its_own(tmp_path: Path) -> None:
    """In memory and in a folder; a device's service Custom is given the certificate."""
    for folder in (None, tmp_path):
        cloud = Cloud(lambda: START_S, random.Random(1), folder, authority=AUTHORITY)
        assert cloud.tenant("faksas.example")["custom"]["ca_pem"] == ""
        public = cloud.certificate_der("fax-smtp")
        assert cloud.patch_tenant({"private_root": True}, "faksas.example")["custom"]["ca_pem"].startswith("-----BEGIN")
        own = cloud.certificate_der("fax-smtp")
        assert own != public and cloud.certificate_der("smtp") != own
        cloud.provider.root.issued(own).certificate.verify_directly_issued_by(cloud.provider.root.certificate)
        assert cloud.issued(own).certificate_der == own
        assert cloud.issued(public).certificate_der == public


def test_tokens_are_base64url_and_cannot_be_changed(world: CloudWorld) -> None:
    token = world.provider_tokens()["refresh_token"]
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    for at in range(len(raw)):
        raw[at] ^= 1
        changed = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        assert world.provider_refresh(changed)["error"] == "invalid_grant"
        raw[at] ^= 1
    assert "access_token" in world.provider_refresh(token)
