"""A device and a board as the panel sees them, worked by hand. Runs on CPython and on MicroPython.

`Desk` is somebody at the panel: `await desk.tap("Settings")`, `await desk.key("down")`, `await desk.frame()`.
"""

# ruff: noqa: UP037  own types stay quoted: MicroPython has no typing
import asyncio

from firmware.panel.panel import PanelUI
from firmware.panel.strings import reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.panel.widgets import Row

    Size = tuple[int, int]

NOW_S = 1_764_583_500  # 2025-12-01 10:05 UTC
DAY_S = 86_400
BASE: "dict[str, Any]" = {
    "method": "oauth2",
    "service": "exchange",
    "account": "printer@bureau.example",
    "password": "secret-password",
    "sender": "printer@bureau.example",
    "smtp_host": "smtp-mail.outlook.com",
    "smtp_port": 587,
    "secure": "starttls",
    "verify": True,
    "pop3_host": "",
    "pop3_port": 110,
    "authority": "",
    "client_id": "",
    "scope": "",
    "ca": "",
}


class Transitions:
    """Keys or touch: what was put in comes out."""

    def __init__(self) -> None:
        self._waiting: "list[Any]" = []
        self._came = asyncio.Event()

    def put(self, *transition: "Any") -> None:
        self._waiting.append(transition)
        self._came.set()

    async def next(self) -> "Any":
        while not self._waiting:
            self._came.clear()
            await self._came.wait()
        return self._waiting.pop(0)


class Panel:
    def __init__(self, size: "Size") -> None:
        self.width, self.height = size
        self.depth = 4 if size[0] >= 320 else 1
        self.colours = b""
        self.frame = b""
        self.frames = 0
        self.said: "list[tuple[str, str, list[Row]]]" = []
        self.looked = asyncio.Event()

    def palette(self, colours: bytes) -> None:
        self.colours = colours

    async def ready(self) -> None:
        await self.looked.wait()
        self.looked.clear()

    def show(self, frame: bytearray) -> None:
        self.frame = bytes(frame)
        self.frames += 1

    def say(self, screen: str, language: str, rows: "list[Row]") -> None:
        self.said.append((screen, language, rows))


class Clock:
    def __init__(self) -> None:
        self.ticks = 1000
        self.unix_s: "int | None" = NOW_S
        self._sleepers: "list[tuple[int, asyncio.Event]]" = []

    def now(self) -> "int | None":
        return self.unix_s

    def ticks_ms(self) -> int:
        return self.ticks

    async def sleep_ms(self, ms: int) -> None:
        event = asyncio.Event()
        self._sleepers.append((self.ticks + ms, event))
        await event.wait()

    def pass_ms(self, ms: int) -> None:
        self.ticks += ms
        for sleeper in [sleeper for sleeper in self._sleepers if sleeper[0] <= self.ticks]:
            self._sleepers.remove(sleeper)
            sleeper[1].set()


class Interface:
    def __init__(self, name: str, standard: bool, address: str) -> None:
        self.name = name
        self.standard = standard
        self.address = address
        self.mac = "02:00:5E:10:00:0" + ("1" if standard else "2")
        self.netmask = "255.255.255.0"
        self.gateway = address.rpartition(".")[0] + ".1"
        self.dns = address.rpartition(".")[0] + ".53"
        self.web_url = "http://" + address + "/"

    def up(self) -> bool:
        return self.address != ""


class Network:
    def __init__(self) -> None:
        self.interfaces = [Interface("Wired LAN", True, "198.51.100.7")]


class Document:
    def __init__(self, name: str, size: int) -> None:
        self.id = "d" + name
        self.name = name
        self.content_type = "application/pdf"
        self.size = size


class Scanner:
    def __init__(self) -> None:
        self.lies: "Document | None" = None

    def document(self) -> "Document | None":
        return self.lies


class Printer:
    def __init__(self) -> None:
        self.keeps: "list[str]" = []

    def states(self) -> "list[str]":
        return self.keeps


class Identity:
    model = "Scanpost One"
    serial = "SP00004711"
    firmware = "0.1.0"
    label_password = "label-password"


class Board:
    def __init__(self, size: "Size") -> None:
        self.panel = Panel(size)
        self.keys = Transitions()
        self.touch = Transitions() if size[0] >= 320 else None
        self.clock = Clock()
        self.network = Network()
        self.scanner = Scanner()
        self.printer = Printer()
        self.identity = Identity()


class Account:
    def __init__(self) -> None:
        self.state = "SIGNED_OUT"
        self.address = ""
        self.tenant = ""
        self.reason = ""
        self.good_until_s: "int | None" = None


class Accounts:
    def __init__(self) -> None:
        self.device = Account()


class Jobs:
    def __init__(self) -> None:
        self.list: "list[dict[str, Any]]" = []
        self.reads = 0
        self.current: "dict[str, Any] | None" = None

    def recent(self, most: int) -> "list[dict[str, Any]]":
        self.reads += 1
        return self.list[:most]

    def find(self, number: int) -> "dict[str, Any] | None":
        self.reads += 1
        return next((job for job in self.list if job["id"] == number), None)


class Device:
    """The facade, with everything to be set from outside."""

    def __init__(self, size: "Size", language: str = "en") -> None:
        self.board = Board(size)
        self.language = language
        self.accounts = Accounts()
        self.jobs = Jobs()
        self.saved = dict(BASE)
        self.submitted: "list[tuple[str, str]]" = []
        self.cancelled: "list[int]" = []
        self.refusal: "Exception | None" = None  # what submit_email raises
        self.printing: "asyncio.Event | None" = None  # an event to wait for while printing
        self.printer_error: "Exception | None" = None
        self.printed = 0
        self._callbacks: "list[Callable[[str], None]]" = []

    def settings(self) -> "dict[str, Any]":
        return dict(self.saved)

    def subscribe(self, callback: "Callable[[str], None]") -> None:
        self._callbacks.append(callback)

    def tell(self, part: str) -> None:
        for callback in self._callbacks:
            callback(part)

    def submit_email(self, to: str, document: Document) -> "dict[str, Any]":
        if self.refusal is not None:
            raise self.refusal
        self.submitted.append((to, document.name))
        return self.job(to=to, name=document.name, size=document.size, status="waiting", sent_bytes=0)

    def job(self, **fields: "Any") -> "dict[str, Any]":
        """One more job, the newest."""
        job: "dict[str, Any]" = {
            "id": len(self.jobs.list) + 1,
            "kind": "email",
            "to": "ona.kazlauskiene@bureau.example",
            "name": "Sutartis.pdf",
            "status": "sent",
            "code": None,
            "detail": "",
            "created_s": NOW_S,
            "sent_bytes": 0,
            "size": 184_320,
        }
        job.update(fields)
        self.jobs.list.insert(0, job)
        return job

    def cancel_job(self, number: int) -> bool:
        self.cancelled.append(number)
        return True

    def set_language(self, language: str) -> None:
        self.language = language
        self.tell("settings")

    async def print_sheet(self) -> None:
        if self.printing is not None:
            await self.printing.wait()
        if self.printer_error is not None:
            raise self.printer_error
        self.printed += 1

    # --- states ---

    def signed_in(self) -> None:
        account = self.accounts.device
        account.state = "SIGNED_IN"
        account.address = "printer@bureau.example"
        account.good_until_s = NOW_S + 90 * DAY_S

    def ended(self, state: str, why: str) -> None:
        self.signed_in()
        self.accounts.device.state = state
        self.accounts.device.good_until_s = None
        self.accounts.device.reason = why

    def history(self) -> None:
        """Jobs of every kind that a list shows; the newest is one with code 360."""
        self.job(to="jonas@bureau.example", status="sent", created_s=NOW_S - 90_000)
        self.job(
            to="saulius@bureau.example",
            status="failed",
            code=313,
            detail="The name of the server was not found.",
            created_s=NOW_S - 7200,
        )
        why = self.words("reason.revoked\tAADSTS50173: The provided grant has expired due to it being revoked.")
        self.job(to="lina@bureau.example", status="failed", code=370, detail=why, created_s=NOW_S - 3600)
        why = self.words("reason.unused\tAADSTS700082")
        self.job(to="petras@bureau.example", status="failed", code=361, detail=why, created_s=NOW_S - 1800)
        self.job(to="rasa@bureau.example", status="waiting", created_s=NOW_S - 120)
        self.job(status="failed", code=360, created_s=NOW_S)

    def words(self, why: str) -> str:
        return reason(why, self.language)


class Desk:
    def __init__(self, device: Device) -> None:
        self.device = device
        self.board = device.board
        self.panel = device.board.panel
        self.ui = PanelUI(device)  # type: ignore[arg-type]
        self._life: "asyncio.Task[None] | None" = None

    async def begin(self) -> "Desk":
        self._life = asyncio.create_task(self.ui.run())
        await self.settle()
        return self

    async def end(self) -> None:
        assert self._life is not None
        self._life.cancel()
        try:
            await self._life
        except asyncio.CancelledError:
            pass

    async def settle(self) -> None:
        for _ in range(12):
            await asyncio.sleep(0)
        if self._life is not None and self._life.done():
            await self._life  # raises what ended it

    async def key(self, *names: str) -> None:
        for name in names:
            self.board.keys.put(name, True)
            self.board.clock.pass_ms(30)
            self.board.keys.put(name, False)
            await self.settle()
            self.board.clock.pass_ms(30)
        await self.settle()

    async def type(self, words: str) -> None:
        for character in words:
            self.board.keys.put(character, True)
            self.board.keys.put(character, False)
        await self.settle()
        await self.settle()

    async def touch(self, x: int, y: int) -> None:
        assert self.board.touch is not None
        self.board.touch.put(x, y, True)
        self.board.clock.pass_ms(30)
        self.board.touch.put(x, y, False)
        await self.settle()
        self.board.clock.pass_ms(30)

    async def tap(self, words: str) -> None:
        """Touch what bears these words; where there is no touch, or they are not in sight, go there with the keys."""
        row = self.row(words)
        x, y = row[1] + row[3] // 2, row[2] + row[4] // 2
        if self.board.touch is not None and y < self.panel.height:
            await self.touch(x, y)
            return
        for _ in range(60):
            if self.row(words)[5] & 2:
                await self.key("ok")
                return
            await self.key("down")
        raise LookupError(words)

    async def wait(self, ms: int) -> None:
        self.board.clock.pass_ms(ms)
        await self.settle()

    async def tell(self, part: str) -> None:
        self.device.tell(part)
        await self.settle()

    async def frame(self) -> bytes:
        """The picture as it is now."""
        self.panel.looked.set()
        await self.settle()
        return self.panel.frame

    @property
    def screen(self) -> str:
        return self.panel.said[-1][0]

    @property
    def rows(self) -> "list[Row]":
        return self.panel.said[-1][2]

    @property
    def words(self) -> "list[str]":
        return [row[0] for row in self.rows]

    def row(self, words: str) -> "Row":
        for row in self.rows:
            if row[0] == words and row[5] & 1:
                return row
        raise LookupError(words + " is not among " + ", ".join([row[0] for row in self.rows if row[5] & 1]))
