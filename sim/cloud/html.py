"""The frame around every page that the simulated cloud shows to people, and what keeps hostile content harmless in it."""

from __future__ import annotations

from html import escape

from sim.httpd import Response

STYLE_PATH = "/style.css"
POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; img-src 'none'"
)
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_HTML = "text/html; charset=utf-8"

STYLE = """\
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5a6875; --paper: #fff; --back: #e9eef2; --line: #b8c4ce;
  --deed: #0b6b66; --deed-ink: #fff; --bad: #a3241b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9fb0bf; --paper: #18222c; --back: #0e151c;
  --line: #3c4c5a; --deed: #3fb3aa; --deed-ink: #08201e; --bad: #ff8f85; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; padding: 2rem 1rem; background: var(--back); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
header, main { max-width: 28rem; margin: 0 auto; }
.wide, .wide header, .wide main { max-width: 64rem; margin: 0 auto; }
header { color: var(--soft); font-size: .875rem; padding-bottom: .75rem; }
main { background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; padding: 1.75rem; }
h1 { font-size: 1.375rem; line-height: 1.25; margin: 0 0 1rem; }
p, dl, ul, table { margin: 0 0 1rem; }
.error { color: var(--bad); border-left: 4px solid; padding-left: .75rem; }
.who { color: var(--soft); overflow-wrap: anywhere; }
label { display: block; font-weight: 600; margin-bottom: .25rem; }
input:not([type=checkbox]) { width: 100%; font: inherit; color: inherit; padding: .5rem .625rem;
  background: var(--back); border: 1px solid var(--line); border-radius: .25rem; margin-bottom: 1rem; }
.code { letter-spacing: .2em; text-transform: uppercase; }
.tick { display: flex; gap: .625rem; align-items: flex-start; margin-bottom: 1rem; }
.tick label { margin: 0; font-weight: 400; }
.tick input { margin-top: .35rem; }
.deeds { display: flex; gap: .75rem; justify-content: flex-end; flex-wrap: wrap; }
button { font: inherit; font-weight: 600; padding: .5rem 1.5rem; border-radius: .25rem; cursor: pointer;
  border: 1px solid var(--deed); background: var(--deed); color: var(--deed-ink); }
button.second { background: transparent; color: var(--deed); }
a { color: var(--deed); }
:focus-visible { outline: 3px solid var(--deed); outline-offset: 2px; }
dt { color: var(--soft); font-size: .875rem; }
dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
th[scope=col] { white-space: nowrap; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: .9375rem/1.5 ui-monospace, monospace; }
"""


def style() -> Response:
    return Response(200, STYLE, "text/css; charset=utf-8", dict(HEADERS))


def page(title: str, content: str, *, banner: str, status: int = 200, wide: bool = False) -> Response:
    """`title` and `banner` are text, `content` is HTML in which everything foreign went through `escape`."""
    kind = ' class="wide"' if wide else ""
    text = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><link rel="stylesheet" href="{STYLE_PATH}"></head>
<body{kind}><header>{escape(banner)}</header>
<main><h1>{escape(title)}</h1>
{content}
</main></body></html>
"""
    return Response(status, text, _HTML, {**HEADERS, "Content-Security-Policy": POLICY})


def redirect(location: str) -> Response:
    return Response(303, "", _HTML, {**HEADERS, "Location": location})
