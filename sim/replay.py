"""A life as a file: what a run that found a violation leaves, and how to see it again, step by step.

The file is JSON: seed, options, steps as `sim/life.py` takes them, and what went wrong. `save` writes it and says the
command that shows it again; `replay` plays it. A file can do nothing but what the steps can do (reliability SV-05).
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sim.life import STEPS, Life, Step

Json = dict[str, Any]
_MOST_BYTES = 1 << 20
_MOST_STEPS = 10_000
_SHOWN_EVENTS = 40  # of one step


def save(life: Life, problem: BaseException, folder: Path | None = None) -> Path:
    """Write the life so far into a file named after the problem, in the place of one that this process wrote before: while
    Hypothesis makes an example smaller, the last one is the smallest. `folder`: None for the system's temporary one.
    """
    folder = folder or Path(tempfile.gettempdir()) / "scanpost"
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", str(problem).partition(":")[0] or type(problem).__name__)[:80]
    path = folder / f"{name}-{os.getpid()}.json"
    path.write_text(json.dumps(to_json(life, problem), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def to_json(life: Life, problem: BaseException) -> Json:
    kind = {"seed": life.world.seed, "rough": life.rough, "small": life.small, "littlefs": life.littlefs}
    return {**kind, "steps": [list(step) for step in life.steps], "violation": words(problem)}


def command(path: Path) -> str:
    return f"python -m sim replay {path}"


def words(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {str(problem)[:1000]}"


class Kept(NamedTuple):
    """What is in a file."""

    seed: int
    rough: bool
    small: bool
    littlefs: bool
    steps: list[Step]
    violation: str


def load(path: Path) -> Kept:
    """Raises ValueError with a sentence, OSError."""
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError(f"{path.name} is too large for a life")
    try:
        kept = json.loads(path.read_text("utf-8"))
        steps = [(name, arguments) for name, arguments in kept["steps"]]
        rough, small, littlefs = (kept.get(name) is True for name in ("rough", "small", "littlefs"))
        life = Kept(kept["seed"], rough, small, littlefs, steps, kept["violation"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError(f"{path.name} is not a life: seed, steps and violation") from None
    if not isinstance(life.seed, int) or not isinstance(life.violation, str) or len(steps) > _MOST_STEPS:
        raise ValueError(f"{path.name} is not a life: seed, steps and violation")
    for name, arguments in steps:
        if not isinstance(name, str) or name not in STEPS or not isinstance(arguments, dict):
            raise ValueError(f"{path.name} has a step that does not exist: {str(name)[:100]!r}")
    return life


def replay(path: Path, show: Callable[[str], None] = print) -> BaseException | None:
    """Play it again and show each step; returns what went wrong this time. Raises ValueError, OSError."""
    kept = load(path)
    show(f"seed {kept.seed}; then: {kept.violation}")
    life = Life(kept.seed, rough=kept.rough, small=kept.small, littlefs=kept.littlefs)
    try:
        life.start()
        for name, arguments in kept.steps:
            before = life.world.events[-1]["n"] if life.world.events else 0
            show(f"\n{_at(life)} {name} {json.dumps(arguments, ensure_ascii=False)}")
            try:
                life.take(name, **arguments)
            finally:
                for event in life.world.trace(before)[-_SHOWN_EVENTS:]:
                    told = {key: value for key, value in event.items() if key not in ("n", "at")}
                    show(f"    {event['at'][11:23]} {json.dumps(told, ensure_ascii=False)[:200]}")
                for why in life.could_not:
                    show(f"    could not: {why}")
            state = life.world.state()
            show(f"    -> {state['accounts'].get('device', {}).get('state')}, screen {state['panel']['screen']}")
    except (AssertionError, RuntimeError, TypeError, LookupError, OSError, ValueError) as problem:
        show(f"\n{words(problem)}")
        return problem
    finally:
        life.end()
    show("\nNothing went wrong this time.")
    return None


def _at(life: Life) -> str:
    seconds, ms = divmod(life.world.loop.now_ms, 1000)
    days, seconds = divmod(seconds, 86400)
    return f"day {days} {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"
