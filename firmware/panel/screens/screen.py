"""What every screen is. A screen is made when it is opened and dropped when it is left.

What it shows it reads from the device when it is opened and when a part of the device that it names in `parts` has
changed, never while it is drawn.
"""

from firmware.panel import widgets
from firmware.panel.strings import filled, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Action, Widget


class Screen:
    """`name` is what the panel says it is. `tick_ms`: how often `tick` is called while it is open; 0 is never."""

    name = ""
    parts: "tuple[str, ...]" = ()
    tick_ms = 0

    def __init__(self, ui: "PanelUI") -> None:
        self.ui = ui
        self.device = ui.device
        self._words: "dict[str, str]" = {}  # in `_language`
        self._language = ""

    def title(self) -> str:
        raise NotImplementedError

    def build(self) -> "list[Widget]":
        """The widgets from top to bottom, made anew after each change."""
        raise NotImplementedError

    def changed(self) -> None:
        """A part of the device that the screen shows has changed, or the screen is new: read it again."""

    def tick(self) -> None: ...

    def keeps_awake(self) -> bool:
        """Whether the screen saver waits although nobody presses anything."""
        return False

    def untold(self) -> "Widget | None":
        """What whoever comes next must still be told: then the screen stays under the screen saver, which says it too."""
        return None

    def left(self) -> None:
        """The screen is dropped."""

    def typed(self, character: str) -> None:
        """A character of an attached keyboard."""

    def pressed(self, key: str) -> bool:  # noqa: ARG002
        """A key that the screen may want for itself; False when it does not."""
        return False

    def choice(self, key: str, action: "Action", enabled: bool = True) -> "list[Widget]":
        """Cancel, and what else can be done; on a display where they follow each other, that one first."""
        cancel = widgets.button(self.words("panel.cancel"), self.ui.back)
        main = widgets.button(self.words(key), action, main=True, enabled=enabled)
        return [main, cancel] if self.ui.look.letters else [cancel, main]

    def words(self, key: str, *arguments: str) -> str:
        """The words for `key` (`firmware.panel.strings.text`), unpacked once: every refresh asks for nearly the same."""
        if self._language != self.device.language:
            self._language = self.device.language
            self._words = {}
        words = self._words.get(key)
        if words is None:
            words = self._words[key] = text(key, self._language)
        return filled(words, *arguments)
