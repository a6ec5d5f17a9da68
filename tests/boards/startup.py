"""How long a plain Pico takes from power-up to the home screen: counted, since there is no Pico here. Start at `counted`.

What is counted is nearly the same on each run: the code that is loaded before the home screen, and what littlefs reads from
the flash to find and load it. What that takes in milliseconds is reckoned from what others measured:

- power-up to the first line of Python: 178 ms on a Pico (github.com/micropython/micropython/issues/8420, oscilloscope)
- loading from packs: 20 modules in one folder, 44 KB of .mpy, took 350 ms on an emulated RP2040: 8 ms a KB
- loading from a ROM partition: names are entered and the modules' own lines run, but nothing is copied. The home screen was
  there 460 ms after the first instruction of an emulated RP2040 whose flash lets nobody wait, with 57 KB loaded: without
  what is else, at most 5.5 ms a KB. To read it takes a flash chip 0.06 us a byte, see below
- reading: 0.19 us a byte, of which 0.13 are littlefs' checksum (16 cycles at 125 MHz) and 0.06 a flash chip at 62.5 MHz with
  four lines, 28 clocks for 8 bytes; a folder is read again for each step of each path
- all else until the home screen: 150 ms there, with a picture of 35 ms that takes 24 ms over I2C, and a history of ten

Only hardware shows the rest: how well the flash is cached, folders after months of writing, power that rises slowly.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from boards import mpy, packs
from tests.boards.on_bench import Bench, install, install_in_place
from tests.boards.test_pico import PINS

MOST_MS = 1000  # what a person at the device takes for at once
_TO_PYTHON_MS = 178
_LOADING_MS_PER_KB = 8
_IN_PLACE_MS_PER_KB = 5.5 + 0.06
_READING_MS_PER_KB = 0.19
_ELSE_MS = 150


class Startup(NamedTuple):
    modules: int  # that are loaded when the home screen is there
    mpy_bytes: int  # of them
    flash_bytes: int  # read until then, by littlefs in whole pieces, directories too
    in_place: bool  # the modules are run in a ROM partition, and not from packs

    @property
    def reckoned_ms(self) -> int:
        ms_per_kb = _IN_PLACE_MS_PER_KB if self.in_place else _LOADING_MS_PER_KB
        loading_ms = self.mpy_bytes / 1024 * ms_per_kb + self.flash_bytes / 1024 * _READING_MS_PER_KB
        return round(_TO_PYTHON_MS + loading_ms + _ELSE_MS)

    def __str__(self) -> str:
        loaded = (
            f"{self.modules} modules of {self.mpy_bytes / 1024:.0f} KB {'in place' if self.in_place else 'from packs'}"
        )
        return f"{self.reckoned_ms} ms reckoned ({loaded}, {self.flash_bytes / 1024:.0f} KB read from the file system)"


async def counted(place: Path, in_place: bool) -> Startup:
    """Of a plain Pico that has been on before. `place`: an empty folder to work in."""
    modules = mpy.build("pico")
    if in_place:
        (place / "files").mkdir()
        install_in_place("pico", place / "files", place / "flash")
    else:
        install(packs.build("pico"), place / "flash")
    async with Bench.powered(place / "flash", "pico", PINS) as bench:
        await bench.on("home")
        await bench.again()
        await bench.on("home")
        read = int(await bench.ask("flash"))
        loaded = [modules.joinpath(*name.split(".")) for name in (await bench.ask("modules")).split()]
        files = [path.with_suffix(".mpy") for path in loaded] + [path / "__init__.mpy" for path in loaded]
        there = [path.stat().st_size for path in files if path.exists()]
    return Startup(len(there), sum(there), read, in_place)
