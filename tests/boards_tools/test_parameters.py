"""Parameters of the boards' modules have other names only where no caller can tell."""

from __future__ import annotations

import pytest

from boards import parameters
from tests.boards_tools.program import result_of

_NAMES = ["index", "find", "step"]


def _renamed(text: str, *by_keyword: str) -> str:
    return parameters.renamed(text, _NAMES, {"self", *by_keyword})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(one, two):\n    return one - two", "def f(index, find):\n    return index - find"),
        ("def f(self, one):\n    self.one = one", "def f(self, index):\n    self.one = index"),
        ("async def f(*, one=1):\n    return one", "async def f(*, index=1):\n    return index"),
        ("f = lambda one, /: one", "f = lambda index, /: index"),
        (
            "def f(one, *two, **three):\n    return one, two, three",
            "def f(index, *two, **three):\n    return index, two, three",
        ),
        (
            "def f(one: 'str') -> 'one':\n    'one'\n    return one",
            "def f(index: 'str') -> 'one':\n    'one'\n    return index",
        ),
        (
            "def f(one):\n    return f'ė {one:>{one}} {{one}}'",
            "def f(index):\n    return f'ė {index:>{index}} {{one}}'",
        ),
        ("def f(one):\n    one += 1\n    del one", "def f(index):\n    index += 1\n    del index"),
        ("def f(one):\n    return one.one(one=one)", "def f(index):\n    return index.one(one=index)"),
    ],
)
def test_a_parameter_gets_a_name_that_is_there_anyway(text: str, expected: str) -> None:
    assert _renamed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(one):\n    return index + one", "def f(find):\n    return index + find"),  # of the module
        ("def f(one, index):\n    return one", "def f(find, index):\n    return find"),
        ("def f(one, *index):\n    return one", "def f(find, *index):\n    return find"),
        ("def f(one):\n    return [index for index in one]", "def f(find):\n    return [index for index in find]"),
        ("def f(one):\n    import index\n    return one", "def f(find):\n    import index\n    return find"),
        ("def f(one):\n    def index():\n        return one", "def f(find):\n    def index():\n        return find"),
        ("def f(one):\n    global index\n    index = one", "def f(find):\n    global index\n    index = find"),
        ("def f(one):\n    index, find, step = one", "def f(one):\n    index, find, step = one"),  # none is left
    ],
)
def test_it_gets_no_name_that_means_something_there(text: str, expected: str) -> None:
    assert _renamed(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "def f(one):\n    def one():\n        pass",
        "def f(one):\n    class one:\n        pass",
        "def f(one):\n    class C:\n        one = one",
        "def f(one):\n    import one",
        "def f(one):\n    from a import b as one",
        "def f(one):\n    def g():\n        nonlocal one\n        one = 2",
        "def f(one):\n    try:\n        one()\n    except OSError as one:\n        pass",
        "def f(index):\n    return index",
    ],
)
def test_it_stays_where_it_is_bound_in_another_way(text: str) -> None:
    assert _renamed(text) == text


@pytest.mark.parametrize(
    "caller",
    [
        "f(one=1)",
        "a.b.f(2, one=1)",
        "partial(f, one=1)",
        "class C(B):\n    def g(self):\n        return self.f(one=1)",
        "def f(one):\n    pass\nf(**{'one': 1})",
        "class F:\n    def __init__(self, one):\n        pass\na.F(**values)",
        "app.route('/jobs/<one>')(f)",
        "app.route('/jobs/<int:one>/<re([a-z]*):two>')(f)",
    ],
)
def test_what_may_be_given_by_keyword_is_found(caller: str) -> None:
    assert "one" in parameters.given_by_keyword(["def f(one):\n    pass", caller])


@pytest.mark.parametrize(
    "caller",
    ["f(1)", "f(two=one)", "f.one = 1", "class C(A, metaclass=one):\n    pass", "def g(one=1):\n    f(1)", "'<one>'"],
)
def test_and_nothing_else(caller: str) -> None:
    assert "one" not in parameters.given_by_keyword(["def f(one):\n    pass", caller])


def test_what_is_given_by_keyword_stays_everywhere() -> None:
    text = "def f(one, two):\n    return lambda two, one: (two, one)"
    assert _renamed(text, "one") == "def f(one, index):\n    return lambda index, one: (index, one)"


_NESTED = """\
index = 100

def outer(first, second=index, *rest):
    def inner(first, third=second):
        return [first * second + third for second in rest] + [second, index]

    def adds(fourth):
        return first + fourth

    twice = lambda fifth, first=first: fifth * 2 + first
    return inner(7), adds(second), twice(second), {first: second for first, second in enumerate(rest)}, first

class Box:
    first = 5

    def __init__(self, first, size=first):
        self.first, self.size = first, size

    def grown(self, by):
        def by_more(more):
            return Box(self.first + by + more, self.size)
        return by_more(by).first, by

result = outer(1, 2, 3, 4), outer(5), Box(1).grown(3), Box(2).size, Box.first
"""


def test_a_program_does_the_same_afterwards() -> None:
    changed = _renamed(_NESTED)
    assert changed.count("first") < _NESTED.count("first")
    assert result_of({"firmware/main.py": changed}) == result_of({"firmware/main.py": _NESTED})
