"""The simulated cloud on a connection: token service over TLS, mail service with STARTTLS, people's pages in clear.

The same coroutines serve sockets (`sim.cloud.servers`) and the virtual world's streams (`Cloud.services`). What the cloud
does is decided elsewhere; here it is put on the wire, and here the token service's faults strike.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hal.errors import NetworkTimeout
from sim import httpd
from sim.cloud import pages, viewer
from sim.cloud.aadsts import ServiceError
from sim.cloud.entra import TokenService
from sim.cloud.faults import OAUTH_ERRORS
from sim.cloud.html import STYLE_PATH, page, redirect, style
from sim.cloud.provider import PAGES_PATH as PROVIDER_PATH
from sim.cloud.provider import ProviderTokens
from sim.cloud.submission import CLOSE, SILENCE, STARTTLS, Action, Submission
from sim.cloud.ways import on_the_way, silence
from sim.httpd import Request, Response, Unanswered
from sim.streams import ServerStream

if TYPE_CHECKING:
    from sim.cloud.cloud import Cloud

_FORM_BYTES = 64 * 1024
_HANDSHAKE_MS = 30_000
_SMTP_IDLE_MS = 300_000  # RFC 5321 4.5.3.2.7
_SMTP_SESSION_S = 1200  # cloud-facts 4.2: a session lives about 20 minutes in all
_WRITE_MS = 60_000
_READ_BYTES = 65536

_UNAVAILABLE = "<html><head><title>503</title></head><body><h1>Service Unavailable</h1></body></html>"
_PORTAL = "<html><head><title>Welcome</title></head><body>Accept the terms of this network to go on.</body></html>"
_HTML = "text/html; charset=us-ascii"
_JSON = "application/json; charset=utf-8"


# Endpoints: the end of the path -> the place of its faults.
_ENDPOINTS = {"devicecode": "devicecode", "token": "token"}
_PROVIDER_ENDPOINTS = {"device_authorization": "fax-devicecode", "token": "fax-token"}


async def serve_https(cloud: Cloud, stream: ServerStream) -> None:
    """The token service."""
    await _serve_tokens(cloud, stream, "login", cloud.entra, _ENDPOINTS)


async def serve_provider_https(cloud: Cloud, stream: ServerStream) -> None:
    """The fax provider's token service."""
    await _serve_tokens(cloud, stream, "fax-login", cloud.provider.tokens, _PROVIDER_ENDPOINTS)


async def _serve_tokens(
    cloud: Cloud, stream: ServerStream, way: str, service: TokenService | ProviderTokens, endpoints: dict[str, str]
) -> None:
    async def handle(request: Request) -> Response:
        place = endpoints.get(request.path.rpartition("/")[2])
        fault = cloud.faults.take(place) if place is not None and request.method == "POST" else None
        if fault is None:
            return service.handle(request)
        kind = fault["kind"]
        cloud.on_event({"where": way, "request": f"POST {request.path[:200]}", "fault": kind})
        return await _faulty(service, request, stream, fault)

    stream = on_the_way(cloud.faults, way, stream)
    await stream.start_tls_server(cloud.certificate_der(way), _HANDSHAKE_MS)
    await httpd.serve(stream, handle, max_body=_FORM_BYTES, scheme="https")


async def serve_pages(cloud: Cloud, stream: ServerStream) -> None:
    """Sign-in pages and mailboxes."""

    async def handle(request: Request) -> Response:
        return _page(cloud, request)

    await httpd.serve(stream, handle, max_body=_FORM_BYTES)


async def serve_smtp(cloud: Cloud, stream: ServerStream) -> None:
    """The mail service."""
    stream = on_the_way(cloud.faults, "smtp", stream)
    await _serve_session(cloud, stream, cloud.exchange.session(stream.peer))


async def serve_provider_smtp(cloud: Cloud, stream: ServerStream, tls: bool = False) -> None:
    """The fax provider's mail server. `tls`: from the first byte."""
    stream = on_the_way(cloud.faults, "fax-smtp", stream)
    if tls:
        await stream.start_tls_server(cloud.certificate_der("fax-smtp"), _HANDSHAKE_MS)
    await _serve_session(cloud, stream, cloud.gateway.session(stream.peer, tls))


async def _serve_session(cloud: Cloud, stream: ServerStream, session: Submission) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _SMTP_SESSION_S
    way = session.service.where
    try:
        going = await _do(cloud, stream, way, session.greeting())
        while going:
            timeout_ms = min(_SMTP_IDLE_MS, int((deadline - loop.time()) * 1000))
            try:
                data = await stream.read(_READ_BYTES, timeout_ms) if timeout_ms > 0 else None
            except NetworkTimeout:
                data = None
            if data == b"":
                return
            going = await _do(cloud, stream, way, session.timed_out() if data is None else session.receive(data))
    finally:
        session.closed()
        await stream.close()


async def _do(cloud: Cloud, stream: ServerStream, way: str, actions: list[Action]) -> bool:
    """Whether the session goes on. Replies that follow each other leave as one piece."""
    waiting = b""
    for action in actions:
        if isinstance(action, bytes):
            waiting += action
            continue
        if waiting:
            await stream.write(waiting, _WRITE_MS)
            waiting = b""
        if action == CLOSE:
            return False
        if action == SILENCE:
            await silence(stream)
        assert action == STARTTLS
        await stream.start_tls_server(cloud.certificate_der(way), _HANDSHAKE_MS)
    if waiting:
        await stream.write(waiting, _WRITE_MS)
    return True


# --- the token service's faults ---


async def _faulty(
    service: TokenService | ProviderTokens, request: Request, stream: ServerStream, fault: dict[str, Any]
) -> Response:
    kind = fault["kind"]
    if kind in ("truncated", "lost-answer", "slow", "change"):
        return await _spoilt(service.handle(request), fault)
    if kind == "drop":
        raise Unanswered
    if kind == "raw":
        await _write_raw(stream, fault)
    if kind == "503":
        return Response(503, _UNAVAILABLE, _HTML, {"Retry-After": str(fault["retry_after"])})
    if kind == "429":
        response = service.throttled(request)
        response.headers["Retry-After"] = str(fault["retry_after"])
        return response
    if kind == "garbage":
        return Response(200, _PORTAL, _HTML)
    if kind == "huge":
        return Response(200, b'{"access_token":"' + b"A" * fault["bytes"], _JSON)
    if kind == "nested":
        return Response(200, b'{"access_token":' + b"[" * fault["depth"] + b"]" * fault["depth"] + b"}", _JSON)
    if kind == "answer":
        return Response(fault["status"], fault["text"], _JSON)
    if kind == "redirect":
        return Response(307, "", _HTML, {"Location": fault["location"]})
    if kind in OAUTH_ERRORS:
        return Response(400, json.dumps({"error": kind, "error_description": f"The answer is {kind}."}), _JSON)
    assert isinstance(service, TokenService), "only its errors have numbers"
    return service.refusal(ServiceError(int(kind)), request)


async def _spoilt(response: Response, fault: dict[str, Any]) -> Response:
    """What becomes of an answer on its way: the work was done."""
    if fault["kind"] == "lost-answer":
        raise Unanswered
    if fault["kind"] == "slow":
        await asyncio.sleep(fault["seconds"])
    elif isinstance(response.body, str):
        if fault["kind"] == "truncated":
            response.body = response.body[: len(response.body) // 2]
        else:
            changed = {**json.loads(response.body), **fault["members"]}
            response.body = json.dumps({name: value for name, value in changed.items() if value is not None})
    return response


async def _write_raw(stream: ServerStream, fault: dict[str, Any]) -> None:
    begin, repeat = (fault[name].replace("\n", "\r\n").encode() for name in ("begin", "repeat"))
    await stream.write(begin, _WRITE_MS)
    left = fault["count"] if repeat else 0
    while left:
        at_once = min(left, 1 + _READ_BYTES // len(repeat))
        await stream.write(repeat * at_once, _WRITE_MS)
        left -= at_once
    if fault["then"] == "silence":
        await silence(stream)
    raise Unanswered


# --- people's pages ---


def _page(cloud: Cloud, request: Request) -> Response:
    refusal = _foreign(cloud, request)
    if refusal:
        return page("Not from here", f"<p>{refusal}</p>", banner=pages.BANNER, status=403)
    path = request.path
    if path == STYLE_PATH:
        return style()
    if path == viewer.PATH or path.startswith(viewer.PATH + "/"):
        return cloud.mailbox_pages.handle(request)
    if path == viewer.FAXES_PATH or path.startswith(viewer.FAXES_PATH + "/"):
        return cloud.fax_pages.handle(request)
    if path == PROVIDER_PATH:
        return cloud.provider_pages.handle(request)
    if path in (pages.PATH, "/"):
        return cloud.sign_in_pages.handle(request) if path != "/" else redirect(pages.PATH)
    return page("Not found", "<p>There is nothing here.</p>", banner=pages.BANNER, status=404)


def _foreign(cloud: Cloud, request: Request) -> str:
    """Why a request may not come in: a rebound name, or another site's form (reliability-facts 4.2)."""
    own = urlsplit(cloud.pages_url).netloc
    hosts = (own, own.replace("127.0.0.1", "localhost"))
    if request.host not in hosts:
        return "These pages have another name."
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return "Another site's page may not use this one."
    if request.method not in ("GET", "HEAD") and request.headers.get("sec-fetch-site", "none") not in (
        "none",
        "same-origin",
    ):
        return "Another site's form may not be sent here."
    return ""
