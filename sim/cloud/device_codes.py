"""Signing in with a device code as the service sees it (RFC 8628): the codes that wait, and what a person does about them.

Shared by the token services; which accounts there are, and who may go on, is theirs to say. Start at `DeviceCodes`.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.cloud.directory import User

DEVICE_CODE_S = 900
INTERVAL_S = 5

_SLOWER_S = 5  # RFC 8628 3.5
_SLACK_S = 0.5  # how much too early a poll may come, for clocks that are not the same
_MOST_ATTEMPTS = 1000  # device codes remembered; the oldest is forgotten first
_REMEMBERED_S = 3600  # how long after its end a device code is still known as expired
_WRONG_CODE = "That code didn't work. Check the code and try again."

Json = dict[str, Any]


@dataclass(frozen=True)
class Client:
    """A registered application; all of ours are public clients (RFC 6749 2.1)."""

    id: str
    name: str


@dataclass
class Attempt:
    """One device code, from its issue until it is redeemed or forgotten."""

    user_code: str
    device_code: str
    authority: str  # the tenant as the client named it, "" where there are none
    client: Client
    scopes: tuple[str, ...]
    expires_s: float
    interval_s: int = INTERVAL_S
    polled_s: float | None = None
    state: str = "pending"  # or "granted", "declined"
    tenant_id: str = ""
    user_id: str = ""
    generation: int = 0
    signed_in_s: float = 0.0


class SignInProblem(Exception):
    """`result`: the word that the control API answers with. `number`: AADSTS, 0 when a person sees none."""

    def __init__(self, result: str, text: str, number: int = 0) -> None:
        super().__init__(text)
        self.result = result
        self.number = number


class DeviceCodes(ABC):
    """`where`: the service's name in traces."""

    def __init__(
        self, where: str, now: Callable[[], float], random: random.Random, on_event: Callable[[Json], None]
    ) -> None:
        self._where = where
        self._now = now
        self._random = random
        self._on_event = on_event
        self._attempts: dict[str, Attempt] = {}  # by device code, oldest first

    # --- what a service gives ---

    @abstractmethod
    def account(self, attempt: Attempt, address: str) -> None:
        """Whether such an account can sign in here. Raises SignInProblem, as do the next three."""

    @abstractmethod
    def authenticate(self, attempt: Attempt, address: str, password: str) -> User:
        """Who has this address and this password."""

    @abstractmethod
    def next_step(self, attempt: Attempt, user: User) -> str:
        """After the password: "consent", "consent-for-all" (who may tick the box), or "confirm" when there is consent."""

    @abstractmethod
    def accept(self, attempt: Attempt, user: User, for_all: bool) -> None:
        """The person accepts; `for_all` is the box that only some see."""

    # --- the device's side ---

    def _issue(
        self, authority: str, client: Client, scopes: tuple[str, ...], letters: str, length: int, prefix: str
    ) -> Attempt:
        """A new attempt; its user code has so many of these letters, its device code begins with `prefix`."""
        self._forget()
        taken = {attempt.user_code for attempt in self._attempts.values()}
        user_code = ""
        while not user_code or user_code in taken:
            user_code = "".join(self._random.choice(letters) for _ in range(length))
        device_code = prefix + self._random.randbytes(120).hex()
        attempt = Attempt(user_code, device_code, authority, client, scopes, self._now() + DEVICE_CODE_S)
        self._attempts[device_code] = attempt
        return attempt

    def _attempt(self, device_code: str) -> Attempt | None:
        self._forget()
        return self._attempts.get(device_code)

    def _poll(self, attempt: Attempt) -> str:
        """What a poll is answered: "expired", "too soon", "pending", "declined" or "granted". The last two are said once."""
        now_s = self._now()
        if now_s >= attempt.expires_s:
            return "expired"
        too_soon = attempt.polled_s is not None and now_s - attempt.polled_s < attempt.interval_s - _SLACK_S
        attempt.polled_s = now_s
        if too_soon:
            attempt.interval_s += _SLOWER_S
            return "too soon"
        if attempt.state != "pending":
            del self._attempts[attempt.device_code]
        return attempt.state

    def _forget(self) -> None:
        """Drop what is long over, and the oldest when there are too many."""
        oldest_s = self._now() - _REMEMBERED_S
        while self._attempts:
            device_code, attempt = next(iter(self._attempts.items()))
            if attempt.expires_s >= oldest_s and len(self._attempts) < _MOST_ATTEMPTS:
                return
            del self._attempts[device_code]

    # --- the person's side ---

    def waits(self, user_code: str) -> bool:
        """Whether an attempt of this service has this code."""
        return any(attempt.user_code == _plain(user_code) for attempt in self._attempts.values())

    def lookup(self, user_code: str) -> Attempt:
        """The attempt that waits under this code. Raises SignInProblem."""
        code = _plain(user_code)
        for attempt in self._attempts.values():
            if attempt.user_code == code:
                self._need_pending(attempt)
                return attempt
        raise SignInProblem("wrong-code", _WRONG_CODE)

    def decline(self, attempt: Attempt) -> None:
        """Raises SignInProblem."""
        self._need_pending(attempt)
        attempt.state = "declined"
        self._on_event({"where": self._where, "person": "declined"})

    def sign_in(self, user_code: str, address: str, password: str, consent: str) -> Json:
        """All pages in one call. `consent`: "organization", "user" or "decline"."""
        if consent not in ("organization", "user", "decline"):
            raise ValueError('consent is "organization", "user" or "decline"')
        try:
            attempt = self.lookup(user_code)
            user = self.authenticate(attempt, address, password)
            self.next_step(attempt, user)
            if consent == "decline":
                self.decline(attempt)
                return {"result": "declined", "error": None}
            self.accept(attempt, user, consent == "organization")
        except SignInProblem as problem:
            self._on_event({"where": self._where, "person": problem.result, "aadsts": problem.number})
            return {"result": problem.result, "error": str(problem)}
        return {"result": "signed-in", "error": None}

    def _need_pending(self, attempt: Attempt) -> None:
        if attempt.state != "pending" or self._now() >= attempt.expires_s:
            raise SignInProblem("wrong-code", _WRONG_CODE)

    def _grant(self, attempt: Attempt, tenant_id: str, user: User) -> None:
        attempt.state = "granted"
        attempt.tenant_id, attempt.user_id = tenant_id, user.id
        attempt.generation, attempt.signed_in_s = user.generation, self._now()
        self._on_event({"where": self._where, "person": "signed in", "account": user.address})


def _plain(user_code: str) -> str:
    """As a person may type it (RFC 8628 6.1)."""
    return "".join(user_code.split()).replace("-", "").upper()
