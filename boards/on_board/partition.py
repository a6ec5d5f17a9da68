"""Reads and writes a board's ROM partition, block by block, for `boards/flash_rom.py`. Runs on the board.

What is in the partition is not looked into here: the computer compares the digests with those of what it wants there.
"""

import binascii
import hashlib

import machine
import vfs  # type: ignore[import-not-found]

_BLOCK = 4096  # what flash is erased by
_PAGE = 256  # what it is programmed by
_ERASE = 6  # of a block device's `ioctl`
_BITES_MS = 8000

dog = machine.WDT(timeout=_BITES_MS)
rom = vfs.rom_ioctl(2, 0)
try:
    vfs.umount("/rom")  # MicroPython itself mounts what the partition begins with
except OSError:  # nothing that it knows
    pass


def digests(first: int, blocks: int) -> None:
    """The SHA-256 of each of so many blocks, one a line."""
    data = bytearray(_BLOCK)
    for number in range(first, first + blocks):
        dog.feed()
        rom.readblocks(number, data)
        print(binascii.hexlify(hashlib.sha256(data).digest()).decode())


def erase(number: int) -> None:
    dog.feed()
    rom.ioctl(_ERASE, number)


def write(number: int, text: str) -> None:
    """A block, from base64; its beginning last, by which MicroPython knows an image."""
    erase(number)
    data = memoryview(binascii.a2b_base64(text))
    rom.writeblocks(number, data[_PAGE:], _PAGE)
    rom.writeblocks(number, data[:_PAGE], 0)
