"""The stories that the atlas plays, and what every one of them must leave behind. Start at `play`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from firmware.panel.strings import text
from sim.cloud.certificates import Authority
from sim.person import ONA, PRINTER, Administrator, ended, scan_to_email, set_up
from sim.trace import Observer
from sim.world import VirtualWorld
from tests.atlas.table import ONCE, Row

_LATER_S = 2 * 3600  # the access token has run out by then: each mail begins with a refresh
_PASSES_S = 20  # how long a state lasts "once": a pulled cable, a full flash
_LONGEST_JOB_S = 6 * 3600
_DAYS_S = 3 * 86400  # nobody comes to the printer
_CANCELLED = 377
_HEALTHY_S = 600
_PANEL_MS = 100
_DARK = "screen_saver"
_FOR_EVER_S = 1_000_000_000
_HOURS = 5  # mails, each tried for a quarter of an hour: longer than the longest Retry-After that is kept
_MOST_CONNECTS = 40
_MOST_POLLS = 200  # of one device code: 15 minutes, every 5 seconds
_EXCHANGE = {
    "service": "exchange",
    "smtp_host": "smtp.office365.com",
    "smtp_port": "587",
    "secure": "starttls",
    "verify": "enable",
}
_DOCUMENT = b"%PDF-1.7 one page\n" * 500
_SIGN_IN_PATH = "network/email/signin"
# Tokens of the simulated cloud as they are, and in base64: access and ID tokens, refresh tokens, device codes, XOAUTH2.
_SECRET = re.compile(r"eyJ[\w-]{20}|1\.[\w-]{60}|AQABIQEAAA|dXNlcj[\w+/=]{20}|Bearer \w")


# Of somebody else's words, as JSON has them: control characters, and marks that turn the direction of what follows.
_DEVIOUS = re.compile(r"\\[nrtbf]|\\u00[01]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Listener(Observer):
    """Keeps all that the device says to anybody, and fails calls of the seam that a row names."""

    def __init__(self) -> None:
        self.said: set[str] = set()
        self.fails = ""  # "scan.read": this call
        self.left = 0  # so many times
        self.struck = False

    def called(self, number: int, part: str, call: str, args: tuple[Any, ...]) -> None:
        if part in ("monitor", "panel") and call in ("log", "state", "say"):
            self.said.add(json.dumps(args, ensure_ascii=False, default=str))
        if self.left and self.fails == f"{part.partition(' ')[0]}.{call}":
            self.left -= 1
            self.struck = True
            raise MemoryError

    def screens(self) -> str:
        return "\n".join(self.said)


def play(row: Row, authority: Authority) -> None:
    """The story of this row. Raises AssertionError."""
    world = VirtualWorld(seed=1, authority=authority)
    listener = Listener()
    world.observers.append(listener)

    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        await world.advance(_LATER_S)
        connects = world.network.connects
        if row.where in ("devicecode", "poll"):
            await _sign_in(world, administrator, row, listener)
        elif row.where == "web":
            await _save(world, administrator, row)
            await _mail(world, row, listener)
        else:
            _strike(world, row, listener)
            await _mail(world, row, listener)
        most = _MOST_POLLS if row.where == "poll" and row.fault != "slow_down" else _MOST_CONNECTS
        assert world.network.connects - connects <= most, "a battery of connections"
        assert world.cloud.faults.strikes or listener.struck or _is_state(row) or row.where == "web", "no strike"
        await _answers(world)
        _kept(world, row)
        _end_fault(world, listener)
        if row.sign_in != "SIGNED_IN":
            await _power_cycle(world, row)
        await _healthy(world, row)
        if row.sign_in == "SIGNED_IN":
            await _power_cycle(world, row)
        await _no_secret(world, listener)
        _harmless(listener)

    world.run(story, deadline_s=10 * 86400)


# --- the fault ---


def _is_state(row: Row) -> bool:
    """Whether the fault does not strike but lasts."""
    return row.where in ("network", "device", "printer") or row.fault.startswith("clock-")


def _strike(world: VirtualWorld, row: Row, listener: Listener) -> None:
    if row.where == "memory":
        listener.fails, listener.left = row.fault, 1 if row.lasts == ONCE else 1 << 30
        return
    where = row.where if row.where != "poll" else "device" if row.fault.startswith("clock") else "token"
    fault: dict[str, Any] = {"where": where, "kind": row.fault, **row.options}
    passes = _is_state(row)
    if row.lasts == ONCE and not passes:
        fault["times"] = 1
    world.add_fault(fault)
    if row.lasts == ONCE and passes:
        world.loop.call_later(_PASSES_S, world.clear_faults)


def _end_fault(world: VirtualWorld, listener: Listener) -> None:
    world.clear_faults()
    listener.left = 0


# --- the stories ---


async def _mail(world: VirtualWorld, row: Row, listener: Listener) -> None:
    if row.outcome == "refused" and row.where != "web":
        await _refused_mail(world, row)
        return
    await scan_to_email(world, ONA, body=_DOCUMENT)
    job = await ended(world, _LONGEST_JOB_S)
    await world.settled()
    told = f"{job} {world.state()['accounts']['device']}"
    if row.outcome in ("sent", "refused"):
        assert (job["status"], job["code"]) == ("sent", None), told
        assert world.mailbox(ONA)[-1]["subject"] == "scan.pdf"
    else:
        assert (job["status"], job["code"]) == ("failed", int(row.outcome)), told
        await _told(world, row, job["detail"])
    if row.where == "printer":
        await _sheet(world, row)
    messages = {json.dumps(_message_id(world, mail["n"])) for mail in world.mailbox(ONA)}
    assert len(messages) <= 1, "one mail, one Message-ID"


async def _told(world: VirtualWorld, row: Row, detail: str) -> None:
    """People read what happened and what to do about it, on the panel and in the job's details."""
    if row.message:
        assert text(row.message) in detail, detail
    keys = (f"code.{row.outcome:>03}", f"solution.{row.outcome:>03}", row.message, *_MESSAGES.get(row.outcome, ()))
    for words in (_words(world), await _seen(world)):
        assert any(key and text(key) in words for key in keys), words


_MESSAGES = {"360": ("message.not_signed_in",), "361": ("message.expired",), "370": ("message.reauth",)}


async def _refused_mail(world: VirtualWorld, row: Row) -> None:
    """It is not taken on, and the panel says why."""
    before = len(world.state()["jobs"])
    world.put_document("scan.pdf", "application/pdf", _DOCUMENT)
    await world.hands.home()
    await world.tap("Scan to Email")
    await world.type(ONA)
    await world.tap("Send")
    await world.until(lambda _: text(row.message) in _words(world), _LONGEST_JOB_S)
    assert len(world.state()["jobs"]) == before
    await world.advance(_PASSES_S)


async def _sheet(world: VirtualWorld, row: Row) -> None:
    """What keeps the printer from printing is on the panel, the sheet can be given up, and without the fault it comes."""
    await _print(world)
    await world.until(lambda _: text(row.message) in _words(world))
    if row.message.startswith("printer."):
        await world.advance(_DAYS_S)
        for words in (_words(world), await _seen(world)):
            assert text(row.message) in words, words
        assert not world.paper(), "nothing is cut off before it is whole"
        await world.tap("Cancel")
        await world.until(lambda s: (s["jobs"][0]["kind"], s["jobs"][0]["code"]) == ("sheet", _CANCELLED))
        await _print(world)
    if row.fault != "slow":
        world.clear_faults()
    if row.message.startswith("code."):
        await _print(world)
    await world.until(lambda s: s["jobs"][0]["status"] == "printed", _DAYS_S)
    await world.settled()
    assert text("message.printed") in await _seen(world)
    assert PRINTER in world.parts.printer.papers[-1].text


async def _print(world: VirtualWorld) -> None:
    await world.hands.home()
    for words in ("Settings", "General Settings", "Network Settings", "Network Status", "Print Status Sheet", "Print"):
        await world.tap(words)


async def _sign_in(world: VirtualWorld, administrator: Administrator, row: Row, listener: Listener) -> None:
    """A new sign-in is under way while the saved one is in use."""
    await administrator.log_in()
    if row.where == "devicecode":
        _strike(world, row, listener)
    attempt = await administrator.begin_sign_in()
    if row.where == "poll":
        _strike(world, row, listener)
    if attempt["state"] == "WAITING":
        code = attempt["user_code"]
        if code:
            await world.signin(code, PRINTER, administrator.password(PRINTER), "user")
        state = await world.until(lambda s: s["signin"]["state"] not in ("REQUESTING", "WAITING"), _LONGEST_JOB_S)
        attempt = state["signin"]
    assert attempt["state"] == row.outcome, attempt
    if row.message:
        assert text(row.message) in attempt["reason"], attempt
    page = await administrator.email_page()
    assert "<script>alert" not in page.html and "javascript:" not in page.html
    world.clear_faults()
    await scan_to_email(world, ONA, body=_DOCUMENT)
    assert (await ended(world))["status"] == "sent", "the saved sign-in works on"


async def _save(world: VirtualWorld, administrator: Administrator, row: Row) -> None:
    """Whoever has an administrator's session points the device elsewhere (reliability-facts 8, PB)."""
    await administrator.log_in()
    page = await administrator.email_page()
    form = next(form for form in page.forms if "smtp_host" in form.fields)
    for name in row.options:
        form.fields.setdefault(name, "")  # what no field is for, too
    page = await administrator.browser.press(page, "OK", **row.options)
    sure = [word for each in page.forms for word in each.buttons if word.startswith(("Save", "Yes", "OK, "))]
    if sure:
        page = await administrator.browser.press(page, sure[0])
    if row.outcome == "refused":
        words, shown = text(row.message).partition("{}")[0], " ".join(page.text.split())
        assert words in shown, shown


# --- what must hold afterwards ---


async def _answers(world: VirtualWorld) -> None:
    """The device lives, and its panel answers."""
    await _seen(world)
    await _press(world, "home", lambda screen: screen == "home")


async def _seen(world: VirtualWorld) -> str:
    """What somebody reads who comes to the panel: where it is dark, they press a key."""
    if world.state()["panel"]["screen"] == _DARK:
        await _press(world, "ok", lambda screen: screen != _DARK)
    return _words(world)


async def _press(world: VirtualWorld, key: str, shown: Callable[[str], bool]) -> None:
    before_ms = world.loop.now_ms
    await world.key(key)
    await world.until(lambda s: shown(s["panel"]["screen"]), _PANEL_MS / 1000)
    assert world.loop.now_ms - before_ms <= _PANEL_MS, "the panel is slow"


def _kept(world: VirtualWorld, row: Row) -> None:
    account = world.state()["accounts"]["device"]
    assert account["state"] == row.sign_in, account
    assert (account["state"] == "SIGNED_IN") == ("S" in row.kept)
    assert (world.document() is not None) == ("D" in row.kept)


async def _power_cycle(world: VirtualWorld, row: Row) -> None:
    """What is kept is on flash."""
    jobs = [(job["id"], job["status"], job["code"]) for job in world.state()["jobs"]]
    await world.power("off")
    await world.power("on")
    state = await world.until(lambda s: s["accounts"])
    assert state["accounts"]["device"]["state"] == row.sign_in, state["accounts"]
    if "H" in row.kept:
        assert [(job["id"], job["status"], job["code"]) for job in state["jobs"]] == jobs, state["jobs"]


async def _healthy(world: VirtualWorld, row: Row) -> None:
    """Within ten minutes another mail goes through; where only a person can help, after that person has; where the server
    said when to come again, then, and the panel says that it waits."""
    if world.state()["accounts"]["device"]["state"] != "SIGNED_IN":
        administrator = Administrator(world)
        await administrator.log_in()
        answer = await administrator.sign_in(PRINTER, "user", **_EXCHANGE)
        assert answer["result"] == "signed-in", answer
        await administrator.press_ok()
    before = len(world.mailbox(ONA))
    await scan_to_email(world, ONA, body=_DOCUMENT)
    try:
        job = await ended(world, _HEALTHY_S)
    except TimeoutError:
        if row.options.get("retry_after") != _FOR_EVER_S or text("scan.retry") not in _words(world):
            raise
        job = await ended(world, _LONGEST_JOB_S)
        for _ in range(_HOURS):
            if job["status"] == "failed":
                await scan_to_email(world, ONA, body=_DOCUMENT)
                job = await ended(world, _LONGEST_JOB_S)
    assert job["status"] == "sent", f"not healthy: {job}"
    assert len(world.mailbox(ONA)) == before + 1


async def _no_secret(world: VirtualWorld, listener: Listener) -> None:
    administrator = Administrator(world)
    await administrator.log_in()
    pages = [(await administrator.email_page()).html]
    passwords = [user["password"] for user in world.accounts()]
    for place, words in (
        ("said by the device", listener.screens()),
        ("in the trace", json.dumps(list(world.events), ensure_ascii=False, default=str)),
        ("on a page", "\n".join(pages)),
    ):
        found = _SECRET.search(words)
        assert found is None, f"a secret is {place}: {words[found.start() - 200 : found.end() + 20]}"
        for password in passwords:
            assert password not in words, f"a password is {place}"


def _harmless(listener: Listener) -> None:
    """Whatever somebody else said: it is one line, and looks like what it is."""
    for said in listener.said:
        assert _DEVIOUS.search(said) is None, said


def _words(world: VirtualWorld) -> str:
    return " ".join(" ".join(world.parts.panel.words).split())


def _message_id(world: VirtualWorld, number: int) -> str:
    head = world.message(ONA, number).partition(b"\r\n\r\n")[0].decode("latin-1")
    return next(line for line in head.split("\r\n") if line.lower().startswith("message-id:"))
