"""Scan to My Email: who somebody is, their own sign-in, and a scan to their own mailbox (manual R22-R24).

Start at `my_email`. A user logs in with ID and PIN, signs in at the email service when that is asked for, and is
logged in until they leave the screen or the panel goes dark (`firmware/panel/presence.py`).
"""

from micropython import const

from firmware.panel import format, widgets
from firmware.panel.screens.entry import Entry
from firmware.panel.screens.log_in import LogIn
from firmware.panel.screens.scan import Scan
from firmware.panel.screens.signin import SignIn
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.jobs.journal import Job
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget
    from firmware.users import User
    from hal.api import Document

_LONGEST_ID = const(20)  # as `firmware/users.py` has it
_LONGEST_PIN = const(64)


def my_email(ui: "PanelUI") -> None:
    """Ask who it is, and let them scan."""

    def pin(id: str) -> None:
        title = ui.screen.words("my_email.pin")

        def check(typed: str) -> None:
            ui.open(UserLogIn(ui, id, typed))

        ui.open(Entry(ui, "pin", title, "", check, longest=_LONGEST_PIN, secret=True))

    title = ui.screen.words("my_email.id")
    ui.open(Entry(ui, "user_id", title, "", pin, longest=_LONGEST_ID))


class UserLogIn(LogIn):
    """Looks at ID and PIN. Unknown IDs are told nothing else than wrong PINs."""

    name = "user_log_in"
    checking, wrong = "my_email.checking", "my_email.wrong"

    def __init__(self, ui: "PanelUI", id: str, pin: str) -> None:
        self._id = id
        self._user: "User | None" = None
        super().__init__(ui, pin)

    def title(self) -> str:
        return self.words("job.kind.my-email")

    def locked_for_s(self) -> int:
        return self.device.users.locked_for_s(self._id)

    async def is_right(self, typed: str) -> bool:
        try:
            self._user = await self.device.users.check(self._id, typed)
        except StorageError as error:
            self.device.board.monitor.log("users: they cannot be read: " + str(error))
        return self._user is not None

    def again(self) -> None:
        my_email(self.ui)

    def enter(self) -> None:
        assert self._user is not None
        self.ui.open(MyScan(self.ui, self._user), instead=True)


class MyScan(Scan):
    """The user's own scan; while they are not signed in it says so, and leads there."""

    name = "my_email"
    parts = ("accounts", "settings")

    def __init__(self, ui: "PanelUI", user: "User") -> None:
        super().__init__(ui, str(user["email"]))
        self.user = user

    def title(self) -> str:
        return self.words("job.kind.my-email")

    def _own(self) -> bool:
        """Whether they sign in with an address of their own."""
        return bool(self.device.settings()["sender_of"] == "user")

    def build(self) -> "list[Widget]":
        if not self._own() or self.device.people.of(self.user["id"]).account.state == "SIGNED_IN":
            return super().build()
        account = self.device.people.of(self.user["id"]).account
        why = format.clean(self.device.jobs.words(account.reason)) if account.reason else ""
        key = "my_email." + account.state
        return [widgets.notice(self.words(key), "warn", widgets.WARNING, why)] + self.choice(
            "signin.begin", self._sign_in
        )

    def warnings(self) -> "list[Widget]":
        return [] if self._own() else super().warnings()

    def _recipient(self) -> "Widget":
        return widgets.answer(format.clean(self.to), None, format.clean(self.user["name"]), widgets.PERSON)

    def typed(self, character: str) -> None:
        """Nobody types another recipient."""

    def pressed(self, key: str) -> bool:
        return key != "backspace" and super().pressed(key)

    def submit(self, document: "Document") -> "Job":
        return self.device.submit_my_email(self.user, document, self.file_name, self.subject)

    def _sign_in(self) -> None:
        self.ui.open(UserSignIn(self.ui, self.user))


class UserSignIn(SignIn):
    """A user signs in for themself: no administrator is needed (manual R24)."""

    def __init__(self, ui: "PanelUI", user: "User") -> None:
        self._user = user
        super().__init__(ui, owner="user:" + user["id"])

    def previous(self) -> str:
        return str(self.device.people.of(self._user["id"]).account.address)

    def sender(self) -> str:
        return str(self._user["email"])

    def confirm(self) -> None:
        self._save()

    async def keep(self) -> None:
        attempt = self._attempt()
        if attempt is None:
            raise ValueError("error.no_grant")
        self.device.people.of(self._user["id"]).keep(attempt)
        self.accounts.cancel_signin()

    def done(self) -> None:
        self.ui.back()
