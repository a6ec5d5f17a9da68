"""What was delivered is there, byte by byte, also after a restart and after a cut."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.cloud.mailboxes import SENT, Mailboxes, attachments, body_text

MESSAGE = (
    b"From: =?utf-8?B?xb1vZGlz?= <printer@bureau.example>\r\nTo: ona@bureau.example\r\n"
    b"Subject: =?utf-8?Q?s=C4=85skaita?=\r\n"
    b"Date: Mon, 1 Dec 2025 08:00:00 +0000\r\nMessage-ID: <1@p.example>\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"TGFiYXMsIMW+bW9uxJdzIQ==\r\n"
    b"--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment; filename=\"a.pdf\"; filename*=UTF-8''s%C4%85skaita%20%C4%8D.pdf\r\n\r\n"
    b"JVBERi0xLjcK\r\n--b--\r\n"
)


def deliver(mailboxes: Mailboxes, raw: bytes = MESSAGE, to: tuple[str, ...] = ("ona@bureau.example",)) -> None:
    draft = mailboxes.draft()
    for start in range(0, len(raw), 100):
        draft.write(raw[start : start + 100])
    mailboxes.deliver(draft, list(to), "printer@bureau.example")


@pytest.fixture(params=["memory", "folder"])
def mailboxes(request: pytest.FixtureRequest, tmp_path: Path) -> Mailboxes:
    return Mailboxes(tmp_path if request.param == "folder" else None, lambda address: address.startswith("known"))


def test_listed_and_read(mailboxes: Mailboxes) -> None:
    deliver(mailboxes)
    [row] = mailboxes.list("Ona@Bureau.example")
    assert row == {
        "n": 1,
        "from": "Žodis <printer@bureau.example>",
        "to": "ona@bureau.example",
        "subject": "sąskaita",
        "date": "Mon, 1 Dec 2025 08:00:00 +0000",
        "message_id": "<1@p.example>",
        "attachments": ["sąskaita č.pdf"],
        "size": len(MESSAGE),
        "duplicate_of": None,
    }
    assert mailboxes.raw("ona@bureau.example", 1) == MESSAGE
    assert [(each.name, each.content) for each in attachments(MESSAGE)] == [("sąskaita č.pdf", b"%PDF-1.7\n")]
    assert body_text(MESSAGE) == "Labas, žmonės!"


def test_sent_items(mailboxes: Mailboxes) -> None:
    deliver(mailboxes, to=("ona@bureau.example", "ONA@bureau.example", "jonas@bureau.example"))
    assert len(mailboxes.list("ona@bureau.example")) == 1
    assert len(mailboxes.list("printer@bureau.example", SENT)) == 1
    assert mailboxes.list("printer@bureau.example") == []
    assert mailboxes.raw("printer@bureau.example", 1, SENT) == MESSAGE
    assert mailboxes.used_bytes("printer@bureau.example") == len(MESSAGE)


def test_duplicates_are_kept_and_visible(mailboxes: Mailboxes) -> None:
    deliver(mailboxes)
    deliver(mailboxes, MESSAGE.replace(b"<1@", b"<2@"))
    deliver(mailboxes)
    assert [row["duplicate_of"] for row in mailboxes.list("ona@bureau.example")] == [None, None, 1]


def test_what_is_not_there(mailboxes: Mailboxes) -> None:
    assert mailboxes.list("known@bureau.example") == []
    for address in ("nobody@bureau.example", "", "../../etc", "a/b"):
        with pytest.raises(LookupError, match="There is no mailbox"):
            mailboxes.list(address)
    deliver(mailboxes)
    for number in (0, 2, -1):
        with pytest.raises(LookupError, match="There is no message"):
            mailboxes.raw("ona@bureau.example", number)


def test_a_discarded_draft_leaves_nothing(tmp_path: Path) -> None:
    mailboxes = Mailboxes(tmp_path, lambda _: False)
    draft = mailboxes.draft()
    draft.write(b"half")
    draft.discard()
    draft.discard()
    assert list(tmp_path.iterdir()) == []


def test_kept_over_a_restart(tmp_path: Path) -> None:
    mailboxes = Mailboxes(tmp_path, lambda _: False)
    deliver(mailboxes)
    (tmp_path / "draft-7.tmp").write_bytes(b"the process ended before the message did")
    deliver(Mailboxes(tmp_path, lambda _: False), MESSAGE.replace(b"<1@", b"<2@"))
    again = Mailboxes(tmp_path, lambda _: False)
    assert [row["message_id"] for row in again.list("ona@bureau.example")] == ["<1@p.example>", "<2@p.example>"]
    assert again.raw("ona@bureau.example", 1) == MESSAGE
    assert not list(tmp_path.glob("draft-*"))


def test_an_index_cut_in_its_last_row(tmp_path: Path) -> None:
    deliver(Mailboxes(tmp_path, lambda _: False))
    index = tmp_path / "index.jsonl"
    whole = index.read_bytes()
    for cut in range(1, len(whole)):
        index.write_bytes(whole + whole[:cut])
        mailboxes = Mailboxes(tmp_path, lambda _: False)
        assert len(mailboxes.list("ona@bureau.example")) == 1
        assert index.read_bytes() == whole
    deliver(mailboxes)
    assert len(Mailboxes(tmp_path, lambda _: False).list("ona@bureau.example")) == 2


HOSTILE = st.lists(
    st.sampled_from(
        [
            b"\r\n",
            b"\r\n\r\n",
            b"From: ",
            b"Subject: =?utf-8?B?!!!?=",
            b"=?x-unknown?Q?=FF?=",
            b"Content-Disposition: attachment; filename*=x''%ff%",
            b"Content-Disposition: attachment; filename*0*=utf-8''a; filename*2=b",
            b"Content-Type: multipart/mixed; boundary=b",
            b"Content-Type: text/plain; charset=nonsense",
            b"Content-Transfer-Encoding: base64",
            b"--b",
            b"--b--",
            b"\xff\xfe\x00",
            "ąčę".encode(),
            b"AAAA",
        ]
    )
    | st.binary(max_size=10),
    max_size=30,
).map(b"".join)


@settings(max_examples=500, deadline=None)
@given(HOSTILE)
def test_any_bytes_can_be_listed_and_shown(raw: bytes) -> None:
    mailboxes = Mailboxes(None, lambda _: False)
    deliver(mailboxes, raw)
    [row] = mailboxes.list("ona@bureau.example")
    assert all(
        (row[name].isprintable() or "\ufffd" in row[name]) and "\n" not in row[name] for name in ("from", "subject")
    )
    assert isinstance(body_text(raw), str)
    assert all(isinstance(each.content, bytes) for each in attachments(raw))
