"""The frame of every page of Web Config, and the pieces that pages are made of: boxes, rows, fields, lists.

Pages are lists of pieces, never joined: a small heap has no room for a whole page in one piece. Whatever was typed or came
from the network goes through `escape`. Start at `page`; the areas' own pages are modules of their own (`app.py` TABLE).
"""

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.web.app import Row
    from firmware.web.sessions import Session
    from firmware.web.words import Words

_LONGEST_SHOWN = const(500)  # characters of somebody else's words
_LANGUAGES = (("en", "English"), ("lt", "Lietuvių"))


def escape(words: str) -> str:
    """`words` as HTML text or attribute value. Control and direction characters, which could disguise it, become "?"."""
    for c in words:
        if not " " <= c < "\x7f" or c in "&<>\"'":
            break
    else:
        return words  # most words: nothing in them needs it
    words = "".join("?" if _disguises(ord(c)) else c for c in words)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        words = words.replace(character, entity)
    return words


def _disguises(code: int) -> bool:
    return (
        (code < 0x20 and code != 0x0A)
        or 0x7F <= code < 0xA0
        or 0x200B <= code < 0x2010
        or 0x2028 <= code < 0x202F
        or 0x2060 <= code < 0x2070
        or code == 0xFEFF
    )


def remote(words: str) -> str:
    """Somebody else's words as HTML, cut to a length that a page can bear."""
    return escape(words if len(words) <= _LONGEST_SHOWN else words[: _LONGEST_SHOWN - 1] + "…")


# --- pieces; what they are given is HTML, names of fields apart ---


def bar(kind: str, *lines: str) -> str:
    """A coloured box; the first line is the heading."""
    role = ' role="alert"' if kind in ("bad", "warn") else ""
    return (
        f'<div class="bar {kind}"{role}><b>{lines[0]}</b>' + "".join(f"<p>{line}</p>" for line in lines[1:]) + "</div>"
    )


def form(action: str, session: "Session", pieces: "list[str]", css: str = "", files: bool = False) -> "list[str]":
    kind = ' enctype="multipart/form-data"' if files else ""
    head = (
        f'<form method="post" action="{action}" class="{css}" autocomplete="off"{kind}>'
        f'<input type="hidden" name="csrf" value="{session.csrf}">'
    )
    return [head] + pieces + ["</form>"]


def row(name: str, label: str, control: str, notes: "list[str]", error: str = "") -> str:
    """A line of a form."""
    return (
        f'<div class="row{" wrong" if error else ""}"><label for="{name}">{label}</label><div>{control}'
        + "".join(f'<p class="note" id="{name}-note">{note}</p>' for note in notes)
        + (f'<p class="error" id="{name}-error">{error}</p>' if error else "")
        + "</div></div>"
    )


def field(
    name: str, label: str, value: str, longest: int, error: str = "", note: str = "", css: str = "", more: str = ""
) -> str:
    """A line with one field of text; `value` is as typed, `more` further attributes."""
    control = f'<input id="{name}" name="{name}" value="{escape(value)}" maxlength="{longest}" class="{css}"'
    control += f' spellcheck="false"{more}{tied(name, error, note)}>'
    return row(name, label, control, [note] if note else [], error)


def password_row(name: str, label: str, error: str = "", note: str = "", complete: str = "off", id: str = "") -> str:
    id = id or name
    control = f'<input type="password" id="{id}" name="{name}" maxlength="64" autocomplete="{complete}" required'
    return row(id, label, control + tied(id, error, note) + ">", [note] if note else [], error)


def choice(
    name: str, label: str, options: "list[tuple[str, str]]", chosen: str, error: str = "", note: str = ""
) -> str:
    """`options`: (value, words)."""
    control = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{words}</option>' for value, words in options
    )
    control = f'<select id="{name}" name="{name}"{tied(name, error, note)}>{control}</select>'
    return row(name, label, control, [note] if note else [], error)


def tick(name: str, label: str, on: bool, value: str = "on") -> str:
    """A box to tick, with its words behind it."""
    here = " checked" if on else ""
    return f'<label class="tick"><input type="checkbox" name="{name}" value="{value}"{here}>{label}</label>'


def tied(name: str, error: str = "", note: str = "") -> str:
    """The attributes that tell a screen reader what is said about a field."""
    said = ([name + "-error"] if error else []) + ([name + "-note"] if note else [])
    out = ' aria-invalid="true"' if error else ""
    return out + (f' aria-describedby="{" ".join(said)}"' if said else "")


def button(words: str, value: str, css: str = "main", more: str = "") -> str:
    return f'<button class="{css}" name="do" value="{value}"{more}>{words}</button> '


def buttons(*pieces: str) -> str:
    return '<div class="buttons">' + "".join(pieces) + "</div>"


def facts(title: str, rows: "list[tuple[str, str]]") -> str:
    """A card with a list of names and values."""
    return (
        f'<section class="card"><h2>{title}</h2><dl>'
        + "".join(f"<dt>{k}</dt><dd>{v}</dd>" for k, v in rows)
        + "</dl></section>"
    )


def table(caption: str, heads: "list[str]", rows: "list[list[str]]") -> "list[str]":
    """A table that becomes a list of cards on a phone: each cell bears the name of its column."""
    out = [f"<table><caption>{caption}</caption><thead><tr>"]
    out += [f'<th scope="col">{head}</th>' for head in heads]
    out.append("</tr></thead><tbody>")
    for cells in rows:
        out.append(
            "<tr>" + "".join(f'<td data-name="{heads[n]}">{cell}</td>' for n, cell in enumerate(cells)) + "</tr>"
        )
    out.append("</tbody></table>")
    return out


def heading(title: str, above: str = "") -> str:
    return f"<h1>{f'<small>{above}</small>' if above else ''}{title}</h1>"


# --- the frame ---


def page(
    words: "Words",
    title: str,
    product: str,
    pieces: "list[str]",
    session: "Session | None",
    rows: "list[Row]",
    path: str,
    refresh_s: int = 0,
) -> "list[str]":
    """A whole page. `title` is HTML; `product` is plain; `rows`: the pages that this device has; `path`: where one is."""
    say = words.say
    out = [
        f'<!DOCTYPE html><html lang="{words.language}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f'<meta http-equiv="refresh" content="{refresh_s}">' if refresh_s else "",
        f"<title>{title} - {escape(product)}</title>",
        '<link rel="stylesheet" href="/style.css"></head><body>',
        f'<a class="skip" href="#main">{say("web.skip")}</a><header><div>',
        f'<a class="brand" href="/">{escape(product)}<span>{say("web.title")}</span></a>',
    ]
    if session is None:
        out.append('</div></header><div class="page"><main id="main" class="narrow">')
    else:
        out.append('<div class="tools">')
        out += form("/language", session, [f'<input type="hidden" name="back" value="{path}">'] + _languages(words))
        out += form("/logout", session, [f"<button>{say('web.log_out')}</button>"])
        out.append("</div></div></header>")
        out += _menu(words, rows, path)
        out.append('<main id="main">')
        if session.message:
            out.append('<div role="status">' + bar("good", escape(session.message)) + "</div>")
            session.message = ""
    out += pieces
    out.append("</main></div></body></html>\n")
    return out


def _languages(words: "Words") -> "list[str]":
    return [
        f'<button name="language" value="{code}" lang="{code}">{name}</button>'
        for code, name in _LANGUAGES
        if code != words.language
    ]


def _menu(words: "Words", rows: "list[Row]", path: str) -> "list[str]":
    """The tabs, and beside the page what else is under the tab."""
    say = words.say
    here, marked = "", ""
    named = ""
    for tab, _, where, _, name, _ in rows:
        named = where if name else named
        if where == path:
            here, marked = tab, named
    out = [f'<nav class="tabs" aria-label="{say("web.tabs")}"><div>']
    before = ""
    for tab, _, where, _, _, _ in rows:
        if tab != before:
            out.append(f'<a href="{where}"{_on(tab == here)}>{say(tab)}</a>')
        before = tab
    out.append('</div></nav><div class="page">')
    beside = [(heading, where, name) for tab, heading, where, _, name, _ in rows if tab == here and name]
    if len(beside) > 1:
        out.append(f'<nav class="side" aria-label="{say(here)}">')
        before = ""
        for heading, where, name in beside:
            if heading != before:
                out.append(f"<b>{say(heading)}</b>")
            before = heading
            out.append(f'<a href="{where}"{_on(where == marked)}>{say(name)}</a>')
        out.append("</nav>")
    return out


def _on(here: bool) -> str:
    return ' class="on" aria-current="page"' if here else ""


# --- what strangers see ---


def welcome(words: "Words") -> "list[str]":
    """All that a stranger sees."""
    return [
        heading(words.say("web.title")),
        f'<div class="card"><p>{words.say("web.stranger")}</p>',
        buttons(f'<a class="button" href="/login">{words.say("web.log_in")}</a>') + "</div>",
    ]


def login(words: "Words", error: str = "") -> "list[str]":
    """`error`: HTML."""
    say = words.say
    tied_to = ' aria-invalid="true" aria-describedby="password-error"' if error else ""
    return [
        f'<div class="card"><h1>{say("web.log_in")}</h1><form method="post" action="/login">',
        f'<p><label for="password">{say("web.administrator_password")}</label></p>',
        '<input type="password" id="password" name="password" maxlength="64" autocomplete="current-password" '
        f"required autofocus{tied_to}>",
        f'<p class="error" id="password-error" role="alert">{error}</p>' if error else "",
        f'<p class="note">{say("web.password_where")}</p>',
        f'<div class="buttons"><button class="main">{say("web.ok")}</button></div></form></div>',
    ]


def refused(words: "Words", key: str, href: str) -> "list[str]":
    return [
        heading(words.say("web.title")),
        bar("bad", words.say(key)),
        f'<p><a class="button" href="{href}">{words.say("web.back")}</a></p>',
    ]
