"""Fewer names in the modules of a board: MicroPython keeps every name that it has met, for ever and in RAM. Start at
`shortened`.

- What only type checkers read is left out.
- Constants are written out where they are used (`boards/constants.py`).
- Names that begin with an underscore become names that MicroPython has anyway, and when these are all taken `_a`, `_b`, ..;
  modules share them.
- So do parameters that nobody gives by keyword (`boards/parameters.py`).

Lines stay what they are, so a place in a traceback is the place in the source.

What stays of the names with an underscore: one that several modules use, one of them in another object than `self`; one that
gets no value here, since it may be an object's of MicroPython; classes, which errors are reported by; what stands in a text,
since `getattr` may ask for it; and `_X = const(..)`, which the compiler does away with. Modules whose classes inherit from
each other share one set of names.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice, product
from pathlib import Path
from string import ascii_lowercase
from typing import TypeGuard

from boards import constants, parameters
from sim.image import alone, library_modules, replace

FOLDER = "short"  # below `build`; the file beside it, `short.json`, says what each short name stands for
_PRIVATE = re.compile(r"\b_(?!_)\w+")
_OURS = ("firmware", "hal")
_LIBRARIES = ("microdot", "adafruit_miniqr")
TYPES_ONLY = "TYPE_CHECKING"
# What every MicroPython has as names already (`static_qstr_list` in py/makeqstrdata.py; .mpy files have numbers for them):
# those that say nothing by themselves, and that MicroPython never looks for in an object,
FREE = """
    index find step start stop insert append extend split sort reverse replace rfind rindex rsplit strip lstrip rstrip lower
    upper islower isupper isalpha isdigit isspace startswith endswith join format copy clear update popitem setdefault
    to_bytes from_bytes bytecode little
"""
# and the others.
ALSO_FREE = """
    abs all any args bool builtins bytearray bytes callable chr classmethod close const count dict dir divmod end eval exec
    get getattr globals hasattr hash id int isinstance issubclass items iter key keys len list locals main map micropython
    next object open ord pop pow print range read readinto readline remove repr round self send sep set setattr sorted
    staticmethod str sum super throw tuple type value values write zip _
"""
# Classes of MicroPython that ours may inherit from without having these names already.
_PLAIN_BASES = ("IOBase",)


def shortened(root: Path, modules: Mapping[str, Path]) -> dict[str, Path]:
    """`modules`, by their places, with fewer names where they are ours.

    The names are those of the whole firmware, so that a module is the same for each board.
    """
    folder, table = root / "build" / FOLDER, root / "build" / (FOLDER + ".json")
    sources = {str(path.relative_to(root)): path for part in _OURS for path in sorted((root / part).rglob("*.py"))}
    libraries = [path for name in _LIBRARIES for path in library_modules(name).values()]
    makers = [Path(module) for module in (__file__, constants.__file__, parameters.__file__)]
    with alone(table.with_suffix(".lock")):
        stamp = _stamp([*makers, *sources.values(), *libraries])
        if _known(table) != stamp:
            texts = {place: path.read_text() for place, path in sources.items()}
            short, meanings = shorten(texts, [path.read_text() for path in libraries])
            for place, text in short.items():
                _write(folder / place, text)
            _write(table, json.dumps({"stamp": stamp, "names": meanings}, indent=1))
    return {place: folder / place if place in sources else path for place, path in modules.items()}


def _stamp(files: Iterable[Path]) -> str:
    about = [(str(path), status.st_mtime_ns, status.st_size) for path in files for status in [path.stat()]]
    return hashlib.sha256(repr(about).encode()).hexdigest()


def _known(table: Path) -> str:
    try:
        return str(json.loads(table.read_bytes())["stamp"])
    except (OSError, ValueError, KeyError):
        return ""


def _write(path: Path, text: str) -> None:
    """Only what is another: it is compiled anew."""
    data = text.encode()
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, data)


def shorten(sources: Mapping[str, str], others: Iterable[str] = ()) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """`sources`: texts by the modules' places, such as "firmware/store.py". Returns the new ones, and for each module in
    which names with an underscore have new ones what these stand for.

    `others`: texts that share names with these and stay as they are, of libraries.
    """
    others = list(others)
    plain = constants.inlined({place: without_types(text) for place, text in sorted(sources.items())}, others)
    modules = {place: _Module(place, text) for place, text in plain.items()}
    users: dict[str, int] = {}
    for module in modules.values():
        for name in module.names:
            users[name] = users.get(name, 0) + 1
    stay = {name for text in others for name in _PRIVATE.findall(text)}.union(*(each.stay for each in modules.values()))
    stay |= {name for module in modules.values() for name in module.abroad if users[name] > 1}
    begun = tuple(name for name in stay if name.endswith("_"))  # `getattr(self, "_draw_" + kind)`
    ours = {
        place: [name for name in module.names if name not in stay | module.constants and not name.startswith(begun)]
        for place, module in modules.items()
    }
    texts, meanings = {}, {}
    for place, inside in _chosen(modules, ours, [*FREE.split(), *_short_names(stay | set(users), len(users))]).items():
        texts[place] = modules[place].renamed(inside)
        if inside:
            meanings[place] = {new: old for old, new in inside.items()}
    by_keyword = parameters.given_by_keyword([*texts.values(), *others])
    fit = [name for name in FREE.split() if name not in by_keyword]
    stay = by_keyword | set(FREE.split()) | set(ALSO_FREE.split())
    return {place: parameters.renamed(text, fit, stay) for place, text in texts.items()}, meanings


def without_types(text: str) -> str:
    """Without what is only there for type checkers: MicroPython would compile it, and keep all its names."""
    tree = ast.parse(text)
    checked = [
        node for node in tree.body if isinstance(node, ast.If) and _is_name(node.test, TYPES_ONLY) and not node.orelse
    ]
    inside = {id(node) for block in checked for node in ast.walk(block)}
    uses = [node for node in ast.walk(tree) if _is_name(node, TYPES_ONLY) and id(node) not in inside]
    gone: list[ast.stmt] = [*checked]
    if len(uses) == 1:
        gone += [node for node in tree.body if isinstance(node, ast.Assign) and node.targets == uses]
    lines = text.splitlines(keepends=True)
    for node in gone:
        for row in range(node.lineno - 1, node.end_lineno or node.lineno):
            lines[row] = "\n"
    return "".join(lines)


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _short_names(taken: set[str], most: int) -> list[str]:
    """`_a`, `_b`, .., `_aa`, ..: those that are not taken."""
    lengths = count(1)
    names = ("_" + "".join(letters) for length in lengths for letters in product(ascii_lowercase, repeat=length))
    return list(islice((name for name in names if name not in taken), most))


def _chosen(
    modules: Mapping[str, _Module], ours: Mapping[str, list[str]], names: Sequence[str]
) -> dict[str, dict[str, str]]:
    """By the modules' places, one of `names` for each of `ours` that gets a value.

    A name is the same in all modules whose classes may be of one object, and no two of these get the same new one.
    """
    related = _related({place: module.bases & set(modules) for place, module in modules.items()})
    chosen: dict[str, dict[str, str]] = {place: {} for place in modules}
    for place in sorted(modules, key=lambda place: (-len(related[place]), place)):
        for name in ours[place]:
            together = _together(place, related, {each for each in modules if name in ours[each]})
            if name in chosen[place] or not any(name in modules[each].made for each in together):
                continue
            near = {each for user in together for each in related[user]}
            taken = {new for each in near for new in (*chosen[each].values(), *modules[each].taken)}
            new = next(new for new in names if new not in taken)
            for each in together:
                chosen[each][name] = new
    return chosen


def _together(place: str, related: Mapping[str, set[str]], among: set[str]) -> set[str]:
    """Those of `among` that are related to `place`, or to one of these, and so on."""
    found, waiting = set(), [place]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += related[each] & among
    return found


def _related(bases: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """For each module those whose classes may be of one object with its own; `bases`: those that it inherits from."""
    above: dict[str, set[str]] = {}
    for place in bases:
        waiting, above[place] = [place], set()
        while waiting:
            each = waiting.pop()
            if each not in above[place]:
                above[place].add(each)
                waiting += bases[each]
    return {place: {near for each in above.values() if place in each for near in each} for place in bases}


class _Module:
    """Of private names: `names` are all that are used in it, `made` those that get a value, `abroad` those that are used in
    other objects than `self`, `constants` those that the compiler does away with, `stay` those that must stay. `taken` are
    names that its own must not get. `bases` are the places of the modules that its classes inherit from.
    """

    def __init__(self, place: str, text: str) -> None:
        self._text = text
        tree = ast.parse(text, place)
        texts = " ".join(_staying(tree))
        self.stay = set(_PRIVATE.findall(texts))
        self.abroad = set(_abroad(tree))
        self.constants = set(_constants(tree))
        self.taken = {*_identifiers(tree), *re.findall(r"\w+", texts)}
        if any(_is_foreign(tree)):
            self.taken |= set(FREE.split())
        self.bases = set(_bases(tree))
        self._tokens: list[tuple[str, int, int]] = []
        if _PRIVATE.search(text):
            tokens = tokenize.generate_tokens(io.StringIO(text).readline)
            self._tokens = [(each.string, *each.start) for each in tokens if _PRIVATE.fullmatch(each.string)]
        self.names = list(dict.fromkeys(name for name, _, _ in self._tokens))
        self.made = set(_made(tree))

    def renamed(self, names: Mapping[str, str]) -> str:
        lines = self._text.splitlines(keepends=True)
        for name, row, column in reversed(self._tokens):
            if name in names:
                line = lines[row - 1]
                lines[row - 1] = line[:column] + names[name] + line[column + len(name) :]
        return "".join(lines)


def _made(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def _identifiers(tree: ast.Module) -> Iterator[str]:
    """All names but those of other objects' attributes."""
    yield from _made(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute) and _is_name(node.value, "self"):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.keyword):
            yield node.arg or ""
        elif isinstance(node, ast.ExceptHandler):
            yield node.name or ""


def _staying(tree: ast.Module) -> Iterator[str]:
    """Texts in which there are names that must stay."""
    unseen = set(map(id, _unseen(tree)))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unseen:
            yield node.value
        elif isinstance(node, ast.JoinedStr):  # in Python 3.11 it is one token, whatever is inside
            yield ast.unparse(node)
        elif isinstance(node, ast.alias):
            yield node.asname or ""


def _abroad(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "self"):
            yield from _PRIVATE.findall(node.attr)
        elif isinstance(node, ast.alias):
            yield from _PRIVATE.findall(node.name)


def _constants(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _is_const(node.value):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _is_const(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "const"


def _unseen(tree: ast.Module) -> Iterator[ast.AST]:
    """The texts that MicroPython does not keep: docstrings and annotations."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield node.value
        for field in ("annotation", "returns"):
            annotation = getattr(node, field, None)
            if annotation is not None:
                yield from ast.walk(annotation)


def _bases(tree: ast.Module) -> Iterator[str]:
    imported: dict[str, tuple[str, ...]] = {}  # by the name here, the places that it may come from
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = (node.module or "").replace(".", "/")
            for alias in node.names:
                imported[alias.asname or alias.name] = (f"{module}.py", f"{module}/{alias.name}.py")
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                origin = base.value if isinstance(base, ast.Attribute) else base
                if isinstance(origin, ast.Name):
                    yield from imported.get(origin.id, ())


def _is_foreign(tree: ast.Module) -> Iterator[bool]:
    """Of each base of a class whether it is of something else than the firmware, and may have names of its own."""
    ours = {alias.asname or alias.name for node in ast.walk(tree) if _is_ours(node) for alias in node.names}
    ours |= {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                origin = base.value if isinstance(base, ast.Attribute) else base
                name = base.attr if isinstance(base, ast.Attribute) else ast.unparse(base)
                known = getattr(builtins, name, None)
                fails = isinstance(known, type) and issubclass(known, BaseException)
                yield ast.unparse(origin) not in ours and not fails and name not in _PLAIN_BASES


def _is_ours(node: ast.AST) -> TypeGuard[ast.ImportFrom]:
    return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _OURS
