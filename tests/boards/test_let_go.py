"""What screens and the status sheet have loaded is let go when they are left (`firmware/heap.py`)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from boards.mpy import build
from tests.boards.on_bench import Bench, install
from tests.boards.test_pico import PINS, print_sheet

pytestmark = pytest.mark.live
_STAYS = {"firmware.oauth", "firmware.sheet", "firmware.sheet.job"}  # packages; how the last sheet ended


def test_after_menus_a_sheet_and_the_history_no_more_is_loaded_than_before(tmp_path: Path) -> None:
    install(build("pico"), tmp_path / "flash")

    async def story() -> list[set[str]]:
        async with Bench.powered(tmp_path / "flash", "pico", PINS) as bench:
            await bench.on("home")
            loaded = [set((await bench.ask("modules")).split())]
            await print_sheet(bench)
            for menu in ("network", "general", "settings", "home"):
                await bench.press("ok", held_ms=700)
                await bench.on(menu)
            await bench.choose("Job Status", "jobs")
            await bench.until(lambda: "Status Sheet" in bench.screen.words)
            loaded.append(set((await bench.ask("modules")).split()))
            await bench.press("ok", held_ms=700)
            await bench.on("home")
            loaded.append(set((await bench.ask("modules")).split()))
            return loaded

    before, in_the_history, after = asyncio.run(story())
    assert {"firmware.panel.screens.jobs", "firmware.jobs.shown"} <= in_the_history - before
    assert after - before <= _STAYS


def test_a_board_without_a_network_loads_nothing_of_sign_in_mail_and_pages(tmp_path: Path) -> None:
    install(build("pico"), tmp_path / "flash")

    async def story() -> set[str]:
        async with Bench.powered(tmp_path / "flash", "pico", PINS) as bench:
            await bench.on("home")
            await bench.choose("Scan to Email", "wired_status")
            await bench.until(lambda: "This model has none" in bench.screen.words)
            return set((await bench.ask("modules")).split())

    loaded = asyncio.run(story())
    assert not [name for name in loaded if name.startswith(("firmware.oauth", "firmware.mail", "firmware.web"))]
    assert not loaded & {"firmware.http", "firmware.strict_json", "firmware.jobs.queue", "firmware.vault"}
