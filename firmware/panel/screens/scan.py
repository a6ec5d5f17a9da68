"""Scan to Email: who gets it, what lies on the glass, and what becomes of the job."""

from micropython import const

from firmware.panel import format, widgets
from firmware.panel.screens.jobs import JobDetail, failure
from firmware.panel.screens.screen import Screen
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.jobs.journal import Job
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget
    from hal.api import Document

_LOOK_MS = const(1000)  # how often a screen that shows the document looks for it
_LONGEST_LOOKS = const(180)  # then nobody is there: back to the home screen
_LONGEST_ADDRESS = const(254)  # RFC 5321 4.5.3.1.3
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789@.-_+"


class Scan(Screen):
    name = "scan"
    tick_ms = _LOOK_MS

    def __init__(self, ui: "PanelUI", to: str = "") -> None:
        super().__init__(ui)
        self.to = to
        self.problem = ""
        self._document: "Document | None" = None
        self._looks = 0

    def title(self) -> str:
        return self.words("scan.title")

    def changed(self) -> None:
        self._document = self.device.board.scanner.document()
        self._looks = 0

    def tick(self) -> None:
        document = self.device.board.scanner.document()
        if (document and document.id) != (self._document and self._document.id):
            self._document = document
            self.problem = ""
            self.ui.mark()
        self._looks += 1
        if self._looks > _LONGEST_LOOKS:
            self.ui.home()

    def build(self) -> "list[Widget]":
        ui, document = self.ui, self._document
        to = widgets.item(
            self.to or self.words("scan.to_none"),
            lambda: ui.open(Recipient(ui, self)),
            self.words("scan.to"),
            icon=widgets.PERSON,
        )
        paper = widgets.item(self.words("scan.document_none"), None, self.words("scan.document"), icon=widgets.DOCUMENT)
        if document is not None:
            paper.text = format.clean(document.name)
            paper.value = format.size(document.size, self.device.language)
        built = [to, paper]
        if self.problem:
            built.append(widgets.notice(self.problem, "bad", widgets.WARNING))
        built.append(widgets.button(self.words("scan.send"), self.send, main=True, enabled=self.to != ""))
        return built

    def typed(self, character: str) -> None:
        self._looks = 0
        if len(self.to) < _LONGEST_ADDRESS:
            self.to += character
        self.problem = ""

    def pressed(self, key: str) -> bool:
        self._looks = 0
        if key == "backspace":
            self.to = self.to[:-1]
        elif key == "start" and self.to:
            self.send()
        else:
            return False
        return True

    def send(self) -> None:
        document = self.device.board.scanner.document()
        if document is None:
            self.problem = self.words("error.no_document")
            return
        try:
            job = self.device.submit_email(self.to, document)
        except ValueError as error:
            self.problem = self.words(str(error.args[0]))
        except StorageError:
            self.problem = self.words("error.storage")
        except MemoryError:
            self.problem = self.words("detail.memory")
        else:
            self.ui.open(Sending(self.ui, job), instead=True)


class Recipient(Screen):
    """The address is typed with the keys on the display, with an attached keyboard, or letter by letter."""

    name = "recipient"

    def __init__(self, ui: "PanelUI", scan: Scan) -> None:
        super().__init__(ui)
        self._scan = scan
        self._text = scan.to
        self._capitals = False
        self._symbols = False
        self._letter = 0

    def title(self) -> str:
        return self.words("scan.to")

    def build(self) -> "list[Widget]":
        shown = widgets.entry(self._text)
        if self.ui.look.letters:
            return [
                shown,
                widgets.picker(_LETTERS[self._letter], _LETTERS, lambda: self.typed(_LETTERS[self._letter])),
                widgets.item(self.words("key.backspace"), self._backspace),
                widgets.button(self.words("panel.ok"), self._done, main=True),
            ]
        built = [shown]
        built += self._keyboard()  # MicroPython has no star in a list
        return built

    def _keyboard(self) -> "list[Widget]":
        letters, symbols = ("qwertyuiop", "asdfghjkl@", "zxcvbnm"), ("1234567890", "!#$%&'*+/=", "?^`{|}~")
        lines = symbols if self._symbols else letters
        keys = []
        for row, line in enumerate(lines):
            first = 0 if row < 2 else 3
            for column, character in enumerate(line.upper() if self._capitals else line):
                keys.append(self._key(character, row, first + 2 * column, 2))
        shift = widgets.key(self.words("key.shift"), (2, 0, 3), self._shift, widgets.SHIFT, chosen=self._capitals)
        keys.insert(20, shift)
        keys.append(widgets.key(self.words("key.backspace"), (2, 17, 3), self._backspace, widgets.BACKSPACE))
        page = "key.letters" if self._symbols else "key.symbols"
        keys.append(widgets.key(self.words(page), (3, 0, 4), self._page))
        for column, character in enumerate("@-_." if self._symbols else "-_+."):
            keys.append(self._key(character, 3, 4 + 2 * column, 2))
        keys.append(widgets.key(self.words("panel.ok"), (3, 12, 8), self._done, chosen=True))
        return keys

    def _key(self, character: str, row: int, column: int, width: int) -> "Widget":
        return widgets.key(character, (row, column, width), lambda: self._tapped(character))

    def _tapped(self, character: str) -> None:
        self.typed(character)
        self._capitals = False

    def typed(self, character: str) -> None:
        if len(self._text) < _LONGEST_ADDRESS and character != " ":
            self._text += character

    def pressed(self, key: str) -> bool:
        if key == "backspace":
            self._backspace()
        elif key in ("left", "right") and self.ui.focus_is_on("picker"):
            self._letter = (self._letter + (1 if key == "right" else -1)) % len(_LETTERS)
        elif key == "start":
            self._done()
        else:
            return False
        return True

    def _backspace(self) -> None:
        self._text = self._text[:-1]

    def _shift(self) -> None:
        self._capitals = not self._capitals

    def _page(self) -> None:
        self._symbols = not self._symbols
        self._capitals = False

    def _done(self) -> None:
        self._scan.to = self._text
        self._scan.problem = ""
        self.ui.back()


class Sending(Screen):
    """Follows one job to its end."""

    name = "sending"
    parts = ("jobs", "progress")

    def __init__(self, ui: "PanelUI", job: "Job") -> None:
        super().__init__(ui)
        self._job: "Any" = job

    def title(self) -> str:
        return self.words("scan.title")

    def changed(self) -> None:
        current = self.device.jobs.current
        if current is not None and current["id"] == self._job["id"]:
            self._job = current
            return
        self._job = self.device.jobs.find(self._job["id"]) or self._job

    def build(self) -> "list[Widget]":
        ui, job = self.ui, self._job
        to, status = format.clean(str(job["to"])), job["status"]
        done = widgets.button(self.words("panel.ok"), ui.home, main=True)
        if status == "sent":
            return [widgets.hero(self.words("message.sent"), "good", widgets.CHECK, to), done]
        if status == "failed":
            more = widgets.button(self.words("panel.details"), lambda: ui.open(JobDetail(ui, job)))
            return [failure(job, self.device.language), more, done]
        if status == "waiting" and job["detail"]:  # it was tried already
            waiting = widgets.hero(self.words("scan.waiting"), "busy", widgets.CLOCK, self.words("scan.retry"))
            return [waiting, widgets.button(self.words("panel.cancel"), self._cancel)]
        if not job["sent_bytes"]:
            return [widgets.hero(self.words("scan.connecting"), "busy", widgets.MAIL, to)]
        language, size = self.device.language, max(1, int(job["size"]))
        sent = min(size, int(job["sent_bytes"]))
        amount = self.words("scan.progress", format.size(sent, language), format.size(size, language))
        return [widgets.progress(sent * 1000 // size, self.words("scan.sending"), amount)]

    def pressed(self, key: str) -> bool:
        if key != "stop":
            return False
        self._cancel()
        return True

    def _cancel(self) -> None:
        self.device.cancel_job(int(self._job["id"]))
