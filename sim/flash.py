"""The device's flash with its physics, and littlefs on it: what is left when the power goes in the middle of a write.

`Flash` erases blocks to ones and programs pages by clearing bits, as NOR flash does, and can keep a picture of itself
before each operation; `cuts` gives from these what a power cut leaves behind, at any operation and in each torn shape.
`FlashStorage` is the seam's Storage on the littlefs that boards have. Neither knows anything of the firmware.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from littlefs import LittleFSError, lfs

from hal.errors import StorageError, StorageFull
from sim.storage import checked, strike

if TYPE_CHECKING:
    from hal.api import Buffer
    from sim.cloud.faults import Faults

BLOCK = 4096  # bytes that are erased together
PAGE = 256  # bytes that are programmed together
BLOCKS = 64
_ERASED = b"\xff" * BLOCK
_MARK = b"this flash was formatted"  # in the last block, which littlefs does not get

# Of the bits that were 0, how many an erase leaves when the power goes early in it, and 15 microseconds later (measured on
# an STM32F103: reliability-facts 1.1).
_LEFT_EARLY = 0.045
_LEFT_LATE = 0.0035
SHAPES = ("clean", "erase early", "erase late", "half program", "ragged program", "swapped")

Picture = tuple[bytes, ...]  # what is on the flash, block by block


class Operation(NamedTuple):
    """A program of `data` at `offset`, or the erase of the block where `data` is None."""

    block: int
    offset: int
    data: bytes | None
    syncs: int  # how often littlefs had asked for all to be on flash before


class Cut(NamedTuple):
    """The power goes during `operation` (counted from the begin of the record) and leaves `picture`."""

    operation: int
    shape: str
    picture: Picture


class Flash:
    """`seed` draws which bits a torn operation leaves. The methods `read` to `sync` are called by littlefs, which takes
    negative numbers of its own as errors."""

    def __init__(self, picture: Sequence[bytes] | None = None, blocks: int = BLOCKS, seed: int = 0) -> None:
        self.blocks = [_ERASED] * blocks if picture is None else list(picture)
        self.powered = True
        self.operations = 0
        self.bad: set[int] = set()  # blocks that do not take what is programmed
        self.cut_at: tuple[int, str] | None = None  # operation and shape of a cut to come
        self.on_cut: Callable[[], None] = lambda: None
        self._record: list[tuple[Picture, Operation]] | None = None
        self._syncs = 0
        self._seed = seed

    def picture(self) -> Picture:
        return tuple(self.blocks)

    def record(self) -> None:
        """From now on, counted from 0, keep a picture before each operation."""
        self._record = []
        self.operations = 0

    def cuts(self) -> Iterator[Cut]:
        """All that a power cut can leave behind, since `record`; the last one cuts after the last operation."""
        if self._record is None:
            raise ValueError("Nothing was recorded: call `record` first")
        before: tuple[Picture, Operation] | None = None
        for number, (picture, operation) in enumerate(self._record):
            for shape in SHAPES:
                torn = self._torn(shape, picture, operation, before)
                if torn is not None:
                    yield Cut(number, shape, torn)
            before = picture, operation
        yield Cut(len(self._record), "clean", self.picture())

    def _torn(
        self, shape: str, picture: Picture, operation: Operation, before: tuple[Picture, Operation] | None
    ) -> Picture | None:
        """What is left when `operation` on `picture` is cut in this `shape`; None when it has no such shape."""
        block, offset, data, syncs = operation
        if shape == "clean":
            return picture
        old = picture[block]
        if data is None:
            if not shape.startswith("erase"):
                return None
            new = _either(old, self._ones(_LEFT_EARLY if shape == "erase early" else _LEFT_LATE, block, invert=True))
        elif shape == "half program":
            new = _programmed(old, offset, data[: len(data) // 2])
        elif shape == "ragged program":
            new = _programmed(old, offset, _either(data, self._ones(0.5, offset)[: len(data)]))
        elif shape == "swapped" and before is not None:
            # Whoever sits between file system and flash may change the order of what no sync parts, though not of an
            # erase and a program of one block.
            picture, earlier = before
            if earlier.syncs != syncs or (earlier.block == block and earlier.data is None):
                return None
            new = _programmed(picture[block], offset, data)
        else:
            return None
        return (*picture[:block], new, *picture[block + 1 :])

    def _ones(self, share: float, salt: int, invert: bool = False) -> bytes:
        """A block with `share` of its bits, drawn, set; or unset."""
        key = (share, (self._seed * 8191 + salt) % 16, invert)
        if key not in _DRAWN:
            drawn = random.Random(f"{key}")
            bits = sum(1 << bit for bit in drawn.sample(range(BLOCK * 8), int(share * BLOCK * 8)))
            _DRAWN[key] = (~bits & ((1 << BLOCK * 8) - 1) if invert else bits).to_bytes(BLOCK, "big")
        return _DRAWN[key]

    # --- what littlefs calls ---

    def read(self, _: object, block: int, offset: int, size: int) -> bytes:
        return self.blocks[block][offset : offset + size]

    def prog(self, _: object, block: int, offset: int, data: bytes) -> int:
        data = bytes(data)
        for at in range(0, len(data), PAGE):
            page = data[at : at + PAGE]
            if not self._operate(Operation(block, offset + at, page, self._syncs)):
                return int(LittleFSError.Error.LFS_ERR_IO)
            if block in self.bad:
                return int(LittleFSError.Error.LFS_ERR_CORRUPT)
            self.blocks[block] = _programmed(self.blocks[block], offset + at, page)
        return 0

    def erase(self, _: object, block: int) -> int:
        if not self._operate(Operation(block, 0, None, self._syncs)):
            return int(LittleFSError.Error.LFS_ERR_IO)
        self.blocks[block] = _ERASED
        return 0

    def sync(self, _: object) -> int:
        self._syncs += 1
        return 0

    def _operate(self, operation: Operation) -> bool:
        """Keep the record, and the appointment with a power cut; False when there is no power."""
        if not self.powered:
            return False
        before = self._record[-1] if self._record else None
        if self._record is not None:
            self._record.append((self.picture(), operation))
        if self.cut_at is not None and self.cut_at[0] == self.operations:
            torn = self._torn(self.cut_at[1], self.picture(), operation, before)
            if torn is not None:
                self.blocks = list(torn)
            self.powered = False
            self.on_cut()
            return False
        self.operations += 1
        return True


_DRAWN: dict[tuple[float, int, bool], bytes] = {}


def _either(a: bytes, b: bytes) -> bytes:
    """The bits that are 1 in one of them."""
    return (int.from_bytes(a, "big") | int.from_bytes(b, "big")).to_bytes(len(a), "big")


def _programmed(block: bytes, offset: int, data: bytes) -> bytes:
    """Programming clears bits and never sets one."""
    end = offset + len(data)
    under = block[offset:end]
    if under != _ERASED[: len(data)]:
        data = (int.from_bytes(under, "big") & int.from_bytes(data, "big")).to_bytes(len(data), "big")
    return block[:offset] + data + block[end:]


class PowerCut(asyncio.CancelledError):
    """The power went while the firmware wrote: whoever called ends here, as everything else will in a moment."""


class FlashStorage:
    """The seam's Storage (`hal/api.pyi`) on littlefs. Raises StorageError when the flash cannot be mounted.

    A flash is formatted when it never was, which a mark outside of the file system tells, and `log` is told: one that was
    and cannot be mounted holds what nobody may erase unasked. `formatted`: it was done just now.
    """

    def __init__(self, flash: Flash | None = None, log: Callable[[str], None] | None = None) -> None:
        self.flash = Flash() if flash is None else flash
        self.formatted = False
        self.faults: Faults | None = None
        self._fs = lfs.LFSFilesystem()
        self._config = lfs.LFSConfig(
            context=self.flash,
            block_size=BLOCK,
            block_count=len(self.flash.blocks) - 1,
            read_size=32,
            prog_size=PAGE,
            cache_size=BLOCK,  # a board's is smaller, which makes more calls of the same pages
            lookahead_size=32,
            block_cycles=100,
        )
        marked = self._marked()
        try:
            lfs.mount(self._fs, self._config)
        except LittleFSError as error:
            if marked:
                raise StorageError(f"The flash cannot be mounted, and was left as it is: {error}") from None
            self._call(lfs.format, self._config)
            self._call(lfs.mount, self._config)
            self.formatted = True
            if log is not None:
                log("storage: the flash was never used and has been formatted")
        if not marked and self.flash.prog(None, len(self.flash.blocks) - 1, 0, _MARK):
            raise PowerCut

    def _marked(self) -> bool:
        return self.flash.blocks[-1][:PAGE] != _ERASED[:PAGE]

    @property
    def capacity_bytes(self) -> int:
        return BLOCK * (len(self.flash.blocks) - 1)

    def image(self) -> FlashStorage:
        """What is on the flash now, mounted anew."""
        image = FlashStorage(Flash(self.flash.blocks))
        image.faults = self.faults
        return image

    def freeze(self) -> None:
        """The power is gone: from now on nothing can be written."""
        self.flash.powered = False
        self.flash.cut_at = None

    def names(self) -> list[str]:
        directory = self._call(lfs.dir_open, "/")
        names = []
        try:
            while entry := self._call(lfs.dir_read, directory):
                if entry.type == lfs.LFSStat.TYPE_REG:
                    names.append(entry.name)
        finally:
            self._call(lfs.dir_close, directory)
        return sorted(names)

    def size(self, name: str) -> int:
        try:
            return int(self._call(lfs.stat, checked(name)).size)
        except FileNotFoundError:
            return -1

    def read(self, name: str, offset: int, n: int) -> bytes:
        try:
            file = self._call(lfs.file_open, checked(name), "r")
        except FileNotFoundError:
            return b""
        try:
            self._call(lfs.file_seek, file, offset, 0)
            return bytes(self._call(lfs.file_read, file, n))
        finally:
            self._call(lfs.file_close, file)

    def write(self, name: str, data: Buffer) -> None:
        self._put(name, "trunc", data)

    def append(self, name: str, data: Buffer) -> None:
        self._put(name, "append", data)

    def rename(self, old: str, new: str) -> None:
        self._changing()
        try:
            self._call(lfs.rename, checked(old), checked(new))
        except FileNotFoundError:
            raise StorageError(f"There is no file {old} to rename") from None

    def remove(self, name: str) -> None:
        self._changing()
        try:
            self._call(lfs.remove, checked(name))
        except FileNotFoundError:
            return

    def _put(self, name: str, how: str, data: Buffer) -> None:
        self._changing()
        flag = lfs.LFSFileFlag
        file = self._call(lfs.file_open, checked(name), flag["wronly"] | flag["creat"] | flag[how])
        try:
            self._call(lfs.file_write, file, bytes(data))
        finally:
            self._call(lfs.file_close, file)

    def _cut_off(self) -> bool:
        """Whether the power has gone in a write, and nobody has come yet to end the firmware."""
        return not self.flash.powered and self.flash.cut_at is not None

    def _changing(self) -> None:
        if self._cut_off():
            raise PowerCut
        if not self.flash.powered:
            raise StorageError("The power is off")
        strike(self.faults)

    def _call(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Call littlefs; its errors become the seam's, but for a missing file, which is FileNotFoundError."""
        if self._cut_off():
            raise PowerCut
        try:
            return function(self._fs, *arguments)
        except LittleFSError as error:
            if self._cut_off():
                raise PowerCut from None
            if error.code == LittleFSError.Error.LFS_ERR_NOENT:
                raise FileNotFoundError from None
            if error.code == LittleFSError.Error.LFS_ERR_NOSPC:
                raise StorageFull("No space left on the flash") from None
            raise StorageError(f"The flash failed: {error}") from None
