"""What is generated is made before anything imports the firmware; what tests have counted is told when they have ended.

How much Hypothesis draws: HYPOTHESIS_PROFILE=long is for the long runs (`make property`), the rest for every run. Whole
flashes and whole devices are dearer than a protocol: their tests draw fewer, and say how many. No example has a deadline,
which a busy computer would miss.
"""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

from sim.image import build_generated

build_generated()
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", deadline=None, max_examples=10_000, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is no such hook
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: one more than there are cores, since a test of a process waits in real time now and then."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (cores or 1) + 1


def pytest_collection_finish() -> None:
    """Thousands of tests that were collected are no garbage, and need not be looked through for it time and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 5)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Each "power cuts" property of a test (`tests/powercuts`): a name and numbers by their names."""
    rows: list[tuple[str, dict[str, int]]] = [
        (value[0], value[1])
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == "power cuts" and report.when == "call"
    ]
    if not rows:
        return
    terminalreporter.section("power cuts")
    sums: dict[str, int] = {}
    for _, numbers in rows:
        for name, number in numbers.items():
            sums[name] = sums.get(name, 0) + number
    for title, shown in (*sorted(rows), ("all", sums)):
        terminalreporter.write_line(f"{title:44}" + "".join(f"{n:10,} {name}" for name, n in shown.items()))
