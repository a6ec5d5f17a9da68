"""Settings as a file: without secrets, checked like the pages, and never half (PB-08, PB-09, PB-18, WC-13)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.notifications import Notifications
from firmware.web.settings_file import Plan
from sim.loop import VirtualLoop
from sim.storage import RamStorage
from tests.web.support import PASSWORD, PRINTER, Answer, Browser, FakeDevice, run
from tests.web.test_email import CUSTOM

PATH = "/device/settings"


async def export(browser: Browser, **fields: str) -> dict[str, Any]:
    answer = await browser.submit(PATH, do="export", **fields)
    assert answer.headers["content-disposition"] == 'attachment; filename="scanpost-settings.json"'
    assert answer.headers["cache-control"] == "no-store"
    value: dict[str, Any] = json.loads(answer.text)
    return value


async def bring(browser: Browser, value: object) -> Answer:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return await browser.upload(PATH, {"file": data}, do="import")


def test_what_was_exported_is_imported_into_another_device() -> None:
    async def give(device: FakeDevice, browser: Browser) -> dict[str, Any]:
        await browser.log_in()
        assert device.fax is not None
        device.accounts.saved |= {**CUSTOM, "method": "oauth2", "password": "hunter2secret", "account": PRINTER}
        device.fax.saved["fax_domain"] = "fax.provider.example"
        device.contacts.put("Ąžuolas", "a@bureau.example")
        Notifications(device.store).put([("ona@bureau.example", ["locked"])])
        device.set_idle_times(20, 5)
        found = await export(browser)
        assert "hunter2secret" not in json.dumps(found) and "account" not in found["email"]
        assert device.noted("export") == [("export", browser.peer, "settings")]
        return found

    found = run(give)

    async def take(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await bring(browser, found)
        assert page.status == 200 and "email, fax, contacts, notification, idle" in page.text and not device.saves
        assert (await browser.submit(PATH, do="yes")).status == 303
        assert device.fax is not None
        assert await export(browser) == found
        assert (
            device.saved["smtp_host"] == CUSTOM["smtp_host"]
            and device.fax.saved["fax_domain"] == "fax.provider.example"
        )
        assert device.contacts.all() == [("Ąžuolas", "a@bureau.example")] and device.notifying
        assert device.noted("import") == [("import", browser.peer, "email, fax, contacts, notification, idle")]
        again = await bring(browser, found)
        assert again.status == 303 and "has these settings already" in (await browser.get(PATH)).text

    run(take)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": {"refresh_token": "x"}}, "unknown: refresh_token"),
        ({"email": {"password": "x"}}, "unknown: password"),
        ({"email": {"account": "ceo@bureau.example"}}, "unknown: account"),
        ({"refresh_token": "x"}, "unknown: refresh_token"),
        ({"users": []}, "unknown: users"),
        ({"email": {"method": "oauth2", "smtp_host": "mail.evil.example"}}, "smtp.office365.com"),
        ({"email": {"secure": "telnet"}}, "In email: secure:"),
        ({"email": ["x"]}, "In email:"),
        ({"contacts": [["a", "b"], "c"]}, "In contacts:"),
        ({"contacts": [["a", "b@"]]}, "not an email address"),
        ({"contacts": [["a", "b@c.example"], ["d", "B@c.example"]]}, "In contacts:"),
        ({"contacts": [["a", f"b{n}@c.example"] for n in range(41)]}, "In contacts:"),
        ({"notification": [["a@b.example", ["everything"]]]}, "In notification:"),
        ({"notification": [[f"a{n}@b.example", []] for n in range(6)]}, "In notification:"),
        ({"idle": {"web_min": 0}}, "In idle:"),
        ({"idle": {"web_min": True}}, "In idle:"),
        ({"idle": {"days": 1}}, "In idle:"),
        ({"scanpost": 2}, "not settings that a device like this"),
        ({"scanpost": True}, "not settings that a device like this"),
    ],
)
def test_pb08_the_same_checks_as_the_pages_and_nothing_unknown(change: dict[str, Any], words: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        before = await export(browser)
        page = await bring(browser, {"scanpost": 1, "idle": {"web_min": 7}, **change})
        assert page.status == 422 and words in page.text
        assert (await browser.submit(PATH, do="yes")).status == 303  # there is nothing to confirm
        assert await export(browser) == before

    run(story)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"[]", b'{"scanpost": 1, "scanpost": 1}', b'{"a":' * 50, b'{"scanpost": NaN}', b"-" * 20_000],
)
def test_pb08_what_is_no_json_is_refused(data: bytes) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        assert (await bring(browser, data)).status in (413, 422)
        assert not device.saves

    run(story)


def test_pb08_pb18_another_server_costs_the_sign_in_after_a_question_and_the_password() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        device.sign_in()
        await browser.log_in()
        await device.board.clock.sleep_ms(300_000)
        page = await bring(browser, {"scanpost": 1, "email": {**CUSTOM, "smtp_host": "mail.evil.example"}})
        assert f"The sign-in of {PRINTER} is erased" in page.text and 'name="proof"' in page.text
        refused = await browser.submit(PATH, do="yes")
        assert refused.status == 422 and not device.saves and device.accounts.account.state == "SIGNED_IN"
        assert (await browser.submit(PATH, do="yes", proof=PASSWORD)).status == 303
        assert device.accounts.account.state == "SIGNED_OUT"
        assert device.saved["smtp_host"] == "mail.evil.example"

    run(story)


def test_pb18_the_export_needs_the_password_too() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await device.board.clock.sleep_ms(300_000)
        page = await browser.submit(PATH, do="export")
        assert page.status == 422 and 'id="proof-error"' in page.text and device.noted("export") == []
        await export(browser, proof=PASSWORD)

    run(story)


def test_pb09_what_goes_out_holds_no_secret() -> None:
    """Settings, users, audit log and job log, with a password, a PIN and a hash of the administrator's on flash."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        new = "geheim geheim"
        await browser.submit("/security/password", old=PASSWORD, new=new, again=new)
        device.accounts.saved["password"] = "hunter2secret"
        user = {"id": "ona", "name": "", "email": "ona@bureau.example", "pin": "47114711"}
        await browser.submit("/users", do="put", old="", base="", **user)
        kept = b"".join(device.board.storage.read(name, 0, 9999) for name in device.board.storage.names())
        hashes = re.findall(r'"(?:hash|salt)": ?"([0-9a-f]+)"', kept.decode())
        assert len(hashes) == 4
        out = (await browser.submit(PATH, do="export")).text
        out += (await browser.submit("/users/list", do="export")).text
        out += (await browser.submit("/security/audit", do="download")).text
        out += (await browser.submit("/device/jobs", do="download")).text
        out += "".join(device.board.monitor.lines)
        assert "ona@bureau.example" in out
        for secret in (PASSWORD, new, "hunter2secret", "47114711", *hashes):
            assert secret not in out

    run(story)


def test_wc13_a_change_by_somebody_else_meanwhile_imports_nothing() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await bring(browser, {"scanpost": 1, "idle": {"web_min": 7}})
        device.set_idle_times(30, 30)
        answer = await browser.submit(PATH, do="yes")
        assert answer.status == 422 and "changed meanwhile" in answer.text
        assert device.web_idle_min == 30

    run(story)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 300) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["method", "verify", "smtp_port", "web_min", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(st.sampled_from(["email", "fax", "contacts", "notification", "idle", "model"]), VALUES, max_size=4)
)
def test_any_file_is_planned_or_refused(parts: dict[str, Any]) -> None:
    device = FakeDevice(VirtualLoop(), RamStorage())
    plan = Plan(device, json.dumps({"scanpost": 1, **parts}).encode())
    assert all(isinstance(each, str) for problem in plan.problems for each in problem)
    for part in plan.changes:
        assert part in parts
