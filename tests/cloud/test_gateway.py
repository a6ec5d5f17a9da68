"""The provider's mail server: its words, its ways to take a token, its rules; and what becomes a fax."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cloud.faults import FAX_KINDS
from sim.cloud.faxes import fax_number
from sim.cloud.gateway import GatewaySession
from tests.cloud.world import CUSTOMER, ONA, CloudWorld, fax, mail, reply, xoauth2

NUMBER = "+37052345678@fax.faksas.example"
STUDIO = "studio@faksas.example"
PDF = b"%PDF-1.7 one page\n" * 50


@pytest.fixture
def world() -> CloudWorld:
    return CloudWorld()


def say(session: GatewaySession, line: str) -> str:
    return reply(session.receive(line.encode() + b"\r\n")).decode()


def send(session: GatewaySession, message: bytes, to: str = NUMBER, sender: str = CUSTOMER) -> str:
    """The reply to the final dot."""
    said = say(session, f"MAIL FROM:<{sender}>\r\nRCPT TO:<{to}>\r\nDATA")
    assert said.endswith("354 End data with <CR><LF>.<CR><LF>\r\n"), said
    return reply(session.receive(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")).decode()


# --- the session ---


def test_a_session_byte_by_byte(world: CloudWorld) -> None:
    _, said = world.gateway()
    assert said.decode().split("\r\n") == [
        "220 mail.faksas.example ESMTP",
        "250-mail.faksas.example",
        "250-PIPELINING",
        "250-SIZE 20971520",
        "250-STARTTLS",
        "250-ENHANCEDSTATUSCODES",
        "250 8BITMIME",
        "220 2.0.0 Ready to start TLS",
        "[starttls]250-mail.faksas.example",
        "250-PIPELINING",
        "250-SIZE 20971520",
        "250-AUTH XOAUTH2 OAUTHBEARER",
        "250-ENHANCEDSTATUSCODES",
        "250 8BITMIME",
        "",
    ]


def test_tls_from_the_first_byte(world: CloudWorld) -> None:
    """RFC 8314 3.3: AUTH at once, and no STARTTLS."""
    session, said = world.gateway(tls=True)
    assert b"250-AUTH XOAUTH2 OAUTHBEARER\r\n" in said and b"STARTTLS" not in said
    assert say(session, "STARTTLS") == "503 5.5.1 Error: TLS already active\r\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("BDAT 5 LAST", "502 5.5.2 Error: command not recognized"),
        ("AUTH PLAIN AGEAYg==", "504 5.5.4 Error: unrecognized authentication mechanism"),
        ("AUTH LOGIN", "504 5.5.4 Error: unrecognized authentication mechanism"),
        (f"MAIL FROM:<{CUSTOMER}>", "530 5.7.0 Authentication required"),
        (f"RCPT TO:<{NUMBER}>", "503 5.5.1 Error: need MAIL command"),
        ("DATA", "503 5.5.1 Error: need MAIL command"),
        ("NOOP", "250 2.0.0 Ok"),
        ("QUIT", "221 2.0.0 Bye"),
    ],
)
def test_words(world: CloudWorld, line: str, words: str) -> None:
    session, _ = world.gateway()
    assert say(session, line).startswith(words + "\r\n")


def test_in_clear_nobody_is_asked_for_a_token(world: CloudWorld) -> None:
    session = world.cloud.gateway.session("203.0.113.5:50000")
    reply(session.greeting())
    assert "AUTH" not in say(session, "EHLO a")
    assert say(session, "AUTH XOAUTH2").startswith("504 ")
    assert say(session, f"MAIL FROM:<{CUSTOMER}>") == "530 5.7.0 Must issue a STARTTLS command first\r\n"


# --- tokens ---


def oauthbearer(token: str, address: str = CUSTOMER) -> str:
    """RFC 7628 3.1."""
    text = f"n,a={address},\x01host=mail.faksas.example\x01port=587\x01auth=Bearer {token}\x01\x01"
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_is_taken(world: CloudWorld, mechanism: str, at_once: bool) -> None:
    token = world.provider_tokens()["access_token"]
    blob = xoauth2(CUSTOMER, token).decode() if mechanism == "XOAUTH2" else oauthbearer(token)
    session, _ = world.gateway()
    if not at_once:
        assert say(session, f"AUTH {mechanism}") == "334 \r\n"
    accepted = say(session, f"AUTH {mechanism} {blob}" if at_once else blob)
    assert accepted == "235 2.7.0 Authentication successful\r\n"
    assert token not in json.dumps(world.events)


def test_oauthbearer_without_a_name_goes_by_the_token(world: CloudWorld) -> None:
    session, _ = world.gateway()
    blob = base64.b64encode(f"n,,\x01auth=Bearer {world.provider_tokens()['access_token']}\x01\x01".encode()).decode()
    assert say(session, f"AUTH OAUTHBEARER {blob}").startswith("235 ")


@pytest.mark.parametrize(
    ("mechanism", "challenge"),
    [
        ("XOAUTH2", {"status": "401", "schemes": "bearer", "scope": "mail.send"}),
        (
            "OAUTHBEARER",
            {
                "status": "invalid_token",
                "scope": "mail.send",
                "openid-configuration": "https://signin.faksas.example/.well-known/openid-configuration",
            },
        ),
    ],
)
def test_a_refusal_says_why_to_machines_first(world: CloudWorld, mechanism: str, challenge: dict[str, str]) -> None:
    session, _ = world.gateway()
    blob = xoauth2(CUSTOMER, "wrong").decode() if mechanism == "XOAUTH2" else oauthbearer("wrong")
    said = say(session, f"AUTH {mechanism} {blob}")
    assert said.startswith("334 ") and json.loads(base64.b64decode(said[4:])) == challenge
    assert say(session, "" if mechanism == "XOAUTH2" else "AQ==") == "535 5.7.8 Error: authentication failed\r\n"
    assert say(session, "NOOP").startswith("250 ")


@pytest.mark.parametrize(
    "refused",
    [
        lambda world: (STUDIO, world.provider_tokens()["access_token"]),
        lambda world: (CUSTOMER, world.provider_tokens()["refresh_token"]),
        lambda world: (CUSTOMER, world.provider_tokens(scope="openid")["access_token"]),
        lambda world: ("printer@bureau.example", world.tokens()["access_token"]),
    ],
    ids=["somebody else's", "a refresh token", "without the scope", "of the other service"],
)
def test_tokens_that_are_refused(world: CloudWorld, refused: object) -> None:
    assert callable(refused)
    address, token = refused(world)
    session, _ = world.gateway()
    assert say(session, f"AUTH XOAUTH2 {xoauth2(address, token).decode()}").startswith("334 ")
    assert say(session, "").startswith("535 5.7.8 ")


def test_what_is_no_answer_to_a_challenge(world: CloudWorld) -> None:
    session, _ = world.gateway()
    say(session, "AUTH XOAUTH2")
    assert say(session, "*") == "501 5.7.0 Authentication aborted\r\n"
    assert say(session, "AUTH XOAUTH2 ąą").startswith("501 5.5.2 ")
    assert say(session, "AUTH XOAUTH2 =").startswith("334 ey")


def test_smtp_can_be_off_for_an_account(world: CloudWorld) -> None:
    token = world.provider_tokens()["access_token"]
    world.cloud.patch_user(CUSTOMER, {"smtp_auth": False})
    session, _ = world.gateway()
    said = say(session, f"AUTH XOAUTH2 {xoauth2(CUSTOMER, token).decode()}")
    assert said == "535 5.7.8 Error: authentication failed: SMTP is not enabled for this account\r\n"


# --- faxes ---


def test_a_mail_to_a_number_is_a_fax(world: CloudWorld) -> None:
    session = world.customer()
    assert send(session, fax()).startswith("250 2.0.0 Ok: queued as ")
    assert world.cloud.faxes.list() == [
        {
            "n": 1,
            "number": "+37052345678",
            "from": CUSTOMER,
            "at": "2025-12-01T08:00:05+00:00",
            "content_type": "application/pdf",
            "size": len(PDF),
            "pages": None,
            "name": "fax.pdf",
            "domain": "fax.faksas.example",
            "message_id": "<1@p.example>",
            "duplicate_of": None,
        }
    ]
    assert world.cloud.fax(1).content == PDF
    assert world.cloud.mailboxes.addresses() == []
    assert {
        "where": "fax-smtp",
        "session": 1,
        "fax": "+37052345678",
        "content_type": "application/pdf",
        "size": 900,
    } in (world.events)


def test_pages_are_counted_where_they_can_be(world: CloudWorld) -> None:
    session = world.customer()
    send(session, fax(document=b"%PDF-1.7 << /Type /Page >> << /Type /Page >> << /Type /Pages >>"))
    send(session, fax(document=b"\x89PNG", content_type="image/png"))
    send(session, fax(document=b"II*\0", content_type="image/tiff"))
    assert [row["pages"] for row in world.cloud.faxes.list()] == [2, 1, None]


def test_a_fax_that_was_sent_twice_is_told(world: CloudWorld) -> None:
    session = world.customer()
    for message_id in ("<1@p.example>", "<2@p.example>", "<1@p.example>"):
        send(session, fax(message_id=message_id))
    assert [row["duplicate_of"] for row in world.cloud.faxes.list()] == [None, None, 1]


def test_one_message_to_numbers_and_people(world: CloudWorld) -> None:
    session = world.customer()
    others = f"112@fax.faksas.example>\r\nRCPT TO:<{STUDIO}>\r\nRCPT TO:<{ONA}>\r\nRCPT TO:<112@fax.faksas.example"
    assert send(session, fax(), to=others).startswith("250 ")
    assert [row["number"] for row in world.cloud.faxes.list()] == ["112"]
    assert world.cloud.mailboxes.raw(STUDIO, 1) == world.cloud.mailboxes.raw(ONA, 1) == fax()
    assert world.cloud.mailboxes.list(CUSTOMER, "Sent Items") == []  # a plain server keeps none


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("12@fax.faksas.example", "550 5.1.3 <12@fax.faksas.example>: Recipient address rejected: not a number"),
        ("0123456789012345@fax.faksas.example", "550 5.1.3 "),
        ("ona@fax.faksas.example", "550 5.1.3 "),
        ("+370+5@fax.faksas.example", "550 5.1.3 "),
        ("nobody@faksas.example", "550 5.1.1 <nobody@faksas.example>: Recipient address rejected: User unknown"),
    ],
)
def test_recipients_that_are_refused(world: CloudWorld, to: str, words: str) -> None:
    session = world.customer()
    assert say(session, f"MAIL FROM:<{CUSTOMER}>").startswith("250 2.1.0 Ok")
    assert say(session, f"RCPT TO:<{to}>").startswith(words)


@pytest.mark.parametrize(
    ("sender", "words"),
    [
        (STUDIO, f"553 5.7.1 <{STUDIO}>: Sender address rejected: not owned by user {CUSTOMER}\r\n"),
        (ONA, f"553 5.7.1 <{ONA}>: Sender address rejected: not owned by user {CUSTOMER}\r\n"),
        ("nobody@faksas.example", "550 5.1.0 <nobody@faksas.example>: Sender address rejected: User unknown\r\n"),
        ("", f"553 5.7.1 <>: Sender address rejected: not owned by user {CUSTOMER}\r\n"),
    ],
)
def test_senders_that_are_refused(world: CloudWorld, sender: str, words: str) -> None:
    assert say(world.customer(), f"MAIL FROM:<{sender}>") == words


def test_a_customer_may_be_allowed_another_sender(world: CloudWorld) -> None:
    world.cloud.patch_user(CUSTOMER, {"send_as": [STUDIO]})
    assert send(world.customer(), fax(STUDIO), sender=STUDIO).startswith("250 ")


def test_the_header_must_say_the_same_sender(world: CloudWorld) -> None:
    assert send(world.customer(), fax(STUDIO)) == f"550 5.7.1 Header From is not owned by user {CUSTOMER}\r\n"
    assert world.cloud.faxes.list() == []


def test_too_large_is_said_at_once_or_at_the_end(world: CloudWorld) -> None:
    world.cloud.patch_tenant({"message_bytes": 1000}, "faksas.example")
    session = world.customer()
    assert say(session, f"MAIL FROM:<{CUSTOMER}> SIZE=1001") == "552 5.3.4 Message size exceeds fixed limit\r\n"
    assert send(session, fax()) == "552 5.3.4 Message size exceeds fixed limit\r\n"
    assert world.cloud.faxes.list() == []


@pytest.mark.parametrize(
    "message",
    [
        mail(CUSTOMER),
        fax(content_type="application/zip"),
        fax(document=b""),
        fax().replace(
            b"--b--\r\n", b"--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n"
        ),
    ],
    ids=["no document", "another kind", "empty", "two of them"],
)
def test_what_cannot_be_faxed(world: CloudWorld, message: bytes) -> None:
    session = world.customer()
    assert send(session, message).startswith("554 5.6.")
    assert world.cloud.faxes.list() == []
    assert send(session, fax()).startswith("250 ")


@given(st.text(st.sampled_from("0123456789+-. a"), max_size=20))
@settings(max_examples=300, deadline=None)
def test_numbers(local_part: str) -> None:
    number = fax_number(local_part)
    digits = number.removeprefix("+")
    assert number == "" or (digits.isdigit() and 3 <= len(digits) <= 15)
    assert number in ("", local_part.replace("-", "").replace(".", ""))


def test_numbers_may_be_written_in_groups() -> None:
    assert fax_number("+370-5-234.56.78") == "+37052345678"


# --- faults ---


def test_a_fault_strikes_one_server_only(world: CloudWorld) -> None:
    world.cloud.faults.add({"where": "fax-smtp", "kind": "421", "times": 1})
    _, said = world.session()
    assert said.startswith(b"220 ")
    session = world.cloud.gateway.session("203.0.113.5:50000")
    said = reply(session.greeting())
    assert said == b"421 4.3.0 mail.faksas.example Service not available, closing transmission channel\r\n[close]"


def test_the_250_of_a_fax_can_be_lost(world: CloudWorld) -> None:
    world.cloud.faults.add({"where": "fax-smtp", "kind": "lost-250", "times": 1})
    assert send(world.customer(), fax()) == "[close]"
    assert len(world.cloud.faxes.list()) == 1


def test_every_kind_of_the_cloud_is_there_for_the_provider_too() -> None:
    places = {where for kind in FAX_KINDS for where in kind.where}
    assert places == {"fax-token", "fax-devicecode", "fax-smtp", "fax-login"}
    with pytest.raises(ValueError, match="no fault of this kind"):
        CloudWorld().cloud.faults.add({"where": "fax-token", "kind": "50076"})  # its errors have no numbers


@given(st.binary(max_size=300), st.integers(1, 7))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_answered_by_the_rules(data: bytes, cut: int) -> None:
    world = CloudWorld()
    session, _ = world.gateway()
    said = b"".join(reply(session.receive(data[at : at + cut])) for at in range(0, len(data), cut))
    for line in said.replace(b"[close]", b"").splitlines():
        assert line[:3].isdigit() and line[3:4] in (b" ", b"-")
    session.closed()
