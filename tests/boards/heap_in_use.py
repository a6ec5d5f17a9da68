"""How much of its heap each board has in use: measured on its folder, in the unix MicroPython, with chips on its wires.

Figures are those of a 32-bit board (`boards/stand_in.py`). What the bench itself has loaded is not counted, nor that its
names make MicroPython's pools of names larger (`_with_own_names`). Boards for which there is a MicroPython with a ROM
partition have it, and their code in it.
Start at `plain_pico` and `listening`; `tests/boards/test_budgets.py` holds them against the budgets, `make mem` prints them.
"""

from __future__ import annotations

import json
import shutil
import ssl
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from boards import mpy, packs, rom
from boards.kinds import KINDS
from boards.stand_in import unscaled_kb
from firmware.jobs.journal import Journal
from hal.storage_files import FileStorage
from tests.boards.lan import names, serving, the_time
from tests.boards.on_bench import Bench, install, install_in_place
from tests.boards.test_pico import PINS, print_sheet
from tests.boards.test_pico_w import DEVICE, free_port, get

PLAIN_PICO_KB = 90  # in use
FREE_KB = {"pico_w": 60, "pico2_w": 120}  # while Web Config listens
_WITH_HTTPS = ("pico2_w", "esp32s3")
_FOLLOWING = "the board's own names follow"  # see `tests/boards/boot.py`
_FIRST_POOL = 20  # names
_NAME_BYTES = 11  # of one in a pool, beside its letters, with 64 bits


def budget_kb(board: str) -> int:
    """What may be in use."""
    return PLAIN_PICO_KB if board == "pico" else KINDS[board].heap_kb - FREE_KB[board]


def _installed(board: str, folder: Path) -> Path:
    """The flash of a new board that has the files of `folder`, beside which it is."""
    flash = folder.with_name("flash")
    if board in rom.BOARDS:
        install_in_place(board, folder, flash)
    else:
        shutil.copytree(packs.build(board), folder, dirs_exist_ok=True)
        install(folder, flash)
    return flash


def with_a_full_history(folder: Path) -> Path:
    """`folder` with a journal of jobs whose two files are as long as they get."""
    (folder / "data").mkdir(parents=True)
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
    flash = _installed("pico", with_a_full_history(place / "folder"))
    async with Bench.powered(flash, "pico", PINS) as bench:
        await bench.on("home")
        used = {"at the home screen": await _used_kb(bench, "pico")}
        await print_sheet(bench)
        used["after a status sheet"] = await _used_kb(bench, "pico")
        await bench.again()
        await bench.on("home")
        await bench.choose("Job Status", "jobs")
        await bench.until(lambda: "Status Sheet" in bench.screen.words)
        used["in the history"] = await _used_kb(bench, "pico")
    return used


async def listening(board: str, place: Path) -> dict[str, int]:
    """Of a board with WLAN, in KB, with its clock set and Web Config listening, and once a page was asked for."""
    (place / "folder").mkdir()
    (place / "folder" / "device.json").write_text(json.dumps(DEVICE))
    flash = _installed(board, place / "folder")
    async with AsyncExitStack() as stack:
        table = names({"time.bureau.example": "192.0.2.123"})
        lan = {
            "192.0.2.53:53": await stack.enter_async_context(serving(table)),
            "192.0.2.123:123": await stack.enter_async_context(serving(the_time())),
            "0.0.0.0:80": free_port(),
            "0.0.0.0:443": free_port(),
        }
        more: dict[str, Any] = {"display": "ili9341", "heap_kb": 8192}
        bench = await stack.enter_async_context(Bench.powered(flash, board, PINS, lan, **more))
        await bench.until(lambda: "clock: set by time.bureau.example" in bench.lines)
        where, context = lan["0.0.0.0:80"], None
        if board in _WITH_HTTPS:
            await bench.until(lambda: "https://192.0.2.17/" in bench.screen.words)  # its certificate has been made
            where, context = lan["0.0.0.0:443"], ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        used = {"listening": await _used_kb(bench, board)}
        assert b"200 OK" in await get(where, context)
        used["with the pages loaded"] = await _used_kb(bench, board)
    return used


async def _used_kb(bench: Bench, board: str) -> int:
    used = int(await bench.ask("heap"))
    return unscaled_kb(board, (used + await _with_own_names(bench, board)) / 1024)


async def _with_own_names(bench: Bench, board: str) -> int:
    """By how many bytes another amount would be in use if the bench had no names.

    MicroPython keeps names in pools, each twice as large as the one before (py/qstr.c): a few hundred more can double what
    they take. The bench's come first; those among them that the firmware has, too, are counted.
    """
    begin = len(bench.lines)
    await bench.ask("names")
    names = _in_order("\n".join(bench.lines[begin:]).partition("\nQ(")[2].removesuffix(")").split(")\nQ("))
    begins = names.index(_FOLLOWING)
    benchs, firmwares = names[:begins], names[begins + 1 :]
    modules = mpy.build(board)
    loaded = [modules.joinpath(*name.split(".")) for name in (await bench.ask("modules")).split()]
    files = [path.with_suffix(".mpy") for path in loaded] + [path / "__init__.mpy" for path in loaded]
    wanted = {name for path in files if path.exists() for name in _names_in(path.read_bytes())}
    both = [name for name in benchs if name in wanted]
    there = _pools_bytes(len(names)) - _pools_bytes(len(benchs))
    letters = 0 if board in rom.BOARDS else sum(len(name.encode()) + 1 for name in both)  # which stay where they are
    return _pools_bytes(len(firmwares) + len(both)) + letters - there


def _pools(names: int) -> list[int]:
    """How many names have room in each of the pools for so many."""
    pools: list[int] = []
    while sum(pools) < names:
        pools.append(_FIRST_POOL << len(pools))
    return pools


def _pools_bytes(names: int) -> int:
    return sum(_pools(names)) * _NAME_BYTES


def _in_order(names: list[str]) -> list[str]:
    """`names` are in order in each pool, but of the newest pool first."""
    newest = len(names) - sum(_pools(len(names))[:-1])
    order: list[str] = []
    for room in [newest, *reversed(_pools(len(names))[:-1])]:
        order[:0], names = names[:room], names[room:]
    return order


def _names_in(module: bytes) -> list[str]:
    """Of a compiled module (py/persistentcode.c): a head of 4 bytes, how many names and other objects, and the names."""
    place, found = 4, []

    def number() -> int:
        nonlocal place
        value, more = 0, True
        while more:
            value, more = value << 7 | module[place] & 127, module[place] >= 128
            place += 1
        return value

    count, _ = number(), number()
    for _ in range(count):
        length = number()
        if not length & 1:  # one that is built in has a number
            found.append(module[place : place + length // 2].decode())
            place += length // 2 + 1
    return found
