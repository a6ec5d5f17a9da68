"""Log-in, log-out, and what ends a session (R04, WC-03)."""

from __future__ import annotations

import pytest

from firmware.web.web_config import WebConfig
from tests.web.support import BASIC, PASSWORD, SIGN_IN, Attempt, Browser, FakeDevice, run


def test_r04_log_in_with_the_administrators_password() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        assert "Log in" in (await browser.get("/")).text
        answer = await browser.post("/login", password=PASSWORD)
        assert (answer.status, answer.where) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("scanpost_session=")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert len(browser.cookie.partition("=")[2]) == 32  # 128 bits
        assert "SP00001234" in (await browser.get("/")).text

    run(story)


def test_a_stranger_sees_the_products_name_and_the_door() -> None:
    """WC-06: nothing that tells one device from another."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        device.sign_in()
        for path in ("/", "/login", "/nowhere"):
            text = (await browser.get(path)).text
            assert "Scanpost" in text
            for secret in ("SP00001234", "0.1.0", "printer@", "Wired", "203.0.113.7"):
                assert secret not in text

    run(story)


def test_a_wrong_password_opens_nothing_and_is_logged_with_its_origin() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        answer = await browser.post("/login", password="wrong")
        assert answer.status == 403
        assert not browser.cookie
        assert device.noted("log_in_wrong") == [("log_in_wrong", "198.51.100.20", "")]
        answer = await browser.post("/login", password=PASSWORD)
        assert answer.status == 403
        assert "Try again in 2 s" in answer.text
        assert not any(PASSWORD in line for line in device.board.monitor.lines)
        await device.board.clock.sleep_ms(2000)
        assert (await browser.post("/login", password=PASSWORD)).status == 303

    run(story)


def test_a_log_in_gives_a_new_id_and_a_planted_one_is_nothing() -> None:
    """WC-03: session fixation."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        browser.cookie = "scanpost_session=" + "0" * 32
        assert (await browser.get(BASIC)).where == "/login"
        await browser.log_in()
        first = browser.cookie
        assert first != "scanpost_session=" + "0" * 32
        await browser.log_in()
        assert browser.cookie != first
        browser.cookie = first
        assert (await browser.get(BASIC)).where == "/login"

    run(story)


def test_logging_out_ends_the_session_and_its_unsaved_sign_in() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await browser.basic("signin", method="oauth2")
        await browser.submit(SIGN_IN, do="start")
        cookie = browser.cookie
        answer = await browser.submit("/logout")
        assert answer.where == "/"
        assert device.signin is None
        browser.cookie = cookie
        assert (await browser.get(BASIC)).where == "/login"

    run(story)


@pytest.mark.parametrize(
    ("step_ms", "steps", "over"),
    [
        (14 * 60_000, 5, False),  # used now and then
        (15 * 60_000, 1, True),  # 15 minutes unused
        (10 * 60_000, 47, False),
        (10 * 60_000, 48, True),  # 8 hours in all
    ],
)
def test_a_session_ends_by_disuse_and_by_age(step_ms: int, steps: int, over: bool) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await browser.basic("signin", method="oauth2")
        await browser.submit(SIGN_IN, do="start")
        for _ in range(steps):
            await device.board.clock.sleep_ms(step_ms)
            answer = await browser.get(BASIC)
        assert answer.status == (303 if over else 200)
        assert (device.signin is None) is over

    run(story)


def test_a_fifth_log_in_ends_the_idlest_session() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        browsers = []
        for _ in range(4):
            browsers.append(await Browser(device).log_in())
            await device.board.clock.sleep_ms(1000)
        assert (await browsers[0].get(BASIC)).status == 200
        await device.board.clock.sleep_ms(1000)
        await browser.log_in()
        assert [(await one.get(BASIC)).status for one in [*browsers, browser]] == [200, 303, 200, 200, 200]

    run(story)


def test_changing_the_password_ends_the_other_sessions() -> None:
    """WC-03."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        other = await Browser(device).log_in()
        path = "/security/password"
        answer = await browser.submit(path, old=PASSWORD, new="a new password", again="a new passwort")
        assert answer.status == 422
        assert (await browser.submit(path, old=PASSWORD, new="short", again="short")).status == 422
        answer = await browser.submit(path, old=PASSWORD, new="a new password", again="a new password")
        assert answer.status == 303
        assert "was changed" in (await browser.get(path)).text
        assert (await other.get(BASIC)).status == 303
        assert await device.admin.check("a new password")

    run(story)


def test_a_session_outlives_the_pages_that_made_room_for_a_mail() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        device.queue.current = {"id": 1}
        device.subscriber("jobs")
        assert (await browser.get(BASIC)).status == 200
        device.queue.current = None
        assert (await browser.get(BASIC)).status == 200

    run(story)


def test_the_pages_make_room_for_a_sign_in_at_the_panel_and_stay_for_ones_own() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        web = WebConfig(device)
        for owner, there in (("0123456789abcdef0123456789abcdef", True), ("user:ona", False), ("panel", False)):
            web._load_pages()
            device.accounts.signin = Attempt({}, owner)
            device.subscriber("signin")
            assert (web._app is not None) is there, owner

    run(story)
