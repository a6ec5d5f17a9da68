"""Who is at the panel: nobody, somebody, or the administrator (manual R13).

After a few minutes without a press the administrator is logged out and the display goes dark; the press that wakes it does
nothing else, and shows the home screen, or what nobody has been told yet, such as a failed job. Start at `Presence.run`.
While it is dark nothing runs. The power takes the log-in along.
"""

import asyncio

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Action

_MINUTE_MS = const(60_000)


class Presence:
    """`administrator`: whether they are logged in at the panel, which is apart from Web Config."""

    def __init__(self, ui: "PanelUI") -> None:
        self._ui = ui
        self._clock = ui.device.board.clock
        self.administrator = False
        self._seen_ms = self._clock.ticks_ms()
        self._awake = asyncio.Event()
        self._awake.set()

    async def run(self) -> None:
        while True:
            left_ms = self._seen_ms + self._ui.device.panel_idle_min * _MINUTE_MS - self._clock.ticks_ms()
            if left_ms > 0:
                await self._clock.sleep_ms(left_ms)
                continue
            self.administrator = False
            if self._ui.screen.keeps_awake():
                self._seen_ms = self._clock.ticks_ms()
            else:
                self._sleep()
            await self._awake.wait()

    def seen(self) -> bool:
        """Somebody pressed something; False when that only woke the display."""
        self._seen_ms = self._clock.ticks_ms()
        if self._awake.is_set():
            return True
        self._awake.set()
        self._ui.back()
        return False

    def _sleep(self) -> None:
        from firmware.panel.screens.saver import ScreenSaver

        self._awake.clear()
        if self._ui.screen.untold() is None:
            self._ui.home()
        self._ui.open(ScreenSaver(self._ui))

    # --- what needs the administrator ---

    def locked(self) -> bool:
        """Whether menus bear a lock now (the Lock Setting)."""
        return self._ui.device.locked and not self.administrator

    def guard(self, then: "Action") -> None:
        """Do `then`, after the password if menus are locked."""
        if self.locked():
            self.ask(then)
        else:
            then()

    def ask(self, then: "Action") -> None:
        """Do `then` as administrator, after the password unless they are logged in."""
        if self.administrator:
            then()
        else:
            from firmware.panel.screens.administrator import log_in

            log_in(self._ui, then)

    def log_out(self) -> None:
        self.administrator = False
        self._ui.home()
