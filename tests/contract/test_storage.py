"""One contract for all that stands behind the seam's Storage: RAM directory, littlefs on flash, a computer's directory."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hal.errors import StorageError, StorageFull
from hal.storage_files import FileStorage
from sim.flash import Flash, FlashStorage
from sim.storage import RamStorage
from tests.contract import checks

OF_A_WORLD = [RamStorage, FlashStorage]  # those that lose power
EACH: list[Callable[[Path], Any]] = [
    lambda directory: RamStorage(),
    lambda directory: FlashStorage(),
    lambda directory: FileStorage(str(directory)),
]


@pytest.mark.parametrize("make", EACH, ids=["ram", "littlefs", "directory"])
def test_contract(make: Callable[[Path], Any], tmp_path: Path) -> None:
    board: Any = SimpleNamespace(storage=make(tmp_path))
    assert asyncio.run(checks.run(board, "storage")) == ""


@pytest.mark.parametrize("make", OF_A_WORLD)
def test_image_outlives_the_power_and_the_old_one_takes_nothing_more(make: Callable[[], Any]) -> None:
    storage = make()
    storage.write("a", b"1")
    after = storage.image()
    storage.freeze()
    for change in (("write", "a", b"2"), ("append", "a", b"2"), ("rename", "a", "b"), ("remove", "a")):
        with pytest.raises(StorageError, match="power"):
            getattr(storage, change[0])(*change[1:])
    assert storage.read("a", 0, 9) == b"1"
    after.append("a", b"2")
    assert after.read("a", 0, 9) == b"12" and storage.read("a", 0, 9) == b"1"


@pytest.mark.parametrize(
    "make", [lambda: RamStorage(16384), lambda: FlashStorage(Flash(blocks=7))], ids=["ram", "littlefs"]
)
def test_a_full_storage_says_so_keeps_what_it_has_and_takes_more_when_there_is_room(make: Callable[[], Any]) -> None:
    storage = make()
    storage.write("kept", b"k" * 3000)
    with pytest.raises(StorageFull):
        storage.write("big", b"b" * storage.capacity_bytes)
    storage.append("grown", b"g" * 1000)
    with pytest.raises(StorageFull):
        storage.append("grown", b"g" * storage.capacity_bytes)
    assert storage.read("grown", 0, 1000) == b"g" * 1000
    assert storage.read("kept", 0, 9999) == b"k" * 3000
    storage.remove("big")
    storage.remove("grown")
    storage.write("new", b"n" * 3000)
    assert storage.read("new", 0, 9999) == b"n" * 3000
    assert storage.image().read("new", 0, 9999) == b"n" * 3000
