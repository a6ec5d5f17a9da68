"""The whole device in the whole world: drawn people, times, faults and policies; every invariant is asked after each step.

A failing run is kept as a file, and the command that shows it again is printed. HYPOTHESIS_PROFILE=long draws more.
"""

from __future__ import annotations

from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from hypothesis.strategies import booleans

from sim import strategies
from sim.life import Json, Life, Step
from sim.person import PRINTER
from sim.replay import command, save
from tests.property.machines import LONG, lived


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

    @rule(step=strategies.others_steps)
    def others_sign_in_and_send(self, step: Step) -> None:
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


_STEPS = 60 if LONG else 30
test_whole_device = lived(WholeDevice, 15, long=300, steps=_STEPS, part=30)
test_whole_device_on_flash = lived(WholeDeviceOnFlash, 15, long=300, steps=_STEPS, part=30)
