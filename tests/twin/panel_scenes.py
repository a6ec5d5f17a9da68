"""All screens of the panel, and framebuf itself, as a list of lines that both interpreters must print alike."""

import asyncio
import binascii
import hashlib

import framebuf

from firmware.sheet import escpos, paper
from tests.panel.fake import Device
from tests.panel.scenes import SCENES, arrive, sizes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def checksum(data: "bytes | bytearray") -> str:
    return binascii.hexlify(hashlib.sha256(data).digest()[:8]).decode()


async def screens(size: "tuple[int, int]", language: str) -> None:
    for name in sorted(SCENES):
        if size not in sizes(name):
            continue
        desk = await arrive(name, size, language)
        frame = await desk.frame()
        words = checksum("\n".join([row[0] + str(row[1:]) for row in desk.rows]).encode())
        print(size[0], language, name, desk.screen, len(desk.rows), words, checksum(frame))
        await desk.end()


def shapes(frame_buffer: "Any") -> None:
    """Everything that the panel draws with, half of it across the edges."""
    for format in (framebuf.MONO_HLSB, framebuf.GS2_HMSB, framebuf.GS4_HMSB):
        buffer = bytearray(40 * 30)
        frame = frame_buffer(buffer, 37, 29, format)
        ink = 1 if format == framebuf.MONO_HLSB else 2
        frame.fill(1)
        frame.fill_rect(-3, -2, 10, 9, ink)
        frame.fill_rect(30, 20, 20, 20, 0)
        frame.rect(5, 5, 20, 10, ink)
        frame.rect(-4, 18, 60, 30, 0)
        frame.hline(-5, 12, 90, 0)
        frame.vline(18, -4, 90, ink)
        frame.pixel(0, 0, 0)
        frame.pixel(36, 28, ink)
        frame.pixel(37, 29, ink)
        print(format, "shapes", checksum(buffer))
    glyph = bytes([(i * 37 + 11) & 255 for i in range(64)])
    for target in (framebuf.MONO_HLSB, framebuf.GS4_HMSB):
        for source in (framebuf.MONO_HLSB, framebuf.GS2_HMSB):
            if target == framebuf.MONO_HLSB and source == framebuf.GS2_HMSB:
                continue
            buffer = bytearray(40 * 30)
            frame = frame_buffer(buffer, 37, 29, target)
            palette = frame_buffer(bytearray(2), 4, 1, target)
            for place, colour in enumerate((1, 0, 12, 7)):
                palette.pixel(place, 0, colour if target == framebuf.GS4_HMSB else colour & 1)
            for key in (-1, 0, 1):
                for x, y in ((-4, -3), (8, 5), (30, 24), (40, 2)):
                    frame.blit((memoryview(glyph)[2:], 11, 9, source), x, y, key, palette)
            print(target, source, "glyphs", checksum(buffer))


def sheets() -> None:
    """What the printer is sent, on paper of both widths."""
    for width in (576, 384):
        for language in ("en", "lt"):
            device = Device((320, 240), language)
            device.signed_in()
            device.history()
            sent = hashlib.sha256()
            for piece in escpos.pieces(paper.rows(device), width):  # type: ignore[arg-type]
                sent.update(piece)
            print(width, language, "sheet", binascii.hexlify(sent.digest()).decode())


def report(frame_buffer: "Any") -> None:
    shapes(frame_buffer)
    sheets()
    for size in ((320, 240), (128, 64)):
        for language in ("en", "lt"):
            asyncio.run(screens(size, language))


if __name__ == "__main__":
    report(framebuf.FrameBuffer)
