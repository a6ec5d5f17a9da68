"""Web Config with canned requests, on whatever interpreter runs this: prints a line for each, the same on both.

Run with the tree (and microdot) on the path. Needs nothing of the simulator, which MicroPython cannot load.
"""

import asyncio
import binascii
import gc
import hashlib
import sys

from firmware import settings as email_settings
from firmware.admin import Admin
from firmware.audit import Audit
from firmware.contacts import Contacts
from firmware.jobs.journal import Journal
from firmware.store import Store
from firmware.users import Users
from firmware.web.app import TABLE
from firmware.web.forms import parse_form
from firmware.web.guard import Head, parse_head
from firmware.web.web_config import WebConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HOST = "198.51.100.7"
BASIC = "/network/email/basic"
SIGN_IN = "/network/email/signin"
PASSWORD = "kmq7w3xz9d"


class _Thing:
    pass


def thing() -> "Any":
    """Something that takes any attribute."""
    return _Thing()


class Clock:
    def __init__(self) -> None:
        self.ms = 0

    def now(self) -> int:
        return 1764576000

    def ticks_ms(self) -> int:
        return self.ms

    async def sleep_ms(self, ms: int) -> None:
        """Others have their turn; time does not pass."""
        await asyncio.sleep(0)


class Entropy:
    def __init__(self) -> None:
        self.count = 0

    def random(self, n: int) -> bytes:
        self.count += 1
        return hashlib.sha256(str(self.count).encode()).digest()[:n]


class Storage:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def size(self, name: str) -> int:
        return len(self.files.get(name, b"")) if name in self.files else -1

    def read(self, name: str, offset: int, n: int) -> bytes:
        return bytes(self.files.get(name, b"")[offset : offset + n])

    def write(self, name: str, data: bytes) -> None:
        self.files[name] = bytes(data)

    def append(self, name: str, data: bytes) -> None:
        self.files[name] = self.files.get(name, b"") + bytes(data)

    def rename(self, old: str, new: str) -> None:
        self.files[new] = self.files.pop(old)

    def remove(self, name: str) -> None:
        self.files.pop(name, None)


class Monitor:
    attended = True

    def state(self, part: str, value: object) -> None:
        print("state", part, value)

    def log(self, line: str) -> None:
        print("log", line)


class Interface:
    def __init__(self, name: str, address: str, standard: bool) -> None:
        self.name = name
        self.address = address
        self.standard = standard
        self.mac, self.netmask, self.gateway, self.dns = "02:00:5E:10:00:01", "255.255.255.0", "", "198.51.100.1"
        self.web_url = "http://" + address + "/"

    def signal_dbm(self) -> "int | None":
        return None

    def up(self) -> bool:
        return True


class Attempt:
    def __init__(self, settings: "dict[str, Any]", owner: str) -> None:
        self.settings = settings
        self.owner = owner
        self.state = "WAITING"
        self.user_code = "GHJK2345"
        self.verification_uri = "https://login.bureau.example/device"
        self.address = ""
        self.tenant = ""
        self.reason = ""

    def expires_in_s(self) -> int:
        return 899


class Accounts:
    def __init__(self) -> None:
        account = self.account = thing()
        account.state, account.address, account.tenant, account.reason = "SIGNED_OUT", "", "", ""
        account.good_until_s = None
        self.saved = email_settings.load(None)
        self.signin: Any = None

    def settings(self) -> "dict[str, Any]":
        return dict(self.saved)

    async def start_signin(self, draft: "dict[str, Any]", owner: str) -> None:
        self.signin = Attempt(draft, owner)

    def cancel_signin(self) -> None:
        self.signin = None

    def changes(self, draft: "dict[str, Any]") -> "list[str]":
        return []

    async def save(self, draft: "dict[str, Any]", use_grant: bool, owner: str) -> None:
        self.saved = draft
        if use_grant:
            account = self.account
            account.state, account.address, account.tenant = "SIGNED_IN", self.signin.address, self.signin.tenant
            self.signin = None
        print("saved", sorted(draft.items()), use_grant)


class Device:
    def __init__(self) -> None:
        board = self.board = thing()
        board.clock = Clock()
        board.entropy = Entropy()
        board.storage = Storage()
        board.monitor = Monitor()
        board.network = thing()
        board.network.interfaces = [
            Interface("Wired LAN", HOST, True),
            Interface("Wired LAN (additional)", "203.0.113.7", False),
        ]
        board.printer = thing()
        board.printer.states = lambda: ["media-empty"]
        board.scanner = thing()
        board.scanner.document = lambda: None
        board.identity = thing()
        board.identity.model = "Scanpost One"
        board.identity.serial = "SP00001234"
        board.identity.firmware = "0.1.0"
        board.identity.roots = "Built-in 1.0 (1)"
        board.identity.label_password = PASSWORD
        board.identity.must_change_password = False
        board.identity.chip_key = b"k" * 32
        board.identity.features = ()
        self.language = "lt"
        self.store = Store(board)
        self.admin = Admin(self.store, board.entropy, board.clock, board.identity)
        self.audit = Audit(board)
        self.accounts = Accounts()
        self.fax = Accounts()
        self.contacts = Contacts(self.store)
        self.users = Users(board, self.store)
        self.has_my_email = True
        self.has_https = False
        self.tested: Any = None
        self.web_idle_min, self.panel_idle_min = 15, 3
        self.journal = Journal(board.storage, board.monitor.log)
        self.queue = thing()
        self.queue.current = None

    def tell(self, event: str, *about: str, also: str = "") -> None:
        print("told", event, about, also)

    def network_changed(self) -> None:
        """Nobody listens here."""

    def subscribe(self, callback: object) -> None:
        pass


class Stream:
    """Gives a request in pieces of 100 bytes, keeps the answer."""

    def __init__(self, data: bytes) -> None:
        self.peer = "198.51.100.20:5000"
        self.data = data
        self.answer = b""
        self.closed = asyncio.Event()

    async def read(self, n: int, timeout_ms: int) -> bytes:
        data, self.data = self.data[:100], self.data[100:]
        return data

    async def write(self, data: bytes, timeout_ms: int) -> None:
        self.answer += bytes(data)

    async def close(self) -> None:
        self.closed.set()


class Listener:
    """One connection, and then no other."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.taken = False

    async def accept(self) -> "Any":
        if self.taken:
            await asyncio.sleep(3600)
        self.taken = True
        return self.stream

    async def close(self) -> None:
        pass


class Browser:
    def __init__(self) -> None:
        self.device = Device()
        web = WebConfig(self.device)
        self.door: Any = web._door
        self.cookie = ""

    async def send(self, data: bytes) -> bytes:
        stream = Stream(data)
        task = asyncio.create_task(self.door.run(Listener(stream)))
        await stream.closed.wait()
        await asyncio.sleep(0)
        task.cancel()
        answer = stream.answer
        head, _, body = answer.partition(b"\r\n\r\n")
        # MicroPython's dicts have an order of their own, and so have microdot's headers
        same = b"\n".join(sorted(head.split(b"\r\n"))) + body
        digest = binascii.hexlify(hashlib.sha256(same).digest()).decode()
        print(answer.split(b"\r\n")[0].decode(), len(answer), digest)
        cookie = answer.find(b"scanpost_session=")
        if cookie >= 0:
            self.cookie = answer[cookie : answer.find(b";", cookie)].decode()
        return answer

    async def get(self, path: str) -> bytes:
        return await self.send(self.head("GET", path) + b"\r\n")

    async def post(self, path: str, body: str) -> bytes:
        head = self.head("POST", path) + b"Content-Type: application/x-www-form-urlencoded\r\n"
        return await self.send(head + b"Content-Length: %d\r\n\r\n" % len(body) + body.encode())

    def head(self, method: str, path: str) -> bytes:
        cookie = "Cookie: " + self.cookie + "\r\n" if self.cookie else ""
        return (method + " " + path + " HTTP/1.1\r\nHost: " + HOST + "\r\n" + cookie).encode()


def value(page: bytes, name: str) -> str:
    mark = ('name="' + name + '" value="').encode()
    start = page.find(mark) + len(mark)
    return page[start : page.find(b'"', start)].decode()


async def story() -> None:
    browser = Browser()
    device = browser.device
    for path in ("/", "/style.css", "/login", BASIC, "/nowhere", "/%2e"):
        await browser.get(path)
    await browser.post("/login", "password=wrong")
    device.board.clock.ms += 2000
    await browser.post("/login", "password=" + PASSWORD)
    page = await browser.get("/")
    csrf = "csrf=" + value(page, "csrf")
    for language in ("en", "lt"):
        await browser.post("/language", csrf + "&language=" + language)
        for _, _, path, _, _, _ in TABLE:
            page = await browser.get(path)
    page = await browser.get(BASIC)
    form = csrf + "&base=" + value(page, "base") + "&method=oauth2&verify=enable"
    for body in ("a", "a=1&a=2", "csrf=0", csrf + "&a=%", csrf + "&sender=%C5%A1%3Cb%3E", csrf + "&smtp_port=99999"):
        await browser.post(BASIC, body)
    await browser.post(BASIC, csrf + "&do=discard")
    await browser.post(BASIC, form + "&smtp_host=evil.example&do=ok")
    await browser.post(BASIC, form + "&smtp_host=smtp-mail.outlook.com&sender=scans%40bureau.example&do=signin")
    await browser.get(SIGN_IN)
    await browser.post(SIGN_IN, csrf + "&do=start")
    await browser.get(SIGN_IN)
    attempt = device.accounts.signin
    attempt.state, attempt.address, attempt.tenant = "GRANTED", "printer@bureau.example", "bureau.example"
    await browser.get(SIGN_IN)
    await browser.get(BASIC)
    page = await browser.post(BASIC, form + "&do=ok")
    await browser.post(BASIC, csrf + "&do=ok&asked=" + value(page, "asked"))
    await browser.get(BASIC)
    await browser.post(BASIC, form + "&do=signout")
    await browser.post("/security/password", csrf + "&old=" + PASSWORD + "&new=another+one&again=another+one")
    await browser.post("/logout", csrf)
    await browser.get(BASIC)
    await browser.post("/login", "password=another+one")
    await browser.send(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")


def judgements() -> None:
    """Many broken heads and forms, made by a small generator: what is said of them must not depend on the interpreter."""
    seed = 1
    words = [b"GET", b"POST", b" ", b"/", b"HTTP/1.1", b"\r\n", b"Host:", b"a.b:80", b"Content-Length:", b"-1", b"1_0"]
    words += [b"+5", b"12", b"\r\n\r\n", b"%41", b"=", b"&", b"%", b"\xc5\xa1", b"%FF", b"+", b"x", b":", b"\t", b"\0"]
    start = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
    digest = hashlib.sha256()
    counts: dict[str, int] = {}
    for number in range(4000):
        data = start if number % 2 else b""
        for _ in range(1 + number % 9):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            data += words[(seed >> 8) % len(words)]
        judged = parse_head(data + b"\r\n\r\n")
        result = judged.canonical() if isinstance(judged, Head) else str(judged.status).encode()
        digest.update(result)
        try:
            form = "\n".join([name + "=" + typed for name, typed in sorted(parse_form(data).items())])
        except ValueError:
            form = "ValueError"
        digest.update(form.encode())
        for what in (result.decode()[:4].rstrip(), "no form" if form == "ValueError" else "form"):
            counts[what] = counts.get(what, 0) + 1
    print("judgements", sorted(counts.items()), digest.digest())


asyncio.run(story())
judgements()
gc.collect()
if "heap" in sys.argv:
    print("heap", gc.mem_alloc())  # type: ignore[attr-defined]
