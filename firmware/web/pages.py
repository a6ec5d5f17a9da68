"""The frame of every page of Web Config, and the small pages. The e-mail pages are in `email.py`.

Pages are lists of pieces, never joined: a small heap has no room for a whole page in one piece. Whatever was typed or came
from the network goes through `escape`.
"""

from micropython import const

from firmware.web.words import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.web.sessions import Session

_LONGEST_SHOWN = const(500)  # characters of somebody else's words
_TABS = (
    ("/", "web.status"),
    ("/network/email/basic", "web.network"),
    ("/contacts", "web.contacts"),
    ("/security/password", "web.security"),
)
_SIDES = (
    (),
    (("web.email_server", (("/network/email/basic", "web.basic"),)),),
    (),
    (
        (
            "web.security",
            (
                ("/security/password", "web.change_password"),
                ("/security/ca", "web.ca_certificate"),
                ("/security/roots", "web.root_update"),
            ),
        ),
    ),
)
STATUS, NETWORK, CONTACTS, SECURITY = range(4)


def escape(words: str) -> str:
    """`words` as HTML text or attribute value. Control and direction characters, which could disguise it, become "?"."""
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


def say(key: str, *arguments: str) -> str:
    """Our own words as HTML."""
    return escape(text(key, *arguments))


def bar(kind: str, *lines: str) -> str:
    """A coloured box; `lines` are HTML, the first one is the heading."""
    role = ' role="alert"' if kind in ("bad", "warn") else ""
    return (
        f'<div class="bar {kind}"{role}><b>{lines[0]}</b>' + "".join(f"<p>{line}</p>" for line in lines[1:]) + "</div>"
    )


def form(action: str, session: "Session", pieces: "list[str]", css: str = "") -> "list[str]":
    head = (
        f'<form method="post" action="{action}" class="{css}" autocomplete="off">'
        f'<input type="hidden" name="csrf" value="{session.csrf}">'
    )
    return [head] + pieces + ["</form>"]


def row(name: str, label: str, control: str, notes: "list[str]", error: str = "") -> str:
    """A line of a form; `control` and `notes` are HTML."""
    return (
        f'<div class="row{" wrong" if error else ""}"><label for="{name}">{label}</label><div>{control}'
        + "".join(f'<p class="note">{note}</p>' for note in notes)
        + (f'<p class="error" id="{name}-error">{error}</p>' if error else "")
        + "</div></div>"
    )


def password_row(name: str, label: str, error: str = "") -> str:
    control = f'<input type="password" id="{name}" name="{name}" maxlength="64" autocomplete="off" required>'
    return row(name, label, control, [], error)


def page(
    title: str,
    product: str,
    pieces: "list[str]",
    session: "Session | None",
    tab: int,
    path: str = "",
    refresh_s: int = 0,
) -> "list[str]":
    """A whole page. `title` is HTML; `product` is plain; `path` marks where one is in the menu at the side."""
    out = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f'<meta http-equiv="refresh" content="{refresh_s}">' if refresh_s else "",
        f"<title>{title} - {escape(product)}</title>",
        '<link rel="stylesheet" href="/style.css"></head><body><header><div>',
        f'<a class="brand" href="/">{escape(product)}<span>{say("web.title")}</span></a>',
    ]
    if session is None:
        out.append('</div></header><div class="page"><main class="narrow">')
    else:
        out += form("/logout", session, [f"<button>{say('web.log_out')}</button>"])
        out.append('</div></header><nav class="tabs"><div>')
        for number, (href, key) in enumerate(_TABS):
            out.append(f'<a href="{href}"{_on(number == tab)}>{say(key)}</a>')
        out.append('</div></nav><div class="page">')
        for heading, links in _SIDES[tab]:
            out.append(f'<nav class="side"><b>{say(heading)}</b>')
            for href, key in links:
                out.append(f'<a href="{href}"{_on(href == path)}>{say(key)}</a>')
            out.append("</nav>")
        out.append("<main>")
        if session.message:
            out.append(bar("good", say(session.message)))
            session.message = ""
    out += pieces
    out.append("</main></div></body></html>\n")
    return out


def _on(here: bool) -> str:
    return ' class="on" aria-current="page"' if here else ""


def welcome() -> "list[str]":
    """All that a stranger sees."""
    return [
        f'<div class="card"><p>{say("web.stranger")}</p>',
        f'<div class="buttons"><a class="button" href="/login">{say("web.log_in")}</a></div></div>',
    ]


def login(error: str = "") -> "list[str]":
    """`error`: HTML."""
    return [
        f'<div class="card"><h1>{say("web.log_in")}</h1><form method="post" action="/login">',
        f'<p><label for="password">{say("web.administrator_password")}</label></p>',
        '<input type="password" id="password" name="password" maxlength="64" autocomplete="current-password" '
        "required autofocus>",
        f'<p class="error" role="alert">{error}</p>' if error else "",
        f'<p class="note">{say("web.password_where")}</p>',
        f'<div class="buttons"><button class="main">{say("web.ok")}</button></div></form></div>',
    ]


def refused(key: str, href: str) -> "list[str]":
    return [bar("bad", say(key)), f'<p><a class="button" href="{href}">{say("web.back")}</a></p>']


def facts(title: str, rows: "list[tuple[str, str]]") -> str:
    """A card with a list of names and values, both HTML."""
    return (
        f'<div class="card"><h2>{title}</h2><dl>'
        + "".join(f"<dt>{k}</dt><dd>{v}</dd>" for k, v in rows)
        + "</dl></div>"
    )


def password(session: "Session", field: str = "", error: str = "") -> "list[str]":
    rows = [
        password_row(name, say(key), say(error) if name == field else "")
        for name, key in (
            ("old", "web.old_password"),
            ("new", "web.new_password"),
            ("again", "web.new_password_again"),
        )
    ]
    rows.append(f'<div class="buttons"><button class="main">{say("web.ok")}</button></div>')
    return [f"<h1>{say('web.change_password')}</h1>"] + form("/security/password", session, rows, "card")


def certificates(title: str, words: str) -> "list[str]":
    """`words`: HTML."""
    return [f'<h1>{say(title)}</h1><div class="card"><p>{words}</p></div>']
