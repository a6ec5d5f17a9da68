"""The boards that there is firmware for, and how to tell by what it says of itself whether a board is one of them.

Pins and parts are not here: those are in `hal/board_<name>.py`, which is a file of its own for each.
"""

from __future__ import annotations

from typing import Any, NamedTuple

# The oldest MicroPython that this is made for; it was run on 1.28 and 1.29.
OLDEST = (1, 26)
MPY_VERSION = (
    6  # of .mpy files, second byte; files of bytecode alone run whatever the sub-version (mpy_files in its manual)
)


class Kind(NamedTuple):
    name: str
    title: str
    platform: str  # sys.platform
    chip: str  # what stands behind the last " with " of sys.implementation._machine, or its beginning
    wlan: bool
    heap_kb: int  # free when MicroPython has started
    needs_rom: bool = False  # code that is not run in place, from a ROM partition, leaves it too little heap

    def problem(self, board: dict[str, Any]) -> str:
        """Why `board` (what `on_board/session.py` told) is none of these, "" when it is one."""
        version = ".".join(str(part) for part in board["version"][:3])
        if board["name"] != "micropython":
            return f"It runs {board['name']}, not MicroPython: get MicroPython for it from micropython.org/download."
        if tuple(board["version"][:2]) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            return f"It runs MicroPython {version}, and Scanpost needs {oldest} or newer: micropython.org/download."
        if board["mpy"] & 0xFF != MPY_VERSION:
            return (
                f"MicroPython {version} reads .mpy files of version {board['mpy'] & 0xFF}, and these are {MPY_VERSION}."
            )
        chip = board["machine"].rpartition(" with ")[2]
        if board["platform"] != self.platform or not chip.startswith(self.chip):
            return f"It is a {board['machine']}, and BOARD={self.name} is for a {self.title}."
        if self.wlan and not board["wlan"]:
            return f"Its MicroPython has no WLAN: it is no {self.title}, or MicroPython for another board is on it."
        if board["heap"] < self.heap_kb * 1024 * 3 // 4:
            return f"It has {board['heap'] // 1024} KB of heap; a {self.title} has about {self.heap_kb}."
        return ""


KINDS = {
    kind.name: kind
    for kind in (
        Kind("pico", "Raspberry Pi Pico", "rp2", "RP2040", False, 240),
        Kind("pico_w", "Raspberry Pi Pico W", "rp2", "RP2040", True, 190, needs_rom=True),
        Kind("pico2_w", "Raspberry Pi Pico 2 W", "rp2", "RP2350", True, 400),
        Kind("esp32s3", "ESP32-S3 with PSRAM", "esp32", "ESP32S3", True, 2048),
    )
}
