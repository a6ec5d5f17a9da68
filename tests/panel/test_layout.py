"""Everything fits: every text of ours, in both languages on both displays, in colours and sizes that people read and hit."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable

import pytest

from firmware.panel import colours, large, widgets
from firmware.panel.canvas import Font
from firmware.panel.fonts import sans_10, sans_13, sans_15
from firmware.panel.screens import entry
from firmware.panel.screens.screen import Screen
from firmware.panel.strings import text
from firmware.panel.strings_en import TABLE as ENGLISH
from firmware.panel.strings_lt import TABLE as LITHUANIAN
from firmware.panel.widgets import Widget
from tests.panel.eyes import Eyes, Seen, contrast, faults
from tests.panel.fake import Desk, Device
from tests.panel.scenes import DEVICE_LOGIN, SCENES, arrive, sizes

Size = tuple[int, int]
LARGE, SMALL = (320, 240), (128, 64)
KEYS = [line.split(" = ")[0] for line in ENGLISH.strip("\n").split("\n")]
TABLES = {"en": ENGLISH, "lt": LITHUANIAN}
_TEXT_CONTRAST, _SIGN_CONTRAST = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11, level AA
# A display of 2.8 inches has 5.6 pixels to a millimetre, so that these are 5.7 and 6 mm; WCAG 2.2, 2.5.8 wants 24 CSS
# pixels, which are 6.35 mm, or as much room around what is smaller: ten keys must stand beside each other.
_TARGET_WIDTH, _TARGET_HEIGHT = 32, 34

everywhere = pytest.mark.parametrize(
    ("scene", "size", "language"),
    [(scene, size, language) for scene in SCENES for size in sizes(scene) for language in ("en", "lt")],
    ids=lambda value: "x".join(map(str, value)) if isinstance(value, tuple) else value,
)
everywhere_else = pytest.mark.parametrize(
    ("size", "language"), [(size, language) for size in (LARGE, SMALL) for language in ("en", "lt")]
)


@pytest.fixture
def eyes(monkeypatch: pytest.MonkeyPatch) -> Eyes:
    return Eyes(monkeypatch)


def ours(words: str, language: str) -> bool:
    """Whether these are words of our tables, and not somebody's name, address or answer."""
    if f" = {words}\n" in TABLES[language]:
        return True
    parts = [part for line in TABLES[language].strip("\n").split("\n") for part in line.split(" = ", 1)[1].split("{}")]
    return any(len(part) > 8 and part in words for part in parts)


@everywhere
def test_all_has_its_place_and_no_word_of_ours_is_cut(scene: str, size: Size, language: str, eyes: Eyes) -> None:
    async def look() -> None:
        desk = await arrive(scene, size, language)
        eyes.forget()
        seen = await eyes.look(desk)
        assert not faults(desk, seen)
        assert not eyes.wrong_paper
        for widget in desk.ui._widgets:
            assert widget.width > 0 and widget.height > 0, widget.text
            assert widget.x >= 0 and widget.x + widget.width <= size[0], widget.text
        titles = {widget.text for widget in desk.ui._widgets if widget.kind == "title"}
        await desk.end()
        cut = {words for words in eyes.cut if ours(words, language)}
        if size == SMALL:
            cut -= titles  # whole where the screen is chosen
        assert not cut

    asyncio.run(look())


# --- every text, also those that no scene shows ---


class _Shown(Screen):
    name = "shown"

    def __init__(self, desk: Desk, shown: list[Widget]) -> None:
        super().__init__(desk.ui)
        self._shown = shown

    def title(self) -> str:
        return ""

    def build(self) -> list[Widget]:
        return self._shown


def _hero(words: str, language: str) -> list[Widget]:
    return [widgets.hero(words, "bad", widgets.CROSS), widgets.button(text("panel.ok", language), lambda: None)]


def _below(key: str) -> Callable[[str, str], list[Widget]]:
    """As the smaller words below those of `key`."""

    def built(words: str, language: str) -> list[Widget]:
        return [
            widgets.notice(text(key, language), "bad", widgets.WARNING, f"{words} (AADSTS50173)"),
            widgets.hero(text(key, language), "bad", widgets.WARNING, words),
        ]

    return built


def _field(label: str) -> Callable[[str, str], list[Widget]]:
    return lambda words, language: [widgets.field(text(label, language), words)]


def _notice(words: str, language: str) -> list[Widget]:
    entry = widgets.entry("ona@bureau.example")
    return [
        entry,
        widgets.notice(words, "bad", widgets.WARNING),
        widgets.button(text("panel.ok", language), lambda: None),
    ]


def _banner(words: str, language: str) -> list[Widget]:
    begin, short = text("signin.begin", language), text("home.expired", language)
    return [widgets.banner(begin, short, words, "bad", lambda: None), widgets.notice(words, "bad", widgets.WARNING)]


def _failure(words: str, language: str) -> list[Widget]:
    return [widgets.notice("000: " + words, "bad", widgets.CROSS), *_hero("000: " + words, language)]


# Sentences, of which a scene shows some: how the screens show them.
_SENTENCES: list[tuple[str, list[Callable[[str, str], list[Widget]]]]] = [
    ("advice", [_field("email.advice")]),
    ("code", [_failure, _below("message.reauth")]),
    ("solution", [_field("job.solution"), _below("code.379")]),
    ("detail", [_field("job.detail"), _notice]),
    ("error", [_notice]),
    ("reason", [_field("email.reason"), _below("signin.BLOCKED")]),
    ("message.(expired|reauth|runs_out|ran_out|not_signed_in)", [_banner]),
    ("printer", [_below("message.sheet_paused")]),
]
_ELSEWHERE = (
    "sheet.",
    "email.verify_off",
    "panel.scroll_up",
    "interface.",
    "email.secure.none",
    "email.service.outlook",
)
FILLED = ("2026-12-31", "2026-12-31")


def uses(key: str) -> list[Callable[[str, str], list[Widget]]]:
    return [use for pattern, all_uses in _SENTENCES if re.match(pattern + r"(\.|$)", key) for use in all_uses]


@everywhere_else
def test_every_sentence_is_read_to_its_end(size: Size, language: str, eyes: Eyes) -> None:
    """Laid out as the screens that show it do, page by page."""

    async def look() -> None:
        desk = await Desk(Device(size, language)).begin()
        for key in KEYS:
            words = text(key, language, *FILLED)
            for use in uses(key):
                shown = use(words, language)
                desk.ui.home()
                desk.ui.open(_Shown(desk, shown))
                eyes.forget()
                read = await _all_pages(desk, eyes)
                assert not eyes.cut, key
                missing = [line for widget in shown for line in widget.lines + widget.more if line not in read]
                assert not missing, key
        await desk.end()

    asyncio.run(look())


async def _all_pages(desk: Desk, eyes: Eyes) -> set[str]:
    ui, read = desk.ui, set()
    while True:
        seen = await eyes.look(desk)
        assert not faults(desk, seen)
        read |= {one.words for one in seen}
        before = ui._scroll
        ui._scroll_by((ui.look.bottom - ui.look.top) // 2)
        if ui._scroll == before:
            return read


def test_every_other_text_is_in_a_scene() -> None:
    """A new text needs a scene, or a place among the sentences above."""

    async def listen() -> set[str]:
        said = set()
        for scene in SCENES:
            for size in sizes(scene):
                desk = await arrive(scene, size, "en")
                said |= set(desk.words)
                await desk.end()
        return said

    said = "\n".join(asyncio.run(listen()))
    missing = set()
    for key in KEYS:
        if uses(key) or key.startswith(_ELSEWHERE):
            continue
        parts = text(key, "en").split("{}")
        if not re.search(".+?".join(map(re.escape, parts)), said):
            missing.add(key)
    assert not missing


# --- letters ---


@pytest.mark.parametrize("module", [sans_10, sans_13, sans_15], ids=lambda module: module.__name__)
def test_there_is_a_picture_of_every_letter(module: object) -> None:
    """Of our words, and of what can be typed at the panel."""
    font = Font(module)
    typed = "".join(
        "".join(row)
        for row in (
            entry._LETTERS,
            entry._LITHUANIAN,
            entry._LITHUANIAN_CAPITALS,
            entry._SYMBOLS,
            entry._MORE,
            entry._WHEEL,
        )
    )
    box = font.number("\ufffd")
    lacking = {letter for letter in ENGLISH + LITHUANIAN + typed + entry._DOT + "…" if font.number(letter) == box}
    assert lacking <= {"\n"}


# --- sizes and colours ---


def scene_pictures(eyes: Eyes, size: Size, *scenes: str) -> list[tuple[str, list[Seen], list[Widget]]]:
    """Of each scene what is seen, and the widgets."""

    async def look() -> list[tuple[str, list[Seen], list[Widget]]]:
        found = []
        for scene in scenes or SCENES:
            if size in sizes(scene):
                desk = await arrive(scene, size, "lt")
                found.append((scene, await eyes.look(desk), list(desk.ui._widgets)))
                await desk.end()
        return found

    return asyncio.run(look())


def test_all_that_is_drawn_has_contrast(eyes: Eyes) -> None:
    """WCAG 2.2 AA. What is disabled needs none (1.4.3): grey words on a button, and an arrow at the end of a list."""
    disabled = {(colours.GREY, colours.SHADE), (colours.LINE, colours.GROUND)}
    pairs = {(one.ink, one.paper, one.is_icon) for _, seen, _ in scene_pictures(eyes, LARGE) for one in seen}
    assert len(pairs) > 20
    weak = {
        pair
        for pair in pairs
        if contrast(*pair[:2]) < (_SIGN_CONTRAST if pair[2] else _TEXT_CONTRAST) and pair[:2] not in disabled
    }
    assert not weak


def test_a_finger_hits_what_it_is_meant_for(eyes: Eyes) -> None:
    for scene, _, shown in scene_pictures(eyes, LARGE):
        targets = [widget for widget in shown if widget.action is not None]
        for widget in targets:
            assert widget.width >= _TARGET_WIDTH and widget.height >= _TARGET_HEIGHT, (scene, widget.text)
        for number, one in enumerate(targets):
            for other in targets[number + 1 :]:
                apart = (
                    one.x + one.width <= other.x
                    or other.x + other.width <= one.x
                    or one.y + one.height <= other.y
                    or other.y + other.height <= one.y
                )
                pinned = {one.kind, other.kind} & {"button", "tab", "corner"}  # what scrolls goes below these
                assert apart or pinned, (scene, one.text, other.text)


def test_letters_are_high_enough() -> None:
    """Capitals: 11 rows, which are 2 mm at 2.8 inches, for what is to be read; 9 for what is said about it. The small
    display has 7, the fewest with which accents and descenders can be told apart.
    """

    def capital(font: Font) -> int:
        start = font._offsets[2 * font.number("H")] | font._offsets[2 * font.number("H") + 1] << 8
        return (font._glyphs[start] | font._glyphs[start + 1] << 8) & 31

    assert capital(Font(sans_10)) >= 7 and capital(Font(sans_13)) >= 9 and capital(Font(sans_15)) >= 11


@pytest.mark.parametrize(("width", "height", "least"), [(168 - 24, 52, 3), (59, 39, 2)], ids=["large", "small"])
def test_a_user_code_is_large(width: int, height: int, least: int) -> None:
    """The letters of a code of the usual length are two lines of text high, or more."""
    dot, lines = large.place("GHJK2345", width, height)
    assert dot >= least and "".join(lines) == "GHJK2345"


class _Dots:
    """A canvas on which only single dots are drawn."""

    def __init__(self) -> None:
        self.drawn: set[tuple[int, int]] = set()

    def rect(self, x: int, y: int, width: int, height: int, ink: int) -> None:
        assert width == height == 1
        self.drawn.add((x, y))


def test_no_two_letters_of_a_code_are_alike() -> None:
    """On five by seven dots; any two differ in three of them, or more."""
    shapes = {}
    for index, letter in enumerate(large._LETTERS):
        dots = _Dots()
        large._letter(dots, index, 1, 0, 0, 1)  # type: ignore[arg-type]
        shapes[letter] = dots.drawn
    assert all(shapes.values())
    for one in shapes:
        for other in shapes:
            assert one == other or len(shapes[one] ^ shapes[other]) >= 3, (one, other)


@pytest.mark.parametrize(
    "scene", ["home", "home_expired", "jobs", "recipient", "scan_ready", "job_waiting", "email_status", "failed_361"]
)
def test_what_has_the_focus_stands_out(scene: str) -> None:
    """Moving it changes at least so many pixels as a line of two pixels around a small target has, to a contrast of 3:1
    (WCAG 2.2, 2.4.13).
    """
    least = 2 * (_TARGET_WIDTH + _TARGET_HEIGHT)

    async def move() -> None:
        desk = await arrive(scene, LARGE, "en")
        none = await desk.frame()
        await desk.key("down")
        for _ in range(12):
            if desk.ui._scroll == 0 and any(row[5] & widgets.FOCUSED for row in desk.rows):
                both = Counter(zip(none, await desk.frame(), strict=True))  # bytes of two pixels
                told = sum(
                    count * (contrast(one >> shift & 15, other >> shift & 15) >= _SIGN_CONTRAST)
                    for (one, other), count in both.items()
                    for shift in (4, 0)
                )
                assert told >= least, desk.rows
            await desk.key("right" if scene == "recipient" else "down")
        await desk.end()

    asyncio.run(move())


def test_the_usual_qr_code_is_coarse(eyes: Eyes) -> None:
    """A module has four pixels on the large display, 0.7 mm at 2.8 inches, and two on the small one."""
    for size, least in ((LARGE, 4), (SMALL, 2)):
        [(_, _, shown)] = scene_pictures(eyes, size, "signin_waiting")
        [code] = [widget for widget in shown if widget.kind == "qr"]
        across = large.across(code.modules)
        quiet = 4 if size == LARGE else 1
        assert min(code.width, code.height) // (across + 2 * quiet) >= least, DEVICE_LOGIN
