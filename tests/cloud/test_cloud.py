"""The cloud as one thing: kept before anybody is answered, and what is injected into it."""

import json
import random
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cloud.cloud import Cloud
from sim.cloud.faults import KINDS, Faults
from tests.cloud.world import ADMIN, AUTHORITY, ONA, PRINTER, START_S, CloudWorld, mail, reply


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    world = CloudWorld(tmp_path / "state")
    token = world.tokens()["refresh_token"]
    world.cloud.patch_tenant({"sign_in_frequency_s": 5_000_000})
    world.cloud.patch_user(ONA, {"password": "a new one"})
    assert world.send(world.signed_in(), mail()).startswith(b"250 ")
    again = CloudWorld(tmp_path / "state", seed=2)
    assert again.cloud.accounts() == world.cloud.accounts()
    assert again.cloud.tenant() == world.cloud.tenant()
    assert again.cloud.tenant()["consent"] == ["organization"]
    assert "access_token" in again.refresh(token)
    assert again.cloud.mailboxes.raw(ONA, 1) == mail()


def test_without_an_authority_it_keeps_its_own(tmp_path: Path) -> None:
    def start() -> Cloud:
        return Cloud(lambda: START_S, random.SystemRandom(), tmp_path)

    assert start().ca_der == start().ca_der == (tmp_path / "ca.der").read_bytes()


def test_consent_is_on_disk_before_the_person_is_answered(tmp_path: Path) -> None:
    world = CloudWorld(tmp_path)
    code = world.device_code()
    assert world.person(code, ADMIN, "organization")["result"] == "signed-in"
    assert json.loads((tmp_path / "cloud.json").read_text())["tenants"][0]["consent"] == ["organization"]


def test_state_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    CloudWorld(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("cloud.json", "ca-key.pem", "token-key.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_refused_change_is_not_kept(tmp_path: Path) -> None:
    world = CloudWorld(tmp_path)
    before = (tmp_path / "cloud.json").read_bytes()
    with pytest.raises(ValueError, match="must be"):
        world.cloud.patch_tenant({"security_defaults": True, "access_token_s": "x"})
    assert (tmp_path / "cloud.json").read_bytes() == before
    assert world.cloud.tenant()["security_defaults"] is False


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"version": 9}', b'{"version": 1, "secret": "", "tenants": []}']
)
def test_damaged_state_is_told_and_left_alone(tmp_path: Path, damage: bytes) -> None:
    CloudWorld(tmp_path)
    (tmp_path / "cloud.json").write_bytes(damage)
    with pytest.raises(ValueError, match="cannot be read"):
        CloudWorld(tmp_path)
    assert (tmp_path / "cloud.json").read_bytes() == damage


def test_the_same_seed_gives_the_same_cloud() -> None:
    first, second = CloudWorld(), CloudWorld()
    assert first.tokens() == second.tokens()
    assert first.events == second.events
    assert CloudWorld(seed=2).tokens()["refresh_token"] != CloudWorld().tokens()["refresh_token"]


def test_the_well_known_names() -> None:
    cloud = CloudWorld().cloud
    assert set(cloud.services()) == {
        ("login.microsoftonline.com", 443),
        ("login.partner.example", 443),
        ("mail.partner.example", 2525),
        ("signin.faksas.example", 443),
        ("mail.faksas.example", 587),
        ("mail.faksas.example", 465),
        *(
            (host, port)
            for port in (587, 25)
            for host in (
                "smtp.office365.com",
                "smtp-mail.outlook.com",
                "outlook.office365.com",
            )
        ),
    }


# --- faults ---


def test_the_kinds_are_listed() -> None:
    kinds = Faults().kinds()
    assert {(kind["where"], kind["kind"]) for kind in kinds} >= {
        ("token", "503"),
        ("devicecode", "429"),
        ("smtp", "reply"),
    }
    assert all(kind["does"] for kind in kinds)
    json.dumps(kinds)


def test_a_fault_strikes_as_often_as_it_should() -> None:
    faults = Faults()
    assert faults.add({"where": "token", "kind": "429", "times": 2}) == {
        "where": "token",
        "kind": "429",
        "times": 2,
        "retry_after": 30,
    }
    assert faults.take("devicecode") is None
    assert [faults.take("token") is not None for _ in range(3)] == [True, True, False]
    faults.add({"where": "token", "kind": "50076"})
    assert all(faults.take("token") for _ in range(10))
    faults.clear()
    assert faults.active() == []


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"where": "token"},
        {"where": "nowhere", "kind": "503"},
        {"where": "token", "kind": "drop-at-data"},
        {"where": "smtp", "kind": "50076"},
        {"where": "smtp", "kind": "reply"},
        {"where": "smtp", "kind": "reply", "step": "mail"},
        {"where": "smtp", "kind": "reply", "step": "nowhere", "text": "450 x"},
        {"where": "smtp", "kind": "reply", "step": "mail", "text": "450 a\r\n250 b"},
        {"where": "token", "kind": "503", "times": 0},
        {"where": "token", "kind": "503", "bytes": 5},
        {"where": "token", "kind": "429", "retry_after": "a\nb"},
        {"where": ["token"], "kind": "503"},
    ],
)
def test_a_wrong_fault_is_refused_with_a_sentence(fault: dict[str, Any]) -> None:
    faults = Faults()
    with pytest.raises(ValueError, match=r"must be|There is no|there is no|is missing"):
        faults.add(fault)
    assert faults.active() == []


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {"where": st.sampled_from(["token", "smtp", "x"]), "kind": st.sampled_from([kind.name for kind in KINDS])},
        optional=dict.fromkeys(("times", "step", "text", "bytes", "retry_after", "seconds", "location", "x"), VALUES),
    )
)
def test_any_fault_is_taken_or_refused(fault: dict[str, Any]) -> None:
    try:
        added = Faults().add(fault)
    except ValueError:
        return
    assert {**added, **fault} == added
    json.dumps(added)


def test_faults_are_bounded() -> None:
    faults = Faults()
    for _ in range(100):
        faults.add({"where": "token", "kind": "503"})
    with pytest.raises(ValueError, match="100 faults"):
        faults.add({"where": "token", "kind": "503"})


# --- the mail service's faults; the token service's are in test_services ---


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "end-of-data", "quit"])
def test_another_reply_at_a_step(step: str) -> None:
    world = CloudWorld()
    session = world.signed_in()
    world.cloud.faults.add({"where": "smtp", "kind": "reply", "step": step, "text": "451 4.7.0 Later", "times": 1})
    said = b""
    for line in (b"MAIL FROM:<printer@bureau.example>", b"RCPT TO:<ona@bureau.example>", b"DATA", b"QUIT"):
        said = reply(session.receive(line + b"\r\n"))
        if said.startswith(b"354"):
            said = reply(session.receive(mail() + b".\r\n"))
        if said.startswith(b"451"):
            break
    assert said == b"451 4.7.0 Later\r\n"
    assert bool(world.cloud.mailboxes.addresses()) == (step == "quit")


@pytest.mark.parametrize("step", ["greeting", "ehlo", "starttls"])
def test_another_reply_before_tls(step: str) -> None:
    world = CloudWorld()
    world.cloud.faults.add({"where": "smtp", "kind": "reply", "step": step, "text": "554 No"})
    session = world.cloud.exchange.session("203.0.113.5:1")
    said = reply(session.greeting()) + reply(session.receive(b"EHLO a\r\n")) + reply(session.receive(b"STARTTLS\r\n"))
    assert b"554 No\r\n" in said
    assert (b"[starttls]" in said) == (step == "greeting")


def test_421_at_the_greeting() -> None:
    world = CloudWorld()
    world.cloud.faults.add({"where": "smtp", "kind": "421"})
    session = world.cloud.exchange.session("203.0.113.5:1")
    assert reply(session.greeting()) == b"421 4.3.2 Service not available\r\n[close]"


def test_432_at_mail() -> None:
    world = CloudWorld()
    session = world.signed_in()
    world.cloud.faults.add({"where": "smtp", "kind": "432", "times": 1})
    command = b"MAIL FROM:<printer@bureau.example>\r\n"
    assert reply(session.receive(command)).startswith(b"432 4.3.2 Concurrent connections limit exceeded.")
    assert reply(session.receive(command)).startswith(b"250 ")


def test_starttls_stripped() -> None:
    world = CloudWorld()
    world.cloud.faults.add({"where": "smtp", "kind": "no-starttls"})
    session = world.cloud.exchange.session("203.0.113.5:1")
    assert b"STARTTLS" not in reply(session.receive(b"EHLO a\r\n"))
    assert reply(session.receive(b"STARTTLS\r\n")) == b"500 5.3.3 Unrecognized command\r\n"


def test_bytes_injected_before_tls() -> None:
    world = CloudWorld()
    world.cloud.faults.add({"where": "smtp", "kind": "inject-before-tls"})
    session = world.cloud.exchange.session("203.0.113.5:1")
    session.receive(b"EHLO a\r\n")
    said = reply(session.receive(b"STARTTLS\r\n"))
    assert said.startswith(b"220 2.0.0 SMTP server ready\r\n250-injected")
    assert said.endswith(b"[starttls]")


def test_only_small_messages() -> None:
    world = CloudWorld()
    world.cloud.faults.add({"where": "smtp", "kind": "size-small", "bytes": 1000})
    session, said = world.session()
    assert b"250-SIZE 1000\r\n" in said
    session = world.signed_in()
    answer = reply(session.receive(b"MAIL FROM:<printer@bureau.example> SIZE=1001\r\n"))
    assert answer.startswith(b"552 5.3.4")
    assert world.send(session, mail(text=b"x\r\n" * 400)).startswith(b"552 5.3.4")


@pytest.mark.parametrize("kind", ["drop-at-data", "drop-mid-data", "lost-250"])
def test_the_connection_ends(kind: str) -> None:
    world = CloudWorld()
    world.cloud.faults.add({"where": "smtp", "kind": kind, "times": 1, **({"bytes": 1000} if "mid" in kind else {})})
    session = world.signed_in()
    session.receive(b"MAIL FROM:<printer@bureau.example>\r\nRCPT TO:<ona@bureau.example>\r\n")
    said = reply(session.receive(b"DATA\r\n"))
    if kind == "drop-at-data":
        assert said == b"[close]"
    else:
        assert said.startswith(b"354")
        said = reply(session.receive(mail(text=b"x" * 70 + b"\r\n")))
        said += reply(session.receive((b"x" * 70 + b"\r\n") * 20 + b".\r\n"))
        assert said == b"[close]"
    session.closed()
    assert bool(world.cloud.mailboxes.addresses()) == (kind == "lost-250")
    assert world.send(world.signed_in(), mail()).startswith(b"250 ")


def test_an_authority_may_be_shared() -> None:
    assert CloudWorld().cloud.ca_der == AUTHORITY.ca_der
    assert CloudWorld().password(PRINTER) != CloudWorld(seed=2).password(PRINTER)
