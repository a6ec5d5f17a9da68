"""Every route and method, without a session and with forged forms (WC-04, WC-07); made from the route table."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.web.app import App
from firmware.web.forms import parse_form
from firmware.web.sessions import Sessions
from sim.loop import VirtualLoop
from sim.storage import RamStorage
from tests.web.support import BASIC, SIGN_IN, Browser, FakeDevice, run

_DEVICE = FakeDevice(VirtualLoop(), RamStorage())
ROUTES = App(_DEVICE, Sessions(_DEVICE.board.entropy, _DEVICE.board.clock, lambda: 15)).routes()
OPEN = {("GET", "/"), ("GET", "/login"), ("POST", "/login"), ("GET", "/style.css")}


def state(device: FakeDevice) -> tuple[Any, ...]:
    contacts, state = tuple(device.contacts.all()), device.accounts.account.state
    return contacts, dict(device.saved), state, device.signin, len(device.saves), device.accounts.cancelled


def test_the_route_table_is_the_one_that_is_tested() -> None:
    assert {path for _, path in ROUTES} >= {
        "/",
        "/login",
        "/logout",
        BASIC,
        SIGN_IN,
        "/security/password",
        "/style.css",
    }


@pytest.mark.parametrize(("method", "path"), sorted(set(ROUTES) - OPEN))
def test_nothing_but_the_door_without_a_session(method: str, path: str) -> None:
    """WC-07, EN 303 645 5.5-5."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        device.sign_in()
        before = state(device)
        for cookie in ("", "scanpost_session=" + "0" * 32):
            browser.cookie = cookie
            if method == "GET":
                answer = await browser.get(path)
                assert (answer.status, answer.where) == (303, "/login")
                assert answer.body == b""
            else:
                answer = await browser.post(path, do="ok", csrf="0" * 32)
                assert answer.status == 403
                assert "printer@" not in answer.text
        assert state(device) == before

    run(story)


@pytest.mark.parametrize("path", sorted({path for _, path in ROUTES}))
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_get_nowhere(method: str, path: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        assert (await browser.ask(method, path)).status in (405, 501)

    run(story)


@pytest.mark.parametrize("path", sorted(path for method, path in set(ROUTES) - OPEN if method == "POST"))
def test_a_form_without_the_sessions_token_does_nothing(path: str) -> None:
    """WC-04: over plain http there may be neither Origin nor Sec-Fetch-Site."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        device.sign_in()
        await browser.log_in()
        foreign = await (await Browser(device).log_in()).csrf()
        before = state(device)
        for token in ({}, {"csrf": ""}, {"csrf": "0" * 32}, {"csrf": foreign}):
            answer = await browser.post(path, do="start", asked="", **token)
            assert answer.status == 403
        assert state(device) == before
        assert (await browser.get(BASIC)).status == 200  # still logged in

    run(story)


def test_a_form_of_another_site_or_of_another_kind_does_nothing() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        body = urlencode({"csrf": await browser.csrf()}).encode()
        assert (await browser.ask("POST", "/logout", body, Origin="http://evil.example")).status == 403
        assert (await browser.ask("POST", "/logout", body, Content_Type="text/plain")).status == 415
        assert (await browser.ask("POST", "/logout", b"csrf")).status == 400
        assert (await browser.get("/logout")).status == 405
        assert (await browser.get(BASIC)).status == 200

    run(story)


FIELDS = ["name", "address", "old", "edit", "method", "service", "sender", "smtp_host", "smtp_port", "secure", "verify"]
FIELDS += ["authority", "ca", "base", "do"]
VALUES = st.sampled_from(
    ["ok", "signin", "signout", "discard", "start", "cancel", "oauth2", "custom", "tls", "disable", "587", ""]
) | st.text(max_size=40)
FORMS = st.dictionaries(
    st.sampled_from([*FIELDS, "asked", "password"]) | st.text(min_size=1, max_size=8), VALUES, max_size=14
)
POSTS = sorted(path for method, path in ROUTES if method == "POST" and path != "/logout")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(POSTS), FORMS), min_size=1, max_size=4))
def test_any_form_gives_a_page_or_a_refusal(posts: list[tuple[str, dict[str, str]]]) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        csrf = await browser.csrf()
        for path, form in posts:
            body = urlencode({**form, "csrf": csrf}).encode()
            answer = await browser.ask("POST", path, body)
            assert answer.status in (200, 303, 400, 403, 413, 422), (path, form, answer.text)
            if answer.status == 303 and path != "/login":
                assert (await browser.get(answer.where)).status in (200, 303)

    run(story)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_any_body_gives_a_page_or_a_refusal(body: bytes) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        assert (await browser.ask("POST", BASIC, body)).status in (400, 403)

    run(story)


@given(st.dictionaries(st.text(min_size=1, max_size=32), st.text(max_size=20), max_size=20))
def test_what_a_browser_encodes_is_read_back(form: dict[str, str]) -> None:
    if any("\0" in key + value for key, value in form.items()):
        return
    assert parse_form(urlencode(form).encode()) == form


@given(st.binary(max_size=80))
def test_any_body_is_a_form_or_a_value_error(body: bytes) -> None:
    try:
        form = parse_form(body)
    except ValueError:
        return
    assert parse_form(urlencode(form).encode()) == form


@pytest.mark.parametrize(
    "body", [b"a", b"a=1&", b"=1", b"a=1&a=2", b"a=%", b"a=%1", b"a=%-1", b"a=%ff", b"a=%00", b"b=%_1"]
)
def test_malformed_forms_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of its texts
        parse_form(body)
