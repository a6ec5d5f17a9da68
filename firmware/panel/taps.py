"""Touching the display: contacts, which bounce, become taps on the widget that lies there. Only where there is a touch.

Start at `Taps.follow`.
"""

from micropython import const

from firmware.panel.fingers import BOUNCE_MS, Fingers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget
    from hal.api import Touch

_BOUNCE_PIXELS = const(12)
_STEP_MS = const(10_000)


class Taps:
    def __init__(self, ui: "PanelUI", touch: "Touch") -> None:
        self._ui = ui
        self._touch = touch
        self._clock = ui.device.board.clock
        self.fingers = Fingers(self._clock, self._tap)

    async def follow(self) -> None:
        ui, place, released_ms = self._ui, (-_BOUNCE_PIXELS, -_BOUNCE_PIXELS), -BOUNCE_MS
        while True:
            ui.touch_watch.rest()
            x, y, pressed = await self._touch.next()
            ui.touch_watch.within(_STEP_MS)
            now_ms = self._clock.ticks_ms()
            if not pressed:
                released_ms = now_ms
                self.fingers.up(place)
                continue
            near = abs(x - place[0]) < _BOUNCE_PIXELS and abs(y - place[1]) < _BOUNCE_PIXELS
            bounced = near and now_ms - released_ms < BOUNCE_MS
            if not bounced:
                place = (x, y)
            if ui.presence.seen():
                self.fingers.down(place, bounced)

    def _tap(self, place: "tuple[int, int]", again: bool) -> bool:
        widget = self._at(*place)
        if widget is None or (again and not widget.repeats):
            return False
        self._ui.tap(widget)
        return widget.repeats

    def _at(self, x: int, y: int) -> "Widget | None":
        look = self._ui.look
        for widget in self._ui.shown():
            seen = look.pinned(widget) or look.top <= y < look.bottom
            if seen and widget.tappable() and widget.holds(x, y):
                return widget
        return None
