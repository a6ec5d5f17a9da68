"""Scan to Email: who gets it, what lies on the glass, and what it is called. What becomes of the job is in `sending.py`."""

from micropython import const

from firmware.heap import Needed
from firmware.panel import format, widgets
from firmware.panel.health import alert
from firmware.panel.screens.screen import Screen
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.jobs.journal import Job
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget
    from hal.api import Document

_LOOK_MS = const(1000)  # how often a screen that shows the document looks for it
_LONGEST_ADDRESS = const(254)  # RFC 5321 4.5.3.1.3
_LONGEST_NAME = const(100)  # characters that somebody types for a file; its own name may be longer
_LONGEST_SUBJECT = const(100)  # as `firmware/mail/checks.py` has it

_CHECKS = Needed("firmware.mail.checks", "firmware.checks")


class Scan(Screen):
    """`file_name` and `subject` are "" until somebody types them: then the document's own name is both."""

    name = "scan"
    parts: "tuple[str, ...]" = ("accounts",)
    tick_ms = _LOOK_MS

    def __init__(self, ui: "PanelUI", to: str = "") -> None:
        super().__init__(ui)
        self.to = to
        self.file_name = ""
        self.subject = ""
        self.problem = ""
        self._document: "Document | None" = None

    def title(self) -> str:
        return self.words("scan.title")

    def changed(self) -> None:
        self._look()

    def tick(self) -> None:
        if self._look():
            self.ui.mark()

    def _look(self) -> bool:
        """See what lies on the glass; whether it is something else than before."""
        document, before = self.device.board.scanner.document(), self._document
        self._document = document
        if (document and document.id) == (before and before.id):
            return False
        self.problem = ""
        if document is not None and before is not None:
            self.file_name = ""  # it was for the other document
        return True

    def build(self) -> "list[Widget]":
        document = self._document
        built = [widgets.notice(self.problem, "bad", widgets.WARNING)] if self.problem else []
        built += self.warnings()
        built.append(self._recipient())
        if document is None:
            nothing = self.words("scan.document_none")
            built.append(widgets.answer(nothing, None, self.words("scan.document"), widgets.DOCUMENT))
        else:
            name, language = format.clean(self.file_name or document.name), self.device.language
            about = self.words("scan.document")
            if document.pages:
                about += " · " + self.words("scan.pages", str(document.pages))
            size = format.size(document.size, language)
            built.append(widgets.answer(name, self._enter_name, about, widgets.DOCUMENT, size))
            built += self._subject()
        built.append(widgets.button(self.words("scan.send"), self.send, main=True, enabled=self.to != ""))
        return built

    def warnings(self) -> "list[Widget]":
        return alert(self.ui)

    def _recipient(self) -> "Widget":
        to = self.to or self.words("scan.to_none")
        return widgets.answer(to, self._choose_to, self.words("scan.to"), widgets.PERSON)

    def _subject(self) -> "list[Widget]":
        subject = self.subject or self.words("scan.subject_same")
        return [widgets.answer(subject, self._enter_subject, self.words("scan.subject"), widgets.MAIL)]

    def submit(self, document: "Document") -> "Job":
        """Raises ValueError(message key), StorageError."""
        return self.device.submit_email(self.to, document, self.file_name, self.subject)

    # --- what is typed ---

    def typed(self, character: str) -> None:
        if len(self.to) < _LONGEST_ADDRESS and character > " " and format.clean(character) == character:
            self.to += character  # also what no address may have: Send says so, where dropping it makes another address
        self.problem = ""

    def pressed(self, key: str) -> bool:
        if key == "backspace":
            self.to = self.to[:-1]
        elif key == "start" and self.to:
            self.send()
        else:
            return False
        return True

    def _choose_to(self) -> None:
        contacts = self.device.contacts.all()
        if not contacts:
            self._enter_to(False)
            return
        from firmware.panel.screens.contacts import ContactList

        self.ui.open(ContactList(self.ui, contacts, self._take_to, lambda: self._enter_to(True)))

    def _enter_to(self, instead: bool) -> None:
        from firmware.panel.screens.entry import ADDRESS, Entry

        title = self.words("scan.to")
        entry = Entry(
            self.ui, "recipient", title, self.to, self._take_to, ADDRESS, _LONGEST_ADDRESS, check=_check_address
        )
        self.ui.open(entry, instead)

    def _take_to(self, address: str) -> None:
        self.to = address
        self.problem = ""

    def _enter_name(self) -> None:
        from firmware.panel.screens.entry import NAME, Entry

        name = self.file_name or (self._document.name if self._document is not None else "")
        title = self.words("scan.file_name")
        self.ui.open(Entry(self.ui, "file_name", title, name, self._take_name, NAME, _LONGEST_NAME))

    def _take_name(self, name: str) -> None:
        own = self._document.name if self._document is not None else ""
        self.file_name = "" if name == own else name.strip(" ")

    def _enter_subject(self) -> None:
        from firmware.panel.screens.entry import TEXT, Entry

        title = self.words("scan.subject")
        entry = Entry(
            self.ui, "subject", title, self.subject, self._take_subject, TEXT, _LONGEST_SUBJECT, check=_check_subject
        )
        self.ui.open(entry)

    def _take_subject(self, subject: str) -> None:
        self.subject = subject.strip(" ")

    # --- Send ---

    def send(self) -> None:
        self._look()
        self.ui.top()  # where a problem is told
        if self._document is None:
            self.problem = self.words("error.no_document")
            return
        try:
            job = self.submit(self._document)
        except ValueError as error:
            self.problem = self.words(str(error.args[0]))
        except StorageError:
            self.problem = self.words("error.storage")
        except MemoryError:
            self.problem = self.words("detail.memory")
        else:
            from firmware.panel.screens.sending import Sending

            self.ui.open(Sending(self.ui, job), instead=True)


def _check_address(text: str) -> None:
    with _CHECKS:
        from firmware.mail.checks import check_address

        check_address(text)


def _check_subject(text: str) -> None:
    with _CHECKS:
        from firmware.mail.checks import check_subject

        check_subject(text)
