"""A line of CSV as spreadsheets read it (RFC 4180), without anything that they would compute. Start at `line`."""

_FORMULAS = "=+-@\t\r"  # a spreadsheet would compute what begins so (OWASP, CSV Injection)


def line(cells: "list[str]") -> str:
    return ",".join([cell(text) for text in cells]) + "\r\n"


def cell(text: str) -> str:
    if text[:1] in _FORMULAS and text:
        text = "'" + text
    if any(c in text for c in ',;"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
