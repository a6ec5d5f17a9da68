"""Numbers and names as the panel and the sheet show them: dates, sizes, interfaces, and text that comes from outside."""

from micropython import const

from firmware.panel.strings import has, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Interface

_LONGEST = const(400)  # characters that are shown of a text from outside
_DAY_S = const(86400)
_HALF_A_YEAR_S = const(15_552_000)


def clean(words: str, most: int = _LONGEST) -> str:
    """`words` without what a display must not obey: control characters, line ends and changes of writing direction."""
    cut = len(words) > most
    shown = words[:most]
    if shown and (min(shown) < " " or max(shown) > "~"):  # more than ASCII
        shown = "".join(["" if _invisible(ord(character)) else character for character in shown])
    return shown + "…" if cut else shown


def _invisible(code: int) -> bool:
    return (
        code < 0x20
        or 0x7F <= code < 0xA0  # C1 controls
        or code == 0x61C
        or 0x200B <= code <= 0x200F  # of no width; marks of direction
        or 0x2028 <= code <= 0x202E  # line ends; embedded directions
        or 0x2060 <= code <= 0x206F  # isolated directions and the like
        or 0xD800 <= code <= 0xF8FF  # halves of characters; private ones, which are our icons
        or code == 0xFEFF
    )


def date(unix_s: int) -> str:
    """The day, UTC, as 2026-03-01. Computed here since ports of MicroPython count from different years."""
    # Days to year, month and day: years begin in March, so that the leap day is the last one.
    days = unix_s // _DAY_S + 719468
    era, day = divmod(days, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month += 3 if month < 10 else -9
    return f"{year + era * 400 + (month <= 2):04d}-{month:02d}-{day:02d}"


def date_time(unix_s: int) -> str:
    """Day and time, UTC, as 2026-03-01 09:30."""
    minutes = unix_s % _DAY_S // 60
    return f"{date(unix_s)} {minutes // 60:02d}:{minutes % 60:02d}"


def recent(unix_s: int, now_s: "int | None") -> str:
    """Day and time without the year, unless it is long ago."""
    shown = date_time(unix_s)
    return shown[5:] if now_s is not None and abs(now_s - unix_s) < _HALF_A_YEAR_S else shown


def size(size_bytes: int, language: str) -> str:
    """`size_bytes` with a unit, two or three digits."""
    if size_bytes < 1000:
        return text("size.b", language, str(size_bytes))
    key, unit = ("size.kb", 1000) if size_bytes < 999_500 else ("size.mb", 1_000_000)
    tenths = (size_bytes * 10 + unit // 2) // unit
    if tenths >= 100:
        return text(key, language, str((size_bytes + unit // 2) // unit))
    return text(key, language, f"{tenths // 10}{',' if language == 'lt' else '.'}{tenths % 10}")


def interface_name(interface: "Interface", language: str) -> str:
    key = "interface." + interface.name
    return text(key, language) if has(key) else interface.name
