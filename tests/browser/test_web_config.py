"""Every page of Web Config in headless Chromium: both languages, wide and as narrow as a phone, looked at by axe-core.

Pictures are in build/screenshots/web-*.png. No script of ours runs anywhere: the pages are without, and Chromium has it
switched off for everything but the looks.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from firmware.web.app import TABLE
from tests.browser.conftest import MOST_MS, shot
from tests.live.started import Started

pytestmark = [pytest.mark.live, pytest.mark.browser]

PATHS = [row[2] for row in TABLE]
_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
_WIDE, _PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # what is in order is not told node by node
}
# What stands out at the right, if anything does
_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest("nav.tabs"))
    .map(e => e.tagName + "." + e.className + " " + e.textContent.slice(0, 40))"""


def problems_of(page: Page, where: str) -> list[str]:
    """What axe-core finds, and what makes a phone scroll sideways."""
    found = Axe().run(page, options=_RULES).response["violations"]
    said = [f"{where}: {each['id']}: {each['nodes'][0]['html'][:150]}: {each['help']}" for each in found]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        said.append(f"{where}: scrolls sideways at {page.viewport_size}: {page.evaluate(_TOO_WIDE)}")
    headings = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName)")
    if headings.count("H1") != 1 or headings[0] != "H1":
        said.append(f"{where}: headings are {headings}")
    return said


def test_axe_core_finds_what_is_wrong(chromium: Browser) -> None:
    """Else the silence of the next test would mean nothing."""
    page = chromium.new_page(viewport=_PHONE)  # type: ignore[arg-type]
    page.set_content("<h2>x</h2><img src='x'><div style='width:900px'>wide</div><input>")
    said = "\n".join(problems_of(page, "here"))
    for rule in ("image-alt", "label", "html-has-lang", "scrolls sideways", "headings are"):
        assert rule in said


def name_of(path: str) -> str:
    return path.strip("/").replace("/", "-") or "status"


class Walk:
    def __init__(self, page: Page, ready: dict[str, Any]) -> None:
        self.page = page
        self.base = ready["web_config"].rstrip("/")
        self.password = ready["admin_password"]
        self.problems: list[str] = []

    def open(self, path: str) -> None:
        self.page.goto(self.base + path)

    def look(self, name: str, language: str) -> None:
        """On a phone in the language with the longer words, and wide in the other; in both everywhere when there is time."""
        sizes = [_WIDE, _PHONE] if _LONG else [_PHONE if language == "lt" else _WIDE]
        assert self.page.locator("html").get_attribute("lang") == language, self.page.url
        for size in sizes:
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            where = f"web-{language}-{name}-{size['width']}"
            self.problems += problems_of(self.page, where)
            shot(self.page, where)

    def log_in(self) -> None:
        self.open("/login")
        self.page.fill("#password", self.password)
        self.page.keyboard.press("Enter")
        self.page.locator("nav.tabs").wait_for()

    def furnish(self) -> None:
        """Something to see on each page."""
        self.open("/users/list")
        lines = "".join(
            f"user{n},User {n} Ąžuolaitė,user{n}@bureau.example,1234,{'yes' * (n == 3)}\n" for n in range(30)
        )
        self.page.fill("#csv", "id,name,email,pin,admin\n" + lines)
        self.page.locator("button[value=import]").click()
        self.open("/contacts")
        self.page.fill("#name", "Ona Kazlauskienė-Petrauskaitė")
        self.page.fill("#address", "a.very.long.address.of.somebody.who.has.one@department.bureau.example")
        self.page.locator("button[value=put]").click()
        self.open("/device/notification")
        self.page.fill("#address_0", "ona@bureau.example")
        self.page.locator("input[name=job_failed_0]").check()
        self.page.locator("button[value=ok]").click()
        self.open("/network/email/test")
        self.page.locator("button[value=start]").click()
        self.page.locator("main .bar.good, main .bar.bad").first.wait_for()

    def mistakes(self, language: str) -> None:
        """Pages that say what is wrong, and those that ask."""
        self.open("/users")
        self.page.fill("#id", "o n a")
        self.page.locator("button[value=put]").click()
        self.page.locator("#id-error").wait_for()
        self.look("users-wrong", language)
        self.open("/users")
        self.page.locator("button[value=user3]").click()
        self.look("users-edit", language)
        self.open("/network/email/basic")
        self.page.select_option("#service", "custom")
        self.look("email-custom", language)
        self.page.fill("#smtp_host", "not a host")
        self.page.locator("button.main[value=ok]").click()
        self.page.locator("#smtp_host-error").wait_for()
        self.look("email-wrong", language)
        self.page.locator("button[value=discard]").click()
        self.page.locator("button[value=signout]").click()
        self.page.locator("input[name=asked]").wait_for(state="attached")
        self.look("email-asked", language)
        self.open("/device/restart")
        self.page.locator("button[value=reset]").click()
        self.look("reset-wrong", language)


def test_every_page_in_both_languages_wide_and_on_a_phone(chromium: Browser, tmp_path: Path) -> None:
    with Started.run(tmp_path) as run:
        run.sign_in()
        context = chromium.new_context(locale="lt-LT")
        page = context.new_page()
        page.set_default_timeout(MOST_MS)
        walk = Walk(page, run.ready)
        walk.open("/")
        walk.look("stranger", "lt")
        walk.open("/login")
        walk.look("login", "lt")
        walk.log_in()
        walk.furnish()
        for language in ("lt", "en"):
            if language == "en":
                walk.open("/")
                page.locator("header button[value=en]").click()
            for path in PATHS:
                walk.open(path)
                walk.look(name_of(path), language)
            walk.mistakes(language)
        context.close()
    assert walk.problems == [], "\n".join(walk.problems)


def test_wc17_switched_to_https_the_device_is_logged_in_to_past_the_browsers_warning(
    chromium: Browser, tmp_path: Path
) -> None:
    """And the cookie that it gave over HTTP before stands in nobody's way."""
    with Started.run(tmp_path) as run:
        context = chromium.new_context(locale="en-US", ignore_https_errors=True)
        page = context.new_page()
        page.set_default_timeout(MOST_MS)
        walk = Walk(page, run.ready)
        walk.log_in()
        walk.open("/security/https")
        page.get_by_role("button", name="Switch HTTPS on").click()
        page.get_by_role("link", name="Open Web Config over HTTPS").wait_for()
        walk.look("https-switched", "en")
        state = run.until(lambda s: any(word.startswith("https://") for word in s["panel"]["words"]))
        url = next(word for word in state["panel"]["words"] if word.startswith("https://"))
        walk.log_in()  # by way of HTTP
        assert page.url == url
        walk.base = url.rstrip("/")
        walk.open("/security/https")
        assert page.get_by_text("HTTPS is on").is_visible()
        walk.look("https-on", "en")
        cookies = {cookie["name"]: cookie for cookie in context.cookies()}
        assert cookies["__Host-scanpost"]["secure"] and cookies["__Host-scanpost"]["httpOnly"]
        context.close()
    assert walk.problems == [], "\n".join(walk.problems)


def test_nothing_needs_javascript_and_the_keyboard_is_enough(chromium: Browser, tmp_path: Path) -> None:
    """With scripts off: log in, sign in up to the code, cancel, change the language; by Tab one sees where one is."""
    with Started.run(tmp_path) as run:
        context = chromium.new_context(java_script_enabled=False, locale="en-US")
        page = context.new_page()
        page.set_default_timeout(MOST_MS)
        walk = Walk(page, run.ready)
        walk.log_in()
        page.keyboard.press("Tab")
        assert page.get_by_role("link", name="Skip to the page").bounding_box()["x"] >= 0  # type: ignore[index]
        shot(page, "web-focus")
        walk.open("/network/email/basic")
        page.select_option("#method", "oauth2")
        page.get_by_role("button", name="Sign In", exact=True).click()
        page.get_by_role("button", name="Sign in with Microsoft").click()
        page.locator(".code").wait_for()
        shot(page, "web-code")
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Lietuvių").click()
        page.get_by_role("button", name="Atsijungti", exact=True).wait_for()
        page.get_by_role("button", name="Atsijungti", exact=True).click()
        page.get_by_role("link", name="Log in").wait_for()
        context.close()
