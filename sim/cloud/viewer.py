"""The viewer: which mailboxes there are, what lies in them, a message, its attachments, its bytes; and the faxes.

Messages are hostile until shown otherwise: everything is escaped, and what leaves as a file is sandboxed and never sniffed.
Start at `MailboxPages.handle` and `FaxPages.handle`.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import quote

from sim.cloud.faxes import Faxes
from sim.cloud.html import HEADERS, SANDBOX, page
from sim.cloud.mailboxes import FOLDERS, INBOX, Mailboxes, attachments, body_text
from sim.httpd import Request, Response

PATH = "/mailboxes"
FAXES_PATH = "/faxes"
BANNER = "Simulated mail service: nothing here was sent anywhere"
_MOST_TEXT = 200_000  # characters of a message that are shown


class MailboxPages:
    """`addresses`: the users who have a mailbox."""

    def __init__(self, mailboxes: Mailboxes, addresses: Callable[[], list[str]]) -> None:
        self._mailboxes = mailboxes
        self._addresses = addresses

    def handle(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return page("Not like that", "<p>Mailboxes can only be read here.</p>", banner=BANNER, status=405)
        parts = [part for part in request.path.removeprefix(PATH).split("/") if part]
        try:
            if not parts:
                return self._all()
            folder = request.query.get("folder", INBOX)
            if folder not in FOLDERS:
                raise LookupError(f"There is no folder {folder[:100]!r}")
            if len(parts) == 1:
                return self._mailbox(parts[0], folder)
            raw = self._mailboxes.raw(parts[0], _number(parts[1]), folder)
            if len(parts) == 2:
                return _message(raw, f"{PATH}/{_quoted(parts[0])}/{parts[1]}", f"?folder={quote(folder)}")
            if parts[2:] == ["raw"]:
                return _file(raw, f"message-{parts[1]}.eml", "message/rfc822")
            if len(parts) == 4 and parts[2] == "attachments":
                found = list(attachments(raw))
                k = _number(parts[3])
                if 1 <= k <= len(found):
                    return _file(found[k - 1].content, found[k - 1].name, "application/octet-stream")
            raise LookupError("There is nothing here")
        except LookupError as error:
            return page("Not found", f"<p>{escape(str(error))}</p>", banner=BANNER, status=404)

    def _all(self) -> Response:
        rows = ""
        for address in sorted({*self._addresses(), *self._mailboxes.addresses()}):
            url = f"{PATH}/{_quoted(address)}"
            counts = "".join(
                f'<td><a href="{url}?folder={quote(folder)}">{len(self._mailboxes.list(address, folder))}</a></td>'
                for folder in FOLDERS
            )
            rows += f'<tr><th scope="row">{escape(address)}</th>{counts}</tr>'
        heads = "".join(f'<th scope="col">{folder}</th>' for folder in FOLDERS)
        table = f'<table><thead><tr><th scope="col">Mailbox</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        table += f'<p><a href="{FAXES_PATH}">Faxes</a></p>'
        return page("Mailboxes", table, banner=BANNER, wide=True)

    def _mailbox(self, address: str, folder: str) -> Response:
        rows = ""
        for row in reversed(self._mailboxes.list(address, folder)):
            url = f"{PATH}/{_quoted(address)}/{row['n']}?folder={quote(folder)}"
            again = f" (same Message-ID as {row['duplicate_of']})" if row["duplicate_of"] else ""
            cells = (row["from"], row["to"], row["date"], f"{row['size']:,}", ", ".join(row["attachments"]))
            rows += (
                f'<tr><td>{row["n"]}</td><td><a href="{url}">{escape(row["subject"] or "(no subject)")}</a>{again}</td>'
                + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
                + "</tr>"
            )
        heads = ("", "Subject", "From", "To", "Date", "Bytes", "Attachments")
        head = "".join(f'<th scope="col">{name}</th>' for name in heads)
        content = f'<p><a href="{PATH}">All mailboxes</a></p>'
        if rows:
            content += f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        else:
            content += "<p>Nothing has arrived here.</p>" if folder == INBOX else "<p>Nothing was sent from here.</p>"
        return page(f"{folder} of {address}", content, banner=BANNER, wide=True)


class FaxPages:
    def __init__(self, faxes: Faxes) -> None:
        self._faxes = faxes

    def handle(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return page("Not like that", "<p>Faxes can only be read here.</p>", banner=BANNER, status=405)
        number = request.path.removeprefix(FAXES_PATH).strip("/")
        if not number:
            return self._all()
        try:
            document = self._faxes.document(_number(number))
        except LookupError as error:
            return page("Not found", f"<p>{escape(str(error))}</p>", banner=BANNER, status=404)
        return _file(document.content, document.name, "application/octet-stream")

    def _all(self) -> Response:
        rows = ""
        for row in reversed(self._faxes.list()):
            again = f" (same Message-ID as {row['duplicate_of']})" if row["duplicate_of"] else ""
            cells = (
                row["from"],
                row["at"][:19].replace("T", " "),
                row["content_type"],
                f"{row['size']:,}",
                str(row["pages"] or ""),
            )
            rows += (
                f'<tr><td>{row["n"]}</td><td><a href="{FAXES_PATH}/{row["n"]}" download>{escape(row["number"])}</a>'
                f"{again}</td>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
            )
        head = "".join(
            f'<th scope="col">{name}</th>' for name in ("", "Number", "From", "At (UTC)", "Kind", "Bytes", "Pages")
        )
        content = f'<p><a href="{PATH}">All mailboxes</a></p>'
        if rows:
            content += f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        else:
            content += "<p>No fax was sent yet.</p>"
        return page("Faxes", content, banner=BANNER, wide=True)


def _message(raw: bytes, url: str, query: str) -> Response:
    head = raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    text = body_text(raw)
    files = "".join(
        f'<li><a href="{url}/attachments/{k}{query}" download>{escape(each.name)}</a> ({len(each.content):,} bytes)</li>'
        for k, each in enumerate(attachments(raw), start=1)
    )
    content = (
        f'<p><a href="{url.rpartition("/")[0]}{query}">Back to the mailbox</a> · '
        f'<a href="{url}/raw{query}" download>Download the message</a></p>'
        f"<pre>{escape(text[:_MOST_TEXT])}</pre>"
        + (f"<h2>Attachments</h2><ul>{files}</ul>" if files else "")
        + f"<h2>Header</h2><pre>{escape(head[:_MOST_TEXT])}</pre>"
    )
    return page("Message", content, banner=BANNER, wide=True)


def _file(content: bytes, name: str, content_type: str) -> Response:
    ascii_name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)[:100] or "attachment"
    disposition = f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{_quoted(name[:200])}"
    return Response(
        200, content, content_type, {**HEADERS, "Content-Security-Policy": SANDBOX, "Content-Disposition": disposition}
    )


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise LookupError(f"{text[:60]!r} is not the number of anything")
    return int(text)
