"""Sends one mail: drives an SMTP session over a stream while the document is scanned. The only mail file with I/O.

Start at `send`. It always ends with a `Result` and a closed connection. A document that ends too soon, or does not end,
is never completed with the dot, so the server delivers nothing.
"""

from micropython import const

from firmware.mail import xoauth2
from firmware.mail.smtp import AUTH, BLOCK_MS, TLS, MailError, Result, Submission
from hal.errors import (
    CertificateError,
    LinkDown,
    NameNotFound,
    NetworkError,
    NetworkTimeout,
    ScannerError,
    TLSError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.mail.mime import Message
    from hal.api import Clock, Interface, Network, Scan, Stream

    Mail = tuple[Message, Scan, Callable[[int], None]]

_CONNECT_MS = const(30_000)
_TLS_MS = const(60_000)  # a microcontroller computes for seconds
_WRITE_MS = const(60_000)
_READ_BYTES = const(1024)
_TELLING = const(16)  # characters of a token by which its echo is known

# What each error of the seam means for a mail, and whether trying again may help.
_ERRORS = (
    (LinkDown, "link_down", True),
    (NameNotFound, "dns", True),
    (TLSError, "tls", False),
    (ScannerError, "document_gone", False),
    (NetworkError, "connection", True),
)


class Route:
    """The way to a mail server. `secure`: "starttls" or "tls"; `ca`: DER certificates to trust, None for the built-in roots;
    `verify`: whether to check the server's certificate.
    """

    def __init__(self, host: str, port: int, secure: str, ca: "list[bytes] | None", verify: bool) -> None:
        self.host = host
        self.port = port
        self.secure = secure
        self.ca = ca
        self.verify = verify


async def send(
    network: "Network",
    interface: "Interface",
    clock: "Clock",
    route: Route,
    address: str,
    token: str,
    message: "Message",
    scan: "Scan",
    progress: "Callable[[int], None]",
) -> Result:
    """Send `message` with what `scan` gives. "sent" only after the server's final 250.

    `address`, `token`: whose mailbox, and its access token. `progress` is told the bytes of the document handed over so
    far. The caller closes `scan`.
    """
    session = Submission(route.secure, "[" + interface.address + "]", message.from_, message.to, message.size)
    return await _session(session, network, interface, clock, route, address, token, (message, scan, progress))


async def shake_hands(
    network: "Network", interface: "Interface", clock: "Clock", route: Route, address: str = "", token: str = ""
) -> Result:
    """See how far one gets without a mail: "ready" when TLS stands, or with a `token` when the server has taken it."""
    session = Submission(route.secure, "[" + interface.address + "]", "", [], 0, AUTH if token else TLS)
    return await _session(session, network, interface, clock, route, address, token, None)


async def _session(
    session: Submission,
    network: "Network",
    interface: "Interface",
    clock: "Clock",
    route: Route,
    address: str,
    token: str,
    mail: "Mail | None",
) -> Result:
    stream: "Stream | None" = None
    try:
        credentials = xoauth2.response(address, token) if token else b""
        stream = await network.connect(route.host, route.port, interface, _CONNECT_MS)
        result = await _talk(session, stream, clock, route, credentials, mail)
    except ValueError:  # of `xoauth2`: no server would take this token
        return Result("auth_refused")
    except MailError as failure:
        result = failure.result
    except (NetworkError, ScannerError) as error:
        # What happens after the last reply that matters changes nothing: the mail is through, or refused.
        result = session.result or _failed(error)
    finally:
        if stream is not None:
            await stream.close()
    echo = result.text.find(token[:_TELLING]) if token else -1
    return result if echo < 0 else Result(result.kind, result.text[:echo] + "...", result.transient)


async def _talk(
    session: Submission, stream: "Stream", clock: "Clock", route: Route, credentials: bytes, mail: "Mail | None"
) -> Result:
    deadline_ms = None
    while True:
        what, value = session.next_action()
        if what == "read":
            now_ms = clock.ticks_ms()
            if deadline_ms is None:
                deadline_ms = now_ms + value
            if now_ms >= deadline_ms:
                raise NetworkTimeout("No whole reply came")
            session.receive(await stream.read(_READ_BYTES, deadline_ms - now_ms))
            continue
        deadline_ms = None
        if what == "send":
            await stream.write(value, _WRITE_MS)
        elif what == "start_tls":
            await stream.start_tls(route.host, route.ca, route.verify, _TLS_MS)
        elif what == "token":
            await stream.write(credentials + b"\r\n", _WRITE_MS)
        elif what == "body" and mail is not None:
            await _write_mail(session, stream, mail)
        else:
            assert what == "done" and isinstance(value, Result)
            return value


async def _write_mail(session: Submission, stream: "Stream", mail: "Mail") -> None:
    message, scan, progress = mail
    await stream.write(session.body(message.header), BLOCK_MS)
    done = 0
    while True:
        chunk = await scan.read()
        done += len(chunk)
        if not chunk or done > message.document_size:
            break
        for block in message.body(chunk):
            await stream.write(session.body(block), BLOCK_MS)
        progress(done)
    if done != message.document_size:
        raise MailError("document_changed")
    await stream.write(session.body_end(message.trailer()), BLOCK_MS)


def _failed(error: Exception) -> Result:
    if isinstance(error, CertificateError):
        kind = "certificate_time" if error.reason in ("expired", "not-yet-valid") else "certificate"
        return Result(kind, str(error))
    for kind_of_error, kind, transient in _ERRORS:
        if isinstance(error, kind_of_error):
            return Result(kind, str(error), transient)
    raise error
