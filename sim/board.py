"""The simulated device's hardware as one thing: the parts, and the small ones that need no file of their own.

`Parts` is what is inside the case in every world. In the virtual world `VirtualBoard` adds clock, network and storage and
is handed to the firmware; in the live world the far end of the link (`sim/link.py`) works the same parts.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hal.errors import HardwareError
from sim.keys import SimKeys, SimTouch
from sim.network import SimInterface, SimNetwork
from sim.panel import SimPanel
from sim.printer import SimPrinter
from sim.scanner import SimScanner

if TYPE_CHECKING:
    from hal.api import Storage
    from sim.clock import DeviceClock

LABEL_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that a person takes for something else
_MOST_LOG_LINES = 100
_SHOWN_JOBS = 20
_HUNGRY_S, _BITES_S = 2, 8  # as the watchdog of a board (`hal/watchdog_machine.py`)


class SimIdentity:
    """What the factory wrote (`hal/api.pyi` Identity). The password is drawn, never computed from the rest."""

    def __init__(self, serial: str, label_password: str) -> None:
        self.model = "Scanpost One"
        self.serial = serial
        self.firmware = "0.1.0"
        self.roots = "Scanpost simulation 1.0 (1)"
        self.label_password = label_password
        self.must_change_password = False  # it comes from a label
        self.chip_key = hashlib.sha256(f"{serial} {label_password}".encode()).digest()  # kept apart from the flash, too
        self.on_chip_key: Callable[[bytes], None] = lambda _: None  # where it is kept, if anywhere
        self.features: tuple[str, ...] = ("fax", "my-email", "https")
        self.https = False  # programs outside drive it as it is, and have nothing to compare a certificate with
        self.given: tuple[bytes, bytes] | None = None  # certificate and key
        self.client_id = self.tenant = ""
        self.language: str | None = None

    @classmethod
    def drawn(cls, random: random.Random) -> SimIdentity:
        return cls(f"SP{random.randrange(10**8):08d}", "".join(random.choice(LABEL_ALPHABET) for _ in range(10)))

    def certificate(self) -> tuple[bytes, bytes] | None:
        return self.given

    def new_chip_key(self) -> None:
        self.keep_chip_key(hashlib.sha256(b"after " + self.chip_key).digest())

    def keep_chip_key(self, key: bytes) -> None:
        """Raises OSError."""
        self.chip_key = key
        self.on_chip_key(key)


class SimEntropy:
    def __init__(self, random: random.Random) -> None:
        self._random = random

    def random(self, n: int) -> bytes:
        return self._random.randbytes(n)


class SimMonitor:
    """What the device says about itself; forgotten when the power goes."""

    attended = True

    def __init__(self, on_state: Callable[[], None], on_log: Callable[[str], None]) -> None:
        self.parts: dict[str, Any] = {}
        self.lines: list[str] = []
        self._on_state = on_state
        self._on_log = on_log

    def state(self, part: str, value: Any) -> None:
        if part == "newest_jobs":  # they go into the list that was told at the start
            jobs = {job["id"]: job for job in (*reversed(self.parts.get("jobs", [])), *value)}
            part, value = "jobs", [jobs[number] for number in sorted(jobs, reverse=True)[:_SHOWN_JOBS]]
        self.parts[part] = value
        self._on_state()

    def log(self, line: str) -> None:
        self.lines.append(line)
        del self.lines[:-_MOST_LOG_LINES]
        self._on_log(line)

    def power_off(self) -> None:
        self.parts = {}
        self._on_state()


class Restarted(HardwareError):
    """The firmware restarted the device."""


class SimReset:
    def __init__(self, cause: str = "power-on") -> None:
        self._cause = cause

    def cause(self) -> str:
        return self._cause

    def expect(self) -> None:
        """The world knows whether its watchdog bit."""

    def restart(self) -> None:
        raise Restarted("The firmware restarted the device")


class SimWatchdog:
    """`bite` restarts a device that did not feed it in time. Without, it is never hungry, which costs nothing: firmware that
    lets nobody else run ends the run (`sim/loop.py` Spinning)."""

    def __init__(self, bite: Callable[[], None] | None = None) -> None:
        self._bite = bite
        self._biting: Any = None

    async def hungry(self) -> None:
        if self._bite is None:
            await asyncio.Event().wait()
        await asyncio.sleep(_HUNGRY_S)

    def feed(self) -> None:
        self.stand_down()
        if self._bite is not None:
            self._biting = asyncio.get_running_loop().call_later(_BITES_S, self._bite)

    def warn(self, tell: Callable[[], None]) -> None:
        """Nothing interrupts here."""

    def stand_down(self) -> None:
        if self._biting is not None:
            self._biting.cancel()


class Parts:
    """`size`: the display's pixels. `on_change` is called whenever something a person could notice has changed."""

    def __init__(
        self,
        size: tuple[int, int],
        identity: SimIdentity,
        random: random.Random,
        on_change: Callable[[], None],
        on_log: Callable[[str], None],
    ) -> None:
        self.identity = identity
        self.panel = SimPanel(size, on_change)
        self.keys = SimKeys()
        self.touch = SimTouch() if size[0] >= 320 else None
        self.scanner = SimScanner(random, on_change)
        self.monitor = SimMonitor(on_change, on_log)
        self.printer = SimPrinter(on_change, on_log, lambda: self.monitor.parts.get("sheet", []))

    def pressed(self) -> bool:
        """Whether a press or a touch is still on its way to the device."""
        return not self.keys.empty() or (self.touch is not None and not self.touch.empty())

    def power_off(self) -> None:
        self.panel.power_off()
        self.keys.power_off()
        if self.touch is not None:
            self.touch.power_off()
        self.printer.power_off()
        self.monitor.power_off()


class VirtualBoard:
    """A whole board for one life of the firmware, from power-on to power-off (`hal/api.pyi` Board)."""

    def __init__(
        self,
        parts: Parts,
        clock: DeviceClock,
        network: SimNetwork,
        storage: Storage,
        random: random.Random,
        cause: str = "power-on",
        bite: Callable[[], None] | None = None,
    ) -> None:
        self.clock = clock
        self.network = network
        self.storage = storage
        self.panel = parts.panel
        self.keys = parts.keys
        self.touch = parts.touch
        self.printer = parts.printer
        self.scanner = parts.scanner
        self.identity = parts.identity
        self.monitor = parts.monitor
        self.entropy = SimEntropy(random)
        self.watchdog = SimWatchdog(bite)
        self.reset = SimReset(cause)


def interfaces(address: str = "198.51.100.7") -> list[SimInterface]:
    """The standard network, at `address`, and an additional one, which never carries OAuth 2.0 (manual R10)."""
    return [
        SimInterface("Wired LAN", "02:00:5E:10:00:01", address),
        SimInterface("Wired LAN (additional)", "02:00:5E:10:00:02", "203.0.113.7", standard=False),
    ]
