"""A device and a board as the panel sees them, worked by hand. Runs on CPython and on MicroPython.

`Desk` is somebody at the panel: `await desk.tap("Settings")`, `await desk.key("down")`, `await desk.frame()`.
"""

# ruff: noqa: UP037  own types stay quoted: MicroPython has no typing
import asyncio

from firmware.jobs.fax import address_of
from firmware.mail.checks import check_address
from firmware.panel.panel import PanelUI
from firmware.panel.strings import reason, text

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
        network = address.rpartition(".")[0]
        self.netmask = "255.255.255.0" if address else ""
        self.gateway = network + ".1" if address else ""
        self.dns = network + ".53" if address else ""
        self.web_url = "http://" + address + "/" if address else ""
        self.radio_dbm = -61 if name == "Wi-Fi" else None

    def up(self) -> bool:
        return self.address != ""

    def signal_dbm(self) -> "int | None":
        return self.radio_dbm if self.up() else None


class Network:
    fitted = True

    def __init__(self) -> None:
        self.interfaces = [Interface("Wired LAN", True, "198.51.100.7")]


class Https:
    """It is on."""

    def on(self) -> bool:
        return True

    def load(self) -> "tuple[bytes, bytes]":
        return b"certificate", b"key"


class Document:
    def __init__(self, name: str, size: int, pages: int = 0) -> None:
        self.id = "d" + name
        self.pages = pages
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
        self.width = 576
        self.keeps: "list[str]" = []

    def states(self) -> "list[str]":
        return self.keeps


class Identity:
    model = "Scanpost One"
    serial = "SP00004711"
    firmware = "0.1.0"
    roots = "Built-in 1.0 (1)"
    label_password = "label-password"


class Monitor:
    def __init__(self) -> None:
        self.lines: "list[str]" = []

    def log(self, line: str) -> None:
        self.lines.append(line)


class Admin:
    """The administrator's password, looked at when `looks` is set; two seconds of waiting after a wrong one."""

    def __init__(self, clock: Clock) -> None:
        self.looks = asyncio.Event()
        self.looks.set()
        self._clock = clock
        self._locked_until_ms = 0

    def locked_for_s(self) -> int:
        return max(0, self._locked_until_ms - self._clock.ticks + 999) // 1000

    async def check(self, password: str) -> bool:
        await self.looks.wait()
        if self.locked_for_s() == 0 and password == Identity.label_password:
            return True
        self._locked_until_ms = self._clock.ticks + 2000
        return False


class Attempt:
    """A sign-in being made."""

    def __init__(self, owner: str, clock: Clock) -> None:
        self.owner = owner
        self.state = "REQUESTING"
        self.user_code = self.verification_uri = self.address = self.reason = ""
        self._clock = clock
        self._deadline_ms = 0

    def expires_in_s(self) -> int:
        return max(0, self._deadline_ms - self._clock.ticks) // 1000

    def wait(self, uri: str, code: str) -> None:
        self.state, self.verification_uri, self.user_code = "WAITING", uri, code
        self._deadline_ms = self._clock.ticks + 900_000

    def end(self, state: str, reason: str = "", address: str = "") -> None:
        self.state, self.reason, self.address = state, reason, address
        self.user_code = self.verification_uri = ""


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
        self.monitor = Monitor()


class Account:
    def __init__(self) -> None:
        self.state = "SIGNED_OUT"
        self.address = ""
        self.tenant = ""
        self.reason = ""
        self.granted_s: "int | None" = None
        self.used_s: "int | None" = None
        self.good_until_s: "int | None" = None


class Accounts:
    """Of the device; settings and attempt are set on the device itself."""

    def __init__(self, device: "Device") -> None:
        self.account = Account()
        self.server_refuses = ""
        self._device = device
        self.settings = device.settings
        self.start_signin = device.start_signin
        self.cancel_signin = device.cancel_signin
        self.save = device.save

    @property
    def signin(self) -> "Attempt | None":
        return self._device.signin


class Fax(Accounts):
    """Of the fax server, with settings of its own."""

    def __init__(self, device: "Device") -> None:
        super().__init__(device)
        self.kept = dict(BASE, fax_domain="fax.bureau.example")
        self.settings = lambda: dict(self.kept)


class Users:
    """The users of Scan to My Email: one, whose PIN is 4711; looked at when `looks` is set."""

    def __init__(self) -> None:
        self.looks = asyncio.Event()
        self.looks.set()
        self.user = {"id": "ona", "name": "Ona Kazlauskienė", "email": "ona.kazlauskiene@bureau.example"}

    def locked_for_s(self, id: str) -> int:
        return 0

    async def check(self, id: str, pin: str) -> "dict[str, Any] | None":
        await self.looks.wait()
        return self.user if (id, pin) == ("ona", "4711") else None


class People:
    """Her sign-in."""

    def __init__(self) -> None:
        self.account = Account()

    def of(self, id: str) -> "People":
        return self

    def keep(self, attempt: "Attempt") -> None:
        self.account.state, self.account.address = "SIGNED_IN", attempt.address


class Jobs:
    def __init__(self, device: "Device") -> None:
        self._device = device
        self.list: "list[dict[str, Any]]" = []
        self.reads = 0
        self.current: "dict[str, Any] | None" = None

    def recent(self, most: int) -> "list[dict[str, Any]]":
        self.reads += 1
        return self.list[:most]

    def listed(self, most: int) -> "list[tuple[Any, ...]]":
        fields = ("id", "status", "kind", "to", "name", "created_s", "code")
        return [tuple([job[field] for field in fields]) for job in self.recent(most)]

    def find(self, number: int) -> "dict[str, Any] | None":
        self.reads += 1
        return next((job for job in self.list if job["id"] == number), None)

    def words(self, why: str) -> str:
        return reason(why, self._device.language)

    def explained(self, number: int) -> "dict[str, Any] | None":
        return self.find(number)


class Sheet:
    """The printing of the status sheet, which goes on by `to`."""

    def __init__(self, device: "Device") -> None:
        self.status = ""
        self.code = 0
        self.cancelled = False
        self._device = device

    def start(self) -> None:
        self.to("printing")

    def cancel(self) -> bool:
        self.cancelled = True
        return True

    def to(self, status: str, code: int = 0) -> None:
        self.status = status
        self.code = code
        self._device.tell("sheet")


class Contacts:
    def __init__(self) -> None:
        self.list: "list[tuple[str, str]]" = []

    def all(self) -> "list[tuple[str, str]]":
        return list(self.list)


class Crashes:
    """What is known of crashes, the newest one first."""

    untold = True

    def __init__(self, what: str, count: int) -> None:
        self.kinds = [{"what": what, "count": count}]

    def told(self) -> None:
        self.untold = False


class Device:
    """The facade, with everything to be set from outside."""

    def __init__(self, size: "Size", language: str = "en") -> None:
        self.board = Board(size)
        self.language = language
        self.accounts = Accounts(self)
        self.jobs = Jobs(self)
        self.contacts = Contacts()
        self.crashes: "Crashes | None" = None
        self.has_my_email = False
        self.has_https = False
        self.https = Https()
        self.fax: "Fax | None" = None
        self.users = Users()
        self.people = People()
        self.saved = dict(BASE)
        self.admin = Admin(self.board.clock)
        self.locked = False
        self.panel_idle_min = 3
        self.signin: "Attempt | None" = None
        self.submitted: "list[tuple[str, str, str]]" = []  # recipient, file name, subject
        self.too_late = False  # to cancel a job
        self.cancelled: "list[int]" = []
        self.refusal: "Exception | None" = None  # what submit_email, save and set_lock raise
        self.saves = asyncio.Event()  # how long save takes
        self.saves.set()
        self.sheet = Sheet(self)
        self._callbacks: "list[Callable[[str], None]]" = []

    def settings(self) -> "dict[str, Any]":
        return dict(self.saved)

    def set_lock(self, locked: bool) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.locked = locked
        self.tell("settings")

    async def start_signin(self, draft: "dict[str, Any]", owner: str) -> None:
        self.signin = Attempt(owner, self.board.clock)
        self.tell("signin")

    def cancel_signin(self) -> None:
        self.signin = None
        self.tell("signin")

    async def save(self, draft: "dict[str, Any]", use_grant: bool, owner: str) -> None:
        await self.saves.wait()
        if self.refusal is not None:
            raise self.refusal
        assert use_grant and self.signin is not None and self.signin.owner == owner
        self.saved = dict(draft, account=self.signin.address, sender=draft["sender"] or self.signin.address)
        self.signed_in()
        self.accounts.account.address = self.signin.address
        self.signin = None
        self.tell("accounts")

    def subscribe(self, callback: "Callable[[str], None]") -> None:
        self._callbacks.append(callback)

    def tell(self, part: str) -> None:
        for callback in self._callbacks:
            callback(part)

    def submit_email(self, to: str, document: Document, name: str = "", subject: str = "") -> "dict[str, Any]":
        if self.refusal is not None:
            raise self.refusal
        check_address(to)
        self.submitted.append((to, name or document.name, subject))
        return self.job(to=to, name=name or document.name, size=document.size, pages=document.pages, status="waiting")

    def submit_fax(self, number: str, document: Document, name: str = "") -> "dict[str, Any]":
        address_of(number, "fax.bureau.example")
        return self.job(kind="fax", to=number, name=name or document.name, size=document.size, status="waiting")

    def submit_my_email(self, user: "dict[str, Any]", document: Document, name: str, subject: str) -> "dict[str, Any]":
        self.submitted.append((user["email"], name or document.name, subject))
        return self.job(kind="my-email", to=user["email"], name=name, size=document.size, status="waiting")

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
            "page": 0,
            "pages": 0,
        }
        job.update(fields)
        self.jobs.list.insert(0, job)
        return job

    def cancel_job(self, number: int) -> bool:
        self.cancelled.append(number)
        return not self.too_late

    def set_language(self, language: str) -> None:
        self.language = language
        self.tell("settings")

    # --- states ---

    def signed_in(self) -> None:
        account = self.accounts.account
        account.state = "SIGNED_IN"
        account.address = "printer@bureau.example"
        account.good_until_s = NOW_S + 90 * DAY_S

    def ended(self, state: str, why: str) -> None:
        self.signed_in()
        self.accounts.account.state = state
        self.accounts.account.good_until_s = None
        self.accounts.account.reason = why

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

    async def scroll(self, times: int) -> None:
        """Down, by pages under a finger and with the arrow key where there is no touch."""
        for _ in range(times):
            if self.board.touch is None:
                if self.rows[-1][2] + self.rows[-1][4] > self.panel.height:
                    await self.key("down")
            elif not self.row(text("panel.scroll_down", self.device.language))[5] & 4:
                await self.tap(text("panel.scroll_down", self.device.language))

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
