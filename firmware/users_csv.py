"""Lists of users as CSV (RFC 4180), for spreadsheets: `parsed` and `lines`. A list gives no PINs away.

The first line names the columns: id, name, email, pin, admin, in any order; only id and email must be there. A semicolon
separates as well as a comma, because spreadsheets of many countries write that.
"""

import binascii

from firmware.csv import line
from firmware.users import MOST, checked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firmware.users import User

    Problem = tuple[int, tuple[str, ...]]  # line, (message key, what the message names)

_COLUMNS = ("id", "name", "email", "pin", "admin")
_MUST = ("id", "email")
_YES = ("on", "yes", "true", "1", "x", "taip")
_NO = ("", "off", "no", "false", "0", "ne")
MOST_PROBLEMS = 10


def parsed(text: str) -> "tuple[list[tuple[User, str]], list[Problem]]":
    """The users and their PINs ("" where there is none), or what is wrong: the first few lines of which that can be said.

    With problems the list is not for use.
    """
    users: "list[tuple[User, str]]" = []
    problems: "list[Problem]" = []
    for number, user, pin, problem in entries(text):
        if user is None:
            problems.append((number, problem))
            if len(problems) == MOST_PROBLEMS:
                break
        else:
            users.append((user, pin))
    return users, problems


def entries(text: str) -> "Iterator[tuple[int, User | None, str, tuple[str, ...]]]":
    """(line, user, PIN, ()) or (line, None, "", what is wrong) of each line, one after the other: a long list of users has
    no room in a small heap. A list without a good first line has that one problem, one that is too long ends with it.
    """
    columns: "list[str]" = []
    marks: "set[int]" = set()  # of the IDs, which take more room themselves
    count = 0
    for number, cells in _rows(text):
        if not columns:
            columns = [cell.strip().lower() for cell in cells]
            if any(column not in columns for column in _MUST) or len(set(columns)) < len(columns):
                yield number, None, "", ("web.csv_columns", ", ".join(_COLUMNS))
                return
            continue
        fields = {column: cell for column, cell in zip(columns, cells) if column in _COLUMNS}  # noqa: B905 - MicroPython
        admin = fields.get("admin", "").strip().lower()
        try:
            if len(cells) != len(columns):
                raise ValueError("web.csv_cells", str(len(columns)))
            if admin not in _YES and admin not in _NO:
                raise ValueError("web.csv_admin", admin)
            fields["admin"] = "on" if admin in _YES else ""
            user = checked(fields)
            mark = binascii.crc32(user["id"].encode())
            if mark in marks and _is_before(text, number, columns.index("id"), user["id"]):
                raise ValueError("web.user_twice", user["id"])
        except ValueError as error:
            yield number, None, "", error.args
            continue
        if count == MOST:
            yield number, None, "", ("web.users_full", str(MOST))
            return
        count += 1
        marks.add(mark)
        yield number, user, fields.get("pin", ""), ()
    if not columns:
        yield 1, None, "", ("web.csv_columns", ", ".join(_COLUMNS))


def _is_before(text: str, line: int, column: int, id: str) -> bool:
    """Whether a row before `line` has this ID."""
    for number, cells in _rows(text):
        if number >= line:
            break
        if column < len(cells) and cells[column].strip().lower() == id:
            return True
    return False


def lines(users: "Iterable[User]") -> "Iterator[str]":
    """The list, line by line. The PINs' column stays empty: read again, it leaves them as they are."""
    yield line(list(_COLUMNS))
    for user in users:
        admin = "yes" if user["admin"] else ""
        yield line([user["id"], user["name"], user["email"], "", admin])


def _rows(text: str) -> "Iterator[tuple[int, list[str]]]":
    """(number of its first line, cells) of each row that is not empty."""
    separator = ";" if ";" in text.partition("\n")[0] else ","
    number = begun = 1
    cells: "list[str]" = []
    cell = ""
    quoted = False
    at, end = 1 if text[:1] == "\ufeff" else 0, len(text)
    while at <= end:
        character = text[at] if at < end else "\n"  # and no copy of a long text with one more
        at += 1
        if character == "\n":
            number += 1
        if quoted:
            if character != '"':
                cell += character
            elif text[at : at + 1] == '"':
                cell += '"'
                at += 1
            else:
                quoted = False
        elif character == '"' and not cell:
            quoted = True
        elif character == separator:
            cells.append(cell)
            cell = ""
        elif character == "\n":
            cells.append(cell)
            if any(part.strip() for part in cells):
                yield begun, cells
            cells, cell, begun = [], "", number
        elif character != "\r":
            cell += character
    if quoted:  # to the end: a row that has no cells is one too few
        yield begun, []
