"""The device crashes or hangs: it restarts, its panel says so and what to do, and neither flash nor servers suffer.

Firmware that is wrong on purpose (`HANGING`, `CRASHING`) has to be found out, and a supervisor that is wrong on purpose must
not pass these very checks (`test_supervisors_that_do_not_supervise_are_found_out`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, cast

import pytest

from firmware import crashes, supervisor
from firmware.device import Device
from firmware.jobs.journal import Journal
from firmware.jobs.queue import Queue
from firmware.mail import sender
from firmware.oauth import service, token
from firmware.oauth.accounts import Accounts
from firmware.panel.panel import PanelUI
from firmware.store import Store, decoded
from firmware.supervisor import Supervisor, Watch
from firmware.web.web_config import WebConfig
from hal.errors import NetworkError, StorageError
from sim.board import SimWatchdog
from sim.life import shared_authority
from sim.person import ONA, PRINTER, Administrator, scan_to_email, set_up
from sim.printer import SimPrinter
from sim.world import VirtualWorld

Patch = pytest.MonkeyPatch
Story = Callable[[VirtualWorld], Coroutine[Any, Any, None]]
HOUR_S, DAY_S = 3600, 86_400
SIZES = [(320, 240), (128, 64)]
TITLES = {"en": "Restarted", "lt": "Paleista iš naujo"}
DONE = {"en": "OK", "lt": "Gerai"}


def world(**more: Any) -> VirtualWorld:
    return VirtualWorld(authority=shared_authority(), restarts=True, **more)


def causes(world: VirtualWorld) -> list[str]:
    assert world.restarts is not None
    return world.restarts


def noted(world: VirtualWorld) -> dict[str, Any]:
    """The record of crashes as it lies on flash."""
    size = world.storage.size(crashes.RECORD)
    return decoded(world.storage.read(crashes.RECORD, 0, max(0, size))) or {}


async def crash(world: VirtualWorld, error: Exception) -> None:
    """One, in a task that nobody waits for."""

    async def fail() -> None:
        raise error

    before = len(causes(world))
    asyncio.get_running_loop().create_task(fail())
    while len(causes(world)) == before:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.01)
    await world.until(lambda state: state["panel"]["screen"] != "", 600)
    await world.settled()


# --- crashes ---


@pytest.mark.parametrize("language", ["en", "lt"])
@pytest.mark.parametrize("size", SIZES)
def test_after_a_crash_the_panel_says_so_until_somebody_has_seen_it(size: tuple[int, int], language: str) -> None:
    async def story(world: VirtualWorld) -> None:
        await crash(world, RuntimeError("out of order"))
        assert causes(world) == ["soft"]
        assert world.state()["panel"]["screen"] == "restarted"
        assert TITLES[language] in world.state()["panel"]["words"]
        await world.power("off")
        await world.power("on")
        assert world.state()["panel"]["screen"] == "restarted"  # nobody has seen it
        await world.advance(600)  # the display goes dark, and says it all the same
        assert world.state()["panel"]["screen"] == "screen_saver"
        assert any("." in words and len(words) > 40 for words in world.state()["panel"]["words"])
        await world.key("ok")
        assert world.state()["panel"]["screen"] == "restarted"
        await world.tap(DONE[language])
        assert world.state()["panel"]["screen"] == "home"
        await world.power("off")
        await world.power("on")
        assert world.state()["panel"]["screen"] == "home"

    world(size=size, language=language).run(story)


def test_a_device_that_did_not_crash_loads_and_says_nothing_of_it() -> None:
    async def story(world: VirtualWorld) -> None:
        await world.power("off")
        await world.power("on")
        assert world.state()["panel"]["screen"] == "home" and not causes(world)
        assert world.storage.size(crashes.RECORD) < 0

    world().run(story)


class Crashing(NamedTuple):
    """Firmware with an error in one of its tasks. `do`: what a person does to bring that about."""

    name: str
    wrong: Callable[[Patch], None]
    do: Story


def _raise(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError


async def _raise_later(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError


async def _nothing(world: VirtualWorld) -> None: ...


async def _send(world: VirtualWorld) -> None:
    await set_up(world)
    await scan_to_email(world, ONA)


async def _sign_in(world: VirtualWorld) -> None:
    administrator = Administrator(world)
    try:
        await administrator.log_in()
        await administrator.sign_in(PRINTER)
    except (NetworkError, ConnectionError, TimeoutError):
        return  # the device did not answer
    pytest.fail("It answered")


async def _open(world: VirtualWorld) -> None:
    await world.key("down")


CRASHING = [
    Crashing("panel", lambda patch: patch.setattr(PanelUI, "_press", _raise), _open),
    Crashing("queue", lambda patch: patch.setattr(Queue, "_recover", _raise), _nothing),
    Crashing("sending", lambda patch: patch.setattr(sender, "send", _raise_later), _send),
    Crashing("accounts", lambda patch: patch.setattr(Accounts, "run", _raise_later), _nothing),
    Crashing("network", lambda patch: patch.setattr(Device, "_follow_network", _raise_later), _nothing),
    Crashing("sign-in", lambda patch: patch.setattr(Accounts, "_sign_in", _raise_later), _sign_in),
    Crashing("web", lambda patch: patch.setattr(WebConfig, "names", _raise), _sign_in),
    Crashing("start", lambda patch: patch.setattr(Journal, "recent", _raise), _nothing),
]


@pytest.mark.parametrize("crashing", CRASHING, ids=lambda crashing: crashing.name)
def test_a_crash_in_any_task_is_noted_and_survived(crashing: Crashing, monkeypatch: Patch) -> None:
    crashing.wrong(monkeypatch)

    async def story(world: VirtualWorld) -> None:
        await crashing.do(world)
        await world.advance(HOUR_S)
        assert causes(world) and set(causes(world)) == {"soft"}
        monkeypatch.undo()
        await world.power("off")
        await world.power("on")
        await world.until(lambda state: state["panel"]["screen"] == "restarted", 600)
        [kind] = noted(world)["kinds"]
        assert kind["what"] == "ZeroDivisionError" and kind["count"] == len(causes(world))
        assert "test_crashes.py" in kind["where"][-1] and any("firmware/" in place for place in kind["where"])

    virtual = world()
    virtual.loop.call_later(0, lambda: None)
    try:
        virtual.do(_power_on(virtual))
        virtual.do(story(virtual))
    finally:
        virtual.stop()


async def _power_on(world: VirtualWorld) -> None:
    """Whether it comes up or not."""
    try:
        await world.power("on")
    except TimeoutError:
        pass


def test_no_secret_gets_into_the_note() -> None:
    secret = "0.AXoA-refresh-token-of-somebody"

    async def story(world: VirtualWorld) -> None:
        for error in (
            KeyError(secret),
            ValueError("invalid syntax for integer: " + secret),
            UnicodeError(secret + "\n  File " + secret),
            RuntimeError('x\n  File "' + secret),
        ):
            await crash(world, error)
        assert len(noted(world)["kinds"]) == 4
        assert secret not in json.dumps(noted(world))
        assert not [event for event in world.events if secret in json.dumps(event)]
        await crash(world, StorageError("The flash cannot be written"))
        assert noted(world)["kinds"][0]["what"] == "StorageError: The flash cannot be written"

    world().run(story)


def test_the_same_crash_is_counted_and_others_push_out_the_oldest() -> None:
    async def story(world: VirtualWorld) -> None:
        for number in range(6):
            await crash(world, OSError(number))
            await crash(world, OSError(5))
        kinds = noted(world)["kinds"]
        assert [(kind["what"], kind["count"]) for kind in kinds] == [
            ("OSError: 5", 7), ("OSError: 4", 1), ("OSError: 3", 1), ("OSError: 2", 1)
        ]  # fmt: skip
        assert world.storage.size(crashes.RECORD) < 4096

    world().run(story)


def test_a_device_that_crashes_at_each_start_spares_flash_and_servers(monkeypatch: Patch) -> None:
    """Four hours of it; then a mended firmware starts, and after ten minutes all is forgotten but the note."""
    monkeypatch.setattr(Queue, "_recover", _raise)
    written: list[str] = []
    real = Store.write

    def write(self: Store, name: str, value: Any) -> None:
        written.append(name)
        real(self, name, value)

    monkeypatch.setattr(Store, "write", write)
    virtual = world()
    try:
        virtual.do(_power_on(virtual))
        virtual.do(virtual.advance(4 * HOUR_S))
        starts = len(causes(virtual))
        assert 4 * HOUR_S / 300 <= starts <= 4 * HOUR_S / 300 + 12
        assert len(written) == starts
        [kind] = noted(virtual)["kinds"]
        assert kind["count"] == starts
        monkeypatch.undo()
        virtual.do(virtual.advance(301))
        virtual.do(virtual.key("down"))  # it has gone dark meanwhile
        assert virtual.state()["panel"]["screen"] == "restarted"
        assert noted(virtual)["row"] == starts
        virtual.do(virtual.advance(601))
        assert noted(virtual)["row"] == 0 and len(causes(virtual)) == starts
    finally:
        virtual.stop()


def test_a_flash_that_fails_does_not_keep_the_device_from_restarting(monkeypatch: Patch) -> None:
    def write(*_: Any) -> None:
        raise StorageError("A broken flash")

    async def story(world: VirtualWorld) -> None:
        monkeypatch.setattr(Store, "write", write)
        await crash(world, RuntimeError())
        assert causes(world) == ["soft"] and world.state()["panel"]["screen"] == "home"

    world().run(story)


def test_a_mail_that_a_crash_interrupts_is_sent_after_the_restart() -> None:
    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        await scan_to_email(world, ONA)
        await crash(world, RuntimeError())
        await world.until(lambda state: state["jobs"] and state["jobs"][0]["status"] == "sent", 600)

    world().run(story)


# --- hangs ---


async def _for_ever(*_: Any, **__: Any) -> Any:
    await asyncio.Event().wait()


async def _spin(*_: Any, **__: Any) -> Any:
    while True:  # noqa: ASYNC110 - that is what is wrong with it
        await asyncio.sleep(0.05)


async def _stuck_panel(self: PanelUI) -> None:
    await self._marked.wait()
    self._refresh()
    await self._marked.wait()
    self.watch.within(10_000)
    await asyncio.Event().wait()


class Hanging(NamedTuple):
    """Firmware with a task that hangs. `task`: whom the note names; `within_s`: how long that may take."""

    task: str
    within_s: float
    wrong: Callable[[Patch], None]
    do: Story


async def _refresh(world: VirtualWorld) -> None:
    """Keep-alive does, two hours later."""
    await set_up(world)


def _hangs_in_keep_alive(patch: Patch) -> None:
    patch.setattr(token, "_KEEP_ALIVE_MS", 2 * HOUR_S * 1000)
    patch.setattr(token, "_KEEP_ALIVE_JITTER_MS", 0)
    patch.setattr(Accounts, "_ask", _for_ever)


async def _ask_web(world: VirtualWorld) -> None:
    asyncio.get_running_loop().create_task(_sign_in(world), name="service")


async def _begin_sign_in(world: VirtualWorld) -> None:
    await _ask_web(world)
    await world.settled()


async def _print(world: VirtualWorld) -> None:
    for words in ("Settings", "General Settings", "Network Settings", "Network Status", "Print Status Sheet", "Print"):
        await world.tap(words)


HANGING = [
    Hanging("queue", HOUR_S, lambda patch: patch.setattr(sender, "send", _for_ever), _send),
    Hanging("queue", HOUR_S, lambda patch: patch.setattr(sender, "send", _spin), _send),
    Hanging("accounts", 2 * HOUR_S + 600, _hangs_in_keep_alive, _refresh),
    Hanging("panel", 60, lambda patch: patch.setattr(PanelUI, "_tell", _stuck_panel), _open),
    Hanging("web", 600, lambda patch: patch.setattr(WebConfig, "_handle", _for_ever), _ask_web),
    Hanging("sheet", 120, lambda patch: patch.setattr(SimPrinter, "write", _for_ever), _print),
    Hanging("sign-in", 2 * HOUR_S + 60, lambda patch: patch.setattr(service, "ask", _for_ever), _begin_sign_in),
]


def outcome(hanging: Hanging, patch: Patch) -> tuple[list[str], list[str]]:
    """The device's restarts, and what is noted of them."""
    virtual = world()
    try:
        hanging.wrong(patch)
        virtual.start()
        virtual.do(hanging.do(virtual))
        virtual.do(virtual.advance(hanging.within_s + 60))
        return causes(virtual)[:1], [kind["what"] for kind in noted(virtual).get("kinds", [])]
    finally:
        virtual.stop()


@pytest.mark.parametrize("hanging", HANGING, ids=lambda hanging: hanging.task)
def test_a_task_that_hangs_leads_to_a_restart_that_names_it(hanging: Hanging, monkeypatch: Patch) -> None:
    assert outcome(hanging, monkeypatch) == (["soft"], [f"Hung: {hanging.task}"])


async def _feeds_regardless(self: Supervisor) -> None:
    """As the device did before it had a supervisor."""
    while True:
        self._board.watchdog.feed()
        await self._board.watchdog.hungry()


def _looks_at_the_first_only(self: Supervisor, passed_ms: int) -> None:
    _LOOK(cast(Any, _Narrowed(self.watches[:1])), passed_ms)


class _Narrowed:
    def __init__(self, watches: list[Watch]) -> None:
        self.watches = watches


_LOOK = Supervisor._look
SUPERVISORS: dict[str, Callable[[Patch], None]] = {
    "feeds regardless": lambda patch: patch.setattr(Supervisor, "run", _feeds_regardless),
    "looks at one task": lambda patch: patch.setattr(Supervisor, "_look", _looks_at_the_first_only),
    "is told of nothing": lambda patch: patch.setattr(Watch, "within", lambda self, ms: None),
    "has endless patience": lambda patch: patch.setattr(supervisor, "_LOOK_MS", 1 << 40),
}


@pytest.mark.parametrize("wrong", SUPERVISORS, ids=str)
def test_supervisors_that_do_not_supervise_are_found_out(wrong: str, monkeypatch: Patch) -> None:
    SUPERVISORS[wrong](monkeypatch)
    for hanging in HANGING:
        with monkeypatch.context() as patch:
            if outcome(hanging, patch) != (["soft"], [f"Hung: {hanging.task}"]):
                return
    pytest.fail(f"A supervisor that {wrong} passes")


def test_a_supervisor_that_takes_rest_for_a_hang_is_found_out(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Watch, "rest", lambda self: self.within(60_000))
    assert _idle(HOUR_S)


def test_a_device_that_nobody_uses_rests_for_days() -> None:
    assert not _idle(2 * DAY_S)


def test_a_sheet_may_wait_for_paper_for_a_day() -> None:
    async def story(world: VirtualWorld) -> None:
        world.add_fault({"where": "printer", "kind": "media-empty"})
        await _print(world)
        await world.advance(DAY_S)
        assert not causes(world)
        world.clear_faults()
        await world.until(lambda state: state["paper"], 60)

    world().run(story)


def _idle(seconds: float) -> list[str]:
    virtual = world()
    try:
        virtual.start()
        virtual.do(set_up(virtual))
        virtual.do(virtual.advance(seconds))
        return causes(virtual)
    finally:
        virtual.stop()


def test_a_firmware_that_is_not_fed_for_is_bitten_and_says_that_it_hung(monkeypatch: Patch) -> None:
    """What no supervisor can see: it does not run itself."""
    fed: list[int] = []
    real = SimWatchdog.feed

    def feed(self: SimWatchdog) -> None:
        if not fed:
            fed.append(1)
            real(self)

    monkeypatch.setattr(SimWatchdog, "feed", feed)

    async def story(world: VirtualWorld) -> None:
        await world.advance(10)
        assert causes(world) == ["watchdog"]
        assert world.state()["panel"]["screen"] == "restarted"
        assert "The device restarted because it no longer responded." in world.state()["panel"]["words"]
        assert [kind["what"] for kind in noted(world)["kinds"]] == ["Hung"]

    world().run(story)


def test_the_log_says_at_the_start_what_happened() -> None:
    async def story(world: VirtualWorld) -> None:
        await crash(world, RuntimeError())
        said = [str(event["log"]) for event in world.events if "log" in event]
        assert "crash: RuntimeError, 1 times, 1 in a row" in said
        assert any(line.startswith("crash: in ") and "test_crashes.py" in line for line in said)

    world().run(story)
