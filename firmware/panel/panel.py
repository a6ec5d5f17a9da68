"""The control panel: shows one screen at a time, and turns touches and keys into what the screen does.

Start at `PanelUI.run`. Three loops: input; `_tell`, which after a mark makes the screen's widgets anew and says their
words; and `_show`, which draws them once the display asks for a frame. Words do not wait for drawing: they are right also
when nobody looks. Without a mark nothing runs.
"""

import asyncio

from micropython import const

from firmware.panel import widgets
from firmware.panel.canvas import Canvas
from firmware.panel.screens.home import Home
from firmware.panel.strings import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine

    from firmware.device import Device
    from firmware.panel.screens.screen import Screen
    from firmware.panel.widgets import Row, Widget

_BOUNCE_MS = const(20)  # a contact that closes again sooner has only bounced
_BOUNCE_PIXELS = const(12)
_TOUCH_HEIGHT = const(200)  # displays of at least that height have the look for touch
_ARROWS = ("up", "down", "left", "right")
_NAMED = ("up", "down", "left", "right", "ok", "back", "home", "start", "stop", "backspace")


class PanelUI:
    def __init__(self, device: "Device") -> None:
        self.device = device
        self._panel = device.board.panel
        if self._panel.height >= _TOUCH_HEIGHT:
            from firmware.panel.touch import TouchLook as Look
        else:
            from firmware.panel.small import SmallLook as Look  # type: ignore[assignment]
        self.look = Look(self._panel.width, self._panel.height)
        self._canvas = Canvas(self._panel.width, self._panel.height, self._panel.depth)
        self._marked = asyncio.Event()
        self._drawable = asyncio.Event()
        self._stale = True
        self._screens: "list[Screen]" = []
        self._widgets: "list[Widget]" = []
        self._focus = -1  # which of the widgets that can be chosen; -1 is none, until a key is used
        self._scroll = 0
        self._content = 0  # rows that what scrolls takes
        self._said: "tuple[str, str, list[Row]] | None" = None
        self._ticking: "asyncio.Task[None] | None" = None
        self._released_ms: "dict[str, int]" = {}
        self._tasks: "set[asyncio.Task[None]]" = set()
        self.home()

    async def run(self) -> None:
        self._panel.palette(self.look.palette)
        self.device.subscribe(self._on_change)
        loops = [self._keys(), self._tell(), self._show()]
        if self.device.board.touch is not None:
            loops.append(self._touches())
        try:
            await asyncio.gather(*loops)
        finally:
            self._stop_ticking()

    # --- what screens do ---

    def open(self, screen: "Screen", instead: bool = False) -> None:
        """Show `screen` on top of the one that is shown, or `instead` of it."""
        if instead:
            self._screens.pop()
        self._screens.append(screen)
        self._enter()

    def back(self) -> None:
        if len(self._screens) > 1:
            self._screens.pop()
            self._enter()

    def home(self) -> None:
        self._screens = [Home(self)]
        self._enter()

    def mark(self) -> None:
        """What is shown is no longer right."""
        self._stale = True
        self._marked.set()

    def start(self, work: "Coroutine[object, object, None]") -> None:
        """Do `work` beside the panel; it handles its own errors."""
        task = asyncio.create_task(work)
        self._tasks.add(task)  # a task that nobody holds may be collected

    def _enter(self) -> None:
        screen = self._screens[-1]
        self._scroll = 0
        self._focus = 0 if self.look.letters else -1
        self._stop_ticking()
        screen.changed()
        if screen.tick_ms:
            self._ticking = asyncio.create_task(self._tick(screen))
        self.mark()

    def _stop_ticking(self) -> None:
        ticking, self._ticking = self._ticking, None
        if ticking is not None and ticking is not asyncio.current_task():
            ticking.cancel()

    async def _tick(self, screen: "Screen") -> None:
        while self._screens[-1] is screen:
            await self.device.board.clock.sleep_ms(screen.tick_ms)
            screen.tick()

    def _on_change(self, part: str) -> None:
        screen = self._screens[-1]
        if part in screen.parts:
            screen.changed()
            self.mark()
        elif part == "settings":  # the language may be another one
            self.mark()

    def focus_is_on(self, kind: str) -> bool:
        focused = self._focused()
        return focused is not None and focused.kind == kind

    # --- words and pictures ---

    async def _tell(self) -> None:
        while True:
            await self._marked.wait()
            self._marked.clear()
            self._refresh()

    def _refresh(self) -> None:
        """Make and place the widgets, and say their words if these are others than before."""
        if not self._stale:
            return
        self._stale = False
        screen = self._screens[-1]
        self._widgets = self._header(screen) + screen.build()
        self._content = self.look.place(self._widgets, self._scroll)
        if self.look.scrollers and self._content > self.look.bottom - self.look.top:
            self._widgets += [
                self._scroller("panel.scroll_up", widgets.UP, -1),
                self._scroller("panel.scroll_down", widgets.DOWN, 1),
            ]
            self._content = self.look.place(self._widgets, self._scroll)
        most = max(0, self._content - (self.look.bottom - self.look.top))
        if self._scroll > most:
            self._scroll = most
            self.look.place(self._widgets, most)
        for widget in self._widgets:
            if widget.kind == "scroller":
                widget.enabled = self._scroll > 0 if widget.icon == widgets.UP else self._scroll < most
        rows: "list[Row]" = []
        focused = self._focused()
        for widget in self._widgets:
            rows += widget.rows(widget is focused)
        said = (screen.name, self.device.language, rows)
        if said != self._said:
            self._said = said
            self._panel.say(*said)
        self._drawable.set()

    def _header(self, screen: "Screen") -> "list[Widget]":
        header = [widgets.Widget("title", screen.title())]
        if self.look.scrollers and len(self._screens) > 1:
            for key, icon, action in (
                ("panel.back", widgets.BACK, self.back),
                ("panel.home", widgets.HOME, self.home),
            ):
                corner = widgets.Widget("corner", text(key, self.device.language), action)
                corner.icon = icon
                header.append(corner)
        return header

    def _scroller(self, key: str, icon: str, step: int) -> "Widget":
        widget = widgets.Widget("scroller", text(key, self.device.language), lambda: self._page(step))
        widget.icon = icon
        return widget

    async def _show(self) -> None:
        while True:
            await self._drawable.wait()
            await self._panel.ready()
            self._drawable.clear()
            self.look.draw(self._canvas, self._widgets, self._focused())
            self._panel.show(self._canvas.buffer)

    # --- focus and scrolling ---

    def _choosable(self) -> "list[Widget]":
        return [widget for widget in self._widgets if widget.tappable()]

    def _focused(self) -> "Widget | None":
        choosable = self._choosable()
        if self._focus < 0 or not choosable:
            return None
        self._focus = min(self._focus, len(choosable) - 1)
        return choosable[self._focus]

    def _page(self, step: int) -> None:
        self._scroll = max(0, self._scroll + step * (self.look.bottom - self.look.top) * 3 // 4)

    def _steer(self, key: str) -> None:
        """Move the focus to the nearest widget in the direction of an arrow key; scroll where there is none near."""
        choosable = self._choosable()
        view = self.look.bottom - self.look.top
        old = self._focused()
        if old is None:
            shown = [w for w in choosable if self.look.top <= w.y < self.look.bottom and w.kind != "corner"]
            target = shown[0] if shown else None
        else:
            target = _nearest(old, choosable, key)
        vertical = key in ("up", "down")
        ahead = self._content - view - self._scroll if key == "down" else self._scroll
        far = target is None or not (self.look.top - view < target.y < self.look.bottom + view // 2)
        if vertical and ahead > 0 and (far or (target is not None and self.look.pinned(target))):
            self._scroll += min(ahead, view // 2) * (1 if key == "down" else -1)
            return
        if target is None and vertical and choosable:  # around the edge
            target = choosable[0] if key == "down" else choosable[-1]
            if target.kind == "corner" and len(choosable) > 2:
                target = choosable[2] if key == "down" else target
        if target is None:
            return
        self._focus = choosable.index(target)
        if not self.look.pinned(target):
            if target.y < self.look.top:
                self._scroll -= self.look.top - target.y
            elif target.y + target.height > self.look.bottom:
                self._scroll += target.y + target.height - self.look.bottom
        elif key == "down" and old is not None and target.y < old.y:
            self._scroll = 0

    # --- input ---

    async def _keys(self) -> None:
        while True:
            key, pressed = await self.device.board.keys.next()
            now_ms = self.device.board.clock.ticks_ms()
            if not pressed:
                self._released_ms[key] = now_ms
            elif key not in _NAMED:  # an attached keyboard has no contacts of ours
                self._screens[-1].typed(key)
                self.mark()
            elif now_ms - self._released_ms.get(key, -_BOUNCE_MS) >= _BOUNCE_MS:
                self._refresh()
                self._press(key)
                self.mark()
            if len(self._released_ms) > len(_NAMED):
                self._released_ms.pop(key, None)

    def _press(self, key: str) -> None:
        screen, focused = self._screens[-1], self._focused()
        if screen.pressed(key):
            return
        if key == "home":
            self.home()
        elif key in ("back", "stop"):
            self.back()
        elif key in _ARROWS:
            self._steer(key)
        elif key == "ok":
            if focused is None:
                self._steer("down")
            else:
                self._choose(focused)

    async def _touches(self) -> None:
        touch = self.device.board.touch
        assert touch is not None
        released = (-_BOUNCE_PIXELS, -_BOUNCE_PIXELS, -_BOUNCE_MS)
        while True:
            x, y, pressed = await touch.next()
            now_ms = self.device.board.clock.ticks_ms()
            if not pressed:
                released = (x, y, now_ms)
                continue
            near = abs(x - released[0]) < _BOUNCE_PIXELS and abs(y - released[1]) < _BOUNCE_PIXELS
            if near and now_ms - released[2] < _BOUNCE_MS:
                continue
            self._refresh()
            widget = self._at(x, y)
            if widget is not None:
                self._focus = -1
                self._choose(widget)
                self.mark()

    def _at(self, x: int, y: int) -> "Widget | None":
        for widget in self._widgets:
            shown = self.look.pinned(widget) or self.look.top <= y < self.look.bottom
            if shown and widget.tappable() and widget.holds(x, y):
                return widget
        return None

    def _choose(self, widget: "Widget") -> None:
        if widget.action is not None:
            widget.action()


def _nearest(old: "Widget", others: "list[Widget]", key: str) -> "Widget | None":
    """The widget that the eye finds next to `old` in the direction of `key`; None at the edge."""
    best, least = None, 1 << 30
    for other in others:
        right = other.x + other.width // 2 - old.x - old.width // 2
        down = other.y + other.height // 2 - old.y - old.height // 2
        along, across = {"up": (-down, right), "down": (down, right), "left": (-right, down), "right": (right, down)}[
            key
        ]
        if key in ("left", "right") and abs(down) > max(old.height, other.height) // 2:
            continue  # not beside it
        if other is not old and along > 0 and along + 2 * abs(across) < least:
            best, least = other, along + 2 * abs(across)
    return best
