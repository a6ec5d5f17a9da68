"""What may stand in a mail of what people type: addresses, file names and subjects."""

from micropython import const

from firmware.checks import is_host, only

# RFC 5321 4.5.3.1
_LONGEST_LOCAL = const(64)
_LONGEST_ADDRESS = const(254)

_LONGEST_NAME = const(255)  # characters of a file name or a subject (cloud-facts 4.7)
LONGEST_SUBJECT = 100  # characters; with the longest name it makes a line that the journal can read again

ATEXT = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~"  # RFC 5321 4.1.2


def check_address(text: str) -> None:
    """Raise ValueError(message key) unless `text` is an address that mail can be sent to (RFC 5321 4.1.2, 4.5.3.1).

    No quoted local parts and no address literals: nobody types them at a printer. ASCII only: SMTPUTF8 is not spoken.
    """
    if text and max(text) > "\x7f":
        raise ValueError("error.address_ascii")
    local, _, domain = text.rpartition("@")
    if len(local) > _LONGEST_LOCAL or len(text) > _LONGEST_ADDRESS or not is_host(domain):
        raise ValueError("error.address")
    if not all(atom and only(atom, ATEXT) for atom in local.split(".")):
        raise ValueError("error.address")


def check_name(text: str) -> None:
    """Raise ValueError(message key) unless `text` can be a file name or a subject: up to 255 characters of any script,
    none of them a control character (CR and LF would begin a header line) or half of one.
    """
    if not 1 <= len(text) <= _LONGEST_NAME:
        raise ValueError("error.name")
    for character in text:
        if character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff":
            raise ValueError("error.name")


def check_subject(text: str) -> None:
    """Raise ValueError(message key, ...) unless `text` can be a subject; "" can."""
    if len(text) > LONGEST_SUBJECT:
        raise ValueError("error.too_long", str(LONGEST_SUBJECT))
    try:
        check_name(text or "-")
    except ValueError:
        raise ValueError("error.subject") from None
