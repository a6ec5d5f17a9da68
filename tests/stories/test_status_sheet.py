"""A printer that has no paper, jams, is slow, talks nonsense or is pulled out: what panel and paper say then.

The story of the manual is `sim/scenarios/status_sheet.toml`, that of its interruptions `status_sheet_interrupted.toml`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sim.cloud.certificates import Authority
from sim.cloud.faults import PRINTER_STATES
from sim.person import ONA, ended, scan_to_email, set_up
from sim.world import VirtualWorld, World
from tests.stories.conftest import Play
from tests.stories.printing import open_sheet, print_sheet, says, tap, whole

_HOUR_S = 3600.0
# Those that it cannot say more about, or that it has never heard of.
_NO_ADVICE = {"other": "printer.not_ready", "marker-supply-low\u202e\x1b": "printer.not_ready"}

Virtual = Callable[[Callable[[VirtualWorld], Awaitable[None]]], None]


@pytest.fixture
def virtual(authority: Authority) -> Virtual:
    def play(story: Callable[[VirtualWorld], Awaitable[None]], **options: Any) -> None:
        VirtualWorld(seed=4, authority=authority, **options).run(story)  # type: ignore[arg-type]

    return play


@pytest.mark.parametrize("state", [*PRINTER_STATES, *_NO_ADVICE])
@pytest.mark.parametrize("language", ["en", "lt"])
def test_what_keeps_it_from_printing_is_said_and_it_goes_on_where_it_stopped(
    virtual: Callable[..., None], language: str, state: str
) -> None:
    advice = _NO_ADVICE.get(state, "printer." + state)

    async def story(world: VirtualWorld) -> None:
        printer = world.parts.printer
        printer.hold([{"kind": state, "mm": 40}])
        await print_sheet(world)
        await says(world, "message.sheet_paused", advice)
        assert printer.states() == [state]
        await world.advance(_HOUR_S)
        await open_sheet(world)  # whoever has left it finds it again
        await says(world, "message.sheet_paused", advice)
        assert not printer.papers
        printer.hold([])
        await says(world, "message.printed")
        [paper] = printer.papers
        assert whole(world, paper)

    virtual(story, language=language)


def test_a_pause_does_not_hold_up_the_mail(virtual: Virtual) -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        world.add_fault({"where": "printer", "kind": "media-jam", "mm": 10})
        await print_sheet(world)
        await says(world, "printer.media-jam")
        await scan_to_email(world, ONA)
        assert (await ended(world))["status"] == "sent"
        world.clear_faults()
        await world.until(lambda s: s["paper"])

    virtual(story)


def test_a_jam_for_ever_can_be_cancelled(play: Play) -> None:
    """The torn-off sheet comes out before the next one begins."""

    async def story(world: World) -> None:
        await set_up(world)
        printer = world.parts.printer
        world.add_fault({"where": "printer", "kind": "media-jam", "mm": 60})
        await print_sheet(world)
        await says(world, "printer.media-jam")
        await world.advance(10 * 24 * _HOUR_S)
        await open_sheet(world)
        await says(world, "printer.media-jam")
        await tap(world, "panel.cancel")
        state = await world.until(lambda s: s["jobs"][0]["status"] == "failed")
        assert (state["jobs"][0]["kind"], state["jobs"][0]["code"]) == ("sheet", 377)
        assert not state["paper"]
        await print_sheet(world)  # nobody has mended it
        await says(world, "message.sheet_paused", "printer.media-jam")
        world.clear_faults()
        await says(world, "message.printed")
        torn, paper = printer.papers
        assert torn.image().height < paper.image().height
        assert whole(world, paper)

    play(story)


def test_byte_by_byte_is_slow_and_no_more(virtual: Virtual) -> None:
    """A sheet of hours: the panel answers at once all the while, and it is whole in the end; the next one is given up."""

    async def story(world: VirtualWorld) -> None:
        world.add_fault({"where": "printer", "kind": "slow", "bytes_per_s": 10})
        loop, begin_s = asyncio.get_running_loop(), world.clock.now()
        await print_sheet(world)
        for _ in range(20):
            await world.advance(60)
            before = loop.time()
            await world.key("home")
            await tap(world, "settings.title")
            assert loop.time() - before < 0.2  # two presses
        await world.until(lambda s: s["paper"], 10 * _HOUR_S)
        assert world.clock.now() - begin_s > 2 * _HOUR_S
        assert whole(world, world.parts.printer.papers[0])
        await print_sheet(world)
        await says(world, "message.printing")
        await tap(world, "panel.cancel")
        await world.until(lambda s: s["jobs"][0]["status"] == "failed", 1)

    virtual(story)


@pytest.mark.parametrize("first", ["", "media-empty"])
def test_pulled_out_in_the_middle(play: Play, first: str) -> None:
    """Also while it waits for paper; plugged in again, the next sheet is whole."""

    async def story(world: World) -> None:
        printer = world.parts.printer
        world.add_fault({"where": "printer", "kind": first or "media-jam", "mm": 50})
        await print_sheet(world)
        await says(world, "message.sheet_paused")
        if not first:
            world.clear_faults()
        world.add_fault({"where": "printer", "kind": "unplugged"})
        await says(world, "code.379", "solution.379")
        job = (await world.until(lambda s: s["jobs"][0]["status"] == "failed"))["jobs"][0]
        assert (job["kind"], job["code"]) == ("sheet", 379)
        world.clear_faults()
        await tap(world, "panel.ok")
        await print_sheet(world)
        await says(world, "message.printed")
        assert whole(world, printer.papers[-1])

    play(story)


def test_the_power_goes_while_it_waits_for_paper(play: Play) -> None:
    async def story(world: World) -> None:
        world.add_fault({"where": "printer", "kind": "media-empty", "mm": 50})
        await print_sheet(world)
        await says(world, "printer.media-empty")
        await world.power("off")
        await world.power("on")
        state = await world.until(lambda s: s["jobs"] and s["jobs"][0]["status"] == "failed")
        assert (state["jobs"][0]["kind"], state["jobs"][0]["code"]) == ("sheet", 1)
        world.clear_faults()
        await print_sheet(world)
        await says(world, "message.printed")
        assert world.parts.printer.papers[-1].words

    play(story)


def test_cancelled_before_it_has_begun(virtual: Virtual) -> None:
    """And it can be printed afterwards."""

    async def story(world: VirtualWorld) -> None:
        assert world.device is not None
        sheet = world.device.sheet
        sheet.start()
        assert sheet.cancel()
        await world.until(lambda s: s["jobs"] and s["jobs"][0]["status"] == "failed", 1)
        assert (sheet.status, sheet.code) == ("failed", 377)
        assert not sheet.cancel()
        sheet.start()
        sheet.start()  # one at a time
        await world.until(lambda s: s["paper"])
        await world.until(lambda s: len(s["jobs"]) == 2 and s["jobs"][0]["status"] == "printed")
        assert len(world.parts.printer.papers) == 1

    virtual(story)
