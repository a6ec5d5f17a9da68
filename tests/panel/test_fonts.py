"""The fonts are made alike each time, have every letter that the words need, and cut what is too long."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.panel import canvas
from firmware.panel.canvas import PALETTE, Font
from firmware.panel.fonts import sans_10, sans_14, sans_16, sans_18, sans_36
from firmware.panel.strings_en import TABLE as ENGLISH
from firmware.panel.strings_lt import TABLE as LITHUANIAN
from sim import fonts

TEXT_FONTS = [sans_10, sans_14, sans_16, sans_18]


def test_made_alike_and_only_when_needed(tmp_path: Path) -> None:
    fonts.build(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(first) == [f"{name}.py" for name in sorted(fonts.SPECS)]
    stamps = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    fonts.build(tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == stamps
    (tmp_path / "sans_16.py").write_text("# older")
    fonts.build(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


@pytest.mark.parametrize("module", TEXT_FONTS, ids=lambda module: module.__name__)
def test_has_every_letter_of_our_words(module: object) -> None:
    letters = set(ENGLISH + LITHUANIAN) - {"\n"} - set(fonts.ASCII)
    assert letters <= set(module.CHARACTERS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", [*TEXT_FONTS, sans_36], ids=lambda module: module.__name__)
def test_glyphs_stay_in_their_cells(module: object) -> None:
    font = Font(module)
    glyphs = module.GLYPHS  # type: ignore[attr-defined]
    characters = fonts.ASCII + module.CHARACTERS  # type: ignore[attr-defined]
    for character in characters if module is not sans_36 else fonts.DIGITS:
        place = font._place(character)
        _, left, top, _, height = glyphs[place : place + 5]
        assert left - 4 >= -3, character
        assert top + height <= font.height, character


@given(st.text(max_size=80), st.integers(min_value=20, max_value=300))
def test_fit_and_wrap_keep_to_the_width(words: str, width: int) -> None:
    font = Font(sans_16)
    assert font.width(font.fit(words, width)) <= width
    lines = font.wrap(words, width, 3)
    assert len(lines) <= 3
    assert all(font.width(line) <= width for line in lines)


def test_wrapping_loses_nothing() -> None:
    font = Font(sans_14)
    words = "The certificate of the server has expired or is not valid yet."
    assert " ".join(font.wrap(words, 120)) == words
    assert font.wrap("ona.kazlauskiene@bureau.example", 140) == ["ona.kazlauskiene@", "bureau.example"]
    assert font.wrap("one two three four five six", 60, 2)[-1].endswith("…")


def test_unknown_letters_are_question_marks() -> None:
    font = Font(sans_16)
    assert font.width("漢") == font.width("?")
    assert font.fit("a" * 10_000, 100).endswith("…")


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("INK", "PAPER"),
        ("INK", "GROUND"),
        ("INK", "ACCENT_SOFT"),
        ("INK", "BAD_SOFT"),
        ("INK", "WARN_SOFT"),
        ("INK", "GOOD_SOFT"),
        ("MUTED", "PAPER"),
        ("MUTED", "GROUND"),
        ("MUTED", "ACCENT_SOFT"),
        ("MUTED", "BAD_SOFT"),
        ("PAPER", "ACCENT"),
        ("PAPER", "ACCENT_DARK"),
        ("ACCENT", "PAPER"),
        ("ACCENT", "GROUND"),
        ("ACCENT", "ACCENT_SOFT"),
        ("GOOD", "PAPER"),
        ("BAD", "PAPER"),
        ("BAD", "BAD_SOFT"),
        ("WARN", "PAPER"),
    ],
)
def test_text_can_be_read_by_everybody(ink: str, paper: str) -> None:
    """WCAG 2.1 AA: a contrast of 4.5:1."""

    def luminance(name: str) -> float:
        start = 3 * getattr(canvas, name)
        parts = [part / 255 for part in PALETTE[start : start + 3]]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(ink), luminance(paper)))
    assert (light + 0.05) / (dark + 0.05) >= 4.5
