"""The mail service's words, byte by byte (cloud-facts 4)."""

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.cloud.world import ADMIN, ONA, PRINTER, CloudWorld, mail, reply, xoauth2

TAIL = rb" \[SP1P281CA0360\.EURP281\.PROD\.OUTLOOK\.COM 2025-12-01T\d\d:\d\d:\d\d\.\d{3}Z [0-9A-F]{16}\]\r\n"
HOSTNAME = b"[Hostname=SP1P281CA0360.EURP281.PROD.OUTLOOK.COM]\r\n"
VISIBLE_SMTP_OFF = b" Visit https://aka.ms/smtp_auth_disabled for more information."


@pytest.fixture
def world() -> CloudWorld:
    return CloudWorld()


def refused(world: CloudWorld, address: str = PRINTER, access_token: str = "", blob: bytes = b"") -> bytes:
    """The reply to an AUTH, its tail checked and taken off."""
    session, _ = world.session()
    blob = blob or xoauth2(address, access_token or world.tokens(address)["access_token"])
    said = reply(session.receive(b"AUTH XOAUTH2 " + blob + b"\r\n"))
    match = re.fullmatch(b"(.*?)" + TAIL, said, re.DOTALL)
    assert match, said
    return match[1]


# --- the session ---


def test_a_session_byte_by_byte(world: CloudWorld) -> None:
    _, said = world.session()
    lines = said.decode().split("\r\n")
    assert re.fullmatch(
        r"220 SP1P281CA0360\.outlook\.office365\.com Microsoft ESMTP MAIL Service ready at "
        r"Mon, 01 Dec 2025 08:00:00 \+0000 \[[0-9A-F]{16}\]",
        lines[0],
    )
    hello = "250-SP1P281CA0360.outlook.office365.com Hello [203.0.113.5]"
    rest = ["250-8BITMIME", "250-BINARYMIME", "250-CHUNKING", "250 SMTPUTF8"]
    first = [hello, "250-SIZE 157286400", "250-PIPELINING", "250-DSN", "250-ENHANCEDSTATUSCODES"]
    assert lines[1:] == [
        *first,
        "250-STARTTLS",
        *rest,
        "220 2.0.0 SMTP server ready",
        "[starttls]" + hello,
        *first[1:],
        "250-AUTH LOGIN XOAUTH2",
        *rest,
        "",
    ]


def test_a_mail(world: CloudWorld) -> None:
    session = world.signed_in()
    assert reply(session.receive(b"MAIL FROM:<printer@bureau.example> SIZE=147\r\n")) == b"250 2.1.0 Sender OK\r\n"
    assert reply(session.receive(b"RCPT TO:<Ona@bureau.example>\r\n")) == b"250 2.1.5 Recipient OK\r\n"
    assert reply(session.receive(b"DATA\r\n")) == b"354 Start mail input; end with <CRLF>.<CRLF>\r\n"
    assert reply(session.receive(mail() + b".\r\n")) == b"250 2.0.0 OK <1@p.example> " + HOSTNAME
    assert reply(session.receive(b"QUIT\r\n")) == b"221 2.0.0 Service closing transmission channel\r\n[close]"
    assert world.cloud.mailboxes.raw(ONA, 1) == mail()


def test_several_mails_in_one_session(world: CloudWorld) -> None:
    session = world.signed_in()
    for n in range(3):
        assert world.send(session, mail(message_id=f"<{n}@p.example>")).startswith(b"250 2.0.0 OK")
    assert [row["message_id"] for row in world.cloud.mailboxes.list(ONA)] == [f"<{n}@p.example>" for n in range(3)]


def test_pipelining(world: CloudWorld) -> None:
    session = world.signed_in()
    together = (
        b"MAIL FROM:<printer@bureau.example>\r\nRCPT TO:<ona@bureau.example>\r\nDATA\r\n" + mail() + b".\r\nQUIT\r\n"
    )
    codes = [line[:3] for line in reply(session.receive(together)).split(b"\r\n")]
    assert codes == [b"250", b"250", b"354", b"250", b"221", b"[cl"]


def test_dots_are_unstuffed(world: CloudWorld) -> None:
    text = b".\r\n..\r\n.a\r\na.\r\n\r\n...\r\n"
    assert world.send(world.signed_in(), mail(text=text)).startswith(b"250 ")
    assert world.cloud.mailboxes.raw(ONA, 1) == mail(text=text)


def test_outside_recipients_are_taken(world: CloudWorld) -> None:
    assert world.send(world.signed_in(), mail(), to="Somebody@elsewhere.example").startswith(b"250 ")
    assert len(world.cloud.mailboxes.list("somebody@elsewhere.example")) == 1


def test_bdat(world: CloudWorld) -> None:
    session = world.signed_in()
    session.receive(b"MAIL FROM:<printer@bureau.example> BODY=BINARYMIME\r\nRCPT TO:<ona@bureau.example>\r\n")
    message = mail(text=b"one\n.\r\n\rtwo")
    said = reply(
        session.receive(b"BDAT 10\r\n" + message[:10] + b"BDAT %d LAST\r\n" % (len(message) - 10) + message[10:])
    )
    assert said.startswith(b"250 2.6.0 CHUNK received OK, 10 octets\r\n250 2.0.0 OK <1@p.example>")
    assert world.cloud.mailboxes.raw(ONA, 1) == message


def test_bdat_without_recipient_swallows_its_chunk(world: CloudWorld) -> None:
    session = world.signed_in()
    said = reply(session.receive(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"))
    assert said == b"503 5.5.2 Need mail command\r\n250 2.0.0 OK\r\n"


def test_bdat_and_data_exclude_each_other(world: CloudWorld) -> None:
    session = world.signed_in()
    session.receive(b"MAIL FROM:<printer@bureau.example>\r\nRCPT TO:<ona@bureau.example>\r\n")
    assert reply(session.receive(b"BDAT 2\r\nab")).startswith(b"250 2.6.0")
    assert reply(session.receive(b"DATA\r\n")).startswith(b"503 ")


# --- refusals before and at AUTH ---


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"MAIL FROM:<a@b.example>\r\n", b"530 5.7.0 Must issue a STARTTLS command first\r\n"),
        (b"AUTH XOAUTH2\r\n", b"504 5.7.4 Unrecognized authentication type\r\n"),
        (b"STARTTLS now\r\n", b"501 5.5.4 Invalid arguments\r\n"),
        (b"RCPT TO:<a@b.example>\r\n", b"503 5.5.2 Need mail command\r\n"),
        (b"DATA\r\n", b"503 5.5.2 Need mail command\r\n"),
        (b"NONSENSE\r\n", b"500 5.3.3 Unrecognized command\r\n"),
        (b"\r\n", b"500 5.3.3 Unrecognized command\r\n"),
        (b"NOOP\r\n", b"250 2.0.0 OK\r\n"),
        (b"EHLO\r\n", b"501 5.5.4 Invalid domain name\r\n"),
        (b"NOOP \x00\r\n", b"501 5.5.4 Invalid arguments\r\n"),
        (b"NOOP a\nNOOP b\r\n", b"501 5.5.4 Invalid arguments\r\n"),
        (b"NOOP \xff\r\n", b"501 5.5.4 Invalid arguments\r\n"),
    ],
)
def test_before_tls(world: CloudWorld, command: bytes, answer: bytes) -> None:
    session = world.cloud.exchange.session("203.0.113.5:1")
    session.receive(b"EHLO printer.example\r\n")
    assert reply(session.receive(command)) == answer


def test_mail_before_auth(world: CloudWorld) -> None:
    session, _ = world.session()
    said = reply(session.receive(b"MAIL FROM:<printer@bureau.example>\r\n"))
    assert re.fullmatch(rb"530 5\.7\.57 Client not authenticated to send mail" + TAIL, said)


def test_another_mechanism(world: CloudWorld) -> None:
    session, _ = world.session()
    assert reply(session.receive(b"AUTH PLAIN AGEAYg==\r\n")) == b"504 5.7.4 Unrecognized authentication type\r\n"


def test_passwords_are_asked_for_and_never_taken(world: CloudWorld) -> None:
    session, _ = world.session()
    assert reply(session.receive(b"AUTH LOGIN\r\n")) == b"334 VXNlcm5hbWU6\r\n"
    assert reply(session.receive(base64.b64encode(PRINTER.encode()) + b"\r\n")) == b"334 UGFzc3dvcmQ6\r\n"
    password = base64.b64encode(world.password(PRINTER).encode())
    said = reply(session.receive(password + b"\r\n"))
    assert re.fullmatch(rb"535 5\.7\.139 Authentication unsuccessful, basic authentication is disabled\." + TAIL, said)
    assert password.decode() not in json.dumps(world.events)


def test_both_forms_of_xoauth2(world: CloudWorld) -> None:
    blob = xoauth2(PRINTER, world.tokens()["access_token"])
    for sent in (b"AUTH XOAUTH2 " + blob, b"AUTH xoauth2\r\n" + blob):
        session, _ = world.session()
        assert reply(session.receive(sent + b"\r\n")).endswith(b"235 2.7.0 Authentication successful\r\n")


@pytest.mark.parametrize(
    "blob", [b"*", b"=", b"nonsense", b"dXNlcj1h", b"\xff\xfe", base64.b64encode(b"user=a\x01\x01")]
)
def test_a_malformed_answer(world: CloudWorld, blob: bytes) -> None:
    session, _ = world.session()
    assert reply(session.receive(b"AUTH XOAUTH2\r\n")) == b"334 \r\n"
    assert re.fullmatch(rb"535 5\.7\.3 Authentication unsuccessful" + TAIL, reply(session.receive(blob + b"\r\n")))


def test_sv08_tokens_that_are_not_for_this(world: CloudWorld) -> None:
    """Another account's, another scope's, another resource's, an ID token, an expired one, another cloud's."""
    unsuccessful = b"535 5.7.3 Authentication unsuccessful"
    tokens = world.tokens()
    assert refused(world, ONA, tokens["access_token"]) == unsuccessful
    assert refused(world, PRINTER, tokens["id_token"]) == unsuccessful
    imap = world.tokens(scope="https://outlook.office.com/IMAP.AccessAsUser.All")["access_token"]
    assert refused(world, PRINTER, imap) == unsuccessful
    graph = world.tokens(scope="https://graph.microsoft.com/Mail.Send")["access_token"]
    assert refused(world, PRINTER, graph) == unsuccessful
    tenant, user = world.cloud.directory.organization, world.cloud.directory.user(PRINTER)
    mint = world.cloud.exchange.mint
    elsewhere = mint.access_token(
        tenant, user, "id", "name", "https://graph.microsoft.com", "SMTP.Send", world.now_s, 900
    )
    assert refused(world, PRINTER, elsewhere) == unsuccessful
    foreign = CloudWorld(seed=2).tokens()["access_token"]
    assert refused(world, PRINTER, foreign) == unsuccessful
    world.now_s += 5400
    assert refused(world, PRINTER, tokens["access_token"]) == unsuccessful


def test_without_mailbox_or_disabled(world: CloudWorld) -> None:
    token = world.tokens()["access_token"]
    for change in ({"mailbox": False}, {"enabled": False}):
        world.cloud.patch_user(PRINTER, change)
        assert refused(world, PRINTER, token) == b"535 5.7.3 Authentication unsuccessful"
        world.cloud.patch_user(PRINTER, {"mailbox": True, "enabled": True})
    assert world.signed_in(access_token=token)


@pytest.mark.parametrize(
    ("tenant_off", "mailbox", "answer"),
    [
        (True, None, b"SmtpClientAuthentication is disabled for the Tenant." + VISIBLE_SMTP_OFF),
        (True, False, b"SmtpClientAuthentication is disabled for the Mailbox." + VISIBLE_SMTP_OFF),
        (False, False, b"SmtpClientAuthentication is disabled for the Mailbox." + VISIBLE_SMTP_OFF),
        (True, True, None),
        (False, None, None),
        (False, True, None),
    ],
)
def test_r01_smtp_auth_is_a_switch_of_three_positions(
    world: CloudWorld, tenant_off: bool, mailbox: bool | None, answer: bytes | None
) -> None:
    world.cloud.patch_tenant({"smtp_auth_disabled": tenant_off})
    world.cloud.patch_user(PRINTER, {"smtp_auth": mailbox})
    if answer is None:
        assert world.signed_in()
    else:
        assert refused(world) == b"535 5.7.139 Authentication unsuccessful, " + answer


def test_r01_security_defaults_let_sign_in_and_refuse_smtp(world: CloudWorld) -> None:
    world.cloud.patch_tenant({"security_defaults": True})
    assert refused(world) == (
        b"535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. "
        b"Contact your administrator."
    )


def test_r01_in_a_fresh_tenant_each_switch_has_its_own_refusal() -> None:
    world = CloudWorld(fresh_tenant=True)
    assert b"security defaults policy" in refused(world)
    world.cloud.patch_tenant({"security_defaults": False})
    assert b"disabled for the Tenant" in refused(world)
    world.cloud.patch_tenant({"smtp_auth_disabled": False})
    world.cloud.patch_user(PRINTER, {"smtp_auth": False})
    assert b"disabled for the Mailbox" in refused(world)
    world.cloud.patch_user(PRINTER, {"smtp_auth": None})
    assert world.signed_in()


def test_r02_conditional_access_against_smtp(world: CloudWorld) -> None:
    world.cloud.patch_tenant({"conditional_access": ["block-legacy-authentication"]})
    assert refused(world) == (
        b"535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated "
        b"successfully. Contact your administrator."
    )


# --- refusals while sending ---


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"MAIL FROM:printer@bureau.example", b"501 5.1.7 Invalid address"),
        (b"MAIL FROM:<p\xc4\x85@bureau.example>", b"501 5.1.7 Invalid address"),
        (b"MAIL FROM:<a@b.example> FOO=1", b"501 5.5.4 Invalid arguments"),
        (b"MAIL FROM:<a@b.example> SIZE=x", b"501 5.5.4 Invalid arguments"),
        (b"MAIL FROM:<a@b.example> SIZE=1 SIZE=2", b"501 5.5.4 Invalid arguments"),
        (b"MAIL FROM:<a@b.example> BODY=9BIT", b"501 5.5.4 Invalid arguments"),
        (b"MAIL FROM:<a@b.example> SIZE=36700161", b"552 5.3.4 Message size exceeds fixed maximum message size"),
        (b"MAIL FROM:<a@b.example> SIZE=36700160", b"250 2.1.0 Sender OK"),
        (b"MAIL FROM:<>", b"250 2.1.0 Sender OK"),
        (b"MAIL FROM:<p\xc4\x85@bureau.example> SMTPUTF8", b"250 2.1.0 Sender OK"),
        (b"AUTH XOAUTH2", b"503 5.5.2 Already authenticated"),
        (b"DATA", b"503 5.5.2 Need mail command"),
    ],
)
def test_commands_after_auth(world: CloudWorld, command: bytes, answer: bytes) -> None:
    assert reply(world.signed_in().receive(command + b"\r\n")) == answer + b"\r\n"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"RCPT TO:<>", b"501 5.1.3 Invalid address"),
        (b"RCPT TO:ona@bureau.example", b"501 5.1.3 Invalid address"),
        (b"RCPT TO:<ona@bureau.example> FOO", b"501 5.5.4 Invalid arguments"),
        (b"RCPT TO:<ona@bureau.example> NOTIFY=NEVER", b"250 2.1.5 Recipient OK"),
        (
            b"RCPT TO:<nobody@bureau.example>",
            b"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        ),
        (b"MAIL FROM:<a@b.example>", b"503 5.5.2 Sender already specified"),
        (b"DATA", b"503 5.5.2 Need rcpt command"),
    ],
)
def test_commands_after_mail(world: CloudWorld, command: bytes, answer: bytes) -> None:
    session = world.signed_in()
    session.receive(b"MAIL FROM:<printer@bureau.example>\r\n")
    assert reply(session.receive(command + b"\r\n")) == answer + b"\r\n"


@pytest.mark.parametrize("kind", ["from", "envelope", "sender", "second from"])
def test_a_sender_that_is_not_the_account_is_refused_after_the_dot(world: CloudWorld, kind: str) -> None:
    session = world.signed_in()
    message = mail(ADMIN if kind == "from" else PRINTER)
    if kind == "sender":
        message = b"Sender: <%s>\r\n" % ADMIN.encode() + message
    if kind == "second from":
        message = message.replace(b"From: <", b"From: <admin@bureau.example>, <")
    said = world.send(session, message, sender=ADMIN if kind == "envelope" else PRINTER)
    assert said == (
        b"554 5.2.252 SendAsDenied; printer@bureau.example not allowed to send as admin@bureau.example; "
        b"STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message due to "
        b"a permanent exception with message [BeginDiagnosticData]Cannot submit message. 0.35250:0A00C280, "
        b"MapiExceptionSendAsDenied [EndDiagnosticData] " + HOSTNAME
    )
    assert world.cloud.mailboxes.list(ONA) == []


def test_send_as(world: CloudWorld) -> None:
    world.cloud.patch_user(PRINTER, {"send_as": ["scans@bureau.example"]})
    said = world.send(world.signed_in(), mail("scans@bureau.example"), sender="scans@bureau.example")
    assert said.startswith(b"250 2.0.0 OK")


@pytest.mark.parametrize(
    "head", [b"Subject: x\r\n", b"From: nobody\r\n", b"From:\r\n", b"From: <a@b.example>\r\n" * 2, b""]
)
def test_from_must_be_there_once(world: CloudWorld, head: bytes) -> None:
    said = world.send(world.signed_in(), head + b"\r\ntext\r\n")
    assert said == b"550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant\r\n"


@pytest.mark.parametrize(
    "text", [b"a\nb\r\n", b"a\rb\r\n", b"a\n.\nb\r\n", b"a\n.\r\nb\r\n", b"a\r.\r\nb\r\n", b"\r\r\n"]
)
def test_sm09_bare_line_ends_are_refused_and_end_nothing(world: CloudWorld, text: bytes) -> None:
    """SMTP smuggling: the message goes on until CRLF.CRLF, and is refused as one."""
    session = world.signed_in()
    said = world.send(session, mail(text=text + b"MAIL FROM:<admin@bureau.example>\r\n"))
    assert said == b"550 5.6.11 SMTPSEND.BareLinefeedsAreIllegal; message contains bare linefeeds\r\n"
    assert reply(session.receive(b"NOOP\r\n")) == b"250 2.0.0 OK\r\n"
    assert world.cloud.mailboxes.addresses() == []


def test_a_message_that_is_too_large(world: CloudWorld) -> None:
    world.cloud.patch_tenant({"message_bytes": 1000})
    session = world.signed_in()
    assert world.send(session, mail(text=b"x" * 70 + b"\r\n")).startswith(b"250 ")
    said = world.send(session, mail(text=(b"x" * 70 + b"\r\n") * 20))
    assert said == b"552 5.3.4 Message size exceeds fixed maximum message size\r\n"
    assert len(world.cloud.mailboxes.list(ONA)) == 1


def test_a_header_that_is_too_large(world: CloudWorld) -> None:
    said = world.send(world.signed_in(), b"X-Long: x\r\n" * 24_000 + mail())
    assert said.startswith(b"552 5.3.4")


def test_sent_items_fill_the_mailbox(world: CloudWorld) -> None:
    world.cloud.patch_user(PRINTER, {"mailbox_quota_bytes": 2 * len(mail())})
    session = world.signed_in()
    assert world.send(session, mail()).startswith(b"250 ")
    assert world.send(session, mail()).startswith(b"250 ")
    assert world.send(session, mail()) == (
        b"554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; "
        b"Failed to process message due to a permanent exception with message [BeginDiagnosticData]Cannot submit message. "
        b"0.35250:0A00C280, QuotaExceeded [EndDiagnosticData] " + HOSTNAME
    )
    assert len(world.cloud.mailboxes.list(PRINTER, "Sent Items")) == 2


def test_a_fourth_session_of_one_mailbox_has_to_wait(world: CloudWorld) -> None:
    sessions = [world.signed_in() for _ in range(4)]
    command = b"MAIL FROM:<printer@bureau.example>\r\n"
    assert reply(sessions[3].receive(command)) == (
        b"432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. "
        + HOSTNAME
    )
    assert reply(sessions[2].receive(command)).startswith(b"250 ")
    sessions[0].closed()
    assert reply(sessions[3].receive(command)).startswith(b"250 ")


# --- hostile clients ---


def test_sm12_commands_behind_starttls_are_forgotten(world: CloudWorld) -> None:
    session = world.cloud.exchange.session("203.0.113.5:1")
    session.receive(b"EHLO printer.example\r\n")
    actions = session.receive(b"STARTTLS\r\nEHLO evil.example\r\nAUTH XOAUTH2\r\n")
    assert actions == [b"220 2.0.0 SMTP server ready\r\n", "starttls"]
    assert reply(session.receive(b"AUTH XOAUTH2\r\n")) == b"503 5.5.2 Send hello first\r\n"


def test_a_line_without_end_is_bounded(world: CloudWorld) -> None:
    session = world.cloud.exchange.session("203.0.113.5:1")
    said = b"".join(reply(session.receive(b"A" * 1000)) for _ in range(20))
    assert said == b"500 5.5.2 Line too long\r\n[close]"


def test_errors_are_bounded(world: CloudWorld) -> None:
    session = world.cloud.exchange.session("203.0.113.5:1")
    said = reply(session.receive(b"NONSENSE\r\n" * 50))
    assert said.count(b"500 5.3.3") == 20
    assert said.endswith(b"421 4.7.0 Too many errors on this connection, closing transmission channel\r\n[close]")


def test_a_token_in_the_wrong_place_is_not_traced(world: CloudWorld) -> None:
    token = world.tokens()["access_token"]
    session, _ = world.session()
    session.receive(b"AUTH XOAUTH2 " + xoauth2(PRINTER, token) + b"\r\n")
    session.receive(xoauth2(PRINTER, token) + b"\r\n" + token.encode() + b"\r\n")
    told = json.dumps(world.events)
    assert token not in told
    assert xoauth2(PRINTER, token).decode()[:200] not in told
    assert "AUTH XOAUTH2 <token>" in told


def test_timed_out(world: CloudWorld) -> None:
    session, _ = world.session()
    assert reply(session.timed_out()) == b"421 4.4.1 Connection timed out\r\n[close]"
    assert session.receive(b"NOOP\r\n") == []


def test_what_is_not_delivered_leaves_nothing(world: CloudWorld) -> None:
    session = world.signed_in()
    session.receive(b"MAIL FROM:<printer@bureau.example>\r\nRCPT TO:<ona@bureau.example>\r\nDATA\r\nFrom: <pr")
    session.closed()
    assert world.cloud.mailboxes.addresses() == []


# --- cut anywhere ---

PARTS = st.lists(
    st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"a", b"\r\n.", b"..", b".\r\n", b"x" * 50]), max_size=12
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(PARTS, st.lists(st.integers(1, 30), max_size=60))
@example(b"\r\n.\r", [1] * 60)
@example(b".", [200, 1, 1, 1, 1])
def test_the_same_session_cut_anywhere_gives_the_same_replies(text: bytes, cuts: list[int]) -> None:
    sent = (
        b"MAIL FROM:<printer@bureau.example>\r\nRCPT TO:<ona@bureau.example>\r\nDATA\r\n"
        + mail(text=text)
        + b"\r\n.\r\nNOOP\r\nMAIL FROM:<printer@bureau.example>\r\nRCPT TO:<ona@bureau.example>\r\n"
        + b"BDAT 40\r\n"
        + mail()[:40]
        + b"BDAT %d LAST\r\n" % (len(mail()) - 40)
        + mail()[40:]
        + b"QUIT\r\n"
    )
    whole_world, cut_world = CloudWorld(), CloudWorld()
    whole, cut = whole_world.signed_in(), cut_world.signed_in()
    expected = reply(whole.receive(sent))
    got = b""
    for length in cuts:
        got += reply(cut.receive(sent[:length]))
        sent = sent[length:]
    got += reply(cut.receive(sent))
    assert got == expected
    boxes = (whole_world.cloud.mailboxes, cut_world.cloud.mailboxes)
    delivered = [box.list(ONA) if box.addresses() else [] for box in boxes]
    assert delivered[0] == delivered[1]


def reference(data: bytes) -> bytes | None:
    """RFC 5321 4.5.2 in slow motion: the message in `data`, None when it has not ended."""
    lines = data.split(b"\r\n")
    message: list[bytes] = []
    for line in lines[:-1]:
        if line == b".":
            return b"".join(each + b"\r\n" for each in message)
        message.append(line.removeprefix(b"."))
    return None


@settings(max_examples=500, deadline=None)
@given(PARTS)
def test_the_end_of_data_is_where_the_rfc_says(text: bytes) -> None:
    world = CloudWorld()
    session = world.signed_in()
    session.receive(b"MAIL FROM:<printer@bureau.example>\r\nRCPT TO:<ona@bureau.example>\r\nDATA\r\n")
    sent = mail(text=b"") + text + b"\r\n.\r\n"
    expected = reference(sent)
    said = reply(session.receive(sent[: len(mail(text=b"")) + len(text)]))
    said += reply(session.receive(sent[len(mail(text=b"")) + len(text) :]))
    assert expected is not None
    bare = expected.count(b"\r\n") != expected.count(b"\n") or expected.count(b"\r\n") != expected.count(b"\r")
    assert said.startswith(b"550 5.6.11" if bare else b"250 2.0.0")
    if not bare:
        assert world.cloud.mailboxes.raw(ONA, 1) == expected


def test_a_document_of_25_mb_streams_through(world: CloudWorld) -> None:
    session = world.signed_in()
    line = base64.b64encode(bytes(57)) + b"\r\n"
    lines = -(-25 * 1024 * 1024 // 57)
    head = b"From: <printer@bureau.example>\r\nMessage-ID: <big@p.example>\r\n\r\n"
    session.receive(b"MAIL FROM:<printer@bureau.example>\r\nRCPT TO:<ona@bureau.example>\r\nDATA\r\n" + head)
    block: Any = line * 840
    for _ in range(lines // 840):
        assert session.receive(block) == []
    assert reply(session.receive(line * (lines % 840) + b".\r\n")).startswith(b"250 2.0.0 OK <big@p.example>")
    assert world.cloud.mailboxes.list(ONA)[0]["size"] == len(head) + len(line) * lines
