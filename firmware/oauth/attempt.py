"""A sign-in being made, for one owner and draft settings: the shell around `signin.py`. Never touches the saved sign-in.

Start at `sign_in`. Loaded when somebody begins one. What asks and judges is imported by the functions that use it: it is let
go as soon as there is an end, while `Attempt` waits for OK.
"""

from micropython import const

from firmware.heap import Needed
from firmware.oauth.accounts import TokenError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any

    from firmware.oauth.grant import Grant
    from firmware.oauth.provider import Provider
    from firmware.oauth.signin import SignIn
    from hal.api import Board, Clock, Interface

    Settings = dict[str, Any]

_TRIES = const(5)  # of an answer that there is no memory for
_AGAIN_MS = const(1000)
# For a request, and then for its answer; not for the minutes in between.
_REQUEST = Needed("firmware.oauth.service", "firmware.http")
_ANSWER = Needed("firmware.oauth.answers", "firmware.strict_json")


class Attempt:
    """`owner`: a session of Web Config, or the panel."""

    def __init__(self, settings: "Settings", owner: str, clock: "Clock") -> None:
        self.settings = settings
        self.owner = owner
        self.provider: "Provider | None" = None
        self.machine: "SignIn | None" = None
        self.task: "asyncio.Task[None] | None" = None
        self._clock = clock
        self._ended = ""  # as which state, why, and with what, once `machine` is gone
        self._reason = ""
        self._grant: "Grant | None" = None

    @property
    def state(self) -> str:
        if self._ended:
            return self._ended
        return self.machine.state if self.machine is not None else "REQUESTING"

    @property
    def user_code(self) -> str:
        return self.machine.user_code if self.machine is not None and self.state == "WAITING" else ""

    @property
    def verification_uri(self) -> str:
        return self.machine.verification_uri if self.machine is not None and self.state == "WAITING" else ""

    @property
    def grant(self) -> "Grant | None":
        """What was granted and waits for OK, in memory only."""
        return self.machine.grant if self.machine is not None else self._grant

    @property
    def address(self) -> str:
        return self.grant.address if self.grant is not None else ""

    @property
    def tenant(self) -> str:
        return self.grant.tenant if self.grant is not None else ""

    @property
    def reason(self) -> str:
        """The key of a message, a tab, and the cloud's own words."""
        return self.machine.reason if self.machine is not None else self._reason

    def expires_in_s(self) -> int:
        if self.machine is None or self.state != "WAITING":
            return 0
        return max(0, (self.machine.deadline_ticks - self._clock.ticks_ms()) // 1000)

    def end(self) -> None:
        """There will be no more answers: how it ended stays, and the machine goes."""
        machine, self.machine = self.machine, None
        if machine is not None:
            self._ended, self._reason, self._grant = machine.state, machine.reason, machine.grant

    def fail(self, key: str, words: str = "") -> None:
        self.machine = self._grant = None
        self._ended, self._reason = "FAILED", key + "\t" + words


async def sign_in(attempt: Attempt, board: "Board", interface: "Interface", changed: "Callable[[str], None]") -> None:
    """Ask for a code, tell of it (`changed("signin")`), and poll until there is an end. Raises TokenError."""
    from firmware.oauth.provider import provider_for
    from firmware.oauth.signin import MEMORY, SignIn

    clock, settings = board.clock, attempt.settings
    provider = provider_for(settings, board.identity)
    if not provider.known():
        found = await _discover(attempt, board, interface, provider)
        if found is None:
            return
        provider = found
    machine = SignIn(provider, attempt.owner)
    with _REQUEST:
        url, form = provider.device_endpoint, machine.request_form()
        status, _, body = await _ask(board, interface, settings, "POST", url, form)
    with _ANSWER:
        machine.on_device_code(status, body, clock.ticks_ms())
    attempt.machine = machine
    attempt.provider = provider
    changed("signin")
    while machine.state == "WAITING":
        now = clock.ticks_ms()
        due = min(machine.next_poll_ticks, machine.deadline_ticks)
        if due > now:
            await clock.sleep_ms(due - now)
        machine.on_time(clock.ticks_ms())
        if machine.state != "WAITING":
            break
        try:
            await _poll(machine, provider, board, interface, settings)
        except TokenError as error:
            machine.on_transport_error(clock.ticks_ms(), "detail." + error.kind)
        except MemoryError:  # a page or a mail has it now, and there is time
            machine.on_transport_error(clock.ticks_ms(), MEMORY)
    attempt.end()


async def _ask(
    board: "Board",
    interface: "Interface",
    settings: "Settings",
    method: str,
    url: str,
    form: "dict[str, str] | None" = None,
) -> "tuple[int, dict[str, str], bytes]":
    """Status, headers and body: the answer itself is of a class that goes with the request, see `Needed`."""
    from firmware.oauth import service

    answer = await service.ask(board, interface, settings, method, url, form)
    return answer.status, answer.headers, answer.body


async def _poll(
    machine: "SignIn", provider: "Provider", board: "Board", interface: "Interface", settings: "Settings"
) -> None:
    with _REQUEST:
        url, form = provider.token_endpoint, machine.poll_form()
        status, headers, body = await _ask(board, interface, settings, "POST", url, form)
    for _ in range(_TRIES):
        try:
            with _ANSWER:
                machine.on_poll(status, headers, body, board.clock.ticks_ms())
            return
        except MemoryError:  # it may be the grant, which comes once: look at it again when a page or a mail is done
            await board.clock.sleep_ms(_AGAIN_MS)
    raise MemoryError


async def _discover(
    attempt: Attempt, board: "Board", interface: "Interface", provider: "Provider"
) -> "Provider | None":
    """`provider` with its endpoints; None when there are none, which ends the attempt."""
    from firmware.oauth.provider import discovered, discovery_urls

    for url in discovery_urls(provider.authority):
        with _REQUEST:
            status, _, body = await _ask(board, interface, attempt.settings, "GET", url)
        if status == 200:
            with _ANSWER:
                from firmware.oauth.answers import AnswerError, json_object

                try:
                    return discovered(provider, json_object(body))
                except AnswerError as error:
                    attempt.fail(error.key)
                    return None
    attempt.fail("reason.discovery")
    return None
