"""Forms with files: read strictly, bounded, and never half (WC-11, WC-12)."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from firmware.web.forms import parse_multipart

MARK = "x-1"


def part(head: str, value: bytes = b"v") -> bytes:
    return f"--{MARK}\r\n{head}\r\n\r\n".encode() + value + b"\r\n"


def named(name: str, value: bytes = b"v") -> bytes:
    return part(f'Content-Disposition: form-data; name="{name}"', value)


def file(name: str, value: bytes) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"; filename="C:\\\\x.pem"\r\nContent-Type: text/plain'
    return part(head, value)


END = f"--{MARK}--\r\n".encode()
KIND = f" boundary={MARK}"


def test_fields_and_files_apart() -> None:
    fields, files = parse_multipart(named("do", "ąč".encode()) + file("file", b"\0\r\n--x-\xff") + END, KIND)
    assert fields == {"do": "ąč"}
    assert files == {"file": b"\0\r\n--x-\xff"}
    assert parse_multipart(named("a", b"") + END, ' Boundary="x-1"') == ({"a": ""}, {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        END,
        named("a"),  # no end
        named("a") + END[:-4],
        named("a") + END + b"more",
        b"preamble" + named("a") + END,
        named("a") + named("a") + END,
        named("") + END,
        named("n" * 33) + END,
        named("a", b"\xff") + END,
        named("a", b"\0") + END,
        part("Content-Type: text/plain") + END,
        part('Content-Disposition: attachment; name="a"') + END,
        part('Content-Disposition: form-data; name="a"; x=y') + END,
        part('Content-Disposition: form-data; name="a"\r\nX-Other: 1') + END,
        part('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"') + END,
        part('Content-Disposition: form-data; name="a"' + " " * 600) + END,
        b"".join(named(f"n{n}") for n in range(61)) + END,
    ],
)
def test_what_is_not_well_formed_is_refused_whole(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        parse_multipart(body, KIND)


@pytest.mark.parametrize(
    "kind", ["", "boundary=", "charset=x", "boundary=" + "x" * 71, 'boundary="a b"', "boundary=a;b=c"]
)
def test_a_boundary_that_is_none(kind: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        parse_multipart(named("a") + END, kind)


TEXTS = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=20)


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), TEXTS | st.binary(max_size=60), max_size=6))
@example({"a": b"\r\n--x-"})
def test_what_a_browser_sends_comes_out_as_it_went_in(form: dict[str, str | bytes]) -> None:
    body = b""
    for name, value in form.items():
        raw = value.encode() if isinstance(value, str) else value
        if b"\r\n--" + MARK.encode() in b"\r\n" + raw:
            return  # a browser draws another boundary
        body += named(name, raw) if isinstance(value, str) else file(name, raw)
    if not form:
        return
    fields, files = parse_multipart(body + END, KIND)
    assert {**fields, **files} == form


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [b"--x-1", b"\r\n", b"--", b"Content-Disposition: form-data; name=", b'"a"', b'; filename="b"', b"z"]
        )
        | st.binary(max_size=4),
        max_size=14,
    )
)
def test_anything_gives_a_form_or_a_refusal(pieces: list[bytes]) -> None:
    try:
        fields, files = parse_multipart(b"--x-1" + b"".join(pieces), KIND)
    except ValueError:
        return
    assert not fields.keys() & files.keys()
