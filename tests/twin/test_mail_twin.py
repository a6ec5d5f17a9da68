"""Mail on real MicroPython: the same sessions, mails and refusals as on CPython, byte for byte."""

import os
import subprocess
from pathlib import Path

import pytest

from sim.live import find_micropython
from tests.twin import mail_exchanges

ROOT = Path(__file__).parent.parent.parent
MICROPYTHON = find_micropython()

_HEAP_KB = 160
_BIG = """
from firmware.mail.mime import Message
size = 25 * 1024 * 1024
chunk = bytes(range(256)) * 32
mail = Message("a@b", ["c@d"], "scan", 0, "<a@b>", "scan.pdf", "application/pdf", size)
done = len(mail.header)
for i in range(size // 8192):
    for block in mail.body(chunk):
        done += len(block)
done += len(mail.trailer())
print(done == mail.size)
"""


def run(script: Path, heap_kb: int, *first: Path) -> str:
    """What the script says. `first`: folders in which modules are looked for before those of this repository."""
    assert MICROPYTHON is not None
    path = os.pathsep.join([".frozen", *map(str, first), str(ROOT)])
    environment = {**os.environ, "MICROPYPATH": path}
    command = [*MICROPYTHON, "-X", f"heapsize={heap_kb}k", str(script)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    return done.stdout


pytestmark = pytest.mark.skipif(MICROPYTHON is None, reason="there is no MicroPython here")


def test_both_interpreters_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    mail_exchanges.report()
    expected = capsys.readouterr().out
    assert len(expected.splitlines()) > 200
    assert run(ROOT / "tests" / "twin" / "mail_exchanges.py", 2048) == expected


def test_25_mb_pass_in_a_small_heap(tmp_path: Path) -> None:
    """The sources are compiled in this heap too; a board gets them compiled."""
    script = tmp_path / "big.py"
    script.write_text(_BIG)
    assert run(script, _HEAP_KB) == "True\n"
