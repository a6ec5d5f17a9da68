"""A world without a device, for the API and the page: it keeps what it was told and answers from a few members."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

from PIL import Image, ImageDraw

from sim.cloud.mailboxes import Attachment

Json = dict[str, Any]


class FakeWorld:
    def __init__(self, size: tuple[int, int] = (320, 240), outside: bool = False) -> None:
        self.outside = outside
        self.size = size
        self.version = 1
        self.told: list[tuple[Any, ...]] = []  # each state-changing verb with what it was given
        self.now_s = 1_764_576_000
        self.offset_s = 0
        self.powered = "on"
        self.lying: Json | None = None
        self.active: list[Json] = []
        self.device: Json = {"state": "SIGNED_OUT", "address": "", "reason": "", "good_until_s": None}
        self.attempt: Json | None = None
        self.jobs: list[Json] = []
        self.papers: list[Json] = [{"id": 7, "pages": 1}]
        self.switches: Json = {
            "security_defaults": False,
            "smtp_auth_disabled": False,
            "conditional_access": [],
            "sign_in_frequency_s": None,
            "access_token_s": 4200,
            "refresh_inactive_s": 7_776_000,
        }
        self.provider: Json = {"domain": "faksas.example", "rotates": True}
        self.people: dict[str, Json] = {
            address: {"address": address, "enabled": True, "smtp_auth": None, "mailbox": True, "roles": roles}
            for address, roles in (
                ("admin@bureau.example", ["Global Administrator"]),
                ("printer@bureau.example", ["printer"]),
                ("ona@bureau.example", []),
                ("jonas@bureau.example", []),
            )
        }
        self.passwords = {address: f"Word-{n}-of-pass" for n, address in enumerate(self.people)}
        self.events: list[Json] = [{"n": 1, "at": "2025-12-01T08:00:00.000+00:00", "where": "device", "log": "started"}]
        self.woken = asyncio.Event()

    def _tell(self, *what: Any) -> None:
        self.told.append(what)
        self.version += 1
        self.woken.set()
        self.woken = asyncio.Event()

    def state(self) -> Json:
        return {
            "clock": {"now_s": self.now_s, "offset_s": self.offset_s},
            "power": self.powered,
            "panel": {
                "screen": "home",
                "words": ["Scan to Email", "Job Status", "Settings"],
                "size": list(self.size),
                "language": "en",
            },
            "accounts": {"device": self.device},
            "signin": self.attempt,
            "jobs": self.jobs,
            "paper": self.papers,
            "document": self.lying,
        }

    def panel_version(self) -> int:
        return self.version

    async def panel_png(self) -> bytes:
        image = Image.new("P", self.size, 0)
        image.putpalette([28, 36, 40, 235, 240, 240, 60, 130, 124])
        draw = ImageDraw.Draw(image)
        for n, words in enumerate(("Scan to Email", "Job Status", "Settings")):
            draw.rectangle((12, 36 + n * 56, self.size[0] - 12, 80 + n * 56), fill=2)
            draw.text((24, 50 + n * 56), words, fill=1)
        draw.text((12, 10), "Ready", fill=1)
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    async def changed(self, after: int, timeout_s: float) -> bool:
        if self.version <= after:
            try:
                await asyncio.wait_for(self.woken.wait(), timeout_s)
            except TimeoutError:
                return False
        return True

    def _need_power(self) -> None:
        from sim.world import Conflict

        if self.powered == "off":
            raise Conflict("The device is switched off: give it power first")

    async def touch(self, x: int, y: int) -> None:
        self._need_power()
        self._tell("touch", x, y)

    async def key(self, key: str, held_s: float = 0.0) -> None:
        self._need_power()
        if key not in ("ok", "back", "home", "up", "down", "left", "right", "start", "stop") and len(key) != 1:
            raise ValueError(f"There is no key {key!r}")
        self._tell("key", key)

    async def tap(self, words: str) -> None:
        if words not in self.state()["panel"]["words"]:
            raise LookupError(f"Nothing to tap bears the words {words!r}")
        self._tell("tap", words)

    async def type(self, text: str) -> None:
        self._tell("type", text)

    def put_document(self, name: str, content_type: str, body: bytes) -> Json:
        if not body:
            raise ValueError("The document is empty")
        self.lying = {"name": name, "content_type": content_type, "size": len(body)}
        self._tell("put_document", name, content_type, body)
        return self.lying

    def remove_document(self) -> None:
        self.lying = None
        self._tell("remove_document")

    async def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("Time goes only forward")
        self.now_s += int(seconds)
        self.offset_s += int(seconds)
        self._tell("advance", seconds)

    async def set_clock(self, unix_s: float) -> None:
        self._tell("set_clock", unix_s)

    async def drift(self, seconds: float) -> None:
        self._tell("drift", seconds)

    async def power(self, state: str) -> None:
        self.powered = state
        self._tell("power", state)

    async def signin(self, user_code: str, account: str, password: str, consent: str) -> Json:
        self._tell("signin", user_code, account, password, consent)
        return {"result": "signed-in", "error": None}

    def tenants(self) -> list[Json]:
        return [self.tenant(), dict(self.provider)]

    def tenant(self, domain: str = "bureau.example") -> Json:
        if domain not in ("bureau.example", "faksas.example"):
            raise LookupError(f"There is no tenant {domain!r}")
        return dict(self.switches if domain == "bureau.example" else self.provider)

    def patch_tenant(self, change: Json, domain: str = "bureau.example") -> Json:
        (self.switches if domain == "bureau.example" else self.provider).update(change)
        self._tell("patch_tenant", change, domain)
        return self.tenant(domain)

    def users(self) -> list[Json]:
        return list(self.people.values())

    def patch_user(self, address: str, change: Json) -> Json:
        if "password" in change:
            self.passwords[address] = change["password"]
        self.people[address] |= {name: value for name, value in change.items() if name != "password"}
        self._tell("patch_user", address, change)
        return self.people[address]

    def revoke(self, address: str) -> None:
        self._tell("revoke", address)

    def mailbox(self, address: str) -> list[Json]:
        if address not in self.people:
            raise LookupError(f"There is no mailbox {address!r}")
        return [{"n": 1, "from": "p", "to": "o", "subject": "Scan", "date": "", "size": 9, "attachments": ["ą.pdf"]}]

    def message(self, address: str, number: int) -> bytes:
        if number != 1:
            raise LookupError(f"There is no message {number}")
        return b"Subject: Scan\r\n\r\n<script>alert(1)</script>"

    def faxes(self) -> list[Json]:
        return [{"n": 1, "number": "+37052345678", "from": "bureau@faksas.example", "content_type": "application/pdf"}]

    def fax(self, number: int) -> Attachment:
        if number != 1:
            raise LookupError(f"There is no fax {number}")
        return Attachment("ą.pdf", b"%PDF-1.7 fax", "application/pdf")

    def paper_png(self, number: int) -> bytes:
        if number not in [paper["id"] for paper in self.papers]:
            raise LookupError(f"There is no paper {number} in the tray")
        image = Image.new("L", (400, 560), 255)
        draw = ImageDraw.Draw(image)
        for row in range(18):
            draw.text(
                (30, 30 + row * 28), "Network status sheet" if row == 0 else "Email server . . . signed in", fill=0
            )
        file = io.BytesIO()
        image.save(file, "PNG")
        return file.getvalue()

    def faults(self) -> Json:
        return {"kinds": [{"where": "smtp", "kind": "cut"}], "active": self.active}

    def add_fault(self, fault: Json) -> Json:
        if fault["kind"] != "cut":
            raise ValueError(f"There is no fault {fault['kind']!r}")
        self.active.append(fault)
        self._tell("add_fault", fault)
        return fault

    def clear_faults(self) -> None:
        self.active = []
        self._tell("clear_faults")

    def trace(self, after: int) -> list[Json]:
        return [event for event in self.events if event["n"] > after]

    async def trace_follow(self) -> AsyncIterator[Json]:
        seen = 0
        while True:
            for event in self.trace(seen):
                seen = event["n"]
                yield event
            await self.woken.wait()

    def links(self) -> dict[str, str]:
        return {
            "web_config": "http://127.0.0.1:8081/",
            "signin": "http://127.0.0.1:8082/device",
            "mailboxes": "http://127.0.0.1:8082/mailboxes",
            "faxes": "http://127.0.0.1:8082/faxes",
        }

    def label(self) -> dict[str, str]:
        return {"model": "Scanpost S1", "serial": "SKP-0001-360", "admin_password": "kedras-upe-42"}

    def accounts(self) -> list[Json]:
        return [
            {"address": address, "password": self.passwords[address], "roles": user["roles"]}
            for address, user in self.people.items()
        ]
