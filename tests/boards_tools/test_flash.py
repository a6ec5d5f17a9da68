"""Code onto a board: only what differs, all of it checked, and at every moment a board that starts."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial

from boards import mpy, packs, repl, rom
from boards.flash import flash
from boards.kinds import KINDS
from boards.repl import BoardError, FlashFull, Repl, find_port
from sim.image import ROOT
from tests.boards.on_bench import FLASH_BYTES, Bench
from tests.boards_tools import tiny
from tests.boards_tools.serial_board import SerialBoard

PATIENCE_S = 5.0
Versions = dict[int, Path]
MakeBoard = Callable[..., SerialBoard]


def put_on(board: SerialBoard, folder: Path, in_parts: bool = False, kind: str = "pico") -> list[str]:
    """What `make flash` does; the lines that it tells. Returns when the board has started again."""
    told: list[str] = []
    starts = board.starts.count("reset")
    with Repl(str(board.port), PATIENCE_S) as talk:
        flash(KINDS[kind], folder, rom.image(folder), talk, told.append, in_parts)
    board.until(lambda: board.starts.count("reset") > starts)
    return told


def holds(board: SerialBoard, folder: Path) -> bool:
    """Whether the board has the folder's files, and no other code."""
    wanted = {"/" + str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    code = {path: data for path, data in board.files().items() if path.endswith((".py", ".mpy", ".pack"))}
    return code == wanted


def runs(board: SerialBoard, version: int) -> None:
    """See that the board, when it starts next, says that it is this version."""
    board.unplug()
    board.plug(tiny.said(version).encode())


def test_a_new_board_gets_all_of_it(board: SerialBoard, versions: Versions) -> None:
    told = put_on(board, versions[1])
    assert "9 of 9 files differ" in told[0] and told[-1] == "Verified: 9 files."
    board.until(lambda: tiny.said(1).encode() in board.said)
    board.unplug()
    assert holds(board, versions[1])
    assert set(board.files()) == {"/" + str(path.relative_to(versions[1])) for path in versions[1].rglob("*.*")}


def test_what_is_there_is_not_sent_again(board: SerialBoard, versions: Versions) -> None:
    put_on(board, versions[1])
    assert put_on(board, versions[1]) == ["The board has all of it already."]


def test_only_what_differs_is_sent_and_what_went_goes(board: SerialBoard, versions: Versions, tmp_path: Path) -> None:
    put_on(board, versions[1])
    small = tiny.write(tmp_path / "small", 1, **{"firmware.words": "def say(version):\n    print('new words')\n"})
    told = put_on(board, mpy.build("pico", small))
    assert "1 of 8 files differ: 1 KB to send" in told[0]
    board.until(lambda: b"new words" in board.said)
    board.unplug()
    assert holds(board, small / "build" / "modules" / "pico")


def test_the_next_version_takes_the_place_of_the_old_one(board: SerialBoard, versions: Versions) -> None:
    put_on(board, versions[1])
    put_on(board, versions[2])
    board.until(lambda: tiny.said(2).encode() in board.said)
    board.unplug()
    assert holds(board, versions[2])


def test_a_source_that_would_go_before_a_compiled_file_goes(make_board: MakeBoard, versions: Versions) -> None:
    board = make_board()
    board.put({"/firmware/words.py": b"1 / 0\n"})
    board.plug()
    put_on(board, versions[1])
    board.until(lambda: tiny.said(1).encode() in board.said)
    board.unplug()
    assert holds(board, versions[1])


def test_a_folder_copied_by_hand_is_taken_for_what_it_is(make_board: MakeBoard, versions: Versions) -> None:
    board = make_board()
    board.put({"/" + str(path.relative_to(versions[1])): path.read_bytes() for path in versions[1].rglob("*.*")})
    board.plug()
    assert put_on(board, versions[1]) == ["The board has all of it already."]


def test_what_the_device_keeps_stays(make_board: MakeBoard, versions: Versions) -> None:
    board = make_board()
    kept = {"/data/email": b"a sign-in", "/data/email.new": b"half", "/device.json": b"{}", "/roots/1.der": b"0"}
    kept.update({"/boot.py": b"print('mine')\n", "/lib/mine.py": b"", "/sd/photo": bytes(100_000)})
    board.put(kept)
    board.plug()
    put_on(board, versions[1])
    board.unplug()
    assert kept.items() <= board.files().items()


def test_somebody_elses_program_is_kept(make_board: MakeBoard, versions: Versions) -> None:
    board = make_board()
    board.put({"/main.py": b"print('blink')\n"})
    board.plug()
    assert "The main.py of before is kept as /main-before-scanpost.py." in put_on(board, versions[1])
    board.unplug()
    assert board.files()["/main-before-scanpost.py"] == b"print('blink')\n"


def test_somebody_elses_project_is_left_alone(make_board: MakeBoard, versions: Versions) -> None:
    board = make_board()
    theirs = {"/main.py": b"import hal.motor\n", "/hal/motor.py": b"print('turns')\n"}
    board.put(theirs)
    board.plug()
    with pytest.raises(BoardError, match=r"Another project's files.*/hal/motor.py"):
        put_on(board, versions[1])
    board.until(lambda: board.said.count(b"turns") == 2)  # it runs again
    board.unplug()
    assert board.files() == theirs


def test_a_program_that_runs_is_stopped(make_board: MakeBoard, versions: Versions) -> None:
    board = make_board()
    board.put({"/main.py": b"# Scanpost for pico.\nprint('running')\nwhile True:\n    pass\n"})
    board.plug(b"running")
    put_on(board, versions[1])
    board.until(lambda: tiny.said(1).encode() in board.said)


_WATCHED = b"# Scanpost for pico.\nimport machine\nmachine.WDT(timeout=8000)\nprint('running')\nwhile True:\n    pass\n"


def test_the_programs_watchdog_is_fed_meanwhile(make_board: MakeBoard, tmp_path: Path) -> None:
    """It goes on through Ctrl-C and soft reset, and nothing stops it."""
    board = make_board()
    board.put({"/main.py": _WATCHED})
    board.plug(b"running")
    put_on(board, _large(tmp_path / "large"))
    assert "bite" not in board.starts


def test_a_watchdog_that_nobody_feeds_bites_the_test_board(
    make_board: MakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the test above can fail."""
    board = make_board()
    board.put({"/main.py": _WATCHED})
    board.plug(b"running")
    hungry = repl.source("session").replace("dog.feed()", "pass")
    monkeypatch.setattr(repl, "source", lambda name: hungry)
    with Repl(str(board.port), PATIENCE_S) as talk:
        talk.run(hungry)
        with pytest.raises(BoardError, match="went away"):
            talk.send("/big", bytes(700_000))
    board.until(lambda: "bite" in board.starts)


def _large(root: Path, version: int = 1, modules: int = 16) -> Path:
    """A folder that takes the flash longer to write than a watchdog waits, and with fewer modules more than one part."""
    names = [f"noise{n}" for n in range(modules)]
    imports = "def later():\n" + "".join(f"    from firmware import {name}\n" for name in names)
    noise = {
        f"firmware.{name}": f"NOISE = {random.Random(f'{version} {name}').randbytes(20_000)!r}\n" for name in names
    }
    return mpy.build("pico", tiny.write(root, version, **{"firmware.same": imports, **noise}))


# --- what can be wrong with the board ---


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"version": [1, 20, 0]}, r"runs MicroPython 1\.20\.0, and Scanpost needs 1\.26 or newer"),
        ({"version": [1, 30, 0], "mpy": 7}, r"MicroPython 1\.30\.0 reads \.mpy files of version 7"),
        ({"machine": "Raspberry Pi Pico 2 W with RP2350"}, "is for a Raspberry Pi Pico W"),
        ({}, "Its MicroPython has no WLAN"),
        ({"name": "circuitpython"}, "runs circuitpython, not MicroPython"),
    ],
)
def test_a_board_of_another_kind_or_version_is_left_alone(
    make_board: MakeBoard, versions: Versions, about: dict[str, Any], words: str
) -> None:
    board = make_board(**about)
    board.put({"/main.py": b"print('as before')\n"})
    board.plug()
    with pytest.raises(BoardError, match=words):
        put_on(board, versions[1], kind="pico_w")
    board.until(lambda: board.said.count(b"as before") == 2)  # it was stopped to be asked, and runs again
    board.unplug()
    assert board.files() == {"/main.py": b"print('as before')\n"}


def test_a_board_that_does_not_answer(make_board: MakeBoard) -> None:
    board = make_board()
    board.deaf = True
    board.plug()
    with pytest.raises(BoardError, match=r"does not answer.*Unplug it"), Repl(str(board.port), 0.3):
        pass


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match=r"There is no port .*ttyACM7"), Repl(str(tmp_path / "ttyACM7"), 0.1):
        pass


def test_a_port_that_somebody_else_has(board: SerialBoard) -> None:
    with (
        serial.Serial(str(board.port), exclusive=True),
        pytest.raises(BoardError, match="Another program has"),
        Repl(str(board.port), PATIENCE_S),
    ):
        pass


def test_no_port_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boards.repl.list_ports.comports", list)
    with pytest.raises(BoardError, match=r"No board was found.*BOOTSEL"):
        find_port("")


class Port:
    def __init__(self, device: str, vid: int | None) -> None:
        self.device = device
        self.vid = vid


def test_the_only_port_is_taken_and_of_several_one_has_to_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [Port("/dev/ttyS0", None), Port("/dev/ttyACM0", 0x2E8A)]
    monkeypatch.setattr("boards.repl.list_ports.comports", lambda: ports)
    assert find_port("") == "/dev/ttyACM0"
    ports.append(Port("/dev/ttyACM1", 0x2E8A))
    with pytest.raises(BoardError, match=r"PORT= \(/dev/ttyACM0, /dev/ttyACM1\)"):
        find_port("")
    assert find_port("/dev/ttyACM1") == "/dev/ttyACM1"


def test_a_port_that_one_may_not_open(board: SerialBoard) -> None:
    port = board.port.resolve()
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("root may open everything, and there is no setpriv to be somebody else")
        os.chown(port, 0, 20)  # Debian's dialout
        os.chmod(port, 0o660)
        somebody = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    else:
        os.chmod(port, 0)
        somebody = []
    command = [*somebody, sys.executable, "-B", "-m", "boards", "console", str(port)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1 and f"scanpost: You may not open {port}." in run.stderr, run.stderr
    if somebody:
        assert "sudo usermod -aG" in run.stderr


# --- what can happen in between ---


def test_unplugged_in_the_middle_it_starts_as_before_and_goes_on_where_it_was(
    board: SerialBoard, versions: Versions
) -> None:
    put_on(board, versions[1])
    at_rest = _sent_for(board, lambda: put_on(board, versions[1]))
    board.unplug_at = board.received + at_rest + 25_000  # of about 30,000 for the packed file
    with pytest.raises(BoardError, match="went away"):
        put_on(board, versions[2])
    left = {path: len(data) for path, data in board.files().items() if path.endswith(".part")}
    assert len(left) == 1 and 10_000 < max(left.values()) < 20_000, left
    board.plug(tiny.said(1).encode())
    rest = _sent_for(board, lambda: put_on(board, versions[2]))
    assert rest < at_rest + 15_000
    board.until(lambda: tiny.said(2).encode() in board.said)
    board.unplug()
    assert holds(board, versions[2])


def _sent_for(board: SerialBoard, what: Callable[[], object]) -> int:
    """How many bytes the computer sent."""
    before = board.received
    what()
    return board.received - before


def test_a_board_without_room_is_left_as_it_was(make_board: MakeBoard, versions: Versions) -> None:
    board = make_board()
    board.put({"/main.py": b"print('as before')\n", "/data/history": bytes(212 * 4096 - 90_000)})
    board.plug()
    with pytest.raises(FlashFull, match=r"too full: \d+ KB have to be free, and \d+ are. Nothing was changed"):
        put_on(board, versions[1])
    board.until(lambda: board.said.count(b"as before") == 2)
    board.unplug()
    assert set(board.files()) == {"/main.py", "/data/history"}


def _crowded(board: SerialBoard, kb: int) -> None:
    """Leave so much free."""
    with Repl(str(board.port), PATIENCE_S) as talk:
        talk.prepare()
        size, blocks = talk.free()
    board.unplug()
    board.put({"/data/history": bytes(size * blocks - kb * 1024)})


def test_where_old_and_new_do_not_fit_the_old_code_can_be_given_up(make_board: MakeBoard, tmp_path: Path) -> None:
    """If somebody says so. Interrupted, the board says what it lacks, and goes on where it was."""
    old, new = (_large(tmp_path / str(version), version, modules=4) for version in (1, 2))
    board = make_board()
    board.plug()
    put_on(board, old)
    at_rest = _sent_for(board, lambda: put_on(board, old))
    _crowded(board, 130)
    board.plug(tiny.said(1).encode())
    before = len(board.said)
    with pytest.raises(FlashFull, match=r"give up the old code .*ARGS=--in-parts"):
        put_on(board, new)
    board.until(lambda: tiny.said(1).encode() in board.said[before:])
    board.unplug_at = board.received + at_rest + 120_000  # of 140,000 for four modules
    with pytest.raises(BoardError, match="went away"):
        put_on(board, new, in_parts=True)
    board.plug(b"The firmware is not complete: make flash")
    assert _sent_for(board, lambda: put_on(board, new)) < at_rest + 60_000
    board.until(lambda: tiny.said(2).encode() in board.said)
    board.unplug()
    assert holds(board, new) and "/data/history" in board.files()


def test_a_flash_that_is_fuller_than_it_said(
    make_board: MakeBoard, versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks wear out: what was sent goes again, so that the device can write."""
    board = make_board()
    board.put({"/main.py": b"print('as before')\n", "/data/history": bytes(212 * 4096 - 40_000)})
    board.plug()
    with monkeypatch.context() as patch:
        patch.setattr(Repl, "free", lambda _: (4096, 10_000))
        with pytest.raises(FlashFull, match="flash is full"):
            put_on(board, versions[1])
    board.until(lambda: board.said.count(b"as before") == 2)
    board.unplug()
    assert set(board.files()) == {"/main.py", "/main-before-scanpost.py", "/data/history"}


def test_an_update_that_is_damaged_is_never_installed(board: SerialBoard, versions: Versions) -> None:
    put_on(board, versions[1])
    with Repl(str(board.port), PATIENCE_S) as talk:
        talk.prepare()
        talk.send("/update-damaged", b"\x48\xc7" + bytes(400))
        talk.run(repl.source("install"))
        with pytest.raises(BoardError):
            talk.run("install('/update-damaged', True)")
    runs(board, 1)
    put_on(board, versions[2])
    board.unplug()
    assert holds(board, versions[2]) and not [path for path in board.files() if "update" in path]


@pytest.mark.parametrize("again", [False, True])
def test_the_whole_firmware_on_a_plain_pico(make_board: MakeBoard, again: bool) -> None:
    """From the command line; then its flash goes into a board with display and keys, and that comes up."""
    board = make_board(blocks=FLASH_BYTES // 4096)
    if again:  # a board that runs an earlier version, whose every file differs
        old = {path: b"old" for path in _paths(packs.build("pico")) if path != "/main.py"}
        board.put({**old, "/main.py": b"# Scanpost for pico.\nimport time\nwhile True:\n    time.sleep(1)\n"})
    board.plug(b"" if again else b">>> ")
    command = [sys.executable, "-m", "boards", "flash", "pico", str(board.port)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0 and "Verified: " in run.stdout and run.stdout.endswith("says.\n"), (
        run.stdout + run.stderr
    )
    board.until(lambda: "reset" in board.starts)
    board.unplug()
    assert holds(board, packs.build("pico")) and "bite" not in board.starts

    async def on_the_bench() -> None:
        async with Bench.powered(board.flash, "pico", {}) as bench:
            await bench.on("home")

    asyncio.run(on_the_bench())


def _paths(folder: Path) -> list[str]:
    return ["/" + str(path.relative_to(folder)) for path in folder.rglob("*.*")]
