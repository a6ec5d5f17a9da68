"""The fax provider among the tenants: its customers sign in with a work account and send faxes over Exchange Online."""

import json
from pathlib import Path

import pytest

from sim.cloud.directory import FAX_TENANT_ID
from sim.cloud.exchange import SmtpSession
from tests.cloud.world import FAX, FAX_ADMIN, ONA, PRINTER, CloudWorld, claims, fax, mail, reply

NUMBER = "85212345@fax.depesa.example"


@pytest.fixture
def world() -> CloudWorld:
    return CloudWorld()


def signed_in(world: CloudWorld, address: str = FAX) -> SmtpSession:
    world.cloud.patch_tenant({"consent": ["organization"]}, "depesa.example")
    return world.signed_in(address)


def test_its_consent_is_its_own(world: CloudWorld) -> None:
    world.consent()
    code = world.device_code()
    assert world.person(code, FAX)["result"] == "needs-admin-consent"
    assert world.person(code, FAX_ADMIN, "organization")["result"] == "signed-in"
    assert world.cloud.tenant("depesa.example")["consent"] == ["organization"]
    assert claims(world.tokens(FAX)["access_token"])["tid"] == FAX_TENANT_ID


def test_its_policies_are_its_own(world: CloudWorld) -> None:
    world.cloud.patch_tenant({"message_bytes": 100}, "depesa.example")
    session = signed_in(world)
    assert reply(session.receive(f"MAIL FROM:<{FAX}> SIZE=101\r\n".encode())).startswith(b"552 5.3.4 ")
    token = world.tokens(FAX)["refresh_token"]
    world.cloud.patch_tenant({"conditional_access": ["block-device-code"]}, "depesa.example")
    assert world.refresh(token)["error_codes"] == [530036]
    assert "access_token" in world.refresh(world.tokens(PRINTER)["refresh_token"])


def test_a_mail_to_a_number_is_a_fax(world: CloudWorld) -> None:
    assert world.send(signed_in(world), fax(FAX), NUMBER, FAX).startswith(b"250 2.0.0 OK ")
    [row] = world.cloud.faxes.list()
    assert (row["number"], row["from"], row["domain"], row["size"]) == ("85212345", FAX, "fax.depesa.example", 900)
    assert world.cloud.mailboxes.raw(FAX, 1, "Sent Items") == fax(FAX)
    assert world.cloud.mailboxes.addresses() == [FAX]


@pytest.mark.parametrize(
    ("address", "to", "words"),
    [
        (FAX, "ona@fax.depesa.example", b"550 5.1.10 "),
        (FAX, "nobody@depesa.example", b"550 5.1.10 "),
        (PRINTER, NUMBER, b"550 5.7.124 "),
    ],
    ids=["no number", "nobody", "not a customer"],
)
def test_who_and_what_is_refused(world: CloudWorld, address: str, to: str, words: bytes) -> None:
    session = signed_in(world, address)
    said = reply(session.receive(f"MAIL FROM:<{address}>\r\nRCPT TO:<{to}>\r\n".encode()))
    assert said.startswith(b"250 2.1.0 Sender OK\r\n" + words)


def test_a_mail_without_a_document_is_no_fax(world: CloudWorld) -> None:
    assert world.send(signed_in(world), mail(FAX), NUMBER, FAX).startswith(b"554 5.6.1 ")
    assert world.cloud.faxes.list() == []
    assert world.cloud.mailboxes.addresses() == []


def test_its_people_get_mail_as_everybody(world: CloudWorld) -> None:
    assert world.send(world.signed_in(), mail(), FAX).startswith(b"250 ")
    assert world.send(signed_in(world), mail(FAX), ONA, FAX).startswith(b"250 ")
    assert world.cloud.mailboxes.raw(FAX, 1) == mail()
    assert world.cloud.mailboxes.raw(ONA, 1) == mail(FAX)


# --- keeping it ---


def test_faxes_survive_a_restart(tmp_path: Path) -> None:
    world = CloudWorld(tmp_path)
    session = signed_in(world)
    for number in ("111", "222"):
        world.send(session, fax(FAX, b"%PDF " + number.encode()), f"{number}@fax.depesa.example", FAX)
    again = CloudWorld(tmp_path, seed=2).cloud
    assert again.faxes.list() == world.cloud.faxes.list()
    assert [again.fax(n).content for n in (1, 2)] == [b"%PDF 111", b"%PDF 222"]
    with pytest.raises(LookupError, match="There is no fax 3"):
        again.fax(3)


def test_a_row_that_was_cut_off_was_never_confirmed(tmp_path: Path) -> None:
    world = CloudWorld(tmp_path)
    session = signed_in(world)
    world.send(session, fax(FAX), NUMBER, FAX)
    index = tmp_path / "faxes" / "index.jsonl"
    whole = index.read_bytes()
    index.write_bytes(whole + whole[:20])
    assert len(CloudWorld(tmp_path, seed=2).cloud.faxes.list()) == 1
    assert index.read_bytes() == whole


@pytest.mark.parametrize("damage", [b"{\n", b"[]\n", b"5\n", b'{"number": "1"}\n'])
def test_damaged_faxes_are_told(tmp_path: Path, damage: bytes) -> None:
    CloudWorld(tmp_path)
    (tmp_path / "faxes").mkdir()
    (tmp_path / "faxes" / "index.jsonl").write_bytes(damage)
    with pytest.raises(ValueError, match="damaged"):
        CloudWorld(tmp_path)


def test_a_state_folder_of_before_gets_the_new_people(tmp_path: Path) -> None:
    world = CloudWorld(tmp_path)
    kept = json.loads((tmp_path / "cloud.json").read_text())
    kept["tenants"] = kept["tenants"][:2]
    for address in ("petras@bureau.example", "egle@bureau.example"):
        del kept["tenants"][0]["users"][address]
    (tmp_path / "cloud.json").write_text(json.dumps(kept))
    assert CloudWorld(tmp_path, seed=2).cloud.accounts() == world.cloud.accounts()
