"""Job Status: the history (manual R17). One job of it is in `job.py`."""

from micropython import const

from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget

_SHOWN_JOBS = const(20)


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
        name = format.clean(str(job["to"] or job["name"])) or self.words("job.kind." + job["kind"])
        code = f"{int(job['code']):03d}" if job["status"] == "failed" and job["code"] is not None else ""
        return widgets.item(name, lambda: self._open(job), about, code, icon, tone)

    def _open(self, job: "Any") -> None:
        from firmware.panel.screens.job import JobDetail

        self.ui.open(JobDetail(self.ui, job))
