"""The control API's documentation as a page of the simulator, made from `sim.web.api.CALLS`."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.web.api import Call

_START = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Scanpost control API</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/look.css">
<link rel="stylesheet" href="/help.css">
</head>
<body>
<main class="help">
<p><a href="/">Back to the printer</a></p>
<h1>Control API</h1>
<p>The browser page, the scenarios and your own programs drive the simulator through these calls. It listens on loopback
only. State-changing calls take JSON with <code>Content-Type: application/json</code>; the document on the glass has its
own type. What cannot be done is answered with 4xx and <code>{"error": a sentence}</code>: 400 what was sent makes no sense,
404 there is no such thing, 409 not in this state. Requests that a foreign web page sent are refused: <code>Host</code> must
be this server's loopback address, <code>Origin</code> absent or its own, <code>Sec-Fetch-Site</code> absent,
<code>none</code> or <code>same-origin</code>. When the printer works with a real account, every call needs the header
<code>Authorization: Bearer TOKEN</code> with the token that was printed at the start.</p>
<pre>curl -H 'Content-Type: application/json' -d '{"advance_s": 86400}' http://127.0.0.1:8080/api/clock</pre>
"""


def help_page(calls: Iterable[Call]) -> str:
    parts = [_START]
    for call in calls:
        parts.append(
            f'<section><h2><span class="method">{escape(call.method)}</span> <code>{escape(call.path)}</code></h2>'
            f"<p>{escape(call.does)}</p><dl>"
        )
        if call.takes:
            parts.append(f"<dt>takes</dt><dd><code>{escape(call.takes)}</code></dd>")
        parts.append(f"<dt>answers</dt><dd><code>{escape(call.gives)}</code></dd></dl></section>\n")
    parts.append("</main>\n</body>\n</html>\n")
    return "".join(parts)
