"""The look of a display of 128x64 in black and white, worked by keys alone: where widgets go and how they are drawn.

Start at `SmallLook.place` and `SmallLook.draw`. Everything is in one column of lines; what has the focus is inverse.
"""

from micropython import const

from firmware.panel.canvas import Canvas, Font
from firmware.panel.fonts import sans_10
from firmware.panel.widgets import CHECK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.widgets import Widget

_HEADER = const(12)
_LINE = const(13)
_TIGHT = const(12)  # lines of one text
_BAR = const(3)  # where the scroll bar is
_ICON = const(11)
_LIT = const(1)
_DARK = const(0)


class SmallLook:
    scrollers = False  # keys scroll
    letters = True  # typed one by one with the keys, unless a keyboard is attached
    palette = b""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._font = Font(sans_10)
        self.top, self.bottom = _HEADER, height  # what scrolls lies between these rows
        self._rows = 0
        self._focused: "Widget | None" = None

    # --- where things go ---

    def place(self, widgets: "list[Widget]", scroll: int) -> int:
        """Give each widget its place. Returns how many rows what scrolls would take."""
        width = self._width - _BAR - 1
        y = 0
        for widget in widgets:
            widget.x = 0
            if self.pinned(widget):
                widget.y, widget.width, widget.height = 0, self._width, _HEADER
            else:
                widget.width = width
                widget.height = self._measure(widget, width)
                widget.y = self.top + y - scroll
                y += widget.height
        self._rows = y
        return y

    def pinned(self, widget: "Widget") -> bool:
        return widget.kind == "title"

    def _measure(self, widget: "Widget", width: int) -> int:
        font, kind, text = self._font, widget.kind, widget.text
        room = width - 4 - (_ICON if widget.icon or kind == "choice" else 0)
        if kind in ("tab", "tile", "choice", "heading"):
            widget.lines = font.wrap(text, room, 2)
        elif kind == "item":
            short = widget.value and font.width(widget.value) <= room // 3
            widget.lines = font.wrap(text, room, 2) if not short else [text]
            widget.more = [] if short or not widget.value else font.wrap(widget.value, room - 4, 2)
        elif kind == "field":
            widget.lines = font.wrap(text, width - 4, 2)
            widget.more = font.wrap(widget.value, width - 8, 14)
        elif kind == "state":
            widget.lines = font.wrap(text, room, 2)
            widget.more = font.wrap(widget.value, room, 2) if widget.value else []
            widget.more += font.wrap(widget.detail, room, 2) if widget.detail else []
        elif kind in ("notice", "hero"):
            widget.lines = font.wrap(text, width - 4 - (_ICON if widget.icon else 0), 16)
            widget.more = font.wrap(widget.detail, width - 4, 6) if widget.detail else []
        elif kind == "progress":
            return 4 * _LINE
        else:
            return _LINE
        return _TIGHT * (len(widget.lines) + len(widget.more)) + 1

    # --- how they look ---

    def draw(self, canvas: Canvas, widgets: "list[Widget]", focused: "Widget | None") -> None:
        self._focused = focused
        canvas.fill(_DARK)
        for widget in widgets:
            if not self.pinned(widget) and widget.y < self.bottom and widget.y + widget.height > self.top:
                is_focused = widget is focused
                if is_focused and widget.kind not in ("button", "picker"):
                    canvas.rect(widget.x, widget.y, widget.width, widget.height, _LIT)
                ink = _DARK if is_focused else _LIT
                if widget.kind in ("button", "entry", "picker", "progress"):
                    getattr(self, "_draw_" + widget.kind)(canvas, widget)
                else:
                    self._draw_lines(canvas, widget, ink)
        canvas.rect(0, 0, self._width, _HEADER, _DARK)
        for widget in widgets:
            if self.pinned(widget):
                canvas.text(self._font, self._font.fit(widget.text, self._width - 2), 1, -1, _LIT, _DARK)
        canvas.hline(0, _HEADER - 1, self._width, _LIT)
        self._draw_scroll_bar(canvas, widgets)

    def _draw_scroll_bar(self, canvas: Canvas, widgets: "list[Widget]") -> None:
        view = self.bottom - self.top
        first = [widget for widget in widgets if not self.pinned(widget)]
        if self._rows <= view or not first:
            return
        canvas.vline(self._width - 2, self.top + 1, view - 1, _LIT)
        length = max(5, view * view // self._rows)
        y = self.top + 1 + (view - 1 - length) * (self.top - first[0].y) // (self._rows - view)
        canvas.rect(self._width - _BAR, y, _BAR, length, _LIT)

    def _draw_lines(self, canvas: Canvas, w: "Widget", ink: int) -> None:
        """Every kind that is text with perhaps an icon before it."""
        paper, x, y = 1 - ink, w.x + 2, w.y
        icon = CHECK if w.kind == "choice" and w.chosen else w.icon
        if icon:
            canvas.text(self._font, icon, x, y, ink, paper)
        if w.icon or w.kind == "choice":
            x += _ICON
        right = w.x + w.width - 2
        if w.kind == "item" and w.value and not w.more:
            canvas.text_right(self._font, w.value, right, y, ink, paper)
            right -= self._font.width(w.value) + 4
        for line in w.lines:
            canvas.text(self._font, self._font.fit(line, right - x), x, y, ink, paper)
            y += _TIGHT
        if w.kind == "field":
            x += 4
        elif w.kind == "hero":
            x = w.x + 2
        for line in w.more:
            canvas.text(self._font, line, x, y, ink, paper)
            y += _TIGHT

    def _draw_button(self, canvas: Canvas, w: "Widget") -> None:
        focused = w is self._focused
        ink, paper = (_DARK, _LIT) if focused else (_LIT, _DARK)
        text_width = self._font.width(w.text)
        width = min(w.width - 4, max(56, text_width + 12))
        x = w.x + (w.width - width) // 2
        if focused:
            canvas.round(x, w.y, width, w.height, _LIT, _DARK, 3)
        else:
            canvas.frame(x, w.y, width, w.height, _LIT)
        canvas.text_centred(self._font, w.text, x, w.y, width, ink, paper)
        if not w.enabled:  # a dotted frame
            for dot in range(x, x + width, 2):
                canvas.vline(dot, w.y, 1, _DARK)
                canvas.vline(dot, w.y + w.height - 1, 1, _DARK)
            for dot in range(w.y, w.y + w.height, 2):
                canvas.hline(x, dot, 1, _DARK)
                canvas.hline(x + width - 1, dot, 1, _DARK)

    def _draw_entry(self, canvas: Canvas, w: "Widget") -> None:
        canvas.frame(w.x, w.y, w.width, w.height, _LIT)
        words, room = w.text, w.width - 8
        if self._font.width(words) > room:  # the end is what is being typed
            while words and self._font.width("…" + words) > room:
                words = words[1:]
            words = "…" + words
        canvas.text(self._font, words, w.x + 3, w.y, _LIT, _DARK)
        canvas.vline(w.x + 4 + self._font.width(words), w.y + 2, 10, _LIT)

    def _draw_picker(self, canvas: Canvas, w: "Widget") -> None:
        """A row of letters; the one that OK would take stands in the middle."""
        focused = w is self._focused
        middle, letters = w.x + w.width // 2, w.value
        at = letters.find(w.text)
        canvas.text(self._font, "<", w.x + 1, w.y, _LIT, _DARK)
        canvas.text(self._font, ">", w.x + w.width - 7, w.y, _LIT, _DARK)
        for offset in range(-4, 5):
            letter = letters[(at + offset) % len(letters)]
            x = middle + offset * 12
            if offset == 0:
                canvas.round(x - 6, w.y, 13, _LINE, _LIT, _DARK, 2)
                if not focused:
                    canvas.rect(x - 5, w.y + 1, 11, _LINE - 2, _DARK)
            lit = _DARK if offset == 0 and focused else _LIT
            canvas.text_centred(self._font, letter, x - 6, w.y, 13, lit, 1 - lit)

    def _draw_progress(self, canvas: Canvas, w: "Widget") -> None:
        canvas.text_centred(self._font, w.text, w.x, w.y, w.width, _LIT, _DARK)
        canvas.frame(w.x + 6, w.y + 15, w.width - 12, 9, _LIT)
        canvas.rect(w.x + 8, w.y + 17, (w.width - 16) * w.part // 1000, 5, _LIT)
        canvas.text_centred(self._font, f"{w.part // 10} %", w.x, w.y + 25, w.width, _LIT, _DARK)
        canvas.text_centred(self._font, w.detail, w.x, w.y + 37, w.width, _LIT, _DARK)
