"""What people do in a scenario and what they find: every step there is, each with its arguments and a sentence.

`STEPS` is the table, filled by the `@step`s below; `sim/scenario.py` reads files by it and plays them, and
`python -m sim scenario --help` prints it. To teach scenarios a new step, add one here.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from sim.browser import Page
from sim.cloud.directory import WORK_DOMAIN
from sim.cloud.mailboxes import attachments
from sim.person import ONA, PRINTER, Administrator, newest, scan_to_email
from sim.web import fields
from sim.words import found, is_key, plain, sentence, words
from sim.world import World

_PATIENCE_S = 20.0  # how long what is expected may take
_REFRESH_S = 60  # of a page that is left open; more seldom than in life, which changes nothing
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "year": 365 * 86400}
_SPAN = re.compile(r"(-?[0-9]{1,9}) (second|minute|hour|day|year)s?")
_ENDED = ("sent", "failed")

Json = dict[str, Any]


class Unexpected(Exception):
    """What a step asked for is not there."""

    def __init__(self, expected: str, there: str) -> None:
        super().__init__(f"expected {expected}, but there was {there}")
        self.expected = expected
        self.there = there


# --- what may stand in a step ---

_SPAN_KIND = fields.Kind(
    'a span such as "91 days", "2 hours" or "-5 years"',
    lambda value: isinstance(value, str) and _SPAN.fullmatch(value) is not None,
)
_SAYING = fields.Kind("words, or the key of the device's own words", fields.WORDS.check)
_SAYINGS = fields.Kind(
    f"{_SAYING.name}, or a list of these",
    lambda value: fields.WORDS.check(value) or (fields.TEXTS.check(value) and value != []),
)
_OBJECT = fields.Kind("a table", lambda value: isinstance(value, dict))
_FORM = fields.Kind(
    "a table of texts and truth values by the names of the form's fields",
    lambda value: isinstance(value, dict) and all(isinstance(each, (str, bool)) for each in value.values()),
)
_COUNT = fields.integer(0, 1_000_000)
_CONSENT = fields.one_of("organization", "user", "decline")
_STATES = fields.one_of("SIGNED_OUT", "SIGNED_IN", "EXPIRED", "REAUTH")
_ATTEMPTS = fields.one_of("none", "WAITING", "GRANTED", "DECLINED", "CODE_EXPIRED", "BLOCKED", "FAILED")
_SAME = fields.one_of("same")
_SERVER = fields.one_of("email", "fax")

Act = Callable[["Teller", Json], Awaitable[str | None]]


class Step(NamedTuple):
    """`main`: the argument that may stand alone. An act returns what was found, None when nothing was looked for."""

    name: str
    does: str
    main: str
    required: dict[str, fields.Kind]
    optional: dict[str, fields.Kind]
    act: Act

    def usage(self) -> str:
        arguments = [*self.required, *(f"[{name}]" for name in self.optional)]
        return f"{self.name} {' '.join(arguments)}".rstrip()


STEPS: dict[str, Step] = {}


def step(
    name: str,
    does: str,
    main: str = "",
    required: dict[str, fields.Kind] | None = None,
    /,
    **optional: fields.Kind,
) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        STEPS[name] = Step(name, does, main, required or {}, optional, act)
        return act

    return register


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _seconds(span: str) -> int:
    match = _SPAN.fullmatch(span)
    assert match is not None, "checked by _SPAN_KIND"
    return int(match[1]) * _UNITS[match[2]]


def arguments(known: Step, value: Any) -> Json:
    """The arguments that a file gives to a step, checked; the main one may stand alone. Raises ValueError, LookupError."""
    kinds = {**known.required, **known.optional}
    table = isinstance(value, dict)
    if known.main and (not table or (kinds[known.main] in (_OBJECT, _FORM) and known.main not in value)):
        value = {known.main: value}
    elif not table:
        raise ValueError(f"{known.name} takes a table of " + (", ".join(kinds) or "nothing"))
    given: Json = value
    try:
        fields.expect(given, known.required, known.optional)
    except ValueError as error:
        raise ValueError(f"{known.name}: {error}") from None
    for name, each in given.items():
        if kinds[name] in (_SAYING, _SAYINGS):
            for one in _listed(each):
                is_key(one)  # raises LookupError for a mistyped one
    return given


class Teller:
    """Whoever plays a scenario: does what it says in a world, and remembers what later steps refer to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.administrator = Administrator(world)
        self.page: Page | None = None  # that was opened last
        self.form: dict[str, str | bool] = {}  # filled in on it
        self.document = b""  # that was laid on the glass last

    @property
    def language(self) -> str:
        return str(self.world.state()["panel"]["language"])

    def device(self) -> Json:
        account: Json = self.world.state()["accounts"]["device"]
        return account

    def open_page(self) -> Page:
        if self.page is None:
            raise LookupError("No page of Web Config is open: open one first")
        return self.page

    def says(self, wanted: str, language: str, text: str) -> str:
        """What `text` says where it says `wanted`, a key or words. Raises Unexpected."""
        said = sentence(wanted, language)
        there = found(said, text)
        if there is None:
            raise Unexpected(repr(said) + (f" ({wanted})" if said != wanted else ""), repr(plain(text)[:1500]))
        return there

    async def until(self, holds: Callable[[Json], object], expected: str, there: Callable[[], object]) -> Json:
        """Wait for it. Raises Unexpected."""
        try:
            return await self.world.until(lambda state: bool(holds(state)), _PATIENCE_S)
        except TimeoutError:
            raise Unexpected(expected, str(there())) from None

    async def compare(self, wanted: Json, look: Callable[[], Json]) -> str:
        """Wait until what `look` gives has these members (texts: says these words); tells them. Raises Unexpected."""

        def same(name: str) -> bool:
            there = look().get(name)
            if name in ("detail", "reason"):
                return found(sentence(wanted[name], self.language), str(there)) is not None
            return bool(there == wanted[name])

        await self.until(lambda _: all(same(name) for name in wanted), str(wanted), look)
        there = look()
        return steady(", ".join(f"{name} {there[name]}" for name in wanted))

    async def end(self) -> Json:
        """How things were left, told so that every world tells the same."""
        await self.world.settled()
        state = self.world.state()
        signin = state["signin"]
        return {
            "power": state["power"],
            "screen": state["panel"]["screen"],
            "words": [steady(each) for each in state["panel"]["words"]],
            "accounts": {
                name: [account["state"], account["address"], steady(account["reason"])]
                for name, account in state["accounts"].items()
            },
            "signin": None if signin is None else [signin["state"], steady(signin["reason"])],
            "jobs": [
                [job["kind"], job["to"], job["status"], job["code"], steady(job["detail"])] for job in state["jobs"]
            ],
            "mail": {
                user["address"]: len(self.world.mailbox(user["address"]))
                for user in self.world.users()
                if user["mailbox"]
            },
        }


# Parts of words that differ from world to world and from day to day.
_UNSTEADY = (
    (re.compile(r"https?://[^\s]+"), "URL"),
    (re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), "GUID"),
    (re.compile(r"\[[A-Z0-9.]+ [-0-9T:.]+Z [0-9A-F]+\]"), "[…]"),
    (re.compile(r"<[^<>\s]+@[^<>\s]+>"), "<…>"),
    (re.compile(r"\bqueued as [0-9A-F]+\b"), "queued as …"),
    (re.compile(r"\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b"), "IP"),
    (re.compile(r"\bSP[0-9]{8}\b"), "SERIAL"),
    (re.compile(r"\b[0-9]+ min [0-9]+ s\b"), "SPAN"),
    (re.compile(r"\b([0-9]{4}-)?[0-9]{2}-[0-9]{2}([T ][0-9:.]+Z?)?|\b[0-9]{1,2}:[0-9]{2}\b"), "WHEN"),
)


def steady(text: str) -> str:
    for pattern, name in _UNSTEADY:
        text = pattern.sub(name, text)
    return text


def _matching(buttons: list[str], wanted: str) -> str:
    """The button that bears the words of `wanted`, a key or words. Raises LookupError."""
    said = sentence(wanted)
    for button in buttons:
        if button == said or found(said, button) == button:
            return button
    raise LookupError(f"No button bears {said!r}; there is {buttons}")


# --- the administrator at Web Config and at the cloud's pages ---


@step("log_in", "The administrator logs in at Web Config with the password on the label.")
async def _log_in(teller: Teller, _: Json) -> None:
    teller.page = await teller.administrator.log_in()


@step(
    "set_up",
    "The whole set-up in an organization that has consented: log in, sign in, press OK. `form`: other fields of the page.",
    "account",
    account=fields.WORDS,
    form=_FORM,
)
async def _set_up(teller: Teller, given: Json) -> str:
    await _log_in(teller, {})
    teller.world.patch_tenant({"consent": ["organization"]})
    await _sign_in(teller, given)
    await _press_ok(teller, {})
    return await teller.compare({"state": "SIGNED_IN", "address": given.get("account", PRINTER)}, teller.device)


@step("open", "Opens a page of Web Config, such as network/email/basic.", "page", {"page": fields.TEXT})
async def _open(teller: Teller, given: Json) -> None:
    teller.form = {}
    teller.page = await teller.administrator.browser.open(teller.world.web_config_url() + given["page"])


@step("stay", "Leaves the page open for so long; it refreshes itself.", "for", {"for": _SPAN_KIND})
async def _stay(teller: Teller, given: Json) -> None:
    left_s = _seconds(given["for"])
    while left_s > 0:
        await teller.world.advance(min(left_s, _REFRESH_S))
        left_s -= _REFRESH_S
        teller.page = await teller.administrator.browser.open(teller.open_page().url)


@step("fill", "Fills in fields of the page that is open; they count with the next press.", "form", {"form": _FORM})
async def _fill(teller: Teller, given: Json) -> None:
    teller.form |= given["form"]


@step("press", "Presses a button of the page that is open.", "button", {"button": _SAYING})
async def _press(teller: Teller, given: Json) -> None:
    page, form = teller.open_page(), teller.form
    button = _matching([each for every in page.forms for each in every.buttons], given["button"])
    teller.form = {}
    teller.page = await teller.administrator.browser.press(page, button, **form)


@step(
    "begin_sign_in",
    "Chooses OAuth2, presses Sign In and Sign in with Microsoft; the page shows a code. `form`: other fields of the page; "
    "`server`: email, unless it is the fax server's.",
    "form",
    form=_FORM,
    server=_SERVER,
)
async def _begin_sign_in(teller: Teller, given: Json) -> str:
    signin = await teller.administrator.begin_sign_in(given.get("server", "email"), **given.get("form", {}))
    return str(signin["state"])


@step(
    "enter_code",
    "A person enters the code on the cloud's page, signs in and answers what is asked. `result`: what comes of it.",
    "account",
    account=fields.WORDS,
    consent=_CONSENT,
    result=fields.WORDS,
)
async def _enter_code(teller: Teller, given: Json) -> str:
    answer = await teller.administrator.enter_code(given.get("account", PRINTER), given.get("consent", "organization"))
    result = given.get("result", "signed-in")
    if answer["result"] != result:
        raise Unexpected(f"the sign-in's result {result!r}", str(answer))
    return str(answer["result"])


@step(
    "sign_in",
    "begin_sign_in and enter_code together; OK is not pressed.",
    "account",
    account=fields.WORDS,
    consent=_CONSENT,
    result=fields.WORDS,
    form=_FORM,
    server=_SERVER,
)
async def _sign_in(teller: Teller, given: Json) -> str | None:
    await _begin_sign_in(teller, given)
    return await _enter_code(teller, given)


@step(
    "press_ok",
    "Presses OK on Email Server > Basic, and confirms what it asks. `form`: fields to fill in before; `server`: as with "
    "begin_sign_in.",
    "form",
    form=_FORM,
    server=_SERVER,
)
async def _press_ok(teller: Teller, given: Json) -> None:
    teller.page = await teller.administrator.press_ok(given.get("server", "email"), **given.get("form", {}))


@step("sign_out", "Presses Sign Out on Email Server > Basic, and confirms it.")
async def _sign_out(teller: Teller, _: Json) -> None:
    browser = teller.administrator.browser
    page = await browser.press(await teller.administrator.email_page(), words("web.sign_out"))
    teller.page = await browser.press(page, words("web.sign_out"), **teller.administrator.proof(page))


@step(
    "add_user",
    "Enters a user of Scan to My Email at Web Config. `admin`: with administrator rights.",
    "",
    {"id": fields.WORDS, "email": fields.WORDS, "pin": fields.WORDS},
    name=fields.WORDS,
    admin=fields.TRUTH,
)
async def _add_user(teller: Teller, given: Json) -> None:
    teller.page = await teller.administrator.add_user(**given)


# --- people at the device ---


@step(
    "put",
    "Puts a document on the glass.",
    "name",
    name=fields.WORDS,
    bytes=fields.integer(1, 200_000_000),
)
async def _put(teller: Teller, given: Json) -> None:
    size = given.get("bytes", 1000)
    teller.document = (bytes(range(256)) * (size // 256 + 1))[:size]
    teller.world.put_document(given.get("name", "scan.pdf"), "application/pdf", teller.document)


@step("take_away", "Takes the document off the glass.")
async def _take_away(teller: Teller, _: Json) -> None:
    teller.world.remove_document()


@step(
    "scan_to",
    "Puts a document on the glass and sends it from the panel to this address.",
    "to",
    {"to": fields.WORDS},
    name=fields.WORDS,
    bytes=fields.integer(1, 200_000_000),
)
async def _scan_to(teller: Teller, given: Json) -> None:
    await _put(teller, given)
    await scan_to_email(teller.world, given["to"], given.get("name", "scan.pdf"), teller.document)


@step("fax_to", "Puts a document on the glass and faxes it from the panel to this number.", "to", {"to": fields.WORDS})
async def _fax_to(teller: Teller, given: Json) -> None:
    world, language = teller.world, teller.language
    before = newest(world.state())
    await _put(teller, {})
    await world.hands.home()
    await world.tap(words("fax.title", language))
    await world.type(given["to"])
    await world.tap(words("scan.send", language))
    await world.until(lambda state: newest(state) > before)


@step(
    "user_log_in",
    "Chooses Scan to My Email on the panel, and enters the ID and the PIN of a user.",
    "",
    {"id": fields.WORDS, "pin": fields.WORDS},
)
async def _user_log_in(teller: Teller, given: Json) -> None:
    world, language = teller.world, teller.language
    await world.hands.home()
    await world.tap(words("job.kind.my-email", language))
    for each in (given["id"], given["pin"]):
        await world.type(each)
        await world.tap(words("panel.ok", language))


@step(
    "tap",
    "Taps what bears these words on the panel, or moves the focus there with the arrow keys and presses OK.",
    "on",
    {"on": _SAYINGS},
)
async def _tap(teller: Teller, given: Json) -> None:
    for each in _listed(given["on"]):
        await teller.world.tap(sentence(each, teller.language))


@step("back", "Goes back to the screen before.")
async def _back(teller: Teller, _: Json) -> None:
    await teller.world.hands.back()


@step("home", "Goes to the home screen.")
async def _home(teller: Teller, _: Json) -> None:
    await teller.world.hands.home()


@step("visit", "Opens in a browser the address that the panel shows after these words.", "after", {"after": _SAYING})
async def _visit(teller: Teller, given: Json) -> None:
    panel_words = teller.world.state()["panel"]["words"]
    address = panel_words[panel_words.index(sentence(given["after"], teller.language)) + 1]
    teller.page = await teller.administrator.browser.open(address)


@step(
    "enter",
    "Enters this where the panel asks for a text, on the keyboard that it shows or letter by letter, and presses OK.",
    "text",
    {"text": fields.WORDS},
)
async def _enter(teller: Teller, given: Json) -> None:
    await teller.world.hands.enter(given["text"])


@step(
    "enter_password",
    "Enters the administrator's password, which is on the label, where the panel asks for it, and presses OK.",
)
async def _enter_password(teller: Teller, _: Json) -> None:
    await teller.world.hands.enter(teller.world.label()["admin_password"])


@step("type", "Types this on an attached keyboard.", "text", {"text": fields.WORDS})
async def _type(teller: Teller, given: Json) -> None:
    await teller.world.type(given["text"])


@step("wake", "Presses something while the display is dark, which lights it and does nothing else.")
async def _wake(teller: Teller, _: Json) -> None:
    if not await teller.world.hands.wake():
        raise LookupError("The display is not dark")


# --- the world around ---


@step("advance", "Lets time pass.", "by", {"by": _SPAN_KIND})
async def _advance(teller: Teller, given: Json) -> None:
    await teller.world.advance(_seconds(given["by"]))


@step("power", "Cuts the power, or gives it back.", "state", {"state": fields.one_of("off", "on")})
async def _power(teller: Teller, given: Json) -> None:
    await teller.world.power(given["state"])


@step("device_drift", "Sets how far the device's own clock is ahead of true time.", "by", {"by": _SPAN_KIND})
async def _device_drift(teller: Teller, given: Json) -> None:
    await teller.world.drift(_seconds(given["by"]))


@step(
    "cable", "Pulls the cable of the standard network, or plugs it in.", "state", {"state": fields.one_of("out", "in")}
)
async def _cable(teller: Teller, given: Json) -> None:
    await teller.world.plug(given["state"])


@step("names_missing", "From now on these host names, and no others, are not found.", "hosts", {"hosts": fields.TEXTS})
async def _names_missing(teller: Teller, given: Json) -> None:
    await teller.world.hide_names(set(given["hosts"]))


@step(
    "tenant",
    "Changes the organization, or the tenant or provider `of` this domain, with the members of the control API's "
    "PATCH /api/tenants/{domain}.",
    "change",
    {"change": _OBJECT},
    of=fields.WORDS,
)
async def _tenant(teller: Teller, given: Json) -> None:
    teller.world.patch_tenant(given["change"], given.get("of", WORK_DOMAIN))


@step(
    "user",
    'Changes one user, with the members of the control API\'s PATCH /api/users/{address}; smtp_auth may be "follow".',
    "",
    {"address": fields.WORDS},
    password=fields.WORDS,
    enabled=fields.TRUTH,
    smtp_auth=fields.Kind('true, false or "follow" (the organization)', lambda value: value in (True, False, "follow")),
    mailbox=fields.TRUTH,
    mailbox_quota_bytes=fields.integer(0, 1 << 50),
    roles=fields.TEXTS,
    send_as=fields.TEXTS,
)
async def _user(teller: Teller, given: Json) -> None:
    change = {name: None if value == "follow" else value for name, value in given.items() if name != "address"}
    teller.world.patch_user(given["address"], change)


@step("revoke", "An administrator ends all sessions of this user.", "address", {"address": fields.WORDS})
async def _revoke(teller: Teller, given: Json) -> None:
    teller.world.revoke(given["address"])


@step(
    "fault",
    "Makes something go wrong, as the control API's POST /api/faults takes it.",
    "fault",
    {"fault": _OBJECT},
)
async def _fault(teller: Teller, given: Json) -> None:
    teller.world.add_fault(given["fault"])


@step("clear_faults", "Ends all faults.")
async def _clear_faults(teller: Teller, _: Json) -> None:
    teller.world.clear_faults()


# --- what is found ---


@step(
    "expect.account",
    "The device's saved sign-in, or the one `of` fax or user:ID, is in this state; `good_for`: and runs out by disuse no "
    "sooner than then.",
    "state",
    state=_STATES,
    of=fields.WORDS,
    address=fields.TEXT,
    reason=_SAYING,
    good_for=_SPAN_KIND,
)
async def _expect_account(teller: Teller, given: Json) -> str:
    whose = given.get("of", "device")
    wanted = {name: value for name, value in given.items() if name not in ("of", "good_for")}
    told = await teller.compare(wanted, lambda: teller.world.state()["accounts"].get(whose, {}))
    if "good_for" in given:
        least_s = _seconds(given["good_for"])
        await teller.until(
            lambda s: (s["accounts"][whose]["good_until_s"] or 0) >= s["clock"]["now_s"] + least_s,
            f"a sign-in that is good for {given['good_for']}",
            lambda: teller.world.state()["accounts"],
        )
    return told


@step(
    "expect.sign_in",
    "The sign-in attempt is in this state, with this reason.",
    "state",
    state=_ATTEMPTS,
    reason=_SAYING,
)
async def _expect_sign_in(teller: Teller, given: Json) -> str:
    return await teller.compare(given, lambda: teller.world.state()["signin"] or {"state": "none", "reason": ""})


@step(
    "expect.job",
    "The newest job has ended (unless another `status` is expected), with this code and this sentence in its detail.",
    "status",
    status=fields.one_of("waiting", "sending", "sent", "failed"),
    code=fields.integer(1, 999),
    to=fields.WORDS,
    detail=_SAYING,
)
async def _expect_job(teller: Teller, given: Json) -> str:
    wanted = {"status": "failed", **given} if "code" in given else given

    def newest_job() -> Json:
        jobs = teller.world.state()["jobs"]
        return max(jobs, key=lambda job: int(job["id"])) if jobs else {"status": "none"}

    if wanted.get("status", "sent") in _ENDED:
        await teller.until(lambda _: newest_job()["status"] in _ENDED, f"a job that has ended: {wanted}", newest_job)
        there = newest_job()
        wrong = [name for name in ("status", "code") if name in wanted and there[name] != wanted[name]]
        if wrong:
            raise Unexpected(str(wanted), str({name: there[name] for name in ("status", "code", "to", "detail")}))
    return await teller.compare(wanted, newest_job)


@step(
    "expect.jobs",
    "So many jobs of the history have been sent, have failed, wait.",
    "",
    sent=_COUNT,
    failed=_COUNT,
    waiting=_COUNT,
)
async def _expect_jobs(teller: Teller, given: Json) -> str:
    def counts() -> Json:
        statuses = [job["status"] for job in teller.world.state()["jobs"]]
        return {status: statuses.count(status) for status in ("sent", "failed", "waiting")}

    return await teller.compare(given, counts)


@step("expect.panel", "The panel says all of these.", "says", says=_SAYINGS, lacks=_SAYINGS, screen=fields.WORDS)
async def _expect_panel(teller: Teller, given: Json) -> str:
    def text() -> str:
        return " ".join(teller.world.state()["panel"]["words"])

    wanted = [sentence(each, teller.language) for each in _listed(given.get("says", []))]
    unwanted = [sentence(each, teller.language) for each in _listed(given.get("lacks", []))]

    def holds(state: Json) -> bool:
        screen = state["panel"]["screen"]
        return (
            given.get("screen", screen) == screen
            and all(found(each, text()) for each in wanted)
            and not any(found(each, text()) for each in unwanted)
        )

    expected = f"a panel that says {wanted}" + (f" and not {unwanted}" if unwanted else "")
    if "screen" in given:
        expected += f" on the screen {given['screen']!r}"
    await teller.until(holds, expected, lambda: {**teller.world.state()["panel"]})
    return steady(", ".join(found(each, text()) or "" for each in wanted))


@step(
    "expect.page",
    "The page of Web Config that is open says all of these, and none of `lacks`.",
    "says",
    says=_SAYINGS,
    lacks=_SAYINGS,
)
async def _expect_page(teller: Teller, given: Json) -> str:
    page = teller.open_page()
    told = [teller.says(each, "en", page.text) for each in _listed(given.get("says", []))]
    for each in _listed(given.get("lacks", [])):
        if found(sentence(each), page.text) is not None:
            raise Unexpected(f"a page without {sentence(each)!r}", repr(page.text[:1500]))
    return steady(", ".join(told))


@step(
    "expect.paper",
    "So many sheets came out of the printer; the last says all of these, and none of `lacks`.",
    "says",
    says=_SAYINGS,
    lacks=_SAYINGS,
    sheets=_COUNT,
)
async def _expect_paper(teller: Teller, given: Json) -> str:
    papers = teller.world.parts.printer.papers
    sheets = given.get("sheets", len(papers) or 1)
    await teller.until(lambda _: len(papers) == sheets, f"{sheets} printed sheets", lambda: len(papers) or "none")
    if not papers:
        return "no sheet"
    text = papers[-1].text
    told = [teller.says(each, teller.language, text) for each in _listed(given.get("says", []))]
    for each in _listed(given.get("lacks", [])):
        if found(sentence(each, teller.language), text) is not None:
            raise Unexpected(f"a sheet without {sentence(each, teller.language)!r}", repr(text[:1500]))
    return steady(", ".join(told))


@step(
    "expect.mailbox",
    "So many mails lie there; the last is from, called and made so. `attachment`: byte for byte the document that was laid "
    "down last; `message_id`: all mails have the same.",
    "",
    of=fields.WORDS,
    count=_COUNT,
    subject=fields.WORDS,
    attachment=_SAME,
    name=fields.WORDS,
    message_id=_SAME,
    **{"from": fields.WORDS},
)
async def _expect_mailbox(teller: Teller, given: Json) -> str:
    address = given.get("of", ONA)
    if "count" in given:
        await teller.until(
            lambda _: len(teller.world.mailbox(address)) == given["count"],
            f"{given['count']} mails for {address}",
            lambda: f"{len(teller.world.mailbox(address))}",
        )
    mails = teller.world.mailbox(address)
    told = f"{len(mails)} for {address}"
    if given.keys() <= {"of", "count"}:
        return told
    if not mails:
        raise Unexpected(f"a mail for {address}", "none")
    raw = teller.world.message(address, mails[-1]["n"])
    message: Any = email.message_from_bytes(raw, policy=email.policy.default)
    [attached] = list(attachments(raw))
    there = {
        "from": message["From"].addresses[0].addr_spec,
        "subject": mails[-1]["subject"],
        "name": attached.name,
        "attachment": "same" if attached.content == teller.document else f"{len(attached.content)} other bytes",
        "message_id": "same" if len({mail["message_id"] for mail in mails}) == 1 else "several",
    }
    for name in there:
        if name in given and there[name] != given[name]:
            raise Unexpected(f"a mail with {name} {given[name]!r}", str(there))
    return ", ".join([told, *(f"{name} {there[name]}" for name in there if name in given)])


@step(
    "expect.faxes",
    "The fax gateways have taken so many; the last went to this number, from this account. `document`: byte for byte the "
    "one that was laid down last.",
    "count",
    {"count": _COUNT},
    number=fields.WORDS,
    document=_SAME,
    **{"from": fields.WORDS},
)
async def _expect_faxes(teller: Teller, given: Json) -> str:
    world, count = teller.world, given["count"]
    await teller.until(lambda _: len(world.faxes()) == count, f"{count} faxes", lambda: f"{len(world.faxes())}")
    last: Json = world.faxes()[-1] if count else {"number": "", "from": ""}
    same = bool(count) and world.fax(last["n"]).content == teller.document
    there = {"number": last["number"], "from": last["from"], "document": "same" if same else "another one"}
    for name in there:
        if name in given and there[name] != given[name]:
            raise Unexpected(f"a fax with {name} {given[name]!r}", str(there))
    return ", ".join([f"{count} faxes", *(f"{name} {there[name]}" for name in there if name in given)])


@step(
    "expect.wire",
    "So many commands, requests or replies with this text have gone over the wire to the mail servers or the token service; "
    "fax- before these are the fax provider's.",
    "",
    {"at": fields.one_of("smtp", "login", "fax-smtp", "fax-login"), "says": fields.WORDS, "times": _COUNT},
)
async def _expect_wire(teller: Teller, given: Json) -> str:
    def times() -> int:
        return sum(
            event.get("where") == given["at"] and any(given["says"] in str(value) for value in event.values())
            for event in teller.world.events
        )

    expected = f"{given['says']!r} {given['times']} times at {given['at']}"
    await teller.until(lambda _: times() == given["times"], expected, lambda: f"{times()} times")
    return expected
