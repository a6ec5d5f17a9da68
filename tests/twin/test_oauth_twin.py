"""The OAuth core on real MicroPython: the same states, refusals, bindings and words as on CPython."""

import os
import subprocess
from pathlib import Path

import pytest

from sim.live import find_micropython
from tests.twin import oauth_exchanges

ROOT = Path(__file__).parent.parent.parent
MICROPYTHON = find_micropython()

_HEAP_KB = 4096


@pytest.mark.skipif(MICROPYTHON is None, reason="there is no MicroPython here")
def test_both_interpreters_say_the_same() -> None:
    assert MICROPYTHON is not None
    script = ROOT / "tests" / "twin" / "oauth_exchanges.py"
    command = [*MICROPYTHON, "-X", f"heapsize={_HEAP_KB}k", str(script)]
    environment = {**os.environ, "MICROPYPATH": f".frozen:{ROOT}"}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    expected = list(oauth_exchanges.lines())
    assert len(expected) > 1500
    for theirs, ours in zip(done.stdout.splitlines(), expected, strict=True):
        assert theirs == ours
