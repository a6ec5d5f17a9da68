"""One mailbox of Microsoft 365 to send from, for a project of one's own: somebody signs in once, then mails go out.

Start at `Outbox`. The scanner itself has no use for this file, since it has jobs, settings and a panel; what is below it is
the same: the sign-in survives restarts and power cuts, is renewed by itself, and its tokens go nowhere else.
"""

import binascii

from micropython import const

from firmware.mail import mime, sender
from firmware.mail.smtp import Result
from firmware.oauth.accounts import Accounts, TokenError
from firmware.oauth.provider import SCOPE
from firmware.settings_rules import validate
from firmware.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from hal.api import Board

_LOOK_MS = const(500)
_TRIES = const(2)  # the second one with a fresh token


class Outbox:
    """`board`: its clock, network, storage, entropy and monitor are used. `client_id`: of an application that you have
    registered, a public client with the delegated permission SMTP.Send; `tenant`: whose, by its domain or ID."""

    def __init__(self, board: "Board", client_id: str, tenant: str = "organizations") -> None:
        self._board = board
        self._settings, problems = validate(
            {
                "method": "oauth2",
                "service": "custom",
                "authority": "https://login.microsoftonline.com/" + tenant + "/v2.0",
                "client_id": client_id,
                "scope": SCOPE,
                "smtp_host": "smtp.office365.com",
            }
        )
        if problems:
            raise ValueError(problems[0][1])
        self._accounts = Accounts(board, Store(board), lambda _: None)

    async def sign_in(self, show: "Callable[[str, str], object]") -> None:
        """Wait for the network and the time, and then, if nobody has signed in yet, until somebody has.

        `show` is given the address to open in a browser, and the code to enter there. Raises TokenError.
        """
        accounts, clock = self._accounts, self._board.clock
        while not accounts.standard().up() or clock.now() is None:
            await clock.sleep_ms(_LOOK_MS)
        if accounts.account.state == "SIGNED_IN" and not accounts.changes(self._settings):
            return
        await accounts.start_signin(self._settings, "")
        attempt = accounts.signin
        assert attempt is not None
        shown = False
        while attempt.grant is None:
            if attempt.state == "WAITING" and not shown:
                show(attempt.verification_uri, attempt.user_code)
                shown = True
            elif attempt.state not in ("REQUESTING", "WAITING"):
                raise TokenError("not_signed_in", attempt.reason)
            await clock.sleep_ms(_LOOK_MS)
        await accounts.save(self._settings, True, "")

    async def send(self, to: str, subject: str, name: str, content_type: str, data: bytes) -> Result:
        """Mail `data` as an attachment `name`; "sent" is the `kind` of the result only when the server has taken it.

        Raises ValueError(message key) for what cannot be put into a mail.
        """
        board, accounts = self._board, self._accounts
        result = Result("auth_refused")
        for _ in range(_TRIES):
            try:
                target = await accounts.target()
            except TokenError as error:
                return Result(error.kind, error.detail, error.transient)
            message_id = (
                "<" + binascii.hexlify(board.entropy.random(16)).decode() + "@" + target.sender.split("@")[1] + ">"
            )
            message = mime.Message(
                target.sender, [to], subject, board.clock.now(), message_id, name, content_type, len(data)
            )
            result = await sender.send(
                board.network,
                target.interface,
                board.clock,
                sender.Route(*target.route),
                target.address,
                target.token,
                message,
                _Held(data),
                lambda _: None,
            )
            if result.kind != "auth_refused" or not accounts.refused(result.text):
                break
        if result.kind == "sent":
            accounts.accepted()
        return result

    async def keep(self) -> None:
        """Renew an unused sign-in every few days, for ever; without it one that nobody uses runs out after 90."""
        await self._accounts.run()


class _Held:
    """A document that is in memory already (`hal/api.pyi` Scan)."""

    page = 0

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def read(self) -> bytes:
        data, self._data = self._data, b""
        return data

    async def close(self) -> None:
        pass
