"""The plain stand-in for MicroPython's framebuf draws what pygraphics draws. The twin test compares with the real one."""

import framebuf
import pytest
from framebuf import PlainFrameBuffer
from hypothesis import given
from hypothesis import strategies as st

pygraphics = pytest.importorskip("pygraphics")

WIDTH, HEIGHT = 21, 13
FORMATS = [framebuf.MONO_HLSB, framebuf.GS2_HMSB, framebuf.GS4_HMSB]
places = st.integers(min_value=-30, max_value=30)
lengths = st.integers(min_value=1, max_value=40)
colours = st.integers(min_value=0, max_value=1)
shapes = st.one_of(
    st.tuples(st.just("fill"), colours),
    st.tuples(st.just("fill_rect"), places, places, lengths, lengths, colours),
    st.tuples(st.just("rect"), places, places, lengths, lengths, colours),
    st.tuples(st.just("hline"), places, places, lengths, colours),
    st.tuples(st.just("vline"), places, places, lengths, colours),
    st.tuples(st.just("pixel"), places, places, colours),
)


@given(st.sampled_from(FORMATS), st.lists(shapes, max_size=6), st.integers(min_value=1, max_value=15))
def test_shapes(format: int, drawn: list[tuple[object, ...]], ink: int) -> None:
    frames = []
    for make in (PlainFrameBuffer, pygraphics.FrameBuffer):
        buffer = bytearray(6 * 22 * HEIGHT)
        frame = make(buffer, WIDTH, HEIGHT, format)
        for name, *arguments in drawn:
            *where, colour = arguments
            getattr(frame, str(name))(
                *where, colour if format == framebuf.MONO_HLSB else ink % (4 if format == 5 else 16)
            )
        frames.append(bytes(buffer))
    assert frames[0] == frames[1]


@given(
    st.sampled_from([framebuf.MONO_HLSB, framebuf.GS4_HMSB]),
    st.sampled_from([framebuf.MONO_HLSB, framebuf.GS2_HMSB]),
    st.binary(min_size=60, max_size=60),
    places,
    places,
    st.integers(min_value=-1, max_value=15),
)
def test_glyphs_through_a_palette(target: int, source: int, glyph: bytes, x: int, y: int, key: int) -> None:
    if target == framebuf.MONO_HLSB:
        key = min(key, 1)
        source = framebuf.MONO_HLSB
    frames = []
    for make in (PlainFrameBuffer, pygraphics.FrameBuffer):
        buffer = bytearray(6 * 22 * HEIGHT)
        frame = make(buffer, WIDTH, HEIGHT, target)
        frame.fill(1)
        palette = make(bytearray(2), 4, 1, target)
        for place, colour in enumerate((0, 1, 12, 7) if target == framebuf.GS4_HMSB else (1, 0, 0, 0)):
            palette.pixel(place, 0, colour)
        frame.blit((memoryview(glyph)[1:], 11, 9, source), x, y, key, palette)
        frames.append(bytes(buffer))
    assert frames[0] == frames[1]


def test_pixels_can_be_read() -> None:
    for make in (PlainFrameBuffer, pygraphics.FrameBuffer):
        frame = make(bytearray(64), 8, 8, framebuf.GS4_HMSB)
        frame.pixel(3, 2, 9)
        assert frame.pixel(3, 2) == 9
        assert frame.pixel(2, 2) == 0
