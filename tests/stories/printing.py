"""How a person prints the status sheet, reads the panel meanwhile, and judges what is on the paper."""

from __future__ import annotations

from typing import Any

from firmware.sheet import escpos
from sim.printer import Paper
from sim.words import words
from sim.world import World
from tests.panel.receipt import decode

_STATUS = ("settings.title", "settings.general", "settings.network", "settings.network_status", "settings.print_sheet")


async def tap(world: World, *keys: str) -> None:
    for key in keys:
        await world.tap(words(key, world.state()["panel"]["language"]))


async def open_sheet(world: World) -> None:
    await world.hands.home()
    await tap(world, *_STATUS)


async def print_sheet(world: World) -> None:
    await open_sheet(world)
    await tap(world, "panel.print")


async def says(world: World, *keys: str, timeout_s: float = 60.0) -> dict[str, Any]:
    language = world.state()["panel"]["language"]
    wanted = [words(key, language) for key in keys]
    return await world.until(
        lambda s: all(any(each in row for row in s["panel"]["words"]) for each in wanted), timeout_s
    )


def whole(world: World, paper: Paper) -> bool:
    """Whether every row of dots of the sheet that the device last told about is on the paper, once."""
    told, width = world.parts.monitor.parts["sheet"], world.parts.printer.width
    [page] = decode(b"".join(bytes(piece) for piece in escpos.pieces([tuple(row) for row in told], width)), width)
    ink = bytes(0xFF ^ byte for byte in paper.image().tobytes())
    return paper.words == [part for row in told for part in row[1:] if part] and ink == page.bytes()
