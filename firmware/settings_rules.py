"""What may be in the email server settings (manual R05, R09): their ranges, and what goes together.

Start at `validate`. What was typed is what is used, or it is refused: nothing is cut or mended. A built-in service takes
only its own servers, port and STARTTLS; whoever wants another server chooses the service Custom and signs in there.
"""

from micropython import const

from firmware.checks import is_host, is_port, printable, split_url
from firmware.oauth.provider import PORT, SERVICES, trust_der
from firmware.settings import DEFAULTS, FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Settings = dict[str, Any]
    Problem = tuple[str, str, str]  # field, message key, what the message names

_CHOICES = {
    "method": ("off", "oauth2"),
    "service": ("exchange", "outlook", "custom"),
    "secure": ("starttls", "tls", "none"),
    "sender_of": ("device", "user"),
}
_YES = ("enable", "on", "true", "1")
_NO = ("disable", "off", "false", "0")
_CUSTOM = ("authority", "client_id", "scope", "ca")

# Longest texts, in characters (cloud-facts 1.1; the last four are ours)
_LONGEST = {
    "account": 255,
    "password": 20,
    "sender": 255,
    "smtp_host": 255,
    "pop3_host": 255,
    "fax_domain": 255,
    "authority": 255,
    "client_id": 255,
    "scope": 1000,
    "ca": 16384,
}
# cloud-facts 1.1, where the yen sign stands for the backslash; the last three would end an address in a header.
_NOT_IN_SENDER = ':()<>[];\\ ,"'
_NOT_IN_SCOPE = '"\\'  # RFC 6749 3.3
_MOST_ADDRESS = const(254)  # RFC 5321 4.5.3.1.3


def validate(form: "dict[str, Any]", current: "Settings" = DEFAULTS) -> "tuple[Settings, list[Problem]]":
    """The settings that `form` describes, and what is wrong with them: (field, message key, what the message names).

    Fields that `form` leaves out are as in `current`; fields that no settings have are left out. Values are texts, as
    browsers send them; numbers and truth values of a settings file are taken too. Settings with problems are not for use.
    """
    settings = dict(current)
    problems: "list[Problem]" = []
    for field, _ in FIELDS:
        if field not in form:
            continue
        value, problem = _value(field, form[field])
        if problem is None:
            settings[field] = value
        else:
            problems.append(problem)
    if settings["service"] in SERVICES:
        for field in _CUSTOM:
            settings[field] = ""
    if not problems and settings["method"] == "oauth2":
        problems = _oauth2_problems(settings)
    if not problems and settings["ca"]:
        try:
            trust_der(settings)
        except ValueError:
            problems.append(("ca", "error.ca", ""))
    return settings, problems


def _value(field: str, value: object) -> "tuple[Any, Problem | None]":
    """What was typed into one field as the settings keep it, or what is wrong with it."""
    if value is True or value is False:
        value = "enable" if value else "disable"
    elif isinstance(value, int):
        value = str(value)
    port = field in ("smtp_port", "pop3_port")
    if not isinstance(value, str):
        return None, (field, "error.port", "1-65535") if port else (field, "error." + field, "")
    if field in ("verify", "keep_alive"):
        if value not in _YES and value not in _NO:
            return None, (field, "error." + field, "")
        return value in _YES, None
    if field in _CHOICES:
        return value, None if value in _CHOICES[field] else (field, "error." + field, "")
    if port:
        return (int(value), None) if is_port(value) else (None, (field, "error.port", "1-65535"))
    if len(value) > _LONGEST[field]:
        return None, (field, "error.too_long", str(_LONGEST[field]))
    if not _fits(field, value):
        return None, (field, "error." + field, "")
    return value.lower() if field in ("smtp_host", "pop3_host", "fax_domain") else value, None


def _fits(field: str, text: str) -> bool:
    """Whether `text` has the shape of its field. An empty one fits here; OAuth 2.0 may still need it."""
    if not text:
        return True
    if field in ("account", "password"):
        return printable(text.replace(" ", "_"), 0, _LONGEST[field])
    if field in ("smtp_host", "pop3_host", "fax_domain"):
        return is_host(text)
    if field == "ca":
        return printable(
            text.replace(" ", "_").replace("\n", "_").replace("\r", "_").replace("\t", "_"), 0, _LONGEST[field]
        )
    if field == "scope":
        return printable(text.replace(" ", "_"), 0, _LONGEST[field]) and not any(c in text for c in _NOT_IN_SCOPE)
    if not printable(text, 0, _LONGEST[field]):
        return False
    if field == "sender":
        return _is_address(text)
    if field == "authority":
        return _is_authority(text)
    return True


def _is_address(text: str) -> bool:
    local, at, domain = text.partition("@")
    if any(character in text for character in _NOT_IN_SENDER) or len(text) > _MOST_ADDRESS or not at:
        return False
    return 1 <= len(local) <= 64 and local[0] != "." and is_host(domain)


def _is_authority(text: str) -> bool:
    try:
        scheme, _, _, path = split_url(text)
    except ValueError:
        return False
    return scheme == "https" and "?" not in path


def _oauth2_problems(settings: "Settings") -> "list[Problem]":
    """What cannot go together with OAuth 2.0 (manual R09; bearer tokens go over TLS only, RFC 6750 5.3)."""
    problems: "list[Problem]" = []
    service = settings["service"]
    if service in SERVICES:
        hosts = SERVICES[service][1]
        if settings["smtp_host"] not in hosts:
            problems.append(("smtp_host", "error.smtp_host_of_service", ", ".join(hosts)))
        if settings["smtp_port"] != PORT:
            problems.append(("smtp_port", "error.smtp_port_of_service", str(PORT)))
        if settings["secure"] != "starttls":
            problems.append(("secure", "error.secure_of_service", "STARTTLS"))
        return problems
    for field in ("smtp_host", "authority", "client_id", "scope"):
        if not settings[field]:
            problems.append((field, "error.missing", ""))
    if settings["secure"] == "none":
        problems.append(("secure", "error.secure_with_oauth2", ""))
    return problems
