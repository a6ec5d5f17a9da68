"""What touches and keys do: every screen is reached by both, bounces are ignored, and an idle panel does nothing."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.panel.strings import text
from hal.errors import PrinterError, StorageFull
from tests.panel.fake import Desk, Device, Document, Interface

TOUCH, KEYS = (320, 240), (128, 64)
both_sizes = pytest.mark.parametrize("size", [TOUCH, KEYS], ids=["touch", "keys"])
PATHS = {
    "scan": ["scan.title"],
    "recipient": ["scan.title", "scan.to_none"],
    "jobs": ["job.all"],
    "settings": ["settings.title"],
    "language": ["settings.title", "settings.language"],
    "general": ["settings.title", "settings.general"],
    "network": ["settings.title", "settings.general", "settings.network"],
}
PATHS["network_status"] = [*PATHS["network"], "settings.network_status"]
PATHS["wired_status"] = [*PATHS["network_status"], "settings.wired_status"]
PATHS["email_status"] = [*PATHS["network_status"], "settings.email_status"]
PATHS["print_sheet"] = [*PATHS["network_status"], "settings.print_sheet"]


def at(
    size: tuple[int, int], story: Callable[[Desk], Awaitable[None]], prepare: Callable[[Device], None] | None = None
) -> None:
    async def play() -> None:
        device = Device(size)
        if prepare is not None:
            prepare(device)
        desk = await Desk(device).begin()
        await story(desk)
        await desk.end()

    asyncio.run(play())


def signed_in_with_document(device: Device) -> None:
    device.signed_in()
    device.board.scanner.lies = Document("Sutartis.pdf", 184_320)


async def go(desk: Desk, path: list[str]) -> None:
    for key in path:
        await desk.tap(text(key, desk.device.language))


async def by_keys(desk: Desk, words: str) -> None:
    """With the arrow keys, pressed towards the place of these words, and OK."""
    for _ in range(20):
        _, x, y, _, height, flags = desk.row(words)
        if flags & 2:
            await desk.key("ok")
            return
        focused = [row for row in desk.rows if row[5] & 2]
        if focused and x >= focused[0][1] + focused[0][3] and y < focused[0][2] + focused[0][4]:
            await desk.key("right")
        else:
            await desk.key("up" if focused and y + height <= focused[0][2] else "down")
    raise AssertionError(f"The focus does not come to {words}")


@both_sizes
@pytest.mark.parametrize("screen", PATHS)
def test_every_screen_is_reached_and_left(screen: str, size: tuple[int, int]) -> None:
    """The manual's menu paths; Back leads back the same way, Home home at once."""

    async def story(desk: Desk) -> None:
        await go(desk, PATHS[screen])
        assert desk.screen == screen
        for _ in PATHS[screen]:
            await desk.key("back")
        assert desk.screen == "home"
        await go(desk, PATHS[screen])
        await desk.key("home")
        assert desk.screen == "home"

    at(size, story)


@both_sizes
@pytest.mark.parametrize("screen", PATHS)
def test_every_screen_is_reached_with_the_keys_alone(screen: str, size: tuple[int, int]) -> None:
    async def story(desk: Desk) -> None:
        for key in PATHS[screen]:
            await by_keys(desk, text(key))
        assert desk.screen == screen

    at(size, story)


def test_back_and_home_can_be_touched() -> None:
    async def story(desk: Desk) -> None:
        await go(desk, PATHS["wired_status"])
        await desk.tap("Back")
        assert desk.screen == "network_status"
        await desk.tap("Home")
        assert desk.screen == "home"
        assert "Back" not in desk.words

    at(TOUCH, story)


# --- Scan to Email ---


@both_sizes
def test_scan_to_email_with_an_attached_keyboard(size: tuple[int, int]) -> None:
    async def story(desk: Desk) -> None:
        await desk.tap("Scan to Email")
        await desk.type("wallet@bureau.examplee")
        await desk.key("backspace")
        assert "wallet@bureau.example" in desk.words
        await desk.tap("Send")
        assert desk.device.submitted == [("wallet@bureau.example", "Sutartis.pdf")]
        assert desk.screen == "sending"
        job = desk.device.jobs.list[0]
        job.update(status="sending", sent_bytes=92_160)
        desk.device.jobs.current = job
        await desk.tell("progress")
        assert "92 KB of 184 KB" in desk.words
        desk.device.jobs.current = None
        job.update(status="sent")
        await desk.tell("jobs")
        assert "The email was sent." in desk.words
        await desk.tap("OK")
        assert desk.screen == "home"

    at(size, story, signed_in_with_document)


def test_the_keys_on_the_display() -> None:
    async def story(desk: Desk) -> None:
        await go(desk, PATHS["recipient"])
        for key in ("Shift", "O", "n", "a", "@", "b", "Delete", "123", "1", "_", "abc", ".", "l", "t", "OK"):
            await desk.tap(key)
        assert desk.screen == "scan"
        assert "Ona@1_.lt" in desk.words

    at(TOUCH, story)


def test_the_keys_on_the_display_cover_what_addresses_have() -> None:
    """RFC 5321 4.1.2: every character of an atom, and @ and the dot."""

    async def story(desk: Desk) -> None:
        await go(desk, PATHS["recipient"])
        seen = set(desk.words)
        await desk.tap("Shift")
        seen |= set(desk.words)
        await desk.tap("123")
        seen |= set(desk.words)
        assert set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~@.") <= seen

    at(TOUCH, story)


def test_letter_by_letter_without_any_keyboard() -> None:
    async def story(desk: Desk) -> None:
        await go(desk, PATHS["recipient"])
        while not any(row[0] == "a" and row[5] & 2 for row in desk.rows):
            await desk.key("down")
        await desk.key("ok", "right", "ok", "left", "left", "ok")
        await desk.tap("OK")
        assert "ab+" in desk.words

    at(KEYS, story)


@both_sizes
def test_sending_without_a_document_asks_for_one(size: tuple[int, int]) -> None:
    async def story(desk: Desk) -> None:
        await desk.tap("Scan to Email")
        await desk.type("ona@bureau.example")
        await desk.tap("Send")
        assert "Place a document on the scanner." in desk.words
        assert desk.device.submitted == []
        desk.board.scanner.lies = Document("Nauja.pdf", 2000)
        await desk.wait(1000)
        assert "Nauja.pdf" in desk.words
        assert "Place a document on the scanner." not in desk.words

    at(size, story)


@both_sizes
def test_send_needs_an_address(size: tuple[int, int]) -> None:
    async def story(desk: Desk) -> None:
        await desk.tap("Scan to Email")
        assert desk.row("Send")[5] & 4
        await desk.key("start")
        assert desk.device.submitted == []
        await desk.type("o")
        assert not desk.row("Send")[5] & 4

    at(size, story, signed_in_with_document)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (ValueError("error.address"), "This is not an email address."),
        (ValueError("error.queue_full"), "Too many jobs are waiting. Try again later."),
        (StorageFull(), "The device's storage is full or failed. Nothing was saved."),
    ],
    ids=["address", "queue", "storage"],
)
def test_a_refused_job_is_explained_and_the_address_stays(refusal: Exception, words: str) -> None:
    async def story(desk: Desk) -> None:
        desk.device.refusal = refusal
        await desk.tap("Scan to Email")
        await desk.type("ona@bureau")
        await desk.key("start")
        assert words in desk.words
        assert "ona@bureau" in desk.words
        await desk.type("x")
        assert words not in desk.words

    at(TOUCH, story, signed_in_with_document)


def test_a_job_that_waits_for_the_server_can_be_cancelled() -> None:
    async def story(desk: Desk) -> None:
        await desk.tap("Scan to Email")
        await desk.type("ona@bureau.example")
        await desk.tap("Send")
        desk.device.jobs.list[0].update(status="waiting", detail="Busy.")
        await desk.tell("jobs")
        await desk.tap("Cancel")
        assert desk.device.cancelled == [1]
        desk.device.jobs.list[0].update(status="failed", code=377)
        await desk.tell("jobs")
        assert any(words.startswith("377: ") for words in desk.words)

    at(TOUCH, story, signed_in_with_document)


def test_a_scan_screen_that_nobody_uses_gives_way_to_home() -> None:
    async def story(desk: Desk) -> None:
        await desk.tap("Scan to Email")
        for _ in range(170):
            await desk.wait(1000)
        await desk.type("o")
        for _ in range(170):
            await desk.wait(1000)
        assert desk.screen == "scan"
        for _ in range(20):
            await desk.wait(1000)
        assert desk.screen == "home"

    at(TOUCH, story)


# --- Job Status and Settings ---


@both_sizes
def test_history_shows_failed_jobs_alone_too(size: tuple[int, int]) -> None:
    """R17."""

    async def story(desk: Desk) -> None:
        await desk.tap("Job Status")
        await desk.tap("Job Status")  # the manual's path has it twice
        assert "jonas@bureau.example" in desk.words
        await desk.tap("Failed")
        assert "jonas@bureau.example" not in desk.words
        await desk.tap("petras@bureau.example")
        assert desk.screen == "job"
        assert "361: The sign-in to the cloud service or email service has expired." in desk.words

    at(size, story, lambda device: device.history())


@both_sizes
def test_the_language_changes_at_once(size: tuple[int, int]) -> None:
    async def story(desk: Desk) -> None:
        await go(desk, PATHS["language"])
        await desk.tap("Lietuvių")
        assert desk.panel.said[-1][1] == "lt"
        assert "Kalba" in desk.words
        await desk.key("home")
        assert "Nuostatos" in desk.words

    at(size, story)


@both_sizes
def test_the_status_sheet_is_asked_for_and_printed(size: tuple[int, int]) -> None:
    """R14."""

    async def story(desk: Desk) -> None:
        desk.device.printing = asyncio.Event()
        desk.board.printer.keeps = ["media-empty"]
        await go(desk, PATHS["print_sheet"])
        assert desk.device.printed == 0
        await desk.tap("Print")
        assert "Printing the network status sheet…" in desk.words
        assert "Load paper into the printer." in desk.words
        desk.device.printing.set()
        await desk.settle()
        assert desk.device.printed == 1
        await desk.tap("OK")
        assert desk.screen == "network_status"

    at(size, story)


def test_a_printer_that_is_gone_is_told() -> None:
    async def story(desk: Desk) -> None:
        desk.device.printer_error = PrinterError()
        await go(desk, PATHS["print_sheet"])
        await desk.tap("Print")
        assert "The printer does not respond." in desk.words

    at(TOUCH, story)


@both_sizes
def test_cancelling_prints_nothing(size: tuple[int, int]) -> None:
    """R14."""

    async def story(desk: Desk) -> None:
        await go(desk, PATHS["print_sheet"])
        await desk.tap("Cancel")
        assert desk.screen == "network_status"
        assert desk.device.printed == 0

    at(size, story)


@both_sizes
def test_home_follows_the_sign_in(size: tuple[int, int]) -> None:
    """R16."""

    async def story(desk: Desk) -> None:
        assert "Not signed in" in desk.words
        desk.device.signed_in()
        await desk.tell("accounts")
        assert {"Signed in", "Good until 2026-03-01", "printer@bureau.example"} <= set(desk.words)
        desk.device.ended("EXPIRED", "reason.unused")
        await desk.tell("accounts")
        assert "Sign-in expired" in desk.words
        await desk.tap("Sign-in expired")
        assert desk.screen == "email_status"
        assert any("not used for a long time" in words for words in desk.words)

    at(size, story)


@both_sizes
def test_long_screens_scroll_to_their_end_and_back(size: tuple[int, int]) -> None:
    async def story(desk: Desk) -> None:
        await go(desk, PATHS["wired_status"])

        def place(words: str) -> int:
            return next(row[2] for row in desk.rows if row[0] == words)

        assert place("203.0.113.7") > size[1]
        for _ in range(60):
            if place("02:00:5E:10:00:02") + 12 <= size[1]:
                break
            await (desk.tap("Scroll down") if size == TOUCH else desk.key("down"))
        else:
            pytest.fail("The end does not come in sight")
        for _ in range(60):
            if 0 < place("198.51.100.7") < size[1]:
                break
            await (desk.tap("Scroll up") if size == TOUCH else desk.key("up"))
        else:
            pytest.fail("The beginning does not come in sight again")

    at(
        size,
        story,
        lambda device: device.board.network.interfaces.append(
            Interface("Wired LAN (additional)", False, "203.0.113.7")
        ),
    )


# --- bounces, idleness, robustness ---


def test_a_key_that_bounces_is_pressed_once() -> None:
    async def story(desk: Desk) -> None:
        for gap_ms in (2, 3, 4):
            desk.board.keys.put("down", True)
            await desk.wait(gap_ms)
            desk.board.keys.put("down", False)
            await desk.wait(gap_ms)
        await desk.wait(50)
        assert desk.row("Job Status")[5] & 2
        await desk.key("down")
        assert desk.row("Settings")[5] & 2

    at(KEYS, story)


def test_a_touch_that_bounces_is_one_touch() -> None:
    """Without debouncing the second contact would open what the first one brought under the finger."""

    async def story(desk: Desk) -> None:
        row = desk.row("Settings")
        x, y = row[1] + 20, row[2] + 10
        assert desk.board.touch is not None
        for _ in range(3):
            desk.board.touch.put(x, y, True)
            await desk.wait(3)
            desk.board.touch.put(x + 2, y - 1, False)
            await desk.wait(3)
        assert desk.screen == "settings"

    at(TOUCH, story)


def test_typing_is_not_debounced() -> None:
    async def story(desk: Desk) -> None:
        await desk.tap("Scan to Email")
        await desk.type("aaaaaa@bb.cc")
        assert "aaaaaa@bb.cc" in desk.words

    at(TOUCH, story)


def test_an_idle_panel_does_nothing() -> None:
    async def story(desk: Desk) -> None:
        await desk.frame()
        frames, said, reads = desk.panel.frames, len(desk.panel.said), desk.device.jobs.reads
        desk.panel.looked.set()
        await desk.wait(3_600_000)
        await desk.tell("jobs")
        await desk.tell("accounts")  # nothing new in it
        assert (len(desk.panel.said), desk.device.jobs.reads) == (said, reads)
        assert desk.panel.frames <= frames + 1
        assert not desk.board.clock._sleepers

    at(TOUCH, story, lambda device: device.signed_in())


def test_drawing_reads_nothing_from_flash() -> None:
    async def story(desk: Desk) -> None:
        await desk.tap("Job Status")
        reads = desk.device.jobs.reads
        for key in ("down", "down", "up", "down"):
            await desk.key(key)
            await desk.frame()
        assert desk.device.jobs.reads == reads

    at(TOUCH, story, lambda device: device.history())


def test_frames_are_drawn_only_when_asked_for() -> None:
    async def story(desk: Desk) -> None:
        for path in PATHS.values():
            await go(desk, path)
            await desk.key("home")
        assert desk.panel.frames == 0
        await desk.frame()
        assert desk.panel.frames == 1

    at(TOUCH, story)


@settings(max_examples=40, deadline=None)
@given(
    size=st.sampled_from([TOUCH, KEYS]),
    presses=st.lists(
        st.one_of(
            st.sampled_from(["up", "down", "left", "right", "ok", "back", "home", "start", "stop", "backspace"]),
            st.sampled_from(list("a@.ž漢")),
            st.tuples(st.integers(0, 319), st.integers(0, 239)),
        ),
        max_size=60,
    ),
)
def test_no_order_of_presses_breaks_it(size: tuple[int, int], presses: list[object]) -> None:
    async def story(desk: Desk) -> None:
        for press in presses:
            if isinstance(press, tuple):
                if desk.board.touch is not None:
                    await desk.touch(*press)
            else:
                await desk.key(str(press))
        await desk.frame()
        assert sum(bool(row[5] & 2) for row in desk.rows) <= 1
        await desk.key("home")
        assert desk.screen == "home"

    def prepare(device: Device) -> None:
        signed_in_with_document(device)
        device.history()

    at(size, story, prepare)
