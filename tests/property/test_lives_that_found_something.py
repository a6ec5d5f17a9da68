"""Lives in which the whole-device machine once found the firmware, or an invariant, wrong: seed and steps, as its file had
them."""

from __future__ import annotations

from typing import Any

import pytest

from sim.life import Life, Step
from sim.person import ONA, PRINTER

DAY_S = 86400.0


def fault(where: str, kind: str, times: int | None = 1, **options: Any) -> Step:
    return "fault", {"fault": {"where": where, "kind": kind, "times": times, **options}}


SIGN_IN: Step = ("sign_in", {"account": PRINTER})

# name: seed, whether the network is rough, steps
LIVES: dict[str, tuple[int, bool, list[Step]]] = {
    # Keep-alive and a job waited for the same refresh; the first one learned that the sign-in was over, the second one
    # went on with it, and the device fell over an assertion.
    "two wait for a refresh that ends the sign-in": (
        0,
        False,
        [
            SIGN_IN,
            fault("token", "700082"),
            ("power_cut", {"off_s": 91 * DAY_S}),
            ("power_cut_while_sending", {"to": ONA, "after_ms": 29}),
        ],
    ),
    # The mail server refused the token while somebody signed out: the job failed with 370 instead of 360.
    "signed out while the mail server refuses the token": (
        10,
        True,
        [
            SIGN_IN,
            fault("smtp", "reply", step="auth", text="535 5.7.3 Authentication unsuccessful"),
            ("send", {"to": ONA, "wait_s": 0.0}),
            ("wait", {"seconds": 0.75}),
            ("sign_out", {}),
            ("wait", {"seconds": 60.0}),
        ],
    ),
    # The look at the first mail server showed its token there, where it was granted, as the second sign-in was saved; the
    # invariant took it for the second one's.
    "signed in for another mail server during the look at the first": (
        87,
        True,
        [
            SIGN_IN,
            (
                "sign_in",
                {
                    "account": PRINTER,
                    "fields": {"service": "exchange", "smtp_host": "smtp.office365.com", "smtp_port": "587"},
                },
            ),
            ("recover", {}),
        ],
    ),
    # After some failures the next refresh came an hour later, though all was well again.
    "mail goes out soon after a day without the token service": (
        1,
        False,
        [SIGN_IN, fault("token", "drop", None), ("wait", {"seconds": 10 * DAY_S}), ("recover", {})],
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_life(name: str) -> None:
    seed, rough, steps = LIVES[name]
    life = Life(seed, rough)
    try:
        life.start()
        for step, arguments in steps:
            life.take(step, **arguments)
    finally:
        life.end()
