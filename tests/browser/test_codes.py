"""The page's own buttons make the codes appear: 361 after 91 days, 370 after a new password, on both panels."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sim.person import ONA, PRINTER
from tests.browser.conftest import MOST_MS, shot
from tests.live.started import Started

pytestmark = [pytest.mark.live, pytest.mark.browser]


def opened(chromium: Browser, run: Started, problems: list[str]) -> Page:
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(MOST_MS)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(run.ready["page"])
    expect(page.locator("#connection")).to_have_text("The printer is on")
    return page


def send_a_sample(page: Page, run: Started, *, dark: bool) -> None:
    """As a person does: a sample on the glass, then the display, with the keyboard where it has the focus.

    `dark`: time has passed, so the display has gone dark or is about to: a press just before that would be another one.
    """
    page.locator("#samples button").first.click()
    page.get_by_text("Take it away").wait_for()
    if dark:
        run.until(lambda state: state["panel"]["screen"] == "screen_saver")
        page.locator("[data-press=home]").click()  # lights the display and does nothing else
        run.until(lambda state: state["panel"]["screen"] != "screen_saver")
    page.locator("[data-press=home]").click()
    run.until(lambda state: state["panel"]["screen"] == "home")
    run.call("POST", "/api/tap", {"words": "Scan to Email"})
    run.until(lambda state: state["panel"]["screen"] == "scan")
    page.locator("#display").focus()
    page.keyboard.type(ONA)
    run.until(lambda state: any(ONA in words for words in state["panel"]["words"]))
    run.call("POST", "/api/tap", {"words": "Send"})


def newest_code(page: Page, code: int) -> None:
    """The jobs' table and the strip at the top show it."""
    expect(page.locator("#jobs tbody tr").first.locator(".code")).to_have_text(str(code), timeout=MOST_MS)
    expect(page.get_by_role("button", name=f"{code} ")).to_contain_text("✓")


def test_361_after_91_days_and_370_after_a_new_password(chromium: Browser, tmp_path: Path) -> None:
    problems: list[str] = []
    with Started.run(tmp_path) as run:
        page = opened(chromium, run, problems)
        run.sign_in(keep_alive="disable")
        expect(page.locator("#signin")).to_contain_text(PRINTER)
        page.get_by_role("button", name="361 ").click()
        page.get_by_role("button", name="+91 days").click()
        expect(page.locator("#clock-note")).to_contain_text("91 days ahead")
        send_a_sample(page, run, dark=True)
        newest_code(page, 361)
        expect(page.locator("#signin")).to_contain_text("Sign-in expired")
        shot(page, "361")

        run.sign_in()
        expect(page.locator("#signin")).to_contain_text("good until")
        page.get_by_role("button", name="370 ").click()
        page.get_by_role("button", name=f"Change the password of {PRINTER}").click()
        expect(page.locator("#people")).to_contain_text("New-Passw0rd-")
        send_a_sample(page, run, dark=True)
        newest_code(page, 370)
        expect(page.locator("#signin")).to_contain_text("Sign in again")
        shot(page, "370")
        page.close()
    assert problems == []


def test_the_cupboard_on_a_small_panel(chromium: Browser, tmp_path: Path) -> None:
    """Switched off for 91 days; keep-alive cannot help. The keys are the page's own."""
    problems: list[str] = []
    with Started.run(tmp_path, "--panel", "128x64") as run:
        page = opened(chromium, run, problems)
        run.sign_in()
        expect(page.locator("#signin")).to_contain_text(PRINTER)
        shot(page, "small-home")
        page.get_by_role("button", name="361 ").click()
        page.get_by_role("button", name="Switch off, let 91 days pass, switch on").click()
        expect(page.locator("#clock-note")).to_contain_text("91 days ahead")
        expect(page.locator("#connection")).to_have_text("The printer is on", timeout=MOST_MS)
        send_a_sample(page, run, dark=False)
        newest_code(page, 361)
        box = page.locator("#screen").bounding_box()
        assert box is not None and abs(box["width"] / box["height"] - 2) < 0.02
        shot(page, "small-361")
        page.close()
    assert problems == []
