"""What people see of the jobs, on panel, sheet and monitor: those that wait or go on, and the history. Start at `Jobs`."""

from micropython import const

from firmware.jobs.codes import detail_of
from firmware.panel.strings import advice, has, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.device import Device
    from firmware.jobs.journal import Job

    # number, status, kind, for whom, the document's name, when it came in, code
    Listed = tuple[int, str, str, str, str, int | None, int | None]

SHOWN = const(20)  # of the history
_NEWEST = const(3)
_FIELDS = ("id", "kind", "to", "name", "status", "code", "created_s", "sent_bytes", "size", "page", "pages")


class Jobs:
    """Keeps nothing: it may be made as often as somebody looks."""

    def __init__(self, device: "Device") -> None:
        self._device = device

    @property
    def current(self) -> "Job | None":
        """The job being sent, None when none is."""
        job = self._device.queue.current
        return None if job is None else self._shown(job)

    def recent(self, most: int) -> "list[Job]":
        """Waiting ones and those of the history, newest first; the history is read from flash."""
        return [self._shown(job) for job in self._known(most)[:most]]

    def listed(self, most: int) -> "list[Listed]":
        """As `recent`, of each what a list shows."""
        return [
            (job["id"], job["status"], job["kind"], str(job["to"]), str(job["name"]), job["created_s"], job.get("code"))
            for job in self._known(most)[:most]
        ]

    def newest(self) -> "list[Job]":
        """All that may have changed with the last change: what goes on, and the job that ended last."""
        return [self._shown(job) for job in self._remembered()]

    def find(self, number: int) -> "Job | None":
        """One that waits or is among the newest few that have ended; None when it is not."""
        for jobs in (self._remembered, self._known):
            for job in jobs():
                if job["id"] == number:
                    return self._shown(job)
        return None

    def explained(self, number: int) -> "Job | None":
        """One of those that `recent` shows, with all that is known of it; None when it is too old."""
        from firmware.jobs.clues import clues

        for job in self._known(SHOWN):
            if job["id"] == number:
                shown = self._shown(job)
                reason = self._reason(job)
                sentence, words = self._parts(reason)
                shown.update(clues(words))
                shown["sentence"] = sentence
                shown["advice"] = advice(reason, self._device.language)
                shown["subject"] = job.get("subject", "")
                shown["ended_s"] = job.get("ended_s")
                return shown
        return None

    def _remembered(self) -> "list[Job]":
        """What goes on, and the job that ended last; newest first. The flash is not read."""
        device = self._device
        jobs = list(device.queue.waiting())
        for job in (device.printing, device.queue.last_ended):
            if job is not None:
                jobs.append(job)
        jobs.sort(key=lambda job: -job["id"])
        return jobs

    def _known(self, most: int = _NEWEST) -> "list[Job]":
        """What goes on, and at least the newest `most` that have ended; newest first."""
        jobs = self._remembered()
        numbers = [job["id"] for job in jobs]
        jobs += [job for job in self._device.journal.recent(most) if job["id"] not in numbers]
        jobs.sort(key=lambda job: -job["id"])
        return jobs

    def _shown(self, job: "Job") -> "Job":
        shown: "Job" = {field: job.get(field) for field in _FIELDS}
        shown["detail"] = self.detail(job)
        return shown

    def detail(self, job: "Job") -> str:
        """Why the job failed, in the panel's language, then the server's own words in brackets."""
        return self.words(self._reason(job))

    def _reason(self, job: "Job") -> str:
        """The key of a sentence about the job's end, a tab, and somebody else's words about it; "" when there is none."""
        detail = str(job.get("detail") or "")
        if not detail and not job.get("kind_of_failure"):
            return ""
        if "\t" not in detail and not has(detail):
            detail = detail_of(str(job.get("kind_of_failure") or "")) + "\t" + detail
        return detail

    def _parts(self, reason: str) -> "tuple[str, str]":
        """Our sentence, in the panel's language, and somebody else's words."""
        key, _, words = reason.partition("\t")
        return text(key, self._device.language) if key else "", words

    def words(self, reason: str) -> str:
        """The sentence for `reason` (a message key, a tab, the cloud's own words), those words in brackets."""
        return _together(*self._parts(reason))


def _together(sentence: str, words: str) -> str:
    return sentence + " (" + words + ")" if sentence and words else sentence or words
