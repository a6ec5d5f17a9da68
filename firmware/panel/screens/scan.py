"""Scan to Email: who gets it, what lies on the glass, what it is called, and what becomes of the job."""

from micropython import const

from firmware.jobs.queue import LONGEST_SUBJECT, check_subject, handed_over
from firmware.mail import mime
from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen
from firmware.panel.screens.status import alert
from hal.errors import StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.jobs.journal import Job
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget
    from hal.api import Document

_LOOK_MS = const(1000)  # how often a screen that shows the document looks for it
_LONGEST_ADDRESS = const(254)  # RFC 5321 4.5.3.1.3
_LONGEST_NAME = const(100)  # characters that somebody types for a file; its own name may be longer


class Scan(Screen):
    """`file_name` and `subject` are "" until somebody types them: then the document's own name is both."""

    name = "scan"
    parts = ("accounts",)
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
        built += alert(self.ui)
        to = self.to or self.words("scan.to_none")
        built.append(widgets.answer(to, self._choose_to, self.words("scan.to"), widgets.PERSON))
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
            subject = self.subject or self.words("scan.subject_same")
            built.append(widgets.answer(subject, self._enter_subject, self.words("scan.subject"), widgets.MAIL))
        built.append(widgets.button(self.words("scan.send"), self.send, main=True, enabled=self.to != ""))
        return built

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
            self.ui, "recipient", title, self.to, self._take_to, ADDRESS, _LONGEST_ADDRESS, check=mime.check_address
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
            self.ui, "subject", title, self.subject, self._take_subject, TEXT, LONGEST_SUBJECT, check=check_subject
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
            job = self.device.submit_email(self.to, self._document, self.file_name, self.subject)
        except ValueError as error:
            self.problem = self.words(str(error.args[0]))
        except StorageError:
            self.problem = self.words("error.storage")
        except MemoryError:
            self.problem = self.words("detail.memory")
        else:
            self.ui.open(Sending(self.ui, job), instead=True)


class Sending(Screen):
    """Follows one job to its end."""

    name = "sending"
    parts = ("jobs", "progress")

    def __init__(self, ui: "PanelUI", job: "Job") -> None:
        super().__init__(ui)
        self._job: "Any" = job

    def title(self) -> str:
        return self.words("scan.title")

    def keeps_awake(self) -> bool:
        return bool(self._job["status"] == "sending")

    def untold(self) -> "Widget | None":
        return None if self._job["status"] == "sent" else self.build()[0]

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
            from firmware.panel.screens.job import failure

            more = widgets.button(self.words("panel.details"), self._explain)
            return [failure(job, self.device.language), more, done]
        if handed_over(job):
            return [widgets.hero(self.words("scan.delivering"), "busy", widgets.MAIL, self.words("scan.too_late"))]
        cancel = widgets.button(self.words("panel.cancel"), self._cancel)
        if status == "waiting" and job["detail"]:  # it was tried already
            waiting = widgets.hero(self.words("scan.waiting"), "busy", widgets.CLOCK, self.words("scan.retry"))
            return [waiting, cancel]
        if not job["sent_bytes"]:
            return [widgets.hero(self.words("scan.connecting"), "busy", widgets.MAIL, to), cancel]
        language, size = self.device.language, max(1, int(job["size"]))
        sent = min(size, int(job["sent_bytes"]))
        amount = self.words("scan.progress", format.size(sent, language), format.size(size, language))
        what = self.words("scan.sending")
        if job.get("page") and job.get("pages"):
            what = self.words("scan.sending_page", str(job["page"]), str(job["pages"]))
        return [widgets.progress(sent * 1000 // size, what, amount), cancel]

    def pressed(self, key: str) -> bool:
        if key != "stop":
            return False
        self._cancel()
        return True

    def _cancel(self) -> None:
        self.device.cancel_job(int(self._job["id"]))

    def _explain(self) -> None:
        from firmware.panel.screens.job import JobDetail

        self.ui.open(JobDetail(self.ui, self._job))
