"""A firmware process with the simulator's end of its link, for tests: start at `Rig.running`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sim.board import Parts, SimIdentity
from sim.clock import WorldClock
from sim.image import ROOT, build_image
from sim.link import LinkServer
from sim.live import DeviceProcess

INTERPRETERS = ("micropython", "cpython")
SCRIPTS = Path(__file__).parent / "scripts"
_PATIENCE_S = 20.0


class Rig:
    """`lines`: what the process printed and logged."""

    def __init__(self, folder: Path, size: tuple[int, int] = (320, 240)) -> None:
        seeded = random.Random(1)
        self.lines: list[str] = []
        self._changed = asyncio.Event()
        self.parts = Parts(size, SimIdentity.drawn(seeded), seeded, self._changed.set, self._heard)
        self.clock = WorldClock.live()
        self.link = LinkServer(self.parts, self.clock)
        self.storage = folder
        self.process: DeviceProcess | None = None

    @classmethod
    @asynccontextmanager
    async def running(cls, interpreter: str, script: str, folder: Path, **configuration: Any) -> AsyncIterator[Rig]:
        """With the process connected. `configuration`: the link's; `files`, `document`,
        `key`, `heap_kb`, `size`, `drift_s`, `unset`, `watchdog_s` too."""
        rig = cls(folder, configuration.pop("size", (320, 240)))
        for name, data in configuration.pop("files", {}).items():
            (folder / name).write_bytes(data)
        if "document" in configuration:
            name, body = configuration.pop("document")
            rig.parts.scanner.lay(name, "application/pdf", body)
        if "key" in configuration:
            rig.parts.panel.look()
            rig.parts.keys.press(configuration.pop("key"))
        heap_kb = configuration.pop("heap_kb", 512)
        rig.link.watchdog_s = configuration.pop("watchdog_s", rig.link.watchdog_s)
        await rig.link.set_clock(0, configuration.pop("drift_s", 0), configuration.pop("unset", False))
        rig.link.configure(**{"names": {}, "roots": [], **configuration})
        await rig.link.start()
        rig.process = DeviceProcess(
            interpreter,
            rig.link,
            storage=folder,
            log=rig._heard,
            heap_kb=heap_kb,
            script=SCRIPTS / script,
            image=build_image(image=ROOT / "build" / "image-hal", packages=("hal",)),
        )
        try:
            await rig.process.start()
            await rig.until(rig.link.connected.is_set)
            yield rig
        finally:
            await rig.process.stop()
            await rig.link.stop()

    async def state(self, part: str) -> Any:
        """What the device tells about `part`, once it does."""
        await self.until(lambda: part in self.parts.monitor.parts)
        return self.parts.monitor.parts[part]

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until it holds; fails with what the process printed."""
        gone = asyncio.ensure_future(self.process.wait()) if self.process else None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not holds():
                    assert gone is None or not gone.done(), f"The process is gone: {self.lines}"
                    self._changed.clear()
                    change = asyncio.ensure_future(self._changed.wait())
                    await asyncio.wait({change, *([gone] if gone else [])}, timeout=0.02, return_when="FIRST_COMPLETED")
                    change.cancel()
        except TimeoutError:
            raise AssertionError(f"It did not come about; the process said: {self.lines}") from None
        finally:
            if gone is not None:
                gone.cancel()

    def _heard(self, line: str) -> None:
        self.lines.append(line)
        self._changed.set()
