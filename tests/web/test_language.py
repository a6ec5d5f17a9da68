"""Web Config in English and Lithuanian: whoever looks chooses, and nobody else's language changes."""

from __future__ import annotations

import pytest

from firmware.web.app import TABLE
from firmware.web.guard import Head, parse_head
from tests.web.support import BASIC, Browser, FakeDevice, run

LITHUANIAN = '<html lang="lt">'
ENGLISH = '<html lang="en">'


def test_a_stranger_reads_what_their_browser_asks_for_else_the_panels_language() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        for panel, asked, wanted in (
            ("en", "", ENGLISH),
            ("lt", "", LITHUANIAN),
            ("lt", "de, fr;q=0.5", LITHUANIAN),
            ("en", "lt-LT,lt;q=0.9,en;q=0.8", LITHUANIAN),
            ("lt", "en-GB", ENGLISH),
        ):
            device.language, browser.language = panel, asked
            for path in ("/", "/login", "/nowhere"):
                assert wanted in (await browser.get(path)).text
            words = "Administratoriaus slaptažodis" if wanted == LITHUANIAN else "Administrator password"
            assert words in (await browser.get("/login")).text

    run(story)


def test_who_is_logged_in_chooses_for_themselves_and_comes_back_to_the_page() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        other = await Browser(device).log_in()
        page = await browser.get(BASIC)
        assert ENGLISH in page.text and 'value="lt" lang="lt">Lietuvių</button>' in page.text
        answer = await browser.submit("/language", language="lt", back=BASIC)
        assert (answer.status, answer.where) == (303, BASIC)
        page = await browser.get(BASIC)
        assert LITHUANIAN in page.text and "Autentifikavimo būdas" in page.text
        assert 'value="en" lang="en">English</button>' in page.text
        assert ENGLISH in (await other.get(BASIC)).text
        await browser.submit("/language", language="en", back=BASIC)
        assert ENGLISH in (await browser.get(BASIC)).text

    run(story)


def test_a_log_in_keeps_the_language_of_its_page() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        browser.language = "lt"
        await browser.log_in()
        browser.language = ""
        assert LITHUANIAN in (await browser.get("/")).text

    run(story)


@pytest.mark.parametrize("language", ["de", "", "../lt", "frame"])
def test_another_language_and_another_way_back_change_nothing(language: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        for back in ("https://evil.example/", "//evil.example", "/login", "/nowhere", ""):
            answer = await browser.submit("/language", language=language, back=back)
            assert (answer.status, answer.where) == (303, "/")
        assert ENGLISH in (await browser.get("/")).text

    run(story)


def test_every_page_is_there_in_both_languages_with_a_heading_and_one_mark_in_the_menu() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        for language in ("en", "lt"):
            await browser.submit("/language", language=language)
            for _, _, path, _, name, _ in TABLE:
                if not name:
                    continue
                page = await browser.get(path)
                assert page.status == 200, path
                assert f'<html lang="{language}">' in page.text
                assert page.text.count("<h1>") == 1, path
                assert page.text.count('aria-current="page"') in (1, 2), path
                assert "{}" not in page.text and "web." not in page.text.replace("web_", ""), path

    run(story)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(b"lt", b"lt"), (b"de,LT;q=0.1", b"lt"), (b"lto", b""), (b"", b""), (b"en-US,lt", b"en"), (b";;,,=", b"")],
)
def test_the_guard_lets_one_of_our_languages_through_and_nothing_else(value: bytes, wanted: bytes) -> None:
    head = parse_head(b"GET / HTTP/1.1\r\nHost: a\r\nAccept-Language: " + value + b"\r\n\r\n")
    assert isinstance(head, Head)
    assert head.language == wanted
    assert (b"Accept-Language: " + wanted in head.canonical()) is bool(wanted)
