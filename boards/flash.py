"""Brings the code on a board up to date, so that it starts with the old code or with the new, whenever the power goes.

Start at `flash`. To a board with a ROM partition `boards/flash_rom.py` brings it; here is how it goes into files. Those that
differ go to the board as one packed file, which resumes where an unplugged cable cut it. While it grows nothing else is
touched. Once it is whole and the board has shown that it can read it, one rename makes the installer
(`on_board/install.py`) the board's `main.py`; that puts the files in place, itself replaced last. So there are three states:
the old code; an update that carries itself out at once, or else at the next start; the new code. (Two folders side by side
would need no installer, but twice the room.)

A board without code of ours has nothing to lose: it gets the files in several parts, which take less room, `main.py` last.
So does one that has no room for old code and packed new code together, if whoever asks says so: until all is there it has
no code then.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from boards.flash_rom import flash_rom
from boards.kinds import Kind
from boards.mpy import MARK
from boards.repl import OURS, BoardError, FlashFull, Listing, Repl, percent, sha256, source

_UPDATE = "/update-"
_PART_BYTES = 48 * 1024  # of files, not packed
_INSTALLER = "# Scanpost installs an update\n"
_UNFINISHED = b"# Scanpost is not complete\nprint('The firmware is not complete: make flash')\n"
_WINDOW_BITS = 15  # of the packing: unpacking takes 32 KB of the board's heap, which has nothing else to do then
_RESERVED_BLOCKS = 6  # littlefs writes a folder anew before it forgets the old one
_CODE = (".py", ".mpy", ".pack")  # what MicroPython would import; a .py goes before the .mpy beside it

Files = dict[str, bytes]  # by their paths on the board


def flash(
    kind: Kind, folder: Path, image: bytes, repl: Repl, tell: Callable[[str], None], in_parts: bool = False
) -> None:
    """Make the board at the other end of `repl` run its code: `image` from a ROM partition, or else what is in `folder`.

    `tell` is given a line of what goes on. `in_parts`: where it is files, the old code may be given up first. Raises
    BoardError; unless `in_parts`, the board then starts with its old code, or goes on by itself when it starts, if it was
    said that it would.
    """
    rom_bytes = repl.prepare(kind)["rom"]
    if rom_bytes:
        flash_rom(kind.name, image, rom_bytes, repl, tell)
    elif kind.needs_rom:
        raise BoardError(
            f"Its MicroPython has no ROM partition, and with its code in RAM a {kind.title} has too little left. Nothing "
            f"was changed. Build a MicroPython that has one (make image BOARD={kind.name}), copy it onto the board, then "
            "run make flash again: docs/boards.md."
        )
    else:
        _flash_files(folder, repl, tell, in_parts)


def _flash_files(folder: Path, repl: Repl, tell: Callable[[str], None], in_parts: bool) -> None:
    files = {"/" + str(PurePosixPath(path.relative_to(folder))): path.read_bytes() for path in _files(folder)}
    _finish(repl, tell)
    there = _listing(files, repl)
    gone = _others(files, there)
    head = repl.read("/main.py")
    if gone and head and not head.startswith(OURS):
        raise BoardError(
            f"Another project's files are in the way on the board: remove them first ({', '.join(gone[:5])})."
        )
    changed = {path: data for path, data in files.items() if _differs(path, data, there)}
    old = head.startswith(MARK.encode())
    parts = [dict(changed)] if old and not in_parts else _parts(changed)
    parts[-1]["/main.py"] = files["/main.py"]  # also where it stays the same: the installer is there meanwhile
    packed = [_packed(part, gone) for part in parts]
    _tidy(repl, there, files, {_name(data) for data in packed})
    if not changed and not gone:
        tell("The board has all of it already.")
        return
    tell(f"{len(changed)} of {len(files)} files differ: {sum(map(len, packed)) // 1024 + 1} KB to send.")
    _see_room(repl, changed, there, [len(data) for data in packed])
    repl.keep_main(head, tell)
    if old and in_parts:
        repl.send("/main.py", _UNFINISHED)
        tell("The old code is given up: until all is there, the board only says that it is not.")
    repl.run(source("install"))
    progress = percent(sum(map(len, packed)), tell)
    for data in packed:
        update = _name(data)
        _send(repl, update, data, progress)
        if old and not in_parts:
            _see_room(repl, changed, there, [0])
            repl.send("/main.py", _installer(update))
            tell("Installing: from here on the board goes on by itself, even if the power goes.")
        repl.run(f"install({update!r})")
    _verify(repl, files)
    tell(f"Verified: {len(files)} files.")


def _send(repl: Repl, update: str, data: bytes, progress: Callable[[int], None]) -> None:
    """And see that the board can unpack it."""
    try:
        repl.send(update, data, progress)
    except FlashFull:  # the device needs what room there is
        repl.remove(update + ".part")
        raise
    repl.run(f"install({update!r}, True)")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _packages(files: Files) -> list[str]:
    """The folders that the code is in."""
    return sorted({path.split("/")[1] for path in files if path.count("/") > 1})


def _listing(files: Files, repl: Repl) -> Listing:
    """What is on the board, where the code goes. What the device keeps, and a memory card, is none of our business."""
    there = repl.files("/", deep=False)
    for package in _packages(files):
        there.update(repl.files("/" + package))
    return there


def _finish(repl: Repl, tell: Callable[[str], None]) -> None:
    """An update that was cut short goes first: the board is between two versions."""
    text = repl.read("/main.py").decode("utf-8", "replace")
    if text.startswith(_INSTALLER):
        tell("An update that was interrupted is finished first.")
        try:
            repl.run(source("install"))
            repl.run(f"install({text.splitlines()[1].removeprefix('# ')!r})")
        except BoardError as error:  # it is damaged: the next one replaces it
            tell(f"It cannot be: {error}")


def _others(files: Files, there: Listing) -> list[str]:
    """Code on the board that is not part of the firmware, and would be imported with it or in place of it."""
    packages = _packages(files)
    twins = {path.removesuffix(".mpy") + ".py" for path in files if path.endswith(".mpy")}
    return sorted(
        path
        for path in there
        if path not in files and path.endswith(_CODE) and (path in twins or path.split("/")[1] in packages)
    )


def _differs(path: str, data: bytes, there: Listing) -> bool:
    return there.get(path) != (len(data), sha256(data))


def _tidy(repl: Repl, there: Listing, files: Files, updates: set[str]) -> None:
    """Remove what earlier updates have left, but for what of this one is there already."""
    for path in there:
        earlier = path.startswith(_UPDATE) and path.removesuffix(".part") not in updates
        if earlier or (path.removesuffix(".new") in files and path not in files) or path == "/main.py.part":
            repl.remove(path)


def _parts(changed: Files) -> list[Files]:
    """In the order of their names, so that the parts stay the same ones when some of them are on the board; at least one."""
    parts: list[Files] = [{}]
    for path in sorted(changed, key=_main_last):
        if sum(map(len, parts[-1].values())) > _PART_BYTES:
            parts.append({})
        parts[-1][path] = changed[path]
    return parts


def _main_last(path: str) -> tuple[bool, str]:
    return path == "/main.py", path


def _name(packed: bytes) -> str:
    return _UPDATE + sha256(packed)[:8]


def _packed(changed: Files, gone: list[str]) -> bytes:
    """As `on_board/install.py` reads it; `main.py` comes last."""
    order = sorted(changed, key=_main_last)
    listing = {"files": [[path, len(changed[path]), sha256(changed[path])] for path in order], "gone": gone}
    packer = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS)
    packed = packer.compress(json.dumps(listing).encode() + b"\n")
    return packed + b"".join(packer.compress(changed[path]) for path in order) + packer.flush()


def _installer(update: str) -> bytes:
    text = f"{_INSTALLER}# {update}\n{source('install')}\n\ninstall({update!r})\nmachine.reset()\n"
    return text.encode()


def _see_room(repl: Repl, changed: Files, there: Listing, packed: list[int]) -> None:
    """Raises FlashFull before anything is written that would not fit. `packed`: the bytes of what goes there meanwhile."""
    size, free = repl.free()

    def blocks(n: int) -> float:
        """As littlefs has it: whole ones, but what is small is kept in its folder, which is written twice."""
        return -(-n // (size - 8)) if n > size // 8 else 2 * n / size

    folders, known = (
        {folder for path in paths for folder in PurePosixPath(path).parents} for paths in (changed, there)
    )
    growth: float = 2 * len(folders - known) + _RESERVED_BLOCKS
    growth += sum(blocks(len(data)) - blocks(there.get(path, (0, ""))[0]) for path, data in changed.items())
    growth += max((blocks(len(data)) for data in changed.values()), default=0)  # for a moment a file is there twice
    needed = growth + blocks(max(packed))
    if free >= needed:
        return
    words = (
        f"The board's flash is too full: {int(needed * size) // 1024} KB have to be free, and {free * size // 1024} are. "
        f"Nothing was changed. See what is on it (mpremote connect {repl.port} ls), and remove what it does not need"
    )
    if len(packed) == 1 and free >= growth + blocks(_PART_BYTES):
        words += (
            "; or give up the old code before all of the new is there (ARGS=--in-parts): if that is interrupted, the board "
            "has no firmware until make flash has run again"
        )
    raise FlashFull(words + ".")


def _verify(repl: Repl, files: Files) -> None:
    there = _listing(files, repl)
    wrong = [path for path, data in files.items() if _differs(path, data, there)]
    if wrong:
        raise BoardError(f"The board does not have what was sent: {', '.join(wrong[:5])}. Its flash may be worn out.")
