"""Who may speak to the control API: the rules that keep every other web page of the person's browser away from it.

A page of another origin can make a browser send requests to loopback. Three headers that such a page cannot forge tell them
apart: `Host` (a name rebound to 127.0.0.1 stays a foreign name), `Origin` and `Sec-Fetch-Site`. They are compared with
the few values that are right and never taken apart, so there is nothing to parse wrongly. Start at `Guard.refusal`.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping

READING = ("GET", "HEAD")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,90}")

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",  # panel.png shows a live user code
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
DATA_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"


class RefusedError(Exception):
    """Why a request is not let in: an HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def media_type(headers: Mapping[str, str]) -> str:
    """The `Content-Type` without its parameters, "" when there is none or it is not one."""
    value = headers.get("content-type", "").partition(";")[0].strip().lower()
    return value if _MEDIA_TYPE.fullmatch(value) else ""


class Guard:
    """The guard of one server on `port`. With a `token`, whoever does not bring it is refused everything.

    Header names are lower-case, as `sim.httpd` gives them.
    """

    def __init__(self, port: int, token: str | None) -> None:
        if token == "":
            raise ValueError("An empty token would let everybody in")
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}")
        self._token = token
        self.cookie = f"scanpost-control-{port}"  # cookies do not respect ports: a name of its own for each server

    def check(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """Raises RefusedError unless the request came from a program, or from this server's own page."""
        host = headers.get("host", "")
        if host not in self._hosts:
            raise RefusedError(400, f"Speak to the simulator as {self._hosts[0]} or {self._hosts[1]}")
        if headers.get("origin", f"http://{host}") != f"http://{host}":
            raise RefusedError(403, "A page of another origin may not use the simulator")
        # A link from another page may lead a person to this page, and nothing but a link may come from a sibling port.
        site = headers.get("sec-fetch-site", "none")
        link = site == "same-site" and method in READING and not path.startswith("/api/")
        if site not in ("none", "same-origin") and not link:
            raise RefusedError(403, "A page of another site may not use the simulator")

    def check_content(self, method: str, headers: Mapping[str, str], has_body: bool) -> None:
        """Raises RefusedError for a content type that a plain form or a `fetch` without preflight can send."""
        kind = media_type(headers)
        if method in ("POST", "PATCH") and kind != "application/json":
            raise RefusedError(415, "Send JSON with the header Content-Type: application/json")
        if method == "PUT" and not kind:
            raise RefusedError(415, "Say in the header Content-Type what the document is, for example application/pdf")
        if method in ("GET", "DELETE", "HEAD") and has_body:
            raise RefusedError(400, f"{method} takes no body")

    def check_token(self, headers: Mapping[str, str]) -> None:
        """Raises RefusedError when a token is needed and neither `Authorization: Bearer` nor the cookie carries it."""
        if self._token is None:
            return
        offered = [headers.get("authorization", "").removeprefix("Bearer ")]
        for part in headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == self.cookie:
                offered.append(value)
        if not any(self.is_token(text) for text in offered):
            raise RefusedError(
                401, "This printer works with a real account: open the address that the simulator printed"
            )

    def is_token(self, text: str) -> bool:
        return self._token is not None and hmac.compare_digest(text.encode("utf-8", "replace"), self._token.encode())

    def set_cookie(self) -> str:
        return f"{self.cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
