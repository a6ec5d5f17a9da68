"""What is the same on every microcontroller board, and where its files are. A board's own file adds the rest to it.

/main.py, /firmware, /hal   the program, from the folder that `make mpy` makes
/device.json                what makes it this one device (`hal/device_file.py`)
/roots/*.der                root certificates that are trusted by themselves
/scans                      documents to send
/data                       what the firmware keeps
"""

import os
from time import ticks_us  # type: ignore[attr-defined]

import machine

from hal.device_file import DeviceFile
from hal.entropy_hashed import HashedEntropy
from hal.identity_file import FileIdentity
from hal.monitor_serial import SerialMonitor
from hal.reset_machine import MachineReset
from hal.storage_files import FileStorage
from hal.watchdog_machine import BITES_MS, LOOK_MS, MachineWatchdog

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio

    from hal.api import (
        Clock,
        Entropy,
        Identity,
        Keys,
        Monitor,
        Network,
        Panel,
        Printer,
        Reset,
        Scanner,
        Storage,
        Touch,
        Watchdog,
    )

_DATA = "/data"
_ROOTS = "/roots"
_SCANS = "/scans"
_RESTARTED = "/restarted"
_ADMINISTRATOR = "admin"  # the firmware's record of a password that somebody chose


class Onboard:
    """`hal/api.pyi` Board. What is only declared here is for the board's own file to give it."""

    clock: "Clock"
    network: "Network"
    panel: "Panel"
    keys: "Keys"
    touch: "Touch | None" = None
    printer: "Printer"
    tasks: "list[asyncio.Task[None]]"  # that nobody else holds

    def __init__(self, model: str, timer: int = -1, features: "tuple[str, ...]" = ()) -> None:
        """`timer`: the number of one of the chip's that nothing else uses. `features`: of `hal/api.pyi` Identity."""
        try:
            os.mkdir(_DATA)
        except OSError:  # it is there
            pass
        self.device = device = DeviceFile("/device.json")
        self.root_files = _certificates(_ROOTS)
        self.storage: Storage = FileStorage(_DATA)
        number = machine.unique_id()
        self.entropy: Entropy = HashedEntropy(os.urandom, number, ticks_us)
        self.console = SerialMonitor(print)
        self.monitor: Monitor = self.console
        roots = device.text("roots", "Root certificates") + " (" + str(len(self.root_files)) + ")"
        self.identity: Identity
        identity = self.identity = FileIdentity(model, roots, number, device, self.entropy.random, features)
        self._scanner: Scanner | None = None
        self.watchdog: Watchdog = MachineWatchdog(
            lambda: machine.WDT(timeout=BITES_MS),
            lambda look: machine.Timer(timer, period=LOOK_MS, mode=machine.Timer.PERIODIC, callback=look),
        )
        self.reset: Reset = MachineReset(_RESTARTED, machine.reset_cause() == machine.WDT_RESET, machine.reset)
        if identity.must_change_password and self.storage.size(_ADMINISTRATOR) < 0:
            self.monitor.log("The administrator password is " + identity.label_password)

    @property
    def scanner(self) -> "Scanner":
        """Loaded when somebody looks at what there is to scan."""
        if self._scanner is None:
            from hal.scanner_files import FileScanner

            self._scanner = FileScanner(_SCANS, self.identity.serial)
        return self._scanner


def _certificates(folder: str) -> list[str]:
    """Not what provisioning has begun to send."""
    try:
        return [folder + "/" + name for name in sorted(os.listdir(folder)) if name.endswith(".der")]
    except OSError:
        return []
