"""Private names of the boards' modules are shortened where nobody can tell the difference."""

from __future__ import annotations

import ast
import re

import pytest

from boards import mpy, names
from sim.image import ROOT

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


def test_names_of_one_module_are_short_and_lines_stay() -> None:
    short, meanings = names.shorten({"firmware/store.py": _STORE, "firmware/user.py": _USER})
    assert set(meanings["firmware/store.py"].values()) == {"_LIMITS", "_text"}
    assert set(meanings["firmware/user.py"].values()) == {"_store", "_seen"}
    assert list(meanings["firmware/store.py"]) == list(meanings["firmware/user.py"]) == ["_a", "_b"]
    for place, text in (("firmware/store.py", _STORE), ("firmware/user.py", _USER)):
        meaning = meanings[place]
        back = re.sub(r"\b_\w+", lambda name, meaning=meaning: meaning.get(name[0], name[0]), short[place])  # type: ignore[misc]
        assert back == text
        assert len(short[place].splitlines()) == len(text.splitlines())


def test_it_does_the_same_afterwards() -> None:
    short, _ = names.shorten({"firmware/store.py": _STORE, "firmware/user.py": _USER})
    world: dict[str, object] = {}
    for place in short:
        exec(short[place].replace("from micropython import const", "const = int"), world)
    exec("s = Store(7); u = User(s); r = s.write('four'), u.look('twice'), u.look('at_folder')", world)
    assert world["r"] == (19, 1, 7)


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("import core\ncore._queue", "_queue"),  # nothing here gives it a value
        ("import core\ncore._queue = 3\nprint('_queue')", "_queue"),
        ("from core import queue as _queue\n_queue.get()", "_queue"),
        ("x = 1\n_y = 2\nprint(f'{x} {_y}')", "_y"),
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
    middle = "from firmware import base\nclass Middle(base.Base):\n    def m(self):\n        self._two = 2\n"
    last = "from firmware.middle import Middle as M\nclass Last(M):\n    def l(self):\n        self._three = 3\n"
    other = "class Other:\n    def o(self):\n        self._four = 4\n"
    sources = {"firmware/base.py": base, "firmware/middle.py": middle, "firmware/last.py": last, "firmware/o.py": other}
    _, meanings = names.shorten(sources)
    assert len({new for place in meanings for new in meanings[place]}) == 3
    together = [new for place in ("base", "middle", "last") for new in meanings[f"firmware/{place}.py"]]
    assert len(set(together)) == 3
    assert list(meanings["firmware/o.py"]) == ["_a"]


def test_a_short_name_is_not_one_that_is_there() -> None:
    short, meanings = names.shorten({"firmware/a.py": "_a = 1\nprint('_a')\n_long = 2"})
    assert short["firmware/a.py"] == "_a = 1\nprint('_a')\n_b = 2"
    assert meanings == {"firmware/a.py": {"_b": "_long"}}


@pytest.mark.parametrize(
    ("elsewhere", "stays"), [("self._n = 2", False), ("x._n = 2", True), ("from a import _n", True)]
)
def test_what_one_module_uses_of_another_stays_in_both(elsewhere: str, stays: bool) -> None:
    _, meanings = names.shorten({"firmware/a.py": "self._n = 1", "firmware/b.py": elsewhere})
    assert meanings == ({} if stays else {"firmware/a.py": {"_a": "_n"}, "firmware/b.py": {"_a": "_n"}})


def test_the_firmware_has_the_same_public_names_and_lines_afterwards() -> None:
    modules = mpy.needed(ROOT, mpy.starts("pico"))
    for place, path in names.shortened(ROOT, modules).items():
        before, after = ast.parse(modules[place].read_text()), ast.parse(path.read_text())
        assert _seen(before) == _seen(after), place


def _seen(tree: ast.Module) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(tree):
        name = getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
        if isinstance(name, str):
            found.append(("_" if name.startswith("_") else name, getattr(node, "lineno", 0)))
    return found
