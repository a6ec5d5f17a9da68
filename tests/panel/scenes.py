"""Every screen in a state worth looking at: name -> how to get there. Runs on CPython and on MicroPython."""

# ruff: noqa: RUF005  MicroPython has no star in a tuple
from firmware.panel.strings import text
from tests.panel.fake import Desk, Device, Document, Interface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.panel.fake import Size

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


def _two_networks(device: Device) -> None:
    device.signed_in()
    device.board.network.interfaces.append(Interface("Wired LAN (additional)", False, "203.0.113.7"))


def _hostile(device: Device) -> None:
    device.signed_in()
    device.accounts.device.address = HOSTILE
    device.saved["sender"] = HOSTILE
    device.board.scanner.lies = Document(HOSTILE, 12)
    device.job(to=HOSTILE, name=HOSTILE, status="failed", code=374, detail=HOSTILE)


# name: (state of the device, what is pressed: keys of the strings table that are tapped, or "=key", or "+typed text")
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
SCENES["wired_status_two"] = (
    _two_networks,
    _STATUS
    + (
        "settings.wired_status",
        "=down",
        "=down",
    ),
)
SCENES["email_status"] = (_signed_in, _STATUS + ("settings.email_status",))
SCENES["email_status_out"] = (None, _STATUS + ("settings.email_status",))
SCENES["email_status_reauth"] = (_reauth, _STATUS + ("settings.email_status",))
SCENES["print_sheet"] = (_signed_in, _STATUS + ("settings.print_sheet",))
SCENES["printed"] = (
    _signed_in,
    _STATUS
    + (
        "settings.print_sheet",
        "panel.print",
    ),
)
SCENES["hostile_home"] = (_hostile, ())
SCENES["hostile_job"] = (_hostile, ("job.all", "=down", "=ok"))
SCENES["hostile_scan"] = (_hostile, ("scan.title",))


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
        elif step.startswith("="):
            await desk.key(step[1:])
        elif step.startswith("+"):
            await desk.type(step[1:])
        elif step != "key.symbols" or device.board.touch is not None:
            await desk.tap(text(step, language))
    return desk
