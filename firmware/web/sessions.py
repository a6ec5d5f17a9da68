"""Who is logged in to Web Config: at most a few sessions, in memory only, each with its own anti-forgery token.

Start at `Sessions`. A session ends by log-out, after 15 minutes without a request, after 8 hours, or with the power.
"""

from micropython import const

from firmware.admin import same

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Clock, Entropy

_IDLE_MS = const(15 * 60 * 1000)
_LONGEST_MS = const(8 * 60 * 60 * 1000)
_MOST = const(4)
_ID_BYTES = const(16)


class Session:
    def __init__(self, entropy: "Entropy", now_ms: int) -> None:
        self.id = entropy.random(_ID_BYTES).hex()  # the cookie; goes nowhere else
        self.csrf = entropy.random(_ID_BYTES).hex()
        self.owner = entropy.random(_ID_BYTES).hex()  # names this session to the device: whose sign-in attempt it is
        self.message = ""  # key of a message for the next page
        self.draft: "dict[str, str] | None" = (
            None  # the e-mail form as typed, until OK; as long as a request's body at most
        )
        self._opened_ms = now_ms
        self._used_ms = now_ms

    def wrote(self, token: str) -> bool:
        """Whether a form with this anti-forgery token came from one of the session's own pages."""
        return same(token, self.csrf)

    def use(self, now_ms: int) -> None:
        self._used_ms = now_ms

    def over(self, now_ms: int) -> bool:
        return now_ms - self._used_ms >= _IDLE_MS or now_ms - self._opened_ms >= _LONGEST_MS

    def idle_ms(self, now_ms: int) -> int:
        return now_ms - self._used_ms


class Sessions:
    def __init__(self, entropy: "Entropy", clock: "Clock") -> None:
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
            if same(session.id, id):  # all are compared, so that the time tells nothing
                found = session
        if found is not None:
            found.use(self._clock.ticks_ms())
        return found

    def ended(self) -> "list[Session]":
        """Close the sessions whose time is over, and the idlest ones beyond the limit; return them."""
        now_ms = self._clock.ticks_ms()
        over = [session for session in self._open if session.over(now_ms)]
        left = [session for session in self._open if not session.over(now_ms)]
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
