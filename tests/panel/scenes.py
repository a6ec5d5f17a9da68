"""Every screen in a state worth looking at: name -> how to get there. Runs on CPython and on MicroPython."""

# ruff: noqa: RUF005  MicroPython has no star in a tuple
from firmware.panel import format
from firmware.panel.strings import text
from hal.errors import StorageFull
from tests.panel.fake import DAY_S, NOW_S, Attempt, Crashes, Desk, Device, Document, Fax, Interface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.panel.fake import Size

DEVICE_LOGIN = "https://microsoft.com/devicelogin"
HOSTILE = "\u202egnp.exe\x00\x1b[2J\r\n" + "W" * 10_000


def _signed_in(device: Device) -> None:
    device.signed_in()


def _expired(device: Device) -> None:
    device.ended("EXPIRED", "reason.unused\tAADSTS700082")


def _reauth(device: Device) -> None:
    device.ended("REAUTH", "reason.revoked\tAADSTS50173")


def _history(device: Device) -> None:
    device.signed_in()
    device.history()


def _document(device: Device) -> None:
    device.signed_in()
    device.board.scanner.lies = Document("Sutartis Nr. 12.pdf", 1_843_200)


def _pages(device: Device) -> None:
    device.signed_in()
    device.board.scanner.lies = Document("Sutartis Nr. 12.pdf", 1_843_200, 12)


def _contacts(device: Device) -> None:
    _pages(device)
    device.contacts.list = [
        ("Buhalterija", "buhalterija@bureau.example"),
        ("Ona Kazlauskienė", "ona.kazlauskiene@bureau.example"),
        ("Šarūnas", "sarunas@bureau.example"),
    ]


def _explained(device: Device) -> None:
    """The newest jobs with all that is known of them."""
    device.signed_in()
    device.job(
        status="failed",
        code=312,
        subject="Sutartis su UAB „Ąžuolas“",
        pages=12,
        ended_s=NOW_S + 20,
        sentence=text("detail.smtp_auth_disabled_tenant", device.language),
        advice=text("advice.smtp_auth_disabled_tenant", device.language),
        reply="535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
        aadsts="",
        correlation_id="",
        words="",
    )
    device.job(
        to="lina@bureau.example",
        status="failed",
        code=370,
        ended_s=NOW_S + 2,
        sentence=text("reason.revoked", device.language),
        advice=text("advice.revoked", device.language),
        aadsts="AADSTS50173",
        correlation_id="c0ffee00-0000-4000-8000-000000000001",
        reply="",
        words="The provided grant has expired due to it being revoked.",
    )
    device.job(to="rasa@bureau.example", status="waiting")


def _too_late(device: Device) -> None:
    _explained(device)
    device.too_late = True


def _refused_soon(days: int) -> "Callable[[Device], None]":
    """A sign-in that runs out in so many days."""

    def prepare(device: Device) -> None:
        device.signed_in()
        device.accounts.account.used_s = NOW_S - 80 * DAY_S
        device.accounts.account.good_until_s = NOW_S + days * DAY_S

    return prepare


def _off(device: Device) -> None:
    device.saved["method"] = "off"


def _cupboard(device: Device) -> None:
    """Neither a network nor the time."""
    device.signed_in()
    device.board.clock.unix_s = None
    device.board.network.interfaces[0] = Interface("Wi-Fi", True, "")


def _no_network(device: Device) -> None:
    """A model that has none, so that it has no clock either."""
    device.board.network.fitted = False
    device.board.network.interfaces[0] = Interface("No network", True, "")
    device.board.clock.unix_s = None


def _wifi(device: Device) -> None:
    device.signed_in()
    device.board.network.interfaces[0] = Interface("Wi-Fi", True, "198.51.100.7")


def _https(device: Device) -> None:
    device.signed_in()
    device.board.network.interfaces[0].web_url = "https://198.51.100.7/"
    device.has_https = True


def _locked(device: Device) -> None:
    device.signed_in()
    device.locked = True


def _slow(device: Device) -> None:
    device.signed_in()
    device.admin.looks.clear()


def _other(device: Device) -> None:
    device.signin = Attempt("somebody else", device.board.clock)


def _crashed(what: str, count: int) -> "Callable[[Device], None]":
    """A device that has restarted by itself."""

    def prepare(device: Device) -> None:
        device.signed_in()
        device.crashes = Crashes(what, count)

    return prepare


def _equipped(*, own: bool = False, fax: str = "SIGNED_IN") -> "Callable[[Device], None]":
    """A model with Scan to My Email and a fax server. `own`: everybody signs in with an address of their own."""

    def prepare(device: Device) -> None:
        _pages(device)
        device.has_my_email = True
        device.fax = Fax(device)
        device.fax.account.state = fax
        device.fax.account.address = "fax@bureau.example"
        device.saved["sender_of"] = "user" if own else "device"

    return prepare


def _equipped_expired(device: Device) -> None:
    _equipped()(device)
    _expired(device)


def _fax_runs_out(device: Device) -> None:
    _equipped()(device)
    assert device.fax is not None
    device.fax.account.good_until_s = NOW_S + 7 * DAY_S


def _server_refuses(device: Device) -> None:
    _signed_in(device)
    device.accounts.server_refuses = "smtp_auth_disabled_tenant"


def _fax_off(device: Device) -> None:
    _equipped()(device)
    assert device.fax is not None
    device.fax.kept["fax_domain"] = ""


def _own(state: str, reason: str = "") -> "Callable[[Device], None]":
    """The user's own sign-in is so."""

    def prepare(device: Device) -> None:
        _equipped(own=True)(device)
        device.people.account.state = state
        device.people.account.address = "ona.kazlauskiene@bureau.example"
        device.people.account.reason = reason

    return prepare


def _slow_pin(device: Device) -> None:
    _equipped()(device)
    device.users.looks.clear()


def _full(desk: Desk) -> None:
    """From now on nothing can be saved."""
    desk.device.refusal = StorageFull()


def _kinds(device: Device) -> None:
    """Jobs that are not emails to somebody."""
    device.signed_in()
    device.job(kind="my-email", to="", name="Sutartis.pdf", created_s=None)
    device.job(kind="fax", to="85 200 00 00", status="sending")
    device.job(kind="notice", to="it@bureau.example", name="notice.txt", size=300)
    device.job(kind="sheet", to="", name="", size=0, status="printed", ended_s=NOW_S + 20)
    device.job(kind="sheet", to="", name="", size=0, status="failed", code=379, ended_s=NOW_S + 20)


def _one_sent(desk: Desk) -> None:
    desk.device.job()


def _custom(device: Device) -> None:
    """Everything that Email Server Status can show."""
    device.signed_in()
    account = device.accounts.account
    account.granted_s, account.used_s = NOW_S - 9 * DAY_S, NOW_S - DAY_S
    device.saved.update(
        service="custom", smtp_host="smtp.paštas.bureau.example", secure="tls", smtp_port=465, verify=False
    )


def _printer(*states: str) -> "Callable[[Desk], None]":
    """The printer says so from now on."""

    def step(desk: Desk) -> None:
        desk.board.printer.keeps = list(states)
        desk.device.tell("sheet")

    return step


def _sheet(status: str, code: int = 0) -> "Callable[[Desk], None]":
    return lambda desk: desk.device.sheet.to(status, code)


def _administrator(desk: Desk) -> None:
    """The administrator is logged in at the panel."""
    desk.ui.presence.administrator = True
    desk.ui.mark()


def _waits(uri: str = DEVICE_LOGIN, code: str = "GHJK2345") -> "Callable[[Desk], None]":
    def step(desk: Desk) -> None:
        assert desk.device.signin is not None
        desk.device.signin.wait(uri, code)
        desk.device.tell("signin")

    return step


def _attempt_ends(state: str, reason: str = "", address: str = "printer@bureau.example") -> "Callable[[Desk], None]":
    def step(desk: Desk) -> None:
        assert desk.device.signin is not None
        desk.device.signin.end(state, reason, address)
        desk.device.tell("signin")

    return step


def _nobody(desk: Desk) -> None:
    """For some minutes."""
    desk.board.clock.pass_ms(200_000)


def _two_networks(device: Device) -> None:
    device.signed_in()
    device.board.network.interfaces.append(Interface("Wired LAN (additional)", False, "203.0.113.7"))


def _hostile(device: Device) -> None:
    device.signed_in()
    device.accounts.account.address = HOSTILE
    device.saved["sender"] = HOSTILE
    device.board.scanner.lies = Document(HOSTILE, 12)
    device.job(to=HOSTILE, name=HOSTILE, status="failed", code=374, detail=HOSTILE)


# name: (state of the device, what is done: keys of the strings table, or words, that are tapped, "=key", "+typed text",
# ">" for each time that it is scrolled down, what a job becomes, or a function)
SCENES: "dict[str, tuple[Callable[[Device], None] | None, tuple[Any, ...]]]" = {
    "home": (None, ()),
    "home_signed_in": (_signed_in, ()),
    "home_expired": (_expired, ()),
    "home_focus": (_signed_in, ("=down",)),
    "scan": (None, ("scan.title",)),
    "scan_ready": (_document, ("scan.title", "+ona.kazlauskiene@bureau.example")),
    "scan_no_document": (_signed_in, ("scan.title", "+ona@bureau.example", "scan.send")),
    "recipient": (_signed_in, ("scan.title", "scan.to_none", "+ona.kazlauskiene@bur")),
    "recipient_symbols": (_signed_in, ("scan.title", "scan.to_none", "key.symbols")),
    "connecting": (_document, ("scan.title", "+ona@bureau.example", "scan.send")),
    "sending": (_document, ("scan.title", "+ona@bureau.example", "scan.send", {"status": "sending", "sent_bytes": 774_144})),
    "retrying": (_document, ("scan.title", "+ona@bureau.example", "scan.send", {"status": "waiting", "detail": "Busy."})),
    "sent": (_document, ("scan.title", "+ona@bureau.example", "scan.send", {"status": "sent"})),
    "failed_360": (_document, ("scan.title", "+ona@bureau.example", "scan.send", {"status": "failed", "code": 360})),
    "failed_361": (_document, ("scan.title", "+ona@bureau.example", "scan.send", {"status": "failed", "code": 361})),
    "failed_370": (_document, ("scan.title", "+ona@bureau.example", "scan.send", {"status": "failed", "code": 370})),
    "failed_374": (
        _document,
        (
            "scan.title",
            "+ona@bureau.example",
            "scan.send",
            {"status": "failed", "code": 374, "detail": "554 5.2.0 STOREDRV.Submission.Exception: Refused"},
        ),
    ),
    "jobs_none": (_signed_in, ("job.all",)),
    "jobs": (_history, ("job.all",)),
    "jobs_failed": (_history, ("job.all", "job.failed_only")),
    "job_313": (_history, ("job.all", "saulius@bureau.example")),
    "job_370": (_history, ("job.all", "lina@bureau.example")),
    "job_sent": (_history, ("job.all", "jonas@bureau.example")),
    "settings": (_signed_in, ("settings.title",)),
    "general": (_signed_in, ("settings.title", "settings.general")),
    "network_settings": (_signed_in, ("settings.title", "settings.general", "settings.network")),
    "network_status": (_signed_in, ("settings.title", "settings.general", "settings.network", "settings.network_status")),
    "language": (_signed_in, ("settings.title", "settings.language")),
}  # fmt: skip
_STATUS = ("settings.title", "settings.general", "settings.network", "settings.network_status")
SCENES["wired_status"] = (_signed_in, _STATUS + ("settings.wired_status",))
SCENES["wired_status_two"] = (_two_networks, _STATUS + ("settings.wired_status",))
SCENES["wired_status_two_end"] = (_two_networks, _STATUS + ("settings.wired_status", ">" * 30))
SCENES["wired_status_down"] = (_cupboard, _STATUS + ("settings.wired_status",))
SCENES["wired_status_wifi"] = (_wifi, _STATUS + ("settings.wired_status",))
SCENES["wired_status_https"] = (_https, _STATUS + ("settings.wired_status", ">" * 30))
SCENES["email_status"] = (_signed_in, _STATUS + ("settings.email_status",))
SCENES["email_status_out"] = (None, _STATUS + ("settings.email_status",))
SCENES["email_status_reauth"] = (_reauth, _STATUS + ("settings.email_status",))
SCENES["email_status_all"] = (_custom, _STATUS + ("settings.email_status", ">"))
SCENES["email_status_end"] = (_custom, _STATUS + ("settings.email_status", ">" * 30))
SCENES["print_sheet"] = (_signed_in, _STATUS + ("settings.print_sheet",))
_PRINT = _STATUS + ("settings.print_sheet", "panel.print")
SCENES["printing"] = (_signed_in, _PRINT)
SCENES["printing_paused"] = (_signed_in, _PRINT + (_printer("media-empty", "cover-open"),))
SCENES["printed"] = (_signed_in, _PRINT + (_sheet("printed"),))
SCENES["printing_failed"] = (_signed_in, _PRINT + (_sheet("failed", 379),))
SCENES["hostile_home"] = (_hostile, ())
_HOSTILE = format.clean(HOSTILE)
SCENES["hostile_job"] = (_hostile, ("job.all", _HOSTILE))
SCENES["hostile_scan"] = (_hostile, ("scan.title",))
_SEND = ("scan.title", "+ona@bureau.example", "scan.send")
_NAMED = ("scan.title", "+ona@bureau.example", "Sutartis Nr. 12.pdf", "+ (pasirašyta)", "panel.ok", "scan.subject_same")
SCENES["scan_pages"] = (_pages, ("scan.title", "+ona@bureau.example"))
SCENES["scan_named"] = (_pages, _NAMED + ("+Pasirašyta sutartis", "panel.ok"))
SCENES["scan_refused"] = (_pages, ("scan.title", "+ona@@bureau", "=start"))
SCENES["recipient_refused"] = (_signed_in, ("scan.title", "scan.to_none", "+ona@@bureau", "panel.ok"))
SCENES["recipient_not_ascii"] = (_signed_in, ("scan.title", "scan.to_none", "+šarūnas@bureau.example", "panel.ok"))
SCENES["recipient_too_long"] = (_signed_in, ("scan.title", "scan.to_none", "+" + "ona.kazlauskiene." * 15))
SCENES["recipient_wheel"] = (_signed_in, ("scan.title", "scan.to_none", "=ok", "=down", "=ok", "=down"))
SCENES["recipient_long"] = (
    _signed_in,
    ("scan.title", "scan.to_none", "+" + "ona.kazlauskiene." * 4 + "@bureau.example"),
)
SCENES["contacts"] = (_contacts, ("scan.title", "scan.to_none"))
SCENES["contacts_chosen"] = (_contacts, ("scan.title", "scan.to_none", "Ona Kazlauskienė"))
SCENES["file_name"] = (_pages, ("scan.title", "Sutartis Nr. 12.pdf"))
SCENES["file_name_symbols"] = (_pages, ("scan.title", "Sutartis Nr. 12.pdf", "key.symbols"))
SCENES["subject"] = (_pages, _NAMED + ("+Pasirašyta",))
SCENES["subject_capitals"] = (_pages, _NAMED + ("key.shift",))
SCENES["subject_lithuanian"] = (_pages, _NAMED + ("key.lithuanian",))
SCENES["subject_more"] = (_pages, _NAMED + ("key.symbols", "key.more"))
SCENES["subject_other_letters"] = (_pages, _NAMED + ("key.other", "key.other", "=up"))
SCENES["sending_pages"] = (_pages, _SEND + ({"status": "sending", "sent_bytes": 774_144, "page": 6},))
SCENES["delivering"] = (_pages, _SEND + ({"status": "sending", "sent_bytes": 1_843_200, "page": 12},))
SCENES["failed_377"] = (_pages, _SEND + ({"status": "failed", "code": 377},))
SCENES["job_waiting"] = (_explained, ("job.all", "rasa@bureau.example"))
SCENES["job_too_late"] = (_too_late, ("job.all", "rasa@bureau.example", "panel.cancel"))
SCENES["job_370_marks"] = (_explained, ("job.all", "lina@bureau.example", ">>"))
SCENES["job_312"] = (_explained, ("job.all", "ona.kazlauskiene@bureau.example"))
SCENES["job_312_marks"] = (_explained, ("job.all", "ona.kazlauskiene@bureau.example", ">>"))
SCENES["job_312_end"] = (_explained, ("job.all", "ona.kazlauskiene@bureau.example", ">" * 30))
SCENES["jobs_kinds"] = (_kinds, ("job.all",))
SCENES["job_sheet_379"] = (_kinds, ("job.all", "job.kind.sheet"))
SCENES["job_fax"] = (_kinds, ("job.all", "85 200 00 00"))
SCENES["job_notice"] = (_kinds, ("job.all", "it@bureau.example"))
SCENES["job_my_email"] = (_kinds, ("job.all", "Sutartis.pdf"))
SCENES["jobs_none_failed"] = (_signed_in, (_one_sent, "job.all", "job.failed_only"))
SCENES["hostile_name"] = (_hostile, ("scan.title", _HOSTILE))


SCENES["home_off"] = (_off, ())
SCENES["home_reauth"] = (_reauth, ())
SCENES["home_runs_out"] = (_refused_soon(10), ())
SCENES["home_ran_out"] = (_refused_soon(-1), ())
SCENES["home_cupboard"] = (_cupboard, ())
SCENES["home_no_network"] = (_no_network, ())
SCENES["home_wifi"] = (_wifi, ())
SCENES["home_administrator"] = (_signed_in, (_administrator,))
SCENES["scan_expired"] = (_expired, ("scan.title",))
SCENES["saver"] = (_expired, (_nobody,))
SCENES["email_status_expired"] = (_expired, _STATUS + ("settings.email_status",))
SCENES["email_status_runs_out"] = (_refused_soon(10), _STATUS + ("settings.email_status",))
SCENES["email_status_off"] = (_off, _STATUS + ("settings.email_status",))
SCENES["general_locked"] = (_locked, ("settings.title", "settings.general"))
_LOG_IN = ("settings.title", "admin.title")
SCENES["log_in"] = (_signed_in, _LOG_IN + ("+label",))
SCENES["log_in_checking"] = (_slow, _LOG_IN + ("+label-password", "=start"))
SCENES["log_in_again"] = (_signed_in, _LOG_IN + ("+label", "=start", lambda desk: desk.board.clock.pass_ms(3000)))
SCENES["log_in_wrong"] = (_signed_in, _LOG_IN + ("+label", "=start"))
SCENES["administrator"] = (_signed_in, _LOG_IN + ("+label-password", "=start"))
SCENES["administrator_locked"] = (_locked, _LOG_IN + ("+label-password", "=start"))
SCENES["administrator_full"] = (_signed_in, _LOG_IN + ("+label-password", "=start", _full, "admin.lock_on"))
_SIGN_IN = (_administrator, "signin.begin")
LONG_ADDRESS = "https://login.bureau.example/" + "organizacija/" * 11 + "?kodas"
SCENES["signin_requesting"] = (None, _SIGN_IN)
SCENES["signin_waiting"] = (None, _SIGN_IN + (_waits(),))
SCENES["signin_spelled"] = (None, _SIGN_IN + (_waits(code="CQ8B0O1I2"), "=down"))
SCENES["signin_long"] = (None, _SIGN_IN + (_waits(LONG_ADDRESS, "WDJB-MJHT-8B0O-1I2Z"),))
SCENES["signin_strange_code"] = (None, _SIGN_IN + (_waits(code="ab_cd:ef"),))
SCENES["signin_granted"] = (None, _SIGN_IN + (_waits(), _attempt_ends("GRANTED")))
SCENES["signin_granted_other"] = (
    _expired,
    _SIGN_IN + (_waits(), _attempt_ends("GRANTED", address="ona@bureau.example")),
)
SCENES["signin_saving"] = (
    None,
    _SIGN_IN + (_waits(), _attempt_ends("GRANTED"), lambda desk: desk.device.saves.clear(), "panel.ok"),
)
SCENES["signin_full"] = (None, _SIGN_IN + (_waits(), _attempt_ends("GRANTED"), _full, "panel.ok"))
SCENES["signin_saved"] = (None, _SIGN_IN + (_waits(), _attempt_ends("GRANTED"), "panel.ok"))
SCENES["signin_declined"] = (None, _SIGN_IN + (_waits(), _attempt_ends("DECLINED", "reason.declined\tAADSTS65004")))
SCENES["signin_expired"] = (None, _SIGN_IN + (_waits(), _attempt_ends("CODE_EXPIRED", "reason.code_expired")))
SCENES["signin_blocked"] = (
    None,
    _SIGN_IN + (_waits(), _attempt_ends("BLOCKED", "reason.policy\tAADSTS53003: Blocked.")),
)
SCENES["signin_failed"] = (None, _SIGN_IN + (_attempt_ends("FAILED", "reason.bad_uri"),))
SCENES["signin_by_other"] = (_other, _SIGN_IN)
SCENES["signin_not_set_up"] = (_off, _SIGN_IN)
SCENES["restarted"] = (_crashed("MemoryError: memory allocation failed, allocating 16384 bytes", 1), ())
SCENES["restarted_hung"] = (_crashed("Hung: queue", 3), ())
SCENES["restarted_saver"] = (_crashed("Hung", 1), (_nobody,))

_FAX = ("fax.title",)
SCENES["home_refused"] = (_server_refuses, ())
SCENES["home_equipped"] = (_equipped(), ())
SCENES["home_equipped_focus"] = (_equipped(), ("=down",))
SCENES["home_equipped_expired"] = (_equipped_expired, ())
SCENES["fax"] = (_equipped(), _FAX)
SCENES["fax_runs_out"] = (_fax_runs_out, _FAX)
SCENES["fax_not_set_up"] = (_fax_off, _FAX)
SCENES["fax_signed_out"] = (_equipped(fax="SIGNED_OUT"), _FAX)
SCENES["fax_expired"] = (_equipped(fax="EXPIRED"), _FAX)
SCENES["fax_reauth"] = (_equipped(fax="REAUTH"), _FAX)
SCENES["fax_number"] = (_equipped(), _FAX + ("fax.number_none", "+85 200"))
SCENES["fax_number_refused"] = (_equipped(), _FAX + ("fax.number_none", "+8+5", "panel.ok"))
SCENES["fax_ready"] = (_equipped(), _FAX + ("+85 200 00 00",))
SCENES["fax_sending"] = (
    _equipped(),
    _FAX + ("+85 200 00 00", "scan.send", {"status": "sending", "sent_bytes": 774_144, "page": 6}),
)
_MY_EMAIL = ("job.kind.my-email", "+ona", "=start", "+4711", "=start")
SCENES["my_email_id"] = (_equipped(), ("job.kind.my-email", "+ona"))
SCENES["my_email_pin"] = (_equipped(), ("job.kind.my-email", "+ona", "=start", "+47"))
SCENES["my_email_checking"] = (_slow_pin, _MY_EMAIL)
SCENES["my_email_wrong"] = (_equipped(), ("job.kind.my-email", "+ona", "=start", "+4712", "=start"))
SCENES["my_email"] = (_equipped(), _MY_EMAIL)
SCENES["my_email_own"] = (_own("SIGNED_IN"), _MY_EMAIL)
SCENES["my_email_signed_out"] = (_own("SIGNED_OUT"), _MY_EMAIL)
SCENES["my_email_expired"] = (_own("EXPIRED", "reason.unused\tAADSTS700082"), _MY_EMAIL)
SCENES["my_email_reauth"] = (_own("REAUTH", "reason.revoked\tAADSTS50173"), _MY_EMAIL)
_OWN_SIGN_IN = _MY_EMAIL + ("signin.begin", _waits())
SCENES["my_email_waiting"] = (_own("SIGNED_OUT"), _OWN_SIGN_IN)
SCENES["my_email_granted"] = (
    _own("SIGNED_OUT"),
    _OWN_SIGN_IN + (_attempt_ends("GRANTED", address="ona.kazlauskiene@bureau.example"),),
)
SCENES["my_email_denied"] = (
    _own("SIGNED_OUT"),
    _OWN_SIGN_IN + (_attempt_ends("FAILED", "reason.consent\tAADSTS65001"),),
)

_TOUCH_ONLY = ("recipient_symbols", "file_name_symbols", "subject_capitals", "subject_lithuanian", "subject_more")
_KEYS_ONLY = ("recipient_wheel", "subject_other_letters", "signin_spelled")


def sizes(name: str) -> "list[Size]":
    """The displays on which the scene is another one than all the others."""
    large, small = [(320, 240)], [(128, 64)]
    return large if name in _TOUCH_ONLY else small if name in _KEYS_ONLY else large + small


async def arrive(name: str, size: "Size", language: str) -> Desk:
    """Somebody in front of the panel that shows the scene. `await desk.end()` when done."""
    prepare, steps = SCENES[name]
    device = Device(size, language)
    if prepare is not None:
        prepare(device)
    desk = await Desk(device).begin()
    for step in steps:
        if isinstance(step, dict):
            device.jobs.list[0].update(step)
            await desk.tell("jobs")
        elif isinstance(step, str) and step.startswith("="):
            await desk.key(step[1:])
        elif isinstance(step, str) and step.startswith(">"):
            await desk.scroll(len(step))
        elif isinstance(step, str) and step.startswith("+"):
            await desk.type(step[1:])
        elif not isinstance(step, str):
            step(desk)
            await desk.settle()
        else:
            await desk.tap(text(step, language))
    return desk
