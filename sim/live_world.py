"""The live world: the firmware as a process of its own on real time, sockets and TLS, against the cloud on loopback.

Flash, identity and cloud are kept in a state folder and survive a restart. Time travel moves an offset that the device and
the cloud share. Start at `LiveWorld.start`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

from sim.board import Parts, SimIdentity
from sim.browser import ByteStream
from sim.clock import WorldClock
from sim.cloud.cloud import Cloud
from sim.cloud.servers import CloudServers
from sim.link import LinkServer
from sim.live import DeviceProcess, find_micropython
from sim.streams import SocketStream
from sim.world import World

_BOOT_S = 15.0


class LiveWorld(World):
    """`interpreter`: "micropython", "cpython", or None for the first of them that there is."""

    def __init__(
        self,
        state: Path,
        *,
        interpreter: str | None = None,
        size: tuple[int, int] = (320, 240),
        fresh_tenant: bool = False,
        language: str | None = None,
        heap_kb: int = 1024,
        outside: bool = False,
    ) -> None:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = state
        self.language = language
        self.outside = outside
        self._notes: list[str] = []
        if interpreter is None:
            interpreter = "micropython" if find_micropython() else "cpython"
            if interpreter == "cpython":
                self._notes.append(
                    "no MicroPython for this platform was found (MICROPYTHON= names one); CPython runs the firmware"
                )
        elif interpreter == "micropython" and not find_micropython():
            raise OSError("There is no MicroPython for this platform: name one with MICROPYTHON=, or use CPython")
        self.interpreter = interpreter
        system_random = random.SystemRandom()
        clock = WorldClock.live()
        clock.offset_s = self._kept("clock", {"offset_s": 0.0})["offset_s"]
        cloud = Cloud(
            now=clock.now,
            random=system_random,
            state_dir=state / "cloud",
            fresh_tenant=fresh_tenant,
            on_event=lambda event: self._trace(event),
        )
        drawn = SimIdentity.drawn(system_random)
        kept = self._kept("device", {"serial": drawn.serial, "label_password": drawn.label_password})
        parts = Parts(
            size,
            SimIdentity(kept["serial"], kept["label_password"]),
            system_random,
            on_change=lambda: self._on_change(),
            on_log=lambda line: self._log(line),
        )
        super().__init__(cloud, clock, parts)
        self.servers = CloudServers(cloud)
        self.link = LinkServer(parts, clock)
        self.drift_s = 0.0
        self._heap_kb = heap_kb
        self._process: DeviceProcess | None = None
        self._powering = asyncio.Lock()

    def _kept(self, name: str, default: dict[str, Any]) -> dict[str, Any]:
        """What the state folder holds under `name`, or `default`, which is then kept."""
        path = self.folder / f"{name}.json"
        if path.exists():
            kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return kept
        self._keep(name, default)
        return default

    def _keep(self, name: str, value: dict[str, Any]) -> None:
        path = self.folder / f"{name}.json"
        temporary = path.with_suffix(".new")
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(value, file)
        temporary.replace(path)

    async def start(self) -> list[str]:
        """Start cloud and device; returns what a person should be told."""
        await self.servers.start()
        self.link.configure(
            names=self.servers.name_table(),
            roots=[self.servers.ca_der_path],
            language=self.language,
            outside=self.outside,
        )
        await self.link.start()
        await self.power("on")
        return self._notes

    async def stop(self) -> None:
        await self.power("off")
        await self.link.stop()
        await self.servers.stop()

    async def power(self, state: str) -> None:
        if state not in ("on", "off"):
            raise ValueError('state is "on" or "off"')
        async with self._powering:
            if state == "on" and not self.powered:
                await self._tell_time()
                flash = self.folder / "flash"
                flash.mkdir(mode=0o700, exist_ok=True)
                process = DeviceProcess(
                    self.interpreter, self.link, storage=flash, log=self._log, heap_kb=self._heap_kb
                )
                self._process = process
                await process.start()
                self.powered = True
                await self._booted(process)
            elif state == "off" and self.powered and self._process is not None:
                self.powered = False
                await self._process.stop()
                self._process = None
                self.parts.power_off()

    async def _booted(self, process: DeviceProcess) -> None:
        """Wait for the first screen and for Web Config. Raises OSError with what the device said when it does not come."""
        first = asyncio.create_task(self.until(lambda state: state["panel"]["screen"] != "", _BOOT_S))
        web = asyncio.create_task(self.link.web_ready.wait())
        died = asyncio.create_task(process.wait())
        try:
            async with asyncio.timeout(_BOOT_S):
                while not (first.done() and web.done()):
                    left = {task for task in (first, web) if not task.done()}
                    await asyncio.wait(left | {died}, return_when=asyncio.FIRST_COMPLETED)
                    if died.done():
                        break
            if not died.done():
                first.result()
                return
        except TimeoutError:
            pass  # told below, with what the device said
        finally:
            for task in (first, web, died):
                task.cancel()
        said = [str(event["log"]) for event in self.events if "log" in event][-15:]
        self.powered = False
        await process.stop()
        raise OSError("The device did not start. It said:\n" + "\n".join(said))

    async def advance(self, seconds: float) -> None:
        self._check_advance(seconds)
        self.clock.offset_s += seconds
        self._keep("clock", {"offset_s": self.clock.offset_s})
        await self._tell_time()

    async def drift(self, seconds: float) -> None:
        self.drift_s = seconds
        await self._tell_time()

    async def _tell_time(self) -> None:
        await self.link.set_clock(self.clock.offset_s, self.drift_s)
        self._on_change()

    async def dial(self, host: str, port: int) -> ByteStream:
        return SocketStream(*await asyncio.open_connection(host, port))

    def web_config_url(self) -> str:
        return self.link.web_url

    def links(self) -> dict[str, str]:
        return {
            "web_config": self.web_config_url(),
            "signin": self.servers.signin_url,
            "mailboxes": self.servers.mailboxes_url,
        }

    def ready(self, page: str) -> dict[str, Any]:
        """The ready file's object."""
        return {
            "page": page,
            "api": page + "api",
            "web_config": self.web_config_url(),
            "cloud": self.servers.cloud_url,
            "smtp": {"host": "127.0.0.1", "port": self.servers.smtp_port},
            "ca_pem": str(self.servers.ca_pem_path),
            "ca_der": str(self.servers.ca_der_path),
            "admin_password": self.parts.identity.label_password,
            "accounts": self.accounts(),
            "client_id": self.cloud.client_id,
            "tenant": self.cloud.tenant_name,
        }
