"""Restarting the chip, and why it started (`hal/api.pyi` Reset).

Ports disagree on what a chip says after `machine.reset` (the RP2040 calls it its watchdog), so a restart that the firmware
asked for, or that comes after somebody stopped it, is noted in a file.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class MachineReset:
    """`note`: path of that file. `by_watchdog`: what the chip says. `reset` restarts it and does not return."""

    def __init__(self, note: str, by_watchdog: bool, reset: "Callable[[], object]") -> None:
        self._note = note
        self._reset = reset
        self._cause = "watchdog" if by_watchdog else "power-on"
        try:
            os.remove(note)
            self._cause = "soft"
        except OSError:  # there is none
            pass

    def cause(self) -> str:
        return self._cause

    def expect(self) -> None:
        try:
            with open(self._note, "w"):
                pass
        except OSError:  # a flash that fails is a reason to restart
            pass

    def restart(self) -> None:
        self.expect()
        self._reset()
