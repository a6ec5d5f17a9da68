"""Calls of the control API without a socket: what `sim.httpd` would hand to the handler."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sim.httpd import Request, Response
from sim.web.api import ControlApi
from tests.simweb.fake_world import FakeWorld

PORT = 8080
OWN = {"host": f"127.0.0.1:{PORT}"}


async def asked(
    api: ControlApi,
    method: str,
    target: str,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """`body`: bytes go as they are, anything else as JSON. `headers` come on top of the right Host and content type."""
    url = urlsplit(target)
    sent = dict(OWN)
    raw = b""
    if isinstance(body, bytes):
        raw = body
    elif body is not None:
        raw = json.dumps(body).encode()
        sent["content-type"] = "application/json"
    sent.update(headers or {})
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    return await api.handle(Request(method, url.path, query, sent, raw, "http", sent.get("host", "")))


def ask(world: FakeWorld, method: str, target: str, body: object = None, **headers: str) -> Response:
    """One call to a server without a token."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(asked(ControlApi(world, port=PORT), method, target, body, named))


def answer(response: Response) -> Any:
    """The JSON of an answer; what all answers have in common is checked on the way."""
    assert response.content_type == "application/json"
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


def error(response: Response) -> str:
    """The sentence of a refusal."""
    told = answer(response)
    assert list(told) == ["error"] and isinstance(told["error"], str)
    assert len(told["error"]) > 10 and "Traceback" not in told["error"]
    return str(told["error"])
