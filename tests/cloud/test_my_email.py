"""What Scan to My Email needs of the cloud (manual R22 to R24): people, consent, mailboxes, and mail from and to oneself."""

import pytest

from tests.cloud.world import ADMIN, DAY_S, PRINTER, CloudWorld, mail, reply, xoauth2

PEOPLE = [f"{name}@bureau.example" for name in ("ona", "jonas", "ruta", "petras", "egle")]


@pytest.fixture
def world() -> CloudWorld:
    return CloudWorld()


def test_there_are_five_ordinary_people_with_mailboxes(world: CloudWorld) -> None:
    users = [user for user in world.cloud.users() if user["address"].endswith("@bureau.example")]
    ordinary = [user["address"] for user in users if not user["roles"] and user["address"] != PRINTER]
    assert ordinary == PEOPLE
    assert all(user["mailbox"] and user["enabled"] for user in users)


def test_r22_before_the_administrator_nobody_else_can_sign_in(world: CloudWorld) -> None:
    """AADSTS90094 (cloud-facts 3.7) is on the person's page; the device goes on asking until the code runs out."""
    code = world.device_code()
    answer = world.person(code, PEOPLE[0])
    assert answer["result"] == "needs-admin-consent" and "only an admin can grant" in answer["error"]
    assert {"where": "login", "person": "needs-admin-consent", "aadsts": 90094} in world.events
    assert world.poll(code)["error"] == "authorization_pending"


def test_r23_the_administrators_consent_lets_everybody_in(world: CloudWorld) -> None:
    code = world.device_code()
    assert world.person(code, ADMIN, "organization")["result"] == "signed-in"
    assert "refresh_token" in world.poll(code)
    for person in PEOPLE:  # and none of them is asked for permissions
        code = world.device_code()
        assert world.person(code, person)["result"] == "signed-in"
        assert "refresh_token" in world.poll(code)


def test_r23_without_the_tick_only_the_administrator_is_in(world: CloudWorld) -> None:
    """The usual mistake (cloud-facts 6, 3)."""
    assert world.person(world.device_code(), ADMIN, "user")["result"] == "signed-in"
    assert world.cloud.tenant()["consent"] == [ADMIN]
    assert world.person(world.device_code(), PEOPLE[0])["result"] == "needs-admin-consent"


def test_r23_an_ordinary_user_cannot_consent_for_all(world: CloudWorld) -> None:
    assert world.person(world.device_code(), PEOPLE[0], "organization")["result"] == "needs-admin-consent"
    assert world.cloud.tenant()["consent"] == []


def test_consent_for_single_people(world: CloudWorld) -> None:
    world.cloud.patch_tenant({"consent": PEOPLE[:1]})
    assert world.person(world.device_code(), PEOPLE[0])["result"] == "signed-in"
    assert world.person(world.device_code(), PEOPLE[1])["result"] == "needs-admin-consent"


def test_r24_withdrawn_consent_is_aadsts65001_for_who_lost_it(world: CloudWorld) -> None:
    tokens = {person: world.tokens(person)["refresh_token"] for person in PEOPLE}
    world.cloud.patch_tenant({"consent": PEOPLE[1:]})
    refused = world.refresh(tokens[PEOPLE[0]])
    assert (refused["error"], refused["error_codes"], refused["suberror"]) == (
        "invalid_grant",
        [65001],
        "consent_required",
    )
    assert "access_token" in world.refresh(tokens[PEOPLE[1]])


def test_r24_one_persons_sign_in_ends_and_the_others_go_on(world: CloudWorld) -> None:
    tokens = {person: world.tokens(person)["refresh_token"] for person in PEOPLE}
    world.cloud.patch_user(PEOPLE[0], {"password": "another one"})
    world.cloud.patch_user(PEOPLE[1], {"enabled": False})
    world.cloud.revoke(PEOPLE[2])
    codes = [world.refresh(tokens[person]).get("error_codes") for person in PEOPLE]
    assert codes == [[50173], [50057], [50173], None, None]
    world.now_s += 91 * DAY_S
    assert world.refresh(tokens[PEOPLE[3]])["error_codes"] == [700082]


@pytest.mark.parametrize(
    ("mailbox", "tenant_off", "words"),
    [
        (None, False, b"235 2.7.0 Authentication successful"),
        (True, True, b"235 2.7.0 Authentication successful"),
        (
            False,
            False,
            b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.",
        ),
        (None, True, b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant."),
    ],
)
def test_smtp_auth_of_one_mailbox(world: CloudWorld, mailbox: bool | None, tenant_off: bool, words: bytes) -> None:
    person, other = PEOPLE[:2]
    token, others = world.tokens(person)["access_token"], world.tokens(other)["access_token"]
    world.cloud.patch_user(person, {"smtp_auth": mailbox})
    world.cloud.patch_tenant({"smtp_auth_disabled": tenant_off})
    session, _ = world.session()
    assert reply(session.receive(b"AUTH XOAUTH2 " + xoauth2(person, token) + b"\r\n")).startswith(words)
    session, _ = world.session()
    said = reply(session.receive(b"AUTH XOAUTH2 " + xoauth2(other, others) + b"\r\n"))
    assert said.startswith(b"535 5.7.139 " if tenant_off else b"235 ")


def test_r24_mail_from_and_to_oneself(world: CloudWorld) -> None:
    for person in PEOPLE:
        assert world.send(world.signed_in(person), mail(person), person, person).startswith(b"250 ")
        assert (
            world.cloud.mailboxes.raw(person, 1) == world.cloud.mailboxes.raw(person, 1, "Sent Items") == mail(person)
        )


def test_nobody_sends_as_somebody_else(world: CloudWorld) -> None:
    """Neither a user as the printer nor the printer as a user, unless that was allowed."""
    person = PEOPLE[0]
    assert world.send(world.signed_in(person), mail(PRINTER), person, PRINTER).startswith(b"554 5.2.252 SendAsDenied;")
    assert world.send(world.signed_in(PRINTER), mail(person), person, person).startswith(b"554 5.2.252 SendAsDenied;")
    world.cloud.patch_user(PRINTER, {"send_as": [person]})
    assert world.send(world.signed_in(PRINTER), mail(person), person, person).startswith(b"250 ")


def test_a_token_of_one_person_is_none_of_another(world: CloudWorld) -> None:
    session, _ = world.session()
    said = reply(
        session.receive(b"AUTH XOAUTH2 " + xoauth2(PEOPLE[1], world.tokens(PEOPLE[0])["access_token"]) + b"\r\n")
    )
    assert said.startswith(b"535 5.7.3 Authentication unsuccessful")


def test_who_has_no_mailbox_signs_in_and_cannot_send(world: CloudWorld) -> None:
    world.cloud.patch_user(PEOPLE[0], {"mailbox": False})
    token = world.tokens(PEOPLE[0])["access_token"]
    session, _ = world.session()
    said = reply(session.receive(b"AUTH XOAUTH2 " + xoauth2(PEOPLE[0], token) + b"\r\n"))
    assert said.startswith(b"535 5.7.3 ")
