"""The parts of boards, each against a model of its hardware: what comes over the wires, and what comes of mishaps."""

from __future__ import annotations

import asyncio
import os
import random
import re
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import framebuf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.clock_ticks import TickClock
from hal.device_file import DeviceFile
from hal.errors import PrinterError, ScannerError
from hal.identity_file import FileIdentity
from hal.keys_gpio import GpioKeys
from hal.monitor_serial import SerialMonitor
from hal.panel_dcs import ILI9341, ST7789, DCSPanel
from hal.panel_ssd1306 import SSD1306Panel
from hal.printer_uart import PIECE_BYTES, UartPrinter
from hal.reset_machine import MachineReset
from hal.scanner_files import FileScanner
from hal.touch_xpt2046 import XPT2046Touch
from hal.watchdog_machine import BITES_MS, LOOK_MS, MachineWatchdog
from tests.boards import machine
from tests.boards.chips import SSD1306, XPT2046, DCSDisplay, ReceiptPrinter
from tests.boards.machine import I2C, SPI, UART, WDT, Pin
from tests.contract import checks

FRAME_BYTES = 1024
frames = st.binary(min_size=FRAME_BYTES, max_size=FRAME_BYTES)


@pytest.fixture(autouse=True)
def nothing_wired() -> None:
    unwire()


def unwire() -> None:
    for wires in (I2C.wired, SPI.wired, UART.wired, Pin.driven, Pin.known, Pin.watched):
        wires.clear()
    WDT.started = None


def hold(check: str, **parts: Any) -> None:
    """The seam's own check of a part (`tests/contract/checks.py`)."""
    board: Any = SimpleNamespace(**parts)
    assert asyncio.run(checks.run(board, check)) == ""


# --- the display ---


def wired_display() -> tuple[SSD1306Panel, SSD1306, list[str]]:
    chip, lines = SSD1306(), list[str]()
    I2C.wired[4, 5, 0x3C] = chip
    i2c: Any = I2C(0, sda=Pin(4), scl=Pin(5), freq=400_000)
    return SSD1306Panel(i2c, lambda *said: None, lines.append), chip, lines


async def showing(panel: SSD1306Panel | DCSPanel, frame: bytes | bytearray) -> None:
    panel.show(frame if isinstance(frame, bytearray) else bytearray(frame))
    await panel.ready()


@given(st.lists(frames, min_size=1, max_size=3))
def test_what_is_seen_on_the_display_is_the_frame(shown: list[bytes]) -> None:
    async def story() -> None:
        panel, chip, _ = wired_display()
        assert not any(chip.seen())  # not even for a moment what was in its memory by chance
        for frame in shown:
            await showing(panel, frame)
            assert chip.seen() == frame

    asyncio.run(story())


def test_only_pages_that_changed_are_sent() -> None:
    async def story() -> list[int]:
        panel, chip, _ = wired_display()
        frame = bytearray(FRAME_BYTES)
        sent = []
        for change in (None, None, 16 * 20 + 3, 16 * 63 + 15):
            before = chip.bytes
            if change is not None:
                frame[change] = 0x18
            await showing(panel, frame)
            assert chip.seen() == frame
            sent.append(chip.bytes - before)
        return sent

    page = 8 + 130  # a window and 128 bytes, with their address and control bytes
    assert asyncio.run(story()) == [27 + 8 * page + 3, 0, page, page]


def test_other_tasks_run_between_pages() -> None:
    async def story() -> int:
        panel, _, _ = wired_display()
        panel.show(bytearray(FRAME_BYTES))
        turns = 0
        while not panel._taken.is_set():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(story()) >= 8


def test_a_display_that_comes_later_or_loses_contact_shows_the_next_frame() -> None:
    async def story() -> None:
        panel, chip, lines = wired_display()
        await showing(panel, b"\xff" * FRAME_BYTES)
        for fill in (b"\x0f", b"\xf0"):
            I2C.wired.clear()
            await showing(panel, fill * FRAME_BYTES)
            await showing(panel, fill * FRAME_BYTES)
            I2C.wired[4, 5, 0x3C] = chip = SSD1306()  # its power went too
            await showing(panel, fill * FRAME_BYTES)
            assert chip.seen() == fill * FRAME_BYTES
        assert len(lines) == 2 and "does not answer" in lines[0]

    asyncio.run(story())


def test_the_display_keeps_the_seam() -> None:
    hold("panel", panel=wired_display()[0])


@given(st.binary(min_size=64, max_size=64), st.integers(0, 2))
def test_framebuf_stand_in_turns_frames_as_pygraphics_does(data: bytes, page: int) -> None:
    """For the drivers: columns of bits for the SSD1306, colours of 16 bits for others."""
    made = []
    for make in (framebuf.FrameBuffer, framebuf.PlainFrameBuffer):
        turned = bytearray(32)
        make(turned, 32, 8, framebuf.MONO_VLSB).blit(make(bytearray(data), 32, 16, framebuf.MONO_HLSB), 0, -4 * page)
        colours = bytearray(range(100, 132))
        painted = bytearray(256)
        palette = make(colours, 16, 1, framebuf.RGB565)
        source = make(bytearray(data), 16, 8, framebuf.GS4_HMSB)
        make(painted, 16, 8, framebuf.RGB565).blit(source, 0, -page, -1, palette)
        made.append((turned, painted))
    assert made[0] == made[1]


# --- keys ---


class Flag:
    """As asyncio.ThreadSafeFlag, which CPython does not have."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()
        self._event.clear()


class Still:
    """`hal/ticks.py` Ticks that go on when they are told to."""

    ms = 0

    def now_ms(self) -> int:
        return self.ms


def wired_keys(ticks: Any = None) -> GpioKeys:
    pins: Any = [(name, Pin(number, Pin.IN, Pin.PULL_UP)) for name, number in (("up", 14), ("down", 15), ("ok", 13))]
    return GpioKeys(pins, Pin.IRQ_FALLING | Pin.IRQ_RISING, Flag(), ticks or Still())  # type: ignore[arg-type]


def test_keys_tell_each_transition_in_order_also_those_nobody_waited_for() -> None:
    async def story() -> list[tuple[str, bool]]:
        keys = wired_keys()
        for number, level in ((14, 0), (13, 0), (14, None), (13, None), (15, 0)):
            Pin.drive(number, level)
        told = [await keys.next() for _ in range(5)]
        waiting = asyncio.ensure_future(keys.next())
        await asyncio.sleep(0)
        assert not waiting.done()
        Pin.drive(15, None)
        return [*told, await waiting]

    assert asyncio.run(story()) == [
        ("up", True), ("ok", True), ("up", False), ("ok", False), ("down", True), ("down", False),
    ]  # fmt: skip


@pytest.mark.parametrize(("apart_ms", "together"), [(0, True), (19, True), (25, False), (300, False), (1 << 29, False)])
def test_what_came_apart_is_handed_over_apart(apart_ms: int, together: bool) -> None:
    """Two presses while the board computes are not one that bounces; one that bounces is not two."""

    async def story() -> bool:
        ticks = Still()
        keys = wired_keys(ticks)
        Pin.drive(13, 0)
        Pin.drive(13, None)
        ticks.ms += apart_ms
        Pin.drive(13, 0)
        assert [await keys.next(), await keys.next()] == [("ok", True), ("ok", False)]
        again = asyncio.ensure_future(keys.next())
        for _ in range(3):
            await asyncio.sleep(0)
        at_once = again.done()
        assert await again == ("ok", True)
        Pin.drive(13, None)
        return at_once

    assert asyncio.run(story()) == together


@given(st.lists(st.tuples(st.sampled_from((13, 14, 15)), st.booleans()), max_size=200))
def test_after_any_burst_a_key_is_known_as_it_is(edges: list[tuple[int, bool]]) -> None:
    """More come than are kept: the transitions that are told alternate, and the last one of a key is where it is."""

    async def story() -> dict[str, bool]:
        keys = wired_keys()
        for number, pressed in edges:
            Pin.drive(number, 0 if pressed else None)
        known = {"up": False, "down": False, "ok": False}
        while True:
            coming = asyncio.ensure_future(keys.next())
            for _ in range(3):
                await asyncio.sleep(0)
            if not coming.done():
                coming.cancel()
                return known
            name, pressed = coming.result()
            assert known[name] != pressed
            known[name] = pressed

    unwire()
    known = asyncio.run(story())
    assert known == {name: Pin.driven.get(number) == 0 for name, number in (("up", 14), ("down", 15), ("ok", 13))}


# --- the printer ---

SHEET = [b"\x1b@", b"\x1dv0\x00\x30\x00\x20\x00" + b"\x10\x04\x04" * 512, b"\x1bJ\x10", b"\x1bd\x03\x1dVB\x00"]


def wired_printer(answers: bool) -> tuple[UartPrinter, ReceiptPrinter, UART]:
    peer = UART.wired[0] = ReceiptPrinter(answers)
    uart = UART(0, 9600, tx=Pin(0), rx=Pin(1), txbuf=PIECE_BYTES)
    return UartPrinter(uart, 384, answers), peer, uart


async def print_all(printer: UartPrinter) -> None:
    for piece in SHEET:
        await printer.write(piece)


@pytest.mark.parametrize("answers", [False, True])
def test_the_sheet_comes_out_whole_and_is_asked_about_only_where_it_answers(answers: bool) -> None:
    printer, peer, uart = wired_printer(answers)
    asyncio.run(print_all(printer))
    assert peer.paper == b"".join(SHEET)
    assert uart.most == PIECE_BYTES
    assert peer.asked == (2 * len(SHEET) if answers else 0)


def test_printing_waits_while_there_is_no_paper_or_the_cover_is_open() -> None:
    async def story() -> None:
        printer, peer, _ = wired_printer(answers=True)
        peer.paper_out = True
        printing = asyncio.create_task(print_all(printer))
        await printer.changed()
        assert printer.states() == ["media-empty"] and not peer.paper
        peer.cover_open = True
        await printer.changed()
        assert printer.states() == ["media-empty", "cover-open"]
        peer.paper_out = peer.cover_open = False
        await printer.changed()
        assert printer.states() == []
        await printing
        assert peer.paper == b"".join(SHEET)

    asyncio.run(story())


def test_a_printer_that_never_answers_counts_as_ready() -> None:
    """Its line back is wired, and it knows no questions."""
    printer, peer, _ = wired_printer(answers=True)
    peer.answers = False
    asyncio.run(print_all(printer))
    assert peer.paper == b"".join(SHEET)
    assert peer.asked == 8  # four times both questions, before the first command and never again


def test_a_printer_that_falls_silent_is_gone() -> None:
    async def story() -> None:
        printer, peer, _ = wired_printer(answers=True)
        await printer.write(SHEET[0])
        peer.off = True
        with pytest.raises(PrinterError):
            await printer.write(SHEET[1])
        peer.off = False
        await print_all(printer)

    asyncio.run(story())


# --- the scanner ---


async def scanned(scanner: FileScanner) -> bytes:
    document = scanner.document()
    assert document is not None
    scan = await scanner.open(document)
    whole = b""
    while piece := await scan.read():
        assert len(piece) <= 8192
        whole += piece
    await scan.close()
    assert len(whole) == document.size
    return whole


def test_the_test_page_is_a_whole_pdf(tmp_path: Path) -> None:
    """Every object is where the table says, and the drawing is as long as it says (ISO 32000-1 7.5.4)."""
    pdf = asyncio.run(scanned(FileScanner(str(tmp_path / "none"), "SP01")))
    assert pdf.startswith(b"%PDF-1.4\n") and pdf.endswith(b"%%EOF\n") and b"(SP01) Tj" in pdf
    table_at = int(pdf.split(b"startxref\n")[1].split(b"\n")[0])
    assert pdf[table_at:].startswith(b"xref\n0 6\n0000000000 65535 f \n")
    entries = re.findall(rb"(\d{10}) 00000 n \n", pdf[table_at:])
    assert len(entries) == 5
    for number, entry in enumerate(entries, 1):
        assert pdf[int(entry) :].startswith(b"%d 0 obj\n" % number)
    length = int(pdf.split(b"/Length ")[1].split(b">>")[0])
    drawing = pdf.split(b"stream\n")[1].removesuffix(b"end")
    assert len(drawing) == length > 5000
    for line in drawing.splitlines():
        assert re.fullmatch(
            rb"[-.\d]+( [-.\d]+)* (g|re f|w|w [\d ]+ re S|w \d+ \d+ m \d+ \d+ l S|g [\d ]+ re f)|BT .* ET", line
        ), line


def test_the_newest_document_of_the_folder_lies_on_the_glass(tmp_path: Path) -> None:
    scanner = FileScanner(str(tmp_path), "SP01")
    for second, name in enumerate(("old.pdf", "žodis.pdf", ".hidden.pdf", "empty.pdf")):
        (tmp_path / name).write_bytes(b"" if name == "empty.pdf" else name.encode() * 2000)
        os.utime(tmp_path / name, (second, second))
    document = scanner.document()
    assert document is not None
    assert (document.name, document.content_type, document.size) == ("žodis.pdf", "application/pdf", 20_000)
    assert asyncio.run(scanned(scanner)) == "žodis.pdf".encode() * 2000
    again = FileScanner(str(tmp_path), "SP01").document()
    assert again is not None and again.id == document.id

    async def to_its_end(scan: Any) -> None:
        while await scan.read():
            pass

    async def taken_away() -> None:
        scan = await scanner.open(document)
        await scan.read()
        (tmp_path / "žodis.pdf").write_bytes(b"")
        with pytest.raises(ScannerError):
            await to_its_end(scan)
        await scan.close()
        with pytest.raises(ScannerError):
            await scanner.open(document)

    asyncio.run(taken_away())


# --- small parts ---


def test_the_label_password_is_drawn_once_and_survives(tmp_path: Path) -> None:
    path = str(tmp_path / "device.json")
    drawn = random.Random(3).randbytes
    first = FileIdentity("Pico", "Roots (0)", b"\xe6\x60", DeviceFile(path), drawn)
    again = FileIdentity("Pico", "Roots (0)", b"\xe6\x60", DeviceFile(path), drawn)
    other = FileIdentity("Pico", "Roots (0)", b"\xe6\x60", DeviceFile(str(tmp_path / "other.json")), drawn)
    assert first.label_password == again.label_password != other.label_password
    assert first.serial == again.serial != "SPE660" and first.language is None  # the chip's number is shown nowhere
    assert first.chip_key == again.chip_key != other.chip_key and len(first.chip_key) == 32
    moved = FileIdentity("Pico", "Roots (0)", b"\xe6\x61", DeviceFile(path), drawn)
    assert moved.chip_key != first.chip_key  # the same flash, another chip
    hold("identity", identity=first)  # which draws another
    later = FileIdentity("Pico", "Roots (0)", b"\xe6\x60", DeviceFile(path), drawn)
    assert later.chip_key == first.chip_key != again.chip_key
    provisioned = DeviceFile(str(tmp_path / "third.json"))
    provisioned.set({"serial": "SP00000007", "language": "lt", "label_password": "given by somebody"})
    third = FileIdentity("Pico", "Roots (0)", b"\xe6\x60", DeviceFile(str(tmp_path / "third.json")), drawn)
    assert (third.serial, third.language, third.label_password) == ("SP00000007", "lt", "given by somebody")
    must_change = [each.must_change_password for each in (first, again, third)]
    assert must_change == [True, True, False]  # that one is not told on the console


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"serial": 7}'])
def test_a_damaged_device_file_does_not_stop_the_device(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "device.json").write_bytes(content)
    identity = FileIdentity("Pico", "Roots (0)", b"\x01", DeviceFile(str(tmp_path / "device.json")), os.urandom)
    assert identity.serial.startswith("SP") and len(identity.label_password) == 12


def test_the_clock_is_unset_until_it_is_set() -> None:
    async def story() -> None:
        clock = TickClock()
        assert clock.now() is None
        clock.set(1_764_583_500_000)
        assert clock.now() == 1_764_583_500
        assert await checks.run(SimpleNamespace(clock=clock), "clock") == ""

    asyncio.run(story())


def test_the_watchdog_watches_from_the_first_meal() -> None:
    dog = MachineWatchdog(lambda: WDT(timeout=BITES_MS), lambda look: look)
    assert WDT.started is None
    dog.feed()
    dog.feed()
    started: WDT | None = WDT.started
    assert started is not None and (started.timeout, started.fed) == (BITES_MS, 2)
    asyncio.run(asyncio.wait_for(dog.hungry(), BITES_MS / 2000))


def test_the_watchdog_tells_once_before_it_bites_and_is_fed_while_the_firmware_is_stopped() -> None:
    now_ms = 0
    looks: list[Callable[[object], None]] = []
    told: list[int] = []
    dog = MachineWatchdog(lambda: WDT(timeout=BITES_MS), looks.append)
    dog.warn(lambda: told.append(now_ms))
    assert not looks  # before the first meal there is nothing to look at

    def look_for(ms: int) -> None:
        nonlocal now_ms
        for _ in range(ms // LOOK_MS):
            now_ms += LOOK_MS
            looks[0](None)

    for _ in range(10):
        dog.feed()
        look_for(4000)
    assert len(looks) == 1 and not told
    fed = cast(WDT, WDT.started).fed
    dog.feed()
    look_for(20_000)
    assert len(told) == 1 and told[0] - 40_000 < BITES_MS
    assert cast(WDT, WDT.started).fed == fed + 1
    dog.stand_down()
    look_for(20_000)
    assert cast(WDT, WDT.started).fed == fed + 1 + 20_000 // LOOK_MS and len(told) == 1


def test_a_restart_that_the_firmware_asked_for_is_told_from_a_bite(tmp_path: Path) -> None:
    note = str(tmp_path / "restarted")
    assert MachineReset(note, False, machine.reset).cause() == "power-on"
    assert MachineReset(note, True, machine.reset).cause() == "watchdog"
    resets: list[str] = []
    MachineReset(note, False, lambda: resets.append("now")).restart()
    assert resets == ["now"]
    assert MachineReset(note, True, machine.reset).cause() == "soft"
    assert MachineReset(note, True, machine.reset).cause() == "watchdog"
    MachineReset(note, False, machine.reset).expect()  # somebody stopped the firmware, and resets the chip
    assert resets == ["now"] and MachineReset(note, True, machine.reset).cause() == "soft"


def console(talk: Callable[[SerialMonitor], Coroutine[Any, Any, None]]) -> list[str]:
    async def story() -> list[str]:
        lines: list[str] = []
        monitor = SerialMonitor(lines.append)
        await talk(monitor)
        for _ in range(200):
            await asyncio.sleep(0)
        return lines

    return asyncio.run(story())


def test_the_console_says_the_screen_with_what_can_be_chosen() -> None:
    async def talk(monitor: SerialMonitor) -> None:
        monitor.log("start: power-on")
        monitor.say(
            "home", "lt", [("Pradžia", 0, 0, 1, 1, 0), ("A", 0, 0, 1, 1, 3), ("B", 0, 0, 1, 1, 1), ("C", 0, 0, 1, 1, 5)]
        )

    assert console(talk) == ["start: power-on", "--- home, lt", "  Pradžia", "> A", "* B", "x C"]


def test_a_screen_that_is_left_is_not_said_to_its_end_and_the_newest_lines_stay() -> None:
    async def talk(monitor: SerialMonitor) -> None:
        monitor.say("first", "en", [(f"row {n}", 0, 0, 1, 1, 0) for n in range(20)])
        for _ in range(4):
            await asyncio.sleep(0)
        monitor.say("second", "en", [("its row", 0, 0, 1, 1, 0)])
        for n in range(100):
            monitor.log(f"line {n}")

    lines = console(talk)
    assert lines[0] == "--- first, en" and "  row 19" not in lines
    assert lines[-1] == "  its row" and lines[-33:-1] == [f"line {n}" for n in range(68, 100)]


# --- the colour display and its touch ---

COLOURS = bytes(range(0, 240, 5))
COLOUR_FRAME_BYTES = 320 * 240 // 2


def wired_colour_display(kind: str) -> tuple[DCSPanel, DCSDisplay]:
    chip = DCSDisplay(kind, lambda: time.monotonic_ns() // 1_000_000)
    SPI.wired[18, 19] = [(17, 20, chip)]
    Pin.watched[21] = chip.reset
    spi: Any = SPI(0, 40_000_000, sck=Pin(18), mosi=Pin(19), miso=Pin(16))
    pins: list[Any] = [Pin(number, Pin.OUT) for number in (17, 20, 21, 22)]
    table = ILI9341 if kind == "ili9341" else ST7789
    select, data, reset, light = pins
    return DCSPanel(spi, select, data, reset, light, table, lambda *said: None), chip


@pytest.mark.parametrize("kind", ["ili9341", "st7789"])
def test_the_colour_display_shows_the_frame_in_the_palettes_colours(kind: str) -> None:
    async def story() -> None:
        panel, chip = wired_colour_display(kind)
        panel.palette(COLOURS)
        frame = bytearray(random.Random(2).randbytes(COLOUR_FRAME_BYTES))
        assert not any(chip.seen())
        await showing(panel, frame)
        colours = []
        for number in range(16):
            red, green, blue = COLOURS[3 * number : 3 * number + 3]
            colours.append((red >> 3 << 11 | green >> 2 << 5 | blue >> 3).to_bytes(2, "big"))
        assert chip.seen() == b"".join(colours[byte >> 4] + colours[byte & 15] for byte in frame)

    asyncio.run(story())


def test_the_colour_display_is_sent_the_bands_that_changed_and_all_in_other_colours() -> None:
    async def story() -> list[int]:
        panel, chip = wired_colour_display("ili9341")
        panel.palette(COLOURS)
        frame = bytearray(random.Random(2).randbytes(COLOUR_FRAME_BYTES))
        sent = []
        for change in (None, None, 160 * 17, 160 * 239 + 159):
            before = chip.bytes
            if change is not None:
                frame[change] ^= 0xFF
            await showing(panel, frame)
            sent.append(chip.bytes - before)
        before = chip.bytes
        panel.palette(COLOURS[::-1])
        await showing(panel, frame)
        return [*sent[1:], chip.bytes - before]

    band = 5 + 1 + 320 * 8 * 2  # its rows, the command to write, its pixels
    assert asyncio.run(story()) == [0, band, band, 30 * band]


def test_a_dark_frame_takes_no_light() -> None:
    async def story() -> list[int | None]:
        panel, _ = wired_colour_display("ili9341")
        panel.palette(COLOURS)  # 0 is dark, 15 is bright
        lights = [Pin(22).value()]
        for frame in (b"\x00", b"\xff", b"\x00", b"\x0f"):
            await showing(panel, frame * COLOUR_FRAME_BYTES)
            lights.append(Pin(22).value())
        return lights

    assert asyncio.run(story()) == [0, 0, 1, 0, 1]


def test_the_colour_display_keeps_the_seam() -> None:
    hold("panel", panel=wired_colour_display("ili9341")[0])


def wired_touch(edges: tuple[int, int, int, int, int], calibration: Any) -> tuple[XPT2046Touch, XPT2046]:
    chip = XPT2046(edges, lambda level: Pin.drive(14, level))
    SPI.wired[10, 11] = [(13, -1, chip)]
    spi: Any = SPI(1, 2_000_000, sck=Pin(10), mosi=Pin(11), miso=Pin(12))
    select: Any = Pin(13, Pin.OUT)
    irq: Any = Pin(14, Pin.IN, Pin.PULL_UP)
    return XPT2046Touch(spi, select, irq, Pin.IRQ_FALLING, Flag(), (320, 240), calibration), chip


@pytest.mark.parametrize(
    "calibration", [None, [3800, 300, 3750, 350], [1, 1, 2, 3, 0], "left", [250, 3900, 3600, 400, 0]]
)
def test_a_touch_is_told_where_it_is_and_when_it_ends(calibration: Any) -> None:
    """Within two pixels, with measurements that are noisy; a calibration that is none is the usual one."""
    edges = (250, 3900, 3600, 400, 0) if calibration and calibration[0] == 250 else (3800, 300, 3750, 350, 1)

    async def story() -> None:
        touch, chip = wired_touch(edges, calibration)
        for x, y in ((0, 0), (319, 239), (10, 200), (160, 120)):
            coming = asyncio.ensure_future(touch.next())
            await asyncio.sleep(0)
            chip.touch(x, y)
            told_x, told_y, pressed = await coming
            assert abs(told_x - x) <= 2 and abs(told_y - y) <= 2 and pressed
            ending = asyncio.ensure_future(touch.next())
            await asyncio.sleep(0.05)
            assert not ending.done()
            chip.release()
            assert await ending == (told_x, told_y, False)

    asyncio.run(story())


def test_a_finger_that_only_comes_near_is_no_touch() -> None:
    async def story() -> None:
        touch, chip = wired_touch((3800, 300, 3750, 350, 1), None)
        coming = asyncio.ensure_future(touch.next())
        await asyncio.sleep(0)
        chip.noise = 900  # nothing that two measurements agree on
        chip.touch(100, 100)
        await asyncio.sleep(0.05)
        assert not coming.done()
        chip.noise = 20
        assert (await coming)[2]

    asyncio.run(story())
