"""Status, Network > Basic, and what is asked before what matters: the password once more (R10, R11, PB-18)."""

from __future__ import annotations

import pytest

from firmware.admin import Admin
from tests.web.support import BASIC, PASSWORD, PRINTER, Browser, FakeDevice, form_of, run
from tests.web.test_email import CUSTOM, signed_in


def test_status_shows_product_printer_scanner_and_both_networks() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = (await browser.get("/")).text
        for words in ("Scanpost One", "SP00001234", "0.1.0", "Scanpost simulation 1.0", "UTC", "Ready", "198.51.100.7"):
            assert words in page
        assert "203.0.113.7" in page and "does not support OAuth 2.0" in page
        device.board.printer.states = lambda: ["media-empty", "cover-open"]
        page = (await browser.get("/")).text
        assert "Load paper" in page or "paper" in page

    run(story)


@pytest.mark.parametrize(("days", "soon"), [(80, False), (13, True)])
def test_status_shows_the_sign_in_and_how_long_it_will_last(days: int, soon: bool) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        assert "Signed in" not in (await browser.get("/")).text
        device.accounts.saved |= {"method": "oauth2"}
        assert "Not signed in" in (await browser.get("/")).text
        device.sign_in()
        device.accounts.account.good_until_s = device.board.clock.now() + days * 86400
        page = (await browser.get("/")).text
        assert PRINTER in page and "Good until 20" in page and "renews it every week" in page
        assert (">Soon<" in page) is soon
        device.accounts.saved["keep_alive"] = False
        assert "Unless email is sent before" in (await browser.get("/")).text
        device.accounts.account.state, device.accounts.account.reason = "REAUTH", "reason.mfa\tAADSTS50076 <b>"
        page = (await browser.get("/")).text
        assert "Sign-in needed again" in page and "AADSTS50076 &lt;b&gt;" in page and "Good until" not in page
        for path in ("/", "/network/email/basic"):
            assert "Sign in again with the second factor." in (await browser.get(path)).text

    run(story)


def test_r10_network_basic_shows_both_networks_and_which_one_carries_oauth() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = (await browser.get("/network/basic")).text
        for interface in device.board.network.interfaces:
            for words in (interface.name, interface.mac, interface.address, interface.netmask, interface.dns):
                assert words in page
        assert "OAuth 2.0 goes over the standard network only: Wired LAN." in page
        assert "The additional network (Wired LAN (additional)) does not support OAuth 2.0" in page
        del device.board.network.interfaces[1]
        assert "does not support" not in (await browser.get("/network/basic")).text

    run(story)


def test_pb18_the_password_is_asked_again_before_the_server_is_changed() -> None:
    """And counts for five minutes, for this session alone."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await signed_in(device, browser, **CUSTOM)
        saves = len(device.saves)
        await device.board.clock.sleep_ms(5 * 60_000)
        page = await browser.basic("ok", smtp_host="other.bureau.example")
        assert page.status == 200 and 'name="proof"' in page.text and len(device.saves) == saves
        refused = await browser.submit(BASIC, do="ok", asked=page.value("asked"), proof="next person")
        assert refused.status == 422 and "not the administrator" in refused.text and len(device.saves) == saves
        locked = await browser.submit(BASIC, do="ok", asked=page.value("asked"), proof=PASSWORD)
        assert locked.status == 422 and "Try again in a while" in locked.text
        await device.board.clock.sleep_ms(2000)
        answer = await browser.submit(BASIC, do="ok", asked=page.value("asked"), proof=PASSWORD)
        assert answer.status == 303 and len(device.saves) == saves + 1
        assert device.noted("server")[-1] == ("server", browser.peer, "smtp_host: other.bureau.example")
        await browser.basic("ok", smtp_port="2525")  # within five minutes: nothing more is asked
        assert len(device.saves) == saves + 2
        other = await Browser(device).log_in()
        await device.board.clock.sleep_ms(5 * 60_000)
        assert 'name="proof"' in (await other.basic("ok", smtp_port="587")).text

    run(story)


def test_what_the_sign_in_is_not_bound_to_needs_no_password() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await device.board.clock.sleep_ms(5 * 60_000)
        assert (await browser.basic("ok", sender="scans@bureau.example")).status == 303
        assert device.saved["sender"] == "scans@bureau.example"

    run(story)


def test_validation_turned_off_is_in_the_audit_log_and_no_secret_is() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await browser.basic("ok", method="oauth2", verify="disable", password="hunter2secret")
        await browser.confirm(page)
        assert device.noted("verify_off") == [("verify_off", browser.peer, "")]
        assert not any("hunter2" in "".join(line) for line in device.noted())

    run(story)


def test_a_password_that_the_device_drew_must_be_changed_before_anything_else() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        device.board.identity.must_change_password = True
        device.admin = Admin(device.store, device.board.entropy, device.board.clock, device.board.identity)
        browser.language = "lt"
        await browser.log_in()
        for path in ("/", BASIC, "/contacts", "/network/basic"):
            answer = await browser.get(path)
            assert (answer.status, answer.where) == (303, "/security/password")
        page = await browser.get("/security/password")
        assert "Pirmąjį slaptažodį įrenginys sukūrė pats" in page.text
        csrf = page.value("csrf")
        answer = await browser.post(BASIC, csrf=csrf, do="ok", **{**form_of(device.saved), "sender": PRINTER})
        assert answer.status == 303 and not device.saves
        new = "a new password"
        await browser.post("/security/password", csrf=csrf, old=PASSWORD, new=new, again=new)
        assert (await browser.get(BASIC)).status == 200
        assert device.noted("password") == [("password", browser.peer, "")]

    run(story)


def test_r21_the_fax_server_has_a_page_a_domain_and_a_sign_in_of_its_own() -> None:
    """R21, PB-11: nothing of the device's own server is touched."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        path = "/fax/server/basic"
        assert device.fax is not None
        device.sign_in()
        await browser.log_in()
        page = await browser.get(path)
        assert "Fax Server Domain" in page.text and "an account and a sign-in of its own" in page.text
        assert "Fax Server Domain" not in (await browser.get(BASIC)).text
        fields = {
            "base": page.value("base"),
            **form_of(device.fax.saved),
            **CUSTOM,
            "fax_domain": "fax.provider.example",
        }
        answer = await browser.submit(path, do="signin", **fields)
        assert answer.where == "/fax/server/signin"
        await browser.submit("/fax/server/signin", do="start")
        assert device.signin is None and device.fax.signin is not None
        device.fax.signin.succeed("fax@provider.example", "provider.example")
        page = await browser.get(path)
        assert "fax@provider.example" in page.text
        assert "fax@provider.example" not in (await browser.get(BASIC)).text
        assert (await browser.submit(path, do="ok", **fields)).status == 303
        assert (
            device.fax.account.address == "fax@provider.example"
            and device.fax.saved["fax_domain"] == "fax.provider.example"
        )
        assert device.accounts.account.address == PRINTER and not device.saves
        device.fax.saved["smtp_host"] = "evil.example"
        assert device.accounts.account.state == "SIGNED_IN"

    run(story)


def test_without_a_fax_server_there_are_no_pages_for_it() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        device.fax, device.has_my_email = None, False
        await browser.log_in()
        assert "/fax/" not in (await browser.get("/")).text
        assert (await browser.get("/fax/server/basic")).status == 404

    run(story)


def test_the_log_out_drops_unsaved_sign_ins_of_both_servers() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        assert device.fax is not None
        await browser.log_in()
        page = await browser.get("/fax/server/basic")
        fields = {"base": page.value("base"), **form_of(device.fax.saved), "method": "oauth2"}
        await browser.submit("/fax/server/basic", do="signin", **fields)
        await browser.submit("/fax/server/signin", do="start")
        assert device.fax.signin is not None
        await browser.submit("/logout")
        assert device.fax.signin is None
        assert [what for what, _, _ in device.noted()] == ["log_in", "sign_in", "log_out"]

    run(story)
