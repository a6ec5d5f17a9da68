"""The same seed gives the same run, byte for byte, in whichever process; and the trace that shows it holds no secret."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.life import Life, Step
from sim.person import ADMINISTRATOR, ONA, PRINTER
from sim.watch import Watch

STEPS: list[Step] = [
    ("sign_in", {"account": PRINTER}),
    ("send", {"to": ONA, "size": 20_000, "wait_s": 0.0}),
    ("send", {"to": ONA, "size": 300}),
    ("fault", {"fault": {"where": "token", "kind": "503", "times": 2, "retry_after": 7}}),
    ("clock", {"wall_ppm": 150, "ticks_ppm": -90}),
    ("wait", {"seconds": 9 * 86400.0}),
    ("begin_sign_in", {}),
    ("power_cut_while_sending", {"to": ONA, "after_ms": 40}),
    ("print_sheet", {}),
    ("look", {"page": "network/email/basic"}),
    ("revoke", {"address": PRINTER}),
    ("sign_in", {"account": ADMINISTRATOR, "ok": False}),
    ("recover", {}),
]
ROOT = Path(__file__).parents[2]


def trace(seed: int) -> list[str]:
    life = Life(seed, trace=True)
    life.start()
    for name, arguments in STEPS:
        life.take(name, **arguments)
    life.end()
    return life.world.seam


def digest(seed: int) -> str:
    return hashlib.sha256("\n".join(trace(seed)).encode()).hexdigest()


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_the_same_seed_gives_the_same_trace(seed: int) -> None:
    first, second = trace(seed), trace(seed)
    assert len(first) > 1000
    assert first == second


def test_another_seed_gives_another_run() -> None:
    assert digest(1) != digest(2)


def test_the_seed_and_nothing_else_of_a_process_decides() -> None:
    """PYTHONHASHSEED moves the order of sets and dicts of a process, its number and environment the rest."""
    program = "from tests.property.test_determinism import digest; print(digest(5))"
    digests = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout.strip())
    assert digests == {digest(5)}


def test_a_trace_is_json_and_names_what_crossed_the_seam() -> None:
    rows = [json.loads(line) for line in trace(3)]
    calls = {(row["part"].partition(" ")[0], row["do"]) for row in rows if "do" in row}
    assert {("network", "connect"), ("connection", "write"), ("storage", "rename"), ("panel", "say")} <= calls
    assert any(row.get("wire", {}).get("where") == "smtp" for row in rows)
    assert any("raised" in row for row in rows) or any(row.get("power") == "off" for row in rows)


def test_a_trace_holds_no_secret() -> None:
    life = Life(4, trace=True)
    life.start()
    for name, arguments in STEPS:
        life.take(name, **arguments)
    secrets: Watch = life.watch
    text = "\n".join(life.world.seam)
    assert secrets.secrets.found_in(text) == ""
    assert secrets.secrets.found_in(life.watch.truth.refresh_token or life.world.label()["admin_password"])
    life.end()


def test_who_sleeps_for_ever_is_named_by_what_it_is() -> None:
    from sim import World
    from sim.loop import AsleepForEver

    world = World(seed=1)
    world.start()
    with pytest.raises(AsleepForEver, match=r"PanelUI\._keys.* Accounts\.run, .* Queue\.run, .* WebConfig\.run"):
        world.do(asyncio.Event().wait())
    world.stop()


def test_without_observers_the_firmware_gets_the_bare_board() -> None:
    from sim import World

    world = World(seed=1)
    world.start()
    assert world.device is not None and type(world.device.board.storage).__name__ == "RamStorage"
    world.stop()
    assert world.seam == []
