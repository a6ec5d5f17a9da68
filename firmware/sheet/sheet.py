"""The network status sheet (manual R14): the device's state as rows, and rows as ESC/POS.

`rows` is what the sheet says; the panel shows parts of the same (manual R11, R12), so that both always agree. `escpos`
makes bytes for a printer of 48 columns that prints code page 775 (Baltic) as table 33, which has Lithuanian and English
letters. Neither ever holds a token, a password or a code.
"""

from micropython import const

from firmware.panel import format
from firmware.panel.strings import has, reason, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware.device import Device
    from hal.api import Interface

    Pair = tuple[str, str]

_COLUMNS = const(48)
_LABEL = const(24)  # where values begin that stand beside their labels

# Lithuanian letters and signs in code page 775; everything else beyond ASCII prints as "?".
_LETTERS = "ĄČĘĖĮŠŲŪŽąčęėįšųūž„“"
_CODES = b"\xb5\xb6\xb7\xb8\xbd\xbe\xc6\xc7\xcf\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7\xd8\xf7\xf2"
_PLAIN = {"–": b"-", "—": b"-", "…": b"...", "•": b"*", "’": b"'", "”": b'"', "\u00a0": b" "}

_INITIALISE = b"\x1b@\x1bt\x21"  # ESC @, ESC t 33
_BOLD_ON, _BOLD_OFF = b"\x1bE\x01", b"\x1bE\x00"
_LARGE_ON, _LARGE_OFF = b"\x1d!\x11", b"\x1d!\x00"
_CUT = b"\x1dV\x42\x03"  # GS V 66 3: feed three lines, then cut


def rows(device: "Device") -> "list[Pair | str]":
    """The sheet: its title, then titles of sections as texts, and (label, value) pairs below them."""
    language = device.language
    sheet: "list[Pair | str]" = [text("sheet.title", language), text("sheet.general", language)]
    sheet += general(device, language)
    for interface in device.board.network.interfaces:
        key = "network.standard" if interface.standard else "network.additional"
        sheet.append(text(key, language))
        sheet += network(interface, language)
    sheet.append(text("sheet.email", language))
    sheet += email_server(device, language)
    return sheet


def general(device: "Device", language: str) -> "list[Pair]":
    identity, now_s = device.board.identity, device.board.clock.now()
    return [
        (text("sheet.model", language), identity.model),
        (text("sheet.serial", language), identity.serial),
        (text("sheet.firmware", language), identity.firmware),
        (
            text("sheet.printed", language),
            text("sheet.time_none", language) if now_s is None else format.date_time(now_s) + " UTC",
        ),
    ]


def network(interface: "Interface", language: str) -> "list[Pair]":
    none = text("email.none", language)
    return [
        (text("network.interface", language), interface_name(interface, language)),
        (text("network.status", language), text("network.up" if interface.up() else "network.down", language)),
        (text("network.ip", language), interface.address or none),
        (text("network.web", language), interface.web_url or none),
        (text("network.mask", language), interface.netmask or none),
        (text("network.gateway", language), interface.gateway or none),
        (text("network.dns", language), interface.dns or none),
        (text("network.mac", language), interface.mac),
    ]


def interface_name(interface: "Interface", language: str) -> str:
    key = "interface." + interface.name
    return text(key, language) if has(key) else interface.name


def email_server(device: "Device", language: str) -> "list[Pair]":
    """The email server settings and the sign-in's state, in the order of cloud-facts 1.5."""
    settings, account = device.settings(), device.accounts.device
    none = text("email.none", language)

    def label(key: str) -> str:
        return text("email." + key, language)

    pairs = [(label("method"), label("method." + str(settings["method"])))]
    if settings["method"] != "off":
        pairs.append((label("service"), label("service." + str(settings["service"]))))
        pairs.append((label("status"), text("state." + account.state, language)))
        if account.state in ("EXPIRED", "REAUTH") and account.reason:
            pairs.append((label("reason"), format.clean(reason(account.reason, language))))
        if account.state == "SIGNED_IN" and account.good_until_s is not None:
            pairs.append((label("good_until"), format.date(account.good_until_s)))
    pairs += [
        (label("account"), format.clean(account.address or str(settings["account"])) or none),
        (label("sender"), format.clean(str(settings["sender"]) or account.address) or none),
        (label("server"), format.clean(str(settings["smtp_host"])) or none),
        (label("port"), str(settings["smtp_port"])),
        (label("secure"), label("secure." + str(settings["secure"]))),
        (label("verify"), label("enable" if settings["verify"] else "disable")),
    ]
    return pairs


def escpos(sheet: "list[Pair | str]") -> "Iterator[bytes]":
    """The bytes for the printer, a piece for each row."""
    title = _encoded(str(sheet[0]))[: _COLUMNS // 2]
    yield _INITIALISE + _LARGE_ON + _BOLD_ON + title + b"\n" + _BOLD_OFF + _LARGE_OFF
    for row in sheet[1:]:
        if isinstance(row, str):
            yield b"\n" + _BOLD_ON + _encoded(row) + b"\n" + _BOLD_OFF + b"-" * _COLUMNS + b"\n"
        else:
            yield _line(_encoded(row[0]), _encoded(row[1]))
    yield _CUT


def _line(label: bytes, value: bytes) -> bytes:
    """Label and value beside each other where there is room, else the value below, in as many lines as it takes."""
    column = max(_LABEL, len(label) + 2)
    if column + len(value) <= _COLUMNS:
        return label + b" " * (column - len(label)) + value + b"\n"
    room = _COLUMNS - 2
    line = label + b"\n"
    for start in range(0, len(value), room):
        line += b"  " + value[start : start + room] + b"\n"
    return line


def _encoded(words: str) -> bytes:
    """`words` in code page 775."""
    out = bytearray()
    for character in words:
        place = _LETTERS.find(character)
        if place >= 0:
            out.append(_CODES[place])
        elif " " <= character <= "~":
            out.append(ord(character))
        else:
            out += _PLAIN.get(character, b"?")
    return bytes(out)
