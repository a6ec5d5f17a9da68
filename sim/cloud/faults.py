"""What can be made to go wrong in the cloud: the kinds there are, as a table, and those at work.

A fault is a row {"where", "kind", "times", …}: `times` is how often it strikes, None for as long as it is there. The
services ask `Faults.take` at the place where a kind strikes. Start at `KINDS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sim.web import fields

LOGIN = ("token", "devicecode")  # endpoints of the token service
SMTP = ("smtp",)
STEPS = ("greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "end-of-data", "quit")

_MOST_FAULTS = 100
_WORDS = fields.Kind(
    "a text of 1 to 2000 printable ASCII characters",
    lambda value: isinstance(value, str) and 1 <= len(value) <= 2000 and value.isascii() and value.isprintable(),
)
_RETRY_AFTER = fields.Kind(
    "a whole number, or any printable ASCII text",
    lambda value: (
        (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63) or _WORDS.check(value)
    ),
)
_STEP = fields.one_of(*STEPS)
_TIMES = fields.nullable(fields.integer(1, 1_000_000))

Json = dict[str, Any]


class Kind(NamedTuple):
    """`options`: name -> (what it may be, what it is when nothing is said; None: it must be said)."""

    where: tuple[str, ...]
    name: str
    does: str
    options: dict[str, tuple[fields.Kind, Any]] = {}


AADSTS_KIND = Kind(LOGIN, "AADSTS number", "An error of the token service by its number, for example 50076.")

KINDS = (
    Kind(LOGIN, "503", "Service unavailable, an HTML page.", {"retry_after": (_RETRY_AFTER, 30)}),
    Kind(LOGIN, "429", "Too many requests.", {"retry_after": (_RETRY_AFTER, 30)}),
    Kind(LOGIN, "garbage", "200 with a page of somebody else, as a captive portal gives."),
    Kind(LOGIN, "truncated", "The answer's JSON ends in the middle."),
    Kind(LOGIN, "huge", "An endless JSON text.", {"bytes": (fields.integer(1, 100_000_000), 10_000_000)}),
    Kind(LOGIN, "slow", "The answer comes late.", {"seconds": (fields.number(0, 3600), 30)}),
    Kind(LOGIN, "drop", "The connection ends without an answer, and nothing was done."),
    Kind(LOGIN, "lost-answer", "The work is done, then the connection ends without an answer."),
    Kind(LOGIN, "redirect", "307 to somewhere else.", {"location": (_WORDS, "https://elsewhere.example/")}),
    AADSTS_KIND,
    Kind(
        SMTP,
        "reply",
        "Another reply at one step, which is not taken.",
        {"step": (_STEP, None), "text": (_WORDS, None)},
    ),
    Kind(SMTP, "drop-at-data", "The connection ends at DATA."),
    Kind(SMTP, "drop-mid-data", "The connection ends in the message.", {"bytes": (fields.integer(0, 1 << 30), 10_000)}),
    Kind(SMTP, "lost-250", "The message is delivered, then the connection ends without the 250."),
    Kind(SMTP, "no-starttls", "STARTTLS is not offered."),
    Kind(
        SMTP, "inject-before-tls", "Bytes in clear follow the answer to STARTTLS, as somebody in the middle adds them."
    ),
    Kind(SMTP, "432", "Concurrent connections limit exceeded.", {"step": (_STEP, "mail")}),
    Kind(SMTP, "421", "Service not available, and the connection ends.", {"step": (_STEP, "greeting")}),
    Kind(SMTP, "size-small", "Only small messages are taken.", {"bytes": (fields.integer(1, 1 << 30), 100_000)}),
)


class Faults:
    def __init__(self) -> None:
        self._active: list[Json] = []

    def kinds(self) -> list[Json]:
        return [
            {
                "where": where,
                "kind": kind.name,
                "does": kind.does,
                "options": {name: check.name for name, (check, _) in kind.options.items()},
            }
            for kind in KINDS
            for where in kind.where
        ]

    def active(self) -> list[Json]:
        return [dict(fault) for fault in self._active]

    def add(self, fault: Mapping[str, Any]) -> Json:
        """Put it to work; returns it with its defaults. Raises ValueError with a sentence."""
        text = fields.TEXT
        fields.expect(fault, {"where": text, "kind": text}, dict.fromkeys(fault, fields.ANYTHING))
        kind = _kind(fault["where"], fault["kind"])
        known = {
            "where": text,
            "kind": text,
            "times": _TIMES,
            **{name: check for name, (check, _) in kind.options.items()},
        }
        must = {name: check for name, (check, default) in kind.options.items() if default is None}
        fields.expect(fault, must, known)
        if len(self._active) >= _MOST_FAULTS:
            raise ValueError(f"{_MOST_FAULTS} faults are at work already: end some first")
        added = {"where": fault["where"], "kind": fault["kind"], "times": fault.get("times")}
        added |= {name: fault.get(name, default) for name, (_, default) in kind.options.items()}
        self._active.append(added)
        return dict(added)

    def clear(self) -> None:
        self._active = []

    def take(self, where: str, *kinds: str, step: str | None = None) -> Json | None:
        """The first fault at work at this place, which thereby strikes once. No `kinds`: any."""
        for fault in self._active:
            if fault["where"] != where or (kinds and fault["kind"] not in kinds) or fault.get("step") != step:
                continue
            if fault["times"] is not None:
                fault["times"] -= 1
                if fault["times"] == 0:
                    self._active.remove(fault)
            return fault
        return None


def _kind(where: str, name: str) -> Kind:
    for kind in KINDS:
        if where in kind.where and kind.name == name:
            return kind
    if where in LOGIN and name.isascii() and name.isdigit() and 4 <= len(name) <= 8:
        return AADSTS_KIND
    places = sorted({place for kind in KINDS for place in kind.where})
    if where not in places:
        raise ValueError(f'"where" must be one of {", ".join(places)}')
    there = ", ".join(kind.name for kind in KINDS if where in kind.where)
    raise ValueError(f"At {where} there is no fault of this kind; there is {there}")
