"""Code into a ROM partition: the half that nobody runs gets what it lacks, and one rename makes it the board's."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from boards import flash_rom, mpy, packs, repl, rom
from boards.flash import flash
from boards.image import flash_map
from boards.kinds import KINDS
from boards.repl import BoardError, Repl
from sim.flash import BLOCK, Cut
from sim.image import ROOT
from tests.boards.on_bench import Bench, partition_of
from tests.boards_tools import tiny
from tests.boards_tools.serial_board import SerialBoard, files_of
from tests.boards_tools.test_flash_cuts import replayed

PATIENCE_S = 5.0
_HALF_BLOCKS = 8  # an image of the small firmware has 6
_HALF = _HALF_BLOCKS * BLOCK
_FILE_BLOCKS = 32
_IMAGE = b"\xd2\xcd\x31"  # how one begins
_PICO_W = {"machine": "Raspberry Pi Pico W with RP2040", "wlan": True}
_STARTED = 12  # of the boards whose power was cut
MakeBoard = Callable[..., SerialBoard]
Images = dict[int, bytes]


@pytest.fixture(scope="session")
def images(versions: dict[int, Path]) -> Images:
    """Of the two versions; and, as version 3, of the first with one letter changed, behind all the noise."""
    made = {version: rom.image(folder) for version, folder in versions.items()}
    other = tiny.write(versions[1].parent / "other", 1)
    words = other / "firmware" / "words.py"
    words.write_text(words.read_text().replace("version", "Version"))
    made[3] = rom.image(mpy.build("pico", other))
    assert {len(image) // BLOCK + 1 for image in made.values()} == {6}
    return made


@pytest.fixture
def board(make_board: MakeBoard) -> SerialBoard:
    """A new Pico with a ROM partition, plugged in."""
    board = make_board(blocks=_FILE_BLOCKS, rom_blocks=2 * _HALF_BLOCKS)
    board.plug()
    return board


def put_on(board: SerialBoard, image: bytes, kind: str = "pico") -> list[str]:
    """What `make flash` does; the lines that it tells. Returns when the board has started again."""
    told: list[str] = []
    starts = board.starts.count("reset")
    with Repl(str(board.port), PATIENCE_S) as talk:
        flash(KINDS[kind], Path("no files"), image, talk, told.append)
    board.until(lambda: board.starts.count("reset") > starts)
    return told


def runs(board: SerialBoard, image: bytes, begins: int, says: str) -> None:
    """See that the board has the image there, and that it is what starts."""
    board.until(lambda: says.encode() in board.said)
    board.unplug()
    assert board.rom()[begins:].startswith(image)
    assert board.files()["/main.py"].decode() == rom.main_text("pico", begins)
    board.plug(says.encode())


def sent_for(board: SerialBoard, what: Callable[[], object]) -> int:
    """How many bytes the computer sent."""
    before = board.received
    what()
    return board.received - before


def test_a_new_board_gets_all_of_it(board: SerialBoard, images: Images) -> None:
    told = put_on(board, images[1])
    assert told[0] == "6 of 6 blocks differ: 24 KB to send." and told[-1] == "Verified: 6 blocks."
    runs(board, images[1], 0, tiny.said(1))
    board.unplug()
    assert set(board.files()) == {"/main.py"}


def test_updates_go_into_the_two_halves_in_turn_and_send_what_differs(board: SerialBoard, images: Images) -> None:
    put_on(board, images[1])
    assert "6 of 6 blocks differ" in put_on(board, images[2])[0]
    runs(board, images[2], _HALF, tiny.said(2))
    assert board.rom().startswith(images[1])
    assert "2 of 6 blocks differ: 8 KB to send." in put_on(board, images[3])
    runs(board, images[3], 0, "Version 1")


def test_back_to_the_version_before_nothing_is_sent(board: SerialBoard, images: Images) -> None:
    put_on(board, images[1])
    put_on(board, images[2])
    assert put_on(board, images[1]) == ["Verified: 6 blocks."]
    runs(board, images[1], 0, tiny.said(1))


def test_what_is_there_is_not_sent_again(board: SerialBoard, images: Images) -> None:
    put_on(board, images[1])
    assert put_on(board, images[1]) == ["The board has all of it already."]


def test_a_main_py_that_went_is_put_there_again(board: SerialBoard, images: Images) -> None:
    put_on(board, images[1])
    starts = len(board.starts)
    with Repl(str(board.port), PATIENCE_S) as talk:
        talk.prepare()
        talk.remove("/main.py")
    board.until(lambda: board.starts[starts:] == ["soft", "reset"])
    assert put_on(board, images[1]) == ["Verified: 6 blocks."]
    runs(board, images[1], 0, tiny.said(1))


def test_a_board_that_ran_from_files_runs_from_rom_and_the_files_go(
    make_board: MakeBoard, versions: dict[int, Path], images: Images
) -> None:
    board = make_board(blocks=_FILE_BLOCKS, rom_blocks=2 * _HALF_BLOCKS)
    folder = packs.build("pico", versions[1].parents[2])
    kept = {"/data/email": b"a sign-in", "/device.json": b"{}", "/main-before-scanpost.py": b"", "/lib/mine.py": b""}
    begun = {"/update-01234567.part": b"half", "/packed.mpy.new": b"half"}
    files = {"/" + str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}
    board.put({**files, **kept, **begun})
    board.plug(tiny.said(1).encode())
    put_on(board, images[2])
    with Repl(str(board.port), PATIENCE_S) as talk:
        assert "packs" not in talk.run("import os\nprint(os.listdir('/'))")
    runs(board, images[2], 0, tiny.said(2))
    board.unplug()
    assert board.files() == {**kept, "/main.py": rom.main_text("pico", 0).encode()}


def test_somebody_elses_project_is_kept(make_board: MakeBoard, images: Images) -> None:
    board = make_board(blocks=_FILE_BLOCKS, rom_blocks=2 * _HALF_BLOCKS)
    theirs = {"/hal/part_pico.py": b"1 / 0\n", "/firmware.py": b"1 / 0\n"}  # nothing is imported from there
    board.put({"/main.py": b"print('blink')\n", **theirs})
    board.plug()
    assert "The main.py of before is kept as /main-before-scanpost.py." in put_on(board, images[1])
    runs(board, images[1], 0, tiny.said(1))
    board.unplug()
    files = board.files()
    assert files.pop("/main-before-scanpost.py") == b"print('blink')\n" and theirs.items() <= files.items()


def test_unplugged_in_the_middle_it_starts_as_before_and_only_what_lacked_is_sent(
    board: SerialBoard, images: Images
) -> None:
    put_on(board, images[1])
    at_rest = sent_for(board, lambda: put_on(board, images[1]))
    board.unplug_at = board.received + at_rest + 20_000  # of 33,000
    with pytest.raises(BoardError, match="went away"):
        put_on(board, images[2])
    board.plug(tiny.said(1).encode())
    told = put_on(board, images[2])
    assert "3 of 6 blocks differ: 12 KB to send." in told
    runs(board, images[2], _HALF, tiny.said(2))


# --- what can be wrong with the board ---


def test_a_pico_w_without_a_rom_partition_is_left_alone(make_board: MakeBoard, images: Images) -> None:
    board = make_board(blocks=_FILE_BLOCKS, **_PICO_W)
    board.put({"/main.py": b"print('as before')\n"})
    board.plug()
    with pytest.raises(BoardError, match=r"no ROM partition.* Nothing was changed.* \(make image BOARD=pico_w\)"):
        put_on(board, images[1], "pico_w")
    board.until(lambda: board.said.count(b"as before") == 2)
    board.unplug()
    assert board.files() == {"/main.py": b"print('as before')\n"}


def test_a_pico_w_that_has_one_gets_its_code(make_board: MakeBoard, versions: dict[int, Path]) -> None:
    board = make_board(blocks=_FILE_BLOCKS, rom_blocks=2 * _HALF_BLOCKS, **_PICO_W)
    board.plug()
    put_on(board, rom.image(mpy.build("pico_w", versions[1].parents[2])), "pico_w")
    board.until(lambda: tiny.said(1).encode() in board.said)


def test_a_partition_that_is_too_small_is_left_alone(make_board: MakeBoard, images: Images) -> None:
    board = make_board(blocks=_FILE_BLOCKS, rom_blocks=11)  # of which each half has 5
    board.put({"/main.py": b"print('as before')\n"})
    board.plug()
    before = board.picture()
    with pytest.raises(BoardError, match=r"room for two images of 20 KB, and this one has 2\d\. Nothing was changed"):
        put_on(board, images[1])
    board.until(lambda: board.said.count(b"as before") == 2)
    board.unplug()
    assert board.picture() == before


def test_a_block_that_does_not_keep_what_was_written(board: SerialBoard, images: Images) -> None:
    put_on(board, images[1])
    board.unplug()
    board.worn = [_HALF_BLOCKS + 2]
    board.plug(tiny.said(1).encode())
    with pytest.raises(BoardError, match=r"does not keep what was sent, in 1 blocks.* may be worn out"):
        put_on(board, images[2])
    runs(board, images[1], 0, tiny.said(1))


_WATCHED = b"# Scanpost for pico.\nimport machine\nmachine.WDT(timeout=8000)\nprint('running')\nwhile True:\n    pass\n"


@pytest.mark.parametrize("fed", [True, False])
def test_the_programs_watchdog_is_fed_meanwhile(
    make_board: MakeBoard, monkeypatch: pytest.MonkeyPatch, fed: bool
) -> None:
    """And one that is not bites, so that this test can fail."""
    board = make_board(blocks=_FILE_BLOCKS, rom_blocks=2 * 90)
    board.put({"/main.py": _WATCHED})
    board.plug(b"running")
    image = bytes(random.Random(1).randbytes(80 * BLOCK))
    if fed:
        put_on(board, image)
        assert "bite" not in board.starts
    else:
        hungry = repl.source("partition").replace("dog.feed()", "pass")
        monkeypatch.setattr(flash_rom, "source", lambda _: hungry)
        with pytest.raises(BoardError, match="went away"):
            put_on(board, image)
        board.until(lambda: "bite" in board.starts)


def test_the_whole_firmware(make_board: MakeBoard, tmp_path: Path) -> None:
    """From the command line; then its flash goes into a board with display and keys, and that comes up."""
    image = rom.build("pico").read_bytes()
    _, rom_bytes, file_bytes = flash_map("pico")
    board = make_board(blocks=file_bytes // BLOCK, rom_blocks=rom_bytes // BLOCK)
    board.plug()
    command = [sys.executable, "-m", "boards", "flash", "pico", str(board.port)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0 and "Verified: " in run.stdout and run.stdout.endswith("says.\n"), (
        run.stdout + run.stderr
    )
    board.until(lambda: "reset" in board.starts)
    board.unplug()
    assert board.rom().startswith(image) and "bite" not in board.starts
    flash = tmp_path / "flash"
    flash.write_bytes(board.picture()[rom_bytes:])
    partition_of(flash).write_bytes(board.rom())

    async def on_the_bench() -> None:
        async with Bench.powered(flash, "pico", {}) as bench:
            await bench.on("home")

    asyncio.run(on_the_bench())


# --- power cuts ---


class Update(NamedTuple):
    """What a chip's flash went through while the second version came into the half that begins at `begins`."""

    begins: int
    cuts: list[Cut]


@pytest.fixture(params=[0, _HALF], ids=["first half", "second half"])
def update(request: pytest.FixtureRequest, make_board: MakeBoard, images: Images, tmp_path: Path) -> Update:
    board = make_board(blocks=_FILE_BLOCKS, rom_blocks=2 * _HALF_BLOCKS)
    board.put({"/data/email": b"a sign-in"})
    board.plug()
    for version in (3, 1) if request.param == 0 else (1,):
        put_on(board, images[version])
    board.unplug()
    picture = board.picture()
    board.journal = str(tmp_path / "journal.bin")
    board.plug(tiny.said(1).encode())
    put_on(board, images[2])
    runs(board, images[2], request.param, tiny.said(2))
    board.unplug()
    recorded = replayed(picture, Path(board.journal).read_bytes())
    assert b"".join(recorded.blocks) == board.picture()
    return Update(request.param, list(recorded.cuts()))


def test_at_every_cut_the_board_runs_the_old_code_or_the_new(
    update: Update, make_board: MakeBoard, images: Images, record_property: Callable[[str, object], None]
) -> None:
    """All of it is there, whichever `main.py` runs, and MicroPython never takes half an image for one. Some are started."""
    seen = {1: 0, 2: 0}
    files: dict[bytes, dict[str, bytes]] = {}
    versions: list[int] = []
    for cut in update.cuts:
        partition, system = (
            b"".join(part) for part in (cut.picture[: 2 * _HALF_BLOCKS], cut.picture[2 * _HALF_BLOCKS :])
        )
        if system not in files:
            files[system] = files_of(system)
        assert files[system]["/data/email"] == b"a sign-in", cut[:2]
        begins = rom.begins(files[system]["/main.py"].decode())
        versions.append(2 if begins == update.begins else 1)
        assert partition[begins:].startswith(images[versions[-1]]), cut[:2]
        if cut.shape == "clean" and partition.startswith(_IMAGE):
            assert any(partition.startswith(image) for image in images.values()), cut[:2]
        seen[versions[-1]] += 1
    assert seen[1] > 100 and seen[2] > 0, seen
    last_old = len(versions) - 1 - versions[::-1].index(1)
    numbers = [*range(0, last_old, last_old // _STARTED), last_old, len(versions) - 1]
    for number in numbers:
        board = make_board(blocks=_FILE_BLOCKS, rom_blocks=2 * _HALF_BLOCKS)
        board.set_picture(b"".join(update.cuts[number].picture))
        board.plug(tiny.said(versions[number]).encode())
    states = len({cut.picture for cut in update.cuts})
    told = {"cut points": len(update.cuts), "flash states": states, "restarts": len(numbers), "losses": 0}
    record_property("power cuts", (f"make flash, ROM partition at {update.begins}", told))
