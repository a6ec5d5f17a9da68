"""Whatever a server sends, in whatever pieces: a value or a named failure, in bounded memory, and no token in clear."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.jobs.codes import kinds
from firmware.mail.smtp import MailError, ReplyParser
from tests.twin.mail_exchanges import GOOD, outcome, talk

# Bytes near what a reply is, so that some get far.
_LINES = st.builds(
    lambda code, mark, text, end: code + mark + text + end,
    st.sampled_from([b"220", b"235", b"250", b"334", b"354", b"421", b"535", b"554", b"552", b"199", b"2x0", b""]),
    st.sampled_from([b" ", b"-", b"", b"+"]),
    st.one_of(
        st.binary(max_size=40), st.sampled_from([b"AUTH XOAUTH2", b"STARTTLS", b"SIZE 5", b"5.7.139 x", b"5.2.2 x"])
    ),
    st.sampled_from([b"\r\n", b"\r\n", b"\n", b"\r", b""]),
)
_SENT = st.lists(_LINES, max_size=8).map(b"".join)


@given(_SENT, st.lists(st.integers(1, 50), max_size=20))
def test_the_pieces_make_no_difference(data: bytes, cuts: list[int]) -> None:
    def run(pieces: list[bytes]) -> "tuple[list[tuple[int, list[str]]], str]":
        parser = ReplyParser()
        replies = []
        try:
            for piece in pieces:
                parser.feed(piece)
                while (reply := parser.next()) is not None:
                    replies.append((reply.code, reply.lines))
        except MailError as error:
            return replies, error.result.kind
        return replies, ""

    pieces = []
    rest = data
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    expected = run([data])
    assert run([*pieces, rest]) == expected
    for code, lines in expected[0]:
        assert 200 <= code <= 599 and 1 <= len(lines) <= 100
        assert all(" " <= character <= "~" for line in lines for character in line)


@given(st.binary(max_size=20_000), st.integers(1, 4096))
def test_any_bytes(data: bytes, cut: int) -> None:
    parser = ReplyParser()
    try:
        for i in range(0, len(data), cut):
            parser.feed(data[i : i + cut])
            while parser.next() is not None:
                pass
            assert len(parser._rest) <= 4096 + cut
    except MailError:
        return


@given(
    st.lists(st.one_of(_SENT, st.sampled_from(GOOD)), max_size=14),
    st.integers(0, 11),
    st.integers(0, 5),
    st.sampled_from(["starttls", "tls"]),
)
def test_any_server(answers: list[bytes], honest: int, cut: int, secure: str) -> None:
    """The first `honest` replies are good ones, what follows is anything."""
    good = list(GOOD) if secure == "starttls" else [GOOD[0], *GOOD[3:]]
    wire, session = talk(good[:honest] + answers, secure, cut=cut)
    kind, text, _, _ = outcome(session)
    assert kind == "sent" or kind in kinds()
    assert len(text) <= 300 and all(" " <= character <= "~" for character in text)
    clear, tls, rest = wire.partition(b"<TLS>\n")
    assert clear.replace(b"QUIT\r\n", b"") in (b"", b"EHLO [192.0.2.10]\r\n", b"EHLO [192.0.2.10]\r\nSTARTTLS\r\n")
    assert rest.count(b"<TOKEN>") <= 1 and (tls or not rest)
    if kind == "sent":
        assert rest.endswith(b"\r\n.\r\nQUIT\r\n")


@given(st.lists(st.sampled_from([b".", b"\r\n", b"\r", b"\n", b"x", b"..", b"\r\n.", b".\r\n"]), max_size=30))
def test_sm09_the_body_is_what_the_server_will_read(blocks: list[bytes]) -> None:
    """Undoing RFC 5321 4.5.2 as a server does gives the body back, whatever the borders."""
    wire, _ = talk(list(GOOD), blocks=(*blocks, b""))
    sent = wire.partition(b"DATA\r\n")[2].removesuffix(b"QUIT\r\n")
    assert ("\r\n" + sent.decode()).index("\r\n.\r\n") == len(sent) + 2 - 5  # the only end of data is at the end
    body = b"".join(blocks)
    lines = sent[:-3].split(b"\r\n")
    undone = b"\r\n".join([line[1:] if line.startswith(b".") else line for line in lines])
    assert undone == (body if body.endswith(b"\r\n") or not body else body + b"\r\n")
