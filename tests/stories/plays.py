"""Which scenario is played on which interpreter in which variant, beside the virtual world where all are played in all."""

from __future__ import annotations

import os

from sim.scenario import WORLDS, Variant, load, names

SCENARIOS = {name: load(name) for name in names()}

_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"

# What the manual does at the panel: each of its ways is played in each variant, also on MicroPython; on CPython, which the
# virtual world runs on, too, only when there is time (`make property`).
AT_THE_PANEL = {
    "R11": ["find_web_config"],
    "R12": ["email_server_status"],
    "R13": ["administrator_at_the_panel", "lock_icon"],
    "R14": ["status_sheet", "status_sheet_interrupted"],
    "R15": ["sending_without_sign_in", "never_signed_in", "ok_not_pressed"],
    "R16": ["banner", "unused_for_91_days"],
    "R17": ["job_status"],
}


def _plays() -> list[tuple[str, Variant, str]]:
    """What is not about the manual's ways at the panel is played once on each, in another variant for each scenario."""
    plays = []
    everywhere = {name for several in AT_THE_PANEL.values() for name in several}
    for number, (name, scenario) in enumerate(SCENARIOS.items()):
        variants = scenario.variants
        for shift, interpreter in enumerate(WORLDS[1:]):
            every = name in everywhere and (_LONG or interpreter == "micropython")
            there = variants if every else [variants[(number + 3 * shift) % len(variants)]]
            plays += [(name, variant, interpreter) for variant in there]
    return plays


PLAYS = _plays()  # scenario, variant, interpreter
