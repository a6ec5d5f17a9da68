"""What people, time and the world do to a printer, as steps that are data: a name and arguments, ready for JSON.

`Life` plays steps in a virtual world that is watched by all invariants; after each one they are asked. The same seed and
the same steps give the same run, which is what makes a failing one a file (`sim/replay.py`). A step that cannot be taken
(the power is off, no such button) is no error: people try such things. To add one: write a method and add it to `STEPS`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from functools import cache
from typing import Any

from hal.errors import NetworkError
from sim.browser import Page
from sim.cloud.certificates import Authority
from sim.cloud.cloud import PARTNER_LOGIN_HOST, PARTNER_SMTP_HOST, PARTNER_SMTP_PORT
from sim.cloud.entra import PARTNER_CLIENT_ID
from sim.flash import Flash, FlashStorage
from sim.invariants import ALL, Invariant, healthy_within_ten_minutes_after_faults_end
from sim.network import CALM, ROUGH
from sim.person import Administrator, newest, scan_to_email
from sim.trace import Observer
from sim.watch import Watch
from sim.world import Conflict, VirtualWorld

Json = dict[str, Any]
Step = tuple[str, Json]

_MOST_RETRY_AFTER_S = 3600.0
_SENDING_S = 30.0
# Settings of the device's service Custom with an authority, a client, a scope and a mail server that are somebody else's.
CUSTOM: Json = {
    "service": "custom",
    "authority": f"https://{PARTNER_LOGIN_HOST}/organizations/v2.0",
    "client_id": PARTNER_CLIENT_ID,
    "scope": "https://outlook.office.com/SMTP.Send offline_access openid",
    "smtp_host": PARTNER_SMTP_HOST,
    "smtp_port": str(PARTNER_SMTP_PORT),
}
# The fax server's, at the provider that is the second tenant (manual R21).
FAX: Json = {
    "fax_domain": "fax.faksas.example",
    "service": "custom",
    "authority": "https://signin.faksas.example",
    "client_id": "scanpost-printer",
    "scope": "mail.send offline_access openid email",
    "smtp_host": "mail.faksas.example",
}
FAX_ACCOUNT = "bureau@faksas.example"
_BASIC = {"email": "network/email/basic", "fax": "fax/server/basic"}
_PAGES = ("", "network/email/basic", "network/email/signin", "security/password", "login", "nothing-here")
_TILES = ("Job Status", "Network Status", "Settings", "Scan to Email")
# What a person meets who does something at the wrong time; the invariants say whether it was the device's fault.
_CANNOT = (TimeoutError, LookupError, Conflict, NetworkError, ValueError, StopIteration)


@cache
def shared_authority() -> Authority:
    """One for all worlds of this process: drawing its key takes half a second, and no life needs a key of its own."""
    return Authority.new(random.Random(1))


class Life:
    """One printer's life. `start` it, `take` steps, `end` it; each may raise a Violation."""

    def __init__(
        self,
        seed: int,
        rough: bool = False,
        small: bool = False,
        littlefs: bool = False,
        invariants: Sequence[type[Invariant]] = ALL,
        observers: Sequence[Observer] = (),
        trace: bool = False,
    ) -> None:
        """`rough`: a bad network, where everything takes long and comes in pieces. `small`: a panel of 128x64 with keys.
        `littlefs`: a flash as boards have it, which can lose power in the middle of a write, for a directory in RAM."""
        self.rough = rough
        self.small = small
        self.littlefs = littlefs
        self.world = VirtualWorld(
            seed=seed,
            authority=shared_authority(),
            size=(128, 64) if small else (320, 240),
            weather=ROUGH if rough else CALM,
            trace=trace,
            storage=FlashStorage() if littlefs else None,
        )
        self.world.observers.extend(observers)
        self.watch = Watch(self.world, invariants)
        self.steps: list[Step] = []
        self.could_not: list[str] = []  # why the last step could not be taken
        self.administrator = Administrator(self.world)
        self._outage: asyncio.Task[None] | None = None  # a power cut in the middle of a write, until it is over

    def start(self) -> None:
        self.world.patch_tenant({"consent": ["organization"]})  # as the first sign-in, an administrator's, left it
        self.world.start()

    def end(self) -> None:
        self.world.stop()

    def take(self, name: str, /, **arguments: Any) -> None:
        """Take one step, let the device settle, and ask the invariants. Raises Violation, and what the world raises."""
        if name not in STEPS:
            raise ValueError(f"There is no step {name!r}; there are {', '.join(STEPS)}")
        self.steps.append((name, arguments))
        self.could_not = []
        self.world.do(self._taken(STEPS[name], arguments))
        self.watch.settled()

    async def _taken(self, step: Callable[..., Coroutine[Any, Any, None]], arguments: Json) -> None:
        try:
            await step(self, **arguments)
        except (*_CANNOT, ConnectionError) as error:
            if isinstance(error, ConnectionError) and self._outage is None:
                raise
            self.could_not.append(f"{type(error).__name__}: {str(error)[:200]}")
        if self._outage is not None:
            await self._outage
            self._outage = None
        await self.world.settled()

    # --- the administrator at Web Config ---

    async def log_in(self) -> None:
        await self.administrator.log_in()

    async def _page(self, path: str) -> Page:
        page = await self.administrator.browser.open(self.world.web_config_url() + path)
        if page.url.endswith("/login") and path != "login":
            await self.administrator.log_in()
            page = await self.administrator.browser.open(self.world.web_config_url() + path)
        return page

    async def _press(self, page: Page, *buttons: str, **fields: str | bool) -> Page:
        words = [word for form in page.forms for word in form.buttons]
        for button in buttons:
            for word in words:
                if word.startswith(button):
                    return await self.administrator.browser.press(page, word, **fields)
        raise LookupError(f"{page.url} has none of {buttons}, it has {words}")

    async def begin_sign_in(self, fields: Json | None = None) -> None:
        """Press Sign In, with these fields of the form filled in."""
        await self._page("network/email/basic")
        await self.administrator.begin_sign_in(**fields or {})

    async def finish_sign_in(self, account: str, consent: str = "organization") -> None:
        """Somebody enters the code on the cloud's page; `consent` "decline" says no."""
        signin = self.world.state()["signin"] or {}
        password = self.administrator.password(account)
        await self.world.signin(signin.get("user_code") or "NOTACODE", account, password, consent)

    async def sign_in(self, account: str, ok: bool = True, fields: Json | None = None) -> None:
        """All of it, with OK or without (manual R06, R07)."""
        await self.begin_sign_in(fields)
        await self.finish_sign_in(account)
        await self.world.until(lambda s: s["signin"] and s["signin"]["state"] != "WAITING", 60)
        if ok:
            await self.press_ok()

    async def fax_sign_in(self, ok: bool = True) -> None:
        """Set the fax server up and sign in to it, with an account of its own (manual R21)."""
        await self._page(_BASIC["fax"])
        await self.administrator.begin_sign_in("fax", **FAX)
        await self.finish_sign_in(FAX_ACCOUNT, "user")
        await self.world.until(lambda s: s["signin"] and s["signin"]["state"] != "WAITING", 60)
        if ok:
            await self.press_ok("fax")

    async def press_ok(self, server: str = "email", **fields: str) -> None:
        page = await self._press(await self._page(_BASIC[server]), "OK", **fields)
        if page.status == 422:  # refused: what was typed is dropped
            await self._press(page, "Discard")
        else:
            await self._confirm(page)

    async def _confirm(self, page: Page) -> None:
        for _ in range(2):
            words = [word for form in page.forms for word in form.buttons]
            if not any(word.startswith(("Yes", "Save")) for word in words):
                return
            page = await self._press(page, "Yes", "Save", **self.administrator.proof(page))

    async def cancel_sign_in(self) -> None:
        await self._press(await self._page("network/email/signin"), "Cancel")

    async def sign_out(self) -> None:
        page = await self._press(await self._page("network/email/basic"), "Sign Out")
        await self._press(page, "Sign Out", "Yes", **self.administrator.proof(page))

    async def settings(self, fields: Json) -> None:
        """Change some fields of Network > Email Server > Basic and press OK."""
        await self.press_ok(**fields)

    async def add_user(self, id: str, email: str, pin: str) -> None:
        """Enter a user of Scan to My Email, whose mails come from their own address (manual R22, R24)."""
        if self.world.device is not None and self.world.device.settings()["sender_of"] != "user":
            await self.press_ok(sender_of="user")
        await self._page("users")
        await self.administrator.add_user(id=id, email=email, pin=pin)

    async def look(self, page: str = "", tile: str = "") -> None:
        """Open a page of Web Config, or a screen of the panel."""
        if tile:
            await self.world.key("home")
            await self.world.tap(tile)
        else:
            await self._page(page)

    async def stranger(self) -> None:
        """Somebody without the password looks for the code."""
        browser = self.world.browser()
        for path in _PAGES:
            await browser.open(self.world.web_config_url() + path)

    # --- people at the panel ---

    async def send(self, to: str, size: int = 1000, name: str = "scan.pdf", wait_s: float = _SENDING_S) -> None:
        await scan_to_email(self.world, to, name, b"%PDF" + b"x" * size)
        if wait_s:
            await self.world.until(lambda s: s["jobs"][0]["status"] in ("sent", "failed"), wait_s)

    async def fax(self, to: str, wait_s: float = _SENDING_S) -> None:
        """Fax a document to this number from the panel."""
        self.world.put_document("fax.pdf", "application/pdf", b"%PDF" + b"x" * 1000)
        await self.world.hands.home()
        await self.world.tap("Send Fax")
        await self.world.type(to)
        await self._send(wait_s)

    async def my_email(self, id: str, pin: str, wait_s: float = _SENDING_S) -> None:
        """A user mails a document to themself, from their own account (manual R24)."""
        self.world.put_document("scan.pdf", "application/pdf", b"%PDF" + b"x" * 1000)
        await self._user_log_in(id, pin)
        await self._send(wait_s)

    async def user_sign_in(self, id: str, pin: str, account: str, ok: bool = True) -> None:
        """A user signs in for themself at the panel (manual R24)."""
        await self._user_log_in(id, pin)
        await self.world.tap("Sign in")
        await self.world.until(lambda s: s["signin"] and s["signin"]["state"] == "WAITING", _SENDING_S)
        await self.finish_sign_in(account, "user")
        await self.world.until(lambda s: s["signin"] and s["signin"]["state"] != "WAITING", 60)
        if ok:
            await self.world.tap("OK")

    async def _user_log_in(self, id: str, pin: str) -> None:
        await self.world.hands.home()
        await self.world.tap("Scan to My Email")
        for words in (id, pin):
            await self.world.type(words)
            await self.world.tap("OK")

    async def _send(self, wait_s: float) -> None:
        before = newest(self.world.state())
        await self.world.tap("Send")
        await self.world.until(lambda s: newest(s) > before)
        if wait_s:
            await self.world.until(lambda s: s["jobs"][0]["status"] in ("sent", "failed"), wait_s)

    async def take_document_away(self) -> None:
        self.world.remove_document()

    async def cancel_job(self) -> None:
        """Open the newest job that is not over on the panel, and cancel it."""
        await self.world.key("home")
        await self.world.tap("Job Status")
        waiting = [job for job in self.world.state()["jobs"] if job["status"] in ("waiting", "sending")]
        await self.world.tap(waiting[0]["to"] if waiting else "Sending")
        await self.world.tap("Cancel")

    async def print_sheet(self) -> None:
        await self.world.key("home")
        way = ("Settings", "General Settings", "Network Settings", "Network Status", "Print Status Sheet", "Print")
        for words in way:
            await self.world.tap(words)

    async def take_papers(self) -> None:
        """Somebody takes what lies in the printer's tray."""
        self.world.parts.printer.papers.clear()

    # --- time and misfortune ---

    async def wait(self, seconds: float) -> None:
        await self.world.advance(seconds)

    async def clock(self, ahead_s: float = 0.0, wall_ppm: int = 0, ticks_ppm: int = 0, unset: bool = False) -> None:
        clock = self.world.device_clock
        clock.drift_s = ahead_s
        clock.run_wrong(wall_ppm, ticks_ppm)
        clock.unset = unset

    async def power_cut(self, off_s: float = 5.0) -> None:
        await self.world.power("off")
        await self.world.advance(off_s)
        await self.world.power("on")

    async def power_cut_while_sending(self, to: str, after_ms: int, off_s: float = 5.0) -> None:
        """Cut the power so long after *Send* was tapped."""
        await scan_to_email(self.world, to, body=b"%PDF" + b"x" * 20_000)
        await self.world.advance(after_ms / 1000)
        await self.power_cut(off_s)

    async def power_cut_in_a_write(self, operations: int, shape: str, off_s: float = 5.0) -> None:
        """The power will go at the so-many-th operation of the flash from now on, and leave it in this shape."""
        flash = self._flash()
        if flash is None:
            raise LookupError("A directory in RAM is not cut in the middle of a write")
        flash.cut_at = flash.operations + operations, shape
        flash.on_cut = lambda: self._cut_off(off_s)

    def _flash(self) -> Flash | None:
        storage = self.world.storage
        return storage.flash if isinstance(storage, FlashStorage) else None

    def _cut_off(self, off_s: float) -> None:
        self.watch.cut_in_a_write()
        # Of the firmware's tasks nothing is left; this one is as much the world's as the servers'.
        self._outage = self.world.loop.create_task(self.power_cut(off_s), name="service")

    async def link(self, state: str) -> None:
        await self.world.plug(state)

    async def fault(self, fault: Json) -> None:
        self.world.add_fault(fault)

    async def faults_end(self) -> None:
        self.world.clear_faults()

    # --- what administrators of the tenant do ---

    async def tenant(self, change: Json) -> None:
        self.world.patch_tenant(change)

    async def user(self, address: str, change: Json) -> None:
        self.world.patch_user(address, change)

    async def revoke(self, address: str) -> None:
        self.world.revoke(address)

    async def mailboxes_emptied(self) -> None:
        self.world.cloud.mailboxes.empty()

    # --- the end of all misfortune ---

    async def recover(self) -> None:
        """Faults end, the cable is in, the clock right: within ten minutes a mail goes out, or the panel says what to do."""
        self.world.clear_faults()
        if (flash := self._flash()) is not None:
            flash.cut_at = None
        await self.world.plug("in")
        await self.world.hide_names(set())
        await self.clock()
        if not self.world.powered:
            await self.world.power("on")
        await healthy_within_ten_minutes_after_faults_end(self.world, self.retry_after_s())

    def retry_after_s(self) -> float:
        """How long the token service still wants to be left alone: that much longer it may take."""
        from sim.invariants import RetryAfterIsKept

        kept = self.watch.part(RetryAfterIsKept)
        left_ms = max(kept.not_before_ms.values(), default=0) - self.world.loop.now_ms
        return max(0.0, min(left_ms / 1000, _MOST_RETRY_AFTER_S) * 1.3)


STEPS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    step.__name__: step
    for step in (
        Life.log_in,
        Life.begin_sign_in,
        Life.finish_sign_in,
        Life.sign_in,
        Life.fax_sign_in,
        Life.add_user,
        Life.user_sign_in,
        Life.press_ok,
        Life.cancel_sign_in,
        Life.sign_out,
        Life.settings,
        Life.look,
        Life.stranger,
        Life.send,
        Life.fax,
        Life.my_email,
        Life.take_document_away,
        Life.cancel_job,
        Life.print_sheet,
        Life.take_papers,
        Life.wait,
        Life.clock,
        Life.power_cut,
        Life.power_cut_while_sending,
        Life.power_cut_in_a_write,
        Life.link,
        Life.fault,
        Life.faults_end,
        Life.tenant,
        Life.user,
        Life.revoke,
        Life.mailboxes_emptied,
        Life.recover,
    )
}
PAGES, TILES = _PAGES, _TILES
