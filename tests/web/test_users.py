"""Users of Scan to My Email in Web Config: one by one and as lists (R22-R24, WC-12, WC-13)."""

from __future__ import annotations

import pytest

from firmware.users import MOST
from firmware.users_csv import lines
from tests.web.support import PASSWORD, Answer, Browser, FakeDevice, run

USERS, LIST = "/users", "/users/list"
ONA = {"id": "ona", "name": "Ona Kazlauskienė", "email": "ona@bureau.example", "pin": "4711"}


async def add(browser: Browser, **changed: str) -> Answer:
    return await browser.submit(USERS, do="put", old="", base="", **{**ONA, **changed})


async def edit(browser: Browser, id: str) -> Answer:
    return await browser.submit(USERS, edit=id)


def ids(device: FakeDevice) -> list[str]:
    return [user["id"] for user in device.users.all()]


def test_r22_a_user_is_added_changed_and_removed_and_their_sign_in_with_them() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        assert "There are none yet." in (await browser.get(USERS)).text
        assert (await add(browser, admin="on")).status == 303
        page = await browser.get(USERS)
        for words in ("The user was saved.", "Ona Kazlauskienė", "ona@bureau.example", "Users: 1 of 300"):
            assert words in page.text
        page = await edit(browser, "ona")
        assert (page.value("id"), page.value("old"), page.value("email")) == ("ona", "ona", "ona@bureau.example")
        assert "4711" not in page.text and 'value="on" checked' in page.text
        kept = {"old": "ona", "base": page.value("base"), "do": "put", "id": "ona", "pin": ""}
        await browser.submit(USERS, **kept, name="Ona K.", email="ona@bureau.example")
        assert device.people.forgotten == []
        assert await device.users.check("ona", "4711") is not None
        page = await edit(browser, "ona")
        kept["base"] = page.value("base")
        await browser.submit(USERS, **kept, name="Ona K.", email="ona.k@bureau.example")
        assert device.people.forgotten == ["ona"]  # the sign-in was the other mailbox's
        page = await edit(browser, "ona")
        await browser.submit(USERS, old="ona", base=page.value("base"), do="remove")
        assert ids(device) == [] and device.people.forgotten == ["ona", "ona"]
        assert [about for _, _, about in device.noted("users")] == [
            "ona added",
            "ona changed",
            "ona changed",
            "ona removed",
        ]
        assert not any("4711" in line for line in device.board.monitor.lines)

    run(story)


def test_a_sign_in_goes_before_its_user_does_and_stays_when_the_change_is_refused() -> None:
    """A power cut in between must not leave it to whoever has the ID then."""

    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await add(browser)
        await add(browser, id="jonas", email="jonas@bureau.example")
        there: list[tuple[str, list[str]]] = []
        device.people.forget = lambda id: there.append((id, ids(device)))  # type: ignore[method-assign]
        page = await edit(browser, "ona")
        change = {"old": "ona", "base": page.value("base"), "do": "put", "pin": "", "name": "Ona"}
        page = await browser.submit(USERS, **change, id="jonas", email="ona@bureau.example")
        assert page.status != 303 and there == []  # somebody else has that ID
        await browser.submit(USERS, **change, id="ona.k", email="ona@bureau.example")
        page = await edit(browser, "jonas")
        await browser.submit(USERS, old="jonas", base=page.value("base"), do="remove")
        assert there == [("ona", ["jonas", "ona"]), ("jonas", ["jonas", "ona.k"])]
        assert ids(device) == ["ona.k"]

    run(story)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"id": "o n a"}, "id"),
        ({"id": ""}, "id"),
        ({"name": "O" * 41}, "name"),
        ({"name": "\x07"}, "name"),
        ({"email": "ona@"}, "email"),
        ({"email": "ąžuolas@bureau.example"}, "email"),
        ({"pin": "1"}, "pin"),
        ({"pin": ""}, "pin"),
    ],
)
@pytest.mark.parametrize("language", ["en", "lt"])
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(
    changed: dict[str, str], field: str, language: str
) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        browser.language = language
        await browser.log_in()
        page = await add(browser, **changed)
        assert page.status == 422 and f'id="{field}-error"' in page.text and f"{field}-error" in page.text
        assert page.value("email") == {**ONA, **changed}["email"] and "4711" not in page.text
        assert ids(device) == []

    run(story)


def test_two_users_cannot_have_one_id() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await add(browser)
        page = await add(browser, id="ONA", email="other@bureau.example")
        assert page.status == 422 and "This ID is there already: ona." in page.text

    run(story)


def test_wc13_a_user_whom_somebody_else_changed_meanwhile_is_not_overwritten() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await add(browser)
        mine, theirs = await edit(browser, "ona"), await edit(browser, "ona")
        fields = {"old": "ona", "do": "put", **ONA}
        assert (await browser.submit(USERS, **{**fields, "name": "First", "base": theirs.value("base")})).status == 303
        answer = await browser.submit(USERS, **{**fields, "name": "Second", "base": mine.value("base")})
        assert answer.status == 422 and "Somebody else changed this user" in answer.text
        user = device.users.find("ona")
        assert user is not None and user["name"] == "First"
        gone = await browser.submit(USERS, **{**fields, "old": "nobody", "base": mine.value("base")})
        assert gone.status == 422

    run(story)


def test_pb18_the_password_is_asked_again_and_what_was_typed_stays_but_the_pin() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await device.board.clock.sleep_ms(300_000)
        assert 'name="proof"' in (await browser.get(USERS)).text
        page = await add(browser)
        assert page.status == 422 and "once more" in page.text and page.value("name") == ONA["name"]
        assert "4711" not in page.text and ids(device) == []
        assert (await add(browser, proof=PASSWORD)).status == 303
        assert ids(device) == ["ona"]
        assert 'name="proof"' not in (await browser.get(USERS)).text

    run(story)


def test_two_hundred_users_are_shown_a_part_at_a_time() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        listed = [(f"u{n:03}", f"u{n:03}@bureau.example") for n in range(200)]
        text = "id,email,pin\r\n" + "".join(f"{id},{email},1234\r\n" for id, email in listed)
        assert (await browser.submit(LIST, do="import", csv=text)).status == 303
        page = await browser.get(USERS)
        assert "Users: 200 of 300" in page.text and page.text.count('name="edit"') == 25
        seen = page.text.count('name="edit"')
        while 'name="from" value="u' in page.text:
            page = await browser.submit(
                USERS, **{"from": page.text.split('name="from" value="u')[1].join(["u", ""])[:4]}
            )
            seen += page.text.count('name="edit"')
            assert len(page.text) < 16_000
        assert seen == 200 and "From the Beginning" in page.text

    run(story)


def test_a_list_comes_in_by_paste_and_by_file_and_goes_out_again() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        pasted = "id;name;email;pin;admin\r\nona;Ona;ona@bureau.example;4711;taip\r\n"
        assert (await browser.submit(LIST, do="import", csv=pasted)).status == 303
        assert "1 users were imported." in (await browser.get(LIST)).text
        rows = "jonas,=1+1,jonas@bureau.example,abcd\r\nona,Ona,ona@elsewhere.example,\r\n"
        file = ("\ufeffid,name,email,pin\r\n" + rows).encode()
        assert (await browser.upload(LIST, {"file": file}, do="import", csv="")).status == 303
        assert ids(device) == ["jonas", "ona"] and device.people.forgotten == ["ona"]
        answer = await browser.submit(LIST, do="export")
        assert answer.headers["content-type"] == "text/csv; charset=UTF-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="users.csv"'
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text == "".join(lines(device.users.all()))
        assert "'=1+1" in answer.text and "4711" not in answer.text and "salt" not in answer.text
        assert device.noted("export") == [("export", browser.peer, "users")]

    run(story)


def test_wc12_each_wrong_line_is_named_and_nothing_is_half_imported() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await add(browser)
        text = "id,email,pin\r\njonas,jonas@bureau.example,1234\r\nx y,a@b.example,1234\r\n<b>,jonas@,1234\r\n"
        page = await browser.submit(LIST, do="import", csv=text)
        assert page.status == 422 and "Nothing was imported." in page.text
        assert (
            "Line 3:" in page.text
            and "Line 4:" in page.text
            and "&lt;b&gt;" in page.text
            and "<b>,jonas" not in page.text
        )
        assert ids(device) == ["ona"]

    run(story)


@pytest.mark.parametrize(
    ("csv", "words"),
    [
        ("", "Choose a file"),
        ("name\r\nOna\r\n", "The first line must name the columns"),
        (
            "id,email,pin\r\n" + "".join(f"u{n},a@b.lt,1234\r\n" for n in range(201)),
            "Import up to 200 users at a time.",
        ),
    ],
)
def test_wc12_a_list_that_is_none_or_too_long(csv: str, words: str) -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await browser.submit(LIST, do="import", csv=csv)
        assert page.status == 422 and words in page.text
        assert ids(device) == []

    run(story)


def test_wc12_there_is_room_for_so_many_and_no_more() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        for part in range(0, MOST, 150):
            rows = "".join(f"u{n},a@b.lt,1234\r\n" for n in range(part, part + 150))
            assert (await browser.submit(LIST, do="import", csv="id,email,pin\r\n" + rows)).status == 303
        page = await browser.submit(LIST, do="import", csv="id,email,pin\r\nmore,a@b.lt,1234\r\n")
        assert page.status == 422 and "There is room for 300 users." in page.text
        assert len(ids(device)) == MOST
        page = await browser.submit(LIST, do="import", csv="id,email\r\nu1,c@b.lt\r\nnew,c@b.lt\r\n")
        assert page.status == 422 and "Line 3:" in page.text and "PIN" in page.text

    run(story)


def test_wc12_ten_thousand_users_are_refused_at_the_door() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        text = "id,email\r\n" + "".join(f"u{n},u{n}@bureau.example\r\n" for n in range(10_000))
        assert (await browser.upload(LIST, {"file": text.encode()}, do="import", csv="")).status == 413
        assert (await browser.upload(LIST, {"file": b"\xff\xfe"}, do="import", csv="")).status == 422
        assert (await browser.get(LIST)).status == 200

    run(story)


def test_pb18_lists_need_the_password_too_each_at_its_own_field() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await add(browser)
        await device.board.clock.sleep_ms(300_000)
        page = await browser.submit(LIST, do="export")
        assert page.status == 422 and 'id="proof-export-error"' in page.text and "ona@" not in page.text
        page = await browser.submit(LIST, do="import", csv="id,email\r\n")
        assert page.status == 422 and 'id="proof-error"' in page.text
        assert (await browser.submit(LIST, do="export", proof=PASSWORD)).text.startswith("id,name")

    run(story)


def test_a_full_flash_says_so_and_keeps_the_list() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        await add(browser)
        device.board.storage.capacity_bytes = 10
        assert (await add(browser, id="jonas")).status == 500
        assert ids(device) == ["ona"]

    run(story)
