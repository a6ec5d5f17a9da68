"""Every screen in both languages on both displays: its picture, its words, and that everything finds its place.

Pictures are compared with `tests/panel/golden/`. When one differs, the new one and a picture of the differences are left in
`build/panel/`. `UPDATE_GOLDEN=1` takes the new ones: look at them before you commit them.
"""

import asyncio
import io
import os
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from firmware.panel.canvas import Font
from firmware.panel.strings_en import TABLE as ENGLISH
from firmware.panel.strings_lt import TABLE as LITHUANIAN
from tests.panel.fake import Desk
from tests.panel.scenes import SCENES, arrive

HERE = Path(__file__).parent
BUILD = HERE.parent.parent / "build" / "panel"
SIZES = [(320, 240), (128, 64)]
TABLES = {"en": ENGLISH, "lt": LITHUANIAN}

everywhere = pytest.mark.parametrize(
    ("scene", "size", "language"),
    [(scene, size, language) for scene in SCENES for size in SIZES for language in ("en", "lt")],
    ids=lambda value: "x".join(map(str, value)) if isinstance(value, tuple) else value,
)


def picture(desk: Desk, frame: bytes) -> Image.Image:
    size = (desk.panel.width, desk.panel.height)
    if desk.panel.depth == 1:
        return Image.frombytes("1", size, frame, "raw", "1")
    image = Image.frombytes("P", size, frame, "raw", "P;4")
    image.putpalette(desk.panel.colours)
    return image


@everywhere
def test_picture(scene: str, size: tuple[int, int], language: str) -> None:
    async def look() -> Image.Image:
        desk = await arrive(scene, size, language)
        image = picture(desk, await desk.frame())
        await desk.end()
        return image

    image = asyncio.run(look())
    name = f"{size[0]}x{size[1]}-{language}-{scene}.png"
    golden = HERE / "golden" / name
    if os.environ.get("UPDATE_GOLDEN") == "1":
        file = io.BytesIO()
        image.save(file, "PNG", optimize=True)
        golden.write_bytes(file.getvalue())
    assert golden.exists(), f"{golden} is missing; UPDATE_GOLDEN=1 makes it"
    expected = Image.open(golden).convert("RGB")
    difference = ImageChops.difference(expected, image.convert("RGB"))
    if difference.getbbox() is not None:
        BUILD.mkdir(parents=True, exist_ok=True)
        image.save(BUILD / name)
        difference.point(lambda level: 255 if level else 0).save(BUILD / f"diff-{name}")
        pytest.fail(f"The picture differs within {difference.getbbox()}: see {BUILD / name} and diff-{name} there")


@everywhere
def test_everything_has_its_place_and_no_word_of_ours_is_cut(
    scene: str, size: tuple[int, int], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: set[str] = set()
    fit = Font.fit

    def watched(font: Font, words: str, width: int) -> str:
        shown = fit(font, words, width)
        if shown != words:
            cut.add(words.rstrip("…"))
        return shown

    monkeypatch.setattr(Font, "fit", watched)

    async def look() -> None:
        desk = await arrive(scene, size, language)
        cut.clear()
        await desk.key("left")  # places and draws once more
        await desk.frame()
        ui = desk.ui
        flowing = []
        for widget in ui._widgets:
            assert widget.x >= 0 and widget.x + widget.width <= size[0], widget.text
            assert widget.width > 0 and widget.height > 0, widget.text
            if ui.look.pinned(widget):
                assert widget.y >= 0 and widget.y + widget.height <= size[1], widget.text
            elif widget.kind != "tile":
                flowing.append(widget)
        for upper, lower in pairwise(flowing):
            assert upper.y + upper.height <= lower.y, f"{upper.text} over {lower.text}"
        titles = {widget.text for widget in ui._widgets if widget.kind == "title"}
        await desk.end()
        table = TABLES[language]
        ours = {words for words in cut if f" = {words}\n" in table or (len(words) > 8 and words in table)}
        if size == (128, 64):
            ours -= titles  # the whole name was to be read where the screen was chosen
        assert not ours

    asyncio.run(look())


@everywhere
def test_words_are_told_though_nobody_looks(scene: str, size: tuple[int, int], language: str) -> None:
    async def listen() -> None:
        desk = await arrive(scene, size, language)
        assert desk.panel.frames == 0
        words = desk.words
        assert desk.screen and words
        assert desk.panel.said[-1][1] == language
        assert all(len(text) <= 401 and text.isprintable() for text in words)
        await desk.end()

    asyncio.run(listen())


def words_of(scene: str, language: str = "en", size: tuple[int, int] = (320, 240)) -> list[str]:
    async def listen() -> list[str]:
        desk = await arrive(scene, size, language)
        await desk.end()
        return desk.words

    return asyncio.run(listen())


@pytest.mark.parametrize("size", SIZES)
def test_wired_status_says_address_and_web_config(size: tuple[int, int]) -> None:
    """R11."""
    words = words_of("wired_status", size=size)
    assert words[words.index("IP Address") + 1] == "198.51.100.7"
    assert words[words.index("Web Config") + 1] == "http://198.51.100.7/"


def test_the_additional_network_does_not_carry_oauth() -> None:
    """R10."""
    words = words_of("wired_status_two")
    assert words.index("Standard Network") < words.index("198.51.100.7") < words.index("Additional Network")
    assert "The additional network does not support OAuth 2.0. Email is sent over the standard network." in words


def test_email_server_status() -> None:
    """R12."""
    words = words_of("email_status")
    for label, value in [
        ("Authentication Method", "OAuth2"),
        ("Email Service", "Microsoft Exchange Online"),
        ("Sign-in Status", "Signed in"),
        ("Authenticated Account", "printer@bureau.example"),
        ("Sender's Email Address", "printer@bureau.example"),
        ("SMTP Server Address", "smtp-mail.outlook.com"),
        ("SMTP Server Port Number", "587"),
        ("Secure Connection", "STARTTLS"),
        ("Certificate Validation", "Enable"),
    ]:
        assert words[words.index(label) + 1] == value
    assert not any("secret" in text for text in words)


@pytest.mark.parametrize("language", ["en", "lt"])
def test_not_signed_in_shows_the_manuals_message(language: str) -> None:
    """R15, R18."""
    words = words_of("failed_360", language)
    if language == "en":
        message = "To use this function, you need to sign in to your email service. Contact your administrator."
        assert message in words
        assert "360: Not signed in to the cloud service or email service." in words
    else:
        assert any(text.startswith("Norėdami naudotis šia funkcija, turite prisijungti") for text in words)
        assert "360: nėra ryšio su debesijos paslauga arba el. pašto paslauga." in words


def test_expired_and_again() -> None:
    """R16, R19, R20."""
    assert any("not used for a long time" in text for text in words_of("failed_361"))
    assert "361: The sign-in to the cloud service or email service has expired." in words_of("failed_361")
    assert "370: You need to sign in to the cloud service again." in words_of("failed_370")
    assert "Sign-in expired" in words_of("home_expired")


def test_history_has_codes_and_a_job_its_solution() -> None:
    """R17."""
    words = words_of("jobs")
    assert [text for text in words if text in ("313", "360", "361", "370")] == ["360", "361", "370", "313"]
    words = words_of("job_370")
    assert words[words.index("Solution") + 1] == "Sign in to the cloud service."
    assert "AADSTS50173" in words[words.index("Details") + 1]
