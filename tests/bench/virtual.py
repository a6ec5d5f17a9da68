"""How fast the virtual world is: figures as functions, for `make bench`. Start at `figures`.

Time is processor time of this process, so that what else the machine does counts less. Device and cloud are whole in all
that say nothing else.
"""

from __future__ import annotations

import asyncio
import binascii
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from joserfc import jwt

from sim import World  # first: it shows the firmware where MicroPython's own modules are

# isort: split
from firmware.oauth.token import Account
from sim.flash import FlashStorage
from sim.life import shared_authority
from sim.loop import VirtualLoop
from sim.network import CALM, MemoryStream, Weather, pair
from sim.person import ONA, Administrator, ended, scan_to_email, set_up
from tests.oauth_answers import token_answer
from tests.property.test_token_machine import PROVIDER, TokenMachine, granted

_DAY_S = 86400
_WEEKS = 52
_MAILS_A_DAY = 20
_WORKDAY_S = 9 * 3600
_DOCUMENT_BYTES = 50_000
_KEEP_ALIVE_MS = 7 * _DAY_S * 1000
_TOKENS_A_MAIL = 0.37  # counted in such a year
_BARE_MS = 100_000
_REPLY = b"250 2.0.0 OK\r\n"
_COMMANDS = [b"x" * n for n in (20, 10, 20, 14, 2600, 50, 35, 6)]  # of a session up to DATA, as long as they are
_SHEET = ("Settings", "General Settings", "Network Settings", "Network Status", "Print Status Sheet", "Print")
# A microcontroller on Wi-Fi: the handshake computes for a second or more, and what it encrypts leaves at 50 KB/s.
_BOARD = Weather((5, 30), (20, 60), (1000, 2000), (15, 40), 50_000)


class Figure(NamedTuple):
    what: str
    measured: float
    unit: str
    target: float  # 0: none
    more_is_better: bool

    @property
    def met(self) -> bool:
        return not self.target or (self.measured >= self.target) == self.more_is_better


def figures(weeks: int = _WEEKS) -> list[Figure]:
    """All of them. `weeks`: fewer for a quick look; the device-year is then reckoned from them."""
    years = _WEEKS / weeks
    return [
        Figure("device-year of office life, 5,200 mails of 50 KB", device_year_s(weeks) * years, "s", 10, False),
        Figure("the same with littlefs on a flash", device_year_s(weeks, littlefs=True) * years, "s", 0, False),
        Figure("its exchanges alone, where nobody decides anything", bare_year_s(), "s", 0, False),
        Figure("mails back to back, on a microcontroller's line", busy_factor(_BOARD), "times life", 1000, True),
        Figure("mails back to back, where the network takes no time", busy_factor(CALM), "times life", 0, True),
        Figure("token lifecycles alone", token_years_a_second(), "device-years a second", 300, True),
        Figure("its Hypothesis machine against a trivial one", machine_ratio(), "times", 0.5, True),
    ]


async def office_week(world: World, administrator: Administrator, week: int) -> None:
    """Five working days with twenty mails each, Web Config on Monday, a status sheet each fourth week, the weekend."""
    body = random.Random(week).randbytes(_DOCUMENT_BYTES)
    for day in range(5):
        await world.advance(_DAY_S - _WORKDAY_S)
        if day == 0:
            page = await administrator.email_page()
            if page.url.endswith("/login"):  # the session of last week is over
                await administrator.log_in()
                page = await administrator.email_page()
            assert page.status == 200, page.text
            if week % 4 == 0:
                await world.key("home")
                for words in _SHEET:
                    await world.tap(words)
        for _ in range(_MAILS_A_DAY):
            await world.advance(_WORKDAY_S / _MAILS_A_DAY)
            await scan_to_email(world, ONA, body=body)
            job = await ended(world)
            assert job["status"] == "sent", job
    await world.advance(2 * _DAY_S)
    world.cloud.mailboxes.empty()


def device_year_s(weeks: int = _WEEKS, littlefs: bool = False) -> float:
    """Processor seconds for so many weeks: whole device, whole cloud, drawn when somebody looks; the flash is a directory
    in RAM, or `littlefs`."""

    async def story(world: World) -> None:
        administrator = await set_up(world)
        for week in range(weeks):
            await office_week(world, administrator, week)

    return _seconds(story, littlefs=littlefs)


def bare_year_s(mails: int = 1000) -> float:
    """Processor seconds for a year's exchanges and nothing else: the loop, the streams, base64, the tokens' signatures.

    No protocol, no screen, no record: what no device-year can fall below, on this machine and this interpreter.
    """
    key = shared_authority().token_signer
    document = random.Random(0).randbytes(_DOCUMENT_BYTES)
    chunks = [document[at : at + 8151] for at in range(0, _DOCUMENT_BYTES, 8151)]

    async def server(stream: MemoryStream) -> None:
        await stream.write(_REPLY, _BARE_MS)
        for _ in _COMMANDS:
            await stream.read(65536, _BARE_MS)
            await stream.write(_REPLY, _BARE_MS)
        arrived = b""
        while not arrived.endswith(b"\n.\n"):
            arrived += await stream.read(65536, _BARE_MS)
        assert b"".join(map(binascii.a2b_base64, arrived.splitlines()[:-1])) == document
        await stream.write(_REPLY, _BARE_MS)

    async def client(stream: MemoryStream) -> None:
        await stream.read(1024, _BARE_MS)
        for command in _COMMANDS:
            await stream.write(command, _BARE_MS)
            await stream.read(1024, _BARE_MS)
        for chunk in chunks:
            await stream.write(binascii.b2a_base64(chunk), _BARE_MS)
        await stream.write(b".\n", _BARE_MS)
        await stream.read(1024, _BARE_MS)

    async def year() -> None:
        signatures = 0.0
        for _ in range(mails):
            near, far = pair("device", "server")
            serving = asyncio.create_task(server(far), name="service")
            await client(near)
            await serving
            signatures += _TOKENS_A_MAIL
            if signatures >= 1:
                signatures -= 1
                jwt.encode({"alg": "RS256"}, {"claims": "c" * 1000}, key, algorithms=["RS256"])

    begun = time.process_time()
    VirtualLoop().run(year())
    return (time.process_time() - begun) / mails * _WEEKS * 5 * _MAILS_A_DAY


def busy_factor(weather: Weather = CALM, mails: int = 200) -> float:
    """Virtual seconds in one of the processor's while one mail follows the other without a pause."""
    virtual_s = 0.0

    async def story(world: World) -> None:
        nonlocal virtual_s
        await set_up(world)
        body = bytes(_DOCUMENT_BYTES)
        begun = world.clock.now()
        for _ in range(mails):
            await scan_to_email(world, ONA, body=body)
            await ended(world)
        virtual_s = world.clock.now() - begun

    seconds = _seconds(story, weather)
    return virtual_s / seconds


def _seconds(story: Callable[[World], Awaitable[None]], weather: Weather = CALM, littlefs: bool = False) -> float:
    authority = shared_authority()
    assert authority.token_signer  # drawn before the clock runs
    world = World(seed=0, authority=authority, weather=weather, storage=FlashStorage() if littlefs else None)
    begun = time.process_time()
    world.run(story)  # type: ignore[arg-type]
    return time.process_time() - begun


def token_years_a_second(years: int = 300) -> float:
    """Years of a saved sign-in: a refresh each week by keep-alive, every answer parsed, every record made."""
    ticks = 0
    account = Account()
    account.grant(granted(1, 3600, ticks), "binding", 1_764_576_000, ticks)
    account.commit()
    body = token_answer(access_token="A" * 1500, refresh_token="R" * 1400, id_token=None)  # which nobody asked for
    begun = time.process_time()
    for _ in range(years * _WEEKS):
        ticks += _KEEP_ALIVE_MS
        now_s = 1_764_576_000 + ticks // 1000
        assert account.keep_alive_in_ms(ticks, now_s) == 0
        account.refresh_form(PROVIDER)
        assert account.on_refresh(200, {}, body, now_s, ticks, 0) == "ok"
        account.record()
        account.commit()
    return years / (time.process_time() - begun)


def machine_ratio(examples: int = 100, turns: int = 5) -> float:
    """Steps a second of the token machine over those of a trivial machine with five rules: the median of so many turns, as
    what else the machine does changes by the second."""
    return statistics.median(
        _steps_a_second(TokenMachine, examples) / _steps_a_second(_Trivial, examples) for _ in range(turns)
    )


class _Trivial(RuleBasedStateMachine):
    """Five rules that do next to nothing: what Hypothesis itself costs."""

    def __init__(self) -> None:
        super().__init__()
        self.state = 0

    @rule(n=st.integers(0, 4))
    def one(self, n: int) -> None:
        self.state = n

    @rule()
    def two(self) -> None:
        self.state += 1

    @rule()
    def three(self) -> None:
        self.state -= 1

    @rule(flag=st.booleans())
    def four(self, flag: bool) -> None:
        self.state = int(flag)

    @rule()
    def five(self) -> None:
        self.state = 5


def _steps_a_second(machine: type[RuleBasedStateMachine], examples: int) -> float:
    steps = 0

    class Counted(machine):  # type: ignore[valid-type, misc]
        def check_invariants(self, *arguments: object, **named: object) -> None:
            nonlocal steps
            steps += 1
            super().check_invariants(*arguments, **named)

    plain = settings(
        max_examples=examples,
        stateful_step_count=50,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    begun = time.process_time()
    run_state_machine_as_test(Counted, settings=plain)
    return steps / (time.process_time() - begun)


if __name__ == "__main__":
    for figure in figures():
        verdict = "" if figure.met else "  MISSED"
        print(f"{figure.what}: {figure.measured:.2f} {figure.unit} (target {figure.target:g}){verdict}")
