"""The README's first mail in headless Chromium, against the processes of `make run`, the firmware in MicroPython."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import MOST_MS, shot
from tests.live.started import Started

pytestmark = [pytest.mark.live, pytest.mark.browser]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """`make run`'s processes; their ready file."""
    with Started.run(tmp_path) as started:
        yield started.ready


def tap(page: Page, api: str, words: str) -> None:
    answer = page.request.post(f"{api}/tap", data={"words": words})
    assert answer.ok, answer.text()


def test_first_mail(chromium: Browser, run: dict[str, Any]) -> None:
    """R04 to R08, R17: sign in, press OK, scan, the mail arrives, the job history shows it."""
    api = run["api"]
    password = {account["address"]: account["password"] for account in run["accounts"]}
    printer = chromium.new_page(viewport={"width": 1280, "height": 1000})
    printer.set_default_timeout(MOST_MS)
    problems: list[str] = []
    printer.on("pageerror", lambda error: problems.append(str(error)))
    printer.goto(run["page"])
    printer.get_by_text("Web Config").first.wait_for()
    shot(printer, "1-printer")

    config = chromium.new_page(viewport={"width": 1100, "height": 1200})
    config.set_default_timeout(MOST_MS)
    config.goto(run["web_config"] + "login")
    config.fill("#password", run["admin_password"])
    config.get_by_role("button", name="OK").last.click()
    config.goto(run["web_config"] + "network/email/basic")
    assert config.get_by_text("Current Status").count() == 0
    config.select_option("#method", "oauth2")
    config.get_by_role("button", name="Sign In", exact=True).click()
    config.get_by_role("button", name="Sign in with Microsoft").click()
    code = config.locator(".code").inner_text()
    address = config.locator(".where a").get_attribute("href")
    assert address
    shot(config, "2-code")

    person = chromium.new_page()
    person.set_default_timeout(MOST_MS)
    person.goto(address)
    person.get_by_label("Code").fill(code)
    person.get_by_role("button", name="Next").click()
    person.get_by_label("Account").fill("admin@bureau.example")
    person.get_by_role("button", name="Next").click()
    person.get_by_label("Password").fill(password["admin@bureau.example"])
    person.get_by_role("button", name="Sign in").click()
    if person.get_by_role("button", name="Continue").count():
        person.get_by_role("button", name="Continue").click()
    person.get_by_label("Consent on behalf of your organization").check()
    shot(person, "3-consent")
    person.get_by_role("button", name="Accept").click()
    person.get_by_text("close this window").wait_for()

    config.get_by_text("Sign-in succeeded").wait_for()
    shot(config, "4-not-saved")
    config.get_by_role("button", name="OK").last.click()
    config.get_by_text("were saved").wait_for()
    shot(config, "5-saved")

    printer.bring_to_front()
    answer = printer.request.put(
        f"{api}/scanner?name=ąčę.pdf", data=b"%PDF-1.7 page", headers={"Content-Type": "application/pdf"}
    )
    assert answer.ok, answer.text()
    tap(printer, api, "Scan to Email")
    assert printer.request.post(f"{api}/type", data={"text": "ona@bureau.example"}).ok
    tap(printer, api, "Send")
    printer.wait_for_function(
        "async url => (await (await fetch(url)).json()).jobs[0]?.status === 'sent'", arg=f"{api}/state"
    )
    shot(printer, "6-sent")
    mails = printer.request.get(f"{api}/mailboxes/ona@bureau.example").json()
    assert [mail["from"] for mail in mails] == ["admin@bureau.example"] or "admin@bureau.example" in mails[0]["from"]
    assert printer.request.post(f"{api}/key", data={"key": "home"}).ok
    tap(printer, api, "Job Status")
    words = printer.request.get(f"{api}/state").json()["panel"]["words"]
    assert any("ona@bureau.example" in word for word in words), words
    shot(printer, "7-history")
    assert problems == []
