"""What touches and keys do: every screen is reached by both, bounces are ignored, and an idle panel does nothing."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.panel.strings import text
from hal.errors import StorageFull
from tests.panel.fake import Desk, Device, Document, Interface

TOUCH, KEYS = (320, 240), (128, 64)
WHEEL = "abcdefghijklmnopqrstuvwxyz@.-_0123456789"
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


async def hold(desk: Desk, key: str, ms: int) -> None:
    desk.board.keys.put(key, True)
    for _ in range(ms // 10):
        await desk.wait(10)
    desk.board.keys.put(key, False)
    await desk.wait(30)


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
        assert desk.device.submitted == [("wallet@bureau.example", "Sutartis.pdf", "")]
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
        for key in ("Shift", "O", "n", "a", "_", "b", "Delete", "123", "1", "@", "2", "abc", ".", "l", "t", "OK"):
            await desk.tap(key)
        assert desk.screen == "scan"
        assert "Ona_1@2.lt" in desk.words

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
        assert desk.row("a")[5] & 2
        await desk.key("ok")  # the keys turn the wheel now
        await desk.key("ok", "up", "up", "up", "up", "ok")  # around the end, from a to 6
        for letter in "@b.lt":
            while desk.words[desk.words.index(WHEEL) - 1] != letter:
                await desk.key("down")
            await desk.key("ok")
        await hold(desk, "ok", 600)  # they move the focus again
        await desk.tap("Delete")
        assert "a6@b.l" in desk.words
        await desk.tap("t")
        await desk.key("ok")
        await hold(desk, "ok", 600)
        await desk.tap("OK")
        assert desk.screen == "scan"
        assert "a6@b.lt" in desk.words

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
        assert desk.screen == "screen_saver"
        await desk.key("ok")
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
        await go(desk, PATHS["print_sheet"])
        assert desk.device.sheet.status == ""
        await desk.tap("Print")
        assert desk.device.sheet.status == "printing"
        assert "Printing the network status sheet…" in desk.words
        desk.board.printer.keeps = ["media-empty", "cover-open"]
        await desk.tell("sheet")
        assert "Printing is paused." in desk.words
        assert "Load paper into the printer. Close the printer cover." in desk.words
        desk.board.printer.keeps = []
        await desk.tell("sheet")
        assert "Printing the network status sheet…" in desk.words
        desk.device.sheet.to("printed")
        await desk.settle()
        assert "The network status sheet was printed." in desk.words
        await desk.tap("OK")
        assert desk.screen == "network_status"

    at(size, story)


def test_a_printer_that_is_gone_is_told() -> None:
    async def story(desk: Desk) -> None:
        await go(desk, PATHS["print_sheet"])
        await desk.tap("Print")
        desk.device.sheet.to("failed", 379)
        await desk.settle()
        assert "379: " + text("code.379") in desk.words
        assert text("solution.379") in desk.words

    at(TOUCH, story)


@both_sizes
def test_a_printer_that_waits_for_ever_can_be_left_and_cancelled(size: tuple[int, int]) -> None:
    async def story(desk: Desk) -> None:
        desk.board.printer.keeps = ["made-up-by-a-printer"]
        await go(desk, PATHS["print_sheet"])
        await desk.tap("Print")
        assert "The printer is not ready." in desk.words
        await desk.key("back")
        await desk.tap("Print Status Sheet")
        assert "Printing is paused." in desk.words
        await desk.tap("Cancel")
        assert desk.device.sheet.cancelled
        assert desk.screen == "network_status"

    at(size, story)


@both_sizes
def test_cancelling_prints_nothing(size: tuple[int, int]) -> None:
    """R14."""

    async def story(desk: Desk) -> None:
        await go(desk, PATHS["print_sheet"])
        await desk.tap("Cancel")
        assert desk.screen == "network_status"
        assert desk.device.sheet.status == ""

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
        assert any("not used for a long time" in words for words in desk.words)
        await desk.tap("Sign in")
        assert desk.screen == "password"

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


contacts = st.lists(st.tuples(st.integers(1, 15), st.integers(1, 15)), max_size=6)  # closed and open again, ms


@settings(max_examples=60, deadline=None)
@given(closing=contacts, opening=contacts, held_ms=st.integers(25, 400), key=st.sampled_from(["down", "ok"]))
def test_however_contacts_bounce_a_press_is_one_press(
    closing: list[tuple[int, int]], opening: list[tuple[int, int]], held_ms: int, key: str
) -> None:
    """When they close, and when they open: what comes again within 20 ms is the same press."""

    async def pass_ms(desk: Desk, ms: int) -> None:
        for _ in range(ms):
            await desk.wait(1)

    async def story(desk: Desk) -> None:
        if key == "ok":
            await desk.key("down", "down")
        for closed_ms, open_ms in closing:
            desk.board.keys.put(key, True)
            await pass_ms(desk, closed_ms)
            desk.board.keys.put(key, False)
            await pass_ms(desk, open_ms)
        desk.board.keys.put(key, True)
        await pass_ms(desk, held_ms)
        desk.board.keys.put(key, False)
        for open_ms, closed_ms in opening:
            await pass_ms(desk, open_ms)
            desk.board.keys.put(key, True)
            await pass_ms(desk, closed_ms)
            desk.board.keys.put(key, False)
        await pass_ms(desk, 60)
        if key == "ok":
            assert desk.screen == "settings"
            assert desk.row("General Settings")[5] & 2  # and nothing chosen there
        else:
            assert desk.row("Job Status")[5] & 2

    at(KEYS, story)


def test_an_arrow_that_is_held_repeats() -> None:
    """Once at once, again after half a second, then eight times a second."""

    async def story(desk: Desk) -> None:
        await desk.tap("Scan to Email")
        await desk.tap("Enter an email address")
        await desk.key("ok")  # the wheel
        for ms, letter in ((10, "b"), (480, "b"), (540, "c"), (500 + 4 * 120 + 60, "g")):
            at_first = desk.words[desk.words.index(WHEEL) - 1]
            assert at_first == "a"
            await hold(desk, "down", ms)
            assert desk.words[desk.words.index(WHEEL) - 1] == letter
            for _ in range(WHEEL.index(letter)):
                await desk.key("up")

    at(KEYS, story)


def test_ok_that_is_held_goes_back_and_lets_go_of_nothing_else() -> None:
    """On three keys a long press of OK is Back: once, while it is still held."""

    async def story(desk: Desk) -> None:
        await go(desk, PATHS["network"])
        desk.board.keys.put("ok", True)
        for _ in range(40):
            await desk.wait(10)
        assert desk.screen == "network"
        for _ in range(20):
            await desk.wait(10)
        assert desk.screen == "general"
        for _ in range(200):
            await desk.wait(10)
        desk.board.keys.put("ok", False)
        await desk.wait(100)
        assert desk.screen == "general"

    at(KEYS, story)


@pytest.mark.parametrize("path", [[], ["settings.title"], PATHS["recipient"], [*PATHS["print_sheet"], "panel.print"]])
def test_ok_is_answered_before_it_is_let_go(path: list[str]) -> None:
    """What it means is known later: until then what has the focus looks pressed."""

    async def story(desk: Desk) -> None:
        await go(desk, path)
        before, screen = await desk.frame(), desk.screen
        desk.board.keys.put("ok", True)
        await desk.settle()
        pressed = await desk.frame()
        assert desk.screen == screen
        assert sum(one != other for one, other in zip(before, pressed, strict=True)) > 16  # bytes of eight pixels
        for _ in range(60):
            await desk.wait(10)
        desk.board.keys.put("ok", False)
        await desk.wait(30)
        assert desk.screen != screen or screen == "home"

    at(KEYS, story)


def test_a_finger_that_rests_repeats_where_that_makes_sense() -> None:
    """Delete and the arrows of a list; a button or a letter does what it does once."""

    async def rest(desk: Desk, words: str, ms: int) -> None:
        row = desk.row(words)
        assert desk.board.touch is not None
        desk.board.touch.put(row[1] + 5, row[2] + 5, True)
        for _ in range(ms // 10):
            await desk.wait(10)
        desk.board.touch.put(row[1] + 5, row[2] + 5, False)
        await desk.wait(30)

    async def story(desk: Desk) -> None:
        await go(desk, PATHS["recipient"])
        await rest(desk, "a", 2000)
        await desk.type("bcdefgh")
        assert "abcdefgh" in desk.words
        await rest(desk, "Delete", 500 + 3 * 120 + 60)
        assert "abc" in desk.words
        await desk.key("home")
        await rest(desk, "Settings", 2000)
        assert desk.screen == "settings"

    at(TOUCH, story)


def test_nobody_chooses_what_they_do_not_see() -> None:
    """OK brings a button in sight that lies below what is shown; it is chosen when it can be seen."""

    async def story(desk: Desk) -> None:
        await desk.tap("Scan to Email")
        await desk.type("ona@bureau.example")
        await desk.tap("Send")
        job = desk.device.jobs.list[0]
        job.update(status="failed", code=360)
        await desk.tell("jobs")
        presses = 0
        while desk.row("Details")[2] + desk.row("Details")[4] > KEYS[1]:
            assert not any(row[5] & 2 for row in desk.rows)
            await desk.key("ok")
            assert desk.screen == "sending"
            presses += 1
        assert 1 < presses < 10
        assert desk.row("Details")[5] & 2
        await desk.key("ok")
        assert desk.screen == "job"

    at(KEYS, story, signed_in_with_document)


def test_typing_is_not_debounced() -> None:
    async def story(desk: Desk) -> None:
        await desk.tap("Scan to Email")
        await desk.type("aaaaaa@bb.cc")
        assert "aaaaaa@bb.cc" in desk.words

    at(TOUCH, story)


def test_an_idle_panel_does_nothing() -> None:
    async def story(desk: Desk) -> None:
        await desk.wait(200_000)  # it goes dark
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
