"""Every screen in both languages on both displays: its picture and its words, as goldens, and what the manual wants said.

Each scene has two files in `tests/panel/golden/`: a picture of it on both displays (the small one twice as large), English
at the left and Lithuanian at the right, and its words. When a picture differs, the new one and one of the differences are
left in `build/panel/`. `make goldens` takes the new ones, and drops those of scenes that are no more: look at them before
you commit them.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageChops

from firmware.panel.widgets import DISABLED, FOCUSED, TAPPABLE
from tests.panel.fake import Desk
from tests.panel.scenes import DEVICE_LOGIN, LONG_ADDRESS, SCENES, arrive, sizes
from tests.panel.test_sheet import SHEETS

GOLDEN = Path(__file__).parent / "golden"
BUILD = Path(__file__).parent.parent.parent / "build" / "panel"
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
SIZES = [(320, 240), (128, 64)]
LANGUAGES = ("en", "lt")
_GAP = 8  # pixels between the pictures of a scene
_DARK, _LIT, _BETWEEN = 16, 17, 18  # colours after those of the large display: the small one's, and that of the gaps
_OTHERS = bytes.fromhex("000000 FFFFFF 7A7A8C")

every_scene = pytest.mark.parametrize("scene", SCENES)
both_languages = pytest.mark.parametrize("language", LANGUAGES)


async def show(scene: str, size: tuple[int, int], language: str) -> tuple[Image.Image, str, list[str]]:
    """The picture of a scene, its words in a form that can be judged, and the words alone."""
    desk = await arrive(scene, size, language)
    shown = picture(desk, await desk.frame()), told(desk), desk.words
    await desk.end()
    return shown


def picture(desk: Desk, frame: bytes) -> Image.Image:
    size = (desk.panel.width, desk.panel.height)
    if desk.panel.depth == 4:
        image = Image.frombytes("P", size, frame, "raw", "P;4")
    else:
        lit = Image.frombytes("1", size, frame, "raw", "1").convert("L").point(lambda level: _LIT if level else _DARK)
        image = Image.frombytes("P", size, lit.tobytes()).resize((2 * size[0], 2 * size[1]), Image.Resampling.NEAREST)
    image.putpalette(desk.panel.colours.ljust(48, b"\0") + _OTHERS)
    return image


def told(desk: Desk) -> str:
    """What is tapped is in brackets, in round ones while it cannot be; > is before what has the focus."""
    lines = [f"{desk.panel.width}x{desk.panel.height} {desk.device.language}: {desk.screen}\n"]
    for row in desk.rows:
        words, flags = row[0], row[5]
        shown = f"({words})" if flags & DISABLED else f"[{words}]" if flags & TAPPABLE else words
        lines.append(f"{'>' if flags & FOCUSED else ' '} {shown}\n")
    return "".join(lines)


def all_of(scene: str) -> tuple[Image.Image, str]:
    """The golden picture and words of a scene."""
    rows, words = [], []
    for size in sizes(scene):
        shown = [asyncio.run(show(scene, size, language)) for language in LANGUAGES]
        rows.append([each[0] for each in shown])
        words += [each[1] for each in shown]
    width = max(row[0].width for row in rows)
    height = sum(row[0].height for row in rows) + _GAP * (len(rows) - 1)
    image = Image.new("P", (2 * width + _GAP, height), _BETWEEN)
    image.putpalette(rows[0][0].getpalette() or [])
    y = 0
    for row in rows:
        for number, each in enumerate(row):
            x = number * (width + _GAP)
            image.paste(each, (x, y, x + each.width, y + each.height))
        y += row[0].height + _GAP
    return image, "\n".join(words)


@every_scene
def test_golden(scene: str) -> None:
    image, words = all_of(scene)
    golden_image, golden_words = GOLDEN / f"{scene}.png", GOLDEN / f"{scene}.txt"
    if UPDATE:
        if not golden_image.exists() or difference(golden_image, image) is not None:
            image.save(golden_image, "PNG", optimize=True)
        golden_words.write_text(words, "utf-8")
    assert golden_image.exists() and golden_words.exists(), f"There is no golden of {scene}: make goldens"
    assert words == golden_words.read_text("utf-8"), "The words differ; make goldens takes these"
    different = difference(golden_image, image)
    if different is not None:
        BUILD.mkdir(parents=True, exist_ok=True)
        image.save(BUILD / golden_image.name)
        different.save(BUILD / f"diff-{golden_image.name}")
        pytest.fail(
            f"The picture differs within {different.getbbox()}: see {BUILD / golden_image.name} and diff- there"
        )


def difference(golden: Path, image: Image.Image) -> Image.Image | None:
    """White where the pictures differ; None when they are the same."""
    expected = Image.open(golden).convert("RGB")
    if expected.size != image.size:
        return Image.new("L", image.size, 255)
    different = (
        ImageChops.difference(expected, image.convert("RGB")).convert("L").point(lambda level: 255 if level else 0)
    )
    return different if different.getbbox() else None


def test_golden_of_nothing_is_not_kept() -> None:
    known = {f"{scene}.{kind}" for scene in SCENES for kind in ("png", "txt")}
    known |= {
        f"sheet-{width}-{language}-{name}.{kind}"
        for name, (_, width) in SHEETS.items()
        for language in LANGUAGES
        for kind in ("png", "txt")
    }
    left_over = {path.name for path in GOLDEN.iterdir()} - known
    if UPDATE:
        for name in left_over:
            (GOLDEN / name).unlink()
    else:
        assert not left_over, "No scene has these; make goldens drops them"


@every_scene
@both_languages
def test_words_are_told_though_nobody_looks(scene: str, language: str) -> None:
    async def listen(size: tuple[int, int]) -> None:
        desk = await arrive(scene, size, language)
        assert desk.panel.frames == 0
        words = desk.words
        assert desk.screen and words
        assert desk.panel.said[-1][1] == language
        assert all(len(text) <= 401 and text.isprintable() for text in words)
        await desk.end()

    for size in sizes(scene):
        asyncio.run(listen(size))


@both_languages
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("scene", "address"), [("signin_waiting", DEVICE_LOGIN), ("signin_long", LONG_ADDRESS)])
def test_the_qr_code_says_the_address(scene: str, address: str, size: tuple[int, int], language: str) -> None:
    """As somebody else's decoder reads the picture, and beside it is the user code, on both displays."""
    image, _, words = asyncio.run(show(scene, size, language))
    camera = image.convert("L").resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST)
    assert [found.text for found in zxingcpp.read_barcodes(camera)] == [address]
    assert address in words
    assert {"GHJK2345", "WDJB-MJHT-8B0O-1I2Z"} & set(words)


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
