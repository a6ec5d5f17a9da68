"""What a support desk asks for is found in the words of the cloud and of mail servers."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.jobs.clues import clues

CORRELATION = "0f1e2d3c-0000-4000-8000-123456789abc"


def test_the_clouds_refusal() -> None:
    words = f"AADSTS50173: The provided grant has expired. Correlation ID: {CORRELATION}"
    assert clues(words) == {
        "aadsts": "AADSTS50173",
        "correlation_id": CORRELATION,
        "reply": "",
        "words": "The provided grant has expired.",
    }


def test_the_mail_servers_reply() -> None:
    reply = "535 5.7.139 Authentication unsuccessful, the user is locked out"
    assert clues(reply) == {"aadsts": "", "correlation_id": "", "reply": reply, "words": ""}


def test_words_that_only_look_like_a_reply() -> None:
    for words in ("5350 is no code", "53", "٥٣٥ of other digits", "The name is not known"):
        assert clues(words) == {"aadsts": "", "correlation_id": "", "reply": "", "words": words}


@given(st.text() | st.from_regex(r"(AADSTS\d{0,7}:?|\d{3}).{0,20}( Correlation ID: .{0,40})?"))
def test_nothing_is_made_up_and_nothing_found_twice(words: str) -> None:
    found = clues(words)
    assert all(part in words for part in found.values())
    assert sum(len(part) for part in found.values()) <= len(words)
    assert not (found["reply"] and found["words"])
