"""Faxes go to the fax server as mails to number@domain (manual R21)."""

from micropython import const

SHORTEST = const(2)
LONGEST = const(32)  # ITU-T E.164 has 15 digits; a prefix for an outside line and an extension may be more
_CHARACTERS = "0123456789+*#"
_BETWEEN = " -./()"  # what people write between digits, and no exchange dials


def dialled(number: str) -> str:
    """`number` without what only separates its digits. Raises ValueError(message key)."""
    digits = "".join([character for character in number if character not in _BETWEEN])
    if not SHORTEST <= len(digits) <= LONGEST or digits.strip(_CHARACTERS) or "+" in digits[1:]:
        raise ValueError("error.fax_number")
    return digits


def address_of(number: str, domain: str) -> str:
    """Raises ValueError(message key) for what is no number, or while no fax server is set up."""
    if not domain:
        raise ValueError("error.fax_domain_missing")
    return dialled(number) + "@" + domain
