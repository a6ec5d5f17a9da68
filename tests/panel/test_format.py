"""Dates, sizes and foreign texts as they are shown."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from firmware.panel import format


@given(st.integers(min_value=0, max_value=4_102_444_800))
def test_dates_are_the_calendars(unix_s: int) -> None:
    when = datetime.fromtimestamp(unix_s, UTC)
    assert format.date(unix_s) == f"{when:%Y-%m-%d}"
    assert format.date_time(unix_s) == f"{when:%Y-%m-%d %H:%M}"


def test_recent_dates_have_no_year() -> None:
    assert format.recent(1_764_583_500, 1_764_600_000) == "12-01 10:05"
    assert format.recent(1_664_583_500, 1_764_600_000) == "2022-10-01 00:18"
    assert format.recent(1_764_583_500, None) == "2025-12-01 10:05"


def test_sizes() -> None:
    for size_bytes, shown in [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (9_949, "9.9 KB"),
        (10_000, "10 KB"),
        (999_499, "999 KB"),
        (1_000_000, "1.0 MB"),
        (26_214_400, "26 MB"),
    ]:
        assert format.size(size_bytes, "en") == shown
    assert format.size(1_843_200, "lt") == "1,8 MB"


@given(st.text(max_size=600))
def test_clean_text_obeys_nobody(words: str) -> None:
    shown = format.clean(words)
    assert len(shown) <= 401
    assert not any(
        c < " " or c in "\x7f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f" for c in shown
    )
    assert format.clean(shown) == shown or len(shown) == 401


def test_clean_keeps_what_people_write() -> None:
    assert format.clean("Sąskaita – „ąčęėįšųūž“ 漢字.pdf") == "Sąskaita – „ąčęėįšųūž“ 漢字.pdf"
    assert format.clean("a\u202efdp.exe\r\n\x1b[2J") == "afdp.exe[2J"
    assert format.clean("\ue005 an icon of ours") == " an icon of ours"
    assert format.clean("x" * 10_000) == "x" * 400 + "…"
