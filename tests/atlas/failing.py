"""Stories in which something fails, and what must hold whatever it is. Each returns how the first mail ended.

The mail is sent, or the job ends with a code, or the panel refuses it; a sign-in that was saved is kept; when the fault is
over the device goes on. An error that ends the firmware restarts it, as `firmware/main.py` does. To let something else fail:
a subclass of `Failing`. Start at `played`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firmware.panel.strings import text
from sim.cloud.certificates import Authority
from sim.network import CALM, ROUGH
from sim.person import ONA, PRINTER, ended, newest, scan_to_email, set_up
from sim.trace import Observer
from sim.world import VirtualWorld
from tests.atlas.restarts import ENDS, MOST_STARTS, VAIN, attempt, has_ended, restart

_LATER_S = 2 * 3600
_JOB_S = 3600
_HEALTHY_S = 600
_REFUSALS = ("error.storage", "detail.memory", "error.no_document")


class Failing(Observer):
    """From `begin` to `end` it counts calls, keeps what the panel says, and may let something fail: it has `struck` then."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.struck = False
        self.words = ""
        self._on = False

    def begin(self) -> None:
        self._on = True

    def end(self) -> None:
        self._on = False

    def called(self, number: int, part: str, call: str, args: tuple[Any, ...]) -> None:
        if not self._on:
            return
        name = f"{part.partition(' ')[0]}.{call}"
        if name == "panel.say":
            self.words += " ".join(" ".join(row[0] for row in args[2]).split())
        self.calls.append(name)
        self.strike(name)

    def strike(self, call: str) -> None:
        """Raises what this call at the seam is to fail with."""

    def said(self, *keys: str) -> bool:
        return any(text(key) in self.words for key in keys)


Story = Callable[[VirtualWorld, Failing], str]


def first_mail(world: VirtualWorld, failing: Failing) -> str:
    world.start()
    world.do(set_up(world))
    world.do(world.advance(_LATER_S))
    failing.begin()
    outcome = _mail(world, failing)
    failing.end()
    _go_on(world)
    return outcome


def start_and_mail(world: VirtualWorld, failing: Failing) -> str:
    """A device that is signed in starts again; what could not be read then is there after the next start."""
    world.start()
    world.do(set_up(world))
    world.do(world.power("off"))
    failing.begin()
    attempt(world, lambda: world.power("on"))
    outcome = _mail(world, failing)
    failing.end()
    restart(world)
    _go_on(world)
    return outcome


def set_up_and_mail(world: VirtualWorld, failing: Failing) -> str:
    failing.begin()
    attempt(world, lambda: world.power("on"))
    saved = attempt(world, lambda: set_up(world))
    outcome = _mail(world, failing) if saved else "no sign-in"
    failing.end()
    if has_ended(world):
        restart(world)
    if world.state()["accounts"].get("device", {}).get("state") != "SIGNED_IN":
        assert not saved, "the sign-in is lost"
        world.do(world.advance(_LATER_S))  # until nobody's attempt is in the way
        world.do(set_up(world))
    _go_on(world)
    return outcome


def played(story: Story, authority: Authority, seed: int, failing: Failing) -> str:
    """Raises AssertionError, and what else must not happen."""
    world = VirtualWorld(seed=seed, authority=authority, weather=CALM if seed == 1 else ROUGH)
    world.observers.append(failing)
    try:
        return story(world, failing)
    finally:
        failing.end()
        world.stop()


def _mail(world: VirtualWorld, failing: Failing) -> str:
    for _ in range(MOST_STARTS):
        try:
            job = world.do(_sent_mail(world))
            world.do(world.settled())
        except (*ENDS, *VAIN):
            if not has_ended(world):
                return _seen(failing)
            restart(world)
        else:
            return str(job["status"]) if job["code"] is None else f"code {job['code']}"
    return "starts in vain"


def _seen(failing: Failing) -> str:
    """How it went for who stands at the panel, where the history cannot tell."""
    if failing.said("message.sent"):
        return "sent"
    if failing.said(*_REFUSALS):
        return "refused"
    call = failing.calls[-1] if failing.calls else ""
    return f"nothing is said: {call}"


async def _sent_mail(world: VirtualWorld) -> dict[str, Any]:
    """The job at its end."""
    if not newest(world.state()):  # else it was taken on before a restart
        await scan_to_email(world, ONA)
    return await ended(world, _JOB_S)


def _go_on(world: VirtualWorld) -> None:
    """The fault is over: the sign-in is there, what waited is done, and another mail goes through."""
    if has_ended(world):
        restart(world)
    world.do(_next_mail(world))
    account = world.state()["accounts"]["device"]
    assert (account["state"], account["address"]) == ("SIGNED_IN", PRINTER)


async def _next_mail(world: VirtualWorld) -> None:
    try:
        await ended(world, _JOB_S)
    except TimeoutError:
        assert not world.state()["jobs"], f"a job hangs: {world.state()['jobs']}"
    await scan_to_email(world, ONA)
    job = await ended(world, _HEALTHY_S)
    assert job["status"] == "sent", job
