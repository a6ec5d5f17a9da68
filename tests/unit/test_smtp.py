"""The SMTP session, against a server that is a list of replies."""

import pytest

from firmware.mail.smtp import MailError, ReplyParser, Submission
from tests.twin.mail_exchanges import (
    BLOCKS,
    GARBAGE,
    GOOD,
    HELLO_CLEAR,
    REPLIES,
    STEPS,
    outcome,
    parsed,
    replaced,
    talk,
)

GOLDEN = (
    b"EHLO [192.0.2.10]\r\n"
    b"STARTTLS\r\n"
    b"<TLS>\n"
    b"EHLO [192.0.2.10]\r\n"
    b"AUTH XOAUTH2\r\n"
    b"<TOKEN>\n"
    b"MAIL FROM:<a@bureau.example> SIZE=1234\r\n"
    b"RCPT TO:<b@bureau.example>\r\n"
    b"DATA\r\n"
    b"Subject: dots\r\n\r\n..one\r\n...two\r\n..three\r\n..\r\n..four\r\n..\r\n.\r\n"
    b"QUIT\r\n"
)
NAMED = [f"{step}-{reply[:28].decode()!r}" for step, reply, *_ in REPLIES]


def test_the_whole_session_byte_by_byte() -> None:
    wire, session = talk(list(GOOD))
    assert wire == GOLDEN
    assert outcome(session)[:3] == ("sent", GOOD[-2].decode().strip(), False)


def test_tls_from_the_first_byte() -> None:
    wire, session = talk([GOOD[0], *GOOD[3:]], "tls")
    assert wire == b"<TLS>\n" + GOLDEN[GOLDEN.index(b"<TLS>\n") + 6 :]
    assert outcome(session)[0] == "sent"


@pytest.mark.parametrize("secure", ["none", "starttls", ""])
def test_nothing_but_tls_itself_makes_it_go_without_starttls(secure: str) -> None:
    assert talk(list(GOOD), secure)[0] == GOLDEN


@pytest.mark.parametrize(("step", "reply", "kind", "transient", "code"), REPLIES, ids=NAMED)
def test_each_reply_at_its_step(step: str, reply: bytes, kind: str, transient: bool, code: int) -> None:
    """cloud-facts 4.4 and 4.5; R01's two switches and R02's policy among them. None is one of R18 to R20."""
    wire, session = talk(replaced(step, reply))
    got_kind, text, got_transient, got_code = outcome(session)
    assert (got_kind, got_transient, got_code) == (kind, transient, code)
    assert len(text) <= 300 and all(" " <= character <= "~" for character in text)
    if reply[:1] in (b"4", b"5"):
        assert text.startswith(reply[:3].decode() + " " + reply[4:9].decode())  # what the server said is told
    assert wire == GOLDEN[: len(wire)] or wire.endswith(b"QUIT\r\n")
    assert wire.removesuffix(b"QUIT\r\n") == GOLDEN[: len(wire.removesuffix(b"QUIT\r\n"))]


@pytest.mark.parametrize(("step", "reply"), [row[:2] for row in REPLIES], ids=NAMED)
def test_the_same_at_every_cut(step: str, reply: bytes) -> None:
    script = replaced(step, reply)
    whole, session = talk(script)
    for cut in (1, 2, 3, 17):
        if b"\r\n2" in reply and not reply.startswith(b"250-"):
            continue  # a second reply that has not come yet is found later, or by TLS itself
        wire, cut_session = talk(script, cut=cut)
        assert wire == whole
        assert outcome(cut_session) == outcome(session)


def test_the_good_session_is_the_same_at_every_cut() -> None:
    for cut in range(1, 300):
        assert talk(list(GOOD), cut=cut)[0] == GOLDEN


@pytest.mark.parametrize("step", ["greeting", "hello", "starttls"])
def test_sm01_sm03_no_tls_no_credentials(step: str) -> None:
    stripped = HELLO_CLEAR.replace(b"STARTTLS", b"AUTH XOAUTH2")
    for reply in (stripped, b"502 no\r\n", b"454 no\r\n", b"354 no\r\n", b"530 no\r\n", b"\x80\n", b""):
        wire, session = talk(replaced(step, reply))
        assert outcome(session)[0] != "sent"
        assert b"AUTH" not in wire and b"TOKEN" not in wire and b"MAIL" not in wire


@pytest.mark.parametrize("extra", [b"2", b"\r\n", b"250-AUTH XOAUTH2\r\n", b"\x16\x03\x03"])
def test_sm02_bytes_between_starttls_and_tls_end_the_session(extra: bytes) -> None:
    wire, session = talk(replaced("starttls", GOOD[2] + extra))
    assert outcome(session)[0] == "protocol"
    assert wire == b"EHLO [192.0.2.10]\r\nSTARTTLS\r\n"  # not even QUIT: whose ear is it?


@pytest.mark.parametrize("step", STEPS[:-1])
def test_a_reply_that_was_not_asked_for_ends_the_session(step: str) -> None:
    """A 250 that came before the mail must not make it "sent"."""
    if step == "dot":
        return
    script = replaced(step, GOOD[STEPS.index(step)] + b"250 2.0.0 OK\r\n")
    assert outcome(talk(script)[1])[0] == "protocol"


def test_only_the_capabilities_of_after_tls_count() -> None:
    before = HELLO_CLEAR.replace(b"SIZE 157286400", b"AUTH XOAUTH2\r\n250-SIZE 1")
    wire, session = talk(replaced("hello", before))
    assert outcome(session)[0] == "sent" and wire == GOLDEN
    script = list(GOOD)
    script[1] = before
    script[3] = b"250 hello\r\n"
    assert outcome(talk(script)[1])[0] == "auth_not_offered"


@pytest.mark.parametrize("size", [b"SIZE", b"SIZE 0", b"SIZE abc", b"SIZE 99999999999999", b"SIZE 1234"])
def test_size_is_announced_and_its_limit_taken_with_care(size: bytes) -> None:
    script = replaced("hello_in_tls", GOOD[3].replace(b"SIZE 157286400", size))
    assert talk(script)[0] == GOLDEN


def test_size_is_not_announced_to_a_server_without_it() -> None:
    script = replaced("hello_in_tls", b"250-x\r\n250 AUTH XOAUTH2\r\n")
    assert b"MAIL FROM:<a@bureau.example>\r\n" in talk(script)[0]


def test_a_refusal_in_two_steps_gets_an_empty_line() -> None:
    """As Google and Dovecot do it: the reason in base64, then 535."""
    challenge = b"334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiQmVhcmVyIn0=\r\n"
    script = [*GOOD[:5], challenge, b"535 5.7.8 Username and Password not accepted\r\n"]
    wire, session = talk(script)
    assert wire.endswith(b"AUTH XOAUTH2\r\n<TOKEN>\n\r\nQUIT\r\n")
    assert outcome(session)[:2] == ("auth_refused", "535 5.7.8 Username and Password not accepted")


@pytest.mark.parametrize(
    "after", [[b"334 \r\n"] * 100, [b"235 2.7.0 ok\r\n"], [b"334 " + b"QUJD" * 16384 + b"\r\n"], [b"250 ok\r\n"]]
)
def test_sm06_challenges_without_end_or_sense(after: list[bytes]) -> None:
    wire, session = talk([*GOOD[:5], b"334 e30=\r\n", *after])
    assert outcome(session)[0] == "protocol"
    assert wire.count(b"<TOKEN>") == 1 and b"MAIL" not in wire


def test_sm11_one_refused_recipient_refuses_the_mail() -> None:
    script = [*GOOD[:7], GOOD[7], b"550 5.1.1 nobody\r\n"]
    wire, session = talk(script, recipients=("b@bureau.example", "c@bureau.example"))
    assert outcome(session)[0] == "recipient_refused"
    assert wire.endswith(b"RCPT TO:<b@bureau.example>\r\nRCPT TO:<c@bureau.example>\r\nQUIT\r\n")


def test_two_recipients() -> None:
    script = [*GOOD[:7], GOOD[7], b"251 will forward\r\n", *GOOD[8:]]
    assert outcome(talk(script, recipients=("b@bureau.example", "c@bureau.example"))[1])[0] == "sent"


def test_the_250_counts_whatever_follows() -> None:
    for last in (b"", b"421 bye\r\n", b"\x00\xff", b"221 bye\r\n250 x\r\n"):
        assert outcome(talk([*GOOD[:-1], last])[1])[0] == "sent"
    assert outcome(talk([*GOOD[:-2], GOOD[-2] + b"421 4.4.2 timeout, closing\r\n"])[1])[0] == "sent"


def test_a_refusal_counts_whatever_follows() -> None:
    _, session = talk(replaced("token", b"535 5.7.3 no\r\n421 4.7.0 too many errors, closing\r\n"))
    assert outcome(session)[0] == "auth_refused"


@pytest.mark.parametrize("step", STEPS[:-1])
@pytest.mark.parametrize("data", GARBAGE, ids=range(len(GARBAGE)))
def test_sm10_garbage_at_each_step(step: str, data: bytes) -> None:
    wire, session = talk(replaced(step, data))
    assert outcome(session)[0] == "protocol"
    assert not wire.endswith(b"QUIT\r\n")


@pytest.mark.parametrize("step", STEPS[:-1])
def test_sm08_the_connection_ends_at_each_step(step: str) -> None:
    wire, session = talk(list(GOOD[: STEPS.index(step)]))
    assert outcome(session) == ("connection", "", True, 313)
    assert wire == GOLDEN[: len(wire)] and not wire.endswith(b"QUIT\r\n")
    half = GOOD[STEPS.index(step)][:-1]
    assert outcome(talk([*GOOD[: STEPS.index(step)], half])[1])[0] == "connection"


def test_a_token_that_the_server_repeats_is_not_kept() -> None:
    secret = "eyJ0eXAi" + "x" * 60
    _, session = talk(replaced("token", b"535 5.7.3 your token " + secret.encode() + b" is no good\r\n"))
    assert outcome(session)[1] == "535 5.7.3 your token ... is no good"


def test_control_bytes_of_the_server_do_not_come_through() -> None:
    _, session = talk(replaced("token", b"535 5.7.3 \x1b[2Jred\x07 \xc4\x85\x00\r\n"))
    assert outcome(session)[1] == "535 5.7.3 ?[2Jred? ???"


def test_deadlines() -> None:
    """RFC 5321 4.5.3.2: ten minutes after the dot, or mails arrive twice."""
    session = Submission("starttls", "[192.0.2.10]", "a@b", ["c@d"], 1)
    waits = []
    for reply in GOOD:
        what, value = session.next_action()
        while what != "read":
            if what == "body":
                session.body_end(b"x\r\n")
            what, value = session.next_action()
        waits.append(value)
        session.receive(reply)
    assert waits == [120_000] * 9 + [600_000, 5_000]
    assert session.next_action() == ("done", session.result)


@pytest.mark.parametrize("text", ["a@b>\r\nRSET", "a@b\nX", "a\r@b"])
def test_no_command_carries_a_line_break(text: str) -> None:
    for sender, recipient in ((text, "c@d"), ("a@b", text)):
        with pytest.raises(ValueError, match="line break"):
            talk(list(GOOD), sender=sender, recipients=(recipient,))


@pytest.mark.parametrize("cut", range(1, 40))
def test_sm09_dots_are_doubled_at_every_border(cut: int) -> None:
    text = b"".join(BLOCKS) + b"\r\n.\r\n..\r\nx.\r\n.\r\n"
    blocks = tuple(text[i : i + cut] for i in range(0, len(text), cut))
    wire, _ = talk(list(GOOD), blocks=blocks)
    lines = wire.partition(b"DATA\r\n")[2].removesuffix(b"QUIT\r\n").split(b"\r\n")
    assert lines[-2:] == [b".", b""]
    assert [line[1:] if line.startswith(b".") else line for line in lines[:-2]] == text.split(b"\r\n")[:-1]


def test_a_body_without_a_last_line_end_gets_one() -> None:
    assert b"DATA\r\nabc\r\n.\r\nQUIT" in talk(list(GOOD), blocks=(b"abc",))[0]


def test_replies_in_all_shapes() -> None:
    assert parsed(b"250\r\n", 1) == [(250, [""])]
    assert parsed(b"250-a\n250- b\r\n250\r\n", 1) == [(250, ["a", " b", ""])]
    assert parsed(b"220 a\r\n221 b\r\n", 5) == [(220, ["a"]), (221, ["b"])]


@pytest.mark.parametrize("data", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_known_as_such_in_any_pieces(data: bytes) -> None:
    assert [parsed(data, cut) for cut in (1, 100, len(data))] == ["protocol"] * 3


def test_limits_of_a_reply() -> None:
    assert parsed(b"250-a\r\n" * 99 + b"250 a\r\n", 9) == [(250, ["a"] * 100)]
    assert parsed(b"250-a\r\n" * 100 + b"250 a\r\n", 9) == "protocol"
    line = b"250-" + b"a" * 4089 + b"\r\n"
    assert parsed(line + line.replace(b"-", b" "), 1000) == [(250, ["a" * 4089] * 2)]
    assert parsed(line + line.replace(b"-", b" ", 1).replace(b"\r\n", b"aaaaaaa\r\n"), 1000) == "protocol"


def test_the_parser_keeps_little() -> None:
    parser = ReplyParser()
    parser.feed(b"x" * 4096)
    assert parser.next() is None
    parser.feed(b"x")
    with pytest.raises(MailError):
        parser.next()
