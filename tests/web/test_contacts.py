"""Contacts in Web Config: added, changed, removed; each change is logged with the old address (WC-16)."""

from __future__ import annotations

from firmware.contacts import MOST
from tests.web.support import Browser, FakeDevice, run

CONTACTS = "/contacts"
ONA = "ona@bureau.example"


def test_wc16_added_changed_and_removed_with_a_line_in_the_log() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        assert "There are none yet." in (await browser.get(CONTACTS)).text
        answer = await browser.submit(CONTACTS, name="Ona", address=ONA, old="", do="put")
        assert (answer.status, answer.where) == (303, CONTACTS)
        page = await browser.get(CONTACTS)
        assert "The contact was saved." in page.text and ONA in page.text
        page = await browser.submit(CONTACTS, edit=ONA)
        assert (page.value("name"), page.value("address"), page.value("old")) == ("Ona", ONA, ONA)
        await browser.submit(CONTACTS, name="Ona", address="ona@elsewhere.example", old=ONA, do="put")
        assert device.contacts.all() == [("Ona", "ona@elsewhere.example")]
        await browser.submit(CONTACTS, name="", address="", old="ona@elsewhere.example", do="remove")
        assert device.contacts.all() == []
        assert device.noted("contacts") == [
            ("contacts", "198.51.100.20", f"{ONA} added"),
            ("contacts", "198.51.100.20", f"{ONA} changed to ona@elsewhere.example"),
            ("contacts", "198.51.100.20", "ona@elsewhere.example removed"),
        ]
        assert [told[-1] for told in device.told] == ["", ONA, ""]  # the old address is told of the new one

    run(story)


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await browser.submit(CONTACTS, name="Ona", address="ona@", old="", do="put")
        assert page.status == 422 and 'aria-describedby="address-error"' in page.text
        assert (page.value("name"), page.value("address")) == ("Ona", "ona@")
        page = await browser.submit(CONTACTS, name="O" * 41, address=ONA, old="", do="put")
        assert page.status == 422 and 'aria-describedby="name-error"' in page.text
        assert device.contacts.all() == []

    run(story)


def test_wc08_a_name_is_text_wherever_it_is_shown() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        name = '"><script>alert(1)</script>'
        await browser.log_in()
        await browser.submit(CONTACTS, name=name, address=ONA, old="", do="put")
        assert device.contacts.all() == [(name, ONA)]
        for page in (await browser.get(CONTACTS), await browser.submit(CONTACTS, edit=ONA)):
            assert "<script" not in page.text and "&lt;script&gt;" in page.text

    run(story)


def test_a_contact_that_is_not_there_is_not_edited_and_its_removal_not_logged() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        page = await browser.submit(CONTACTS, edit=ONA)
        assert page.value("old") == ""
        await browser.submit(CONTACTS, name="", address="", old=ONA, do="remove")
        assert device.noted("contacts") == []

    run(story)


def test_a_full_book_and_a_full_flash_say_so() -> None:
    async def story(device: FakeDevice, browser: Browser) -> None:
        await browser.log_in()
        for number in range(MOST):
            device.contacts.put(f"{number:02}", f"a{number}@bureau.example")
        page = await browser.submit(CONTACTS, name="one more", address=ONA, old="", do="put")
        assert page.status == 422 and str(MOST) in page.text
        device.board.storage.capacity_bytes = 10
        page = await browser.submit(CONTACTS, name="00", address=ONA, old="a0@bureau.example", do="put")
        assert page.status == 500
        assert len(device.contacts.all()) == MOST and ("00", "a0@bureau.example") in device.contacts.all()

    run(story)
