"""`python -m tests.soak`: ten device-years of office life with random misfortune, every invariant asked after each step.

The flash is littlefs, which also loses power in the middle of a write (`--storage ram`: a directory in RAM). Each year is
drawn from the seed and the year; what is kept after year ten must be no more than after year one (but for _GROWTH_BYTES).
Prints a line a year. Exit code 0: no violation and no growth. A violation leaves a file to replay.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time

from sim.flash import SHAPES
from sim.invariants import Violation
from sim.life import Json, Life, Step
from sim.person import ONA, PRINTER
from sim.replay import command, save

_DAY_S = 86400
_DAYS = 365
_GROWTH_BYTES = 150_000  # of 16 MB: histories that are full and modules that are loaded only later
_MISFORTUNE = 0.15  # chance of a day to have one
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
    print("year    mails  faults  violations  memory KB  years a second")
    kept: list[int] = []
    try:
        office.begin()
        for year in range(1, years + 1):
            begun = time.perf_counter()
            office.year(year)
            kept.append(_memory())
            pace = 1 / (time.perf_counter() - begun)
            print(
                f"{year:4} {office.mails:8} {office.faults:7} {0:11} {kept[-1] / 1000:10.0f} {pace:15.3f}", flush=True
            )
    except Violation as violation:
        print(f"{violation}\nShow it again: {command(save(office.life, violation))}")
        return 1
    finally:
        office.life.end()
    grown = kept[-1] - kept[0]
    verdict = "as it should be" if grown <= _GROWTH_BYTES else f"more than {_GROWTH_BYTES / 1000:.0f} KB"
    done = f"{years} device-years, {office.mails} mails, {office.faults} misfortunes, 0 violations"
    print(f"{done}; grown by {grown / 1000:.0f} KB: {verdict}")
    return 0 if grown <= _GROWTH_BYTES else 1


def _memory() -> int:
    """Bytes of all objects there are, with the texts and bytes that they hold; asking the allocator would cost three
    quarters of the speed."""
    gc.collect()
    seen: set[int] = set()
    size = 0
    for holder in gc.get_objects():
        for each in (holder, *gc.get_referents(holder)):
            if id(each) not in seen:
                seen.add(id(each))
                size += sys.getsizeof(each)
    return size


class Office:
    """People, a printer, and what happens to it; `mails` and `faults` are counted."""

    def __init__(self, seed: int, mails_a_day: int, littlefs: bool) -> None:
        self.life = Life(seed, littlefs=littlefs)
        self.mails = 0
        self.faults = 0
        self._mails_a_day = mails_a_day
        self._random = random.Random(seed)

    def begin(self) -> None:
        self.life.start()
        self._take("sign_in", account=PRINTER)

    def year(self, number: int) -> None:
        """`number` draws, so that each year is another one."""
        self._random.seed(f"{self.life.world.seed} {number}")
        for day in range(_DAYS):
            if day % 7 < 5:
                self._working_day(day)
            self._take("wait", seconds=float(_DAY_S - 9 * 3600))
            del self.life.steps[:-_MOST_STEPS]

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
            self._take("send", to=ONA, size=self._random.choice((500, 5000, 50_000)))
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
            [("power_cut", {"off_s": draw.choice((1.0, 600.0))})],
            [("power_cut_while_sending", {"to": ONA, "after_ms": draw.randrange(200)})],
            [("power_cut_in_a_write", {"operations": draw.randrange(60), "shape": draw.choice(SHAPES)})],
            [("link", {"state": "out"}), ("wait", {"seconds": draw.choice((5.0, 900.0))}), ("link", {"state": "in"})],
            [("clock", {"ahead_s": draw.choice((-1e6, 500.0, 1e7))})],
            [("clock", {"wall_ppm": draw.randrange(-200, 200), "ticks_ppm": draw.randrange(-200, 200)})],
            [("revoke", {"address": PRINTER})],
            [("user", {"address": PRINTER, "change": {"password": f"new-{draw.getrandbits(40):x}"}})],
            [("tenant", {"change": _SMTP_OFF}), ("send", {"to": ONA}), ("tenant", {"change": _SMTP_ON})],
            [("begin_sign_in", {}), ("cancel_sign_in", {})],
            [("sign_out", {})],
        )
        return draw.choice(happenings)

    def _take(self, name: str, **arguments: object) -> None:
        self.life.take(name, **arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
