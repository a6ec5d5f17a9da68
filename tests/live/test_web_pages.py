"""Every page of Web Config from a board's own files in a heap as small as its own, on the real MicroPython."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from boards import stand_in
from firmware.web.app import TABLE
from sim.live_world import LiveWorld
from sim.person import Administrator

pytestmark = pytest.mark.live

_BOARD = "pico2_w"  # that has all pages


def test_every_page_comes_and_goes_again(tmp_path: Path) -> None:
    """Twice around, in both languages: what a page loaded is given back, or the second time there would be no room."""

    async def story() -> None:
        heap_kb, image = stand_in.heap_kb(_BOARD), stand_in.image(_BOARD)
        world = LiveWorld(tmp_path, interpreter="micropython", heap_kb=heap_kb, image=image)
        try:
            await world.start()
            administrator = Administrator(world)
            page = await administrator.log_in()
            browser, url = administrator.browser, world.web_config_url()
            for language, button in (("en", ""), ("lt", "Lietuvių")):
                if button:
                    page = await browser.press(page, button)
                for _, _, path, _, name, _ in TABLE:
                    page = await browser.open(url + path[1:])
                    assert page.status == 200, (path, page.text)
                    assert f'<html lang="{language}">' in page.html and (not name or page.url.endswith(path))
            page = await browser.open(url + "users/list")
            rows = "".join(f"user{n},Ona Ž {n},user{n}@bureau.example,1234\n" for n in range(200))
            page = await browser.press(page, "Importuoti", csv="id,name,email,pin\n" + rows)
            assert "Importuota naudotojų: 200." in page.text, page.text
            page = await browser.open(url + "users")
            assert page.text.count("@bureau.example") == 25
            said = [str(event["log"]) for event in world.events if "log" in event]
            assert sum(line.startswith("start: ") for line in said) == 1, said
            assert not [line for line in said if "memory" in line or "Error" in line], said
        finally:
            await world.stop()

    asyncio.run(story())
