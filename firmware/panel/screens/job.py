"""One job of the history in full: what became of it, what to do, and what a support desk asks for (manual R17 to R20)."""

from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen
from firmware.panel.strings import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.jobs.journal import Job
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget

# The sentences that the manual gives for what a person can do about a sign-in (R15, R16).
_MESSAGES = {360: "message.not_signed_in", 361: "message.expired", 370: "message.reauth"}
_OPEN = ("waiting", "sending")


def failure(job: "Any", language: str) -> "Widget":
    """What became of a failed job (manual R17)."""
    number = f"{int(job['code'] or 0):03d}"
    words = number + ": " + text("code." + number, language)
    message = _MESSAGES.get(job["code"])
    if message is None:
        return widgets.notice(words, "bad", widgets.CROSS)
    return widgets.notice(text(message, language), "bad", widgets.WARNING, words)


class JobDetail(Screen):
    name = "job"
    parts = ("jobs",)

    def __init__(self, ui: "PanelUI", job: "Job") -> None:
        super().__init__(ui)
        self._job: "Any" = job
        self._late = False  # somebody wanted to cancel it, and could not

    def title(self) -> str:
        return self.words("job.kind." + self._job["kind"])

    def changed(self) -> None:
        self._job = self.device.jobs.explained(int(self._job["id"])) or self._job

    def build(self) -> "list[Widget]":
        job, built = self._job, []
        if self._late and job["status"] in _OPEN:
            built.append(widgets.notice(self.words("scan.too_late"), "warn", widgets.WARNING))
        if job["status"] == "failed":
            built.append(failure(job, self.device.language))
            solution = self.words("solution." + f"{int(job['code'] or 0):03d}")
            built.append(widgets.field(self.words("job.solution"), solution))
        built += self._why()
        tone = {"failed": "bad", "sent": "good", "printed": "good"}.get(job["status"], "busy")
        built.append(widgets.field(self.words("job.state"), self.words("job." + job["status"]), tone))
        built += self._fields(("to", "job.to"), ("name", "job.document"), ("subject", "job.subject"))
        if job["size"]:
            size = format.size(int(job["size"]), self.device.language)
            if job.get("pages"):
                size = self.words("scan.pages", str(job["pages"])) + " · " + size
            built.append(widgets.field(self.words("job.size"), size))
        for field, key in (("created_s", "job.created"), ("ended_s", "job.ended")):
            if job.get(field) is not None:
                built.append(widgets.field(self.words(key), format.date_time(int(job[field])) + " UTC"))
        if job["status"] in _OPEN:
            built.append(widgets.button(self.words("panel.cancel"), self._cancel))
        return built

    def _why(self) -> "list[Widget]":
        """What is known of the reason, and the marks by which others find it in their logs."""
        job = self._job
        if "sentence" not in job:  # older than what is kept in full
            return self._fields(("detail", "job.detail"))
        said = format.clean(str(job["words"]))
        sentence = str(job["sentence"])
        both = sentence + " (" + said + ")" if sentence and said else sentence or said
        built = [widgets.field(self.words("job.detail"), both)] if both else []
        return built + self._fields(
            ("advice", "email.advice"),
            ("aadsts", "job.aadsts"),
            ("reply", "job.reply"),
            ("correlation_id", "job.correlation"),
        )

    def _fields(self, *wanted: "tuple[str, str]") -> "list[Widget]":
        """A row for each (field of the job, key of its label) that has something in it."""
        return [
            widgets.field(self.words(key), format.clean(str(self._job[field])))
            for field, key in wanted
            if self._job.get(field)
        ]

    def _cancel(self) -> None:
        self._late = not self.device.cancel_job(int(self._job["id"]))
        self.ui.top()
