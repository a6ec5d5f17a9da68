"""What the panel costs, measured on MicroPython in the heap of a device: prints lines `figure value`, in us or bytes.

Run by `tests/bench/panel.py` with the firmware compiled as for a board; its arguments are a display's width and height, and
a language. Heap is what is left in use after a collection. Of a screen the lower quartile counts, of the screens the worst.
"""

import asyncio
import gc
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.panel.fake import Desk

_TIMES = 40
_STATUS = ("settings.title", "settings.general", "settings.network", "settings.network_status")
_SCREENS = (
    (),
    ("job.all",),
    ("job.all", "lina@bureau.example"),
    _STATUS + ("settings.wired_status",),  # noqa: RUF005  MicroPython has no star in a tuple
    _STATUS + ("settings.email_status",),  # noqa: RUF005
    ("scan.title",),
    ("scan.title", "scan.to_none"),
    ("scan.title", "scan.to_none", "scan.to_none"),
)


def used_bytes() -> int:
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


def told(large: bool, language: str) -> None:
    """Fonts and words, from import to import."""
    import firmware.panel.fonts
    import firmware.panel.words  # noqa: F401  the packages themselves

    before = used_bytes()
    if large:
        from firmware.panel.fonts import sans_13, sans_15

        fonts = used_bytes()
        from firmware.panel.fonts import icons_18

        print("icons_bytes", used_bytes() - fonts)
        assert sans_13 and sans_15 and icons_18
    else:
        from firmware.panel.fonts import sans_10

        fonts = used_bytes()
        assert sans_10
    print("fonts_bytes", fonts - before)
    before = used_bytes()
    _load("often", language)
    words = used_bytes()
    print("words_bytes", words - before)
    _load("seldom", language)
    print("seldom_bytes", used_bytes() - words)


def _load(group: str, language: str) -> None:
    for part in ("keys", language):
        assert __import__("firmware.panel.words." + group + "_" + part, None, None, ("*",))


def drawing(width: int, height: int, large: bool) -> None:
    """The frame, and all that is kept from one drawing for the next."""
    if large:
        from firmware.panel.touch import TouchLook as Look
    else:
        from firmware.panel.small import SmallLook as Look
    before = used_bytes()
    look = Look(width, height)
    drawn = look.canvas(width, height)
    for radius in (4, 5, 6, 7, 8, 23) if large else (2, 3):
        drawn.round(0, 0, 60, 60, 1, 0, radius)
    print("drawing_bytes", used_bytes() - before)
    assert look and drawn


async def times(width: int, height: int, language: str) -> None:
    from tests.panel.fake import Desk, Device, Document

    device = Device((width, height), language)
    device.history()
    device.ended("EXPIRED", "reason.unused")
    device.board.scanner.lies = Document("Sutartis Nr. 12.pdf", 1_843_200, 12)
    device.contacts.list = [("Ona", "ona@bureau.example"), ("Rasa", "rasa@bureau.example")]
    desk = await Desk(device).begin()
    redraw_us, press_us, letter_us = await on_screens(desk, language)
    await desk.end()
    print("redraw_us", redraw_us)
    print("press_us", press_us)
    print("letter_us", letter_us)


async def on_screens(desk: "Desk", language: str) -> "tuple[int, int, int]":
    """A frame, an arrow key and a letter, each on the screen where it takes longest."""
    from firmware.panel.strings import text

    redraw_us = press_us = 0
    for keys in _SCREENS:
        await desk.key("home")
        for key in keys:
            await desk.tap(text(key, language))
        redraw_us = max(redraw_us, usual([redrawn(desk) for _ in range(_TIMES)]))
        for arrow in ("down", "up"):
            took = []
            for _ in range(_TIMES):
                took.append(await pressed(desk, arrow))
            press_us = max(press_us, usual(took))
    letters = []
    for _ in range(_TIMES):
        letters.append(await pressed(desk, "b"))  # the last screen asks for a text
    return redraw_us, press_us, usual(letters)


def redrawn(desk: "Desk") -> int:
    """A whole frame."""
    ui = desk.ui
    gc.collect()
    begun = time.ticks_us()
    ui.look.draw(ui._canvas, ui._widgets, ui._focused(), False)
    return time.ticks_diff(time.ticks_us(), begun)


async def pressed(desk: "Desk", key: str) -> int:
    """From a key's contact to what it changed, placed and told: the focus is elsewhere, or there is one more letter."""
    said = len(desk.panel.said)
    desk.board.clock.pass_ms(100)
    gc.collect()
    begun = time.ticks_us()
    desk.board.keys.put(key, True)
    for _ in range(12):
        await asyncio.sleep(0)
        if len(desk.panel.said) > said:
            break
    taken = time.ticks_diff(time.ticks_us(), begun)
    desk.board.keys.put(key, False)
    await desk.settle()
    del desk.panel.said[:-1]
    return taken


def usual(figures: "list[int]") -> int:
    """The lower quartile: others may want the processor, too."""
    return sorted(figures)[len(figures) // 4]


if __name__ == "__main__":
    told(int(sys.argv[1]) >= 320, sys.argv[3])
    drawing(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[1]) >= 320)
    asyncio.run(times(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
