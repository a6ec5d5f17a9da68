"""The live world: the firmware as a process of its own on real time, sockets and TLS, against the cloud on loopback.

Flash, identity and cloud are kept in a state folder and survive a restart. Time travel moves an offset that the device and
the cloud share. Start at `LiveWorld.start`.
"""

from __future__ import annotations

import asyncio
import logging
import random
from pathlib import Path
from typing import Any

from sim.board import Parts, SimIdentity
from sim.browser import ByteStream
from sim.clock import WorldClock
from sim.cloud.certificates import Authority
from sim.cloud.cloud import Cloud
from sim.cloud.servers import CloudServers
from sim.image import IMAGE
from sim.link import LinkServer
from sim.live import HEAP_KB, DeviceProcess, find_micropython
from sim.printer import NARROW
from sim.state_folder import keep, read_kept
from sim.streams import SocketStream
from sim.world import World

_MOST_VAIN_STARTS = 3
_BOOT_S = 15.0
_TOGETHER = 0.01  # alarms that lie so close, as a part of the whole journey through time, are visited together
_PATIENCE_S = 2.0  # how long a journey waits for a device that talks to the cloud
_LOOK_S = 0.002
_BRIEF_S = 0.1
_logger = logging.getLogger(__name__)


class LiveWorld(World):
    """`state`: the folder, for this world alone (`sim/state_folder.py`). `interpreter`: "micropython", "cpython", or None
    for the first of them that there is. `image`: the folder that MicroPython runs; `rom`: what it has in memory besides
    (`sim/live.py`). `authority`: may be shared by worlds that need not differ in their keys. Raises OSError with a sentence
    when what was kept is damaged.
    """

    def __init__(
        self,
        state: Path,
        *,
        interpreter: str | None = None,
        size: tuple[int, int] = (320, 240),
        fresh_tenant: bool = False,
        language: str | None = None,
        heap_kb: int = HEAP_KB,
        image: Path = IMAGE,
        rom: Path | None = None,
        outside: bool = False,
        printer_port: str | None = None,
        printer_baud: int = 9600,
        narrow_paper: bool = False,
        authority: Authority | None = None,
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
        try:
            cloud = Cloud(
                now=clock.now,
                random=system_random,
                state_dir=state / "cloud",
                fresh_tenant=fresh_tenant,
                authority=authority,
                on_event=lambda event: self._trace(event),
            )
        except ValueError as error:
            raise OSError(f"{state / 'cloud'}: {error}") from None
        drawn = SimIdentity.drawn(system_random)
        kept = self._kept("device", {"serial": drawn.serial, "label_password": drawn.label_password})
        identity = SimIdentity(kept["serial"], kept["label_password"])
        identity.chip_key = bytes.fromhex(self._kept("chip_key", {"hex": identity.chip_key.hex()})["hex"])
        identity.on_chip_key = lambda key: keep(self.folder / "chip_key.json", {"hex": key.hex()})
        parts = Parts(
            size,
            identity,
            system_random,
            on_change=lambda: self._on_change(),
            on_log=lambda line: self._log(line),
        )
        super().__init__(cloud, clock, parts)
        self.servers = CloudServers(cloud)
        self.link = LinkServer(parts, clock)
        self.drift_s = 0.0
        self._how: dict[str, Any] = {"heap_kb": heap_kb, "image": image, "rom": rom}
        self._printer = (printer_port, printer_baud)
        if narrow_paper:
            parts.printer.width = NARROW
        self._process: DeviceProcess | None = None
        self._life: asyncio.Task[None] | None = None
        self._powering = asyncio.Lock()
        self._travelling = asyncio.Lock()

    def _kept(self, name: str, default: dict[str, Any]) -> dict[str, Any]:
        """What the state folder holds under `name`, or `default`, which is then kept. Raises OSError."""
        path = self.folder / f"{name}.json"
        kept = read_kept(path, default)
        if kept is None:
            keep(path, default)
        return kept or default

    async def start(self) -> list[str]:
        """Start cloud and device; returns what a person should be told."""
        await self.servers.start()
        self._lead(self.servers.name_table())
        await self.link.start()
        self._connect_printer(*self._printer)
        await self.power("on")
        return self._notes

    def _connect_printer(self, url: str | None, baud: int) -> None:
        if url is not None:
            from sim.printer_port import PrinterPort  # pyserial, which only this needs

            self.parts.printer.port = PrinterPort(url, baud, self.parts.printer.tell, _logger.warning)

    def _lead(self, names: dict[str, list[Any]]) -> None:
        self.link.configure(names, [self.servers.ca_der_path], self.language, self.outside)

    async def stop(self) -> None:
        async with self._powering:
            await self._switch_off(self._process)
        await self.link.stop()
        await self.servers.stop()
        if self.parts.printer.port is not None:
            await self.parts.printer.port.stop()

    async def power(self, state: str) -> None:
        if state not in ("on", "off"):
            raise ValueError('state is "on" or "off"')
        async with self._powering:
            if state == "on" and not self.powered:
                await self._switch_on()
            elif state == "off":
                await self._switch_off(self._process)

    async def _switch_on(self) -> None:
        await self._tell_time()
        flash = self.folder / "flash"
        flash.mkdir(mode=0o700, exist_ok=True)
        process = DeviceProcess(self.interpreter, self.link, storage=flash, log=self._log, **self._how)
        self._process = process
        await process.start()
        self.powered = True
        await self._booted(process)
        self._life = asyncio.create_task(self._until_it_ends(process), name="life of the device")

    async def _switch_off(self, process: DeviceProcess | None) -> None:
        """Does nothing when that process is not the device's any more."""
        if process is None or process is not self._process:
            return
        self.powered = False
        await process.stop()
        self._process = None
        self.parts.power_off()
        self._on_change()

    async def _until_it_ends(self, process: DeviceProcess) -> None:
        """Firmware that ends unasked leaves a dark device, which a person switches on again."""
        code = await process.wait()
        async with self._powering:
            if process is self._process:
                _logger.warning("The firmware's process ended with code %d: the printer is off", code)
            await self._switch_off(process)

    async def _booted(self, process: DeviceProcess) -> None:
        """Wait for the first screen and for Web Config. Raises OSError with what the device said when it does not come."""
        first = asyncio.create_task(self.until(lambda state: state["panel"]["screen"] != "", _BOOT_S))
        web = asyncio.create_task(self.link.web_ready.wait())
        died = asyncio.create_task(process.wait())
        vain = asyncio.create_task(self.until(lambda _: self._vain_starts() >= _MOST_VAIN_STARTS, 2 * _BOOT_S))
        try:
            async with asyncio.timeout(_BOOT_S):
                while not (first.done() and web.done()):
                    left = {task for task in (first, web) if not task.done()}
                    await asyncio.wait(left | {died, vain}, return_when=asyncio.FIRST_COMPLETED)
                    if died.done() or vain.done():
                        break
            if not (died.done() or vain.done()):
                first.result()
                return
        except TimeoutError:
            pass  # told below, with what the device said
        finally:
            for task in (first, web, died, vain):
                task.cancel()
        said = [str(event["log"]) for event in self.events if "log" in event][-15:]
        await self._switch_off(process)
        raise OSError("The device did not start. It said:\n" + "\n".join(said))

    def _vain_starts(self) -> int:
        """How often the firmware has ended by itself (`firmware/main.py` says so)."""
        return sum(str(event.get("log")).startswith("The device restarts:") for event in self.events)

    async def advance(self, seconds: float) -> None:
        """Stops at each alarm of the device on the way, as time that passes by itself would."""
        self._check_advance(seconds)
        async with self._travelling:
            end_s = self.clock.offset_s + seconds
            keep(self.folder / "clock.json", {"offset_s": end_s})
            while True:
                alarm_s = await self._quiet()
                left_s = end_s - self.clock.offset_s
                if left_s <= 0:
                    return
                hop_s = left_s if alarm_s is None else min(left_s, max(alarm_s, left_s * _TOGETHER))
                self.clock.offset_s = end_s if hop_s == left_s else self.clock.offset_s + hop_s
                await self._tell_time()

    async def _quiet(self) -> float | None:
        """Wait until the device has ended what it does with the cloud, which takes no days: a journey through time must not
        tear it apart. Returns the seconds until the device's next alarm, None without any.
        """
        deadline = asyncio.get_running_loop().time() + _PATIENCE_S
        while True:
            busy = self.servers.busy()
            alarm_ms, opening = await self.link.settled()
            late = asyncio.get_running_loop().time() > deadline  # it hangs: then time has to pass over it
            if late or not (busy or opening or self.servers.busy() or (alarm_ms is not None and alarm_ms <= 0)):
                return None if alarm_ms is None else max(0, alarm_ms) / 1000
            await asyncio.sleep(_LOOK_S)

    async def _linger(self, seconds: float) -> None:
        """A journey through time, too. One that is too short for a long press has nobody to wait for."""
        self.link.move_clock(self.clock.offset_s + seconds)
        if seconds > _BRIEF_S:
            await self.link.settled()

    async def settled(self) -> None:
        await self.link.settled()

    async def plug(self, state: str) -> None:
        if state not in ("in", "out"):
            raise ValueError('state is "in" or "out"')
        self.link.interfaces[0].link = state == "in"
        await self.link.settled()
        self._on_change()

    async def hide_names(self, hosts: set[str]) -> None:
        table = self.servers.name_table()
        self._lead({name: where for name, where in table.items() if name.rpartition(":")[0] not in hosts})
        await self.link.settled()

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
            "faxes": self.cloud.faxes_url,
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
            **self.servers.more(),
        }
