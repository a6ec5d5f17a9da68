"""The firmware's entry: an error that ends the firmware is noted and restarts the device, Ctrl-C at the console does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from firmware import crashes, main
from firmware.store import Store, decoded
from hal.errors import StorageError
from sim.board import SimIdentity, SimWatchdog
from sim.storage import RamStorage


class Left(Exception):
    """The process would have ended here."""


class Board(SimpleNamespace):
    """As much of one as an end needs."""

    def __init__(self) -> None:
        self.done: list[str] = []
        super().__init__(
            storage=RamStorage(),
            identity=SimIdentity("SP00000001", "password"),
            clock=SimpleNamespace(now=lambda: None, ticks_ms=lambda: 0),
            monitor=SimpleNamespace(log=self.done.append),
            watchdog=SimWatchdog(),
            reset=SimpleNamespace(
                cause=lambda: "power-on", restart=self._leave, expect=lambda: self.done.append("expected")
            ),
        )

    def _leave(self) -> NoReturn:
        raise Left

    async def connect(self) -> Any:
        return self

    def noted(self) -> list[dict[str, Any]]:
        record = decoded(self.storage.read(crashes.RECORD, 0, 5000)) or {}
        kinds: list[dict[str, Any]] = record.get("kinds", [])
        return kinds


def fails(error: BaseException, patch: pytest.MonkeyPatch) -> None:
    """A device cannot be made."""

    def fail(*_: object) -> NoReturn:
        raise error

    patch.setattr("firmware.device.Device", fail)


@pytest.mark.parametrize("error", [MemoryError("none left"), StorageError("cannot write"), KeyError("a secret")])
def test_what_ends_the_firmware_is_noted_and_restarts_the_device(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fails(error, monkeypatch)
    board = Board()
    with pytest.raises(Left):
        main.start(board.connect)
    said = capsys.readouterr().out
    assert f"The device restarts: {type(error).__name__}\n" in said and "secret" not in said
    [kind] = board.noted()
    assert kind["what"].startswith(type(error).__name__) and kind["where"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a loop that nobody closes any more
@pytest.mark.parametrize("error", [MemoryError("none left"), StorageError("cannot write")])
def test_it_restarts_also_when_the_note_cannot_be_written(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(ValueError(), monkeypatch)

    def write(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(Store, "write", write)
    board = Board()
    with pytest.raises(Left):
        main.start(board.connect)
    assert not board.noted()


def test_ctrl_c_ends_the_firmware_and_restarts_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fails(KeyboardInterrupt(), monkeypatch)
    board = Board()
    assert main.start(board.connect) is board
    assert board.done == ["expected"] and not board.noted()
    assert "Ctrl-D starts it again" in capsys.readouterr().out


def test_a_board_that_cannot_be_connected_leaves_the_error_on_the_console() -> None:
    async def connect() -> Any:
        raise OSError("no display")

    with pytest.raises(OSError, match="no display"):
        main.start(connect)
