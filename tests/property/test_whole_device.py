"""The whole device in the whole world: drawn people, times, faults and policies; every invariant is asked after each step.

A failing run is kept as a file, and the command that shows it again is printed. HYPOTHESIS_PROFILE=long draws more.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import note, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from hypothesis.strategies import booleans

from sim import strategies
from sim.life import Json, Life, Step
from sim.person import PRINTER
from sim.replay import command, save


class WholeDevice(RuleBasedStateMachine):
    life: Life
    littlefs = False

    @initialize(seed=strategies.seeds, rough=booleans(), small=booleans(), fields=strategies.services)
    def switched_on(self, seed: int, rough: bool, small: bool, fields: Json) -> None:
        self.life = Life(seed, rough, small, self.littlefs)
        self.life.start()
        self.take(("sign_in", {"account": PRINTER, "ok": True, "fields": fields}))

    def take(self, step: Step) -> None:
        try:
            self.life.take(step[0], **step[1])
        except Exception as problem:
            note(f"Show it again: {command(save(self.life, problem))}")
            raise

    @rule(step=strategies.people_steps)
    def administrator(self, step: Step) -> None:
        self.take(step)

    @rule(step=strategies.looking_steps)
    def somebody_looks(self, step: Step) -> None:
        self.take(step)

    @rule(step=strategies.sending_steps)
    def somebody_sends(self, step: Step) -> None:
        self.take(step)

    @rule(step=strategies.time_steps)
    def time_passes(self, step: Step) -> None:
        self.take(step)

    @rule(step=strategies.misfortunes)
    def misfortune(self, step: Step) -> None:
        self.take(step)

    @rule(step=strategies.cloud_steps)
    def the_tenant_changes(self, step: Step) -> None:
        self.take(step)

    @rule()
    def all_is_well_again(self) -> None:
        self.take(("recover", {}))

    def teardown(self) -> None:
        if hasattr(self, "life"):
            self.life.end()


class WholeDeviceOnFlash(WholeDevice):
    """The same on littlefs, whose power also goes in the middle of a write."""

    littlefs = True

    @rule(step=strategies.flash_steps)
    def power_goes_in_a_write(self, step: Step) -> None:
        self.take(step)


TestWholeDevice: Any = WholeDevice.TestCase
TestWholeDeviceOnFlash: Any = WholeDeviceOnFlash.TestCase
_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
TestWholeDevice.settings = TestWholeDeviceOnFlash.settings = settings(
    max_examples=300 if _LONG else 25, stateful_step_count=60 if _LONG else 30, report_multiple_bugs=False
)
