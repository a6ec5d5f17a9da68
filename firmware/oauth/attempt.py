"""A sign-in being made, for one owner and draft settings: the shell around `signin.py`. Never touches the saved sign-in.

Start at `sign_in`. Loaded when somebody begins one, and let go after its end.
"""

from firmware.oauth import service
from firmware.oauth.accounts import TokenError
from firmware.oauth.answers import AnswerError, json_object
from firmware.oauth.provider import discovered, discovery_urls, provider_for
from firmware.oauth.signin import SignIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from typing import Any

    from firmware.oauth.provider import Provider
    from firmware.oauth.signin import Grant
    from hal.api import Board, Clock, Interface

    Settings = dict[str, Any]


class Attempt:
    """`owner`: a session of Web Config, or the panel."""

    def __init__(self, settings: "Settings", owner: str, clock: "Clock") -> None:
        self.settings = settings
        self.owner = owner
        self.provider: "Provider | None" = None
        self.machine: "SignIn | None" = None
        self.task: "asyncio.Task[None] | None" = None
        self._clock = clock
        self._failure = ""

    @property
    def state(self) -> str:
        if self._failure:
            return "FAILED"
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
        return self.machine.grant if self.machine is not None else None

    @property
    def address(self) -> str:
        return self.grant.address if self.grant is not None else ""

    @property
    def tenant(self) -> str:
        return self.grant.tenant if self.grant is not None else ""

    @property
    def reason(self) -> str:
        """The key of a message, a tab, and the cloud's own words."""
        return self._failure or (self.machine.reason if self.machine is not None else "")

    def expires_in_s(self) -> int:
        if self.machine is None or self.state != "WAITING":
            return 0
        return max(0, (self.machine.deadline_ticks - self._clock.ticks_ms()) // 1000)

    def fail(self, key: str, words: str = "") -> None:
        self._failure = key + "\t" + words


async def sign_in(attempt: Attempt, board: "Board", interface: "Interface", changed: "Callable[[str], None]") -> None:
    """Ask for a code, tell of it (`changed("signin")`), and poll until there is an end. Raises TokenError, AnswerError."""
    clock, settings = board.clock, attempt.settings
    provider = provider_for(settings, board.identity)
    if not provider.known():
        provider = await _discover(board, interface, settings, provider)
    machine = SignIn(provider, attempt.owner)
    answer = await service.ask(board, interface, settings, "POST", provider.device_endpoint, machine.request_form())
    machine.on_device_code(answer.status, answer.body, clock.ticks_ms())
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
            answer = await service.ask(board, interface, settings, "POST", provider.token_endpoint, machine.poll_form())
        except TokenError as error:
            machine.on_transport_error(clock.ticks_ms(), "detail." + error.kind)
        else:
            machine.on_poll(answer.status, answer.headers, answer.body, clock.ticks_ms())


async def _discover(board: "Board", interface: "Interface", settings: "Settings", provider: "Provider") -> "Provider":
    for url in discovery_urls(provider.authority):
        answer = await service.ask(board, interface, settings, "GET", url)
        if answer.status == 200:
            return discovered(provider, json_object(answer.body))
    raise AnswerError("reason.discovery")
