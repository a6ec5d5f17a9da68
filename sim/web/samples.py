"""Documents to scan for people who have none at hand: drawn by this file when somebody first asks, the same each time.

Start at `SAMPLES` and `sample`.
"""

from __future__ import annotations

import functools
import importlib.resources
import io
import math
import random
import time
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

_PAGE = (1240, 1754)  # A4 at 150 dots per inch
_INK, _GREY, _RULE = 35, 110, 200
_MADE = time.gmtime(0)  # inside the PDF: the same bytes on each machine


class Sample:
    def __init__(self, name: str, title: str, content_type: str, make: Callable[[], bytes]) -> None:
        self.name = name
        self.title = title
        self.content_type = content_type
        self.make = make


def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    file = importlib.resources.files("font_roboto").joinpath("files", f"Roboto-{weight}.ttf")
    return ImageFont.truetype(io.BytesIO(file.read_bytes()), size)


def _saved(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    if kind == "PDF":
        image.save(file, "PDF", resolution=150, creationDate=_MADE, modDate=_MADE)
    elif kind == "JPEG":
        image.save(file, "JPEG", quality=88, dpi=(150, 150))
    else:
        image.save(file, kind, dpi=(150, 150))
    return file.getvalue()


def _invoice() -> bytes:
    image = Image.new("L", _PAGE, 255)
    draw = ImageDraw.Draw(image)
    draw.text((120, 130), "SĄSKAITA FAKTŪRA", _INK, _font("Bold", 54))
    draw.text((120, 205), "Serija SKP Nr. 000361", _GREY, _font("Regular", 30))
    parties = (
        ("Pardavėjas", "UAB „Žalioji ąžuolynė“", "Šermukšnių g. 7, Kėdainiai"),
        ("Pirkėjas", "Biuras „Bureau“", "Ąžuolų al. 12, Ukmergė"),
    )
    for column, lines in enumerate(parties):
        for row, line in enumerate(lines):
            weight = "Bold" if row == 1 else "Regular"
            draw.text((120 + 520 * column, 310 + 46 * row), line, _INK if row else _GREY, _font(weight, 28))
    rows = (
        ("Prekė ar paslauga", "Kiekis", "Kaina", "Suma"),
        ("Popierius A4, 80 g/m²", "10", "4,20", "42,00"),
        ("Skenavimas ir išsiuntimas", "91", "0,15", "13,65"),
        ("Ąčęėįšųūž – visos raidės", "9", "1,00", "9,00"),
        ("Iš viso EUR", "", "", "64,65"),
    )
    for row, cells in enumerate(rows):
        y = 540 + 68 * row
        font = _font("Bold" if row in (0, len(rows) - 1) else "Regular", 28)
        draw.text((120, y), cells[0], _INK, font)
        for x, cell in zip((760, 920, 1120), cells[1:], strict=True):
            draw.text((x, y), cell, _INK, font, anchor="ra")
        draw.line((120, y + 50, 1120, y + 50), _INK if row in (0, len(rows) - 2) else _RULE, 2)
    draw.text((120, 980), "Apmokėti per 14 dienų. Ačiū!", _GREY, _font("Regular", 28))
    return _saved(image, "PDF")


def _photo() -> bytes:
    width, height = 1200, 800
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        part = y / height
        draw.line((0, y, width, y), (int(248 - 60 * part), int(214 - 20 * part), int(176 + 60 * part)))
    draw.ellipse((820, 130, 960, 270), (255, 244, 214))
    hills = ((430, 60, (146, 160, 178)), (520, 80, (104, 128, 140)), (630, 50, (62, 92, 98)))
    for depth, (base, swell, colour) in enumerate(hills):
        line = [(x, base - swell * math.sin(x / (170 + 60 * depth) + depth * 2)) for x in range(0, width + 8, 8)]
        draw.polygon([*line, (width + 8, height), (0, height)], colour)
    return _saved(image, "JPEG")


def _note() -> bytes:
    image = Image.new("1", (1240, 877), 1)
    draw = ImageDraw.Draw(image)
    draw.text((100, 90), "Delivery note 370", 0, _font("Bold", 60))
    for row, line in enumerate(("3 boxes of envelopes", "1 toner, black", "Received complete:")):
        draw.rectangle((100, 240 + 100 * row, 140, 280 + 100 * row), outline=0, width=4)
        draw.text((180, 236 + 100 * row), line, 0, _font("Regular", 40))
    draw.line((108, 260, 120, 272, 150, 232), 0, 7)
    draw.line((108, 360, 120, 372, 150, 332), 0, 7)
    signature = [(640 + 3 * t, 470 - 40 * math.sin(t / 4) * math.cos(t / 11)) for t in range(120)]
    draw.line(signature, 0, 5, joint="curve")
    draw.line((620, 530, 1060, 530), 0, 2)
    return _saved(image, "PNG")


def _stack() -> bytes:
    """A big one: grain does not compress, so that sending it can be watched."""
    grain = Image.frombytes("L", (2480, 3508), random.Random(360).randbytes(2480 * 3508))
    image = Image.blend(grain, Image.new("L", grain.size, 255), 0.35)
    draw = ImageDraw.Draw(image)
    for row in range(40):
        draw.rectangle((240, 300 + row * 74, 2240 - (row * 397) % 700, 330 + row * 74), fill=60)
    return _saved(image, "JPEG")


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample("sąskaita-ąčęėįšųūž.pdf", "Invoice, name in Lithuanian", "application/pdf", _invoice),
        Sample("evening-hills.jpg", "Photograph", "image/jpeg", _photo),
        Sample("delivery-note.png", "Delivery note", "image/png", _note),
        Sample("thick-stack.jpg", "A big scan, some megabytes", "image/jpeg", _stack),
    )
}


@functools.cache
def sample(name: str) -> tuple[Sample, bytes]:
    """One of SAMPLES and its bytes. Raises LookupError."""
    if name not in SAMPLES:
        raise LookupError(f"There is no sample {name[:60]!r}; there are " + ", ".join(SAMPLES))
    return SAMPLES[name], SAMPLES[name].make()
