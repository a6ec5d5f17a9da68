"""The fonts are made alike each time, keep to their cells, and cut and wrap what is too long."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.panel.canvas import Font
from firmware.panel.colours import balanced
from firmware.panel.fonts import sans_10, sans_13, sans_15, sans_22, sans_28
from sim import fonts

FONTS = [sans_10, sans_13, sans_15, sans_22, sans_28]
each_font = pytest.mark.parametrize("module", FONTS, ids=lambda module: module.__name__.rpartition(".")[2])


def test_made_alike_and_only_when_needed(tmp_path: Path) -> None:
    fonts.build(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(first) == [f"{name}.py" for name in sorted([*fonts.SPECS, fonts.ICONS_NAME])]
    stamps = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    fonts.build(tmp_path)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == stamps
    (tmp_path / "sans_15.py").write_text("# older")
    fonts.build(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


@each_font
def test_glyphs_stay_in_their_cells(module: object) -> None:
    font = Font(module)
    name = module.__name__.rpartition(".")[2]  # type: ignore[attr-defined]
    for character in fonts.SPECS[name].characters:
        number = font.number(character)
        start = font._offsets[2 * number] | font._offsets[2 * number + 1] << 8
        shape = font._glyphs[start] | font._glyphs[start + 1] << 8
        top, width, height = shape >> 10, shape >> 5 & 31, shape & 31
        assert top + height <= font.height, character
        assert (character == " ") == (width * height == 0), character
        assert (font._advances[number] >> 3) + 3 >= width, character


@given(st.text(max_size=80), st.integers(min_value=20, max_value=300))
def test_fit_and_wrap_keep_to_the_width(words: str, width: int) -> None:
    font = Font(sans_15)
    assert font.width(font.fit(words, width)) <= width
    for lines in (font.wrap(words, width, 3), balanced(font, words, width, 3)):
        assert 1 <= len(lines) <= 3
        assert all(font.width(line) <= width for line in lines)
    assert "".join(font.wrap(words, width, 99)).replace(" ", "") == words.replace(" ", "")


@given(st.lists(st.text("abcž.,", min_size=1, max_size=9), max_size=20), st.integers(min_value=100, max_value=300))
def test_balanced_lines_are_as_many_and_no_word_is_broken(words: list[str], width: int) -> None:
    font, sentence = Font(sans_13), " ".join(words)
    plain, even = font.wrap(sentence, width), balanced(font, sentence, width)
    assert len(even) == len(plain)
    assert " ".join(even) == sentence
    assert max(map(font.width, even)) <= max(map(font.width, plain))


def test_wrapping() -> None:
    font = Font(sans_13)
    words = "The certificate of the server has expired or is not valid yet."
    assert " ".join(font.wrap(words, 120)) == words
    assert font.wrap("ona.kazlauskiene@bureau.example", 140) == ["ona.kazlauskiene@", "bureau.example"]
    assert font.wrap("one two three four five six", 60, 2)[-1].endswith("…")
    assert font.wrap("Nuskaityti į el. paštą", font.width("Nuskaityti į el.")) == ["Nuskaityti į", "el. paštą"]
    assert balanced(font, "The device can send email now.", 150) == ["The device can", "send email now."]


def test_unknown_letters_are_boxes() -> None:
    font = Font(sans_15)
    assert font.number("漢") == font.number("\ufffd") != font.number("?")
    assert font.width("漢") > 0
    assert font.fit("a" * 10_000, 100).endswith("…")
