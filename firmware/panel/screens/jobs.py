"""Job Status: the history and one job of it (manual R17)."""

from micropython import const

from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen
from firmware.panel.strings import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.jobs.journal import Job
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget

_SHOWN_JOBS = const(20)


# The sentences that the manual gives for what a person can do about a sign-in (R15, R16).
_MESSAGES = {360: "message.not_signed_in", 361: "message.expired", 370: "message.reauth"}


def failure(job: "Any", language: str) -> "Widget":
    """What became of a failed job (manual R17)."""
    number = f"{int(job['code'] or 0):03d}"
    words = number + ": " + text("code." + number, language)
    message = _MESSAGES.get(job["code"])
    if message is None:
        return widgets.notice(words, "bad", widgets.CROSS)
    return widgets.notice(text(message, language), "bad", widgets.WARNING, words)


# --- Job Status ---


class JobList(Screen):
    """The job history (manual R17), and as a second page of it the failed jobs alone."""

    name = "jobs"
    parts = ("jobs",)

    def __init__(self, ui: "PanelUI") -> None:
        super().__init__(ui)
        self._failed_only = False
        self._jobs: "list[Any]" = []

    def title(self) -> str:
        return self.words("job.all")

    def changed(self) -> None:
        self._jobs = self.device.jobs.recent(_SHOWN_JOBS)

    def build(self) -> "list[Widget]":
        built = [
            widgets.tab(self.words("job.all"), not self._failed_only, lambda: self._show(False)),
            widgets.tab(self.words("job.failed_only"), self._failed_only, lambda: self._show(True)),
        ]
        jobs = [job for job in self._jobs if job["status"] == "failed" or not self._failed_only]
        built += [self._row(job) for job in jobs]
        if not jobs:
            key = "job.none_failed" if self._failed_only else "job.none"
            built.append(widgets.hero(self.words(key), "busy", widgets.JOBS))
        return built

    def _show(self, failed_only: bool) -> None:
        self._failed_only = failed_only
        self.changed()

    def _row(self, job: "Any") -> "Widget":
        icon, tone = {
            "sent": (widgets.CHECK, "good"),
            "printed": (widgets.CHECK, "good"),
            "failed": (widgets.CROSS, "bad"),
        }.get(job["status"], (widgets.CLOCK, "busy"))
        about = self.words("job." + job["status"])
        if job["created_s"] is not None:
            about = format.recent(int(job["created_s"]), self.device.board.clock.now()) + " · " + about
        name = format.clean(str(job["to"] or job["name"]))
        code = f"{int(job['code']):03d}" if job["status"] == "failed" and job["code"] is not None else ""
        return widgets.item(name, lambda: self.ui.open(JobDetail(self.ui, job)), about, code, icon, tone)


class JobDetail(Screen):
    name = "job"

    def __init__(self, ui: "PanelUI", job: "Job") -> None:
        super().__init__(ui)
        self._job: "Any" = job

    def title(self) -> str:
        return self.words("job.kind." + self._job["kind"])

    def build(self) -> "list[Widget]":
        job = self._job
        built = []
        if job["status"] == "failed":
            built.append(failure(job, self.device.language))
            number = f"{int(job['code'] or 0):03d}"
            built.append(widgets.field(self.words("job.solution"), self.words("solution." + number)))
            if job["detail"]:
                built.append(widgets.field(self.words("job.detail"), format.clean(str(job["detail"]))))
        tone = {"failed": "bad", "sent": "good", "printed": "good"}.get(job["status"], "busy")
        built.append(widgets.field(self.words("job.state"), self.words("job." + job["status"]), tone))
        if job["to"]:
            built.append(widgets.field(self.words("job.to"), format.clean(str(job["to"]))))
        if job["name"]:
            built.append(widgets.field(self.words("job.document"), format.clean(str(job["name"]))))
        if job["size"]:
            built.append(widgets.field(self.words("job.size"), format.size(int(job["size"]), self.device.language)))
        if job["created_s"] is not None:
            when = format.date_time(int(job["created_s"])) + " UTC"
            built.append(widgets.field(self.words("job.created"), when))
        if job["status"] == "sent" and job["detail"]:
            built.append(widgets.field(self.words("job.detail"), format.clean(str(job["detail"]))))
        return built
