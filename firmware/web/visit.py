"""One request of somebody who is logged in, as the page modules get it: whose it is, in which language, and how to answer.

Start at `Visit.page` and `Visit.unproven`.
"""

import binascii
import hashlib

from microdot.microdot import Response
from micropython import const

from firmware.web import pages
from firmware.web.pages import escape, remote

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from firmware.web.app import App
    from firmware.web.sessions import Session
    from firmware.web.words import Words

PROOF_KEYS = ("web.proof_needed", "web.proof_locked", "web.password_wrong")  # what can be wrong with it
_TOLD = (
    "server",
    "verify_off",
    "trust",
    "users",
    "contacts",
    "notification",
    "timeouts",
    "https",
    "password",
    "import",
    "export",
    "reset",
    "sign_out",
)
_PROOF_MS = const(300_000)  # for so long the password that was typed last counts


class Visit:
    def __init__(
        self, app: "App", session: "Session", words: "Words", path: str, where: str, files: "dict[str, bytes]"
    ) -> None:
        self._app = app
        self.device: "Any" = app.device
        self.session = session
        self.words = words
        self.text, self.say = words.text, words.say
        self.path = path
        self.where = where  # the browser's address
        self.files = files  # by field; what was sent with a form as files

    # --- answers ---

    def page(
        self, title: str, pieces: "list[str]", status: int = 200, refresh_s: int = 0, above: "tuple[str, ...]" = ()
    ) -> Response:
        """A page under this path. `title`: the key of its heading; `above`: keys of what stands over that, smaller."""
        over = " &gt; ".join([self.say(key) for key in above])
        pieces = [pages.heading(self.say(title), over)] + pieces
        return self._app.page(self.words, title, pieces, self.session, self.path, status, refresh_s)

    def refused(self, status: int, key: str) -> Response:
        return self._app.refused(self.words, status, key, self.session, self.path)

    def redirect(self, path: str, *message: str) -> Response:
        """Go and get another page, which then says `message`: a key of the frame's or this page's words, and arguments."""
        if message:
            self.session.message = self.text(*message)
        return self._app.redirect(path)

    def download(self, name: str, content_type: str, lines: "Iterable[str]") -> Response:
        encoded: "Any" = (line.encode() for line in lines)
        headers = {
            "Content-Type": content_type + "; charset=UTF-8",
            "Content-Disposition": 'attachment; filename="' + name + '"',
        }
        return Response(encoded, 200, headers)

    # --- the password, asked again ---

    def proven(self) -> bool:
        """Whether this session's administrator has typed the password within the last minutes."""
        return bool(self.device.board.clock.ticks_ms() - self.session.proved_ms < _PROOF_MS)

    async def unproven(self, posted: "dict[str, str]") -> str:
        """What is wrong, a key; "" when the password was typed lately, or is right in this form (field "proof")."""
        if self.proven():
            return ""
        typed = posted.get("proof", "")
        if not typed:
            return "web.proof_needed"
        admin = self.device.admin
        if admin.locked_for_s():
            return "web.proof_locked"
        if not await admin.check(typed):
            self._app.wrong_password(self.where)
            return "web.password_wrong"
        self.session.proved_ms = self.device.board.clock.ticks_ms()
        return ""

    def proof(self, error: str = "", id: str = "proof") -> str:
        """The line of a form that asks for the password again; "" while it counts. `error`: a key; `id`: where a page has
        two of them."""
        if self.proven():
            return ""
        said = self.say(error) if error else ""
        label = self.say("web.administrator_password")
        return pages.password_row("proof", label, said, self.say("web.proof_note"), "current-password", id)

    # --- what many pages need ---

    def note(self, what: str, about: str = "", told: str = "") -> None:
        """In the audit log, and by mail to whoever wants to know; `told`: an old address, which is told in any case."""
        self.device.audit.note(what, self.where, about)
        if what in _TOLD:
            self.device.tell("settings", "audit." + what, self.where, about, also=told)

    def why(self, reason: str) -> str:
        """Why a sign-in ended or a server refused, and what the administrator should change, as notes under something."""
        notes = [remote(self.words.reason(reason)), escape(self.words.advice(reason))]
        return "".join([f'<p class="note">{note}</p>' for note in notes if note])

    def time(self, at_s: "int | None") -> str:
        """A time as plain text, in UTC."""
        from firmware.panel.format import date_time

        return date_time(at_s) + " UTC" if at_s is not None else self.text("web.time_unknown")

    def end_others(self) -> None:
        """Log everybody else out of Web Config."""
        self._app.end_others(self.session)


def digest(words: str) -> str:
    """A short name for exactly these words."""
    return binascii.hexlify(hashlib.sha256(words.encode()).digest()[:8]).decode()
