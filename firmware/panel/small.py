"""The look of a display of 128x64 in black and white, worked by keys alone: where widgets go and how they are drawn.

Start at `SmallLook.place` and `SmallLook.draw`. Everything is in one column of lines; what has the focus is inverse.
"""

from micropython import const

from firmware.panel.canvas import Canvas, Font
from firmware.panel.fonts import sans_10
from firmware.panel.widgets import CHECK, LOCK, UNLOCKED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.widgets import Widget

_HEADER = const(12)
_TITLE = const(-2)  # where the header's words begin: no title has a capital with an accent
_LINE = const(13)
_TIGHT = const(12)  # lines of one text
_BAR = const(3)  # where the scroll bar is
_ICON = const(11)
_QR = const(66)  # a QR code takes the whole height; what else there is stands beside it
_WHOLE = ("button", "code", "entry", "picker", "progress")  # not drawn in part
_LIT = const(1)
_DARK = const(0)


class SmallLook:
    scrollers = False  # keys scroll
    letters = True  # typed one by one with the keys, unless a keyboard is attached
    palette = b""
    canvas = Canvas

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._font = Font(sans_10)
        self.top, self.bottom = _HEADER, height  # what scrolls lies between these rows
        self._rows = 0
        self._focused: "Widget | None" = None

    # --- where things go ---

    def place(self, widgets: "list[Widget]") -> int:
        """Give each widget its place before anything is scrolled. Returns how many rows what scrolls takes."""
        width, left, self.top = self._width - _BAR - 1, 0, _HEADER
        if any(widget.kind == "qr" for widget in widgets):
            width, left, self.top = self._width - _QR - 1, _QR + 1, 0
        y = 0
        for number, widget in enumerate(widgets):
            widget.x = left
            if widget.kind == "status":
                self._pin_status(widget, number)
            elif self.pinned(widget):
                widget.x = 0
                widget.y, widget.width, widget.height = 0, self._width, _HEADER
                if widget.kind == "qr":
                    widget.width, widget.height = _QR, self._height
            else:
                widget.width = width
                widget.height = self._measure(widget, width)
                widget.y = self.top + y
                y += widget.height
        self._rows = y
        return y

    def pinned(self, widget: "Widget") -> bool:
        return widget.kind in ("title", "status", "qr", "dark")

    def cut(self, widgets: "list[Widget]", rows: int) -> int:
        """How much less to scroll than by so many `rows`, for no line to be cut at the top."""
        for widget in widgets:
            above = self.top + rows - widget.y
            if not self.pinned(widget) and 0 < above < widget.height:
                return above if widget.kind in _WHOLE else above % _TIGHT
        return 0

    def _pin_status(self, widget: "Widget", number: int) -> None:
        """Icons at the left, the lock at the right edge and words before it."""
        widget.y, widget.height = 0, _HEADER
        widget.width = _ICON if widget.icon else self._font.width(widget.text)
        if widget.icon in (LOCK, UNLOCKED):
            widget.x = self._width - _ICON
        elif widget.icon:
            widget.x = (number - 1) * (_ICON + 1)  # after the title
        else:
            widget.x = self._width - _ICON - 2 - widget.width

    def _measure(self, widget: "Widget", width: int) -> int:
        font, kind, text = self._font, widget.kind, widget.text
        room = width - 4 - (_ICON if widget.icon or kind == "choice" else 0)
        if kind in ("tab", "tile", "choice", "heading"):
            widget.lines = font.wrap(text, room, 2)
        elif kind in ("item", "answer"):
            beside = font.width(widget.value) + 4 if widget.value else 0
            widget.lines, widget.more = font.wrap(text, room, 2), []
            if kind == "answer":
                widget.lines = widget.detail.split(" · ") + widget.lines
            if font.width(widget.lines[-1]) + beside > room:  # below it
                widget.more = font.wrap(widget.value, room - 4, 2)
        elif kind == "field":
            widget.lines = font.wrap(text, width - 4, 2)
            widget.more = font.wrap(widget.value, width - 8, 14)
        elif kind == "state":
            widget.lines = font.wrap(text, room, 2)
            more = font.wrap(widget.value, room, 2) if widget.value else []
            widget.more = more + (font.wrap(widget.detail, room, 2) if widget.detail else [])
        elif kind in ("notice", "hero"):
            widget.lines = font.wrap(text, width - 4 - (_ICON if widget.icon else 0), 16)
            widget.more = font.wrap(widget.detail, width - 4, 24) if widget.detail else []
        elif kind == "progress":
            return 3 * _LINE
        elif kind == "banner":
            widget.lines = font.wrap(widget.value, room, 2)
            widget.more = font.wrap(widget.detail, width - 4, 16) + font.wrap(text, width - 4, 2)
        elif kind == "code":
            from firmware.panel import large

            widget.part, widget.lines = large.place(widget.value, width - 2, 3 * _LINE)
            if not widget.part:
                widget.lines = font.wrap(widget.value, width - 4, 3)
                return _TIGHT * (len(widget.lines) + 2) + 1
            return large.tall(widget.part, widget.lines) + 2 * _TIGHT + 5
        else:
            return _LINE
        return _TIGHT * (len(widget.lines) + len(widget.more)) + 1

    # --- how they look ---

    def draw(self, canvas: Canvas, widgets: "list[Widget]", focused: "Widget | None", pressed: bool) -> None:
        """`pressed`: OK is held, and only its release will tell what that means; until then a frame answers."""
        self._focused = focused
        self._draw(canvas, widgets, focused)
        if not pressed:
            return
        w = focused
        if w is None or w.y < self.top or w.y + w.height > self.bottom:
            canvas.frame(0, 0, self._width, self._height, _LIT)
        elif w.kind == "button" or (w.kind == "picker" and w.chosen):  # dark at its edge
            canvas.frame(w.x, w.y, w.width, w.height, _LIT)
        else:
            canvas.frame(w.x + 1, w.y + 1, w.width - 2, w.height - 2, _DARK)

    def _draw(self, canvas: Canvas, widgets: "list[Widget]", focused: "Widget | None") -> None:
        canvas.fill(_DARK)
        canvas.top, canvas.bottom = self.top, self.bottom
        kinds = [widget.kind for widget in widgets]
        if "dark" in kinds:
            return
        for widget in widgets:
            if not self.pinned(widget) and widget.y < self.bottom and widget.y + widget.height > self.top:
                is_focused = widget is focused
                if widget.kind in _WHOLE:
                    if widget.y >= self.top and widget.y + widget.height <= self.bottom:  # the scroll bar tells of it
                        getattr(self, "_draw_" + widget.kind)(canvas, widget)
                    continue
                if is_focused and widget.y + _TIGHT <= self.bottom:
                    canvas.rect(widget.x, widget.y, widget.width, widget.height, _LIT)
                self._draw_lines(canvas, widget, _DARK if is_focused else _LIT)
        canvas.top = _TITLE
        if "qr" in kinds:
            self._draw_qr(canvas, widgets[kinds.index("qr")])
            return
        canvas.rect(0, 0, self._width, _HEADER, _DARK)
        for widget in widgets:
            if widget.kind == "status":
                words = widget.icon or widget.text
                canvas.text(self._font, words, widget.x + 1, _TITLE, _LIT, _DARK)
            elif self.pinned(widget) and "status" not in kinds:
                canvas.text(self._font, self._font.fit(widget.text, self._width - 1), 1, _TITLE, _LIT, _DARK)
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
        for line in w.lines:
            canvas.text(self._font, line, x, y, ink, paper)
            y += _TIGHT
        if w.kind in ("item", "answer") and w.value and not w.more:
            canvas.text_right(self._font, w.value, w.x + w.width - 2, y - _TIGHT, ink, paper)
        if w.kind == "field":
            x += 4
        elif w.kind in ("hero", "banner", "notice"):
            x = w.x + 2
        for line in w.more:
            canvas.text(self._font, line, x, y, ink, paper)
            y += _TIGHT

    def _draw_qr(self, canvas: Canvas, w: "Widget") -> None:
        from firmware.panel import large

        canvas.rect(w.x, w.y, w.width, w.height, _LIT)
        across = large.across(w.modules)
        dot = w.height // across
        side = across * dot
        large.draw_qr(canvas, w.modules, dot, w.x + (w.width - side) // 2, w.y + (w.height - side) // 2, _DARK)

    def _draw_code(self, canvas: Canvas, w: "Widget") -> None:
        from firmware.panel import large

        canvas.text(self._font, w.text, w.x + 2, w.y, _LIT, _DARK)
        canvas.text(self._font, w.detail, w.x + 2, w.y + w.height - _TIGHT - 1, _LIT, _DARK)
        if w.part:
            large.draw(canvas, w.part, w.lines, w.x + 2, w.y + _TIGHT + 2, _LIT)
            return
        for number, line in enumerate(w.lines):
            canvas.text(self._font, line, w.x + 2, w.y + _TIGHT * (number + 1), _LIT, _DARK)

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
        canvas.frame(w.x, w.y, w.width, _LINE, _LIT)
        words, room = w.text, w.width - 8
        if self._font.width(words) > room:  # the end is what is being typed
            while words and self._font.width("…" + words) > room:
                words = words[1:]
            words = "…" + words
        canvas.text(self._font, words, w.x + 3, w.y, _LIT, _DARK)
        canvas.vline(w.x + 4 + self._font.width(words), w.y + 2, 9, _LIT)

    def _draw_picker(self, canvas: Canvas, w: "Widget") -> None:
        """A row of letters; what OK would take stands in the middle. While the keys turn it, only that is inverse."""
        lit = _DARK if w is self._focused and not w.chosen else _LIT
        canvas.rect(w.x, w.y, w.width, _LINE, 1 - lit)
        middle, letters = w.x + w.width // 2, w.value
        at = letters.find(w.text)
        canvas.text(self._font, "<", w.x + 1, w.y, lit, 1 - lit)
        canvas.text(self._font, ">", w.x + w.width - 7, w.y, lit, 1 - lit)
        for offset in range(-4, 5):
            letter = letters[(at + offset) % len(letters)]
            x = middle + offset * 12
            if offset == 0 and w.chosen:
                canvas.round(x - 6, w.y, 13, _LINE, _LIT, _DARK, 2)
                canvas.text_centred(self._font, letter, x - 6, w.y, 13, _DARK, _LIT)
                continue
            if offset == 0:
                canvas.frame(x - 6, w.y, 13, _LINE, lit)
            canvas.text_centred(self._font, letter, x - 6, w.y, 13, lit, 1 - lit)

    def _draw_progress(self, canvas: Canvas, w: "Widget") -> None:
        words = f"{w.part // 10} %"
        x, width = w.x + 4, w.width - 12 - self._font.width("100 %")
        canvas.text_centred(self._font, w.text, w.x, w.y, w.width, _LIT, _DARK)
        canvas.frame(x, w.y + 15, width, 9, _LIT)
        canvas.rect(x + 2, w.y + 17, (width - 4) * w.part // 1000, 5, _LIT)
        canvas.text_right(self._font, words, w.x + w.width - 3, w.y + 13, _LIT, _DARK)
        canvas.text_centred(self._font, w.detail, w.x, w.y + 26, w.width, _LIT, _DARK)
