"""What stands in for a board's memory, and that it is the board's own files that run there."""

from __future__ import annotations

from boards import mpy, stand_in
from sim.image import ROOT


def test_what_runs_is_what_the_board_gets() -> None:
    """But for what stands behind the seam, where the live world has its own."""
    there, board = stand_in.image("pico2_w"), mpy.build("pico2_w")
    files = [path.relative_to(board) for path in board.rglob("*.mpy") if path.relative_to(board).parts[0] != "hal"]
    assert len(files) > 50 and all((there / name).samefile(board / name) for name in files)
    others = {path.name for path in there.iterdir()} - {name.parts[0] for name in files}
    assert others == {"hal", "main.mpy"} and (there / "hal" / "board_live.mpy").exists()


def test_a_board_with_a_rom_partition_has_it_all_there() -> None:
    """And MicroPython finds nothing else: beside what begins it, the folder is empty."""
    board, image = mpy.build("pico_w"), stand_in.rom_image("pico_w")
    assert image is not None and stand_in.rom_image("pico2_w") is None
    data = image.read_bytes()
    assert {path.name for path in stand_in.image("pico_w").iterdir()} == {"main.py"}
    files = [path for path in board.rglob("*.mpy") if path.relative_to(board).parts[0] != "hal"]
    assert len(files) > 50 and all(path.read_bytes() in data for path in files)
    assert (ROOT / "build" / "stand_in" / "live" / "hal" / "board_live.mpy").read_bytes() in data
    assert (board / "hal" / "board_pico_w.mpy").read_bytes() not in data


def test_the_heap_is_the_boards_in_64_bits_less_a_tls_session() -> None:
    assert stand_in.heap_kb("pico2_w") == (400 - 30) * 1.4
    assert stand_in.heap_kb("pico_w") == (190 - 30) * 1.6  # its code is run in place
    for board in ("pico_w", "pico2_w"):
        assert stand_in.unscaled_kb(board, stand_in.scaled_kb(board, 250)) == 250
