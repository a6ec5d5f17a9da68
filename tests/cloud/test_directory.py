"""Tenants, users, policies: ready to use, changed whole or not at all, kept and read back."""

import json
import random
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cloud.directory import Directory
from tests.cloud.world import ADMIN, FAX, FAX_ADMIN, ONA, PERSONAL, PRINTER


def new() -> Directory:
    return Directory.new(random.Random(1))


def test_the_tenant_comes_ready_to_use() -> None:
    directory = new()
    assert [user.address for user in directory.users()] == [
        ADMIN,
        PRINTER,
        ONA,
        "jonas@bureau.example",
        "ruta@bureau.example",
        PERSONAL,
    ]
    assert directory.user(ADMIN).roles == ["Global Administrator"]
    assert not directory.organization.security_defaults
    assert not directory.organization.smtp_auth_disabled
    assert directory.organization.consent == []


def test_who_came_later_follows_from_the_secret() -> None:
    """So a state folder of before gets them, too, and they are the same each time."""
    before = new()
    users = before.completed(b"secret").users()
    assert [user.address for user in users if before.find(user.address) is None] == [
        "petras@bureau.example",
        "egle@bureau.example",
        FAX_ADMIN,
        FAX,
        "studio@depesa.example",
    ]
    assert before.completed(b"secret").to_json() == before.completed(b"secret").completed(b"other").to_json()
    assert before.completed(b"other").user(FAX).password != before.completed(b"secret").user(FAX).password


def test_a_draw_is_that_of_random_choice() -> None:
    """A seed gives the passwords that it gave before they were drawn faster."""
    draws = random.Random(1)
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    password = "-".join("".join(draws.choice(letters) for _ in range(4)) for _ in range(3))
    assert new().user(ADMIN).password == password


def test_each_tenant_has_policies_of_its_own() -> None:
    directory = new().completed(b"secret").patched_tenant({"security_defaults": True}, "depesa.example")
    assert [tenant.security_defaults for tenant in directory.tenants] == [False, False, True]
    with pytest.raises(LookupError, match="There is no tenant"):
        directory.patched_tenant({"security_defaults": True}, "elsewhere.example")


def test_r01_a_fresh_tenant_has_security_defaults_and_no_smtp_auth() -> None:
    tenant = Directory.new(random.Random(1), fresh_tenant=True).organization
    assert tenant.security_defaults
    assert tenant.smtp_auth_disabled


def test_passwords_are_drawn_not_fixed() -> None:
    drawn = {
        user.password
        for seed in range(50)
        for user in Directory.new(random.Random(seed)).completed(seed.to_bytes(32, "big")).users()
    }
    assert len(drawn) == 550
    assert min(len(password) for password in drawn) >= 12


@pytest.mark.parametrize(
    "change",
    [
        {"security_defaults": 1},
        {"security_defaults": None},
        {"smtp_auth_disabled": "yes"},
        {"conditional_access": "block-device-code"},
        {"conditional_access": ["block-everything"]},
        {"sign_in_frequency_s": 0},
        {"sign_in_frequency_s": True},
        {"access_token_s": 86401},
        {"refresh_inactive_s": None},
        {"consent": ["everybody"]},
        {"consent": [["organization"]]},
        {"id": "other"},
        {"domain": "other.example"},
        {"users": {}},
        {"nothing": 1},
    ],
)
def test_a_wrong_change_of_the_tenant_is_refused_with_a_sentence(change: dict[str, Any]) -> None:
    directory = new()
    before = directory.to_json()
    with pytest.raises(ValueError, match=r"must be|There is no"):
        directory.patched_tenant({"security_defaults": True, **change})
    assert directory.to_json() == before


@pytest.mark.parametrize(
    "change",
    [
        {"password": ""},
        {"password": 5},
        {"password": "a\r\nb"},
        {"enabled": "no"},
        {"smtp_auth": "null"},
        {"mailbox": None},
        {"mailbox_quota_bytes": -1},
        {"roles": ["King"]},
        {"roles": "Global Administrator"},
        {"send_as": ["nobody"]},
        {"address": "a@b.example"},
        {"generation": 0},
        {"valid_from_s": 0},
    ],
)
def test_a_wrong_change_of_a_user_is_refused_with_a_sentence(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|There is no"):
        new().patched_user(ONA, change, 0.0)


def test_a_change_of_nobody() -> None:
    with pytest.raises(LookupError, match="There is no user"):
        new().patched_user("nobody@bureau.example", {"enabled": False}, 0.0)


def test_changes_leave_the_directory_before_as_it_was() -> None:
    before = new()
    after = before.patched_user(ONA, {"smtp_auth": False, "send_as": ["Jonas@Bureau.example"]}, 0.0)
    assert before.user(ONA).smtp_auth is None
    assert after.user(ONA).smtp_auth is False
    assert after.user(ONA).send_as == ["jonas@bureau.example"]


def test_a_new_password_voids_older_sign_ins_and_other_changes_do_not() -> None:
    directory = new()
    assert directory.patched_user(ONA, {"enabled": False}, 5.0).user(ONA).generation == 0
    changed = directory.patched_user(ONA, {"password": "another one"}, 5.0).user(ONA)
    assert (changed.generation, changed.valid_from_s) == (1, 5.0)


def test_what_is_shown_has_no_password() -> None:
    shown = new().user(ONA).shown()
    assert shown["address"] == ONA
    assert "password" not in shown
    assert new().user(ONA).password not in json.dumps(shown)


def test_kept_and_read_back() -> None:
    directory = (
        new().patched_tenant({"conditional_access": ["block-device-code"]}).patched_user(ONA, {"roles": []}, 1.5)
    )
    kept = json.loads(json.dumps(directory.to_json()))
    assert Directory.from_json(kept).to_json() == directory.to_json()


@pytest.mark.parametrize("damage", [None, [], [{}], {}, "text", 5, [[]], [{"users": []}]])
def test_damaged_state_is_an_error_with_a_sentence(damage: Any) -> None:
    with pytest.raises(ValueError, match="directory"):
        Directory.from_json(damage)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
TENANT_KEYS = st.sampled_from([*new().organization.shown(), "nothing"])
USER_KEYS = st.sampled_from([*new().user(ONA).shown(), "password", "generation", "nothing"])


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(TENANT_KEYS, JSON, max_size=3), st.dictionaries(USER_KEYS, JSON, max_size=3))
def test_any_change_is_taken_whole_or_refused(tenant: dict[str, Any], user: dict[str, Any]) -> None:
    directory = new()
    before = directory.to_json()
    for patch in (partial(directory.patched_tenant, tenant), partial(directory.patched_user, ONA, user, 1.0)):
        try:
            after = patch()
        except ValueError:
            continue
        else:
            assert Directory.from_json(json.loads(json.dumps(after.to_json()))).to_json() == after.to_json()
    assert directory.to_json() == before
