"""Sign-in at the panel: the device code of RFC 8628 as a QR code and in words, and OK, which saves what was granted.

Start at `SignIn`. The attempt itself is the same as Web Config's (`firmware/oauth/accounts.py`); who opens this screen is
the administrator (`firmware/panel/presence.py`). Until OK the device does not have the sign-in (manual R07).
"""

from micropython import const

from firmware import heap
from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen
from firmware.panel.strings import advice
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Action, Widget

_OWNER = "panel"  # names the panel to whoever else wants to sign in
_UNDER_WAY = ("REQUESTING", "WAITING", "GRANTED")
_SECOND_MS = const(1000)
_LONGEST_QR = const(230)  # bytes: version 9 with the least error correction is the largest that the encoder makes
_RULES = heap.Needed("firmware.settings_rules", "firmware.oauth.provider", "firmware.checks")
_QR = heap.Needed("adafruit_miniqr")
_PLAIN_REASONS = ("reason.declined", "reason.code_expired")  # these say no more than the screen does


class SignIn(Screen):
    name = "signin"
    parts = ("signin",)
    tick_ms = _SECOND_MS

    def __init__(self, ui: "PanelUI", accounts: "Any" = None, owner: str = _OWNER) -> None:
        """`accounts`: whose sign-in it is, the device's own if none is given. `owner`: who makes it."""
        super().__init__(ui)
        self.accounts = accounts or self.device.accounts
        self._owner = owner
        self._message = ""  # key of what is said instead of how the attempt stands
        self._gone = False
        self._address = ""
        self._modules = b""  # of the address, b"" where there is no QR code of it
        self._spelled = False  # small display: the address is shown instead of its QR code
        self._begin()

    def title(self) -> str:
        return self.words("signin.begin")

    # --- the attempt ---

    def _begin(self) -> None:
        """Ask for a code for the saved settings."""
        settings, other = self.accounts.settings(), self.accounts.signin
        self._message = ""
        if settings["method"] == "off" or not _good(settings):
            self._message = "signin.not_set_up"
        elif other is not None and other.owner != self._owner and other.state in _UNDER_WAY:
            self._message = "error.signin_by_other"
        else:
            self.ui.start(self._started(settings))

    async def _started(self, settings: "dict[str, Any]") -> None:
        if self._gone:
            return
        try:
            await self.accounts.start_signin(settings, self._owner)
        except ValueError as error:
            self._message = str(error.args[0])
        self.ui.mark()

    def _attempt(self) -> "Any":
        """Ours, None while there is none."""
        attempt = self.accounts.signin
        return attempt if attempt is not None and attempt.owner == self._owner else None

    def changed(self) -> None:
        attempt = self._attempt()
        address = attempt.verification_uri if attempt is not None else ""
        if address != self._address:
            self._address = address
            self._modules = _encoded(address)
            self._spelled = False

    def tick(self) -> None:
        attempt = self._attempt()
        if attempt is not None and attempt.state == "WAITING":
            self.ui.mark()

    def keeps_awake(self) -> bool:
        attempt = self._attempt()
        return attempt is not None and attempt.state in _UNDER_WAY

    def left(self) -> None:
        self._gone = True
        if self._attempt() is not None:
            self.accounts.cancel_signin()

    # --- what is shown ---

    def build(self) -> "list[Widget]":
        attempt = self._attempt()
        if self._message:
            return self._said(self._message)
        if attempt is None or attempt.state == "REQUESTING":
            return [widgets.hero(self.words("signin.requesting"), "busy", widgets.CLOCK)]
        if attempt.state == "WAITING":
            return self._waiting(attempt)
        if attempt.state == "GRANTED":
            return self._granted(attempt)
        return self._ended(attempt)

    def _waiting(self, attempt: "Any") -> "list[Widget]":
        left_s = attempt.expires_in_s()
        address = format.clean(self._address)
        left = self.words("signin.left", f"{left_s // 60}:{left_s % 60:02d}")
        code = widgets.code(self.words("signin.code"), format.clean(attempt.user_code), left)
        small = self.ui.look.letters
        if self._shows_only_qr():
            qr = widgets.qr(self.words("signin.qr"), self._modules)
            qr.detail = address
            return [qr, code]
        built = [widgets.field(self.words("signin.open"), address), code]
        if self._modules:
            if small:
                built.append(widgets.item(self.words("signin.qr"), self._turn))
            else:
                built.insert(0, widgets.qr(self.words("signin.qr"), self._modules))
        built.append(widgets.button(self.words("panel.cancel"), self.ui.back))
        return built

    def _granted(self, attempt: "Any") -> "list[Widget]":
        who, previous = attempt.address, self.previous()
        built = [
            widgets.notice(self.words("signin.granted"), "good", widgets.CHECK),
            widgets.field(self.words("email.account"), format.clean(who)),
        ]
        if previous and previous.lower() != who.lower():
            built.append(widgets.field(self.words("signin.previous"), format.clean(previous)))
        sender = self.sender()
        if sender and sender.lower() != who.lower():
            built.append(widgets.field(self.words("email.sender"), format.clean(sender), "warn"))
        return built + self.choice("panel.ok", self.confirm)

    def _ended(self, attempt: "Any") -> "list[Widget]":
        key = attempt.reason.partition("\t")[0]
        why = "" if key in _PLAIN_REASONS else format.clean(self.device.jobs.words(attempt.reason))
        tone = "warn" if attempt.state == "CODE_EXPIRED" else "bad"
        notice = widgets.notice(self.words("signin." + attempt.state), tone, widgets.WARNING, why)
        todo = advice(attempt.reason, self.device.language)
        more = [widgets.field(self.words("email.advice"), todo)] if todo else []
        return [notice] + more + self.choice("signin.new_code", self._begin)

    def _said(self, key: str) -> "list[Widget]":
        words = self.words(key)
        if key == "signin.saving":
            return [widgets.hero(words, "busy", widgets.CLOCK)]
        if key == "signin.saved":
            return [
                widgets.hero(words, "good", widgets.CHECK),
                widgets.button(self.words("panel.ok"), self.done, main=True),
            ]
        if key == "signin.not_set_up":
            url = next(interface.web_url for interface in self.device.board.network.interfaces if interface.standard)
            where = widgets.field(self.words("network.web"), url or self.words("home.address_none"))
            ok = widgets.button(self.words("panel.ok"), self.ui.back, main=True)
            return [widgets.notice(words, "warn", widgets.WARNING), where, ok]
        again: "Action" = self._save if key == "error.storage" else self._begin
        return [widgets.notice(words, "bad", widgets.WARNING)] + self.choice("panel.again", again)

    # --- a small display shows the QR code, or the address ---

    def _shows_only_qr(self) -> bool:
        attempt = self._attempt()
        waiting = attempt is not None and attempt.state == "WAITING" and not self._message
        return waiting and self.ui.look.letters and self._modules != b"" and not self._spelled

    def _turn(self) -> None:
        self._spelled = not self._spelled

    def pressed(self, key: str) -> bool:
        if key not in ("ok", "down") or not self._shows_only_qr():
            return False
        self._turn()
        return True

    # --- OK ---

    def _settings(self) -> "dict[str, Any]":
        """What OK saves: a sender that only repeats who was signed in goes along with the account."""
        settings: "dict[str, Any]" = self.accounts.settings()
        if settings["sender"] == self.accounts.account.address:
            settings["sender"] = ""
        return settings

    def previous(self) -> str:
        """Who is signed in until OK, "" for nobody."""
        return str(self.accounts.account.address)

    def sender(self) -> str:
        """Whose address mails are to come from, "" when it is whoever signs in."""
        return str(self._settings()["sender"])

    def confirm(self) -> None:
        """OK was pressed."""
        self.ui.presence.ask(self._save)

    async def keep(self) -> None:
        """Save what was granted. Raises ValueError(message key), StorageError."""
        await self.accounts.save(self._settings(), True, self._owner)

    def done(self) -> None:
        """It is saved, and has been seen."""
        self.ui.home()

    def _save(self) -> None:
        self._message = "signin.saving"
        self.ui.mark()
        self.ui.start(self._saved())

    async def _saved(self) -> None:
        try:
            await self.keep()
            self._message = "signin.saved"
        except ValueError as error:
            self._message = str(error.args[0])
        except StorageError:
            self._message = "error.storage"
        self.ui.mark()


def _good(settings: "dict[str, Any]") -> bool:
    """Whether the saved settings are fit for a sign-in."""
    with _RULES:
        from firmware.settings_rules import validate

        return not validate({}, settings)[1]


def _encoded(address: str) -> bytes:
    """The QR code of `address`: a byte for each module, 1 where it is dark; b"" for an address that is too long."""
    data = address.encode()
    if not 0 < len(data) <= _LONGEST_QR:
        return b""
    try:
        with _QR:
            return _modules(data)
    except MemoryError:
        return b""  # the address itself is shown all the same


def _modules(data: bytes) -> bytes:
    from adafruit_miniqr import QRCode

    code: "Any" = QRCode()
    code.add_data(data)
    try:
        code.make()
    except RuntimeError:  # it chose a size that is half a byte short
        code.type += 1
        code.make()
    across, matrix = code.module_count, code.matrix
    return bytes([1 if matrix[y, x] else 0 for y in range(across) for x in range(across)])
