"""A printer and the world around it: what people and programs can do to it, in every world alike.

`World` has the verbs of the control API. `VirtualWorld` (this file) runs the firmware in process on virtual time;
`LiveWorld` (`sim/live_world.py`) runs it as a process of its own. A story is a coroutine that is given a World:

    async def story(world):
        await world.tap("Scan to Email")

    VirtualWorld(seed=1).run(story)
"""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import firmware.main as entry
from firmware.device import Device
from sim.board import Parts, Restarted, SimIdentity, VirtualBoard, interfaces
from sim.browser import Browser, ByteStream
from sim.clock import DeviceClock, WorldClock
from sim.cloud.certificates import Authority
from sim.cloud.cloud import Cloud
from sim.cloud.directory import WORK_DOMAIN
from sim.cloud.mailboxes import Attachment
from sim.hands import Hands
from sim.loop import VirtualLoop
from sim.network import CALM, SimNetwork, Weather
from sim.storage import RamStorage
from sim.trace import Observer, Taps, Trace

if TYPE_CHECKING:
    from sim.flash import FlashStorage

_T = TypeVar("_T")
_MOST_TRACE = 5000  # events kept
_LATEST_S = 4_102_444_800  # 2100-01-01: farther than that nobody travels
_SETTLE_S = 5.0  # how long words may take to appear
_MOMENT_S = 0.001  # the shortest time in the virtual world
_FINGER_S = 0.03  # between two presses of the same thing: what comes sooner is a bounce to the device
_CLOCK_FAULTS = ("clock-unset", "clock-wrong")
_SCANNED_AT_ONCE = 8151  # bytes: whole lines of a mail, and as much as the seam allows: memory is no question here
_TYPED_AT_ONCE = 16  # characters; a keyboard's queue in the device is short


def _settle(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class Conflict(Exception):
    """What was asked cannot be done in the state things are in; the text says why."""


class World(ABC):
    """Verbs that are the same in every world. Subclasses give power, time and connections."""

    def __init__(self, cloud: Cloud, clock: WorldClock, parts: Parts) -> None:
        self.cloud = cloud
        self.clock = clock
        self.parts = parts
        self.powered = False
        self.version = 0
        self._events: deque[tuple[int, float, dict[str, Any]]] = deque(maxlen=_MOST_TRACE)  # number, Unix time, event
        self._event_count = 0
        self._waiters: list[asyncio.Future[None]] = []
        self._lifted: dict[str, float] = {}  # when a finger left each key, or the display
        self.hands = Hands(self, "keys" if parts.touch is None else "touch")
        parts.scanner.faults = cloud.faults

    # --- what subclasses give ---

    @abstractmethod
    async def power(self, state: str) -> None:
        """Cut the power ("off") or give it back ("on")."""

    @abstractmethod
    async def advance(self, seconds: float) -> None:
        """Let time pass for the device and the cloud together. Raises ValueError."""

    @abstractmethod
    async def drift(self, seconds: float) -> None:
        """Set how far the device's wall clock is ahead of true time."""

    @abstractmethod
    async def settled(self) -> None:
        """Wait until the device has dealt with everything that people did to it so far."""

    @abstractmethod
    async def plug(self, state: str) -> None:
        """Pull the cable of the standard network ("out"), or plug it in ("in")."""

    @abstractmethod
    async def hide_names(self, hosts: set[str]) -> None:
        """From now on these names, and no others, are not found by the device."""

    @abstractmethod
    async def dial(self, host: str, port: int) -> ByteStream:
        """A person's connection to Web Config or to the cloud's pages."""

    @abstractmethod
    def web_config_url(self) -> str:
        """Where Web Config answers to `dial`."""

    # --- looking ---

    def state(self) -> dict[str, Any]:
        """The state as the control API answers it."""
        panel, told = self.parts.panel, self.parts.monitor.parts
        return {
            "clock": {"now_s": int(self.clock.now()), "offset_s": int(self.clock.offset_s)},
            "power": "on" if self.powered else "off",
            "panel": {
                "screen": panel.screen,
                "words": list(panel.words),
                "size": [panel.width, panel.height],
                "language": panel.language,
            },
            "accounts": told.get("accounts", {}),
            "signin": told.get("signin"),
            "jobs": told.get("jobs", []),
            "paper": self.paper(),
            "document": self.document(),
        }

    async def until(self, holds: Callable[[dict[str, Any]], object], timeout_s: float = 60.0) -> dict[str, Any]:
        """Wait until `holds(state)` is true and return that state. Raises TimeoutError that shows the state."""
        state = self.state()
        if holds(state):
            return state
        late = False

        def expire() -> None:
            nonlocal late
            late = True
            self._wake()

        loop = asyncio.get_running_loop()
        timer = loop.call_later(timeout_s, expire)
        try:
            while not holds(state):
                if late:
                    raise TimeoutError(f"Did not come about within {timeout_s} s: {state}")
                waiter = loop.create_future()
                self._waiters.append(waiter)
                await waiter
                state = self.state()
        finally:
            timer.cancel()
        return state

    async def changed(self, after: int, timeout_s: float) -> bool:
        """Wait until `version` is greater than `after`; False when that took too long."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        timer = loop.call_later(timeout_s, _settle, waiter)
        self._waiters.append(waiter)
        try:
            while self.version <= after and not waiter.done():
                await waiter
        finally:
            timer.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)
        return self.version > after

    def _on_change(self) -> None:
        self.version += 1
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def panel_version(self) -> int:
        return self.version

    async def panel_png(self) -> bytes:
        return await self.parts.panel.png(wait_s=1.0 if self.powered else 0.0)

    # --- hands on the device ---

    async def touch(self, x: int, y: int) -> None:
        self._need_power()
        panel, surface = self.parts.panel, self.parts.touch
        if surface is None:
            raise Conflict("This panel has no touch surface: use its keys")
        if not (0 <= x < panel.width and 0 <= y < panel.height):
            raise ValueError(f"({x}, {y}) is not on the panel of {panel.width} x {panel.height} pixels")
        await self._press("touch", lambda: surface.touch(x, y))

    async def key(self, key: str, held_s: float = 0.0) -> None:
        """Press a key and let go of it after `held_s`; returns when the panel has answered."""
        self._need_power()
        keys = self.parts.keys
        if self.parts.touch is None and key == "ok":  # there it matters how long it is held
            held_s = max(held_s, _FINGER_S)
        if not held_s:
            await self._press(key, lambda: keys.press(key))
            return
        await self._press(key, lambda: keys.change(key, pressed=True))
        await self._linger(held_s)
        keys.change(key, pressed=False)
        await self.settled()
        self._lifted[key] = asyncio.get_running_loop().time()

    async def _press(self, what: str, press: Callable[[], None]) -> None:
        """Press and let go, not so soon after the last time that the device takes it for a bounce."""
        loop = asyncio.get_running_loop()
        left_s = self._lifted.get(what, -_FINGER_S) + _FINGER_S - loop.time()
        if left_s > 0:
            await self._linger(left_s)
        press()
        await self.settled()
        self._lifted[what] = loop.time()

    async def _linger(self, seconds: float) -> None:
        """Let this moment pass for the device."""
        await asyncio.sleep(seconds)

    async def type(self, text: str) -> None:
        """Enter text where the panel asks for it."""
        self._need_power()
        if not text or len(text) > 255 or not text.isprintable():
            raise ValueError("Text to type has 1 to 255 printable characters")
        for start in range(0, len(text), _TYPED_AT_ONCE):
            for character in text[start : start + _TYPED_AT_ONCE]:
                self.parts.keys.press(character)
            await self.settled()

    async def tap(self, words: str) -> None:
        """Choose what bears these words, by touch or by keys; returns when the panel has answered. Raises LookupError."""
        self._need_power()
        await self.hands.tap(words)

    def put_document(self, name: str, content_type: str, body: bytes) -> dict[str, Any]:
        self.parts.scanner.lay(name, content_type, body)
        return self.document() or {}

    def remove_document(self) -> None:
        self.parts.scanner.take_away()

    def document(self) -> dict[str, Any] | None:
        document = self.parts.scanner.document()
        if document is None:
            return None
        return {"name": document.name, "content_type": document.content_type, "size": document.size}

    def paper(self) -> list[dict[str, Any]]:
        return [{"id": paper.id, "pages": 1} for paper in self.parts.printer.papers]

    def paper_png(self, number: int) -> bytes:
        for paper in self.parts.printer.papers:
            if paper.id == number:
                return paper.png()
        raise LookupError(f"There is no paper {number} in the tray")

    def label(self) -> dict[str, str]:
        identity = self.parts.identity
        return {"model": identity.model, "serial": identity.serial, "admin_password": identity.label_password}

    def browser(self) -> Browser:
        return Browser(self.dial)

    # --- the cloud ---

    async def signin(self, user_code: str, account: str, password: str, consent: str) -> dict[str, Any]:
        return self.cloud.complete_sign_in(user_code, account, password, consent)

    def tenants(self) -> list[dict[str, Any]]:
        return self.cloud.tenants()

    def tenant(self, domain: str = WORK_DOMAIN) -> dict[str, Any]:
        return self.cloud.tenant(domain)

    def patch_tenant(self, change: dict[str, Any], domain: str = WORK_DOMAIN) -> dict[str, Any]:
        return self.cloud.patch_tenant(change, domain)

    def users(self) -> list[dict[str, Any]]:
        return self.cloud.users()

    def patch_user(self, address: str, change: dict[str, Any]) -> dict[str, Any]:
        return self.cloud.patch_user(address, change)

    def revoke(self, address: str) -> None:
        self.cloud.revoke(address)

    def accounts(self) -> list[dict[str, Any]]:
        return self.cloud.accounts()

    def mailbox(self, address: str) -> list[dict[str, Any]]:
        return self.cloud.mailboxes.list(address)

    def message(self, address: str, number: int) -> bytes:
        return self.cloud.mailboxes.raw(address, number)

    def faxes(self) -> list[dict[str, Any]]:
        """What the fax gateways have taken."""
        return self.cloud.faxes.list()

    def fax(self, number: int) -> Attachment:
        return self.cloud.fax(number)

    def faults(self) -> dict[str, Any]:
        return {"kinds": self.cloud.faults.kinds(), "active": self.cloud.faults.active()}

    def add_fault(self, fault: dict[str, Any]) -> dict[str, Any]:
        added = self.cloud.faults.add(fault)
        self._go_by_faults()
        return added

    def clear_faults(self) -> None:
        self.cloud.faults.clear()
        self._go_by_faults()

    def _go_by_faults(self) -> None:
        """Bring those parts into line that a fault holds in a state; the others ask when it is their turn."""
        self.parts.printer.hold(self.cloud.faults.at("printer"))

    # --- time and trace ---

    async def set_clock(self, unix_s: float) -> None:
        if unix_s < self.clock.now():
            raise ValueError("Time goes only forward: set_s lies in the past")
        await self.advance(unix_s - self.clock.now())

    def _check_advance(self, seconds: float) -> None:
        if not seconds >= 0 or self.clock.now() + seconds > _LATEST_S:
            raise ValueError("advance_s is a number of seconds from 0 up to the year 2100")

    @property
    def events(self) -> list[dict[str, Any]]:
        """All that are kept, oldest first."""
        return self.trace(0)

    def trace(self, after: int) -> list[dict[str, Any]]:
        """Those with greater numbers, oldest first."""
        newer = []
        for number, unix_s, event in reversed(self._events):
            if number <= after:
                break
            at = datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds")
            newer.append({"n": number, "at": at, **event})
        return newer[::-1]

    def forget_events(self) -> None:
        self._events.clear()

    async def trace_follow(self) -> AsyncIterator[dict[str, Any]]:
        after = 0
        while True:
            seen = self.version
            for event in self.trace(after):
                after = event["n"]
                yield event
            await self.changed(seen, 3600)

    def _trace(self, event: dict[str, Any]) -> None:
        self._event_count += 1
        self._events.append((self._event_count, self.clock.now(), event))
        self._on_change()

    def _log(self, line: str) -> None:
        self._trace({"where": "device", "log": line})

    def _need_power(self) -> None:
        if not self.powered:
            raise Conflict("The device is switched off: give it power first")


class VirtualWorld(World):
    """Everything in this process on virtual time; the same seed gives the same run.

    `run` plays one story. A test that goes step by step calls `start`, `do` as often as it likes, and `stop`. `trace`: keep
    what crosses the seam, as JSON lines in `seam`. Whoever wants to watch it appends to `observers` before the start.
    """

    def __init__(
        self,
        seed: int = 0,
        size: tuple[int, int] = (320, 240),
        fresh_tenant: bool = False,
        authority: Authority | None = None,
        language: str | None = None,
        trace: bool = False,
        weather: Weather = CALM,
        storage: RamStorage | FlashStorage | None = None,
        restarts: bool = False,
    ) -> None:
        """`restarts`: the watchdog watches, and a device that crashes restarts as in life (`firmware/main.py`); without, a
        crash ends the run."""
        self.seed = seed
        self.random = random.Random(seed)
        self.loop = VirtualLoop(seed)
        self.observers: list[Observer] = []
        self.seam: list[str] = []
        self._taps = Taps(self.observers)
        if trace:
            written = Trace(lambda: self.loop.now_ms)
            self.seam = written.lines
            self.observers.append(written)
        clock = WorldClock.virtual(self.loop)
        cloud = Cloud(
            now=clock.now,
            random=self.random,
            state_dir=None,
            fresh_tenant=fresh_tenant,
            authority=authority,
            on_event=self._wire,
        )
        identity = SimIdentity.drawn(self.random)
        identity.language = language
        parts = Parts(
            size, identity, self.random, on_change=lambda: self._on_change(), on_log=lambda line: self._log(line)
        )
        parts.scanner.chunk = _SCANNED_AT_ONCE
        super().__init__(cloud, clock, parts)
        self.device_clock = DeviceClock(clock, self.loop)
        self.storage = RamStorage() if storage is None else storage
        draws = random.Random(f"weather {seed}")
        self.network = SimNetwork(self.device_clock, [cloud.ca_der], interfaces(), weather, draws)
        self.network.services.update(cloud.services())
        self.network.trouble = cloud.trouble
        self.storage.faults = cloud.faults
        self._held: dict[str, dict[str, Any]] = {}  # faults that are states, by their kinds
        self.device: Device | None = None
        self._life: asyncio.Task[None] | None = None
        self.restarts: list[str] | None = [] if restarts else None  # causes, of the starts that nobody asked for

    def run(self, story: Callable[[VirtualWorld], Coroutine[Any, Any, _T]], deadline_s: float = 1e9) -> _T:
        """Switch the device on, play the story, and end the world."""

        async def whole() -> _T:
            await self.power("on")
            try:
                return await story(self)
            finally:
                await self.power("off")

        try:
            return self.loop.run(whole(), int(deadline_s * 1000))
        finally:
            self.loop.close()

    def start(self) -> None:
        """Switch the device on, for `do`."""
        self.do(self.power("on"))

    def do(self, step: Coroutine[Any, Any, _T], within_s: float = 1e9) -> _T:
        """Let the world go on until this step is done. Raises DeadlinePassed, and what went wrong in the world."""
        return self.loop.run(step, self.loop.now_ms + int(within_s * 1000))

    def stop(self) -> None:
        """End the world; also after an error."""
        try:
            if not self.loop.failed:
                self.do(self.power("off"))
        finally:
            self.loop.close()

    def _wire(self, event: dict[str, Any]) -> None:
        for observer in self.observers:
            observer.wire(event)
        self._trace(event)

    async def power(self, state: str) -> None:
        if state == "on" and not self.powered:
            self.device_clock.power_on()
            for observer in self.observers:
                observer.power(True)
            self._begin("power-on")
            self.powered = True
            await self.until(lambda state: state["panel"]["screen"] != "", _SETTLE_S)
            await self.settled()  # Web Config listens, too
        elif state == "off" and self.powered and self._life is not None:
            self.powered = False
            await self._cut(self._life)
            self._life = None  # which would keep the frames where the firmware ended, and so all of it
            self.network.power_off()
            self.parts.power_off()
            self.device = None
            for observer in self.observers:
                observer.power(False)
        elif state not in ("on", "off"):
            raise ValueError('state is "on" or "off"')

    def _begin(self, cause: str) -> None:
        """A life of the firmware."""
        bite = None if self.restarts is None else lambda: self._again("watchdog")
        board: Any = VirtualBoard(self.parts, self.device_clock, self.network, self.storage, self.random, cause, bite)
        self._watchdog = board.watchdog
        board = self._taps.board(board) if self.observers else board
        if self.restarts is None:
            self.device = Device(board)
            life = self.device.run()
        else:
            self.loop.let_handle("main", "service", "restart")
            life = self._live(board)
        self._life = self.loop.create_task(life, name="device")

    async def _live(self, board: Any) -> None:
        try:
            entry.end(board, await entry.life(board))
        except Restarted:
            self._again("soft")

    def _again(self, cause: str) -> None:
        """The chip restarts: the firmware is gone at once, and begins anew."""

        async def restart(life: asyncio.Task[None]) -> None:
            await self._cut(life)
            self.network.power_off()
            self.parts.power_off()
            self.device_clock.power_on()
            self._begin(cause)

        if self.powered:
            assert self._life is not None and self.restarts is not None
            self.restarts.append(cause)
            self._restarting = self.loop.create_task(restart(self._life), name="restart")

    async def _cut(self, life: asyncio.Task[None]) -> None:
        """End the firmware where it stands: nothing it would do afterwards reaches the world."""
        self._watchdog.stand_down()
        board, self.storage = self.storage, self.storage.image()
        board.freeze()
        before = list(self.loop.tasks)
        life.cancel()
        for task in before:
            if task.get_name() not in ("main", "service", "restart"):
                task.cancel()
        await asyncio.wait([life])

    async def advance(self, seconds: float) -> None:
        self._check_advance(seconds)
        await asyncio.sleep(seconds)

    async def drift(self, seconds: float) -> None:
        self.device_clock.drift_s = seconds

    async def settled(self) -> None:
        await asyncio.sleep(_MOMENT_S)  # which passes once nobody has anything left to do

    async def plug(self, state: str) -> None:
        if state not in ("in", "out"):
            raise ValueError('state is "in" or "out"')
        self.network.set_link(self.network.interfaces[0], state == "in")
        self._on_change()

    async def hide_names(self, hosts: set[str]) -> None:
        self.network.names_down = set(hosts)

    def _go_by_faults(self) -> None:
        super()._go_by_faults()
        faults, clock = self.cloud.faults, self.device_clock
        held = {fault["kind"]: fault for fault in faults.at("network") + faults.at("device", *_CLOCK_FAULTS)}
        for kind in held.keys() ^ self._held.keys():  # the others are as they were, and perhaps somebody set them so
            if kind == "link-down":
                self.network.set_link(self.network.interfaces[0], kind not in held)
            elif kind == "clock-unset":
                clock.unset = kind in held
            else:
                clock.drift_s = held[kind]["seconds"] if kind in held else 0
        self._held = held

    async def dial(self, host: str, port: int) -> ByteStream:
        service = self.cloud.page_services().get((host, port))
        if service is None:
            return self.network.dial(port)
        return self.network.call(service, f"{host}:{port}")

    def web_config_url(self) -> str:
        return self.network.interfaces[0].web_url
