"""Attacks of reliability-facts section 8 that are stories of their own, on the whole device in the whole world.

Every invariant watches over each of them: no token for anybody else, no code for strangers, nothing saved before OK, no
secret anywhere. Where a row of that section is not here, `section8.txt` says where it is.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from firmware.oauth.token import Account
from firmware.panel.strings import text
from firmware.store import Store
from sim.board import SimEntropy
from sim.browser import Page
from sim.cloud.certificates import Authority
from sim.cloud.directory import ORGANIZATION, Tenant, User
from sim.invariants import ALL, Invariant
from sim.person import ONA, PRINTER, Administrator, ended, newest, scan_to_email, set_up
from sim.storage import RamStorage
from sim.streams import ServerStream
from sim.trace import Observer
from sim.watch import Connection, Request, Watch
from sim.words import words
from sim.world import VirtualWorld
from tests.atlas.restarts import Killed, restart

_LATER_S = 2 * 3600  # the access token has run out by then: each mail begins with a refresh
_WEEKS_S = 21 * 86400
_LONGEST_JOB_S = 3600
_TOKEN_SERVICE = ("login.microsoftonline.com", 443)
_MAIL_SERVER = ("smtp-mail.outlook.com", 587)
_RUTA = "ruta@bureau.example"
_SIGN_IN = "network/email/signin"
_SHEET = ("Settings", "General Settings", "Network Settings", "Network Status", "Print Status Sheet", "Print")
_PAGES = ("", "login", "network/email/basic", _SIGN_IN, "security/password", "contacts", "nothing-here")

Story = Callable[[VirtualWorld], Coroutine[Any, Any, object]]


def played(story: Story, authority: Authority, *invariants: type[Invariant]) -> Watch:
    """Play it, with every invariant looking on, and these."""
    world = VirtualWorld(seed=1, authority=authority)
    watch = Watch(world, [*ALL, *invariants])

    async def whole(world: VirtualWorld) -> None:
        await story(world)
        await world.settled()
        watch.settled()

    world.run(whole, deadline_s=60 * 86400)
    return watch


async def mailed(world: VirtualWorld, to: str = ONA) -> dict[str, Any]:
    """How the mail ended."""
    await scan_to_email(world, to)
    job = await ended(world, _LONGEST_JOB_S)
    await world.settled()
    return job


def logged(world: VirtualWorld) -> list[str]:
    return [str(event["log"]) for event in world.events if "log" in event]


async def once_more(world: VirtualWorld) -> None:
    """Send the same document again."""
    await world.hands.home()
    await world.tap("Scan to Email")
    await world.type(ONA)
    await world.tap("Send")


async def page_of(administrator: Administrator, path: str) -> Page:
    return await administrator.browser.open(administrator.world.web_config_url() + path)


# --- pass-back and token theft ---


def test_pb09_pages_errors_states_and_paper_hold_no_secret(authority: Authority) -> None:
    """With a password of their own, a sign-in saved and another one under way, and a mail that was refused."""
    texts: dict[str, str] = {}
    hashes: list[str] = []

    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        page = await page_of(administrator, "security/password")
        old, new = world.label()["admin_password"], "geheim geheim geheim"
        await administrator.browser.press(page, "OK", old=old, new=new, again=new)
        admin = _kept(world, "admin")
        hashes.extend((admin["password"]["hash"], admin["password"]["salt"], new))
        await administrator.begin_sign_in()
        world.add_fault({"where": "smtp", "kind": "reply", "step": "auth", "text": "535 5.7.139 Refused", "times": 1})
        assert (await mailed(world))["status"] == "failed"
        stranger = world.browser()
        for path in _PAGES:
            texts[f"/{path}"] = (await page_of(administrator, path)).html
            texts[f"/{path} for strangers"] = (await stranger.open(world.web_config_url() + path)).html
        texts["a foreign form"] = (await stranger.press(page, "OK", old=old, new=old, again=old)).html
        await world.hands.home()
        for title in _SHEET:
            await world.tap(title)
        await world.until(lambda s: s["paper"])
        texts["the sheet"] = world.parts.printer.papers[0].text
        texts["the state"] = json.dumps(world.state(), ensure_ascii=False)
        texts["the events"] = json.dumps(world.events, ensure_ascii=False)

    watch = played(story, authority)
    assert watch.secrets.found_in(watch.truth.refresh_token) and len(texts) == 2 * len(_PAGES) + 4
    for place, said in texts.items():
        assert watch.secrets.found_in(said) == "", place
        assert not any(secret in said for secret in hashes), place


@pytest.mark.parametrize("address", [_TOKEN_SERVICE, _MAIL_SERVER], ids=["token service", "mail server"])
def test_pb14_a_name_that_leads_to_the_attacker_gets_nothing(address: tuple[str, int], authority: Authority) -> None:
    """The attacker has a good certificate, for a name of their own."""
    heard: list[bytes] = []
    certificate = authority.server("mail.attacker.example").certificate_der

    async def attacker(stream: ServerStream) -> None:
        if address == _MAIL_SERVER:
            await stream.write(b"220 mail.attacker.example\r\n", 1000)
            heard.append(await stream.read(1000, 60_000))
            await stream.write(b"250-mail.attacker.example\r\n250 STARTTLS\r\n", 1000)
            heard.append(await stream.read(1000, 60_000))
            await stream.write(b"220 Ready\r\n", 1000)
        await stream.start_tls_server(certificate, 60_000)
        heard.append(await stream.read(1000, 60_000))

    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        await world.advance(_LATER_S)
        honest = world.network.services[address]
        world.network.services[address] = attacker
        job = await mailed(world)
        assert (job["status"], job["code"]) == ("failed", 351) and text("detail.certificate") in job["detail"], job
        assert world.state()["accounts"]["device"]["state"] == "SIGNED_IN"
        world.network.services[address] = honest
        assert (await mailed(world))["status"] == "sent"

    played(story, authority)
    said = b"".join(heard)
    assert (b"STARTTLS" in said) == (address == _MAIL_SERVER)
    assert b"AUTH" not in said and b"POST" not in said


def test_pb16_nothing_goes_over_the_additional_network(authority: Authority) -> None:
    """The only one that is left leads to every server; neither a mail nor keep-alive takes it (manual R10)."""

    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        assert [interface.standard for interface in world.network.interfaces] == [True, False]
        await world.plug("out")
        job = await mailed(world)
        assert job["code"] == 313 and text("detail.link_down") in job["detail"], job
        await world.advance(_WEEKS_S)
        await world.plug("in")
        assert (await mailed(world))["status"] == "sent"

    over: list[str] = []

    class Connects(Invariant):
        def connecting(self, _host: str, _port: int, interface: Any) -> None:
            over.append(interface.name)

    watch = played(story, authority, Connects)
    assert set(over) == {watch.world.network.interfaces[0].name}


def test_pb17_after_sign_out_no_file_holds_a_token_and_an_old_image_ends_with_revocation(authority: Authority) -> None:
    """What a stolen flash may still hold is worth nothing once the sign-in is revoked in the cloud."""

    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        assert isinstance(world.storage, RamStorage)
        stolen = world.storage.image()
        refresh_token = _refresh_token(world)
        assert not any(refresh_token in bytes(data) for data in stolen.files.values())
        assert not any(b"smtp.office365.com" in bytes(data) for data in stolen.files.values())
        moved.files = stolen.image().files
        page = await administrator.browser.press(await administrator.email_page(), "Sign Out")
        await administrator.browser.press(page, "Sign Out", **administrator.proof(page))
        assert world.state()["accounts"]["device"]["state"] == "SIGNED_OUT"
        assert not any(refresh_token in bytes(data) for data in world.storage.files.values())
        await world.power("off")
        world.storage = stolen
        await world.power("on")
        world.revoke(PRINTER)
        job = await mailed(world)
        assert job["code"] == 370, job

    async def elsewhere(world: VirtualWorld) -> None:
        assert world.state()["accounts"]["device"]["state"] == "SIGNED_OUT"
        assert any("email cannot be opened" in event.get("log", "") for event in world.trace(0))

    moved = RamStorage()
    world = VirtualWorld(seed=1, authority=authority)  # an old image is against the invariants
    world.run(story, deadline_s=86400)
    VirtualWorld(seed=2, authority=authority, storage=moved).run(elsewhere)


def _refresh_token(world: VirtualWorld) -> bytes:
    return Account.load(_kept(world)["account"])._refresh_token.encode()


def _kept(world: VirtualWorld, name: str = "email") -> dict[str, Any]:
    assert world.device is not None
    record = Store(world.device.board).read(name)
    assert record is not None
    return record


def test_pb19_a_session_of_one_account_never_gets_the_others_token(authority: Authority) -> None:
    """Somebody else is signed in while a mail of the first account hangs in the middle of its session."""
    shown: list[tuple[str, str]] = []

    class Bearers(Invariant):
        def authenticated(self, connection: Connection, code: int, _text: str) -> None:
            assert code == 235
            shown.append((connection.user, connection.token))

    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        world.add_fault({"where": "smtp", "kind": "silence", "step": "data", "times": 1})
        await scan_to_email(world, ONA)
        await world.until(lambda s: s["jobs"][0]["status"] == "sending")
        await administrator.sign_in(_RUTA)
        await administrator.press_ok()
        first = newest(world.state())
        await once_more(world)
        state = await world.until(lambda s: {job["status"] for job in s["jobs"]} == {"sent"}, _LONGEST_JOB_S)
        assert [job["id"] for job in state["jobs"]] == [first + 1, first]
        assert {mail["from"] for mail in world.mailbox(ONA)} == {_RUTA}

    played(story, authority, Bearers)
    assert shown[0][0] == PRINTER and {user for user, _ in shown[1:]} == {_RUTA}
    assert shown[0][1] not in [token for _, token in shown[1:]]


# --- signing in ---

_STRANGER = "mallory@elsewhere.example"


def test_si01_a_stranger_who_enters_the_code_is_named_before_anything_is_saved(authority: Authority) -> None:
    """Reverse sign-in: somebody of another tenant reads the code from the screen, and is quicker."""

    async def story(world: VirtualWorld) -> None:
        elsewhere = Tenant("99999999-0000-4000-8000-000000000001", "elsewhere.example", "Elsewhere")
        elsewhere.consent = [ORGANIZATION]
        elsewhere.users[_STRANGER] = User(_STRANGER, "Mallory", "99999999-0000-4000-8000-000000000002", "geheim-123")
        world.cloud.directory.tenants.append(elsewhere)
        administrator = await set_up(world)
        await administrator.begin_sign_in()
        code = world.state()["signin"]["user_code"]
        assert (await world.signin(code, _STRANGER, "geheim-123", "user"))["result"] == "signed-in"
        await world.until(lambda s: s["signin"]["state"] == "GRANTED")
        page = await administrator.email_page()
        assert _STRANGER in page.text and elsewhere.id in page.text and words("web.not_saved") in page.text, page.text
        assert (await mailed(world))["status"] == "sent"
        assert world.mailbox(ONA)[-1]["from"] == PRINTER  # the saved sign-in goes on until somebody says yes
        page = await administrator.browser.press(page, "OK")
        assert all(named in page.text for named in (_STRANGER, elsewhere.id, PRINTER)), page.text
        assert world.state()["accounts"]["device"]["address"] == PRINTER
        await administrator.browser.press(page, words("web.yes_save"))
        assert world.state()["accounts"]["device"]["address"] == _STRANGER
        assert any(_STRANGER in line for line in logged(world)), logged(world)

    played(story, authority)


def test_si02_who_has_no_session_of_their_own_sees_no_code(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        administrator, colleague = Administrator(world), Administrator(world)
        stranger = world.browser()
        await administrator.log_in()
        await administrator.begin_sign_in()
        code = world.state()["signin"]["user_code"]
        assert code in (await page_of(administrator, _SIGN_IN)).text
        for path in _PAGES:
            page = await stranger.open(world.web_config_url() + path)
            assert code not in page.html and (
                page.status == 404 or path in ("", "login") or page.url.endswith("/login")
            )
        await colleague.log_in()
        for path in _PAGES:
            assert code not in (await page_of(colleague, path)).html

    played(story, authority)


def test_si03_a_second_session_neither_begins_nor_harms_a_sign_in(authority: Authority) -> None:
    async def story(world: VirtualWorld) -> None:
        world.patch_tenant({"consent": [ORGANIZATION]})
        first, second = Administrator(world), Administrator(world)
        await first.log_in()
        await second.log_in()
        waiting = await second.email_page()  # with its button, from before
        await first.begin_sign_in()
        attempt = world.state()["signin"]
        page = await second.browser.press(waiting, "Sign In", method="oauth2")
        assert words("web.busy") in page.text, page.text
        assert world.state()["signin"] == attempt
        await first.enter_code()
        await second.press_ok()
        assert world.state()["accounts"]["device"]["state"] == "SIGNED_OUT"
        await first.press_ok()
        assert world.state()["accounts"]["device"]["address"] == PRINTER

    played(story, authority)


async def _logs_out(world: VirtualWorld, administrator: Administrator) -> None:
    await administrator.browser.press(await administrator.email_page(), "Log out")


async def _goes_for_a_coffee(world: VirtualWorld, administrator: Administrator) -> None:
    await world.advance(16 * 60)


async def _pulls_the_plug(world: VirtualWorld, administrator: Administrator) -> None:
    await world.power("off")
    await world.power("on")


@pytest.mark.parametrize("leaves", [_logs_out, _goes_for_a_coffee, _pulls_the_plug])
def test_si10_what_nobody_confirms_is_never_saved(
    leaves: Callable[[VirtualWorld, Administrator], Coroutine[Any, Any, None]], authority: Authority
) -> None:
    async def story(world: VirtualWorld) -> None:
        administrator = await set_up(world)
        await administrator.sign_in(_RUTA)
        assert world.state()["signin"]["state"] == "GRANTED"
        await leaves(world, administrator)
        administrator = Administrator(world)
        await administrator.log_in()
        await administrator.press_ok()
        assert (world.state()["signin"] or {}).get("state") != "GRANTED"
        assert world.state()["accounts"]["device"]["address"] == PRINTER
        assert (await mailed(world))["status"] == "sent"

    played(story, authority)


# --- token service ---


def test_tk02_a_job_and_keep_alive_wait_for_one_refresh(authority: Authority) -> None:
    refreshes: list[int] = []

    class Refreshes(Invariant):
        def asked(self, request: Request) -> None:
            if request.kind == "refresh":
                refreshes.append(self.watch.now_ms)

    async def story(world: VirtualWorld) -> None:
        await set_up(world)
        world.add_fault({"where": "token", "kind": "slow", "seconds": 40})
        await world.until(lambda _: refreshes, 8 * 86400)  # keep-alive, and nobody uses the device
        await scan_to_email(world, ONA)
        await once_more(world)
        state = await world.until(lambda s: s["jobs"][0]["status"] == "sent", _LONGEST_JOB_S)
        assert [job["status"] for job in state["jobs"]] == ["sent", "sent"]

    played(story, authority, Refreshes)
    assert len(refreshes) == 1


# --- jobs ---


class _Poison(Observer):
    """Whoever sends this mail dies of it."""

    address = "poison@bureau.example"
    deaths = 0

    def called(self, _number: int, part: str, call: str, args: tuple[Any, ...]) -> None:
        if (part.partition(" ")[0], call) == ("connection", "write") and self.address.encode() in bytes(args[0]):
            self.deaths += 1
            raise Killed


@pytest.mark.usefixtures("swept")
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_jf01_a_job_that_kills_the_process_at_each_start_is_parked(authority: Authority) -> None:
    world, poison = VirtualWorld(seed=1, authority=authority), _Poison()
    world.observers.append(poison)
    try:
        world.start()
        world.do(set_up(world))
        with pytest.raises(Killed):
            world.do(mailed(world, poison.address))
        job: dict[str, Any] = {}
        while not job:
            restart(world)
            try:
                job = world.do(ended(world, _LONGEST_JOB_S))
            except Killed:
                assert poison.deaths < 10, "a loop of crashes"
        assert poison.deaths == 1 + 3, "the third start that it has killed is the last one"
        assert (job["status"], job["code"]) == ("failed", 1) and text("detail.parked") in job["detail"], job
        assert world.do(mailed(world))["status"] == "sent"
    finally:
        world.stop()


@pytest.mark.parametrize("off_s", [300, 30 * 86400])
def test_jf10_a_thousand_devices_that_start_together_do_not_ask_together(off_s: int, authority: Authority) -> None:
    """Off for a moment, and for so long that keep-alive is due in all of them: no second has more than a twentieth."""
    world = VirtualWorld(seed=1, authority=authority)
    world.start()
    world.do(set_up(world))
    record = _kept(world)["account"]
    world.stop()
    seconds: Counter[int] = Counter()
    for seed in range(1000):
        account = Account.load(record, 0, SimEntropy(random.Random(seed)).random(1)[0])
        wait_ms = account.keep_alive_in_ms(0, record["used_s"] + off_s)
        assert wait_ms is not None
        seconds[wait_ms // 1000] += 1
    assert max(seconds.values()) <= 50, seconds.most_common(3)
