"""What the world outside of the printer knows, and so what the flash must hold after a power cut.

`Facts` do not change; `Outside` replaces them as things happen and remembers how far the flash was when they did. From
them alone, and not from what the firmware believes, it is judged whether something was lost.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

BOUND = ("method", "service", "smtp_host", "smtp_port", "secure", "verify", "authority", "client_id", "scope", "ca")

Open = tuple[int, str]  # number and Message-ID of a job
Ended = tuple[int, str, str]  # and its status
Jobs = tuple[tuple[Open, ...], tuple[Ended, ...]]  # those not yet ended, and the history in the order of the ends


class Loss(Exception):
    """Something was lost or is where it must not be. `kind` names it in a word."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(f"{kind}: {words}")
        self.kind = kind


@dataclass(frozen=True)
class Facts:
    """`records`: by name, what may be read of each, as JSON. `grants`: by the number of a refresh token, the settings that
    it was granted for. `confirmed`: the newest token that was seen in use, before which none is good any more (a strict
    provider, RFC 9700 4.14.2). `erased`: the printer has told somebody that it has no sign-in any more. `jobs`: what may be
    read of the journal. `forgetful`: history may be shorter than it was."""

    in_use: bool = False  # the flash was formatted and told so
    records: tuple[tuple[str, tuple[str, ...]], ...] = ()
    grants: tuple[tuple[Any, ...], ...] = ()
    confirmed: int = -1
    erased: bool = False
    jobs: tuple[Jobs, ...] = (((), ()),)
    delivered: frozenset[str] = field(default_factory=frozenset)
    forgetful: bool = False


def as_text(record: object) -> str:
    return json.dumps(record, sort_keys=True)


def bound(settings: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(settings[name] for name in BOUND)


class Outside:
    """`done` says how many operations the flash has done."""

    def __init__(self, facts: Facts, done: Callable[[], int]) -> None:
        self.facts = facts
        self._done = done
        self._when: list[int] = [0]
        self._story: list[Facts] = [facts]

    def tell(self, **changes: Any) -> None:
        """This is so from now on."""
        self.facts = replace(self.facts, **changes)
        if self._when[-1] == self._done():
            self._when.pop()
            self._story.pop()
        self._when.append(self._done())
        self._story.append(self.facts)

    def at(self, operation: int) -> Facts:
        """What was so when the flash began this operation."""
        return self._story[bisect_right(self._when, operation) - 1]

    # --- records ---

    def allowed(self, name: str) -> tuple[str, ...]:
        return dict(self.facts.records).get(name, ("null",))

    def allow(self, name: str, *texts: str) -> None:
        records = {**dict(self.facts.records), name: texts}
        self.tell(records=tuple(sorted(records.items())))

    # --- the token service and the mail server ---

    def granted(self, settings: dict[str, Any]) -> int:
        """A person has signed the printer in; the number of the refresh token."""
        self.tell(grants=(*self.facts.grants, bound(settings)), erased=False)
        return len(self.facts.grants) - 1

    def refreshed(self, number: int) -> int:
        """Give out a new refresh token for this one. Raises Loss when the printer has only one that is of no use."""
        if not self.facts.confirmed <= number < len(self.facts.grants):
            raise Loss("token", f"The printer came with token {number}, though {self.facts.confirmed} had been used")
        self.tell(grants=(*self.facts.grants, self.facts.grants[number]), confirmed=number)
        return len(self.facts.grants) - 1

    def used(self, number: int, host: str) -> None:
        """A mail server was shown the access token that came with this refresh token."""
        granted_for = self.facts.grants[number][BOUND.index("smtp_host")]
        if granted_for != host:
            raise Loss("pass-back", f"The token for {granted_for} was shown to {host}")
        self.tell(confirmed=max(number, self.facts.confirmed))

    def delivered(self, message_id: str) -> None:
        if not any(message_id == job[1] for unfinished, _ in self.facts.jobs for job in unfinished):
            raise Loss("job", f"A mail {message_id} came out of nowhere")
        self.tell(delivered=self.facts.delivered | {message_id})

    # --- jobs ---

    def changing_jobs(self, change: Callable[[Jobs], Jobs]) -> Callable[[], None]:
        """The journal may be as it was or as it will be; what is returned says that it is changed."""
        after = tuple(dict.fromkeys(map(change, self.facts.jobs)))
        self.tell(jobs=tuple(dict.fromkeys(self.facts.jobs + after)))
        return lambda: self.tell(jobs=after)


def with_job(job: Open) -> Callable[[Jobs], Jobs]:
    return lambda jobs: ((*jobs[0], job), jobs[1])


def with_end(job: Open, status: str) -> Callable[[Jobs], Jobs]:
    def ended(jobs: Jobs) -> Jobs:
        if job not in jobs[0]:
            return jobs
        return tuple(other for other in jobs[0] if other != job), (*jobs[1], (*job, status))

    return ended


def only_oldest_gone(history: Sequence[tuple[Any, ...]], shown: Collection[tuple[Any, ...]]) -> bool:
    """Whether of this history, in the order of the ends and each led by its number, none is missing that is newer than one
    that is `shown`: begun and ended after it."""
    first = math.inf  # the lowest number shown among those that ended so far
    for job in history:
        if job in shown:
            first = min(first, job[0])
        elif first < job[0]:
            return False
    return set(shown) <= set(history)
