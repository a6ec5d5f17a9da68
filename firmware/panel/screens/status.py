"""Network Status: the network, the email server, and the sheet with both (manual R11, R12, R14)."""

from firmware.panel import widgets
from firmware.panel.screens.screen import Screen
from firmware.panel.strings import has
from firmware.sheet import sheet
from hal.errors import HardwareError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget


class Network(Screen):
    """Wired LAN/Wi-Fi Status: where Web Config is found (manual R11), and which network carries OAuth 2.0 (R10)."""

    name = "wired_status"

    def title(self) -> str:
        return self.words("settings.wired_status")

    def build(self) -> "list[Widget]":
        interfaces = sorted(self.device.board.network.interfaces, key=lambda interface: not interface.standard)
        built = []
        for interface in interfaces:
            if len(interfaces) > 1:
                key = "network.standard" if interface.standard else "network.additional"
                built.append(widgets.heading(self.words(key)))
            if not interface.standard:
                built.append(widgets.notice(self.words("network.additional_note"), "warn", widgets.WARNING))
            built += [widgets.field(*pair) for pair in sheet.network(interface, self.device.language)]
        return built


class EmailStatus(Screen):
    """Email Server Status (manual R12)."""

    name = "email_status"
    parts = ("accounts", "settings")

    def title(self) -> str:
        return self.words("settings.email_status")

    def build(self) -> "list[Widget]":
        state = self.device.accounts.device.state
        built = []
        if self.device.settings()["method"] != "off":
            if state in ("EXPIRED", "REAUTH"):
                key = "message.expired" if state == "EXPIRED" else "message.reauth"
                built.append(widgets.notice(self.words(key), "bad", widgets.WARNING))
            elif state == "SIGNED_OUT":
                built.append(widgets.notice(self.words("message.not_signed_in"), "warn", widgets.WARNING))
        return built + [widgets.field(*pair) for pair in sheet.email_server(self.device, self.device.language)]


class PrintSheet(Screen):
    """Print Status Sheet: asks, then prints (manual R14)."""

    name = "print_sheet"

    def __init__(self, ui: "PanelUI") -> None:
        super().__init__(ui)
        self._key = "message.sheet"
        self._states: "list[str]" = []

    def title(self) -> str:
        return self.words("settings.print_sheet")

    def build(self) -> "list[Widget]":
        if self._key == "message.sheet":
            return [
                widgets.hero(self.words(self._key), "busy", widgets.DOCUMENT),
                widgets.button(self.words("panel.cancel"), self.ui.back),
                widgets.button(self.words("panel.print"), self._print, main=True),
            ]
        if self._key == "message.printing":
            reasons = [self._reason(state) for state in self._states]
            return [widgets.hero(self.words(self._key), "busy", widgets.DOCUMENT, " ".join(reasons))]
        tone, icon = ("good", widgets.CHECK) if self._key == "message.printed" else ("bad", widgets.CROSS)
        return [
            widgets.hero(self.words(self._key), tone, icon),
            widgets.button(self.words("panel.ok"), self.ui.back, main=True),
        ]

    def _reason(self, state: str) -> str:
        """What to do about a state of the printer."""
        key = "printer." + state
        return self.words(key if has(key) else "printer.not_ready")

    def _print(self) -> None:
        self._key = "message.printing"
        self._states = self.device.board.printer.states()
        self.ui.start(self._printed())

    async def _printed(self) -> None:
        try:
            await self.device.print_sheet()
            self._key = "message.printed"
        except HardwareError:
            self._key = "error.printer"
        self.ui.mark()
