"""`python -m tests.soak`: ten device-years of office life with random misfortune, every invariant asked after each step.

The flash is littlefs, which also loses power in the middle of a write (`--storage ram`: a directory in RAM). Each year is
drawn from the seed and the year, and ends in the same state (`Office.close_year`). The memory in use then must be that of
year one (but for _GROWTH_BYTES), the device's and the world's each for itself. At the end of the odd years the device has
just been switched on, at the end of the even ones it has been on all year: what it hoards shows. Prints a line a year, and
on a terminal each day. Exit code 0: no violation and no growth. A violation leaves a file to replay.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time
from typing import NamedTuple

from sim.browser import read_page
from sim.flash import PAGE, SHAPES, Flash
from sim.invariants import Violation
from sim.life import Json, Life, Step
from sim.person import ONA, PRINTER
from sim.replay import command, save

_DAY_S = 86400
_DAYS = 365
_GROWTH_BYTES = 25_000  # of 16 MB: texts are not equally long each year
_MISFORTUNE = 0.15  # chance of a day to have one
_ENTRY_BYTES = 60  # of a dict, which CPython leaves as large as it ever was: counted is what is in it
_SIZES = 500, 5000, 50_000  # bytes of a document
_MOST_STEPS = 500  # of those kept for a replay; more would be memory that grows

_SMTP_OFF: Json = {"smtp_auth_disabled": True}
_SMTP_ON: Json = {"smtp_auth_disabled": False}

# What may happen to an office printer, and what ends it. A fault is over by the evening.
_FAULTS = (
    {"where": "token", "kind": "503", "times": 3, "retry_after": 60},
    {"where": "token", "kind": "429", "times": 2, "retry_after": 600},
    {"where": "token", "kind": "garbage", "times": 2},
    {"where": "token", "kind": "truncated", "times": 1},
    {"where": "token", "kind": "lost-answer", "times": 2},
    {"where": "token", "kind": "drop", "times": 3},
    {"where": "token", "kind": "slow", "times": 2, "seconds": 90},
    {"where": "smtp", "kind": "421", "times": 2},
    {"where": "smtp", "kind": "432", "times": 1},
    {"where": "smtp", "kind": "drop-at-data", "times": 2},
    {"where": "smtp", "kind": "drop-mid-data", "times": 1, "bytes": 700},
    {"where": "smtp", "kind": "lost-250", "times": 1},
    {"where": "smtp", "kind": "no-starttls", "times": 1},
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mails", type=int, default=20, help="on a working day")
    parser.add_argument("--storage", choices=("littlefs", "ram"), default="littlefs")
    options = parser.parse_args(arguments)
    return soak(options.years, options.seed, options.mails, options.storage == "littlefs")


def soak(years: int, seed: int, mails_a_day: int, littlefs: bool = True) -> int:
    """Play it and print; the exit code."""
    office = Office(seed, mails_a_day, littlefs)
    print("year    mails  faults  violations  device KB  world KB  seconds", flush=True)
    kept: list[Kept] = []
    try:
        office.begin()
        for year in range(1, years + 1):
            begun = time.perf_counter()
            office.year(year)
            kept.append(office.close_year())
            print(
                f"{year:4} {office.mails:8} {office.faults:7} {0:11} {kept[-1].device / 1000:10.1f}"
                f" {kept[-1].world / 1000:9.1f} {time.perf_counter() - begun:8.0f}",
                flush=True,
            )
    except Violation as violation:
        print(f"{violation}\nShow it again: {command(save(office.life, violation))}")
        return 1
    finally:
        office.life.end()
    device = max(each.device for each in kept) - kept[0].device
    world = kept[-1].world - kept[0].world
    print(f"{years} device-years, {office.mails} mails, {office.faults} misfortunes, 0 violations")
    verdict = "as it should be" if max(device, world) <= _GROWTH_BYTES else f"more than {_GROWTH_BYTES / 1000:.0f} KB"
    print(f"the device has grown by {device / 1000:.1f} KB, the world by {world / 1000:.1f} KB: {verdict}")
    return 0 if max(device, world) <= _GROWTH_BYTES else 1


class Kept(NamedTuple):
    """Bytes of all objects that there are when a year is over."""

    device: int  # what goes with the power
    world: int  # and what stays


def _every_torn_shape() -> None:
    """What the flash draws once for each way to tear a block and keeps is drawn now."""
    flash = Flash(blocks=16)
    flash.record()
    for block in range(len(flash.blocks)):
        flash.erase(None, block)
        flash.prog(None, block, 0, bytes(PAGE))
    assert all(cut.picture for cut in flash.cuts())


def _memory() -> int:
    """Bytes of all objects there are, with the texts and bytes that they hold; asking the allocator would cost three
    quarters of the speed. Without the pages that the people's browsers have read and keep, up to a number."""
    read_page.cache_clear()
    gc.collect()
    seen: set[int] = set()
    size = 0
    for holder in gc.get_objects():
        for each in (holder, *gc.get_referents(holder)):
            if id(each) not in seen:
                seen.add(id(each))
                size += len(each) * _ENTRY_BYTES if isinstance(each, dict) else sys.getsizeof(each)
    return size


class Office:
    """People, a printer, and what happens to it; `mails` and `faults` are counted."""

    def __init__(self, seed: int, mails_a_day: int, littlefs: bool) -> None:
        self.life = Life(seed, littlefs=littlefs)
        self.mails = 0
        self.faults = 0
        self._mails_a_day = mails_a_day
        self._random = random.Random(seed)
        self._cuts = True  # whether the power may go this year

    def begin(self) -> None:
        _every_torn_shape()
        self.life.start()
        self._take("sign_in", account=PRINTER)

    def year(self, number: int) -> None:
        """`number` draws, so that each year is another one."""
        self._random.seed(f"{self.life.world.seed} {number}")
        self._cuts = number % 2 == 1
        for day in range(_DAYS):
            if sys.stderr.isatty():
                print(f"\ryear {number}, day {day + 1} of {_DAYS} ", end="\r", file=sys.stderr, flush=True)
            if day % 7 < 5:
                self._working_day(day)
            self._take("wait", seconds=float(_DAY_S - 9 * 3600))
            del self.life.steps[:-_MOST_STEPS]

    def close_year(self) -> Kept:
        """Bring everything to the state that it has at each year's end, and see what is in use then."""
        life = self.life
        self._take("recover")
        life.steps.clear()
        if self._cuts:
            self._take("power_cut")
        self._take("sign_in", account=PRINTER)
        self._take("look", page="network/email/basic")
        self._take("print_sheet")
        self._take("take_papers")
        for size in _SIZES:
            self._take("send", to=ONA, size=size)
        self._take("wait", seconds=float(_DAY_S))
        self._take("mailboxes_emptied")
        life.world.forget_events()
        both = _memory()
        life.world.do(life.world.power("off"))
        life.world.do(life.world.settled())
        world = _memory()
        life.world.do(life.world.power("on"))
        return Kept(both - world, world)

    def _working_day(self, day: int) -> None:
        if self._random.random() < _MISFORTUNE:
            self.faults += 1
            for name, arguments in self._misfortune():
                self._take(name, **arguments)
        if day % 7 == 0:
            self._take("look", page="network/email/basic")
        if day % 28 == 0:
            self._take("print_sheet")
            self._take("take_papers")
        for _ in range(self._mails_a_day):
            self._take("wait", seconds=9 * 3600 / self._mails_a_day)
            self._take("send", to=ONA, size=self._random.choice(_SIZES))
            self.mails += 1
        self._take("recover")
        if self.life.world.state()["accounts"]["device"]["state"] != "SIGNED_IN":
            self._take("sign_in", account=PRINTER)
        self._take("mailboxes_emptied")

    def _misfortune(self) -> list[Step]:
        draw = self._random
        happenings: tuple[list[Step], ...] = (
            [("fault", {"fault": dict(draw.choice(_FAULTS))})],
            [("fault", {"fault": dict(draw.choice(_FAULTS))}), ("fault", {"fault": dict(draw.choice(_FAULTS))})],
            [("link", {"state": "out"}), ("wait", {"seconds": draw.choice((5.0, 900.0))}), ("link", {"state": "in"})],
            [("clock", {"ahead_s": draw.choice((-1e6, 500.0, 1e7))})],
            [("clock", {"wall_ppm": draw.randrange(-200, 200), "ticks_ppm": draw.randrange(-200, 200)})],
            [("revoke", {"address": PRINTER})],
            [("user", {"address": PRINTER, "change": {"password": f"new-{draw.getrandbits(40):x}"}})],
            [("tenant", {"change": _SMTP_OFF}), ("send", {"to": ONA}), ("tenant", {"change": _SMTP_ON})],
            [("begin_sign_in", {}), ("cancel_sign_in", {})],
            [("sign_out", {})],
        )
        cuts: tuple[list[Step], ...] = (
            [("power_cut", {"off_s": draw.choice((1.0, 600.0))})],
            [("power_cut_while_sending", {"to": ONA, "after_ms": draw.randrange(200)})],
            [("power_cut_in_a_write", {"operations": draw.randrange(60), "shape": draw.choice(SHAPES)})],
        )
        return draw.choice(happenings + cuts if self._cuts else happenings)

    def _take(self, name: str, **arguments: object) -> None:
        self.life.take(name, **arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
