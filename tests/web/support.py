"""A device without an inside, on the parts of the virtual world, and a browser that speaks to its Web Config."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, TypeVar
from urllib.parse import urlencode

from firmware import settings as email_settings
from firmware.admin import Admin
from firmware.audit import Audit
from firmware.connection_test import STAGES
from firmware.contacts import Contacts
from firmware.device_certificate import DeviceCertificate
from firmware.jobs.journal import Journal
from firmware.store import Store
from firmware.users import Users
from firmware.web.web_config import WebConfig
from hal.errors import CertificateError, ConnectionLost, StorageFull
from sim.board import SimEntropy, SimIdentity, SimMonitor, interfaces
from sim.clock import DeviceClock, WorldClock
from sim.loop import VirtualLoop
from sim.network import MemoryStream, SimNetwork
from sim.storage import RamStorage

ADDRESS = "198.51.100.7"
PASSWORD = "kmq7w3xz9d"
BASIC = "/network/email/basic"
SIGN_IN = "/network/email/signin"
PRINTER = "printer@bureau.example"
FREE = ("account", "password", "sender", "pop3_host", "pop3_port", "keep_alive")
_T = TypeVar("_T")


class Attempt:
    def __init__(self, settings: dict[str, Any], owner: str) -> None:
        self.settings = settings
        self.owner = owner
        self.state = "REQUESTING"
        self.user_code = ""
        self.verification_uri = ""
        self.address = ""
        self.tenant = ""
        self.reason = ""
        self.left_s = 900

    def expires_in_s(self) -> int:
        return self.left_s

    def wait(self, uri: str = "https://login.bureau.example/device") -> None:
        self.state, self.user_code, self.verification_uri = "WAITING", "GHJK2345", uri

    def succeed(self, address: str = PRINTER, tenant: str = "bureau.example") -> None:
        self.state, self.address, self.tenant = "GRANTED", address, tenant

    def end(self, state: str, reason: str = "") -> None:
        self.state, self.reason = state, reason


class FakeAccounts:
    """A mail server's settings and sign-in, with the rules of `firmware.oauth.accounts.Accounts` in their simplest form."""

    def __init__(self) -> None:
        self.saved = email_settings.load(None)
        self.account = SimpleNamespace(state="SIGNED_OUT", address="", tenant="", reason="", good_until_s=None)
        self.signin: Attempt | None = None
        self.saves: list[tuple[dict[str, Any], bool]] = []
        self.cancelled = 0
        self.flash_full = False

    def settings(self) -> dict[str, Any]:
        return dict(self.saved)

    async def start_signin(self, draft: dict[str, Any], owner: str) -> None:
        self.signin = Attempt(dict(draft), owner)

    def cancel_signin(self) -> None:
        self.signin = None
        self.cancelled += 1

    def changes(self, draft: dict[str, Any]) -> list[str]:
        if self.account.state == "SIGNED_OUT":
            return []
        return [field for field in draft if field not in FREE and draft[field] != self.saved[field]]

    async def save(self, draft: dict[str, Any], use_grant: bool, owner: str) -> None:
        if self.flash_full:
            raise StorageFull("No space left")
        changes = self.changes(draft)
        if use_grant:
            if self.signin is None or self.signin.owner != owner or self.signin.state != "GRANTED":
                raise ValueError("error.no_grant")
            self.sign_in(self.signin.address, self.signin.tenant)
            self.signin = None
        elif changes:
            await self.sign_out()
        self.saved = dict(draft)
        self.saves.append((dict(draft), use_grant))

    def sign_in(self, address: str = PRINTER, tenant: str = "bureau.example") -> None:
        account = self.account
        account.state, account.address, account.tenant = "SIGNED_IN", address, tenant

    async def sign_out(self) -> None:
        account = self.account
        account.state, account.address, account.tenant = "SIGNED_OUT", "", ""


class FakePeople:
    """The users' sign-ins."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    def forget(self, id: str) -> None:
        self.forgotten.append(id)


class FakeDevice:
    """What Web Config sees of a device, with the stores of `firmware.device.Device` and no jobs."""

    def __init__(self, loop: VirtualLoop, storage: RamStorage) -> None:
        clock = DeviceClock(WorldClock.virtual(loop), loop)
        self.board = SimpleNamespace(
            clock=clock,
            network=SimNetwork(clock, [], interfaces()),
            storage=storage,
            entropy=SimEntropy(random.Random(1)),
            identity=SimIdentity("SP00001234", PASSWORD),
            monitor=SimMonitor(lambda: None, lambda line: None),
            printer=SimpleNamespace(states=list),
            scanner=SimpleNamespace(document=lambda: None),
        )
        self.language = "en"
        self.store = Store(self.board)
        self.admin = Admin(self.store, self.board.entropy, clock, self.board.identity)
        self.audit = Audit(self.board)
        self.accounts = FakeAccounts()
        self.fax: FakeAccounts | None = FakeAccounts()
        self.has_my_email = self.has_https = True
        self.people = FakePeople()
        self.web_idle_min, self.panel_idle_min = 15, 3
        self.told: list[tuple[str, ...]] = []  # by mail: the event, what about, and a further address
        self.notifying = False
        self.restarts: list[str] = []
        self.journal = Journal(storage, self.board.monitor.log)
        self.tested: dict[str, Any] | None = None
        self.contacts = Contacts(self.store)
        self.queue = SimpleNamespace(current=None)  # the job being sent

    async def remove_user(self, id: str) -> None:
        self.people.forget(id)
        await self.users.remove(id)

    @property
    def users(self) -> Users:
        return Users(self.board, self.store)

    @property
    def https(self) -> DeviceCertificate:
        return DeviceCertificate(self.board, self.store, lambda: self.subscriber("https"))

    # of the device's own mail server
    @property
    def saved(self) -> dict[str, Any]:
        return self.accounts.saved

    @property
    def saves(self) -> list[tuple[dict[str, Any], bool]]:
        return self.accounts.saves

    @property
    def signin(self) -> Attempt | None:
        return self.accounts.signin

    def sign_in(self, address: str = PRINTER, tenant: str = "bureau.example") -> None:
        self.accounts.sign_in(address, tenant)

    def noted(self, what: str = "") -> list[tuple[str, str, str]]:
        """The audit log, oldest first: what, from where, about what."""
        lines = [(line["what"], line["where"], line["about"]) for line in reversed(self.audit.newest(100))]
        return [line for line in lines if what in ("", line[0])]

    def set_idle_times(self, web_min: int, panel_min: int) -> None:
        self.web_idle_min, self.panel_idle_min = web_min, panel_min

    def tell(self, event: str, *about: str, also: str = "") -> None:
        self.told.append((event, *about, also))

    def begin_notifying(self) -> None:
        self.notifying = True

    def restart(self) -> None:
        self.restarts.append("restart")

    def factory_reset(self, where: str) -> None:
        self.restarts.append("reset from " + where)

    def test_connection(self, accounts: FakeAccounts) -> None:
        stages = [(name, 0, "", "") for name in STAGES]
        self.tested = {"accounts": accounts, "running": True, "stages": stages}

    def network_changed(self) -> None:
        self.subscriber("network")

    def subscribe(self, callback: Callable[[str], None]) -> None:
        self.subscriber = callback


class Answer:
    def __init__(self, data: bytes) -> None:
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
        self.body = body
        self.text = body.decode()

    @property
    def where(self) -> str:
        return self.headers["location"]

    def value(self, name: str) -> str:
        """The value of the input called `name` in the page."""
        found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', self.text)
        assert found is not None, f"No input {name} in {self.text}"
        return found[1]


class Browser:
    """One browser: keeps the cookie, sends what Chromium sends. `trusted`: over HTTPS, where the device shows this one."""

    def __init__(self, device: FakeDevice, peer: str = "198.51.100.20", trusted: bytes = b"") -> None:
        self.device = device
        self.trusted = trusted
        self.peer = peer
        self.cookie = ""
        self.language = ""  # what it says that it would like

    async def send(self, data: bytes) -> bytes:
        stream = self.device.board.network.dial(443 if self.trusted else 80, self.peer)
        if self.trusted:
            await stream.start_tls(ADDRESS, [], False, 1000)
            if stream.shown != self.trusted:  # who knows the device goes by its certificate, not by who signed it
                raise CertificateError("untrusted")
        try:
            await stream.write(data, 1000)
        except ConnectionLost:
            return b""
        return await read_all(stream)

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        head = {"Host": ADDRESS, "User-Agent": "Test", "Accept": "text/html"}
        if self.language:
            head["Accept-Language"] = self.language
        if self.cookie:
            head["Cookie"] = "theme=dark; " + self.cookie
        if method == "POST":
            head["Origin"] = ("https://" if self.trusted else "http://") + ADDRESS
            head["Content-Type"] = "application/x-www-form-urlencoded"
            head["Content-Length"] = str(len(body))
        head |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in head.items()]
        answer = Answer(await self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body))
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].split(";")[0]
            if self.cookie.endswith("="):
                self.cookie = ""
        return answer

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def post(self, path: str, **fields: str) -> Answer:
        return await self.ask("POST", path, urlencode(fields).encode())

    async def log_in(self) -> Browser:
        answer = await self.post("/login", password=PASSWORD)
        assert answer.status == 303
        return self

    async def csrf(self) -> str:
        return (await self.get("/")).value("csrf")

    async def submit(self, path: str, **fields: str) -> Answer:
        """Post a form of one's own pages."""
        return await self.post(path, csrf=await self.csrf(), **fields)

    async def upload(self, path: str, files: dict[str, bytes], **fields: str) -> Answer:
        """Post a form of one's own pages with files, as Chromium does."""
        body = b""
        mark = b"----WebKitFormBoundaryAz09"
        for name, value in {"csrf": await self.csrf(), **fields}.items():
            body += b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n' % (mark, name.encode())
            body += value.encode() + b"\r\n"
        for name, data in files.items():
            body += b'--%s\r\nContent-Disposition: form-data; name="%s"; filename="a b.txt"\r\n' % (mark, name.encode())
            body += b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n"
        body += b"--%s--\r\n" % mark
        return await self.ask("POST", path, body, Content_Type="multipart/form-data; boundary=" + mark.decode())

    async def basic(self, do: str, **changed: str) -> Answer:
        """Fill in the e-mail form as it stands, with changes, and press a button."""
        page = await self.get(BASIC)
        fields = {"base": page.value("base"), **form_of(self.device.saved), **changed}
        return await self.submit(BASIC, do=do, **fields)

    async def confirm(self, page: Answer) -> Answer:
        """Press the button that a page of questions offers."""
        do = re.search(r'name="do" value="([a-z]+)"', page.text)
        assert do is not None
        return await self.submit(BASIC, do=do[1], asked=page.value("asked"))


def form_of(settings: dict[str, Any]) -> dict[str, str]:
    form = {field: str(value) for field, value in settings.items()}
    for switch in ("verify", "keep_alive"):
        form[switch] = "enable" if settings[switch] else "disable"
    form["password"] = ""
    return form


async def read_all(stream: MemoryStream) -> bytes:
    data = b""
    while True:
        more = await stream.read(65536, 60_000)
        if not more:
            return data
        data += more


def run(
    story: Callable[[FakeDevice, Browser], Coroutine[Any, Any, _T]],
    storage: RamStorage | None = None,
    prepare: Callable[[FakeDevice], None] = lambda _: None,
) -> _T:
    """Run a story against a device whose Web Config listens. `prepare`: before it starts."""
    loop = VirtualLoop()

    async def main() -> _T:
        device = FakeDevice(loop, storage or RamStorage())
        prepare(device)
        web = loop.create_task(WebConfig(device).run(), name="web")
        await device.board.clock.sleep_ms(1)
        result = await story(device, Browser(device))
        web.cancel()
        return result

    try:
        return loop.run(main(), deadline_ms=48 * 3600 * 1000)
    finally:
        loop.close()
