"""Job Status: the history (manual R17). One job of it is in `job.py`."""

from micropython import const

from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.jobs.shown import Listed
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget

_SHOWN = const(20)
_SHOWN_BY_KEYS = const(10)  # nobody goes further with three keys, and each takes memory


class JobList(Screen):
    """The job history (manual R17), and as a second page of it the failed jobs alone."""

    name = "jobs"
    parts = ("jobs",)

    def __init__(self, ui: "PanelUI") -> None:
        super().__init__(ui)
        self._failed_only = False
        self._jobs: "list[Listed]" = []

    def title(self) -> str:
        return self.words("job.all")

    def changed(self) -> None:
        most = _SHOWN_BY_KEYS if self.ui.look.letters else _SHOWN
        self._jobs = self.device.jobs.listed(most)

    def build(self) -> "list[Widget]":
        built = [
            widgets.tab(self.words("job.all"), not self._failed_only, lambda: self._show(False)),
            widgets.tab(self.words("job.failed_only"), self._failed_only, lambda: self._show(True)),
        ]
        jobs = [job for job in self._jobs if job[1] == "failed" or not self._failed_only]
        built += [self._row(job) for job in jobs]
        if not jobs:
            key = "job.none_failed" if self._failed_only else "job.none"
            built.append(widgets.hero(self.words(key), "busy", widgets.JOBS))
        return built

    def _show(self, failed_only: bool) -> None:
        self._failed_only = failed_only
        self.changed()

    def _row(self, job: "Listed") -> "Widget":
        number, status, kind, to, name, created_s, code = job
        icon, tone = {
            "sent": (widgets.CHECK, "good"),
            "printed": (widgets.CHECK, "good"),
            "failed": (widgets.CROSS, "bad"),
        }.get(status, (widgets.CLOCK, "busy"))
        about = self.words("job." + status)
        if created_s is not None:
            about = format.recent(created_s, self.device.board.clock.now()) + " · " + about
        whose = format.clean(to or name) or self.words("job.kind." + kind)
        value = f"{code:03d}" if status == "failed" and code is not None else ""
        return widgets.item(whose, lambda: self._open(number), about, value, icon, tone)

    def _open(self, number: int) -> None:
        job = self.device.jobs.explained(number)
        if job is None:  # it has become too old meanwhile
            self.changed()
            return
        from firmware.panel.screens.job import JobDetail

        self.ui.open(JobDetail(self.ui, job))
