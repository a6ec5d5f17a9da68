"""Network > Email Server > Connection Test: the page, and the whole of it against the simulated cloud."""

from __future__ import annotations

import pytest

from firmware.connection_test import FAILED, PASSED, PENDING, STAGES
from sim.life import shared_authority
from sim.person import PRINTER, set_up
from sim.world import VirtualWorld
from tests.web.support import Browser, FakeDevice, run

TEST = "/network/email/test"


def with_result(device: FakeDevice, failing: str, kind: str = "", reason: str = "", running: bool = False) -> None:
    states = (
        {name: PASSED if n < STAGES.index(failing) else PENDING for n, name in enumerate(STAGES)} if failing else {}
    )
    stages = [(name, states.get(name, PASSED), "", "") for name in STAGES]
    if failing and not running:
        stages[STAGES.index(failing)] = (failing, FAILED, kind, reason)
    device.tested = {"accounts": device.accounts, "running": running, "stages": stages}


def test_it_is_begun_by_a_button_and_shows_how_it_goes_by_itself() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        assert "Email is switched off" in (await browser.get(TEST)).text
        assert (await browser.submit(TEST, do="start")).where == TEST and device.tested is None
        device.accounts.saved["method"] = "oauth2"
        page = await browser.get(TEST)
        assert "Not tested yet." in page.text and 'http-equiv="refresh"' not in page.text and device.tested is None
        await browser.submit(TEST, do="start")
        page = await browser.get(TEST)
        assert 'http-equiv="refresh" content="2"' in page.text and "The test is running." in page.text
        assert 'value="start"' not in page.text and page.text.count(">Waiting<") == len(STAGES)
        with_result(device, "certificate", running=True)
        page = await browser.get(TEST)
        assert page.text.count(">Passed<") == STAGES.index("certificate")
        with_result(device, "")
        page = await browser.get(TEST)
        assert "All is well" in page.text and 'http-equiv="refresh"' not in page.text
        assert device.fax is not None
        device.fax.saved["method"] = "oauth2"
        assert "Not tested yet." in (await browser.get("/fax/server/test")).text

    run(story)


@pytest.mark.parametrize("language", ["en", "lt"])
def test_a_failed_stage_says_why_and_what_to_do(language: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        browser.language = language
        await browser.log_in()
        device.accounts.saved["method"] = "oauth2"
        with_result(
            device, "auth", "smtp_auth_disabled_tenant", "detail.smtp_auth_disabled_tenant\t535 5.7.139 <b>no</b>"
        )
        page = (await browser.get(TEST)).text
        said = {
            "en": ("Failed", "Not reached", "Sign-in at the mail server (AUTH)", "What to do:", "security defaults"),
            "lt": ("Nepavyko", "Nepasiekta", "Prisijungimas prie pašto serverio (AUTH)", "Ką daryti:", "SMTP AUTH"),
        }[language]
        for words in said[:4]:
            assert words in page
        assert "SMTP AUTH" in page and "535 5.7.139 &lt;b&gt;no&lt;/b&gt;" in page

    run(story)


def test_pb07_the_saved_settings_are_tested_and_never_what_is_typed() -> None:
    """PB-07: a draft with somebody else's server changes nothing of the test; it ends with a mail to the sender."""

    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        page = await administrator.email_page()
        fields = {"service": "custom", "authority": "https://evil.example", "client_id": "x", "scope": "x"}
        await administrator.browser.press(page, "OK", smtp_host="mail.evil.example", **fields)
        page = await administrator.browser.open(world.web_config_url() + TEST[1:])
        page = await administrator.browser.press(page, "Start the Test")
        assert "The test is running." in page.text
        for _ in range(60):
            await world.advance(2)
            page = await administrator.browser.open(page.url)
            if "running" not in page.text:
                break
        assert "All is well" in page.text and page.text.count("Passed") == len(STAGES)
        [mail] = world.mailbox(PRINTER)
        assert mail["subject"] == "Connection test"

    VirtualWorld(seed=1, authority=shared_authority()).run(story)


def test_smtp_auth_switched_off_for_the_tenant_is_said_with_what_to_do() -> None:
    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        world.patch_tenant({"smtp_auth_disabled": True})
        page = await administrator.browser.open(world.web_config_url() + TEST[1:])
        page = await administrator.browser.press(page, "Start the Test")
        for _ in range(60):
            await world.advance(2)
            page = await administrator.browser.open(page.url)
            if "running" not in page.text:
                break
        assert "The test failed at: Sign-in at the mail server (AUTH)." in page.text, page.text
        assert "SMTP AUTH" in page.text and "What to do:" in page.text

    VirtualWorld(seed=2, authority=shared_authority()).run(story)
