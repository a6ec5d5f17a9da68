"""The users of Scan to My Email: kept line by line, PINs slowly checked, lists of them in one step."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import users_csv
from firmware.store import Store
from firmware.users import MOST, Users, record_of
from hal.errors import StorageError, StorageFull
from sim.board import SimEntropy, SimIdentity
from sim.storage import RamStorage

_T = TypeVar("_T")
ONA = {"id": "Ona", "name": "Ona Kazlauskienė", "email": "ona@bureau.example", "pin": "4711", "admin": "on"}
JONAS = {"id": "jonas", "name": "", "email": "jonas@bureau.example", "pin": "0815"}


def done(work: Coroutine[Any, Any, _T]) -> _T:
    return asyncio.run(work)


class Clock:
    def __init__(self) -> None:
        self.ms = 0

    def ticks_ms(self) -> int:
        return self.ms

    async def sleep_ms(self, ms: int) -> None:
        await asyncio.sleep(0)


class Board:
    def __init__(self, storage: RamStorage | None = None, serial: str = "SP00001234") -> None:
        self.storage = storage or RamStorage()
        self.clock = Clock()
        self.lines: list[str] = []
        self.monitor = SimpleNamespace(log=self.lines.append)
        self.identity = SimIdentity(serial, "kmq7w3xz9d")
        self.entropy = SimEntropy(random.Random(1))

    def users(self) -> Users:
        board: Any = self
        return Users(board, Store(board))


def two() -> Board:
    board = Board()
    done(board.users().put(ONA))
    done(board.users().put(JONAS))
    return board


def test_r22_users_are_kept_by_id_and_found_in_any_case() -> None:
    users = two().users()
    assert [(user["id"], user["name"], user["admin"]) for user in users.all()] == [
        ("jonas", "jonas", False),
        ("ona", "Ona Kazlauskienė", True),
    ]
    found = users.find(" ONA ")
    assert found is not None and found["email"] == "ona@bureau.example"
    assert users.find("petras") is None and users.count() == 2


def test_a_pin_is_checked_and_not_to_be_read_on_flash_nor_on_another_device() -> None:
    board = two()
    assert done(board.users().check("ona", "4711")) is not None
    assert done(board.users().check("jonas", "4711")) is None
    assert not any(b"4711" in data or b"0815" in data for data in board.storage.files.values())
    moved = Board(RamStorage(), serial="SP00009999")
    moved.storage.files = dict(board.storage.files)
    assert done(moved.users().check("ona", "4711")) is None


def test_a_change_keeps_the_pin_and_may_change_the_id() -> None:
    users = two().users()
    done(users.put({"id": "ona.k", "email": "ona@bureau.example", "pin": ""}, old="ona"))
    assert users.find("ona") is None
    assert done(users.check("ona.k", "4711")) is not None
    done(users.put({"id": "ona.k", "email": "ona@bureau.example", "pin": "123456"}, old="ona.k"))
    assert done(users.check("ona.k", "4711")) is None
    done(users.remove("ona.k"))
    done(users.remove("nobody"))
    assert [user["id"] for user in users.all()] == ["jonas"]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"id": ""}, "web.user_id"),
        ({"id": "a b"}, "web.user_id"),
        ({"id": "x" * 21}, "web.user_id"),
        ({"id": "jonas"}, "web.user_twice"),
        ({"name": "x" * 41}, "error.too_long"),
        ({"name": "a\rb"}, "error.contact_name"),
        ({"email": "ona"}, "error.address"),
        ({"pin": "123"}, "web.pin"),
        ({"id": "new", "pin": ""}, "web.pin"),
    ],
)
def test_what_cannot_be_a_user_is_refused_and_nothing_changes(change: dict[str, str], key: str) -> None:
    board = two()
    before = {name: bytes(data) for name, data in board.storage.files.items()}
    with pytest.raises(ValueError, match=key):
        done(board.users().put({**ONA, **change}, old="" if "id" in change else "ona"))
    assert {name: bytes(data) for name, data in board.storage.files.items()} == before


def test_wrong_tries_lock_that_id_for_longer_and_longer_also_over_a_restart() -> None:
    board = two()
    tries = passed_ms = 0
    while passed_ms < 24 * 3600 * 1000:
        users = board.users()
        wait_ms = users.locked_for_s("ona") * 1000
        board.clock.ms += wait_ms
        passed_ms += wait_ms
        assert done(users.check("ona", "0000")) is None
        tries += 1
    assert tries <= 100
    assert done(board.users().check("jonas", "0815")) is not None  # the others' IDs are not locked
    board.clock.ms += board.users().locked_for_s("ona") * 1000
    users = board.users()
    board.clock.ms += users.locked_for_s("ona") * 1000
    assert done(users.check("ona", "4711")) is not None and users.locked_for_s("ona") == 0


def test_no_more_ids_than_a_few_are_counted() -> None:
    board = two()
    users = board.users()
    for number in range(100):
        done(users.check(f"nobody{number}", "0000"))
        assert users.locked_for_s(f"nobody{number}") == 2
    assert len(users._failures) <= 17 and users.locked_for_s("nobody0") == 0


def everybody(count: int) -> list[dict[str, str]]:
    return [{"id": f"u{n:03}", "email": f"u{n:03}@bureau.example", "pin": f"{n:04}"} for n in range(count)]


def as_csv(people: list[dict[str, str]]) -> str:
    return "id,email,pin\r\n" + "".join(f"{u['id']},{u['email']},{u['pin']}\r\n" for u in people)


def test_a_list_of_300_comes_in_at_once_and_one_more_does_not() -> None:
    board = Board()
    people, problems = users_csv.parsed(as_csv(everybody(MOST)))
    assert not problems
    done(board.users().replace(people, []))
    assert board.users().count() == MOST
    assert done(board.users().check("u299", "0299")) is not None
    with pytest.raises(ValueError, match="users_full"):
        done(board.users().put(ONA))
    assert users_csv.parsed(as_csv(everybody(10_000)))[1][0][1][0] == "web.users_full"


def test_what_goes_out_comes_in_and_leaves_the_pins() -> None:
    board = two()
    text = "".join(users_csv.lines(board.users().all()))
    assert "4711" not in text
    people, problems = users_csv.parsed(text)
    assert not problems
    done(board.users().replace(people, []))
    assert [user["name"] for user in board.users().all()] == ["jonas", "Ona Kazlauskienė"]
    assert done(board.users().check("ona", "4711")) is not None


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("", 1, "web.csv_columns"),
        ("name,email\r\n", 1, "web.csv_columns"),
        ("id,id,email\r\n", 1, "web.csv_columns"),
        ("id,email\r\nona,ona@x.example\r\nona,ona@x.example", 3, "web.user_twice"),
        ("id,email\r\nona\r\n", 2, "web.csv_cells"),
        ('id,email\r\n\r\n"ona,ona@x.example\r\n', 3, "web.csv_cells"),
        ("id,email,admin\r\nona,ona@x.example,perhaps", 2, "web.csv_admin"),
        ("id,email\nona,=1+1", 2, "error.address"),
    ],
)
def test_wc12_a_list_with_a_mistake_names_the_line(text: str, line: int, key: str) -> None:
    _, problems = users_csv.parsed(text)
    assert (problems[0][0], problems[0][1][0]) == (line, key)


def test_semicolons_quotes_and_what_a_spreadsheet_would_compute() -> None:
    people, problems = users_csv.parsed('\ufeffID;Email;Name;Admin\r\nona;ona@x.example;"O; ""K""\nB";taip\r\n')
    assert problems[0][1][0] == "error.contact_name"  # a line feed in a name
    people, problems = users_csv.parsed('id;email;name;admin\r\nona;ona@x.example;"O; ""K""";taip\r\n')
    assert not problems and people[0][0]["name"] == 'O; "K"' and people[0][0]["admin"]
    dangerous = [dict(people[0][0], name="=cmd()")]
    assert ",'=cmd()," in "".join(users_csv.lines(dangerous))


@given(st.text(max_size=300))
def test_any_text_is_users_or_problems(text: str) -> None:
    people, problems = users_csv.parsed("id,email\n" + text)
    assert all(user["email"] for user, _ in people) and len(problems) <= 10


def test_a_flash_that_fails_leaves_the_old_list_or_the_new_one() -> None:
    board = two()
    before = [dict(user) for user in board.users().all()]
    people, _ = users_csv.parsed(as_csv(everybody(40)))
    for fail_at in range(1, 10):
        storage = Failing(board.storage, fail_at)
        failing = Board(storage)
        try:
            done(failing.users().replace([(dict(user), pin) for user, pin in people], []))
        except StorageError:
            assert [dict(user) for user in Board(storage).users().all()] == before
        else:
            assert failing.users().count() == 42
            return
    raise AssertionError("it never came through")


class Failing(RamStorage):
    """Fails at the `fail_at`th change of the flash, and at no other."""

    def __init__(self, of: RamStorage, fail_at: int) -> None:
        super().__init__()
        self.files = {name: bytearray(data) for name, data in of.files.items()}
        self._left = fail_at

    def _change(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise StorageFull("full")

    def write(self, name: str, data: Any) -> None:
        self._change()
        super().write(name, data)

    def append(self, name: str, data: Any) -> None:
        self._change()
        super().append(name, data)

    def rename(self, old: str, new: str) -> None:
        self._change()
        super().rename(old, new)


def test_records_of_sign_ins_have_names_that_a_flash_takes() -> None:
    assert len(record_of("x" * 20)) <= 28 and record_of("ona") != record_of("onb")
