"""Parameters of the boards' modules get names that are there anyway: MicroPython keeps one for each that a call might give
by keyword. Start at `renamed`.

What stays as it is: a parameter with the name of a keyword in any call; and one whose name is in its function also that of a
function, a class, an import or a caught exception, or follows `global` or `nonlocal`: `ast` has no places of those.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator, Sequence

from boards.constants import bound_without_place

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_IN_PATH = re.compile(r"/<(?:\w+(?:\([^)]*\))?:)?(\w+)>")  # of microdot: what a page gets by keyword
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def given_by_keyword(texts: Iterable[str]) -> set[str]:
    """The names of parameters that may be given by keyword, if the texts are all modules that there are."""
    trees = [ast.parse(text) for text in texts]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    keywords = [(node, keyword.arg) for node in nodes if isinstance(node, ast.Call) for keyword in node.keywords]
    by_dict = {_last(call.func) for call, name in keywords if name is None}  # `call(**values)`
    open_ones = [node for node in nodes if getattr(node, "name", "") in by_dict]
    found = {name for _, name in keywords if name is not None}
    found |= {node.arg for each in open_ones for node in ast.walk(each) if isinstance(node, ast.arg)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(_IN_PATH.findall(node.value))
    return found


def _last(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def renamed(text: str, names: Sequence[str], stay: Container[str]) -> str:
    """The text of a module, with `names` for its parameters, but for those that must `stay`."""
    tree = ast.parse(text)
    there: dict[tuple[int, int], tuple[str, str]] = {}  # by row and column, what was there and what is to be
    for function in [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]:  # those outside come first
        used, unfit = set(_identifiers(function)), set(_without_place(function))
        free = [name for name in names if name not in used and name not in unfit]
        for name in [each.arg for each in _parameters(function)]:
            if name in names or name in stay or name in unfit or not free:
                continue
            new = free.pop(0)
            for node in _uses(function, name):
                place = (node.lineno, node.col_offset)
                there[place] = (there.get(place, (name, ""))[0], new)
                _rename(node, new)
    lines = text.encode().splitlines(keepends=True)
    for (row, column), (old, new) in sorted(there.items(), reverse=True):
        line = lines[row - 1]
        lines[row - 1] = line[:column] + new.encode() + line[column + len(old.encode()) :]
    made = b"".join(lines).decode()
    if ast.dump(ast.parse(made)) != ast.dump(tree):
        raise ValueError("A parameter is not where ast says that it is")
    return made


def _parameters(function: _Function) -> list[ast.arg]:
    """Those that have a name in MicroPython: `*args` and `**kwargs` have none."""
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _inside(function: _Function) -> Iterator[ast.AST]:
    """All nodes that see the function's parameters, and those: not its defaults and decorators."""
    yield from _parameters(function)
    for node in [function.body] if isinstance(function, ast.Lambda) else function.body:
        yield from ast.walk(node)


def _uses(function: _Function, name: str) -> Iterator[ast.Name | ast.arg]:
    for node in _inside(function):
        if (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.arg) and node.arg == name):
            yield node


def _identifiers(function: _Function) -> Iterator[str]:
    for node in [*_inside(function), *_stars(function)]:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def _stars(function: _Function) -> list[ast.arg]:
    return [arg for arg in (function.args.vararg, function.args.kwarg) if arg is not None]


def _without_place(function: _Function) -> Iterator[str]:
    for node in _inside(function):
        yield from bound_without_place(node)
        if isinstance(node, ast.ClassDef):  # what is bound in its body is an attribute of it
            yield from (each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def _rename(node: ast.Name | ast.arg, name: str) -> None:
    if isinstance(node, ast.Name):
        node.id = name
    else:
        node.arg = name
