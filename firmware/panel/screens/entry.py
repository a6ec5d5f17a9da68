"""Text entry: on the keys of the display, letter by letter with three keys, or on an attached keyboard.

Start at `Entry`. A display for touch shows a keyboard of four layers. One without shows a wheel of letters instead: OK
enters it, up and down turn it, OK takes the letter, back leaves it; rows below it have the other letters, Delete and OK.
A secret is never shown nor said: dots stand for it.
"""

from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget

# What is asked for, which says what characters it may have.
ADDRESS, NAME, NUMBER, TEXT = "address", "name", "number", "text"

_NOT_IN_NAMES = '\\/:*?"<>|'  # of files: where the document is saved, one of these may end its name
_DOT = "•"

# The layers of the keyboard: three rows of at most 10, 10 and 7 keys.
_LETTERS = ("qwertyuiop", "asdfghjkl@", "zxcvbnm")
_LITHUANIAN = ("ąčęėįšųūž", "„“–…", "")
_LITHUANIAN_CAPITALS = ("ĄČĘĖĮŠŲŪŽ", "„“–…", "")  # MicroPython's `upper` knows only ASCII
_SYMBOLS = ("1234567890", "@#%&*+=()/", "!?:;'\"_")
_MORE = ("$,<>[]\\^{}", "|~`„“–…€°", "")
_ADDRESS_SYMBOLS = ("1234567890", "!#$%&'*+/=", "?^`{|}~")

_KEYPAD = "123+456*789#"
_IN_NUMBERS = "0123456789+*# -./()"  # of telephones, and what people write between the digits

# The wheel's groups of letters
_WHEEL = (
    "abcdefghijklmnopqrstuvwxyz@.-_0123456789",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "ąčęėįšųūžĄČĘĖĮŠŲŪŽ",
    "+!?,:;'\"()/&%#*=$<>[]{}\\^|~`„“–…€°",
)


class Entry(Screen):
    """Asks for a text; once it is entered the screen is left, and `done` is called with it.

    `name`: the screen's; `title`: words; `kind`: one of those above; `longest`: characters. `check`, when given, raises
    ValueError(message key, what the message names) for a text that will not do: the screen then says so and stays.
    """

    def __init__(
        self,
        ui: "PanelUI",
        name: str,
        title: str,
        text: str,
        done: "Callable[[str], None]",
        kind: str = TEXT,
        longest: int = 64,
        secret: bool = False,
        check: "Callable[[str], None] | None" = None,
    ) -> None:
        super().__init__(ui)
        self.name = name
        self._title = title
        self._done = done
        self._kind = kind
        self._longest = longest
        self._secret = secret
        self._check = check
        self._problem = ""
        self._text = "".join([character for character in text if self._allowed(character)])[:longest]
        self._layer = "letters"
        self._capitals = False
        self._groups = [group for group in [self._only_offered(group) for group in _WHEEL] if group]
        self._group = 0
        self._letter = 0
        self._turning = False  # the wheel has the keys
        self._keys: "list[Widget]" = []  # of the keyboard, made for `_keys_of`: they are many, and most letters leave them
        self._keys_of = ("", "", False)

    def title(self) -> str:
        return self._title

    def build(self) -> "list[Widget]":
        shown = _DOT * len(self._text) if self._secret else self._text
        built = [widgets.entry(shown)]
        if self._problem:  # there is no room for it beside the letters
            ok = widgets.button(self.words("panel.ok"), self._go_on, main=True)
            return built + [widgets.notice(self._problem, "bad", widgets.WARNING), ok]
        if self.ui.look.letters:
            return built + self._wheel()
        keys_of = (self.device.language, self._layer, self._capitals)
        if self._keys_of != keys_of:
            self._keys, self._keys_of = self._keyboard(), keys_of
        return built + self._keys

    def _say(self, *problem: str) -> None:
        self._problem = self.words(*problem)
        self.ui.top()

    def _go_on(self) -> None:
        self._problem = ""

    # --- what may be entered ---

    def _allowed(self, character: str) -> bool:
        if character < " " or format.clean(character) != character:
            return False
        if (
            self._kind == ADDRESS
        ):  # letters that none may have are refused as a whole: dropped, they leave another address
            return character > " "
        if self._kind == NUMBER:
            return character in _IN_NUMBERS
        return self._kind != NAME or character not in _NOT_IN_NAMES

    def _offered(self, character: str) -> bool:
        return self._allowed(character) and (self._kind != ADDRESS or character <= "~")

    def _only_offered(self, characters: str) -> str:
        return "".join([character for character in characters if self._offered(character)])

    # --- the keyboard on the display ---

    def _keyboard(self) -> "list[Widget]":
        if self._kind == NUMBER:
            return self._keypad()
        rows = [self._only_offered(row) for row in self._rows()]
        keys = self._row(rows[0], 0, 10 - len(rows[0]))
        keys += self._row(rows[1], 1, 10 - len(rows[1]))
        if self._layer in ("symbols", "more") and self._kind != ADDRESS:
            more = self._layer == "more"
            turn = "symbols" if more else "more"
            keys.append(widgets.key(self.words("key.more"), (2, 0, 3), lambda: self._show(turn), chosen=more))
        else:
            name = self.words("key.shift")
            keys.append(widgets.key(name, (2, 0, 3), self._shift, widgets.SHIFT, chosen=self._capitals))
        keys += self._row(rows[2], 2, 10 - len(rows[2]))
        keys.append(widgets.key(self.words("key.backspace"), (2, 17, 3), self._backspace, widgets.BACKSPACE))
        return keys + self._bottom()

    def _keypad(self) -> "list[Widget]":
        keys = []
        for number, character in enumerate(_KEYPAD):
            row, column = divmod(number, 4)
            keys.append(self._wide_key(character, row, 5 * column))
        backspace = self.words("key.backspace")
        keys.append(widgets.key(backspace, (3, 0, 5), self._backspace, widgets.BACKSPACE))
        keys.append(self._wide_key("0", 3, 5))
        keys.append(widgets.key(self.words("panel.ok"), (3, 10, 10), self._enter, chosen=True))
        return keys

    def _wide_key(self, character: str, row: int, column: int) -> "Widget":
        return widgets.key(character, (row, column, 5), lambda: self._tapped(character))

    def _rows(self) -> "tuple[str, str, str]":
        if self._layer == "more":
            return _MORE
        if self._layer == "symbols":
            return _ADDRESS_SYMBOLS if self._kind == ADDRESS else _SYMBOLS
        if self._layer == "lithuanian":
            return _LITHUANIAN_CAPITALS if self._capitals else _LITHUANIAN
        first, second, third = _LETTERS
        return (first.upper(), second.upper(), third.upper()) if self._capitals else _LETTERS

    def _row(self, characters: str, row: int, column: int) -> "list[Widget]":
        return [self._key(character, row, column + 2 * number) for number, character in enumerate(characters)]

    def _key(self, character: str, row: int, column: int) -> "Widget":
        return widgets.key(character, (row, column, 2), lambda: self._tapped(character))

    def _bottom(self) -> "list[Widget]":
        other = "letters" if self._layer in ("symbols", "more") else "symbols"
        name, ok = self.words("key." + other), self.words("panel.ok")
        if self._kind == ADDRESS:
            keys = [widgets.key(name, (3, 0, 4), lambda: self._show(other))]
            keys += self._row("@-_." if self._layer == "symbols" else "-_+.", 3, 4)
            keys.append(widgets.key(ok, (3, 12, 8), self._enter, chosen=True))
            return keys
        lithuanian = self._layer == "lithuanian"
        turn = "letters" if lithuanian else "lithuanian"
        keys = [
            widgets.key(name, (3, 0, 3), lambda: self._show(other)),
            widgets.key(self.words("key.lithuanian"), (3, 3, 3), lambda: self._show(turn), chosen=lithuanian),
            widgets.key(self.words("key.space"), (3, 6, 6), lambda: self._tapped(" ")),
        ]
        keys += self._row("-.", 3, 12)
        keys.append(widgets.key(ok, (3, 16, 4), self._enter, chosen=True))
        return keys

    def _tapped(self, character: str) -> None:
        self.typed(character)
        self._capitals = False  # capitals and Lithuanian letters come one at a time
        if self._layer == "lithuanian":
            self._layer = "letters"

    def _shift(self) -> None:
        self._capitals = not self._capitals

    def _show(self, layer: str) -> None:
        if layer == "symbols":
            self._capitals = False
        self._layer = layer

    # --- letter by letter ---

    def _wheel(self) -> "list[Widget]":
        letters = self._groups[self._group]
        picker = widgets.picker(letters[self._letter], letters, self._grasp)
        picker.chosen = self._turning
        built = [picker, widgets.item(self.words("key.other"), self._next_group)]
        built[1].value = self._groups[(self._group + 1) % len(self._groups)][:3]
        if self._kind not in (ADDRESS, NUMBER):
            built.append(widgets.item(self.words("key.space"), lambda: self.typed(" ")))
        built.append(widgets.item(self.words("key.backspace"), self._backspace))
        built.append(widgets.button(self.words("panel.ok"), self._enter, main=True))
        return built

    def _grasp(self) -> None:
        self._turning = True

    def _next_group(self) -> None:
        self._group = (self._group + 1) % len(self._groups)
        self._letter = 0

    def _turn(self, key: str) -> bool:
        """What a key does to the wheel; False when it does nothing."""
        letters = self._groups[self._group]
        if key in ("up", "left"):
            self._letter = (self._letter - 1) % len(letters)
        elif key in ("down", "right"):
            self._letter = (self._letter + 1) % len(letters)
        elif key == "ok":
            self.typed(letters[self._letter])
        elif key == "back":
            self._turning = False
        else:
            return False
        return True

    # --- what all of them do ---

    def typed(self, character: str) -> None:
        self._problem = ""
        if len(self._text) == self._longest:
            self._say("error.too_long", str(self._longest))
        elif self._allowed(character):
            self._text += character

    def pressed(self, key: str) -> bool:
        if self._turning and not self._problem and self._turn(key):
            return True
        if key in ("left", "right") and self.ui.focus_is_on("picker"):
            self._grasp()
            self._turn(key)
        elif key == "backspace":
            self._backspace()
        elif key == "start" and not self._problem:
            self._enter()
        else:
            return False
        return True

    def _backspace(self) -> None:
        self._text = self._text[:-1]
        self._problem = ""

    def _enter(self) -> None:
        try:
            if self._check is not None:
                self._check(self._text)
        except ValueError as error:
            self._say(*[str(argument) for argument in error.args])
            return
        self.ui.back()
        self._done(self._text)
