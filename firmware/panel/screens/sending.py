"""What becomes of a job that sends a document."""

from firmware.jobs.queue import handed_over
from firmware.panel import format, widgets
from firmware.panel.screens.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.jobs.journal import Job
    from firmware.panel.panel import PanelUI
    from firmware.panel.widgets import Widget


class Sending(Screen):
    """Follows one job to its end."""

    name = "sending"
    parts = ("jobs", "progress")

    def __init__(self, ui: "PanelUI", job: "Job") -> None:
        super().__init__(ui)
        self._job: "Any" = job

    def title(self) -> str:
        return self.words("job.kind." + str(self._job["kind"]))

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
