"""The address book: kept in order, bounded, and as it was when something is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.contacts import LONGEST_NAME, MOST, Contacts
from firmware.store import Store
from hal.errors import StorageFull
from sim.storage import RamStorage

ONA, JONAS = "ona@bureau.example", "jonas@bureau.example"
_NAME = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=LONGEST_NAME)
_ADDRESS = st.sampled_from([f"{local}@bureau.example" for local in ("a", "A", "b", "c", "dd")])


class Logged:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        self.lines.append(line)


def book(storage: RamStorage | None = None) -> Contacts:
    board: Any = SimpleNamespace(storage=storage or RamStorage(), monitor=Logged())
    return Contacts(Store(board))


def test_names_stand_as_a_reader_looks_for_them() -> None:
    contacts = book()
    for name in ("Žydrūnas", "jonas", "Ąžuolė", "Azalija", "Šarūnas", "Simas"):
        contacts.put(name, f"a{len(contacts.all())}@bureau.example")
    names = [name for name, _ in contacts.all()]
    assert names == ["Azalija", "Ąžuolė", "jonas", "Šarūnas", "Simas", "Žydrūnas"]


def test_an_address_without_a_name_is_its_own() -> None:
    contacts = book()
    contacts.put("  ", ONA)
    assert contacts.all() == [(ONA, ONA)]


def test_changed_and_removed_by_the_address_whatever_its_letters() -> None:
    contacts = book()
    contacts.put("Ona", ONA)
    contacts.put("Jonas", JONAS)
    contacts.put("Ona Onaitė", "ona.onaite@bureau.example", old=ONA.upper())
    assert contacts.all() == [("Jonas", JONAS), ("Ona Onaitė", "ona.onaite@bureau.example")]
    contacts.remove(JONAS.upper())
    contacts.remove("nobody@bureau.example")
    assert [name for name, _ in contacts.all()] == ["Ona Onaitė"]


@pytest.mark.parametrize(
    ("name", "address", "old", "key"),
    [
        ("Ona", "not an address", "", "error.address"),
        ("Ona", "ąžuolas@bureau.example", "", "error.address_ascii"),
        ("x" * (LONGEST_NAME + 1), "b@bureau.example", "", "error.too_long"),
        ("O\r\nna", "b@bureau.example", "", "error.contact_name"),
        ("O\ud800", "b@bureau.example", "", "error.contact_name"),
        ("Another", ONA.upper(), "", "error.contact_twice"),
        ("Jonas", ONA, JONAS, "error.contact_twice"),
    ],
)
def test_what_is_refused_changes_nothing(name: str, address: str, old: str, key: str) -> None:
    contacts = book()
    contacts.put("Ona", ONA)
    contacts.put("Jonas", JONAS)
    before = contacts.all()
    with pytest.raises(ValueError, match=key):
        contacts.put(name, address, old)
    assert contacts.all() == before


def test_a_full_book_takes_changes_and_nobody_new() -> None:
    contacts = book()
    for number in range(MOST):
        contacts.put(f"{number:02}", f"a{number}@bureau.example")
    with pytest.raises(ValueError, match=r"error\.contacts_full"):
        contacts.put("one more", ONA)
    contacts.put("00", ONA, old="a0@bureau.example")
    assert len(contacts.all()) == MOST and contacts.all()[0] == ("00", ONA)


def test_full_flash_leaves_the_book_as_it_was() -> None:
    storage = RamStorage()
    contacts = book(storage)
    contacts.put("Ona", ONA)
    storage.capacity_bytes = 10
    with pytest.raises(StorageFull):
        contacts.put("Jonas", JONAS)
    assert contacts.all() == [("Ona", ONA)]


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"contacts": None},
        {"contacts": {"a": 1}},
        {"contacts": ["a", 7, None, [], ["x"], ["Ona", 7], ["Ona", ONA, "more"]]},
        {"contacts": [["Ona", ONA]] * (MOST + 5)},
    ],
)
def test_a_record_of_another_shape_is_read_as_far_as_it_goes(record: dict[str, Any]) -> None:
    storage = RamStorage()
    board: Any = SimpleNamespace(storage=storage, monitor=Logged())
    Store(board).write("contacts", record)
    contacts = book(storage).all()
    assert len(contacts) <= MOST and set(contacts) <= {("Ona", ONA)}


@given(st.lists(st.tuples(st.sampled_from(("put", "remove")), _NAME, _ADDRESS, _ADDRESS | st.just("")), max_size=15))
def test_it_is_a_dictionary_by_address(steps: list[tuple[str, str, str, str]]) -> None:
    contacts, model = book(), dict[str, tuple[str, str]]()
    for step, name, address, old in steps:
        if step == "remove":
            contacts.remove(address)
            model.pop(address.lower(), None)
            continue
        if address.lower() in model and address.lower() != old.lower():
            with pytest.raises(ValueError, match=r"error\.contact_twice"):
                contacts.put(name, address, old)
        else:
            contacts.put(name, address, old)
            model.pop(old.lower(), None)
            model[address.lower()] = (name.strip() or address[:LONGEST_NAME], address)
        assert sorted(contacts.all()) == sorted(model.values())
