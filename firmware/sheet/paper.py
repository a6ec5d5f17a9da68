"""The network status sheet as rows (manual R14): start at `rows`. Loaded while a sheet is printed, and let go afterwards."""

from micropython import const

from firmware.oauth.provider import trust_der
from firmware.panel import format
from firmware.panel.health import warning
from firmware.panel.strings import text
from firmware.sheet import sheet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.device import Device

    Row = tuple[str, str, str]  # kind, words, and the value of a field

TITLE, SECTION, FIELD, WARNING = "title", "section", "field", "warning"  # kinds of rows
_SHOWN_JOBS = const(5)


def rows(device: "Device") -> "list[Row]":
    """The whole sheet in the panel's language, from top to bottom. Never a secret."""
    language = device.language
    page: "list[Row]" = [(TITLE, text("sheet.title", language), "")]

    def section(key: str, pairs: "list[sheet.Pair]", *warnings: str) -> None:
        page.append((SECTION, text(key, language), ""))
        for words in warnings:
            if words:
                page.append((WARNING, words, ""))
        for label, value in pairs:
            page.append((FIELD, label, value))

    section("sheet.general", _general(device))
    for interface in device.board.network.interfaces:
        if interface.standard:
            section("network.standard", sheet.network(interface, language))
        else:
            section("network.additional", sheet.network(interface, language), text("network.additional_note", language))
    servers: "list[tuple[str, Any]]" = [("sheet.email", device.accounts)]
    if device.fax is not None and device.fax.settings()["method"] != "off":
        servers.append(("sheet.fax", device.fax))
    for key, accounts in servers:
        unchecked = "" if accounts.settings()["verify"] else text("email.verify_off", language)
        section(key, sheet.server(accounts, language), warning(device, accounts), unchecked)
    section("sheet.certificates", [_roots(device)] + sheet.certificate(device, language))
    section("sheet.jobs", _jobs(device))
    return page


def _general(device: "Device") -> "list[sheet.Pair]":
    identity, now_s, language = device.board.identity, device.board.clock.now(), device.language
    return [
        (text("sheet.model", language), identity.model),
        (text("sheet.serial", language), identity.serial),
        (text("sheet.firmware", language), identity.firmware),
        (
            text("sheet.printed", language),
            text("sheet.time_none", language) if now_s is None else format.date_time(now_s) + " UTC",
        ),
    ]


def _roots(device: "Device") -> "sheet.Pair":
    """Which certificates a server's is traced back to: the board's own, or how many imported ones."""
    imported = trust_der(device.settings())
    if imported is None:
        return text("sheet.roots_builtin", device.language), device.board.identity.roots
    return text("sheet.roots_imported", device.language), str(len(imported))


def _jobs(device: "Device") -> "list[sheet.Pair]":
    """The newest jobs: when they came in and for whom they are; then how they ended, with the code and its words."""
    language, now_s = device.language, device.board.clock.now()
    pairs = []
    for _, status, kind, to, _, created_s, code in device.jobs.listed(_SHOWN_JOBS):
        when = text("sheet.time_none", language) if created_s is None else format.recent(created_s, now_s)
        ended = text("job." + status, language)
        if status == "failed":
            number = f"{code or 0:03d}"
            ended += " " + number + ": " + text("code." + number, language)
        whose = format.clean(to) or text("job.kind." + kind, language)
        pairs.append((when + " " + whose, ended))
    return pairs or [(text("job.none", language), "")]
