"""Headless Chromium, and pictures of what it shows in build/screenshots."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from sim.image import ROOT

SHOTS = ROOT / "build" / "screenshots"
MOST_MS = 20_000
_QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """For one test: while Playwright is there, no other event loop can run in this thread."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=_QUIET)
        except Error as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"There is no Chromium here (CHROMIUM= names one): {str(error).splitlines()[0]}")
        yield browser
        browser.close()


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
