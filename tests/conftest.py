"""What is generated is made before anything imports the firmware; what tests have counted is told when they have ended."""

from __future__ import annotations

import pytest

from sim.image import build_generated

build_generated()


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
