"""How much of its heap each board has in use: measured on its folder, in the unix MicroPython, with chips on its wires.

Figures are those of a 32-bit board: what is measured with 64 bits is 1.4 times as much. The budgets are issue 5's. Start at
`plain_pico` and `listening`; `tests/boards/test_budgets.py` holds them against the budgets, and `make mem` prints them.
"""

from __future__ import annotations

import json
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from boards.kinds import KINDS
from boards.packs import build
from boards.stand_in import unscaled_kb
from firmware.jobs.journal import Journal
from hal.storage_files import FileStorage
from tests.boards.lan import names, serving, the_time
from tests.boards.on_bench import Bench, install
from tests.boards.test_pico import PINS, print_sheet
from tests.boards.test_pico_w import DEVICE, free_port, get

PLAIN_PICO_KB = 90  # in use
FREE_KB = {"pico_w": 60, "pico2_w": 120}  # while Web Config listens
MAILING_FREE_KB = 25  # on a Pico W, beside the TLS session's memory


def budget_kb(board: str) -> int:
    """What may be in use."""
    return PLAIN_PICO_KB if board == "pico" else KINDS[board].heap_kb - FREE_KB[board]


def with_a_full_history(folder: Path) -> Path:
    """`folder` with a journal of jobs whose two files are as long as they get."""
    (folder / "data").mkdir()
    storage = FileStorage(str(folder / "data"))
    journal = Journal(storage, print)
    job = {"to": "ona.kazlauskiene@bureau.example", "name": "Sutartis.pdf", "created_s": 1_764_583_500, "size": 184_320}
    result = {"status": "failed", "code": 313, "kind_of_failure": "name", "detail": "No such name."}
    while storage.size("jobs.old") < 0 or storage.size("jobs") < 15_000:
        number = journal.last_id + 1
        journal.add({"id": number, "kind": "email", **job})
        journal.end(number, result)
    return folder


async def plain_pico(place: Path) -> dict[str, int]:
    """Of a plain Pico, in KB. `place`: an empty folder to work in."""
    folder = with_a_full_history(Path(shutil.copytree(build("pico"), place / "folder")))
    install(folder, place / "flash")
    async with Bench.powered(place / "flash", "pico", PINS) as bench:
        await bench.on("home")
        used = {"at the home screen": await _used_kb(bench)}
        await print_sheet(bench)
        used["after a status sheet"] = await _used_kb(bench)
        await bench.again()
        await bench.on("home")
        await bench.choose("Job Status", "jobs")
        await bench.until(lambda: "Status Sheet" in bench.screen.words)
        used["in the history"] = await _used_kb(bench)
    return used


async def listening(board: str, place: Path) -> dict[str, int]:
    """Of a board with WLAN, in KB, with its clock set and Web Config listening, and once a page was asked for."""
    folder = Path(shutil.copytree(build(board), place / "folder"))
    (folder / "device.json").write_text(json.dumps(DEVICE))
    install(folder, place / "flash")
    async with AsyncExitStack() as stack:
        table = names({"time.bureau.example": "192.0.2.123"})
        lan = {
            "192.0.2.53:53": await stack.enter_async_context(serving(table)),
            "192.0.2.123:123": await stack.enter_async_context(serving(the_time())),
            "0.0.0.0:80": free_port(),
        }
        more: dict[str, Any] = {"display": "ili9341", "heap_kb": 8192}
        bench = await stack.enter_async_context(Bench.powered(place / "flash", board, PINS, lan, **more))
        await bench.until(lambda: "clock: set by time.bureau.example" in bench.lines)
        used = {"listening": await _used_kb(bench)}
        assert await get(lan["0.0.0.0:80"])
        used["with the pages loaded"] = await _used_kb(bench)
    return used


async def _used_kb(bench: Bench) -> int:
    return unscaled_kb(int(await bench.ask("heap")) / 1024)
