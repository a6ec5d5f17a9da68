"""The network status sheet, from the device's state to what can be read on the paper.

The bytes for the printer are decoded by `tests/panel/receipt.py` and by the simulated printer, and are those that
python-escpos sends for the same pictures; Tesseract, where it is installed, reads the paper as a person would. Goldens are
as in `test_screens.py`: `make goldens` takes the new ones, words and pixels; look at them before you commit them.
"""

from __future__ import annotations

import asyncio
import difflib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from escpos.printer import Dummy
from PIL import Image, ImageChops, ImageOps

from firmware.panel.fonts import sans_22
from firmware.panel.strings import text
from firmware.sheet import escpos, paper
from sim.cloud.certificates import Authority
from sim.printer import NARROW, WIDE, SimPrinter
from tests.panel.fake import DAY_S, NOW_S, Device, Fax, Interface
from tests.panel.receipt import Page, Picture, Reader, decode
from tests.panel.scenes import HOSTILE

HERE = Path(__file__).parent
BUILD = HERE.parent.parent / "build" / "panel"
LANGUAGES = ("en", "lt")
_PIECE_BYTES = 4096
_RIGHT = 0.98  # of what Tesseract reads; @ is hard for it

Rows = list[tuple[str, str, str]]
two_languages = pytest.mark.parametrize("language", LANGUAGES)


# --- devices with something to tell ---


def office(language: str) -> Device:
    """Signed in, on two networks, and busy."""
    device = Device((320, 240), language)
    device.signed_in()
    account = device.accounts.account
    account.granted_s, account.used_s = NOW_S - 9 * DAY_S, NOW_S - 3600
    device.history()
    device.board.network.interfaces.append(Interface("Wired LAN (additional)", False, "203.0.113.7"))
    return device


def cupboard(language: str) -> Device:
    """Neither network nor time, at a server of one's own that is not even looked at closely."""
    device = Device((320, 240), language)
    device.board.clock.unix_s = None
    device.board.network.interfaces[0] = Interface("Wi-Fi", True, "")
    device.saved.update(service="custom", smtp_host="mail.bureau.example", verify=False, sender="", account="")
    return device


SHEETS: dict[str, tuple[Callable[[str], Device], int]] = {"office": (office, WIDE), "cupboard": (cupboard, NARROW)}
sheets = pytest.mark.parametrize(("name", "language"), [(name, language) for name in SHEETS for language in LANGUAGES])


def rows(device: Device) -> Rows:
    return paper.rows(device)  # type: ignore[arg-type]


def fields(page: Rows) -> dict[str, str]:
    return {words: value for kind, words, value in page if kind == paper.FIELD}


def sections(page: Rows) -> list[str]:
    return [words for kind, words, _ in page if kind == paper.SECTION]


def printed(page: Rows, width: int = WIDE) -> bytes:
    """What is sent to the printer."""
    return b"".join(bytes(piece) for piece in escpos.pieces(page, width))


@cache
def sheet(name: str, language: str) -> tuple[Rows, bytes, int]:
    prepare, width = SHEETS[name]
    page = rows(prepare(language))
    return page, printed(page, width), width


def image(page: Page) -> Image.Image:
    """Black on white."""
    return Image.frombytes("1", (page.width, len(page.rows)), page.bytes(), "raw", "1;I")


def trimmed(picture: Image.Image) -> Image.Image:
    """Without the paper at its end that was only fed."""
    box = ImageChops.invert(picture).getbbox()
    assert box is not None
    return picture.crop((0, 0, picture.width, box[3]))


def same(one: Image.Image, other: Image.Image) -> bool:
    return (one.mode, one.size, one.tobytes()) == (other.mode, other.size, other.tobytes())


# --- the paper shows what the device tells ---


@cache
def reader() -> Reader:
    return Reader(sans_22)


def said(page: Rows) -> str:
    return reader().told("".join(part for row in page for part in row[1:]))


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("prepare", [office, cupboard])
@two_languages
def test_what_is_read_on_the_paper_is_what_was_said(
    prepare: Callable[[str], Device], language: str, width: int
) -> None:
    page = rows(prepare(language))
    [sheet] = decode(printed(page, width), width)
    assert "".join(reader().read(line) for line in sheet.pictures) == said(page)


@sheets
def test_the_simulated_printer_prints_the_same(name: str, language: str) -> None:
    page, data, width = sheet(name, language)

    async def print_it() -> SimPrinter:
        unknown: list[str] = []
        printer = SimPrinter(lambda: None, unknown.append, lambda: page)
        printer.width = width
        for start in range(0, len(data), 1000):
            await printer.write(data[start : start + 1000])
        assert not unknown
        return printer

    [sheet_] = asyncio.run(print_it()).papers
    assert sheet_.words == [part for row in page for part in row[1:] if part]
    [decoded] = decode(data, width)
    assert same(sheet_.image(), image(decoded))


@sheets
def test_a_library_of_somebody_else_sends_the_same_bytes_for_the_same_picture(name: str, language: str) -> None:
    """So what python-escpos means by a raster is what the device means by it, and what the decoder reads from it."""
    _, data, width = sheet(name, language)
    [decoded] = decode(data, width)
    for picture in decoded.pictures:
        rows = b"".join(row.to_bytes(width // 8, "big") for row in picture.rows)
        drawn = ImageOps.invert(Image.frombytes("1", (width, len(picture.rows)), rows).convert("L"))
        library = Dummy()
        library.image(drawn, impl="bitImageRaster")
        assert library.output in data
        library.cut()
        [printed] = decode(library.output, width)
        assert printed.pictures == [picture]


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
@two_languages
def test_a_stranger_can_read_it(language: str, tmp_path: Path) -> None:
    """Not the font's own bytes, but eyes: Lithuanian letters, too."""
    page, data, width = sheet("office", language)
    [decoded] = decode(data, width)
    whole = trimmed(image(decoded)).convert("L")
    title = decoded.pictures[0]
    whole.paste(ImageOps.invert(whole.crop((0, 0, width, len(title.rows)))), (0, 0))  # it reads nothing white on black
    whole = ImageOps.expand(whole.resize((2 * whole.width, 2 * whole.height), Image.Resampling.LANCZOS), 60, 255)
    whole.save(tmp_path / "sheet.png", dpi=(406, 406))
    command = ["tesseract", str(tmp_path / "sheet.png"), "-", "-l", {"en": "eng", "lt": "lit"}[language], "--psm", "6"]
    alone = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # its threads wait for each other by spinning
    output = subprocess.run(command, capture_output=True, text=True, check=True, env=alone).stdout
    read, told = ("".join(words.split()) for words in (output, " ".join(part for row in page for part in row[1:])))
    assert difflib.SequenceMatcher(None, told, read, autojunk=False).ratio() > _RIGHT, output


def test_the_reader_notices_a_dot_too_few_or_too_many() -> None:
    """So that what it reads means something."""
    [decoded] = decode(sheet("office", "en")[1], WIDE)
    line = decoded.pictures[2]
    assert reader().read(line) == reader().told("ModelScanpost One")
    row = next(number for number, dots in enumerate(line.rows) if dots)
    for dot in (1 << line.rows[row].bit_length() - 1, 1 << 2):
        rows = list(line.rows)
        rows[row] ^= dot
        with pytest.raises(ValueError, match="no letter"):
            reader().read(Picture(line.width, rows))


# --- how it is sent ---


@pytest.mark.parametrize("width", [WIDE, NARROW])
@two_languages
def test_it_is_sent_in_small_pieces_from_one_buffer(language: str, width: int) -> None:
    sizes, bands = [], set()
    for piece in escpos.pieces(rows(office(language)), width):
        sizes.append(len(piece))
        if isinstance(piece, bytearray):
            bands.add(id(piece))
    assert max(sizes) <= _PIECE_BYTES < sum(sizes)
    assert len(bands) == 1


def test_every_piece_is_made_of_whole_commands() -> None:
    """A sheet that is broken off between two pieces leaves the printer ready for the next one."""
    for piece in escpos.pieces(rows(office("lt")), WIDE):
        decode(bytes(piece) + b"\x1dV\x00", WIDE)


# --- what it says ---


def test_sections() -> None:
    """R14; the additional network is there when there is one. No device has a fax server so far, so none is told about."""
    titles = ["General Information", "Standard Network", "Email Server", "Root Certificates", "Last Jobs"]
    assert sections(rows(Device((320, 240)))) == titles
    assert sections(rows(office("en"))) == [*titles[:2], "Additional Network", *titles[2:]]
    assert sections(rows(office("lt")))[:3] == ["Bendroji informacija", "Standartinis tinklas", "Papildomas tinklas"]
    assert not any("fax" in part.lower() or "faks" in part.lower() for part in map(str, rows(office("lt"))))


def test_the_device() -> None:
    told = fields(rows(office("en")))
    assert told["Model"] == "Scanpost One"
    assert told["Serial Number"] == "SP00004711"
    assert told["Firmware"] == "0.1.0"
    assert told["Date and Time"] == "2025-12-01 10:05 UTC"
    assert fields(rows(cupboard("en")))["Date and Time"] == "not set"


def test_both_networks() -> None:
    """R10, R11."""
    page = rows(office("en"))
    words = [words for _, words, _ in page]
    first, second, end = (words.index(title) for title in ("Standard Network", "Additional Network", "Email Server"))
    assert page[second + 1][0] == paper.WARNING and "does not support OAuth 2.0" in page[second + 1][1]
    for network, address, mac in (
        (fields(page[first:second]), "198.51.100", "02:00:5E:10:00:01"),
        (fields(page[second:end]), "203.0.113", "02:00:5E:10:00:02"),
    ):
        assert network["Connection"] == "Connected"
        assert network["IP Address"] == address + ".7"
        assert network["Web Config"] == f"http://{address}.7/"
        assert network["Subnet Mask"] == "255.255.255.0"
        assert network["Default Gateway"] == address + ".1"
        assert network["DNS Server"] == address + ".53"
        assert network["MAC Address"] == mac
    assert fields(rows(cupboard("en")))["Connection"] == "Disconnected"
    assert "Signal Strength" not in fields(rows(cupboard("en"))) and "Signal Strength" not in fields(rows(office("en")))


def test_how_strong_the_signal_is() -> None:
    device = Device((320, 240), "lt")
    device.board.network.interfaces[0] = Interface("Wi-Fi", True, "198.51.100.7")
    assert fields(rows(device))["Signalo stiprumas"] == "-61 dBm"


def test_the_email_server() -> None:
    """R12, R14."""
    told = fields(rows(office("en")))
    for label, value in {
        "Authentication Method": "OAuth2",
        "Email Service": "Microsoft Exchange Online",
        "Sign-in Status": "Signed in",
        "Signed In Since": "2025-11-22 10:05 UTC",
        "Last Refresh": "2025-12-01 09:05 UTC",
        "Authenticated Account": "printer@bureau.example",
        "Sender's Email Address": "printer@bureau.example",
        "SMTP Server Address": "smtp-mail.outlook.com",
        "SMTP Server Port Number": "587",
        "Secure Connection": "STARTTLS",
        "Certificate Validation": "Enable",
    }.items():
        assert told[label] == value
    unlooked = rows(cupboard("en"))
    assert fields(unlooked)["Certificate Validation"] == "Disable"
    assert (paper.WARNING, text("email.verify_off", "en"), "") in unlooked


def test_states_of_the_sign_in() -> None:
    device = Device((320, 240))
    assert fields(rows(device))["Sign-in Status"] == "Not signed in"
    device.ended("REAUTH", "reason.revoked\tAADSTS50173")
    told = fields(rows(device))
    assert told["Sign-in Status"] == "Sign-in needed again" and "AADSTS50173" in told["Reason"]
    device.ended("EXPIRED", "reason.unused\tAADSTS700082")
    assert fields(rows(device))["Sign-in Status"] == "Sign-in expired"
    device.saved["method"] = "off"
    told = fields(rows(device))
    assert told["Authentication Method"] == "Off" and "Sign-in Status" not in told


def test_root_certificates() -> None:
    device = Device((320, 240))
    assert fields(rows(device))["Built-in"] == "Built-in 1.0 (1)"
    device.saved.update(service="custom", ca=Authority.new(random.Random(1)).ca_pem.decode() * 2)
    told = fields(rows(device))
    assert told["Imported"] == "2" and "Built-in" not in told


def test_the_last_jobs_and_their_codes() -> None:
    """R17."""
    page = rows(office("en"))
    jobs = fields(page[[words for _, words, _ in page].index("Last Jobs") :])
    assert list(jobs)[:2] == ["12-01 10:05 ona.kazlauskiene@bureau.example", "12-01 10:03 rasa@bureau.example"]
    assert [value.split(":")[0] for value in jobs.values()] == [
        "Failed 360",
        "Waiting",
        "Failed 361",
        "Failed 370",
        "Failed 313",
    ]
    device = Device((320, 240))
    device.job(kind="sheet", to="", status="waiting")
    assert fields(rows(device))["12-01 10:05 Status Sheet"] == "Waiting"


@two_languages
def test_no_secret_is_on_it(language: str) -> None:
    told = str(rows(office(language)))
    assert "secret-password" not in told
    assert "label-password" not in told


def test_hostile_text_stays_text() -> None:
    device = office("en")
    device.accounts.account.address = HOSTILE
    device.saved["sender"] = "\x1b@\x1dV\x42\x00 漢字"
    device.job(to=HOSTILE, status="failed", code=374)
    data = printed(rows(device), NARROW)
    assert [len(data.split(command)) for command in (b"\x1b@", b"\x1dVB")] == [2, 2]
    [sheet] = decode(data, NARROW)
    read = [reader().read(line) for line in sheet.pictures]
    assert reader().told("@VB 漢字") in read  # a box for each letter that there is none for
    assert len(read) < 150


@pytest.mark.parametrize(("days", "warned"), [(15, False), (14, True), (7, True), (1, True), (0, True)])
@two_languages
def test_r16_a_sign_in_that_runs_out_is_warned_of(language: str, days: int, warned: bool) -> None:
    device = office(language)
    device.accounts.account.good_until_s = NOW_S + days * DAY_S
    page = rows(device)
    warnings = [words for kind, words, _ in page if kind == paper.WARNING]
    key = "message.runs_out" if days else "message.ran_out"
    until = time.strftime("%Y-%m-%d", time.gmtime(NOW_S + days * DAY_S))
    assert (text(key, language, until) in warnings) is warned
    assert device.accounts.account.address in str(page)


@two_languages
def test_r16_an_ended_sign_in_says_why_and_what_to_change(language: str) -> None:
    device = office(language)
    device.ended("REAUTH", "reason.device_code\tAADSTS530036: The refresh token is invalid.")
    page = rows(device)
    assert (paper.WARNING, text("message.reauth", language), "") in page
    assert "AADSTS530036" in fields(page)[text("email.reason", language)]
    assert fields(page)[text("email.advice", language)] == text("advice.device_code", language)


@two_languages
def test_r21_the_fax_server_once_it_is_set_up(language: str) -> None:
    device = office(language)
    assert text("sheet.fax", language) not in sections(rows(device))
    device.fax = Fax(device)
    account = device.fax.account
    account.state, account.address, account.good_until_s = "SIGNED_IN", "fax@bureau.example", NOW_S + 7 * DAY_S
    page = rows(device)
    fax = page[[words for _, words, _ in page].index(text("sheet.fax", language)) :]
    until = time.strftime("%Y-%m-%d", time.gmtime(account.good_until_s))
    assert fax[1] == (paper.WARNING, text("message.runs_out", language, until), "")
    assert fields(fax)[text("email.account", language)] == "fax@bureau.example"
    device.fax.kept["method"] = "off"
    assert text("sheet.fax", language) not in sections(rows(device))


# --- goldens ---


@sheets
def test_golden(name: str, language: str) -> None:
    page, data, width = sheet(name, language)
    [decoded] = decode(data, width)
    words = "".join(f"{kind:8}{words}{': ' + value if value else ''}\n" for kind, words, value in page)
    picture = trimmed(image(decoded))
    stem = f"sheet-{width}-{language}-{name}"
    golden_words, golden_picture = (HERE / "golden" / f"{stem}.{kind}" for kind in ("txt", "png"))
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden_words.write_text(words, "utf-8")
        picture.save(golden_picture, "PNG", optimize=True)
    assert golden_picture.exists(), f"There is no golden of {stem}: make goldens"
    assert words == golden_words.read_text("utf-8")
    expected = Image.open(golden_picture)
    if not same(expected, picture):
        BUILD.mkdir(parents=True, exist_ok=True)
        picture.save(BUILD / golden_picture.name)
        height = max(expected.height, picture.height)
        old, new = (each.crop((0, 0, width, height)) for each in (expected, picture))
        ImageChops.logical_xor(old, new).save(BUILD / f"diff-{golden_picture.name}")
        pytest.fail(f"The sheet differs: see {BUILD / golden_picture.name} and diff-{golden_picture.name} there")
