"""Send Fax: the number, and the document, which goes to the fax server as a mail (manual R21)."""

from firmware.jobs.fax import LONGEST, dialled
from firmware.panel import widgets
from firmware.panel.health import warning
from firmware.panel.screens.scan import Scan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.jobs.journal import Job
    from firmware.panel.widgets import Widget
    from hal.api import Document


class Fax(Scan):
    """`to` is the number."""

    name = "fax"

    def title(self) -> str:
        return self.words("fax.title")

    def warnings(self) -> "list[Widget]":
        fax = self.device.fax
        if fax is None or fax.settings()["method"] == "off" or not fax.settings()["fax_domain"]:
            return [widgets.notice(self.words("fax.not_set_up"), "warn", widgets.WARNING)]
        if fax.account.state != "SIGNED_IN":
            return [widgets.notice(self.words("fax." + fax.account.state), "warn", widgets.WARNING)]
        soon = warning(self.device, fax)
        return [widgets.notice(soon, "warn", widgets.WARNING)] if soon else []

    def _recipient(self) -> "Widget":
        to = self.to or self.words("fax.number_none")
        return widgets.answer(to, self._enter_number, self.words("fax.number"), widgets.PERSON)

    def _subject(self) -> "list[Widget]":
        return []  # nobody reads one on a fax

    def submit(self, document: "Document") -> "Job":
        return self.device.submit_fax(self.to, document, self.file_name)

    def typed(self, character: str) -> None:
        if len(self.to) < LONGEST and character in "0123456789+*# -./()":
            self.to += character
        self.problem = ""

    def _enter_number(self) -> None:
        from firmware.panel.screens.entry import NUMBER, Entry

        title = self.words("fax.number")
        self.ui.open(Entry(self.ui, "fax_number", title, self.to, self._take_to, NUMBER, LONGEST, check=_check))


def _check(text: str) -> None:
    dialled(text)
