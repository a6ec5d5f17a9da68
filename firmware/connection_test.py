"""The connection test: each stage from the clock to a real mail, how it went, and what to do. Beyond the manual.

It tests the settings that are saved, never a draft: nothing is sent to a server that no sign-in was granted for. The last
stage mails the sender, since Exchange refuses a wrong sender only after the mail (cloud-facts 4.5). Start at
`ConnectionTest.run`; loaded while a test runs or its result is looked at.
"""

import asyncio
import binascii

from micropython import const

from firmware.heap import Needed
from firmware.jobs.codes import detail_of
from firmware.jobs.queue import MAIL_MODULES
from firmware.mail import sender
from firmware.mail.mime import Message
from firmware.mail.refusals import REFUSES_ALL
from firmware.mail.text import TextScan
from firmware.oauth.accounts import TokenError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.mail.sender import Route
    from firmware.mail.smtp import Result
    from firmware.oauth.accounts import Accounts, Target
    from hal.api import Board

STAGES = ("clock", "dns", "tcp", "starttls", "certificate", "token", "auth", "sender")
PENDING, PASSED, FAILED = const(0), const(1), const(2)
_TEXT = b"Scanpost can send email with these settings.\r\n"
_NAME = "connection-test.txt"

# Where each kind of failure (`firmware/jobs/codes.py`) belongs; before TLS stands, and after.
_BEFORE = {
    "dns": "dns",
    "link_down": "dns",
    "connection": "tcp",
    "certificate": "certificate",
    "certificate_time": "certificate",
    "tls": "certificate",
    "auth_not_offered": "auth",
}


_NEEDED = Needed("firmware.connection_test", "firmware.jobs.codes", *MAIL_MODULES)


class Stage:
    """`state`: PENDING, PASSED or FAILED. Of one that failed, `kind` leads to what to do (`firmware/jobs/codes.py`), and
    `reason` is the key of a sentence, a tab, and somebody else's own words."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = PENDING
        self.kind = self.reason = ""


class ConnectionTest:
    """`running` until it is over; `changed()` is called after each stage."""

    def __init__(self, board: "Board", accounts: "Accounts", changed: "Callable[[], None]") -> None:
        self.stages = [Stage(name) for name in STAGES]
        self.running = True
        self._board = board
        self._accounts = accounts
        self._changed = changed

    async def run(self) -> None:
        """Go on until a stage fails. Does not raise."""
        try:
            await self._run()
        except MemoryError:
            self._fail(self._next(), "memory", "")
        finally:
            self.running = False
            self._changed()

    def passed(self) -> bool:
        return all(stage.state == PASSED for stage in self.stages)

    async def _run(self) -> None:
        board, accounts = self._board, self._accounts
        if board.clock.now() is None:
            self._fail("clock", "clock", "")
            return
        self._pass("clock")
        interface, route = accounts.standard(), sender.Route(*accounts.route())
        result = await sender.shake_hands(board.network, interface, board.clock, route)
        if result.kind != "ready":
            self._fail(_BEFORE.get(result.kind, "starttls"), result.kind, result.text)
            return
        self._pass("certificate")
        try:
            target = await accounts.target()
        except TokenError as error:
            self._fail("token", error.kind, error.detail)
            return
        self._pass("token")
        result = await self._mail(target, route)
        if result.kind == "sent":
            accounts.accepted()
            self._pass("sender")
        else:
            at_auth = result.kind == "auth_refused" or result.kind in REFUSES_ALL
            self._fail("auth" if at_auth else "sender", result.kind, result.text)

    async def _mail(self, target: "Target", route: "Route") -> "Result":
        board = self._board
        message_id = "<connection-test." + binascii.hexlify(board.entropy.random(12)).decode() + "@scanpost.invalid>"
        now_s = board.clock.now() or 0
        message = Message(
            target.sender, [target.sender], "Connection test", now_s, message_id, _NAME, "text/plain", len(_TEXT)
        )
        return await sender.send(
            board.network,
            target.interface,
            board.clock,
            route,
            target.address,
            target.token,
            message,
            TextScan(_TEXT),
            lambda _: None,
        )

    def _next(self) -> str:
        """The stage that is being looked at."""
        for stage in self.stages:
            if stage.state == PENDING:
                return stage.name
        return STAGES[-1]

    def _pass(self, name: str) -> None:
        """This stage and those before it went well."""
        for stage in self.stages:
            stage.state = PASSED
            if stage.name == name:
                break
        self._changed()

    def _fail(self, name: str, kind: str, words: str) -> None:
        for stage in self.stages:
            if stage.name == name:
                stage.state = FAILED
                stage.kind = kind
                stage.reason = words if "\t" in words else detail_of(kind) + "\t" + words
                break
            stage.state = PASSED
        self._changed()


def begin(board: "Board", accounts: "Accounts") -> "dict[str, Any]":
    """Begin a test of this mail server. Returns what is kept of it and told (`Device.tested`), anew after each stage."""
    tested: "dict[str, Any]" = {"accounts": accounts}

    def changed() -> None:
        tested["running"] = test.running
        tested["stages"] = [(stage.name, stage.state, stage.kind, stage.reason) for stage in test.stages]

    test = ConnectionTest(board, accounts, changed)
    changed()
    _NEEDED.hold()
    tested["task"] = asyncio.create_task(_tested(test, tested))
    return tested


async def _tested(test: ConnectionTest, tested: "dict[str, Any]") -> None:
    try:
        await test.run()
    finally:
        tested["task"] = None  # a task that has ended still holds what its function had
        _NEEDED.let_go()
