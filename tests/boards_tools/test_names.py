"""Private names of the boards' modules are shortened where nobody can tell the difference."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from boards import mpy, names
from sim.image import ROOT, build_folder
from tests.boards_tools.program import result_of

_STORE = '''\
"""It has a `_write_all` for others."""
from micropython import const

_MOST = const(3)
_LIMITS = (_MOST, 4)

class Store:
    def __init__(self, folder: "_Folder") -> None:
        self._folder = folder
        self._written = 0

    def write(self, _text: str, again: bool = False) -> int:
        self._written += len(_text)
        return self._written if again else self.write("_written or not", again=True)

class _Folder:
    pass
'''
_USER = """\
class User:
    def __init__(self, store):
        self._store, self._seen = store, 0

    def look(self, kind):
        self._seen += 1
        return getattr(self, "_look_" + kind)()

    def _look_twice(self):
        return self._seen

    def _look_at_folder(self):
        return self._store._folder
"""


_FIRST, _SECOND, _THIRD = "index", "find", "step"  # what MicroPython has anyway


def _main(text: str) -> dict[str, str]:
    return {"firmware/store.py": _STORE, "firmware/user.py": _USER, "firmware/main.py": text}


def test_names_of_one_module_are_short_and_lines_stay() -> None:
    short, meanings = names.shorten({"firmware/store.py": _STORE, "firmware/user.py": _USER})
    assert meanings["firmware/store.py"] == {_FIRST: "_LIMITS", _SECOND: "_text"}
    assert meanings["firmware/user.py"] == {_FIRST: "_store", _SECOND: "_seen"}
    for place, text in (("firmware/store.py", _STORE), ("firmware/user.py", _USER)):
        assert len(short[place].splitlines()) == len(text.splitlines())
    assert 'getattr(self, "_look_" + index)()' in short["firmware/user.py"]


def test_it_does_the_same_afterwards() -> None:
    texts = _main("""\
from firmware.store import Store
from firmware.user import User

s = Store(7)
u = User(s)
result = s.write("four"), s.write("five", True), u.look("twice"), u.look("at_folder"), u.look(kind="twice")
""")
    short, _ = names.shorten(texts)
    assert result_of(short) == result_of(texts) == (19, 23, 1, 7, 3)


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("import core\ncore._queue", "_queue"),  # nothing here gives it a value
        ("import core\ncore._queue = 3\nprint('_queue')", "_queue"),
        ("from core import queue as _queue\n_queue.get()", "_queue"),
        ("x = f()\n_y = f()\nprint(f'{x} {_y}')", "_y"),
        ("class _Private:\n    pass", "_Private"),
        ("_MOST = const(1)\nprint(_MOST)", "_MOST"),
        ("self._body = b''", "_body"),  # a library's, see below
        ("def __init__(self): pass", "__init__"),
    ],
)
def test_what_somebody_else_may_ask_for_stays(text: str, stays: str) -> None:
    short, meanings = names.shorten({"firmware/a.py": text}, ["request._body = None"])
    assert short["firmware/a.py"] == text
    assert stays in text and not meanings


def test_classes_that_inherit_from_each_other_share_names() -> None:
    base = "class Base:\n    def __init__(self):\n        self._one = 1\n"
    middle = "from firmware import base\nclass Middle(base.Base):\n    def m(self):\n        self._two = self._one\n"
    last = (
        "from firmware.middle import Middle as M\nclass Last(M):\n    def l(self):\n        self._three = self._one\n"
    )
    beside = "from firmware.base import Base\nclass Beside(Base):\n    def b(self):\n        self._four = self._one\n"
    other = "class Other:\n    def o(self):\n        self._five = 5\n"
    _, meanings = names.shorten(
        {
            "firmware/base.py": base,
            "firmware/middle.py": middle,
            "firmware/last.py": last,
            "firmware/beside.py": beside,
            "firmware/other.py": other,
        }
    )
    assert meanings["firmware/base.py"] == {_FIRST: "_one"}
    assert meanings["firmware/last.py"] == {_FIRST: "_one", _SECOND: "_three"}
    assert meanings["firmware/middle.py"] == {_FIRST: "_one", _THIRD: "_two"}
    assert meanings["firmware/beside.py"] == {_FIRST: "_one", _SECOND: "_four"}  # no object is of Middle and Beside
    assert meanings["firmware/other.py"] == {_FIRST: "_five"}


def test_what_one_object_may_have_of_two_classes_is_told_apart() -> None:
    left = "class Left:\n    def l(self):\n        self._one = self._both = 1\n"
    right = "class Right:\n    def r(self):\n        self._two = self._both\n"
    both = "from firmware.left import Left\nfrom firmware.right import Right\nclass Both(Left, Right):\n    pass\n"
    texts = {"firmware/left.py": left, "firmware/right.py": right, "firmware/both.py": both}
    _, meanings = names.shorten(texts)
    new = {old: short for place in meanings for short, old in meanings[place].items()}
    assert len(set(new.values())) == 3
    main = "from firmware.both import Both\nb = Both()\nb.l()\nb.r()\nresult = sorted(vars(b).values())"
    short, _ = names.shorten({**texts, "firmware/main.py": main})
    assert result_of(short) == [1, 1, 1]


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("def index(): pass\n_a = f()", _FIRST),
        ("_a = f()\nindex(_a)", _FIRST),
        ("self._a = 1\nself.index = 2", _FIRST),
        ("class C:\n    index = 2\n    def f(self):\n        self._a = 1", _FIRST),
        ("self._a = 1\ngetattr(self, 'index')", _FIRST),
        ("from a import index\n_a = f()", _FIRST),
        ("f(index=1)\n_a = f()", _FIRST),
    ],
)
def test_a_new_name_is_not_one_that_is_there(text: str, taken: str) -> None:
    _, meanings = names.shorten({"firmware/a.py": text})
    assert taken not in meanings["firmware/a.py"]


def test_of_other_objects_it_may_be_the_name_of_something_else() -> None:
    _, meanings = names.shorten({"firmware/a.py": "self._a = 1\nself._b = 'text'.index('x')"})
    assert list(meanings["firmware/a.py"]) == [_FIRST, _SECOND]


@pytest.mark.parametrize(
    ("base", "new"), [("ValueError", _FIRST), ("io.IOBase", _FIRST), ("list", "_a"), ("a.B", "_a")]
)
def test_an_object_that_is_another_s_too_gets_no_name_of_that(base: str, new: str) -> None:
    _, meanings = names.shorten({"firmware/a.py": f"class C({base}):\n    def f(self):\n        self._x = 1"})
    assert meanings["firmware/a.py"] == {new: "_x"}


def test_when_all_are_taken_there_are_others() -> None:
    _, meanings = names.shorten({"firmware/a.py": "".join(f"self._n{n} = 1\n" for n in range(100)) + "print('_a')"})
    new = list(meanings["firmware/a.py"])
    assert len(set(new)) == 100
    assert new[-1].startswith("_") and "_a" not in new and "_b" in new


@pytest.mark.parametrize(
    ("elsewhere", "stays"), [("self._n = 2", False), ("x._n = 2", True), ("from a import _n", True)]
)
def test_what_one_module_uses_of_another_stays_in_both(elsewhere: str, stays: bool) -> None:
    _, meanings = names.shorten({"firmware/a.py": "self._n = 1", "firmware/b.py": elsewhere})
    assert meanings == ({} if stays else {"firmware/a.py": {_FIRST: "_n"}, "firmware/b.py": {_FIRST: "_n"}})


def test_what_a_library_gives_by_keyword_stays() -> None:
    short, _ = names.shorten({"firmware/a.py": "def f(request, status):\n    pass"}, ["handler(request, status=404)"])
    assert short == {"firmware/a.py": "def f(index, status):\n    pass"}


def test_the_new_names_are_numbers_in_compiled_files(tmp_path: Path) -> None:
    free = [*names.FREE.split(), *names.ALSO_FREE.split()]
    build_folder(tmp_path / "free", {"a.py": "".join(f"x.{name}\n" for name in [*free, "another"])})
    compiled = (tmp_path / "free" / "a.mpy").read_bytes()
    assert [name for name in [*free, "another"] if name.encode() + b"\0" in compiled] == ["another"]


_TYPED = """\
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Pair = tuple[Any, Any]

def f(pair: "Pair") -> "Any":
    return pair
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_TYPED, '\n\n\n\n\n\ndef f(pair: "Pair") -> "Any":\n    return pair\n'),
        (_TYPED + "print(TYPE_CHECKING)\n", None),
        ("if TYPE_CHECKING:\n    x = 1\nelse:\n    x = 2\n", "if TYPE_CHECKING:\n    x = 1\nelse:\n    x = 2\n"),
        ("if RUNNING:\n    x = 1\n", "if RUNNING:\n    x = 1\n"),
    ],
)
def test_what_only_type_checkers_read_is_left_out(text: str, expected: str | None) -> None:
    found = names.without_types(text)
    assert len(found.splitlines()) == len(text.splitlines())
    if expected is None:  # somebody else reads the name
        assert found.startswith("TYPE_CHECKING = False\n") and "Pair =" not in found
    else:
        assert found == expected


def test_the_firmware_has_the_same_functions_and_classes_in_the_same_lines_afterwards() -> None:
    modules = mpy.needed(ROOT, mpy.starts("pico"))
    short = names.shortened(ROOT, modules)
    meanings = json.loads((ROOT / "build" / "short.json").read_text())["names"]
    for place, path in short.items():
        before = _defined(names.without_types(modules[place].read_text()), {})
        assert _defined(path.read_text(), meanings.get(place, {})) == before, place


def _defined(text: str, meanings: dict[str, str]) -> list[tuple[str, int]]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    return [(meanings.get(node.name, node.name), node.lineno) for node in nodes]
