"""What a screen consists of: widgets, which are data. Screens make them, a look places and draws them.

Each function makes one kind of widget. Everything that came from outside must have gone through `format.clean` before.
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Action = Callable[[], None]
    Row = tuple[str, int, int, int, int, int]

TAPPABLE = const(1)  # flags of a row (hal/api.pyi Panel.say)
FOCUSED = const(2)
DISABLED = const(4)

# Icons are characters of the fonts, in the order of ICONS in sim/fonts.py.
MAIL, JOBS, GEAR, BACK, NEXT, HOME, CHECK, CROSS, CLOCK = "\ue000\ue001\ue002\ue003\ue004\ue005\ue006\ue007\ue008"
WARNING, UP, DOWN, BACKSPACE, SHIFT, DOCUMENT, NETWORK, PERSON, LOCK, GLOBE = (
    "\ue009\ue00a\ue00b\ue00c\ue00d\ue00e\ue00f\ue010\ue011\ue012"
)
UNLOCKED, WIFI, OFFLINE = "\ue013\ue014\ue015"


class Widget:
    """`text` is what it is found by; `detail` and `value` are further words. A look fills in the place and `lines`."""

    # What most widgets have is the class's: a widget is made sooner, and is smaller.
    detail = ""
    value = ""
    icon = ""
    tone = ""  # "", "good", "bad", "warn", "busy"
    enabled = True
    chosen = False  # a tab that is open, a choice that is made, a button that is the likely one
    repeats = False  # as long as a finger is on it
    part = 0  # progress: per mille; keys: where in the grid, see `key`
    x = y = width = height = 0
    modules = b""
    lines: "list[str]" = []  # set, never appended to
    more: "list[str]" = []

    def __init__(self, kind: str, text: str, action: "Action | None" = None) -> None:
        self.kind = kind
        self.text = text
        self.action = action

    def tappable(self) -> bool:
        return self.action is not None and self.enabled

    def rows(self, focused: bool) -> "list[Row]":
        """The widget in words: what is tapped bears its name; what is only said about it follows."""
        flags = 0
        if self.action is not None:
            flags = (TAPPABLE if self.enabled else TAPPABLE | DISABLED) | (FOCUSED if focused else 0)
        rows: "list[Row]" = []
        if self.text:
            rows.append((self.text, self.x, self.y, self.width, self.height, flags))
        for words in (self.value, self.detail):
            if words:
                rows.append((words, self.x, self.y, self.width, self.height, 0))
        return rows

    def holds(self, x: int, y: int) -> bool:
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


def tile(text: str, icon: str, action: "Action", main: bool = False) -> Widget:
    """A large field of the home screen."""
    widget = Widget("tile", text, action)
    widget.icon = icon
    widget.chosen = main
    return widget


def state(text: str, detail: str, icon: str, tone: str, action: "Action") -> Widget:
    """A line of the home screen that says how things are and leads to more."""
    widget = Widget("state", text, action)
    widget.detail = detail
    widget.icon = icon
    widget.tone = tone
    return widget


def item(
    text: str, action: "Action | None", detail: str = "", value: str = "", icon: str = "", tone: str = ""
) -> Widget:
    """An entry of a list; without an action it only informs."""
    widget = Widget("item", text, action)
    widget.detail = detail
    widget.value = value
    widget.icon = icon
    widget.tone = tone
    return widget


def answer(text: str, action: "Action | None", label: str, icon: str, value: str = "") -> Widget:
    """What is asked for, and what it is so far."""
    widget = item(text, action, label, value, icon)
    widget.kind = "answer"
    return widget


def choice(text: str, chosen: bool, action: "Action") -> Widget:
    widget = Widget("choice", text, action)
    widget.chosen = chosen
    return widget


def tab(text: str, chosen: bool, action: "Action") -> Widget:
    widget = Widget("tab", text, action)
    widget.chosen = chosen
    return widget


def field(label: str, value: str, tone: str = "") -> Widget:
    """Something with a name, to be read."""
    widget = Widget("field", label)
    widget.value = value
    widget.tone = tone
    return widget


def heading(text: str) -> Widget:
    return Widget("heading", text)


def status(text: str, icon: str = "", action: "Action | None" = None) -> Widget:
    """A part of the status bar: an icon, whose words are said, or the words themselves."""
    widget = Widget("status", text, action)
    widget.icon = icon
    return widget


def banner(text: str, short: str, warning: str, tone: str, action: "Action") -> Widget:
    """A warning that stays, in short and in full, and what mends it."""
    widget = Widget("banner", text, action)
    widget.value = short
    widget.detail = warning
    widget.tone = tone
    widget.icon = WARNING
    return widget


def qr(text: str, modules: bytes) -> Widget:
    """A QR code; `modules`: a byte for each of the square, 1 where it is dark. `text` is said in its place."""
    widget = Widget("qr", text)
    widget.modules = modules
    return widget


def code(label: str, code: str, left: str) -> Widget:
    """A code that people copy by hand, in letters that cannot be mistaken for each other; `left`: how long it is good."""
    widget = Widget("code", label)
    widget.value = code
    widget.detail = left
    return widget


def dark(text: str, detail: str) -> Widget:
    """Nothing at all; the words are for who does not look."""
    widget = Widget("dark", text)
    widget.detail = detail
    return widget


def notice(text: str, tone: str = "", icon: str = "", detail: str = "") -> Widget:
    """Sentences in a card; `detail` in small below them."""
    widget = Widget("notice", text)
    widget.tone = tone
    widget.icon = icon
    widget.detail = detail
    return widget


def hero(text: str, tone: str, icon: str, detail: str = "") -> Widget:
    """What a screen is about, in its middle."""
    widget = notice(text, tone, icon, detail)
    widget.kind = "hero"
    return widget


def progress(part: int, text: str, detail: str) -> Widget:
    """`part` of 1000 is done."""
    widget = Widget("progress", text)
    widget.part = part
    widget.detail = detail
    return widget


def button(text: str, action: "Action", main: bool = False, enabled: bool = True) -> Widget:
    widget = Widget("button", text, action)
    widget.chosen = main
    widget.enabled = enabled
    return widget


def entry(text: str) -> Widget:
    """A line of text that is being typed; the cursor is at its end."""
    return Widget("entry", text)


def key(text: str, place: "tuple[int, int, int]", action: "Action", icon: str = "", chosen: bool = False) -> Widget:
    """A key of the on-screen keyboard. `place`: row, column and width, these two in half keys of twenty across."""
    row, column, width = place
    widget = Widget("key", text, action)
    widget.part = row * 400 + column * 20 + width - 1
    widget.icon = icon
    widget.repeats = icon == BACKSPACE
    widget.chosen = chosen
    return widget


def picker(text: str, value: str, action: "Action") -> Widget:
    """One letter out of a row of letters, on displays too small for a keyboard; left and right change it."""
    widget = Widget("picker", text, action)
    widget.value = value
    return widget
