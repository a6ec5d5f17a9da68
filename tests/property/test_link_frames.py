"""The link's frames: whatever pieces they come in, they come out whole; whatever is wrong is refused, and stays refused."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal import link
from hal.link import FrameReader, LinkError

frames = st.lists(st.tuples(st.integers(link.HELLO, link.NAMES), st.binary(max_size=300)), max_size=8)


def encoded(frames: list[tuple[int, bytes]]) -> bytes:
    return link.PREAMBLE + b"".join(link.header(kind, len(payload)) + payload for kind, payload in frames)


def fed(reader: FrameReader, data: bytes, cuts: list[int]) -> list[tuple[int, bytes]]:
    seen = []
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(bounds):
        seen += reader.feed(data[start:end])
    return seen


@given(frames, st.lists(st.integers(0, 10_000), max_size=12))
def test_frames_come_out_as_they_went_in_however_they_are_cut(sent: list[tuple[int, bytes]], cuts: list[int]) -> None:
    assert fed(FrameReader(), encoded(sent), cuts) == sent


@given(frames)
def test_a_frame_comes_out_with_its_last_byte_and_not_before(sent: list[tuple[int, bytes]]) -> None:
    reader, seen = FrameReader(), 0
    ends = [len(encoded(sent[:count])) for count in range(1, len(sent) + 1)]
    for position, byte in enumerate(encoded(sent), start=1):
        seen += len(reader.feed(bytes([byte])))
        assert seen == sum(end <= position for end in ends)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_whatever_comes_is_frames_or_a_link_error(data: bytes, cuts: list[int]) -> None:
    """The same outcome however it is cut, and nothing but LinkError escapes."""
    outcomes = []
    for pieces in ([], cuts):
        try:
            outcomes.append(str(fed(FrameReader(), link.PREAMBLE + data, pieces)))
        except LinkError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


@given(st.binary(min_size=1, max_size=40))
def test_a_stranger_is_refused_at_its_first_wrong_byte(data: bytes) -> None:
    same = next((i for i, (a, b) in enumerate(zip(data, link.PREAMBLE, strict=False)) if a != b), None)
    reader = FrameReader()
    if same is None:
        return
    assert reader.feed(data[:same]) == []
    with pytest.raises(LinkError):
        reader.feed(data[same : same + 1])
    with pytest.raises(LinkError):
        reader.feed(link.PREAMBLE)


def test_another_version_is_named() -> None:
    with pytest.raises(LinkError, match="version 9"):
        FrameReader().feed(link.PREAMBLE[:-1] + b"\x09")


@pytest.mark.parametrize("kind", [0, link.CHIP_KEY + 1, 255])
def test_an_unknown_type_is_refused(kind: int) -> None:
    with pytest.raises(LinkError, match=f"type {kind}"):
        FrameReader().feed(link.PREAMBLE + struct.pack("<BI", kind, 0))


def test_a_frame_that_is_too_long_is_refused_before_it_comes_and_before_it_goes() -> None:
    with pytest.raises(LinkError, match="too long"):
        FrameReader().feed(link.PREAMBLE + struct.pack("<BI", link.FRAME, link.MAX_PAYLOAD_BYTES + 1))
    with pytest.raises(LinkError, match="too long"):
        link.header(link.FRAME, link.MAX_PAYLOAD_BYTES + 1)
    longest = bytes(link.MAX_PAYLOAD_BYTES)
    assert FrameReader().feed(encoded([(link.FRAME, longest)])) == [(link.FRAME, longest)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_json_comes_out_as_it_went_in(value: object) -> None:
    assert link.unpack(link.pack(value)) == value


@given(st.binary(max_size=50))
def test_bytes_that_are_not_json_are_a_link_error(payload: bytes) -> None:
    try:
        value = link.unpack(payload)
    except LinkError:
        return
    assert str(link.unpack(link.pack(value))) == str(value)  # as text, for NaN


def test_letters_beyond_the_first_plane_are_not_cut_in_halves() -> None:
    """MicroPython's json makes two broken characters of an escaped pair."""
    assert link.pack("\U0001f600") == '"\U0001f600"'.encode()
    assert link.unpack(link.pack("half \ud83d")) == "half ?"
