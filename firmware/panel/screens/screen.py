"""What every screen is. A screen is made when it is opened and dropped when it is left.

What it shows it reads from the device when it is opened and when a part of the device that it names in `parts` has
changed, never while it is drawn.
"""

from firmware.panel.strings import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget


class Screen:
    """`name` is what the panel says it is. `tick_ms`: how often `tick` is called while it is open; 0 is never."""

    name = ""
    parts: "tuple[str, ...]" = ()
    tick_ms = 0

    def __init__(self, ui: "PanelUI") -> None:
        self.ui = ui
        self.device = ui.device

    def title(self) -> str:
        raise NotImplementedError

    def build(self) -> "list[Widget]":
        """The widgets from top to bottom, made anew after each change."""
        raise NotImplementedError

    def changed(self) -> None:
        """A part of the device that the screen shows has changed, or the screen is new: read it again."""

    def tick(self) -> None: ...

    def typed(self, character: str) -> None:
        """A character of an attached keyboard."""

    def pressed(self, key: str) -> bool:  # noqa: ARG002
        """A key that the screen may want for itself; False when it does not."""
        return False

    def words(self, key: str, *arguments: str) -> str:
        return text(key, self.device.language, *arguments)
