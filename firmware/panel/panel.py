"""The control panel: shows one screen at a time, and turns touches and keys into what the screen does.

Start at `PanelUI.run`. Loops: input; `_tell`, which after a mark makes the screen's widgets anew and says their
words; and `_show`, which draws them once the display asks for a frame. Words do not wait for drawing: they are right also
when nobody looks. Without a mark nothing runs.
"""

import asyncio

from micropython import const

from firmware import heap
from firmware.panel import widgets
from firmware.panel.fingers import BOUNCE_MS, Fingers
from firmware.panel.presence import Presence
from firmware.panel.screens.home import Home
from firmware.panel.strings import SELDOM
from firmware.supervisor import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine

    from firmware.device import Device
    from firmware.panel.screens.screen import Screen
    from firmware.panel.widgets import Row, Widget

# How right the widgets are: as they should be; others have the focus or are in sight; made of what has changed since.
_FRESH, _MOVED, _CHANGED = const(0), const(1), const(2)
_STEP_MS = const(10_000)
_TOUCH_HEIGHT = const(200)  # displays of at least that height have the look for touch
_ARROWS = ("up", "down", "left", "right")
_REPEATING = _ARROWS + ("backspace",)
_SCREENS = "firmware.panel.screens"
_OF_SCREENS = (
    "firmware.sheet.sheet",
    "firmware.panel.large",
    "firmware.jobs.shown",
    "firmware.jobs.codes",
    "firmware.jobs.clues",
)
_STAYING = [_SCREENS + ".screen", _SCREENS + ".home"]  # others are loaded when they are opened
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
        self._canvas = self.look.canvas(self._panel.width, self._panel.height)
        self._marked = asyncio.Event()
        self._drawable = asyncio.Event()
        self._stale = _CHANGED
        self._screens: "list[Screen]" = []
        self._left = False  # some: their modules can go
        self._widgets: "list[Widget]" = []
        self._focus = -1  # which of the widgets that can be chosen; -1 is none, until a key is used
        self._scroll = 0
        self._content = 0  # rows that what scrolls takes
        self._scrolled = 0  # how far the widgets have been moved
        self._said: "tuple[str, str, list[Row]] | None" = None
        self._ticking: "asyncio.Task[None] | None" = None
        clock = device.board.clock
        self._key_fingers = Fingers(clock, self._press, self._is_long, self._press_long, self._restyle)
        self._tasks: "set[asyncio.Task[None]]" = set()
        self.watch, self.keys_watch, self.touch_watch = Watch("panel"), Watch("keys"), Watch("touch")
        self.presence = Presence(self)
        self.home()
        if device.crashes is not None and device.crashes.untold:
            from firmware.panel.screens.restarted import Restarted

            self.open(Restarted(self, device.crashes))

    async def run(self) -> None:
        self._panel.palette(self.look.palette)
        self.device.subscribe(self._on_change)
        loops = [self._keys(), self._key_fingers.run(), self._tell(), self._show(), self.presence.run()]
        if self.device.board.touch is not None:
            from firmware.panel.taps import Taps

            taps = Taps(self, self.device.board.touch)
            loops += [taps.follow(), taps.fingers.run()]
        try:
            await asyncio.gather(*loops)
        finally:
            self._stop_ticking()

    # --- what screens do ---

    def open(self, screen: "Screen", instead: bool = False) -> None:
        """Show `screen` on top of the one that is shown, or `instead` of it."""
        if instead:
            self._screens.pop().left()
            self._left = True
        self._screens.append(screen)
        self._enter()

    def back(self) -> None:
        if len(self._screens) > 1:
            left = self._screens.pop()
            self._left = True
            self._enter()
            left.left()

    def home(self) -> None:
        dropped, self._screens = self._screens, [Home(self)]
        self._left = True
        self._enter()
        for screen in dropped:
            screen.left()

    @property
    def screen(self) -> "Screen":
        """The one that is shown."""
        return self._screens[-1]

    def top(self) -> None:
        """Scroll to where a screen says what is new."""
        self._scroll = 0

    def mark(self) -> None:
        """What is shown is no longer right."""
        self._stale = _CHANGED
        self._marked.set()

    def start(self, work: "Coroutine[object, object, None]") -> None:
        """Do `work` beside the panel; it handles its own errors."""
        self._tasks = {task for task in self._tasks if not task.done()}
        self._tasks.add(asyncio.create_task(work))  # a task that nobody holds may be collected

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

    def _restyle(self) -> None:
        """The widgets are right, but look another way."""
        self._drawable.set()

    def focus_is_on(self, kind: str) -> bool:
        focused = self._focused()
        return focused is not None and focused.kind == kind

    # --- words and pictures ---

    async def _tell(self) -> None:
        while True:
            self.watch.rest()
            await self._marked.wait()
            self.watch.within(_STEP_MS)
            self._marked.clear()
            self._refresh()

    def _refresh(self) -> None:
        """Bring widgets and words up to date: make and place the widgets, move them, and say what is other than before."""
        if self._stale == _FRESH:
            return
        screen = self._screens[-1]
        if self._stale == _CHANGED:
            self._make(screen)
        self._stale = _FRESH
        most = max(0, self._content - (self.look.bottom - self.look.top))
        self._scroll = min(self._scroll, most)
        rows_up, self._scrolled = self._scroll - self._scrolled, self._scroll
        for widget in self._widgets:
            if widget.kind == "scroller":
                widget.enabled = self._scroll > 0 if widget.icon == widgets.UP else self._scroll < most
            elif rows_up and not self.look.pinned(widget):
                widget.y -= rows_up
        rows: "list[Row]" = []
        focused = self._focused()
        for widget in self._widgets:
            rows += widget.rows(widget is focused and self._in_view(widget))
        said = (screen.name, self.device.language, rows)
        if said != self._said:
            self._said = said
            self._panel.say(*said)
        self._drawable.set()
        if self._left:  # and nothing of theirs is shown any more
            self._left = False
            self._tasks = {task for task in self._tasks if not task.done()}
            heap.forget(_OF_SCREENS + SELDOM)
            heap.keep(_SCREENS, _STAYING + [screen.__module__ for screen in self._screens])

    def _make(self, screen: "Screen") -> None:
        self._widgets = self._header(screen) + screen.build()
        self._content = self.look.place(self._widgets)
        if self.look.scrollers and self._content > self.look.bottom - self.look.top:
            self._widgets += [
                self._scroller(screen, "panel.scroll_up", widgets.UP, -1),
                self._scroller(screen, "panel.scroll_down", widgets.DOWN, 1),
            ]
            self._content = self.look.place(self._widgets)
        self._scrolled = 0

    def _header(self, screen: "Screen") -> "list[Widget]":
        header = [widgets.Widget("title", screen.title())]
        if self.look.scrollers and len(self._screens) > 1:
            for key, icon, action in (
                ("panel.back", widgets.BACK, self.back),
                ("panel.home", widgets.HOME, self.home),
            ):
                corner = widgets.Widget("corner", screen.words(key), action)
                corner.icon = icon
                header.append(corner)
        return header

    def _scroller(self, screen: "Screen", key: str, icon: str, step: int) -> "Widget":
        widget = widgets.Widget("scroller", screen.words(key), lambda: self._page(step))
        widget.icon = icon
        widget.repeats = True
        return widget

    async def _show(self) -> None:
        while True:
            await self._drawable.wait()
            await self._panel.ready()
            self._drawable.clear()
            self.look.draw(self._canvas, self._widgets, self._focused(), self._key_fingers.pressed)
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

    def _in_view(self, widget: "Widget") -> bool:
        """Whether all of it can be seen, or of something large a part."""
        top, bottom = self.look.top, self.look.bottom
        if self.look.pinned(widget) or (widget.y >= top and widget.y + widget.height <= bottom):
            return True
        return widget.height > bottom - top and widget.y < bottom and widget.y + widget.height > top

    def _page(self, step: int) -> None:
        self._scroll_by(step * (self.look.bottom - self.look.top) * 3 // 4)

    def _scroll_by(self, rows: int) -> None:
        most = max(0, self._content - (self.look.bottom - self.look.top))
        scroll = max(0, min(most, self._scroll + rows))
        if scroll < most:
            scroll -= self.look.cut(self._widgets, scroll - self._scroll)
        self._scroll = scroll

    def _steer(self, key: str) -> None:
        """Move the focus to the nearest widget in the direction of an arrow key; scroll where there is none near."""
        choosable = self._choosable()
        view = self.look.bottom - self.look.top
        old = self._focused()
        if old is not None and not self._in_view(old) and key == ("up" if old.y < self.look.top else "down"):
            away = old.y - self.look.top if key == "up" else old.y + old.height - self.look.bottom
            if abs(away) > view // 2:  # the text between is read on the way
                self._scroll_by(view // 2 if away > 0 else -view // 2)
            else:
                self._scroll += away
            return
        if old is None:
            shown = [w for w in choosable if self.look.top <= w.y < self.look.bottom and w.kind != "corner"]
            target = shown[0] if shown else None
        else:
            target = _nearest(old, choosable, key)
        vertical = key in ("up", "down")
        ahead = self._content - view - self._scroll if key == "down" else self._scroll
        far = target is None or not (self.look.top - view < target.y < self.look.bottom + view // 2)
        if vertical and ahead > 0 and (far or (target is not None and self.look.pinned(target))):
            self._scroll_by(min(ahead, view // 2) * (1 if key == "down" else -1))
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
        released_ms: "dict[str, int]" = {}
        while True:
            self.keys_watch.rest()
            key, pressed = await self.device.board.keys.next()
            self.keys_watch.within(_STEP_MS)
            now_ms = self.device.board.clock.ticks_ms()
            if pressed and not self.presence.seen():
                continue
            if key not in _NAMED:  # an attached keyboard has no contacts of ours
                if pressed:
                    self._screens[-1].typed(key)
                    self.mark()
            elif pressed:
                self._key_fingers.down(key, now_ms - released_ms.get(key, -BOUNCE_MS) < BOUNCE_MS)
            else:
                released_ms[key] = now_ms
                self._key_fingers.up(key)

    def _press(self, key: str, again: bool) -> bool:  # noqa: ARG002
        self._refresh()
        screen, focused = self._screens[-1], self._focused()
        if not screen.pressed(key):
            if key == "home":
                self.home()
            elif key in ("back", "stop"):
                self.back()
            elif key == "ok" and focused is not None and self._in_view(focused):
                self._choose(focused)
            elif key == "ok" or key in _ARROWS:
                if key == "ok":  # nobody chooses what they do not see
                    key = "up" if focused is not None and focused.y < self.look.top else "down"
                self._steer(key)
                self._stale = max(self._stale, _MOVED)
                self._marked.set()
                return key in _REPEATING
        self.mark()
        return key in _REPEATING

    def _is_long(self, key: str) -> bool:
        """On a display with three keys a long press of OK is Back."""
        return key == "ok" and self.look.letters

    def _press_long(self) -> None:
        self._press("back", False)

    def shown(self) -> "list[Widget]":
        """The widgets as they are to be seen now."""
        self._refresh()
        return self._widgets

    def tap(self, widget: "Widget") -> None:
        self._focus = -1
        self._choose(widget)
        self.mark()

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
