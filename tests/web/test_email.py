"""Network > Email Server > Basic: fields, sign-in, and what OK asks before it saves (R05-R10, PB-01..06, SI-01..05)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.web.pages import escape
from firmware.web.sign_in import is_link
from tests.web.support import BASIC, PASSWORD, PRINTER, SIGN_IN, Answer, Browser, FakeDevice, form_of, run

LABELS = [
    "Authentication Method",
    "Email service",
    "Authenticated Account",
    "Authenticated Password",
    "Sender&#39;s Email Address",
    "SMTP Server Address",
    "SMTP Server Port Number",
    "Secure Connection",
    "Certificate Validation",
    "POP3 Server Address",
    "POP3 Server Port Number",
]
CUSTOM = {
    "method": "oauth2",
    "service": "custom",
    "smtp_host": "mail.bureau.example",
    "authority": "https://id.bureau.example",
    "client_id": "scanner",
    "scope": "smtp offline_access",
}


async def granted(device: FakeDevice, browser: Browser, address: str = PRINTER, **changed: str) -> Answer:
    """Sign in up to the point where the manual says to press OK."""
    await browser.basic("signin", **{"method": "oauth2", **changed})
    await browser.submit(SIGN_IN, do="start")
    assert device.signin is not None
    device.signin.succeed(address, address.partition("@")[2])
    return await browser.get(BASIC)


async def signed_in(device: FakeDevice, browser: Browser, **changed: str) -> None:
    await granted(device, browser, **changed)
    assert (await browser.basic("ok", **{"method": "oauth2", **changed})).status == 303
    assert device.accounts.account.state == "SIGNED_IN"


# --- the page ---


def test_r05_r09_all_fields_with_their_labels_in_the_manuals_order() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        page = (await (await browser.log_in()).get(BASIC)).text
        places = [page.index(">" + label + "<") for label in LABELS]
        assert places == sorted(places)
        for option in ("OAuth2", "Microsoft Exchange Online", "Outlook.com (personal)", "Custom", "STARTTLS", "Enable"):
            assert ">" + option + "<" in page
        assert 'value="smtp-mail.outlook.com"' in page
        assert 'value="587"' in page
        for label in ("Authority", "Client ID", "Scope", "CA certificate (PEM)"):
            assert ">" + label + "<" in page

    run(story)


def test_r09_the_notice_about_certificates_and_the_pages_it_leads_to() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        page = (await (await browser.log_in()).get(BASIC)).text
        assert '<a href="/security/ca">CA Certificate</a>' in page
        assert '<a href="/security/roots">Root Certificate Update</a>' in page
        assert "Enable is recommended" in page
        assert (await browser.get("/security/ca")).status == 200
        assert "0.1.0" in (await browser.get("/security/roots")).text

    run(story)


def test_r10_the_additional_network_does_not_support_oauth() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        note = "does not support OAuth 2.0"
        await browser.log_in()
        assert note in (await browser.get(BASIC)).text
        assert note in (await browser.get("/")).text
        del device.board.network.interfaces[1]
        assert note not in (await browser.get(BASIC)).text

    run(story)


def test_r08_signed_out_there_is_no_current_status_but_sign_in() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        page = (await (await browser.log_in()).get(BASIC)).text
        assert "Current Status" not in page
        assert ">Sign In<" in page
        assert ">Sign Out<" not in page

    run(story)


@pytest.mark.parametrize(
    ("state", "shown"), [("SIGNED_IN", "Signed in"), ("EXPIRED", "Sign-in expired"), ("REAUTH", "Sign-in needed again")]
)
def test_r08_the_saved_sign_in_is_shown_with_its_account(state: str, shown: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        device.sign_in()
        device.accounts.account.state = state
        device.accounts.account.reason = "The cloud <said> so"
        device.accounts.account.good_until_s = device.board.clock.now() + 89 * 86400
        await browser.log_in()
        page = (await browser.get(BASIC)).text
        for words in ("Current Status", shown, PRINTER, "Tenant bureau.example", ">Sign Out<"):
            assert words in page
        assert ("89 more days" in page) is (state == "SIGNED_IN")
        assert ("The cloud &lt;said&gt; so" in page) is (state != "SIGNED_IN")
        assert shown in (await browser.get("/")).text

    run(story)


def test_problems_are_said_beside_their_fields_and_nothing_typed_is_lost() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        answer = await browser.basic(
            "ok", method="oauth2", smtp_host="mail.evil.example", smtp_port="587", sender="<b>@x"
        )
        assert answer.status == 422
        assert 'id="sender-error"' in answer.text
        for page in (answer.text, (await browser.get(BASIC)).text):
            assert 'value="mail.evil.example"' in page
            assert 'value="&lt;b&gt;@x"' in page
        assert device.saves == []

    run(story)


def test_pb01_a_built_in_service_accepts_only_its_own_servers() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        answer = await browser.basic("ok", method="oauth2", smtp_host="mail.evil.example")
        assert answer.status == 422
        assert "smtp.office365.com" in answer.text
        assert 'id="smtp_host-error"' in answer.text

    run(story)


def test_a_stored_password_goes_to_no_page_and_stays_when_left_empty() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await browser.basic("ok", password="hunter2secret")
        assert device.saved["password"] == "hunter2secret"
        assert "hunter2secret" not in (await browser.get(BASIC)).text
        await browser.basic("ok", sender=PRINTER)
        assert (device.saved["password"], device.saved["sender"]) == ("hunter2secret", PRINTER)
        assert "hunter2secret" not in "".join(device.board.monitor.lines)

    run(story)


def test_a_form_cannot_name_the_account() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await browser.basic("ok", account="ceo@bureau.example")
        assert device.saved["account"] == ""

    run(story)


# --- Sign In ---


def test_r06_sign_in_shows_code_and_address_and_then_the_account() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        answer = await browser.basic("signin", method="oauth2", sender=PRINTER)
        assert (answer.status, answer.where) == (303, SIGN_IN)
        assert ">Sign in with Microsoft<" in (await browser.get(SIGN_IN)).text
        assert (await browser.submit(SIGN_IN, do="start")).where == SIGN_IN
        assert device.signin is not None
        assert device.signin.settings["method"] == "oauth2"
        assert 'http-equiv="refresh" content="1"' in (await browser.get(SIGN_IN)).text
        device.signin.wait()
        page = (await browser.get(SIGN_IN)).text
        assert '<div class="code">GHJK2345</div>' in page
        assert '<a href="https://login.bureau.example/device"' in page
        assert 'http-equiv="refresh" content="3"' in page
        for words in ("15 min 0 s", "Scanpost One", "SP00001234", "Never enter a code that someone sent you"):
            assert words in page
        device.signin.succeed()
        answer = await browser.get(SIGN_IN)
        assert (answer.status, answer.where) == (303, BASIC)
        page = (await browser.get(BASIC)).text
        for words in ("Sign-in succeeded.", "Current Status", "Signed in", PRINTER, "Tenant bureau.example"):
            assert words in page

    run(story)


def test_r07_until_ok_the_sign_in_is_not_saved_and_the_page_says_so() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = (await granted(device, browser)).text
        assert "Unsaved sign-in" in page
        assert "until you press OK" in page
        assert device.saves == []
        assert device.accounts.account.state == "SIGNED_OUT"
        answer = await browser.basic("ok", method="oauth2")
        assert answer.status == 303
        page = (await browser.get(BASIC)).text
        assert "The device can send email now" in page
        assert "Unsaved sign-in" not in page
        saved, use_grant = device.saves[0]
        assert use_grant
        assert (saved["account"], saved["sender"], saved["method"]) == (PRINTER, PRINTER, "oauth2")

    run(story)


def test_r07_what_was_typed_before_sign_in_is_there_after_it() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await granted(device, browser, sender="scans@bureau.example", pop3_host="pop.bureau.example")
        assert 'value="scans@bureau.example"' in page.text
        assert 'value="pop.bureau.example"' in page.text

    run(story)


def test_sign_in_needs_oauth2() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        answer = await browser.basic("signin", method="off")
        assert answer.status == 422
        assert 'id="method-error"' in answer.text
        assert (await browser.get(SIGN_IN)).where == BASIC
        assert (await browser.submit(SIGN_IN, do="start")).where == BASIC
        assert device.signin is None

    run(story)


def test_a_custom_service_says_who_gets_the_sign_in() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await browser.basic("signin", **CUSTOM)
        page = (await browser.get(SIGN_IN)).text
        assert "Sign in at https://id.bureau.example" in page
        assert "given to the mail server mail.bureau.example" in page
        assert "Microsoft" not in page

    run(story)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("DECLINED", "was declined"),
        ("CODE_EXPIRED", "code has expired"),
        ("BLOCKED", "blocked by a policy"),
        ("FAILED", "The sign-in failed"),
    ],
)
def test_r02_a_failed_sign_in_says_why_and_offers_another_try(state: str, words: str) -> None:
    """SI-05: the cloud's words are shown as words."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await browser.basic("signin", method="oauth2")
        await browser.submit(SIGN_IN, do="start")
        assert device.signin is not None
        device.signin.end(state, "AADSTS53003: <script>alert(1)</script>\u202e" + "x" * 2000)
        page = (await browser.get(SIGN_IN)).text
        assert words in page
        assert "AADSTS53003: &lt;script&gt;" in page
        assert "\u202e" not in page
        assert "x" * 600 not in page
        assert "refresh" not in page
        device.signin.end(state, "reason.device_code\tAADSTS530036: Blocked.")
        page = (await browser.get(SIGN_IN)).text
        assert "AADSTS530036" in page and "Authentication flows: exclude the account" in page
        await browser.submit(SIGN_IN, do="start")
        assert device.signin.state == "REQUESTING"

    run(story)


def test_si02_a_code_is_shown_to_nobody_but_the_session_that_asked() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await browser.basic("signin", method="oauth2")
        await browser.submit(SIGN_IN, do="start")
        assert device.signin is not None
        device.signin.wait()
        attempt = device.signin
        other = await Browser(device).log_in()
        for path in ("/", BASIC, SIGN_IN):
            assert "GHJK2345" not in (await other.get(path)).text
        assert "Another administrator" in (await other.get(BASIC)).text
        assert "Another administrator" in (await other.get(SIGN_IN)).text
        await other.basic("signin", method="oauth2")
        for do in ("start", "cancel"):
            await other.submit(SIGN_IN, do=do)
            assert device.signin is attempt

    run(story)


def test_si03_another_administrator_can_neither_save_nor_drop_a_grant() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await granted(device, browser)
        attempt = device.signin
        other = await Browser(device).log_in()
        page = await other.get(BASIC)
        assert PRINTER not in page.text
        await other.basic("signin", method="oauth2")
        await other.submit(SIGN_IN, do="start")
        await other.basic("discard")
        await other.basic("ok", method="oauth2")
        assert device.signin is attempt
        assert [use_grant for _, use_grant in device.saves] == [False]

    run(story)


def test_pressing_the_button_twice_starts_one_attempt() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await browser.basic("signin", method="oauth2")
        await browser.submit(SIGN_IN, do="start")
        attempt = device.signin
        await browser.submit(SIGN_IN, do="start")
        assert device.signin is attempt
        await browser.submit(SIGN_IN, do="cancel")
        assert device.signin is None

    run(story)


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "http://login.bureau.example/device",
        "https://",
        "https:// evil.example",
        'https://evil.example/"onclick=',
        "https://login.microsoftonline.com@evil.example/",
        "https://evil.example/" + "x" * 5000,
        "HTTP://127.0.0.1.evil.example/",
        "http://127.0.0.1.evil.example/",
        "https://\u202eevil.example/",
    ],
)
def test_si04_an_address_that_is_not_safe_is_text(uri: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await browser.basic("signin", method="oauth2")
        await browser.submit(SIGN_IN, do="start")
        assert device.signin is not None
        device.signin.wait(uri)
        page = (await browser.get(SIGN_IN)).text
        assert 'target="_blank"' not in page
        assert "GHJK2345" in page
        assert len(page) < 12_000

    run(story)


def test_the_computers_own_pages_may_be_linked() -> None:
    assert is_link("https://login.microsoftonline.com/common/oauth2/deviceauth?a=b")
    assert is_link("http://127.0.0.1:8081/device")
    assert is_link("http://localhost/device")


# --- OK ---


def test_ok_without_a_change_asks_nothing_and_keeps_the_sign_in() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await signed_in(device, browser)
        assert (await browser.basic("ok")).status == 303
        assert device.accounts.account.state == "SIGNED_IN"
        assert device.saves[-1][1] is False

    run(story)


@pytest.mark.parametrize(
    ("changed", "label"),
    [
        ({"smtp_host": "other.bureau.example"}, "SMTP Server Address"),
        ({"smtp_port": "2525"}, "SMTP Server Port Number"),
        ({"secure": "tls"}, "Secure Connection"),
        ({"authority": "https://evil.example"}, "Authority"),
        ({"client_id": "other"}, "Client ID"),
        ({"scope": "more"}, "Scope"),
        ({"verify": "disable"}, "Certificate Validation"),
        ({"method": "off"}, "Authentication Method"),
    ],
)
def test_pass_back_a_change_of_what_the_sign_in_is_bound_to_is_asked_first(changed: dict[str, str], label: str) -> None:
    """PB-01..06: named before, erased in the same write after."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await signed_in(device, browser, **CUSTOM)
        saves = len(device.saves)
        page = await browser.basic("ok", **changed)
        assert page.status == 200
        assert "erases the sign-in of " + PRINTER in page.text
        assert label in page.text
        assert len(device.saves) == saves
        assert device.accounts.account.state == "SIGNED_IN"
        back = await browser.get(BASIC)  # "Back" loses nothing
        for value in changed.values():
            assert f'value="{value}"' in back.text
        page = await browser.basic("ok", **changed)
        assert (await browser.confirm(page)).status == 303
        assert device.accounts.account.state == "SIGNED_OUT"
        assert device.saves[-1][1] is False

    run(story)


def test_a_confirmation_counts_for_what_was_asked_and_for_nothing_else() -> None:
    """WC-14: replayed, forged or too early."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await signed_in(device, browser, **CUSTOM)
        saves = len(device.saves)
        asked = await browser.basic("ok", client_id="other")
        asked_else = await browser.basic("ok", client_id="other", smtp_host="other.bureau.example")
        again = await browser.confirm(asked)  # of an older page: the form is another one now
        assert again.status == 200
        assert "SMTP Server Address" in again.text
        forged = await browser.submit(BASIC, do="ok", asked="0" * 16)
        assert forged.status == 200
        assert len(device.saves) == saves
        assert (await browser.confirm(asked_else)).status == 303
        replayed = await browser.confirm(asked_else)
        assert replayed.where == BASIC
        assert len(device.saves) == saves + 1

    run(story)


def test_a_new_sign_in_for_the_changed_settings_is_saved_with_them() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await signed_in(device, browser)
        await granted(device, browser, **CUSTOM)
        assert (await browser.basic("ok", **CUSTOM)).status == 303
        saved, use_grant = device.saves[-1]
        assert use_grant
        assert saved["smtp_host"] == "mail.bureau.example"

    run(story)


def test_a_grant_is_not_saved_with_settings_it_was_not_made_for() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await granted(device, browser, **CUSTOM)
        page = await browser.basic("ok", **{**CUSTOM, "smtp_host": "mail.evil.example"})
        assert "made for other settings (SMTP Server Address)" in page.text
        assert "SMTP Server Address" in (await browser.get(BASIC)).text
        await browser.confirm(page)
        assert [use_grant for _, use_grant in device.saves] == [False]
        assert device.signin is None
        assert device.accounts.account.state == "SIGNED_OUT"

    run(story)


def test_si01_an_account_that_is_not_the_senders_is_asked_about() -> None:
    """Reverse sign-in: a stranger completed the code with an account of their own."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await granted(device, browser, "stranger@evil.example", sender=PRINTER)
        assert "stranger@evil.example" in page.text
        assert "Tenant evil.example" in page.text
        page = await browser.basic("ok", method="oauth2", sender=PRINTER)
        assert "stranger@evil.example" in page.text
        assert PRINTER in page.text
        assert device.saves == []
        assert (await browser.confirm(page)).status == 303
        assert device.saves[0][0]["sender"] == PRINTER

    run(story)


def test_si01_an_account_that_is_not_the_previous_one_is_asked_about() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await signed_in(device, browser)
        await granted(device, browser, "stranger@evil.example", sender="stranger@evil.example")
        page = await browser.basic("ok", sender="stranger@evil.example")
        for words in ("stranger@evil.example", "tenant evil.example", PRINTER, "tenant bureau.example"):
            assert words in page.text
        assert device.accounts.account.address == PRINTER

    run(story)


def test_r09_disabling_validation_is_warned_of_before_and_while_it_lasts() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await browser.basic("ok", method="oauth2", verify="disable")
        assert "will not check" in page.text
        assert device.saves == []
        await browser.confirm(page)
        assert device.saved["verify"] is False
        assert "Certificate Validation is disabled" in (await browser.get(BASIC)).text

    run(story)


def test_wc13_a_change_by_another_administrator_is_not_overwritten_silently() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        other = await Browser(device).log_in()
        mine = await browser.get(BASIC)
        await other.basic("ok", pop3_host="theirs.bureau.example")
        fields = {**form_of(device.saved), "base": mine.value("base"), "pop3_host": "mine.bureau.example"}
        page = await browser.submit(BASIC, do="ok", **fields)
        assert "Another administrator changed these settings" in page.text
        assert device.saved["pop3_host"] == "theirs.bureau.example"
        await browser.confirm(page)
        assert device.saved["pop3_host"] == "mine.bureau.example"

    run(story)


def test_a_certificate_that_was_not_touched_keeps_the_sign_in() -> None:
    """Browsers turn line feeds into CR LF."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        pem = "-----BEGIN CERTIFICATE-----\nMIIAAA==\n-----END CERTIFICATE-----\n"
        device.accounts.saved |= {**CUSTOM, "ca": pem}
        device.sign_in()
        form = form_of(device.saved)
        form["ca"] = form["ca"].replace("\n", "\r\n")
        assert (await browser.basic("ok", **form)).status == 303
        assert device.accounts.account.state == "SIGNED_IN"
        assert device.saved["ca"] == pem

    run(story)


def test_full_flash_saves_nothing_and_loses_nothing() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await granted(device, browser)
        device.accounts.flash_full = True
        answer = await browser.basic("ok", method="oauth2")
        assert answer.status == 500
        assert "could not write" in answer.text
        device.accounts.flash_full = False
        assert "Unsaved sign-in" in (await browser.get(BASIC)).text
        assert (await browser.basic("ok", method="oauth2")).status == 303

    run(story)


def test_si10_a_grant_that_lapsed_is_not_saved() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await granted(device, browser, "stranger@evil.example", sender=PRINTER)
        page = await browser.basic("ok", method="oauth2", sender=PRINTER)
        device.accounts.cancel_signin()
        answer = await browser.confirm(page)
        # the questions are others now, or none: in no case is anything saved as signed in
        assert device.accounts.account.state == "SIGNED_OUT"
        assert not any(use_grant for _, use_grant in device.saves)
        assert answer.status in (200, 303)

    run(story)


def test_discard_drops_draft_and_unsaved_sign_in() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await granted(device, browser, sender="scans@bureau.example")
        await browser.basic("discard")
        page = (await browser.get(BASIC)).text
        assert "scans@bureau.example" not in page
        assert "Unsaved sign-in" not in page
        assert device.signin is None

    run(story)


# --- Sign Out ---


def test_r08_sign_out_is_asked_and_then_current_status_is_blank() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await signed_in(device, browser)
        page = await browser.basic("signout")
        assert f"Sign out {PRINTER}?" in page.text
        assert device.accounts.account.state == "SIGNED_IN"
        await device.board.clock.sleep_ms(600_000)  # what was typed to log in no longer counts
        for wrong in ({}, {"proof": "wrong"}):
            page = await browser.submit(BASIC, do="signout", asked=page.value("asked"), **wrong)
            assert page.status == 422 and 'id="proof-error"' in page.text
            assert device.accounts.account.state == "SIGNED_IN"
        await device.board.clock.sleep_ms(60_000)  # a wrong one makes the next wait
        answer = await browser.submit(BASIC, do="signout", asked=page.value("asked"), proof=PASSWORD)
        assert answer.where == BASIC
        assert device.accounts.account.state == "SIGNED_OUT"
        page = await browser.get(BASIC)
        assert "Current Status" not in page.text
        assert ">Sign In<" in page.text

    run(story)


def test_r08_sign_out_of_an_unsaved_sign_in_costs_the_saved_one_nothing() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await signed_in(device, browser)
        await granted(device, browser, "other@bureau.example")
        page = await browser.basic("signout")
        assert "other@bureau.example" in page.text
        await browser.confirm(page)
        assert device.signin is None
        assert device.accounts.account.state == "SIGNED_IN"

    run(story)


# --- words of others ---


@given(st.text(max_size=200))
def test_wc08_escaped_words_cannot_leave_their_place(words: str) -> None:
    escaped = escape(words)
    assert not re.search(r"[<>\"']", escaped)
    assert re.sub(r"&(amp|lt|gt|quot|#39);", "", escaped).count("&") == 0
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200f]", escaped)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["sender", "smtp_host", "client_id", "ca", "pop3_host", "scope", "authority"]), st.text(max_size=60)
)
def test_wc08_nothing_typed_becomes_markup(field: str, words: str) -> None:
    marked = words + '"><script>x</script>'

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        fields: dict[str, Any] = {field: marked.replace("\0", "")}
        for do in ("ok", "signin"):
            answer = await browser.basic(do, **{**CUSTOM, **fields})
            assert answer.status in (200, 303, 422)
            assert "<script" not in answer.text
        assert "<script" not in (await browser.get(BASIC)).text

    run(story)


def test_pages_are_small_enough_for_a_boards_heap() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await granted(device, browser, **CUSTOM)
        assert len(page.body) < 8 * 1024
        assert PASSWORD not in page.text

    run(story)
