"""`make mem` finds the least heap, and can tell a device that is short of memory."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from boards import stand_in
from sim.cloud.certificates import Authority
from sim.scenario import load
from tests.boards import mailing
from tests.boards.on_bench import micropython
from tests.mem import gets_through, least_kb


@pytest.mark.parametrize("least", [40, 231, 424, 432, 433, 440, 700, 2000])
def test_the_least_heap_is_found_to_8_kb(least: int) -> None:
    tried = []

    def enough(kb: int) -> bool:
        tried.append(kb)
        return kb >= least

    assert least <= least_kb(enough, 432) < least + 8
    assert len(tried) < 20


def test_what_no_heap_is_enough_for_is_something_else() -> None:
    with pytest.raises(RuntimeError, match="something else"):
        least_kb(lambda kb: False, 432)


@pytest.mark.live
@pytest.mark.parametrize(("heap_kb", "passes"), [(1024, True), (200, False)])
def test_a_heap_that_is_enough_and_one_that_is_not(heap_kb: int, passes: bool) -> None:
    authority = Authority.new(random.Random(1))
    assert asyncio.run(gets_through(load("never_signed_in"), heap_kb, authority)) == passes


@pytest.mark.live
def test_a_pico_w_mails_with_enough_heap_and_without_it_that_is_told(tmp_path: Path) -> None:
    micropython(stand_in.rom_image(mailing.BOARD))
    authority = Authority.new(random.Random(1))
    asyncio.run(mailing.signed_in(tmp_path, authority))
    assert asyncio.run(mailing.sent(tmp_path, 400, authority)) == "sent"
    assert "emory" in asyncio.run(mailing.sent(tmp_path, 165, authority))
