"""Brings a board up to date that runs its code in place, from a ROM partition (`boards/rom.py`). Start at `flash_rom`.

The partition has two halves. The one that `main.py` runs is never written. Of the other those blocks are sent that differ,
so that an update goes on where a pulled-out cable cut it. When all of it reads back as it should, one rename gives the board
a `main.py` that runs that half: the old code or the new, whenever the power goes.

MicroPython mounts what the partition begins with at each start and looks there for modules too, trusting the lengths that it
finds (`extmod/vfs_rom.c`). So the block by which it knows an image is erased first and written last.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from boards import rom
from boards.repl import BoardError, Repl, percent, sha256, source
from boards.rom import BLOCK_BYTES

# What a board has that ran from files before, or was about to (`boards/flash.py`).
_UPDATE = "/update-"
_PACKS = "/packs"
_LEFT = ("/packed.mpy", "/packed.mpy.new", "/main.py.new", "/main.py.part")


def flash_rom(board: str, image: bytes, partition_bytes: int, repl: Repl, tell: Callable[[str], None]) -> None:
    """Make the board run `image`. `partition_bytes`: of its ROM partition. `tell` is given a line of what goes on.

    Raises BoardError; the board then starts with the code that it had.
    """
    half = rom.half_bytes(partition_bytes)
    if len(image) > half:
        raise BoardError(
            f"The board's ROM partition has room for two images of {half // 1024} KB, and this one has "
            f"{len(image) // 1024 + 1}. Nothing was changed. Put a MicroPython with a larger one on it (docs/boards.md)."
        )
    blocks = [image[at : at + BLOCK_BYTES].ljust(BLOCK_BYTES, b"\xff") for at in range(0, len(image), BLOCK_BYTES)]
    repl.run(source("partition"))
    head = repl.read("/main.py")
    begins = rom.begins(head.decode("utf-8", "replace"))
    current = begins in (0, half) and not _differing(repl, begins, blocks)
    if not current:
        begins = half if begins == 0 else 0
        _write(repl, begins, blocks, tell)
    main = rom.main_text(board, begins).encode()
    if head != main:
        repl.keep_main(head, tell)
        repl.send("/main.py", main)
    elif current:
        tell("The board has all of it already.")
    _tidy(repl)


def _write(repl: Repl, begins: int, blocks: list[bytes], tell: Callable[[str], None]) -> None:
    """Raises BoardError where the partition does not keep them."""
    numbers = _differing(repl, begins, blocks)
    if numbers:
        numbers = [*(number for number in numbers if number), 0]
        size = len(numbers) * BLOCK_BYTES
        tell(f"{len(numbers)} of {len(blocks)} blocks differ: {size // 1024} KB to send.")
        progress = percent(size, tell)
        first = begins // BLOCK_BYTES
        repl.run(f"erase({first})")
        for number in numbers:
            repl.run(f"write({first + number}, {base64.b64encode(blocks[number]).decode()!r})")
            progress(BLOCK_BYTES)
        if wrong := _differing(repl, begins, blocks):
            raise BoardError(
                f"The board does not keep what was sent, in {len(wrong)} blocks of its ROM partition; its flash may be worn "
                "out. It starts with the code that it had. Try once more."
            )
    tell(f"Verified: {len(blocks)} blocks.")


def _differing(repl: Repl, begins: int, blocks: list[bytes]) -> list[int]:
    """Which of `blocks` the partition does not have, counted from `begins`."""
    there = repl.run(f"digests({begins // BLOCK_BYTES}, {len(blocks)})").split()
    return [number for number, block in enumerate(blocks) if there[number] != sha256(block)]


def _tidy(repl: Repl) -> None:
    """Remove the code that the board ran from files; with its files gone a folder goes as one does."""
    top = repl.files("/", deep=False)
    packs = list(repl.files(_PACKS))
    for path in [path for path in top if path in _LEFT or path.startswith(_UPDATE)] + packs:
        repl.remove(path)
    if packs:
        repl.remove(_PACKS)
