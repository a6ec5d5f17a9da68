"""The folder that `python -m sim run` keeps flash and cloud in: one simulator at a time. Start at `StateFolder`."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any

from sim.cloud.certificates import write_private

_LOCK = "lock"


class StateFolder:
    """Holds the folder from `with` to its end, also when the process is killed. `fresh`: what was kept goes first.

    Raises OSError: another simulator has it, or it cannot be written to.
    """

    def __init__(self, path: Path, fresh: bool = False) -> None:
        self.path = path
        self._fresh = fresh
        self._lock = -1

    def __enter__(self) -> Path:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = os.open(self.path / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            self._take()
        except OSError:
            os.close(self._lock)
            raise
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        os.close(self._lock)  # and with that the lock is gone

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(
                f"Another simulator runs on {self.path}: end it, or name another folder with --state"
            ) from None
        if self._fresh:
            for kept in self.path.iterdir():
                if kept.is_dir() and not kept.is_symlink():
                    shutil.rmtree(kept)
                elif kept.name != _LOCK:
                    kept.unlink()


def read_kept(path: Path, like: dict[str, Any]) -> dict[str, Any] | None:
    """What `keep` wrote, None when there is nothing. Raises OSError with a sentence when it is not of the kind `like`."""
    if not path.exists():
        return None
    try:
        kept = json.loads(path.read_bytes())
    except ValueError:
        kept = None
    shape = {name: type(value) for name, value in like.items()}
    if not isinstance(kept, dict) or {name: type(value) for name, value in kept.items()} != shape:
        raise OSError(f"{path} is damaged: begin anew with --fresh, or with another --state folder")
    return kept


def keep(path: Path, value: dict[str, Any]) -> None:
    write_private(path, json.dumps(value).encode())
