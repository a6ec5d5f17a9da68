"""One request to the token service, always verified, and what its failures are called. Loaded for that request alone."""

from micropython import const

from firmware import http
from firmware.oauth.accounts import TokenError
from firmware.oauth.provider import trust_der
from hal.errors import CertificateError, LinkDown, NameNotFound, NetworkError, TLSError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from hal.api import Board, Interface

    Settings = dict[str, Any]

_TIMEOUT_MS = const(60_000)
_MAX_BODY = const(32768)  # as `answers.py` has it, which is loaded when there is something to judge


async def ask(
    board: "Board",
    interface: "Interface",
    settings: "Settings",
    method: str,
    url: str,
    form: "dict[str, str] | None" = None,
) -> "http.Response":
    """The answer, whatever its status. Raises TokenError, always transient."""
    try:
        if board.clock.now() is None:
            raise TokenError("clock", "", True)
        return await http.fetch(
            board.network,
            interface,
            board.clock,
            method,
            url,
            form=form,
            ca=trust_der(settings),
            timeout_ms=_TIMEOUT_MS,
            max_body=_MAX_BODY,
        )
    except CertificateError as error:
        kind = "certificate_time" if error.reason in ("expired", "not-yet-valid") else "certificate"
        raise TokenError(kind, str(error), True) from None
    except TLSError as error:
        raise TokenError("tls", str(error), True) from None
    except LinkDown as error:
        raise TokenError("link_down", str(error), True) from None
    except NameNotFound as error:
        raise TokenError("dns", str(error), True) from None
    except NetworkError as error:
        raise TokenError("connection", str(error), True) from None
    except http.HTTPError as error:
        raise TokenError("token_service", str(error), True) from None
