"""The firmware's entry: an error that ends the firmware restarts the device."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from firmware import main
from hal.errors import StorageError


class Left(Exception):
    """The process would have ended here."""


@pytest.mark.parametrize("error", [MemoryError("none left"), StorageError("cannot write")])
def test_what_ends_the_firmware_restarts_the_device(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> NoReturn:
        raise error

    def leave() -> NoReturn:
        raise Left

    async def connect() -> Any:
        return SimpleNamespace(reset=SimpleNamespace(restart=leave))

    monkeypatch.setattr("firmware.device.Device", fail)

    with pytest.raises(Left):
        main.start(connect)
    assert "The device restarts:" in capsys.readouterr().out
