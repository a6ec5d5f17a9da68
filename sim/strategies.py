"""Hypothesis strategies for a printer's life: people, times, faults, documents, addresses, settings, and whole steps.

Each of them gives data that is ready for `sim/life.py` and for JSON. A property of your own in fifteen lines is in
`tests/property/test_own_property.py`. Needs Hypothesis, which only the tests install.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sim.cloud import faults
from sim.flash import SHAPES
from sim.life import CUSTOM, PAGES, TILES, Step
from sim.person import ADMINISTRATOR, ONA, PRINTER

Json = dict[str, Any]

_HOUR_S, _DAY_S = 3600, 86400

people: SearchStrategy[str] = st.sampled_from((PRINTER, PRINTER, PRINTER, ADMINISTRATOR, ONA))
addresses: SearchStrategy[str] = st.sampled_from(
    (ONA, "jonas@bureau.example", "nobody@bureau.example", "far@elsewhere.example")
)
# From a moment to months: what a back-off, a token, a nap, a week's keep-alive and the 90 days of a refresh token are about.
times: SearchStrategy[float] = st.sampled_from(
    (
        0.1,
        1.0,
        5.0,
        40.0,
        299.0,
        600.0,
        1200.0,
        _HOUR_S,
        2 * _HOUR_S,
        _DAY_S,
        3 * _DAY_S,
        8 * _DAY_S,
        40 * _DAY_S,
        91 * _DAY_S,
    )
).map(float)
sizes: SearchStrategy[int] = st.sampled_from((1, 56, 57, 58, 4095, 4096, 4097, 12_000, 50_000))
names: SearchStrategy[str] = st.sampled_from(("scan.pdf", "sąskaita ąčęėįšųūž.pdf", "." * 90 + ".pdf", "“a”; b=c.pdf"))
documents: SearchStrategy[Json] = st.fixed_dictionaries({"size": sizes, "name": names})
settings: SearchStrategy[Json] = st.sampled_from(
    (
        {"keep_alive": "disable"},
        {"keep_alive": "enable"},
        {"smtp_host": "smtp.office365.com"},
        {"smtp_host": "smtp-mail.outlook.com"},
        {"smtp_host": "mail.elsewhere.example"},
        {"verify": "disable"},
        {"verify": "enable"},
        {"sender": "ona@bureau.example"},
        {"sender": ""},
        {"service": "outlook"},
        {"service": "exchange"},
        {"method": "off"},
        {"method": "oauth2"},
        CUSTOM,
        {"smtp_port": "25"},
        {"scope": "https://outlook.office.com/SMTP.Send offline_access"},
    )
)
# What a sign-in is for: as it is set, or another service, with all that belongs to it.
services: SearchStrategy[Json] = st.sampled_from(
    ({}, {}, CUSTOM, {"service": "exchange", "smtp_host": "smtp.office365.com", "smtp_port": "587"})
)

# What the options of a fault may be; a kind with an option that is not here is drawn with its default, or not at all.
_OPTIONS: dict[str, SearchStrategy[Any]] = {
    "retry_after": st.sampled_from((0, 1, 30, 600, 3600, 10**9, "soon", "Wed, 21 Oct 2015 07:28:00 GMT")),
    "seconds": st.sampled_from((0, 1, 59, 61, 600)),
    "bytes": st.sampled_from((0, 1, 100, 5000, 40_000)),
    "step": st.sampled_from(faults.STEPS),
    "text": st.sampled_from(
        (
            "421 4.3.2 Service not available",
            "450 4.2.1 Try again later",
            "451 4.7.500 Server busy",
            "500 5.3.3 Unrecognized command",
            "535 5.7.3 Authentication unsuccessful",
            "535 5.7.139 Authentication unsuccessful, the request did not meet the criteria",
            "550 5.1.10 Recipient not found",
            "554 5.2.2 mailbox full",
            "nonsense",
        )
    ),
    "location": st.sampled_from(("https://elsewhere.example/", "https://login.microsoftonline.com/elsewhere")),
}
_VIOLENT = ("huge", "nested")  # megabytes: for tests of their own
# The ways in which the cloud itself says no; people must be able to sign in again, so they are drawn more seldom.
_NUMBERS = ("700082", "70008", "70043", "50173", "50076", "50057", "53003", "65001", "7000218", "90055", "99999")


@st.composite
def _faults(draw: st.DrawFn) -> Json:
    kinds = [
        (where, kind)
        for kind in faults.KINDS
        for where in kind.where
        if kind.name not in _VIOLENT and kind is not faults.AADSTS_KIND and _can_be_drawn(kind)
    ]
    where, kind = draw(st.sampled_from(kinds))
    fault: Json = {"where": where, "kind": kind.name, "times": draw(st.sampled_from((1, 1, 2, 7, None)))}
    for option, (_, default) in kind.options.items():
        if option in _OPTIONS and (default is None or draw(st.booleans())):
            value = draw(_OPTIONS[option].filter(kind.options[option][0].check))
            fault[option] = value
    return fault


def _can_be_drawn(kind: faults.Kind) -> bool:
    return all(default is not None or option in _OPTIONS for option, (_, default) in kind.options.items())


fault: SearchStrategy[Json] = _faults()
refusals: SearchStrategy[Json] = st.sampled_from(_NUMBERS).map(
    lambda number: {"where": "token", "kind": number, "times": 1}
)
tenants: SearchStrategy[Json] = st.sampled_from(
    (
        {"smtp_auth_disabled": True},
        {"smtp_auth_disabled": False},
        {"security_defaults": True},
        {"security_defaults": False},
        {"conditional_access": ["block-device-code"]},
        {"conditional_access": ["block-legacy-authentication"]},
        {"conditional_access": []},
        {"sign_in_frequency_s": _DAY_S},
        {"sign_in_frequency_s": None},
        {"refresh_inactive_s": 3 * _DAY_S},
        {"access_token_s": 700},
        {"consent": []},
        {"consent": ["organization"]},
    )
)
users: SearchStrategy[Json] = st.sampled_from(
    (
        {"password": "a-new-password"},
        {"enabled": False},
        {"enabled": True},
        {"smtp_auth": False},
        {"smtp_auth": None},
        {"mailbox_quota_bytes": 1000},
        {"mailbox_quota_bytes": 50 << 30},
    )
)
clocks: SearchStrategy[Json] = st.sampled_from(
    (
        {},
        {"ahead_s": 400.0},
        {"ahead_s": -86400.0},
        {"ahead_s": 3e8},
        {"ahead_s": -1e9},
        {"wall_ppm": 200, "ticks_ppm": -200},
        {"wall_ppm": -20_000, "ticks_ppm": 5000},
        {"unset": True},
    )
)


def _with(name: str, **arguments: SearchStrategy[Any]) -> SearchStrategy[Step]:
    return st.fixed_dictionaries(arguments).map(lambda drawn: (name, drawn))


def _spread(name: str, arguments: SearchStrategy[Json]) -> SearchStrategy[Step]:
    return arguments.map(lambda drawn: (name, drawn))


# By what they are about; a machine has one rule for each of these.
people_steps: SearchStrategy[Step] = st.one_of(
    _with("sign_in", account=people, ok=st.booleans()),
    _with("sign_in", account=st.just(PRINTER), ok=st.just(True), fields=services),
    _with("begin_sign_in"),
    _with("finish_sign_in", account=people, consent=st.sampled_from(("organization", "decline"))),
    _with("press_ok"),
    _with("cancel_sign_in"),
    _with("sign_out"),
    _with("settings", fields=settings),
)
# The fax server and a user of Scan to My Email, each with a sign-in of their own (manual R21 to R24).
_USER: Json = {"id": "ona", "pin": "4711"}
others_steps: SearchStrategy[Step] = st.one_of(
    _with("fax_sign_in", ok=st.booleans()),
    st.just(("fax", {"to": "112"})),
    st.just(("add_user", {**_USER, "email": ONA})),
    _with("user_sign_in", **{name: st.just(value) for name, value in _USER.items()}, account=people, ok=st.booleans()),
    st.just(("my_email", _USER)),
)
looking_steps: SearchStrategy[Step] = st.one_of(
    _with("look", page=st.sampled_from(PAGES)),
    _with("look", tile=st.sampled_from(TILES)),
    _with("stranger"),
    _with("print_sheet"),
)
sending_steps: SearchStrategy[Step] = st.one_of(
    st.tuples(addresses, documents, st.sampled_from((0.0, 30.0, 30.0))).map(
        lambda drawn: ("send", {"to": drawn[0], **drawn[1], "wait_s": drawn[2]})
    ),
    _with("cancel_job"),
    _with("take_document_away"),
)
time_steps: SearchStrategy[Step] = _with("wait", seconds=times)
misfortunes: SearchStrategy[Step] = st.one_of(
    _with("fault", fault=fault),
    _with("fault", fault=fault),
    _with("fault", fault=refusals),
    _with("faults_end"),
    _with("power_cut", off_s=times),
    _with("power_cut_while_sending", to=addresses, after_ms=st.integers(0, 400)),
    _with("link", state=st.sampled_from(("in", "out"))),
    _spread("clock", clocks),
)
# Only where the flash is one (`Life(littlefs=True)`). A first mail takes some 120 operations.
flash_steps: SearchStrategy[Step] = _with(
    "power_cut_in_a_write", operations=st.integers(0, 60), shape=st.sampled_from(SHAPES), off_s=times
)
cloud_steps: SearchStrategy[Step] = st.one_of(
    _with("tenant", change=tenants),
    _with("user", address=people, change=users),
    _with("revoke", address=people),
)
steps: SearchStrategy[Step] = st.one_of(
    people_steps, others_steps, looking_steps, sending_steps, time_steps, misfortunes, cloud_steps, _with("recover")
)
seeds: SearchStrategy[int] = st.integers(0, 2**32 - 1)
