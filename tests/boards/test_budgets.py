"""How much of its heap each board may have in use, and how long it may take to its home screen.

`tests/boards/heap_in_use.py` and `mailing.py` measure the one, `startup.py` reckons the other.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from boards import stand_in
from sim.cloud.certificates import Authority
from tests.boards.heap_in_use import budget_kb, listening, plain_pico
from tests.boards.mailing import BOARD, FREE_KB, sent, signed_in
from tests.boards.on_bench import micropython
from tests.boards.startup import MOST_MS, counted

pytestmark = pytest.mark.live


def test_a_plain_pico_uses_at_most_90_kb(tmp_path: Path) -> None:
    """With panel, printer, settings and a full history."""
    used = asyncio.run(plain_pico(tmp_path))
    assert max(used.values()) <= budget_kb("pico"), used


@pytest.mark.parametrize("board", ["pico_w", "pico2_w"])
def test_with_panel_and_web_config_listening_enough_is_free(board: str, tmp_path: Path) -> None:
    used = asyncio.run(listening(board, tmp_path))
    assert used["listening"] <= budget_kb(board), used


def test_a_pico_w_mails_over_tls_with_25_kb_to_spare(tmp_path: Path) -> None:
    """The heap is the board's, less what is to stay free."""
    micropython(stand_in.rom_image(BOARD))
    authority = Authority.new(random.Random(1))
    asyncio.run(signed_in(tmp_path, authority))
    heap_kb = stand_in.heap_kb(BOARD) - stand_in.scaled_kb(BOARD, FREE_KB)
    assert asyncio.run(sent(tmp_path, heap_kb, authority)) == "sent"


@pytest.mark.parametrize("in_place", [True, False], ids=["in place", "from packs"])
def test_a_plain_pico_is_at_its_home_screen_within_a_second(in_place: bool, tmp_path: Path) -> None:
    startup = asyncio.run(counted(tmp_path, in_place))
    assert startup.reckoned_ms <= MOST_MS, str(startup)
