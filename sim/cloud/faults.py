"""What can be made to go wrong, in the cloud and around the device: the kinds there are, as a table, and those at work.

A fault is a row {"where", "kind", "times", …}: `times` is how often it strikes, None for as long as it is there. Services
and parts ask `Faults.take` at the place where a kind strikes, or `Faults.at` where it is a state that lasts. Start at
`KINDS`; `tests/atlas/` has what the device must do about each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sim.web import fields

LOGIN = ("token", "devicecode")  # endpoints of the token service
SMTP = ("smtp",)
WAYS = ("login", "smtp")  # the ways to the token service's host and to the mail servers
FAX = "fax-"  # before the places of the cloud: the same ones of the fax provider (`sim.cloud.provider`)
DEVICE = ("device",)
STEPS = ("greeting", "ehlo", "starttls", "auth", "token", "mail", "rcpt", "data", "end-of-data", "quit")
CERTIFICATES = (
    "expired",
    "not-yet-valid",
    "wrong-name",
    "name-in-subject-only",
    "unknown-root",
    "self-signed",
    "issued-by-a-leaf",
)
OAUTH_ERRORS = ("authorization_pending", "slow_down", "expired_token", "authorization_declined")  # RFC 8628 3.5
# What keeps a printer from printing, in IPP's words (RFC 8011 5.4.12).
PRINTER_STATES = {
    "media-empty": "No paper",
    "media-jam": "Paper jam",
    "cover-open": "The cover is open",
    "paused": "Somebody has paused it",
    "spool-area-full": "It is busy",
    "other": "Something is wrong that it does not say",
}

_MOST_FAULTS = 100
_WORDS = fields.Kind(
    "a text of 1 to 2000 printable ASCII characters",
    lambda value: isinstance(value, str) and 1 <= len(value) <= 2000 and value.isascii() and value.isprintable(),
)
_LINES = fields.Kind(
    "a text of at most 2000 printable ASCII characters and line feeds",
    lambda value: (
        isinstance(value, str)
        and len(value) <= 2000
        and value.isascii()
        and f"{value}-".replace("\n", "").isprintable()
    ),
)
_RETRY_AFTER = fields.Kind(
    "a whole number, or any printable ASCII text",
    lambda value: (
        (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63) or _WORDS.check(value)
    ),
)
_OBJECT = fields.Kind("a JSON object", lambda value: isinstance(value, dict))
_STEP = fields.one_of(*STEPS)
_COUNT = fields.integer(1, 1_000_000)
_BYTES = fields.integer(0, 1 << 30)
_SECONDS = fields.number(0, 3600)
_LENGTH = fields.integer(0, 10_000)
_TIMES = fields.nullable(_COUNT)

Json = dict[str, Any]


class Kind(NamedTuple):
    """`options`: name -> (what it may be, what it is when nothing is said; None: it must be said)."""

    where: tuple[str, ...]
    name: str
    does: str
    options: dict[str, tuple[fields.Kind, Any]] = {}
    everywhere: bool = True  # False: in the virtual world only


AADSTS_KIND = Kind(LOGIN, "AADSTS number", "An error of the token service by its number, for example 50076.")

KINDS = (
    Kind(LOGIN, "503", "Service unavailable, an HTML page.", {"retry_after": (_RETRY_AFTER, 30)}),
    Kind(LOGIN, "429", "Too many requests.", {"retry_after": (_RETRY_AFTER, 30)}),
    Kind(LOGIN, "garbage", "200 with a page of somebody else, as a captive portal gives."),
    Kind(LOGIN, "truncated", "The answer's JSON ends in the middle."),
    Kind(LOGIN, "huge", "An endless JSON text.", {"bytes": (fields.integer(1, 100_000_000), 10_000_000)}),
    Kind(LOGIN, "nested", "JSON arrays in each other.", {"depth": (fields.integer(1, 1_000_000), 10_000)}),
    Kind(LOGIN, "answer", "This text as JSON.", {"status": (fields.integer(200, 599), 200), "text": (_LINES, None)}),
    Kind(LOGIN, "change", "The answer with these members changed; null takes one out.", {"members": (_OBJECT, None)}),
    Kind(
        LOGIN,
        "raw",
        'These lines in place of HTTP, the second ones so many times; then the connection ends, or there is "silence".',
        {
            "begin": (_LINES, ""),
            "repeat": (_LINES, ""),
            "count": (_COUNT, 1),
            "then": (fields.one_of("end", "silence"), "end"),
        },
    ),
    Kind(LOGIN, "slow", "The answer comes late.", {"seconds": (_SECONDS, 30)}),
    Kind(LOGIN, "drop", "The connection ends without an answer, and nothing was done."),
    Kind(LOGIN, "lost-answer", "The work is done, then the connection ends without an answer."),
    Kind(LOGIN, "redirect", "307 to somewhere else.", {"location": (_WORDS, "https://elsewhere.example/")}),
    *(Kind(("token",), error, f"The error {error}, without a number.") for error in OAUTH_ERRORS),
    AADSTS_KIND,
    Kind(
        SMTP,
        "reply",
        "Another reply at one step, which is not taken; a long one has so many lines.",
        {"step": (_STEP, None), "text": (_WORDS, None), "lines": (_COUNT, 1)},
    ),
    Kind(SMTP, "long-line", "A line without end at one step.", {"step": (_STEP, None), "bytes": (_BYTES, 1_000_000)}),
    Kind(SMTP, "binary", "Bytes of no meaning at one step.", {"step": (_STEP, None)}),
    Kind(SMTP, "drop", "The connection ends at one step.", {"step": (_STEP, None)}),
    Kind(SMTP, "silence", "No answer to one step.", {"step": (_STEP, None)}),
    Kind(SMTP, "drop-at-data", "The connection ends at DATA."),
    Kind(SMTP, "drop-mid-data", "The connection ends in the message.", {"bytes": (_BYTES, 10_000)}),
    Kind(SMTP, "lost-250", "The message is delivered, then the connection ends without the 250."),
    Kind(SMTP, "no-starttls", "STARTTLS is not offered."),
    Kind(
        SMTP, "inject-before-tls", "Bytes in clear follow the answer to STARTTLS, as somebody in the middle adds them."
    ),
    Kind(SMTP, "mechanisms", "AUTH offers others than XOAUTH2; none when empty.", {"text": (_LINES, "LOGIN")}),
    Kind(SMTP, "432", "Concurrent connections limit exceeded.", {"step": (_STEP, "mail")}),
    Kind(SMTP, "421", "Service not available, and the connection ends.", {"step": (_STEP, "greeting")}),
    Kind(SMTP, "size-small", "Only small messages are taken.", {"bytes": (fields.integer(1, 1 << 30), 100_000)}),
    Kind(WAYS, "certificate", "Another certificate.", {"reason": (fields.one_of(*CERTIFICATES), None)}),
    Kind(WAYS, "stall", "After so many bytes of the server there is silence.", {"bytes": (_BYTES, 0)}),
    Kind(WAYS, "reset", "After so many bytes of the server the connection is reset.", {"bytes": (_BYTES, 0)}),
    Kind(WAYS, "half-close", "After so many bytes the server's direction ends.", {"bytes": (_BYTES, 0)}, False),
    Kind(WAYS, "drip", "The server's bytes come one by one.", {"seconds": (_SECONDS, 60)}),
    Kind(WAYS, "dns", "The name is not found.", {}, False),
    Kind(WAYS, "dns-silence", "Nobody says where the name leads.", {}, False),
    Kind(WAYS, "refused", "Nobody accepts connections.", {}, False),
    Kind(("network",), "link-down", "The cable of the standard network is out.", {}, False),
    Kind(DEVICE, "clock-unset", "The device does not know the time.", {}, False),
    Kind(DEVICE, "clock-wrong", "The device's clock is ahead.", {"seconds": (fields.SPAN_S, None)}, False),
    Kind(DEVICE, "flash-full", "Nothing more fits on the flash.", {}, False),
    Kind(DEVICE, "flash-error", "The flash cannot be written.", {}, False),
    *(
        Kind(("printer",), state, f"{does}; at once, or after so many millimetres of paper.", {"mm": (_LENGTH, 0)})
        for state, does in PRINTER_STATES.items()
    ),
    Kind(("printer",), "slow", "It takes so many bytes in a second.", {"bytes_per_s": (_COUNT, 100)}),
    Kind(("printer",), "unplugged", "It does not answer."),
    Kind(("scanner",), "taken-away", "The document goes while it is scanned.", {"bytes": (_BYTES, 0)}),
)
_FAX_PLACES = (*LOGIN, *SMTP, *WAYS)
# The same kinds at the fax provider's places. Its errors have no numbers.
FAX_KINDS = tuple(
    kind._replace(where=tuple(dict.fromkeys(FAX + where for where in kind.where)))
    for kind in KINDS
    if kind is not AADSTS_KIND and {*kind.where} <= {*_FAX_PLACES}
)
_ALL_KINDS = (*KINDS, *FAX_KINDS)
_NOT_HERE = "{} at {} strikes only in the virtual world, where the network, the flash and the clock are simulated"


class Faults:
    """`virtual`: whether kinds of the virtual world are to be had."""

    def __init__(self, virtual: bool = False) -> None:
        self.virtual = virtual
        self.strikes = 0  # so far, of all of them
        self._active: list[Json] = []

    def kinds(self) -> list[Json]:
        return [
            {
                "where": where,
                "kind": kind.name,
                "does": kind.does,
                "options": {name: check.name for name, (check, _) in kind.options.items()},
                "virtual_only": not kind.everywhere,
            }
            for kind in _ALL_KINDS
            for where in kind.where
        ]

    def active(self) -> list[Json]:
        return [dict(fault) for fault in self._active]

    def add(self, fault: Mapping[str, Any]) -> Json:
        """Put it to work; returns it with its defaults. Raises ValueError with a sentence."""
        text = fields.TEXT
        fields.expect(fault, {"where": text, "kind": text}, dict.fromkeys(fault, fields.ANYTHING))
        kind = _kind(fault["where"], fault["kind"])
        if not (kind.everywhere or self.virtual):
            raise ValueError(_NOT_HERE.format(kind.name, fault["where"]))
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

    def at(self, where: str, *kinds: str) -> list[Json]:
        """The faults at work at this place; looking at them is no strike."""
        return [fault for fault in self._active if fault["where"] == where and (not kinds or fault["kind"] in kinds)]

    def take(self, where: str, *kinds: str, step: str | None = None) -> Json | None:
        """The first fault at work at this place, which thereby strikes once. No `kinds`: any."""
        if not self._active:
            return None
        for fault in self.at(where, *kinds):
            if fault.get("step") != step:
                continue
            self.strikes += 1
            if fault["times"] is not None:
                fault["times"] -= 1
                if fault["times"] == 0:
                    self._active.remove(fault)
            return fault
        return None


def _kind(where: str, name: str) -> Kind:
    for kind in _ALL_KINDS:
        if where in kind.where and kind.name == name:
            return kind
    if where in LOGIN and name.isascii() and name.isdigit() and 4 <= len(name) <= 8:
        return AADSTS_KIND
    places = sorted({place for kind in _ALL_KINDS for place in kind.where})
    if where not in places:
        raise ValueError(f'"where" must be one of {", ".join(places)}')
    there = ", ".join(kind.name for kind in _ALL_KINDS if where in kind.where)
    raise ValueError(f"At {where} there is no fault of this kind; there is {there}")
