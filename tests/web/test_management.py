"""Time-outs, audit log, job log, notifications, restart, reset: the pages (PB-09, WC-13 to WC-16)."""

from __future__ import annotations

import csv
import io

import pytest

from firmware.notifications import EVENTS, Notifications
from tests.web.support import BASIC, PASSWORD, Answer, Browser, FakeDevice, run

TIMES, AUDIT, JOBS, NOTIFY, RESTART = (
    "/security/timeouts",
    "/security/audit",
    "/device/jobs",
    "/device/notification",
    "/device/restart",
)
ONA, JONAS = "ona@bureau.example", "jonas@bureau.example"


def rows_of(answer: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_time_outs_count_at_once_and_are_noted() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await browser.get(TIMES)
        assert (page.value("web"), page.value("panel")) == ("15", "3")
        assert (await browser.submit(TIMES, web="1", panel="30", do="ok")).status == 303
        assert (device.web_idle_min, device.panel_idle_min) == (1, 30)
        assert device.noted("timeouts") == [("timeouts", browser.peer, "Web Config 1 min, panel 30 min")]
        await device.board.clock.sleep_ms(60_000)
        assert (await browser.get(TIMES)).where == "/login"

    run(story)


@pytest.mark.parametrize("typed", ["0", "241", "", "1.5", "-1", "١", "9999"])
def test_a_time_out_that_is_none_is_refused_at_its_field(typed: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await browser.submit(TIMES, web="15", panel=typed, do="ok")
        assert page.status == 422 and 'id="panel-error"' in page.text and 'id="web-error"' not in page.text
        assert device.panel_idle_min == 3

    run(story)


def test_the_audit_log_is_a_page_and_a_file_and_cannot_be_forged() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.post("/login", password="wrong")
        await device.board.clock.sleep_ms(2000)
        await browser.log_in()
        device.audit.note("server", "198.51.100.66", "smtp_host: x\r\n2026 log_in from panel <script>")
        device.audit.note("contacts", "panel", '=cmd|"/c calc"')
        page = await browser.get(AUDIT)
        for words in ("A wrong password", "Log-in", "The mail server&#39;s settings were changed", "198.51.100.20"):
            assert words in page.text
        assert "<script>" not in page.text and "x??2026 log_in from panel &lt;script&gt;" in page.text
        answer = await browser.submit(AUDIT, do="download")
        assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
        assert answer.headers["cache-control"] == "no-store"
        rows = rows_of(answer)
        assert [row["what"] for row in rows] == ["contacts", "server", "log_in", "log_in_wrong"]
        assert rows[0]["about"].startswith("'=cmd") and len(rows[1]["about"].splitlines()) == 1
        await browser.submit("/language", language="lt")
        assert "Neteisingas slaptažodis" in (await browser.get(AUDIT)).text

    run(story)


def test_r17_the_job_log_is_a_page_and_a_file() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        assert "There are no jobs yet." in (await browser.get(JOBS)).text
        job = {"kind": "email", "to": ONA, "name": "=ąčę<b>.pdf", "size": 5, "created_s": 1_800_000_000}
        for number in (1, 2, 3):
            device.journal.add({**job, "id": number})
            end = {
                "status": "failed",
                "code": 312,
                "kind_of_failure": "smtp_auth_disabled_tenant",
                "detail": "5.7.139 <i>",
            }
            device.journal.end(number, end if number == 2 else {"status": "sent", "code": None, "detail": ""})
        page = await browser.get(JOBS)
        assert "312" in page.text and "5.7.139 &lt;i&gt;" in page.text and "=ąčę&lt;b&gt;.pdf" in page.text
        rows = rows_of(await browser.submit(JOBS, do="download"))
        assert [(row["number"], row["status"], row["code"]) for row in rows] == [
            ("3", "sent", ""),
            ("2", "failed", "312"),
            ("1", "sent", ""),
        ]
        assert rows[1]["document"] == "'=ąčę<b>.pdf" and "5.7.139 <i>" in rows[1]["details"]

    run(story)


async def notify(browser: Browser, *entries: tuple[str, tuple[str, ...]], **fields: str) -> Answer:
    typed = {"base": (await browser.get(NOTIFY)).value("base"), **fields}
    for number, (address, events) in enumerate(entries):
        typed[f"address_{number}"] = address
        typed |= {f"{event}_{number}": "on" for event in events}
    return await browser.submit(NOTIFY, do="ok", **typed)


def test_notifications_are_kept_for_five_addresses_with_their_events() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await browser.get(NOTIFY)
        assert page.text.count("<legend>") == 5 and page.text.count('type="checkbox"') == 5 * len(EVENTS)
        assert (await notify(browser, (ONA, ("job_failed", "locked")), ("", ()), (JONAS, ("settings",)))).status == 303
        kept = Notifications(device.store)
        assert kept.all() == [(ONA, ["job_failed", "locked"]), (JONAS, ["settings"])]
        assert kept.wanted("settings") == [JONAS] and device.notifying
        page = await browser.get(NOTIFY)
        assert page.value("address_1") == JONAS and page.text.count(" checked") == 3
        assert device.noted("notification") == [("notification", browser.peer, f"{ONA}, {JONAS}")]

    run(story)


def test_wc16_an_address_that_was_taken_out_is_told() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await notify(browser, (ONA, ("settings",)), (JONAS, ()))
        device.told.clear()
        await notify(browser, ("evil@elsewhere.example", ("settings",)))
        assert [told[-1] for told in device.told] == [ONA, JONAS]
        assert device.told[0][:3] == ("settings", "audit.notification", browser.peer)

    run(story)


@pytest.mark.parametrize(
    ("entries", "number", "words"),
    [([("ona@", ())], 0, "not an email address"), ([(ONA, ()), (ONA.upper(), ())], 1, "there twice")],
)
def test_what_is_wrong_with_an_address_is_said_at_it(
    entries: list[tuple[str, tuple[str, ...]]], number: int, words: str
) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await notify(browser, *entries)
        assert page.status == 422 and f'id="address_{number}-error"' in page.text and words in page.text
        assert Notifications(device.store).all() == []

    run(story)


def test_wc13_pb18_notifications_of_two_administrators_and_the_password() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        base = (await browser.get(NOTIFY)).value("base")
        await notify(browser, (ONA, ()))
        stale = await notify(browser, (JONAS, ()), base=base)
        assert stale.status == 422 and "Somebody else changed the notifications" in stale.text
        await device.board.clock.sleep_ms(300_000)
        page = await notify(browser, (JONAS, ()))
        assert page.status == 422 and 'id="proof-error"' in page.text and page.value("address_0") == JONAS
        assert Notifications(device.store).all() == [(ONA, [])]
        assert (await notify(browser, (JONAS, ()), proof=PASSWORD)).status == 303

    run(story)


def test_restart_is_a_button_and_is_noted() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        device.queue.current = {"id": 1}
        assert "A job is being sent." in (await browser.get(RESTART)).text
        device.queue.current = None
        page = await browser.submit(RESTART, do="restart")
        assert page.status == 200 and "The device restarts." in page.text
        assert device.restarts == ["restart"] and device.noted("restart") == [("restart", browser.peer, "")]

    run(story)


def test_wc15_a_reset_needs_the_tick_the_password_and_the_sessions_own_form() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await browser.submit(RESTART, do="reset")
        assert page.status == 422 and "Tick the box" in page.text
        await device.board.clock.sleep_ms(300_000)
        page = await browser.submit(RESTART, do="reset", sure="on")
        assert page.status == 422 and 'id="proof-error"' in page.text
        assert (await browser.post(RESTART, do="reset", sure="on", proof=PASSWORD)).status == 403
        assert device.restarts == []
        page = await browser.submit(RESTART, do="reset", sure="on", proof=PASSWORD)
        assert page.status == 200 and device.restarts == [f"reset from {browser.peer}"]

    run(story)


@pytest.mark.parametrize("path", [BASIC, "/security/ca", "/device/settings"])
def test_wc14_an_answer_without_its_question_and_one_twice_change_nothing(path: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        device.accounts.saved["service"] = "custom"
        before = dict(device.saved)
        for do in ("yes", "ok"):
            answer = await browser.submit(path, do=do, asked="0123456789abcdef")
            assert answer.status in (303, 422)
        assert device.saved == before and not device.saves

    run(story)


def test_many_wrong_passwords_in_a_row_are_told_once() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        for _ in range(8):
            await browser.post("/login", password="wrong")
            await device.board.clock.sleep_ms(device.admin.locked_for_s() * 1000)
        assert [told for told in device.told if told[0] == "locked"] == [("locked", browser.peer, "")]

    run(story)
