"""The look of a display of 320x240 in 16 colours, with touch: where each kind of widget goes and how it is drawn.

Start at `TouchLook.place` and `TouchLook.draw`; each kind of widget has a `_draw_<kind>`.
"""

from micropython import const

from firmware.panel.canvas import Font
from firmware.panel.colours import (
    ACCENT,
    ACCENT_DARK,
    ACCENT_SOFT,
    BAD,
    BAD_SOFT,
    GOOD,
    GOOD_SOFT,
    GREY,
    GROUND,
    INK,
    LINE,
    MUTED,
    PALETTE,
    PAPER,
    SHADE,
    WARN,
    WARN_SOFT,
    ColourCanvas,
    Icons,
    balanced,
)
from firmware.panel.fonts import icons_18, sans_13, sans_15
from firmware.panel.widgets import CHECK, DOWN, NEXT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.widgets import Widget

_HEADER = const(35)
_CORNER = const(46)  # width of the header's keys
_TABS = const(34)
_BAR = const(52)  # the buttons
_ITEM = const(41)
_PAD = const(12)
_ICON = const(20)
_BADGE = const(46)  # a disc with an icon in it
_SCROLLER = const(36)
_KEY_ROW = const(40)

_TONES = {
    "": (INK, PAPER),
    "good": (GOOD, GOOD_SOFT),
    "bad": (BAD, BAD_SOFT),
    "warn": (WARN, WARN_SOFT),
    "busy": (ACCENT, ACCENT_SOFT),
}
_PINNED = ("title", "corner", "tab", "button", "key", "scroller", "status", "qr", "dark")
_STATUS = const(28)  # an icon of the status bar
_QR = const(152)  # the card with a QR code; what else there is stands beside it
_QUIET = const(4)  # modules around it that stay light (ISO/IEC 18004 9.1)
_CODE = const(52)  # at most, of a code in large letters
_GAP = const(3)  # between what a notice says and its details
_BANNER = const(17)  # a line of it
_TILES, _MORE_TILES = const(101), const(106)  # rows of the home screen's tiles, with one or more at the left


class TouchLook:
    scrollers = True  # on the screen, for fingers
    letters = False  # there is a whole keyboard
    palette = PALETTE
    canvas = ColourCanvas

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._small = Font(sans_13)
        self._body = Font(sans_15)
        self._icons = Icons(icons_18)
        self._focused: "Widget | None" = None
        self.top = self.bottom = 0  # what scrolls lies between these rows

    # --- where things go ---

    def place(self, widgets: "list[Widget]") -> int:
        """Give each widget its place before anything is scrolled. Returns how many rows what scrolls takes."""
        kinds = [widget.kind for widget in widgets]
        self.top = _HEADER + (_TABS if "tab" in kinds else 0)
        self.bottom = self._height - (_BAR if "button" in kinds else 0)
        if "key" in kinds:
            self.bottom = self._height - 4 * _KEY_ROW
        width = self._width - (_SCROLLER if "scroller" in kinds else 0)
        counts = {kind: kinds.count(kind) for kind in kinds}
        seen = dict.fromkeys(kinds, 0)
        x = _QR if "qr" in kinds else 0
        width -= x
        y = 0
        for widget in widgets:
            number = seen[widget.kind]
            seen[widget.kind] = number + 1
            if widget.kind in _PINNED:
                self._pin(widget, number, counts[widget.kind])
            elif widget.kind == "tile":
                self._place_tile(widget, number, counts["tile"])
                y = max(y, widget.y + widget.height + 8 - self.top)
            else:
                widget.x, widget.width = x, width
                widget.height = self._measure(widget, width)
                widget.y = self.top + y
                y += widget.height
        if "hero" in counts or "progress" in counts:
            self._centre(widgets, y)
        if "status" in counts:  # the title gives way to it
            begin = 6 + 2 * _STATUS
            end = min([widget.x for widget in widgets if widget.kind == "status" and not widget.icon])
            self._at(widgets[0], begin, 0, end - begin, _HEADER)
        return y

    def pinned(self, widget: "Widget") -> bool:
        return widget.kind in _PINNED

    def cut(self, widgets: "list[Widget]", rows: int) -> int:
        """How much less to scroll than by so many `rows`, for nothing short to be cut at the top."""
        for widget in widgets:
            above = self.top + rows - widget.y
            if not self.pinned(widget) and 0 < above < widget.height < (self.bottom - self.top) // 3:
                return above
        return 0

    def _pin(self, widget: "Widget", number: int, count: int) -> None:
        kind = widget.kind
        if kind == "title":
            self._at(widget, _CORNER, 0, self._width - 2 * _CORNER, _HEADER)
        elif kind == "corner":
            self._at(widget, (self._width - _CORNER) if number else 0, 0, _CORNER, _HEADER)
        elif kind == "tab":
            self._at(widget, self._width * number // count, _HEADER, self._width // count, _TABS)
        elif kind == "button":
            width = (self._width - 16 - 8 * (count - 1)) // count
            self._at(widget, 8 + number * (width + 8), self._height - _BAR + 7, width, _BAR - 14)
        elif kind == "status":
            self._pin_status(widget, number)
        elif kind == "qr":
            self._at(widget, 0, self.top, _QR, self.bottom - self.top)
        elif kind == "dark":
            self._at(widget, 0, 0, self._width, self._height)
        elif kind == "scroller":
            half = (self.bottom - self.top) // 2
            self._at(widget, self._width - _SCROLLER, self.top + number * half, _SCROLLER, half)
        else:
            row, rest = divmod(widget.part, 400)
            column, width = divmod(rest, 20)
            unit = self._width // 20
            self._at(widget, column * unit, self.bottom + row * _KEY_ROW, (width + 1) * unit, _KEY_ROW)

    def _pin_status(self, widget: "Widget", number: int) -> None:
        """Icons at the left; the clock, and at the edge what can be tapped."""
        if widget.action is not None:
            self._at(widget, self._width - _CORNER, 0, _CORNER, _HEADER)
        elif widget.icon:
            self._at(widget, 6 + number * _STATUS, 0, _STATUS, _HEADER)
        else:
            width = self._small.width(widget.text)
            self._at(widget, self._width - _CORNER - width, 0, width, _HEADER)

    def _at(self, widget: "Widget", x: int, y: int, width: int, height: int) -> None:
        widget.x, widget.y, widget.width, widget.height = x, y, width, height

    def _place_tile(self, widget: "Widget", number: int, count: int) -> None:
        """The last two at the right, what sends a document at the left; alone it has room for a badge."""
        at_left = count - 2
        top, rows, width = (8, _TILES, 148) if at_left == 1 else (7, _MORE_TILES, 180)
        top += self.top
        if number < at_left:
            height = (rows - 2 * (at_left - 1)) // at_left
            self._at(widget, 8, top + number * (height + 2), width, height)
        else:
            height = (rows - 7) // 2
            self._at(widget, width + 16, top + (number - at_left) * (height + 7), self._width - width - 24, height)
        widget.lines = self._body.wrap(widget.text, widget.width - (16 if widget.height == _TILES else 44), 2)

    def _measure(self, widget: "Widget", width: int) -> int:
        kind, room = widget.kind, width - 2 * _PAD
        if kind == "field":
            one_line = self._small.width(widget.text) + self._body.width(widget.value) + _PAD <= room
            widget.lines = [] if one_line else self._body.wrap(widget.value, room, 12)
            return 32 if one_line else 28 + 20 * len(widget.lines)
        if kind == "notice":
            room -= 8 + (_ICON + _PAD if widget.icon else 0)
            widget.lines = self._body.wrap(widget.text, room, 14)
            widget.more = self._small.wrap(widget.detail, room, 10) if widget.detail else []
            frame = (32 if widget.tone else 16) + (_GAP if widget.more else 0)
            return 20 * len(widget.lines) + 18 * len(widget.more) + frame
        if kind == "banner":
            widget.lines = self._small.wrap(widget.detail, room - 2 * (_ICON + 8), 5)
            return _BANNER * len(widget.lines) + 33
        if kind == "code":
            return self._measure_code(widget, room)
        if kind == "hero":
            widget.lines = balanced(self._body, widget.text, room, 4)
            widget.more = balanced(self._small, widget.detail, room, 6) if widget.detail else []
            return 60 + 23 * len(widget.lines) + 18 * len(widget.more)
        return {"heading": 27, "progress": 128, "entry": 45, "state": 42}.get(kind, _ITEM)

    def _measure_code(self, widget: "Widget", room: int) -> int:
        from firmware.panel import large

        widget.part, widget.lines = large.place(widget.value, room, _CODE)
        if not widget.part:
            widget.lines = self._body.wrap(widget.value, room)
        return 26 + (large.tall(widget.part, widget.lines) + 6 if widget.part else 20 * len(widget.lines))

    def _centre(self, widgets: "list[Widget]", rows: int) -> None:
        """What a screen is about stands in the middle of it."""
        shift = (self.bottom - self.top - rows) // 2
        if shift > 0:
            for widget in widgets:
                if widget.kind not in _PINNED:
                    widget.y += shift

    # --- how they look ---

    def draw(self, canvas: ColourCanvas, widgets: "list[Widget]", focused: "Widget | None", pressed: bool) -> None:  # noqa: ARG002
        """`pressed`: a key is held of which only its release will tell what it means; here no key is such a one."""
        self._focused = focused
        if any(widget.kind == "dark" for widget in widgets):
            canvas.fill(INK)  # the darkest of the colours
            return
        canvas.fill(GROUND)
        canvas.top, canvas.bottom = self.top, self.bottom
        for widget in widgets:
            if widget.kind not in _PINNED and widget.y < self.bottom and widget.y + widget.height > self.top:
                getattr(self, "_draw_" + widget.kind)(canvas, widget)
        canvas.rect(0, 0, self._width, _HEADER, ACCENT_DARK)
        if self.bottom == self._height - _BAR:
            canvas.rect(0, self.bottom, self._width, _BAR, GROUND)
            canvas.hline(0, self.bottom, self._width, LINE)
        elif self.bottom < self._height:
            canvas.rect(0, self.bottom, self._width, self._height - self.bottom, LINE)
        canvas.top, canvas.bottom = 0, self._height
        for widget in widgets:
            if widget.kind in _PINNED:
                getattr(self, "_draw_" + widget.kind)(canvas, widget)

    def _draw_title(self, canvas: ColourCanvas, w: "Widget") -> None:
        font = self._body if self._body.width(w.text) <= w.width else self._small
        canvas.text_centred(font, font.fit(w.text, w.width), w.x, 8, w.width, PAPER, ACCENT_DARK)

    def _draw_status(self, canvas: ColourCanvas, w: "Widget") -> None:
        if w.icon:
            self._icon(canvas, w.icon, w.x + (w.width - _ICON) // 2, 8, PAPER, ACCENT_DARK)
        else:
            canvas.text(self._small, w.text, w.x, 9, PAPER, ACCENT_DARK)
        self._mark(canvas, w, PAPER)

    def _draw_banner(self, canvas: ColourCanvas, w: "Widget") -> None:
        ink, paper = _TONES[w.tone]
        canvas.rect(w.x, w.y, w.width, w.height, paper)
        canvas.rect(w.x, w.y, 4, w.height, ink)
        self._mark(canvas, w, ink)
        middle = w.y + (w.height - _ICON) // 2
        self._icon(canvas, w.icon, w.x + _PAD, middle, ink, paper)
        self._icon(canvas, NEXT, w.x + w.width - _PAD - 14, middle, ink, paper)
        for number, line in enumerate(w.lines):
            canvas.text(self._small, line, w.x + _PAD + _ICON + 8, w.y + 6 + _BANNER * number, INK, paper)
        canvas.text(self._body, w.text, w.x + _PAD + _ICON + 8, w.y + w.height - 24, ink, paper)

    def _draw_qr(self, canvas: ColourCanvas, w: "Widget") -> None:
        from firmware.panel import large

        canvas.rect(w.x, w.y, w.width, w.height, PAPER)
        across = large.across(w.modules)
        dot = min(w.width, w.height) // (across + 2 * _QUIET)
        side = across * dot
        large.draw_qr(canvas, w.modules, dot, w.x + (w.width - side) // 2, w.y + (w.height - side) // 2, INK)

    def _draw_code(self, canvas: ColourCanvas, w: "Widget") -> None:
        from firmware.panel import large

        canvas.rect(w.x, w.y, w.width, w.height, PAPER)
        canvas.hline(w.x, w.y + w.height - 1, w.width, LINE)
        canvas.text(self._small, w.text, w.x + _PAD, w.y + 3, MUTED, PAPER)
        canvas.text_right(self._small, w.detail, w.x + w.width - _PAD, w.y + 3, MUTED, PAPER)
        if w.part:
            large.draw(canvas, w.part, w.lines, w.x + _PAD, w.y + 24, INK)
            return
        for number, line in enumerate(w.lines):
            canvas.text(self._body, line, w.x + _PAD, w.y + 22 + 20 * number, INK, PAPER)

    def _draw_corner(self, canvas: ColourCanvas, w: "Widget") -> None:
        self._icon(canvas, w.icon, w.x + (w.width - _ICON) // 2, 8, PAPER, ACCENT_DARK)
        self._mark(canvas, w, PAPER)

    def _draw_tile(self, canvas: ColourCanvas, w: "Widget") -> None:
        paper, ink = (ACCENT, PAPER) if w.chosen else (PAPER, INK)
        if w is self._focused:
            canvas.round(w.x - 3, w.y - 3, w.width + 6, w.height + 6, ACCENT_DARK, GROUND, 8)
            canvas.round(w.x - 1, w.y - 1, w.width + 2, w.height + 2, PAPER, ACCENT_DARK, 7)
        canvas.round(w.x, w.y, w.width, w.height, paper, PAPER if w is self._focused else GROUND, 6)
        if w.chosen and w.height == _TILES:
            y = w.y + (w.height - _BADGE - 4 - 20 * len(w.lines)) // 2
            self._badge_icon(canvas, w.icon, w.x + (w.width - _BADGE) // 2, y, ink, ACCENT_DARK, paper)
            for number, line in enumerate(w.lines):
                canvas.text_centred(self._body, line, w.x, y + _BADGE + 4 + 20 * number, w.width, ink, paper)
            return
        self._icon(canvas, w.icon, w.x + 10, w.y + (w.height - _ICON) // 2, ink if w.chosen else ACCENT, paper)
        y = w.y + (w.height - 20 * len(w.lines)) // 2
        for number, line in enumerate(w.lines):
            canvas.text(self._body, line, w.x + 36, y + 20 * number, ink, paper)

    def _draw_state(self, canvas: ColourCanvas, w: "Widget") -> None:
        paper = self._row(canvas, w)
        self._icon(canvas, w.icon, w.x + _PAD, w.y + 11, _TONES[w.tone][0], paper)
        x, right = w.x + _PAD + _ICON + 10, w.x + w.width - _PAD - _ICON
        value = self._small.fit(w.value, right - x - self._body.width(w.text) - 8)
        canvas.text(self._body, self._body.fit(w.text, right - x), x, w.y + 3, INK, paper)
        canvas.text_right(self._small, value, right - 4, w.y + 5, MUTED, paper)
        canvas.text(self._small, self._small.fit(w.detail, right - x), x, w.y + 22, MUTED, paper)
        self._next(canvas, w, w.y + 11, paper)

    def _draw_item(self, canvas: ColourCanvas, w: "Widget") -> None:
        paper = self._row(canvas, w)
        x, right = w.x + _PAD, w.x + w.width - _PAD - 18
        if w.icon:
            self._icon(canvas, w.icon, x, w.y + 10, _TONES[w.tone][0] if w.tone else ACCENT, paper)
            x += _ICON + 10
        if w.value:
            right = self._badge(canvas, w, right, paper)
        ink = INK if w.enabled else GREY
        canvas.text(self._body, self._body.fit(w.text, right - x), x, w.y + (2 if w.detail else 10), ink, paper)
        if w.detail:
            canvas.text(self._small, self._small.fit(w.detail, right - x), x, w.y + 21, MUTED, paper)
        if w.tappable():
            self._next(canvas, w, w.y + 10, paper)

    _draw_answer = _draw_item

    def _badge(self, canvas: ColourCanvas, w: "Widget", right: int, paper: int) -> int:
        """The value at the right of a row; returns where the rest of the row ends."""
        ink, soft = _TONES[w.tone]
        value = self._small.fit(w.value, 130)
        width = self._small.width(value)
        if not w.tone:
            canvas.text(self._small, value, right - 6 - width, w.y + 11, MUTED, paper)
            return right - width - 14
        canvas.round(right - width - 20, w.y + 9, width + 16, 23, soft, paper, 5)
        canvas.text(self._small, value, right - width - 12, w.y + 11, ink, soft)
        return right - width - 28

    def _draw_choice(self, canvas: ColourCanvas, w: "Widget") -> None:
        paper = self._row(canvas, w)
        canvas.text(self._body, w.text, w.x + _PAD, w.y + 10, INK, paper)
        if w.chosen:
            self._icon(canvas, CHECK, w.x + w.width - _PAD - _ICON, w.y + 10, ACCENT, paper)

    def _draw_tab(self, canvas: ColourCanvas, w: "Widget") -> None:
        canvas.rect(w.x, w.y, w.width, w.height, PAPER)
        canvas.hline(w.x, w.y + w.height - 1, w.width, LINE)
        self._mark(canvas, w, ACCENT)
        if w.chosen:
            canvas.rect(w.x + 8, w.y + w.height - 3, w.width - 16, 3, ACCENT)
        words = self._body.fit(w.text, w.width - 8)
        canvas.text_centred(self._body, words, w.x, w.y + 6, w.width, ACCENT if w.chosen else MUTED, PAPER)

    def _draw_field(self, canvas: ColourCanvas, w: "Widget") -> None:
        paper = self._row(canvas, w)
        ink = _TONES[w.tone][0]
        x, right = w.x + _PAD, w.x + w.width - _PAD
        canvas.text(self._small, self._small.fit(w.text, right - x), x, w.y + (4 if w.lines else 6), MUTED, paper)
        if not w.lines:
            canvas.text_right(self._body, w.value, right, w.y + 5, ink, paper)
        for number, line in enumerate(w.lines):
            canvas.text(self._body, line, x, w.y + 22 + 20 * number, ink, paper)

    def _draw_heading(self, canvas: ColourCanvas, w: "Widget") -> None:
        words = self._small.fit(w.text, w.width - 2 * _PAD)
        canvas.text(self._small, words, w.x + _PAD, w.y + 6, MUTED, GROUND)

    def _draw_notice(self, canvas: ColourCanvas, w: "Widget") -> None:
        paper, x, y = GROUND, w.x + _PAD, w.y + 8
        if w.tone:
            ink, paper = _TONES[w.tone]
            canvas.round(w.x + 8, w.y + 8, w.width - 16, w.height - 12, paper, GROUND, 6)
            canvas.rect(w.x + 8, w.y + 14, 3, w.height - 24, ink)
            x, y = x + 8, w.y + 18
            if w.icon:
                self._icon(canvas, w.icon, x, y, ink, paper)
                x += _ICON + 10
        for number, line in enumerate(w.lines):
            canvas.text(self._body, line, x, y + 20 * number, INK, paper)
        y += 20 * len(w.lines) + 1 + _GAP
        for number, line in enumerate(w.more):
            canvas.text(self._small, line, x, y + 18 * number, MUTED, paper)

    def _draw_hero(self, canvas: ColourCanvas, w: "Widget") -> None:
        ink, soft = _TONES[w.tone]
        self._badge_icon(canvas, w.icon, (w.width - _BADGE) // 2, w.y, ink, soft, GROUND)
        y = w.y + 56
        for line in w.lines:
            canvas.text_centred(self._body, line, w.x, y, w.width, INK, GROUND)
            y += 23
        for line in w.more:
            canvas.text_centred(self._small, line, w.x, y, w.width, MUTED, GROUND)
            y += 18

    def _draw_progress(self, canvas: ColourCanvas, w: "Widget") -> None:
        canvas.text_centred(self._body, w.text, w.x, w.y + 4, w.width, INK, GROUND)
        canvas.text_centred(self._digits(), f"{w.part // 10} %", w.x, w.y + 40, w.width, ACCENT, GROUND)
        x, y, width = w.x + 24, w.y + 84, w.width - 48
        canvas.round(x, y, width, 10, LINE, GROUND, 5)
        done = width * w.part // 1000
        if done >= 10:
            canvas.round(x, y, done, 10, ACCENT, LINE, 5)
        canvas.text_centred(self._small, w.detail, w.x, w.y + 104, w.width, MUTED, GROUND)

    def _draw_entry(self, canvas: ColourCanvas, w: "Widget") -> None:
        canvas.round(w.x + 8, w.y + 5, w.width - 16, 35, ACCENT, GROUND, 5)
        canvas.round(w.x + 10, w.y + 7, w.width - 20, 31, PAPER, ACCENT, 4)
        words, room = w.text, w.width - 48
        if self._body.width(words) > room:  # the end is what is being typed
            while words and self._body.width("…" + words) > room:
                words = words[1:]
            words = "…" + words
        canvas.text(self._body, words, w.x + 18, w.y + 12, INK, PAPER)
        canvas.rect(w.x + 20 + self._body.width(words), w.y + 13, 2, 19, ACCENT)

    def _draw_key(self, canvas: ColourCanvas, w: "Widget") -> None:
        paper, ink = (ACCENT, PAPER) if w.chosen else (GROUND, INK) if w.icon or len(w.text) > 1 else (PAPER, INK)
        if w is self._focused:
            canvas.round(w.x, w.y, w.width, w.height, ACCENT_DARK, LINE, 6)
        canvas.round(w.x + 2, w.y + 2, w.width - 4, w.height - 4, paper, ACCENT_DARK if w is self._focused else LINE, 5)
        if w.icon:
            self._icon(canvas, w.icon, w.x + (w.width - _ICON) // 2, w.y + 10, ink, paper)
        else:
            canvas.text_centred(self._body, w.text, w.x, w.y + 8, w.width, ink, paper)

    def _draw_button(self, canvas: ColourCanvas, w: "Widget") -> None:
        paper, ink, edge = (ACCENT, PAPER, ACCENT) if w.chosen else (PAPER, ACCENT, ACCENT)
        if not w.enabled:
            paper, ink, edge = SHADE, GREY, SHADE
        if w is self._focused:
            canvas.round(w.x - 4, w.y - 4, w.width + 8, w.height + 8, ACCENT_DARK, GROUND, 8)
            canvas.round(w.x - 2, w.y - 2, w.width + 4, w.height + 4, PAPER, ACCENT_DARK, 7)
        canvas.round(w.x, w.y, w.width, w.height, edge, PAPER if w is self._focused else GROUND, 6)
        if edge != paper:
            canvas.round(w.x + 1, w.y + 1, w.width - 2, w.height - 2, paper, edge, 5)
        words = self._body.fit(w.text, w.width - 12)
        canvas.text_centred(self._body, words, w.x, w.y + 8, w.width, ink, paper)

    def _draw_scroller(self, canvas: ColourCanvas, w: "Widget") -> None:
        canvas.rect(w.x, w.y, w.width, w.height, GROUND)
        canvas.vline(w.x, w.y, w.height, LINE)
        if w.icon == DOWN:
            canvas.hline(w.x, w.y, w.width, LINE)
        ink = ACCENT if w.enabled else LINE
        self._icon(canvas, w.icon, w.x + 9, w.y + (w.height - _ICON) // 2, ink, GROUND)
        self._mark(canvas, w, ACCENT)

    # --- what they share ---

    def _row(self, canvas: ColourCanvas, w: "Widget") -> int:
        """The background of a row of a list; returns its colour."""
        paper = ACCENT_SOFT if w is self._focused else PAPER
        canvas.rect(w.x, w.y, w.width, w.height, paper)
        canvas.hline(w.x, w.y + w.height - 1, w.width, LINE)
        if w is self._focused:
            canvas.rect(w.x, w.y, 4, w.height - 1, ACCENT)
        return paper

    def _next(self, canvas: ColourCanvas, w: "Widget", y: int, paper: int) -> None:
        """The sign at the right of a row that leads to more."""
        ink = ACCENT if w is self._focused else GREY
        self._icon(canvas, NEXT, w.x + w.width - _PAD - 14, y, ink, paper)

    def _mark(self, canvas: ColourCanvas, w: "Widget", ink: int) -> None:
        """A frame of two pixels around what has the focus, where no other sign of it fits."""
        if w is self._focused:
            canvas.frame(w.x, w.y, w.width, w.height, ink)
            canvas.frame(w.x + 1, w.y + 1, w.width - 2, w.height - 2, ink)

    def _icon(self, canvas: ColourCanvas, icon: str, x: int, y: int, ink: int, paper: int) -> None:
        """An icon with the upper left corner of its box of `_ICON` pixels at (x, y)."""
        canvas.icon(self._icons, icon, x + 1, y + 1, ink, paper)

    def _badge_icon(self, canvas: ColourCanvas, icon: str, x: int, y: int, ink: int, soft: int, paper: int) -> None:
        """An icon in a disc of `_BADGE` pixels."""
        canvas.round(x, y, _BADGE, _BADGE, soft, paper, _BADGE // 2)
        self._icon(canvas, icon, x + (_BADGE - _ICON) // 2, y + (_BADGE - _ICON) // 2, ink, soft)

    def _digits(self) -> Font:
        """Large digits: loaded when they are first shown."""
        from firmware.panel.fonts import sans_28

        return Font(sans_28)
