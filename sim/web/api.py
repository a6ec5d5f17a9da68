"""The simulator from outside: the control API over HTTP, its own documentation, and the browser page's files.

A thin layer: `sim.world.World` does it, `sim.web.guard` says who may ask for it, `sim.web.fields` what may be in a body.
`ControlApi.handle` is a handler for `sim.httpd`. Start at `CALLS`: the table that requests go by is also what `GET /api`
shows. Every refusal is JSON, `{"error": a sentence}`.
"""

from __future__ import annotations

import errno
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from sim.cloud.mailboxes import Attachment
from sim.httpd import Request, Response
from sim.web import fields
from sim.web.guard import DATA_POLICY, PAGE_POLICY, SECURITY_HEADERS, Guard, RefusedError, media_type
from sim.web.help import help_page
from sim.web.samples import SAMPLES, sample

Json = dict[str, Any]

MAX_DOCUMENT_BYTES = 40 * 1024 * 1024  # more than the device can mail, so that code 314 can be seen
_LONGEST_WAIT_S = 25.0  # of a watch: shorter than what gives up on a silent connection on the way
_LONGEST_PRESS_S = 10.0
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_PAGE_FOLDER = Path(__file__).parent / "page"
_PAGE_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_logger = logging.getLogger(__name__)


class World(Protocol):
    """What the API needs of `sim.world.World`.

    ValueError means 400, LookupError 404, `sim.world.Conflict` 409, OSError 500, or 507 where there is no room to keep it;
    each carries a sentence for the caller.
    """

    def state(self) -> Json: ...
    def panel_version(self) -> int: ...
    async def panel_png(self) -> bytes: ...
    async def changed(self, after: int, timeout_s: float) -> bool: ...
    async def touch(self, x: int, y: int) -> None: ...
    async def key(self, key: str, held_s: float = 0.0) -> None: ...
    async def tap(self, words: str) -> None: ...
    async def type(self, text: str) -> None: ...
    def put_document(self, name: str, content_type: str, body: bytes) -> Json: ...
    def remove_document(self) -> None: ...
    async def advance(self, seconds: float) -> None: ...
    async def set_clock(self, unix_s: float) -> None: ...
    async def drift(self, seconds: float) -> None: ...
    async def power(self, state: str) -> None: ...
    async def signin(self, user_code: str, account: str, password: str, consent: str) -> Json: ...
    def tenants(self) -> list[Json]: ...
    def tenant(self, domain: str = ...) -> Json: ...
    def patch_tenant(self, change: Json, domain: str = ...) -> Json: ...
    def users(self) -> list[Json]: ...
    def patch_user(self, address: str, change: Json) -> Json: ...
    def revoke(self, address: str) -> None: ...
    def mailbox(self, address: str) -> list[Json]: ...
    def message(self, address: str, number: int) -> bytes: ...
    def faxes(self) -> list[Json]: ...
    def fax(self, number: int) -> Attachment: ...
    def paper_png(self, number: int) -> bytes: ...
    def faults(self) -> Json: ...
    def add_fault(self, fault: Json) -> Json: ...
    def clear_faults(self) -> None: ...
    def trace(self, after: int) -> list[Json]: ...
    def trace_follow(self) -> AsyncIterator[Json]: ...
    def links(self) -> dict[str, str]: ...
    def label(self) -> dict[str, str]: ...
    def accounts(self) -> list[Json]: ...


class Asked:
    """One call: the world it is for, the request, and what the route found in its path."""

    def __init__(self, world: World, request: Request, parts: dict[str, str]) -> None:
        self.world = world
        self.request = request
        self.parts = parts

    def body(self, required: dict[str, fields.Kind], optional: dict[str, fields.Kind] | None = None) -> Json:
        value = fields.read_object(self.request.body)
        fields.expect(value, required, optional)
        return value

    def anything(self) -> Json:
        """A body whose members the world knows better."""
        value = fields.read_object(self.request.body)
        if not value:
            raise ValueError("The body says nothing: name what to change")
        return value

    def number(self, part: str) -> int:
        text = self.parts[part]
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise LookupError(f"{text[:60]!r} is not the number of anything")
        return int(text)


Answer = Response | Json | list[Json]
Function = Callable[[Asked], Awaitable[Answer]]


class Call:
    """One call of the API: how it is asked for, who answers, and what its documentation says."""

    def __init__(self, method: str, path: str, does: str, takes: str, gives: str, function: Function) -> None:
        self.method = method
        self.path = path
        self.does = does
        self.takes = takes  # an example of the body or the query
        self.gives = gives
        self.function = function
        self.pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))


CALLS: list[Call] = []


def call(method: str, path: str, does: str, takes: str = "", gives: str = "{}") -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        CALLS.append(Call(method, path, does, takes, gives, function))
        return function

    return register


def _response(status: int, body: bytes | str | AsyncIterator[bytes], content_type: str, policy: str) -> Response:
    return Response(status, body, content_type, {**SECURITY_HEADERS, "Content-Security-Policy": policy})


def _data(body: bytes | AsyncIterator[bytes], content_type: str) -> Response:
    return _response(200, body, content_type, DATA_POLICY)


def _json(status: int, value: object) -> Response:
    text = json.dumps(value, ensure_ascii=False)
    return _response(status, text.encode("utf-8", "replace"), "application/json", DATA_POLICY)


# --- the printer ---

STATE_SHAPE = """{"clock": {"now_s", "offset_s"}, "power": "on" | "off",
 "panel": {"screen", "words": [..], "size": [w, h], "language"},
 "accounts": {NAME: {"state": "SIGNED_OUT" | "SIGNED_IN" | "EXPIRED" | "REAUTH", "address", "reason", "good_until_s"}},
 "signin": null or {"account", "state", "user_code", "verification_uri", "expires_at_s"},
 "jobs": [{"id", "kind": "email" | "my-email" | "fax" | "sheet", "to",
           "status": "waiting" | "sending" | "sent" | "failed" | "printed", "code": null or number, "detail", "created_s"}],
 "paper": [{"id", "pages"}], "document": null or {"name", "content_type", "size"}}"""


@call("GET", "/api/state", "The whole state. Account names are device, fax and user:ID.", gives=STATE_SHAPE)
async def get_state(asked: Asked) -> Answer:
    return asked.world.state()


@call(
    "GET",
    "/api/watch",
    "Everything a page shows, as soon as something is newer than version `after`, at the latest after 25 seconds.",
    "?after=VERSION",
    '{"version", "state", "tenant", "users", "accounts", "label", "links", "samples"}',
)
async def get_watch(asked: Asked) -> Answer:
    await asked.world.changed(fields.query_number(asked.request.query, "after", -1), _LONGEST_WAIT_S)
    return {
        "version": asked.world.panel_version(),
        "state": asked.world.state(),
        "tenant": asked.world.tenant(),
        "users": asked.world.users(),
        "accounts": asked.world.accounts(),
        "label": asked.world.label(),
        "links": asked.world.links(),
        "samples": [{"name": each.name, "title": each.title} for each in SAMPLES.values()],
    }


@call("GET", "/api/panel.png", "What the device's display shows.", gives="a PNG picture")
async def get_panel(asked: Asked) -> Answer:
    return _data(await asked.world.panel_png(), "image/png")


@call("POST", "/api/touch", "Touch the display at a pixel and let go.", '{"x": 160, "y": 120}')
async def post_touch(asked: Asked) -> Answer:
    width, height = asked.world.state()["panel"]["size"]
    body = asked.body({"x": fields.integer(0, width - 1), "y": fields.integer(0, height - 1)})
    await asked.world.touch(body["x"], body["y"])
    return {}


@call(
    "POST",
    "/api/key",
    "Press a key and let go, at once or after held_s: up down left right ok back home start stop backspace, or a character.",
    '{"key": "ok", "held_s": 0.8}',
)
async def post_key(asked: Asked) -> Answer:
    body = asked.body({"key": fields.WORDS}, {"held_s": fields.number(0, _LONGEST_PRESS_S)})
    await asked.world.key(body["key"], body.get("held_s", 0.0))
    return {}


@call("POST", "/api/tap", "Tap what bears these words on the display.", '{"words": "Scan to Email"}')
async def post_tap(asked: Asked) -> Answer:
    await asked.world.tap(asked.body({"words": fields.WORDS})["words"])
    return {}


@call("POST", "/api/type", "Enter text where the display asks for it.", '{"text": "ona@bureau.example"}')
async def post_type(asked: Asked) -> Answer:
    await asked.world.type(asked.body({"text": fields.WORDS})["text"])
    return {}


@call(
    "PUT",
    "/api/scanner",
    "Put a document on the glass. The body is the document, its Content-Type says what it is.",
    "?name=sąskaita.pdf",
    '{"name", "content_type", "size"}',
)
async def put_scanner(asked: Asked) -> Answer:
    request = asked.request
    name = request.query.get("name", "")
    if not name or len(name) > 200 or not name.isprintable():
        raise ValueError("Name the document: PUT /api/scanner?name=N with 1 to 200 printable characters")
    if len(request.body) > MAX_DOCUMENT_BYTES:
        raise RefusedError(413, f"The glass takes documents of at most {MAX_DOCUMENT_BYTES} bytes")
    return asked.world.put_document(name, media_type(request.headers), request.body)


@call(
    "POST",
    "/api/scanner",
    "Put one of the sample documents on the glass.",
    '{"sample": "delivery-note.png"}',
    '{"name", "content_type", "size"}',
)
async def post_scanner(asked: Asked) -> Answer:
    chosen, body = sample(asked.body({"sample": fields.WORDS})["sample"])
    return asked.world.put_document(chosen.name, chosen.content_type, body)


@call("DELETE", "/api/scanner", "Take the document off the glass.")
async def delete_scanner(asked: Asked) -> Answer:
    asked.world.remove_document()
    return {}


@call("GET", "/api/paper/{id}.png", "A sheet that came out of the printer.", gives="a PNG picture")
async def get_paper(asked: Asked) -> Answer:
    return _data(asked.world.paper_png(asked.number("id")), "image/png")


@call("POST", "/api/power", "Cut the power, or give it back.", '{"state": "off"}', '{"power"}')
async def post_power(asked: Asked) -> Answer:
    await asked.world.power(asked.body({"state": fields.one_of("on", "off")})["state"])
    return {"power": asked.world.state()["power"]}


@call(
    "POST",
    "/api/clock",
    "Time travel. advance_s or set_s (Unix seconds) for device and cloud together; device_drift_s sets how far the "
    "device's clock alone is ahead.",
    '{"advance_s": 7862400}',
    '{"now_s", "offset_s"}',
)
async def post_clock(asked: Asked) -> Answer:
    ways: dict[str, fields.Kind] = {
        "advance_s": fields.SPAN_S,
        "set_s": fields.number(0, fields.MAX_UNIX_S),
        "device_drift_s": fields.SPAN_S,
    }
    body = asked.body({}, ways)
    if len(body) != 1:
        raise ValueError("Say one of advance_s, set_s and device_drift_s")
    if "advance_s" in body:
        await asked.world.advance(body["advance_s"])
    elif "set_s" in body:
        await asked.world.set_clock(body["set_s"])
    else:
        await asked.world.drift(body["device_drift_s"])
    clock: Json = asked.world.state()["clock"]
    return clock


# --- the cloud ---


@call(
    "POST",
    "/api/signin",
    "What a person does on the sign-in pages, in one call, also on the mail provider's. consent: organization, user (as if "
    "left out) or decline.",
    '{"user_code": "ABCD1234", "account": "admin@bureau.example", "password": "…", "consent": "organization"}',
    '{"result": "signed-in" | "declined" | "blocked" | …, "error"}',
)
async def post_signin(asked: Asked) -> Answer:
    body = asked.body(
        {"user_code": fields.TEXT, "account": fields.TEXT, "password": fields.TEXT},
        {"consent": fields.one_of("organization", "user", "decline")},
    )
    return await asked.world.signin(body["user_code"], body["account"], body["password"], body.get("consent", "user"))


_TENANT: dict[str, fields.Kind] = {
    "security_defaults": fields.TRUTH,
    "smtp_auth_disabled": fields.TRUTH,
    "conditional_access": fields.ITEMS,
    "sign_in_frequency_s": fields.nullable(fields.LIFETIME_S),
    "access_token_s": fields.nullable(fields.LIFETIME_S),
    "refresh_inactive_s": fields.LIFETIME_S,
}
_USER: dict[str, fields.Kind] = {
    "password": fields.WORDS,
    "enabled": fields.TRUTH,
    "smtp_auth": fields.nullable(fields.TRUTH),
    "roles": fields.TEXTS,
}


def _change(asked: Asked, known: dict[str, fields.Kind], current: Json) -> Json:
    """A change of some members of `current`; the world checks the values of those that are not in `known`."""
    change = asked.anything()
    fields.expect(change, {}, {**dict.fromkeys(current, fields.ANYTHING), **known})
    return change


@call(
    "GET",
    "/api/tenant",
    "The organization's switches and lifetimes.",
    gives='{"security_defaults", "smtp_auth_disabled", "conditional_access": [..], "sign_in_frequency_s", '
    '"access_token_s", "refresh_inactive_s", …}',
)
async def get_tenant(asked: Asked) -> Answer:
    return asked.world.tenant()


@call("PATCH", "/api/tenant", "Change some of them.", '{"security_defaults": true}', "the tenant")
async def patch_tenant(asked: Asked) -> Answer:
    return asked.world.patch_tenant(_change(asked, _TENANT, asked.world.tenant()))


@call(
    "GET",
    "/api/tenants",
    "The tenants of the token service, the organization first; last a mail provider that is none, the fax server of a "
    "printer's service Custom, and what a printer must be told about it.",
    gives='[{"domain", "consent": [..], …}, …, {"domain", "fax_domain", "custom": {"authority", "client_id", "scope", '
    '"smtp_host", "smtp_port", "smtps_port", "ca_pem"}, "rotates", "rotation_grace_s", "access_token_s", '
    '"refresh_inactive_s", "message_bytes", "openid_discovery", "private_root", "consent": [..]}]',
)
async def get_tenants(asked: Asked) -> Answer:
    return asked.world.tenants()


@call("PATCH", "/api/tenants/{domain}", "Change one of them.", '{"rotates": false}', "that tenant, or the provider")
async def patch_tenants(asked: Asked) -> Answer:
    domain = asked.parts["domain"]
    current = asked.world.tenant(domain)
    known = {name: kind for name, kind in _TENANT.items() if name in current}
    return asked.world.patch_tenant(_change(asked, known, current), domain)


def _user(world: World, address: str) -> Json:
    for user in world.users():
        if str(user["address"]).lower() == address.lower():
            return user
    raise LookupError(f"There is no user {address[:100]!r}")


@call("GET", "/api/users", "The people of all tenants and of the mail provider.", gives="[{address, …}]")
async def get_users(asked: Asked) -> Answer:
    return asked.world.users()


@call(
    "PATCH",
    "/api/users/{address}",
    "Change password, enabled, smtp_auth (true, false, null = as the tenant says), mailbox or roles.",
    '{"password": "a new one"}',
    "the user",
)
async def patch_user(asked: Asked) -> Answer:
    user = _user(asked.world, asked.parts["address"])
    return asked.world.patch_user(user["address"], _change(asked, _USER, user))


@call("POST", "/api/users/{address}/revoke", "Revoke every sign-in of this user.", "{}")
async def post_revoke(asked: Asked) -> Answer:
    asked.body({})
    asked.world.revoke(_user(asked.world, asked.parts["address"])["address"])
    return {}


@call(
    "GET",
    "/api/mailboxes/{address}",
    "What arrived in a mailbox.",
    gives='[{"n", "from", "to", "subject", "date", "size", "attachments"}]',
)
async def get_mailbox(asked: Asked) -> Answer:
    return asked.world.mailbox(asked.parts["address"])


@call("GET", "/api/mailboxes/{address}/{n}", "One message, byte by byte.", gives="message/rfc822")
async def get_message(asked: Asked) -> Answer:
    number = asked.number("n")
    answer = _data(asked.world.message(asked.parts["address"], number), "message/rfc822")
    answer.headers["Content-Disposition"] = f'attachment; filename="message-{number}.eml"'
    return answer


@call(
    "GET",
    "/api/faxes",
    "What the fax gateways have taken: mail to number@fax.depesa.example over Exchange Online, and to "
    "number@fax.faksas.example over the mail provider's own server.",
    gives='[{"n", "number", "from", "at", "content_type", "size", "pages": number or null, "name", "domain", "message_id", '
    '"duplicate_of": null or n}]',
)
async def get_faxes(asked: Asked) -> Answer:
    return asked.world.faxes()


@call("GET", "/api/faxes/{n}", "The document of a fax.", gives="the document, with its Content-Type")
async def get_fax(asked: Asked) -> Answer:
    number = asked.number("n")
    document = asked.world.fax(number)
    answer = _data(document.content, document.content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="fax-{number}"'
    return answer


# --- what goes wrong, and what went over the wire ---


@call(
    "GET",
    "/api/faults",
    "The kinds of faults there are, and those at work. The mail provider's places are fax-token, fax-devicecode, fax-login "
    "and fax-smtp.",
    gives='{"kinds": [..], "active": [..]}',
)
async def get_faults(asked: Asked) -> Answer:
    return asked.world.faults()


@call("POST", "/api/faults", "Inject a fault.", '{"where": …, "kind": …}', "the fault")
async def post_faults(asked: Asked) -> Answer:
    fault = asked.anything()
    fields.expect(fault, {"where": fields.WORDS, "kind": fields.WORDS}, dict.fromkeys(fault, fields.ANYTHING))
    return asked.world.add_fault(fault)


@call("DELETE", "/api/faults", "End all faults.")
async def delete_faults(asked: Asked) -> Answer:
    asked.world.clear_faults()
    return {}


@call(
    "GET",
    "/api/trace",
    "What went over the wire and the seam, one JSON object a line, secrets removed. follow=1 goes on as it happens; "
    "after=N leaves out what has a number up to N.",
    "?follow=1&after=0",
    '{"n", "at", "where", …}, a line each',
)
async def get_trace(asked: Asked) -> Answer:
    query = asked.request.query
    after = fields.query_number(query, "after", 0)
    if query.get("follow", "0") not in ("0", "1"):
        raise ValueError('"follow" is 0 or 1')
    if query.get("follow") == "1":
        return _data(_following(asked.world, after), "application/x-ndjson")
    return _data(b"".join(_line(event) for event in asked.world.trace(after)), "application/x-ndjson")


def _line(event: Json) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


async def _following(world: World, after: int) -> AsyncIterator[bytes]:
    async for event in world.trace_follow():
        if event["n"] > after:
            yield _line(event)


@call("GET", "/api", "This page.", gives="HTML")
async def get_help(_: Asked) -> Answer:
    return _response(200, help_page(CALLS), _PAGE_TYPES[".html"], PAGE_POLICY)


class ControlApi:
    """The handler of the server on loopback `port`. A `token` is needed once the device works with a real account."""

    def __init__(self, world: World, *, port: int, token: str | None = None) -> None:
        self._world = world
        self._guard = Guard(port, token)
        self._token = token
        self._files = {
            "/" + ("" if file.name == "index.html" else file.name): file
            for file in _PAGE_FOLDER.iterdir()
            if file.suffix in _PAGE_TYPES
        }

    async def handle(self, request: Request) -> Response:
        try:
            return await self._guarded(request)
        except Exception:  # a bug must neither look like an answer nor end the server
            _logger.exception("%s %s failed", request.method, request.path)
            return _json(500, {"error": "The simulator failed; its console says why"})

    async def _guarded(self, request: Request) -> Response:
        # Not at the top: the world needs the firmware, and whoever only reads the documentation does not.
        from sim.world import Conflict

        try:
            self._guard.check(request.method, request.path, request.headers)
            if self._token is not None and request.method == "GET" and request.path == "/" and "token" in request.query:
                return self._welcome(request.query["token"])
            self._guard.check_token(request.headers)
            return await self._answer(request)
        except (KeyError, IndexError):  # are LookupErrors, but no sentences
            raise
        except RefusedError as refused:
            status, sentence = refused.status, refused.sentence
        except Conflict as conflict:
            status, sentence = 409, str(conflict)
        except LookupError as error:
            status, sentence = 404, str(error)
        except ValueError as error:
            status, sentence = 400, str(error)
        except OSError as error:  # the device did not start, or what must be kept cannot be
            status, sentence = 507 if error.errno in _NO_ROOM else 500, str(error)
        answer = _json(status, {"error": sentence})
        if status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer

    async def _answer(self, request: Request) -> Response:
        file = self._files.get(request.path)
        matching = [(each, found) for each in CALLS if (found := each.pattern.fullmatch(request.path))]
        if file is None and not matching:
            raise RefusedError(404, "There is nothing here; GET /api lists all calls")
        for each, found in matching:
            if each.method == request.method:
                self._guard.check_content(request.method, request.headers, bool(request.body))
                answer = await each.function(Asked(self._world, request, found.groupdict()))
                return answer if isinstance(answer, Response) else _json(200, answer)
        if file is not None and request.method == "GET":
            return _response(200, file.read_bytes(), _PAGE_TYPES[file.suffix], PAGE_POLICY)
        methods = ["GET"] if file is not None else sorted({each.method for each, _ in matching})
        answer = _json(405, {"error": f"{request.path} takes {', '.join(methods)}"})
        answer.headers["Allow"] = ", ".join(methods)
        return answer

    def _welcome(self, token: str) -> Response:
        """The address that was printed at the start: keep its token in a cookie and out of the address bar."""
        if not self._guard.is_token(token):
            raise RefusedError(
                401, "This is not the token of this start: open the address that the simulator printed last"
            )
        answer = _response(303, b"", _PAGE_TYPES[".html"], PAGE_POLICY)
        answer.headers["Location"] = "/"
        answer.headers["Set-Cookie"] = self._guard.set_cookie()
        return answer
