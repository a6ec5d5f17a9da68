"""Who is logged in to Web Config: at most a few sessions, in memory only, each with its own anti-forgery token.

Start at `Sessions`. A session ends by log-out, after some minutes without a request, after 8 hours, or with the power.
"""

from micropython import const

from firmware.hmac import same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.api import Clock, Entropy

_MINUTE_MS = const(60_000)
_LONGEST_MS = const(8 * 60 * 60 * 1000)
_MOST = const(4)
_ID_BYTES = const(16)


class Session:
    def __init__(self, entropy: "Entropy", now_ms: int) -> None:
        self.id = entropy.random(_ID_BYTES).hex()  # the cookie; goes nowhere else
        self.csrf = entropy.random(_ID_BYTES).hex()
        self.owner = entropy.random(_ID_BYTES).hex()  # names this session to the device: whose sign-in attempt it is
        self.language = "en"  # of the pages
        self.message = ""  # words for the next page
        # The form of each mail server as typed, until OK; as long as a request's body at most
        self.drafts: "dict[str, dict[str, str]]" = {}
        self.proved_ms = now_ms  # when the password was typed last
        self._opened_ms = now_ms
        self._used_ms = now_ms

    def wrote(self, token: str) -> bool:
        """Whether a form with this anti-forgery token came from one of the session's own pages."""
        return same(token.encode(), self.csrf.encode())

    def use(self, now_ms: int) -> None:
        self._used_ms = now_ms

    def over(self, now_ms: int, idle_ms: int) -> bool:
        return now_ms - self._used_ms >= idle_ms or now_ms - self._opened_ms >= _LONGEST_MS

    def idle_ms(self, now_ms: int) -> int:
        return now_ms - self._used_ms


class Sessions:
    def __init__(self, entropy: "Entropy", clock: "Clock", idle_min: "Callable[[], int]") -> None:
        """`idle_min` gives after how many minutes without a request a session ends."""
        self._idle_min = idle_min
        self._entropy = entropy
        self._clock = clock
        self._open: "list[Session]" = []

    def open(self) -> Session:
        """A new session with a new id; `ended` tells which one had to go for it."""
        session = Session(self._entropy, self._clock.ticks_ms())
        self._open.append(session)
        return session

    def find(self, id: str) -> "Session | None":
        """The session that the cookie names, now used."""
        found = None
        for session in self._open:
            if same(session.id.encode(), id.encode()):  # all are compared, so that the time tells nothing
                found = session
        if found is not None:
            found.use(self._clock.ticks_ms())
        return found

    def empty(self) -> bool:
        return not self._open

    def ended(self) -> "list[Session]":
        """Close the sessions whose time is over, and the idlest ones beyond the limit; return them."""
        now_ms, idle_ms = self._clock.ticks_ms(), self._idle_min() * _MINUTE_MS
        over = [session for session in self._open if session.over(now_ms, idle_ms)]
        left = [session for session in self._open if session not in over]
        while len(left) > _MOST:
            over.append(left.pop(left.index(max(left, key=lambda session: session.idle_ms(now_ms)))))
        self._open = left
        return over

    def others(self, kept: Session) -> "list[Session]":
        """Close all sessions but one; return them."""
        others = [session for session in self._open if session is not kept]
        self._open = [kept]
        return others

    def close(self, session: Session) -> None:
        if session in self._open:
            self._open.remove(session)
