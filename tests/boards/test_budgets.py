"""How much of its heap each board has in use (issue 5). What is measured with 64 bits is 1.4 times of what 32 bits take."""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from boards.mpy import build
from firmware.jobs.journal import Journal
from hal.storage_files import FileStorage
from tests.boards.lan import names, serving, the_time
from tests.boards.on_bench import Bench, install
from tests.boards.test_pico import PINS, print_sheet
from tests.boards.test_pico_w import DEVICE, free_port, get

pytestmark = pytest.mark.live
_KB = 1024 * 14 // 10
missed = pytest.mark.xfail(strict=True, reason="more than the budget is loaded at the start")


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


@missed
def test_a_plain_pico_uses_at_most_90_kb(tmp_path: Path) -> None:
    """With panel, printer, settings and a full history."""
    folder = with_a_full_history(Path(shutil.copytree(build("pico"), tmp_path / "folder")))
    install(folder, tmp_path / "flash")

    async def story() -> list[int]:
        async with Bench.powered(tmp_path / "flash", "pico", PINS) as bench:
            await bench.on("home")
            used = [int(await bench.ask("heap"))]
            await print_sheet(bench)
            used.append(int(await bench.ask("heap")))
            await bench.again()
            await bench.on("home")
            await bench.choose("Job Status", "jobs")
            await bench.until(lambda: "Status Sheet" in bench.screen.words)
            return [*used, int(await bench.ask("heap"))]

    used = asyncio.run(story())
    print("pico: at the home screen, after a sheet, in the history:", *(f"{bytes / _KB:.0f} KB" for bytes in used))
    assert max(used) <= 90 * _KB


@pytest.mark.parametrize(
    ("board", "heap_kb", "free_kb"), [pytest.param("pico_w", 190, 60, marks=missed), ("pico2_w", 400, 120)]
)
def test_with_panel_and_web_config_listening_enough_is_free(
    board: str, heap_kb: int, free_kb: int, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(build(board), tmp_path / "folder"))
    (folder / "device.json").write_text(json.dumps(DEVICE))
    install(folder, tmp_path / "flash")

    async def story() -> list[int]:
        async with AsyncExitStack() as stack:
            table = names({"time.bureau.example": "192.0.2.123"})
            lan = {
                "192.0.2.53:53": await stack.enter_async_context(serving(table)),
                "192.0.2.123:123": await stack.enter_async_context(serving(the_time())),
                "0.0.0.0:80": free_port(),
            }
            more: dict[str, Any] = {"display": "ili9341", "heap_kb": 8192}
            bench = await stack.enter_async_context(Bench.powered(tmp_path / "flash", board, PINS, lan, **more))
            await bench.until(lambda: "clock: set by time.bureau.example" in bench.lines)
            used = [int(await bench.ask("heap"))]
            assert await get(lan["0.0.0.0:80"])
            return [*used, int(await bench.ask("heap"))]

    listening, with_pages = asyncio.run(story())
    print(f"{board}: listening {listening / _KB:.0f} KB of {heap_kb}, with the pages {with_pages / _KB:.0f} KB")
    assert listening <= (heap_kb - free_kb) * _KB
