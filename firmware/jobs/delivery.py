"""One mail on its way, from the document on the glass to the server's last reply. Loaded for that alone: see `deliver`."""

from micropython import const

from firmware.mail import mime, sender
from hal.errors import ScannerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from firmware.jobs.journal import Job
    from firmware.mail.smtp import Result
    from firmware.oauth.accounts import Target
    from hal.api import Board, Document, Scan

    Start = Callable[[Coroutine[Any, Any, Result]], Awaitable[Result | None]]

_DETAIL = const(300)  # characters of a server's words that are kept
_CANCELLED = ("cancelled", "", False)


async def deliver(
    board: "Board", job: "Job", target: "Target", start: "Start", progress: "Callable[[int, int], None]"
) -> "tuple[str, str, bool]":
    """Try once. Returns (kind of failure or "sent", the server's words, whether trying again may help).

    `start(sending)` does it so that it can be broken off: None when it was. `progress(bytes of the document handed over, its
    page)`. Raises ValueError(message key) for what cannot be put into a mail.
    """
    text, document = str(job.get("text") or ""), board.scanner.document()
    if not text and (document is None or document.id != job["document"]):
        return ("power_failure" if job.get("resumes") else "document_gone"), "", False
    now_s = board.clock.now()
    if now_s is None:
        return "clock", "", False
    message = mime.Message(
        target.sender,
        [str(job["to"])],
        str(job.get("subject") or job["name"]),
        now_s,
        str(job["message_id"]),
        str(job["name"]),
        str(job["content_type"]),
        int(job["size"]) if text or document is None else document.size,
        text,
    )
    try:
        scan = await _opened(board, document, text)
    except ScannerError:
        return "document_gone", "", False
    try:
        if job["status"] != "sending":
            return _CANCELLED
        result = await start(
            sender.send(
                board.network,
                target.interface,
                board.clock,
                sender.Route(*target.route),
                target.address,
                target.token,
                message,
                scan,
                lambda sent: progress(sent, scan.page),
            )
        )
    finally:
        await scan.close()
    return _CANCELLED if result is None else (result.kind, result.text[:_DETAIL], result.transient)


async def _opened(board: "Board", document: "Document | None", text: str) -> "Scan":
    """What the mail brings. Raises ScannerError."""
    if document is None or text:
        from firmware.mail.text import TextScan

        return TextScan(text.encode())
    return await board.scanner.open(document)
