"""Makes the folder of a board's modules: `main.py` and, compiled, what it needs of firmware, hal and libraries.

It runs as it is, from the root of a file system that has room for it; what boards get is made of it by `boards/packs.py`.

Start at `build`. What is needed is found by following the imports from `hal/board_<name>.py` and `firmware/main.py`, those
inside functions too; so parts of other boards stay out by themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from boards.kinds import KINDS, MPY_VERSION
from boards.names import TYPES_ONLY, shortened
from sim.image import COLLECT_EARLY, ROOT, ImageError, Source, build_folder, build_generated, library_modules

MARK = "# Scanpost for "  # how a `main.py` of ours begins
_OURS = ("firmware", "hal")
# What MicroPython has built in on the boards, as far as the firmware uses it. An import of anything else is a mistake.
_BUILT_IN = """
    array asyncio binascii cryptolib deflate errno framebuf gc hashlib io json machine micropython network ntptime os random
    re rp2 select socket ssl struct sys time tls vfs
"""  # fmt: skip
# The page modules of Web Config and their words are imported by names that are put together (`firmware/web/app.py`): all of
# the package goes along.
_BY_NAME = "firmware.web"
# What only models with a feature (`hal/api.pyi` Identity) ever load; the flash of the others is too small for it.
_ONLY_WITH = {
    "https": """
        firmware.device_certificate firmware.p256 firmware.web.secure firmware.web.https firmware.web.en.https
        firmware.web.lt.https hal.tls_server
    """,
    "my-email": """
        firmware.web.users firmware.web.users_list firmware.web.en.users firmware.web.lt.users firmware.web.en.users_list
        firmware.web.lt.users_list
    """,
}
_SMALL_INT_BITS = 31  # that a 32-bit board has


def main_text(board: str, first: str = "") -> str:
    """`main.py`: MicroPython starts only that, and only as source. `first`: lines that come before the imports."""
    imports = f"from hal.board_{board} import connect\nfrom firmware.main import start\n"
    return f"{MARK}{board}.\n{COLLECT_EARLY}{first}{imports}\nboard = start(connect)\n"


def names(root: Path = ROOT) -> list[str]:
    """The boards that there is a file for."""
    found = {path.stem.removeprefix("board_") for path in (root / "hal").glob("board_*.py")}
    return [name for name in KINDS if name in found]


def starts(board: str) -> tuple[str, str]:
    """The modules that `main_text` imports."""
    return f"hal.board_{board}", "firmware.main"


def build(board: str, root: Path = ROOT, target: Path | None = None) -> Path:
    """Bring the folder `target` (`build/modules/<name>`) up to date, and return it. Raises ImageError."""
    if root == ROOT:
        build_generated()
    folder = target or root / "build" / "modules" / board
    folder.parent.mkdir(parents=True, exist_ok=True)
    sources: dict[str, Source] = dict(
        shortened(root, needed(root, starts(board), without=lacking(features(board, root))))
    )
    build_folder(folder, {**sources, "main.py": main_text(board)}, plain=("main.py",))
    for path in folder.rglob("*.mpy"):
        _check(path)
    return folder


def lacking(features: Sequence[str]) -> set[str]:
    """The modules that a model with only these features has no use for."""
    return {name for feature, names in _ONLY_WITH.items() if feature not in features for name in names.split()}


def features(board: str, root: Path = ROOT) -> Sequence[str]:
    """As the board's own file has them."""
    tree = ast.parse((root / "hal" / f"board_{board}.py").read_bytes())
    found = [node.value for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "features"]
    return tuple(ast.literal_eval(found[0])) if found else ()


def needed(root: Path, modules: Sequence[str], everything: bool = True, without: Iterable[str] = ()) -> dict[str, Path]:
    """The files of `modules` and of all that they import, by their places. Raises ImageError.

    `everything`: also what is imported later, inside functions; else only in those of `modules`, which run at once.
    `without`: left out, with what only these import.
    """
    found: dict[str, Path] = {}
    waiting = [part for name in modules for part in _with_packages(name)]
    seen = {*waiting, *without}
    while waiting:
        name = waiting.pop()
        library = library_modules(name.partition(".")[0])
        path = None if library else _file(root, name)
        if path is None and not library:
            raise ImageError(f"There is no module {name} in {root}")
        found.update(library if path is None else {str(path.relative_to(root)): path})
        if path is not None:
            also = _modules_of(root, name) if name == _BY_NAME and everything else ()
            for imported in (*_imports(root, path, everything or name in modules), *also):
                if imported not in seen:
                    seen.add(imported)
                    waiting.append(imported)
    return dict(sorted(found.items()))


def _modules_of(root: Path, package: str) -> list[str]:
    """All modules below it."""
    files = root.joinpath(*package.split(".")).rglob("[!_]*.py")
    names = [".".join(path.relative_to(root).with_suffix("").parts) for path in files]
    return [part for name in names for part in _with_packages(name)]


def _with_packages(name: str) -> list[str]:
    """ "a.b.c" -> "a", "a.b", "a.b.c": MicroPython loads them all."""
    parts = name.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


def _file(root: Path, name: str) -> Path | None:
    place = root.joinpath(*name.split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.exists()), None)


def _imports(root: Path, path: Path, everything: bool) -> Iterator[str]:
    """The modules, of ours and of libraries, that the file at `path` imports."""
    status = path.stat()
    try:
        statements = _read(path, status.st_mtime_ns, status.st_size, everything)
    except SyntaxError as error:
        raise ImageError(f"{path.relative_to(root)}, line {error.lineno}: {error.msg}") from None
    for module, parts in statements:
        for name in (module, *(name for part in parts if _file(root, name := f"{module}.{part}"))):
            top = name.partition(".")[0]
            if top in _OURS:
                yield from _with_packages(name)
            elif library_modules(top):
                yield top
            elif top not in _BUILT_IN.split():
                raise ImageError(f"{path.relative_to(root)} imports {name}, which a board does not have")


@lru_cache(maxsize=1024)
def _read(path: Path, _mtime_ns: int, _size: int, everything: bool) -> list[tuple[str, list[str]]]:
    """Each import of the file: the module, and what is taken from it. Kept, since reading all takes half a second."""
    found: list[tuple[str, list[str]]] = []
    for node in _statements(ast.parse(path.read_bytes()), everything):
        if isinstance(node, ast.Import):
            found += [(alias.name, []) for alias in node.names]
        else:
            found.append((node.module or "", [alias.name for alias in node.names]))
    return found


def _statements(node: ast.AST, everything: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports in `node`, but for those that only type checkers see."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
        return
    inside: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == TYPES_ONLY:
        inside = node.orelse
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not everything:
        inside = ()
    for child in inside:
        yield from _statements(child, everything)


def _check(path: Path) -> None:
    """A compiled file has to run on any 32-bit board: bytecode only (micropython's docs, "MicroPython .mpy files")."""
    with path.open("rb") as file:
        mark, version, features, small_int_bits = file.read(4)
    if mark != ord("M") or version != MPY_VERSION or features or small_int_bits > _SMALL_INT_BITS:
        raise ImageError(f"{path} has native code, or was made for another MicroPython")
