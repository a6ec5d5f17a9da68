"""The day in the heap of a board, with few mails."""

from __future__ import annotations

import asyncio

import pytest

from sim.life import shared_authority
from sim.live import find_micropython
from tests.soak.day import BLOCK, MOST_GROWN, Told, day, grown

_MAILS = 5


@pytest.mark.live
@pytest.mark.skipif(find_micropython() is None, reason="there is no MicroPython here")
def test_the_heap_does_not_grow_and_has_a_block_of_16_kb() -> None:
    told = asyncio.run(day(shared_authority(), _MAILS))
    assert len(told) == _MAILS + 1
    assert grown(told) <= MOST_GROWN, told
    assert min(each.block for each in told) >= BLOCK, told


def test_growth_is_noticed() -> None:
    """Of 1 KB a mail; that the pages come and go is none."""
    pages = [Told(300_000 + 40_000 * (number % 2), 100_000, BLOCK) for number in range(10)]
    assert grown(pages) == 0
    assert grown([told._replace(in_use=told.in_use + 1024 * number) for number, told in enumerate(pages)]) > MOST_GROWN
