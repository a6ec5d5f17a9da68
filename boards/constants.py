"""Constants of the boards' modules are written out where they are used, and their names go. MicroPython does it by itself
for `_X = const(..)`, but only within a module. Start at `inlined`.

A constant is a whole number, or a text so short that MicroPython keeps it as a name anyway, that a name gets on the first
level of a module and nowhere else in it. It stays if some use of such a name, in any module, may not be of this constant.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

_LONGEST = 10  # bytes (MICROPY_ALLOC_PARSE_INTERN_STRING_LEN in py/mpconfig.h)
_COMPILERS = "const"
_OF_NUMBERS = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop)
Constants = Mapping[str, Mapping[str, str]]  # by the places of modules and by their names: how they are written out


def inlined(sources: Mapping[str, str], others: Iterable[str] = ()) -> dict[str, str]:
    """`sources`: texts by the modules' places, such as "firmware/store.py". Returns the new ones; lines stay what they are.

    `others`: texts that may use what is in these, and stay as they are.
    """
    modules = {place: _Module(place, text) for place, text in sources.items()}
    found = {place: module.constants() for place, module in modules.items()}
    unclear = {name for text in others for name in _Module("", text).unclear(found)}
    unclear = unclear.union(*(module.unclear(found) for module in modules.values()))
    known = {place: {name: new for name, new in each.items() if name not in unclear} for place, each in found.items()}
    return {place: module.written_out(known) for place, module in modules.items()}


class _Module:
    def __init__(self, place: str, text: str) -> None:
        self._place = place
        self._lines = [line.encode() for line in text.splitlines(keepends=True)]
        self._tree = ast.parse(text)
        self._nodes = list(ast.walk(self._tree))
        self._bound = Counter(name for node in self._nodes for name in _bound(node))
        self._imported: dict[str, list[tuple[str, str]]] = {}  # by the name here, each time: from where, and what
        for node in self._nodes:
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    self._imported.setdefault(alias.asname or alias.name, []).append((node.module or "", alias.name))

    def constants(self) -> dict[str, str]:
        """How they are written out, by their names."""
        values = {name: value for node in self._tree.body for name, value in _values(node)}
        return {name: value for name, value in values.items() if self._bound[name] == 1}

    def unclear(self, found: Constants) -> Iterator[str]:
        """Names that may be those of constants, but nobody can tell, and of constants that cannot be written out here."""
        formatted = {id(node) for text in self._nodes if isinstance(text, ast.JoinedStr) for node in ast.walk(text)}
        for node in self._nodes:
            if isinstance(node, ast.Name | ast.Attribute):
                name = node.id if isinstance(node, ast.Name) else node.attr
                new = self._new(node, found)
                if new is None:
                    if isinstance(node, ast.Attribute):
                        yield name
                elif self._at(node) != ast.unparse(node) or (id(node) in formatted and not new.isdigit()):
                    yield self._origin(node)[1]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value  # `getattr` may ask for it
            elif isinstance(node, ast.ImportFrom):
                clear = _file(node.module or "") in found and not node.level
                yield from (
                    alias.name for alias in node.names if not clear or not self._is_clear(alias.asname or alias.name)
                )

    def written_out(self, known: Constants) -> str:
        """The module's text without the names of constants that are `known`."""
        edits: list[tuple[ast.expr | ast.stmt, str]] = []
        for node in self._nodes:
            if isinstance(node, ast.Name | ast.Attribute):
                new = self._new(node, known)
                if new is not None:
                    edits.append((node, new))
            elif isinstance(node, ast.ImportFrom):
                left = [alias for alias in node.names if not self._is_gone(node, alias, known)]
                if left != node.names:
                    edits.append((node, ast.unparse(ast.ImportFrom(node.module, left, node.level)) if left else "pass"))
        for node in self._tree.body:
            names = {name for name, _ in _values(node)}
            if names and names <= set(known[self._place]):
                edits.append((node, "pass"))
        return self._edited(edits)

    def _is_gone(self, node: ast.ImportFrom, alias: ast.alias, known: Constants) -> bool:
        if (node.module, alias.name) == ("micropython", _COMPILERS):
            values = [node.value for node in self._nodes if isinstance(node, ast.Assign)]
            calls = {id(value.func) for value in values if isinstance(value, ast.Call) and _is_const(value)}
            uses = {id(node) for node in self._nodes if isinstance(node, ast.Name) and node.id == _COMPILERS}
            return alias.asname is None and uses <= calls  # the compiler knows it, whether it is imported or not
        return self._is_clear(alias.asname or alias.name) and alias.name in known.get(_file(node.module or ""), {})

    def _new(self, node: ast.Name | ast.Attribute, constants: Constants) -> str | None:
        """How the constant that is used in this place is written out."""
        if not isinstance(node.ctx, ast.Load):
            return None
        place, name = self._origin(node)
        return constants.get(place, {}).get(name)

    def _origin(self, node: ast.Name | ast.Attribute) -> tuple[str, str]:
        """The place of the module, and the name there, of what is meant; ("", "") when that is not clear."""
        if isinstance(node, ast.Name) and node.id not in self._imported:
            return (self._place, node.id) if self._bound[node.id] == 1 else ("", "")
        named = node if isinstance(node, ast.Name) else node.value
        if not isinstance(named, ast.Name) or not self._is_clear(named.id):
            return "", ""
        module, name = self._imported[named.id][0]
        return (_file(module), name) if isinstance(node, ast.Name) else (_file(f"{module}.{name}"), node.attr)

    def _is_clear(self, name: str) -> bool:
        """Whether `name` is always what is imported by it, from one place."""
        imported = self._imported.get(name, [])
        return len(set(imported)) == 1 and self._bound[name] == len(imported)

    def _at(self, node: ast.expr) -> str:
        line = self._lines[node.lineno - 1]
        return line[node.col_offset : node.end_col_offset].decode() if node.end_lineno == node.lineno else ""

    def _edited(self, edits: list[tuple[ast.expr | ast.stmt, str]]) -> str:
        lines = list(self._lines)
        for node, new in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
            first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
            after = lines[last][node.end_col_offset :]
            lines[first] = lines[first][: node.col_offset] + new.encode() + after
            lines[first + 1 : last + 1] = [b"\n"] * (last - first)
        return b"".join(lines).decode()


def _file(module: str) -> str:
    return module.replace(".", "/") + ".py"


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    yield from bound_without_place(node)


def bound_without_place(node: ast.AST) -> Iterator[str]:
    """Names that `node` itself binds, or makes others than they seem, where `ast` does not tell the place."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names


def _values(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """The names that get a constant in this statement, and how it is written out."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return
    target, value = node.targets[0], node.value
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Constant) and isinstance(value.value, str):
        pairs = [(name, ast.Constant(letter)) for name, letter in zip(target.elts, value.value, strict=True)]
    for name, each in pairs:
        text = _literal(each)
        if isinstance(name, ast.Name) and text and not (name.id.startswith("_") and _is_const(each)):
            yield name.id, text


def _literal(node: ast.expr) -> str:
    """ "" for what is no constant."""
    if _is_const(node):
        assert isinstance(node, ast.Call)
        return _literal(node.args[0])
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ascii(node.value) if len(node.value.encode(errors="surrogatepass")) <= _LONGEST else ""
    numbers = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    if all(isinstance(part, _OF_NUMBERS) for part in ast.walk(node)) and all(type(number) is int for number in numbers):
        value = eval(ast.unparse(node))  # noqa: S307 - of numbers and operators only
        return (str(value) if value >= 0 else f"({value})") if type(value) is int else ""
    return ""


def _is_const(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == _COMPILERS
