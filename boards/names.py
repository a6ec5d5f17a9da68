"""Shorter private names for the modules of a board: MicroPython keeps every name that it has met, for ever and in RAM.

Eight hundred names that begin with an underscore become some dozens (`_a`, `_b`, ..) that the modules share. Lines stay what
they are, so a place in a traceback is the place in the source. Start at `shortened`.

What stays as it is: a name that several modules use, one of them in another object than `self`; one that gets no value here,
since it may be an object's of MicroPython; classes, which errors are reported by; what stands in a text, since `getattr` may
ask for it; and `_X = const(..)`, which the compiler does away with. Modules whose classes inherit from each other share one
set of names.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from itertools import count, product
from pathlib import Path
from string import ascii_lowercase

from sim.image import alone, library_modules, replace

FOLDER = "short"  # below `build`; the file beside it, `short.json`, says what each short name stands for
_PRIVATE = re.compile(r"\b_(?!_)\w+")
_OURS = ("firmware", "hal")
_LIBRARIES = ("microdot", "adafruit_miniqr")


def shortened(root: Path, modules: Mapping[str, Path]) -> dict[str, Path]:
    """`modules`, by their places, with shorter names where they are ours.

    The names are those of the whole firmware, so that a module is the same for each board.
    """
    folder, table = root / "build" / FOLDER, root / "build" / (FOLDER + ".json")
    sources = {str(path.relative_to(root)): path for part in _OURS for path in sorted((root / part).rglob("*.py"))}
    others = [path for name in _LIBRARIES for path in library_modules(name).values()]
    with alone(table.with_suffix(".lock")):
        stamp = _stamp([Path(__file__), *sources.values(), *others])
        if _known(table) != stamp:
            texts = {place: path.read_text() for place, path in sources.items()}
            short, meanings = shorten(texts, [path.read_text() for path in others])
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
    """`sources`: texts by the modules' places, such as "firmware/store.py". Returns the new ones, and for each module that
    has short names what these stand for.

    `others`: texts that share names with these and stay as they are, of libraries.
    """
    modules = {place: _Module(place, text) for place, text in sorted(sources.items())}
    users: dict[str, int] = {}
    for module in modules.values():
        for name in module.names:
            users[name] = users.get(name, 0) + 1
    stay = {name for text in others for name in _PRIVATE.findall(text)}.union(*(each.stay for each in modules.values()))
    stay |= {name for module in modules.values() for name in module.abroad if users[name] > 1}
    begun = tuple(name for name in stay if name.endswith("_"))  # `getattr(self, "_draw_" + kind)`
    taken = stay | set(users)
    short = [name for name, _ in zip(_short_names(taken), users, strict=False)]
    texts, meanings = {}, {}
    for family in _families(modules):
        constants = {name for place in family for name in modules[place].constants}
        own = {
            name: None  # a set that keeps its order
            for place in family
            for name in modules[place].made
            if name not in stay and name not in constants and not name.startswith(begun)
        }
        renamed = dict(zip(own, short, strict=False))
        for place in family:
            inside = {name: renamed[name] for name in modules[place].names if name in renamed}
            texts[place] = modules[place].renamed(inside)
            if inside:
                meanings[place] = {new: old for old, new in inside.items()}
    return texts, dict(sorted(meanings.items()))


def _short_names(taken: set[str]) -> Iterator[str]:
    for length in count(1):
        for letters in product(ascii_lowercase, repeat=length):
            name = "_" + "".join(letters)
            if name not in taken:
                yield name


class _Module:
    """Of private names: `names` are all that are used in it, `made` those that get a value, `abroad` those that are used in
    other objects than `self`, `constants` those that the compiler does away with, `stay` those that must stay. `bases` are
    the places of the modules that its classes inherit from.
    """

    def __init__(self, place: str, text: str) -> None:
        self._text = text
        tree = ast.parse(text, place)
        self.stay = set(_PRIVATE.findall(" ".join(_staying(tree))))
        self.abroad = set(_abroad(tree))
        self.constants = set(_constants(tree))
        self.bases = set(_bases(tree))
        self._tokens: list[tuple[str, int, int]] = []
        if _PRIVATE.search(text):
            tokens = tokenize.generate_tokens(io.StringIO(text).readline)
            self._tokens = [(each.string, *each.start) for each in tokens if _PRIVATE.fullmatch(each.string)]
        self.names = list(dict.fromkeys(name for name, _, _ in self._tokens))
        made = set(_made(tree))
        self.made = [name for name in self.names if name in made]

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


def _families(modules: Mapping[str, _Module]) -> list[list[str]]:
    family = {place: [place] for place in modules}
    for place, module in modules.items():
        for base in sorted(module.bases & set(modules)):
            if family[base] is not family[place]:
                together = sorted(family[base] + family[place])
                for each in together:
                    family[each] = together
    return [members for place, members in family.items() if members[0] == place]
