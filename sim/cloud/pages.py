"""The sign-in pages as a person meets them: code, account, password, permissions, done. Plain forms, no JavaScript.

What a page knows about the steps before it is kept here under a random word in its form, which is good for one press of a
button. Start at `SignInPages.handle`; what the steps mean is decided by a token service.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import parse_qsl

from sim.cloud.device_codes import Attempt, DeviceCodes, SignInProblem
from sim.cloud.directory import User, guid
from sim.cloud.html import page, redirect
from sim.httpd import Request, Response

PATH = "/devicelogin"
BANNER = "Simulated sign-in: no real account is used here"

_MOST_FLOWS = 200
_FLOW_S = 900
_FLOW_BYTES = 24
_MAX_FIELDS = 20
_EXPIRED = "This page was used already, or is too old. Enter the code once more."
_PERMISSIONS = (
    ("Send emails from your mailbox", "Allows the app to send emails on your behalf using SMTP AUTH."),
    ("Maintain access to data you have given it access to", "Allows the app to work when you are not using it."),
    ("View your basic profile", "Allows the app to see your name and your account."),
)


@dataclass
class _Flow:
    attempt: Attempt
    step: str  # "account", "password", or what `next_step` said
    started_s: float
    address: str = ""
    user: User | None = None


class SignInPages:
    """`service`: whose codes are entered here. `path`: where the pages are. `banner`: what each begins with."""

    def __init__(
        self,
        service: DeviceCodes,
        now: Callable[[], float],
        random: random.Random,
        path: str = PATH,
        banner: str = BANNER,
        example: str = "name@bureau.example",
    ) -> None:
        self._service = service
        self._path = path
        self._banner = banner
        self._example = example
        self._now = now
        self._random = random
        self._flows: dict[str, _Flow] = {}  # oldest first

    def handle(self, request: Request) -> Response:
        if request.path != self._path:
            return redirect(self._path)
        if request.method in ("GET", "HEAD"):
            return self._code_page(user_code=request.query.get("user_code", ""))  # RFC 8628 3.3.1
        if request.method != "POST":
            return page("Not like that", "<p>This page takes forms only.</p>", banner=self._banner, status=405)
        try:
            pairs = parse_qsl(request.body.decode("utf-8"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        except ValueError:
            return page("Not like that", "<p>This form cannot be read.</p>", banner=self._banner, status=400)
        form = dict(pairs)
        if "flow" not in form:
            return self._enter_code(form.get("user_code", ""))
        flow = self._flows.pop(form["flow"], None)
        if flow is None or self._now() - flow.started_s > _FLOW_S:
            return self._code_page(_EXPIRED)
        return self._next(flow, form)

    # --- steps ---

    def _enter_code(self, user_code: str) -> Response:
        try:
            attempt = self._service.lookup(user_code)
        except SignInProblem as problem:
            return self._code_page(str(problem), user_code)
        return self._account_page(_Flow(attempt, "account", self._now()))

    def _next(self, flow: _Flow, form: dict[str, str]) -> Response:
        try:
            if form.get("deed") == "cancel":
                self._service.decline(flow.attempt)
                return _declined_page(flow.attempt, self._banner)
            if flow.step == "account":
                flow.address = form.get("account", "").strip()
                self._service.account(flow.attempt, flow.address)
                return self._password_page(flow)
            if flow.step == "password":
                flow.user = self._service.authenticate(flow.attempt, flow.address, form.get("password", ""))
                return self._permissions_page(flow, self._service.next_step(flow.attempt, flow.user))
            assert flow.user is not None, "the steps after the password"
            self._service.accept(flow.attempt, flow.user, form.get("organization") == "yes")
            return _done_page(flow.attempt, self._banner)
        except SignInProblem as problem:
            return self._problem(flow, problem)

    def _problem(self, flow: _Flow, problem: SignInProblem) -> Response:
        if problem.result == "wrong-account":
            return self._account_page(flow, str(problem))
        if problem.result in ("wrong-password", "disabled"):
            return self._password_page(flow, str(problem))
        if problem.result == "blocked":
            return self._blocked_page(flow.attempt, str(problem), problem.number)
        if problem.result == "needs-admin-consent":
            return self._needs_admin_page(flow, str(problem))
        return self._code_page(str(problem))

    # --- pages ---

    def _code_page(self, error: str = "", user_code: str = "") -> Response:
        content = (
            "<p>Enter the code that your app or device shows. Never enter a code that somebody sent you.</p>"
            '<form method="post"><label for="user_code">Code</label>'
            f'<input class="code" type="text" id="user_code" name="user_code" value="{escape(user_code[:40])}" '
            f'maxlength="40" autocomplete="off" autocapitalize="characters" spellcheck="false" required autofocus'
            f'{_described(error)}><div class="deeds"><button>Next</button></div></form>'
        )
        return page("Enter code", _error(error) + content, banner=self._banner)

    def _account_page(self, flow: _Flow, error: str = "") -> Response:
        content = (
            f"<p>You are signing in to <b>{escape(flow.attempt.client.name)}</b> on another device.</p>"
            f'<form method="post">{self._kept(flow, "account")}<label for="account">Account</label>'
            f'<input type="email" id="account" name="account" value="{escape(flow.address[:320])}" autocomplete="username" '
            f'placeholder="{self._example}" required autofocus{_described(error)}>'
            '<div class="deeds"><button>Next</button></div></form>'
        )
        return page("Sign in", _error(error) + content, banner=self._banner)

    def _password_page(self, flow: _Flow, error: str = "") -> Response:
        content = (
            f'<p class="who">{escape(flow.address)}</p>'
            f'<form method="post">{self._kept(flow, "password")}<label for="password">Password</label>'
            '<input type="password" id="password" name="password" autocomplete="current-password" required autofocus'
            f'{_described(error)}><div class="deeds"><button>Sign in</button></div></form>'
        )
        return page("Enter password", _error(error) + content, banner=self._banner)

    def _permissions_page(self, flow: _Flow, step: str) -> Response:
        assert flow.user is not None
        name, who = escape(flow.attempt.client.name), f'<p class="who">{escape(flow.user.address)}</p>'
        if step == "confirm":
            content = (
                f"{who}<p>Only continue if you asked for this on your own device.</p>"
                f'<form method="post">{self._kept(flow, step)}<div class="deeds">'
                '<button class="second" name="deed" value="cancel">Cancel</button>'
                "<button>Continue</button></div></form>"
            )
            return page(f"Are you trying to sign in to {flow.attempt.client.name}?", content, banner=self._banner)
        listed = "".join(f"<li><b>{escape(what)}</b><br>{escape(why)}</li>" for what, why in _PERMISSIONS)
        tick = ""
        if step == "consent-for-all":
            tick = (
                '<div class="tick"><input type="checkbox" id="organization" name="organization" value="yes">'
                '<label for="organization">Consent on behalf of your organization</label></div>'
                "<p>If you accept with this box ticked, nobody else in your organization will be asked.</p>"
            )
        content = (
            f"{who}<p><b>{name}</b> would like to:</p><ul>{listed}</ul>"
            f'<form method="post">{self._kept(flow, step)}{tick}<div class="deeds">'
            '<button class="second" name="deed" value="cancel">Cancel</button>'
            "<button>Accept</button></div></form>"
        )
        return page("Permissions requested", content, banner=self._banner)

    def _needs_admin_page(self, flow: _Flow, text: str) -> Response:
        content = (
            f'<p class="who">{escape(flow.address)}</p><p>{escape(text)}</p><p>Error code: 90094</p>'
            f'<form method="post">{self._kept(flow, "other")}'
            '<div class="deeds"><button class="second" name="deed" value="cancel">Cancel</button></div></form>'
            f'<p><a href="{self._path}">Have an admin account? Enter the code again and sign in with it.</a></p>'
        )
        return page("Need admin approval", content, banner=self._banner)

    def _blocked_page(self, attempt: Attempt, text: str, number: int) -> Response:
        """What the real page lists (cloud-facts 3.10)."""
        timestamp = datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        rows = {
            "Error Code": str(number),
            "Request Id": guid(self._random),
            "Correlation Id": guid(self._random),
            "Timestamp": timestamp,
            "App name": attempt.client.name,
            "App id": attempt.client.id,
            "IP address": "203.0.113.5",
            "Device identifier": "Not available",
            "Device platform": "Unknown",
            "Device state": "Unregistered",
        }
        listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items())
        return page(
            "You cannot access this right now",
            f"<p>{escape(text)} For example, your administrator may have blocked signing in with a device code.</p>"
            f"<dl>{listed}</dl>",
            banner=self._banner,
        )

    def _kept(self, flow: _Flow, step: str) -> str:
        """A hidden field under which the next press of a button finds the flow."""
        flow.step = step
        while len(self._flows) >= _MOST_FLOWS:
            del self._flows[next(iter(self._flows))]
        word = self._random.randbytes(_FLOW_BYTES).hex()
        self._flows[word] = flow
        return f'<input type="hidden" name="flow" value="{word}">'


def _done_page(attempt: Attempt, banner: str) -> Response:
    text = f"You have signed in to the {attempt.client.name} application on your device. You may close this window."
    return page("You have signed in", f'<p role="status">{escape(text)}</p>', banner=banner)


def _declined_page(attempt: Attempt, banner: str) -> Response:
    text = f"You did not sign in to the {attempt.client.name} application. You may close this window."
    return page("You declined", f'<p role="status">{escape(text)}</p>', banner=banner)


def _error(text: str) -> str:
    return f'<p class="error" id="error" role="alert">{escape(text)}</p>' if text else ""


def _described(error: str) -> str:
    return ' aria-invalid="true" aria-describedby="error"' if error else ""
