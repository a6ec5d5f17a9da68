"""The audit log: who did what to the device that matters for its safety, on flash, and shown in Web Config.

A line says when, what (a key of `WHAT`), from where ("panel", or a browser's address) and about what. None of it can be
forged by what is typed: a line is JSON with a check sum, and texts are cut and stripped of control characters. Start at
`Audit.note`. Never put a secret into `about`.
"""

from micropython import const

from firmware.lines import Lines
from firmware.store import encoded
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.lines import Line
    from hal.api import Board

_FILE = "audit"
_LONGEST_FILE = const(8192)  # bytes of one of the two: some 130 events are always there
_LONGEST_TEXT = const(120)

# What is noted; `firmware/web/words.py` has the sentence for "audit.<what>".
WHAT = (
    "log_in",
    "log_in_wrong",
    "log_out",
    "password",
    "sign_in",
    "sign_in_saved",
    "sign_in_ended",
    "sign_out",
    "server",
    "verify_off",
    "trust",
    "contacts",
    "notification",
    "timeouts",
    "https",
    "users",
    "export",
    "import",
    "restart",
    "reset",
)


class Audit(Lines):
    """Each line: {"at_s": Unix seconds or None, "what", "where", "about"}."""

    fields = ("at_s", "what", "where", "about")

    def __init__(self, board: "Board", longest: int = _LONGEST_FILE) -> None:
        super().__init__(board.storage, board.monitor.log, _FILE, longest)
        self._clock = board.clock

    def note(self, what: str, where: str, about: str = "") -> None:
        """Write it down. A flash that takes nothing stops nobody: the log on the console has it all the same."""
        where, about = _clean(where), _clean(about)
        line: "Line" = {"at_s": self._clock.now(), "what": what, "where": where, "about": about}
        self._log("audit: " + what + " from " + where + (": " + about if about else ""))
        try:
            self._look_at_end()
            self._put(encoded(line))
            if self._storage.size(self._file) > self._longest:
                self._storage.rename(self._file, self._old)
        except StorageError as error:
            self._log("audit: it could not be written down: " + str(error))

    def newest(self, most: int) -> "list[Line]":
        """The newest `most` lines, newest first."""
        found: "list[Line]" = []
        try:
            for line in self._newest_lines():
                if len(found) == most:
                    break
                found.append(line)
        except StorageError as error:
            self._log("audit: it cannot be read: " + str(error))
        return found


def _clean(text: str) -> str:
    """One line of bounded length, without characters that a terminal or a page would obey."""
    return "".join(c if 0x20 <= ord(c) < 0x7F or ord(c) >= 0xA0 else "?" for c in text[:_LONGEST_TEXT])
