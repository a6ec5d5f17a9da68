"""What a board says, as somebody at the computer sees it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from boards.console import Console
from boards.repl import BoardError
from sim.image import ROOT
from tests.boards_tools.serial_board import SerialBoard

MakeBoard = Callable[..., SerialBoard]
_PATIENCE_S = 20


class Watcher:
    """Somebody who reads the console: `text` is all of it so far."""

    def __init__(self) -> None:
        self.text = ""
        self._changed = threading.Condition()

    def take(self, text: str) -> None:
        with self._changed:
            self.text += text
            self._changed.notify_all()

    def until(self, words: str, times: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.text.count(words) >= times, _PATIENCE_S), self.text


@contextmanager
def watching(board: SerialBoard, patience_s: float = _PATIENCE_S) -> Iterator[Watcher]:
    watcher = Watcher()
    console = Console(str(board.port), watcher.take, patience_s)
    thread = threading.Thread(target=console.run)
    thread.start()
    try:
        yield watcher
    finally:
        console.end()
        thread.join()


def program(words: str) -> bytes:
    """Says it over and over: what a board says while nobody listens is lost."""
    return f"import time\nwhile True:\n    print({words!r})\n    time.sleep_ms(10)\n".encode()


def test_words_of_the_screen_and_restarts(make_board: MakeBoard) -> None:
    board = make_board()
    board.put({"/main.py": program("--- home, lt\n> Skenuoti į el. paštą")})
    board.plug(b"pa\xc5\xa1t")
    with watching(board) as seen:
        seen.until("Ctrl-C ends")
        board.unplug()
        seen.until("the board is gone")
        board.plug(b"pa\xc5\xa1t")
        seen.until("the board is back")
        seen.until("--- home, lt\n> Skenuoti į el. paštą\n")
    assert "\r" not in seen.text


def test_what_would_move_the_terminals_cursor_does_not(make_board: MakeBoard) -> None:
    board = make_board()
    board.put({"/main.py": program("a\x1b]0;title\x07b\x9b2Jc")})
    board.plug(b"2Jc")
    with watching(board) as seen:
        seen.until("c\n")
    assert "a\ufffd]0;title\ufffdb\ufffd2Jc\n" in seen.text


def test_it_only_listens(make_board: MakeBoard) -> None:
    board = make_board()
    board.put({"/main.py": program("here")})
    board.plug(b"here")
    with watching(board) as seen:
        seen.until("here")
    assert board.received == 0


def test_a_board_that_does_not_answer(make_board: MakeBoard) -> None:
    """It says what to do, once."""
    board = make_board()
    board.deaf = True
    board.plug()
    with watching(board, patience_s=0.1) as seen:
        seen.until("nothing has come yet")
        board.unplug()
        seen.until("the board is gone")
    assert "make flash" in seen.text and seen.text.count("nothing has come yet") == 1


def test_a_board_of_another_version_and_without_a_program_is_shown_as_it_is(make_board: MakeBoard) -> None:
    board = make_board(version=[1, 20, 0], machine="Somebody's board")
    board.plug()
    with watching(board) as seen:
        seen.until("Ctrl-C ends")
        board.unplug()
        board.plug()
        board.until(lambda: board.said.count(b">>> ") == 2)
        for _ in range(2):  # what it said before the console was back is lost, as on a real one
            if "1.20.0" not in seen.text:
                board.unplug()
                board.plug()
    assert board.received == 0


def test_a_board_whose_flash_is_full_is_heard(make_board: MakeBoard) -> None:
    board = make_board(blocks=32)
    text = program("why").replace(b"'why'", b"'no room:', why")
    fill = b"try:\n    open('/more', 'wb').write(bytes(120_000))\nexcept OSError as error:\n    why = error\n"
    board.put({"/main.py": fill + text, "/data/history": bytes(60_000)})
    board.plug(b"no room: 28")
    with watching(board) as seen:
        seen.until("no room: 28")
    assert board.received == 0


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="There is no port"):
        Console(str(tmp_path / "ttyACM7"), print).run()


def _as_at_a_terminal() -> None:
    """These tests may run in a shell's background, whose programs do not get Ctrl-C, nor do their children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_it(make_board: MakeBoard) -> None:
    board = make_board()
    board.put({"/main.py": program("here")})
    board.plug(b"here")
    command = [sys.executable, "-m", "boards", "console", str(board.port)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_as_at_a_terminal
    ) as run:
        assert run.stdout is not None and run.stderr is not None
        while "here" not in (line := run.stdout.readline()):
            assert line
        run.send_signal(signal.SIGINT)
        assert run.wait(_PATIENCE_S) == 0
        assert run.stderr.read() == ""
