"""Every call of the control API over HTTP, against `python -m sim run`'s own processes with the real MicroPython.

One printer serves all tests; each leaves it switched on, at its home screen and without faults.
"""

from __future__ import annotations

import email
import email.policy
import http.client
import io
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sim.person import ONA, PRINTER
from sim.web.api import CALLS
from tests.live.started import Answer, Json, Started

pytestmark = pytest.mark.live

JONAS, RUTA = "jonas@bureau.example", "ruta@bureau.example"
PDF = b"%PDF-1.7 one page\n" * 50
NUMBER = (int, float)


@pytest.fixture(scope="module")
def printer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with Started.run(tmp_path_factory.mktemp("control"), "--interpreter", "micropython") as run:
        yield run


@pytest.fixture
def run(printer: Started) -> Iterator[Started]:
    yield printer
    printer.call("DELETE", "/api/faults")
    printer.call("DELETE", "/api/scanner")
    printer.call("POST", "/api/power", {"state": "on"})
    printer.call("POST", "/api/clock", {"device_drift_s": 0})
    printer.call("POST", "/api/key", {"key": "home"})
    printer.until(lambda state: state["panel"]["screen"] == "home")


@pytest.fixture
def signed_in(run: Started) -> Started:
    if run.state()["accounts"]["device"]["state"] != "SIGNED_IN":
        run.sign_in()
    return run


def error(answer: Answer) -> str:
    """The sentence of a refusal."""
    assert 400 <= answer.status < 500, (answer.status, answer.body)
    assert answer.headers["content-type"] == "application/json"
    told = answer.json
    assert list(told) == ["error"] and len(told["error"]) > 10 and "Traceback" not in told["error"]
    return str(told["error"])


def refused(run: Started, method: str, path: str, body: object = None, **headers: str) -> str:
    return error(run.ask(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}))


# --- the printer ---


def is_like(value: object, shape: Any) -> bool:
    """`shape`: a type, a tuple of types, a list of one shape for any number, a dict with exactly these members."""
    if isinstance(shape, dict):
        return (
            isinstance(value, dict)
            and value.keys() == shape.keys()
            and all(is_like(value[name], shape[name]) for name in shape)
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(is_like(each, shape[0]) for each in value)
    return isinstance(value, shape) and not (isinstance(value, bool) and shape is not bool)


NONE = type(None)
ACCOUNT = {"state": str, "address": str, "reason": str, "good_until_s": (int, NONE)}
JOB = {
    "id": int,
    "kind": str,
    "to": str,
    "status": str,
    "code": (int, NONE),
    "detail": str,
    "created_s": int,
}
STATE = {
    "clock": {"now_s": int, "offset_s": int},
    "power": str,
    "panel": {"screen": str, "words": [str], "size": [int], "language": str},
    "paper": [{"id": int, "pages": int}],
}


def check_state(state: Json) -> None:
    for name, shape in STATE.items():
        assert is_like(state[name], shape), (name, state[name])
    for account in state["accounts"].values():
        assert is_like(account, ACCOUNT), account
        assert account["state"] in ("SIGNED_OUT", "SIGNED_IN", "EXPIRED", "REAUTH")
    for job in state["jobs"]:
        assert is_like({name: job[name] for name in JOB}, JOB), job
        assert job["status"] in ("waiting", "sending", "sent", "failed", "printed")
        assert job["kind"] in ("email", "my-email", "fax", "sheet", "notice")
    if state["signin"] is not None:
        named = ("account", "state", "user_code", "verification_uri", "expires_at_s")
        assert set(named) <= set(state["signin"]), state["signin"]


def test_state(run: Started) -> None:
    state = run.state()
    check_state(state)
    assert state["power"] == "on" and set(state["accounts"]) == {"device", "fax"}
    assert state["panel"]["size"] == [320, 240] and state["panel"]["language"] == "en"
    assert "Scan to Email" in state["panel"]["words"]


def test_the_display_says_where_web_config_answers(run: Started) -> None:
    assert run.ready["web_config"] in run.state()["panel"]["words"]


def test_state_with_jobs_and_a_sign_in_attempt(signed_in: Started) -> None:
    job = signed_in.scan(ONA)
    assert (job["status"], job["code"], job["kind"], job["to"]) == ("sent", None, "email", ONA)
    check_state(signed_in.state())


def test_panel_png(run: Started) -> None:
    answer = run.ask("GET", "/api/panel.png")
    image = Image.open(io.BytesIO(answer.body))
    assert answer.headers["content-type"] == "image/png" and image.size == (320, 240)
    assert len(image.convert("RGB").getcolors(1 << 20) or []) > 4, "the display is blank"


def test_touch_key_tap_and_type(run: Started) -> None:
    before = run.ask("GET", "/api/panel.png").body
    run.call("POST", "/api/tap", {"words": "Scan to Email"})
    run.until(lambda state: state["panel"]["screen"] != "home")
    assert run.ask("GET", "/api/panel.png").body != before
    run.call("POST", "/api/type", {"text": "žąsis@bureau.example"})
    assert "žąsis@bureau.example" in " ".join(run.state()["panel"]["words"])
    run.call("POST", "/api/key", {"key": "home"})
    run.until(lambda state: state["panel"]["screen"] == "home")
    for x, y in ((160, y) for y in range(0, 240, 8)):
        run.call("POST", "/api/touch", {"x": x, "y": y})
        if run.state()["panel"]["screen"] != "home":
            break
    else:
        raise AssertionError("nothing on the home screen can be touched")


def test_scanner(run: Started) -> None:
    answer = run.ask("PUT", "/api/scanner?name=s%C4%85skaita.pdf", PDF, {"Content-Type": "application/pdf"})
    lying = {"name": "sąskaita.pdf", "content_type": "application/pdf", "size": len(PDF)}
    assert answer.json == lying and run.state()["document"] == lying
    assert run.call("DELETE", "/api/scanner") == {}
    assert run.state()["document"] is None
    chosen = run.call("POST", "/api/scanner", {"sample": "delivery-note.png"})
    assert chosen["name"] == "delivery-note.png" and run.state()["document"] == chosen


def test_clock(run: Started) -> None:
    before = run.state()["clock"]
    after = run.call("POST", "/api/clock", {"advance_s": 3600})
    assert 3600 <= after["now_s"] - before["now_s"] < 3660 and after["offset_s"] - before["offset_s"] in (3600, 3601)
    there = run.call("POST", "/api/clock", {"set_s": after["now_s"] + 7200})
    assert there["now_s"] - after["now_s"] in range(7199, 7203)
    assert run.state()["clock"]["now_s"] >= there["now_s"]
    assert run.call("POST", "/api/clock", {"device_drift_s": -3600})["now_s"] - there["now_s"] < 60
    assert "forward" in refused(run, "POST", "/api/clock", {"set_s": before["now_s"]})
    assert refused(run, "POST", "/api/clock", {"advance_s": -1})


def test_device_drift_moves_the_device_alone(signed_in: Started) -> None:
    """What the device believes is in the date of its mail; the cloud's own trace keeps true time."""
    signed_in.call("POST", "/api/clock", {"device_drift_s": 7200})
    job = signed_in.scan(ONA)
    assert job["status"] == "sent", job
    now_s = signed_in.state()["clock"]["now_s"]
    assert 7100 < job["created_s"] - now_s < 7300


def test_power(run: Started) -> None:
    assert run.call("POST", "/api/power", {"state": "off"}) == {"power": "off"}
    assert run.call("POST", "/api/power", {"state": "off"}) == {"power": "off"}
    state = run.state()
    assert state["power"] == "off" and state["panel"]["words"] == [] and state["accounts"] == {}
    dark = Image.open(io.BytesIO(run.ask("GET", "/api/panel.png").body)).convert("L")
    assert set(dark.tobytes()) == {0}
    for path, body in (
        ("key", {"key": "ok"}),
        ("touch", {"x": 1, "y": 1}),
        ("type", {"text": "a"}),
        ("tap", {"words": "a"}),
    ):
        answer = run.ask("POST", f"/api/{path}", body)
        assert answer.status == 409 and "switched off" in error(answer)
    assert run.call("POST", "/api/power", {"state": "on"}) == {"power": "on"}
    assert "Scan to Email" in run.state()["panel"]["words"]


def test_paper(run: Started) -> None:
    before = {paper["id"] for paper in run.state()["paper"]}
    for words in ("Settings", "General Settings", "Network Settings", "Network Status", "Print Status Sheet", "Print"):
        run.call("POST", "/api/tap", {"words": words})
    papers = run.until(lambda state: len(state["paper"]) > len(before))["paper"]
    [new] = [paper["id"] for paper in papers if paper["id"] not in before]
    answer = run.ask("GET", f"/api/paper/{new}.png")
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.body)).height > 300
    assert run.ask("GET", f"/api/paper/{new + 999}.png").status == 404


# --- the cloud ---


def test_signin_answers_what_came_of_it(run: Started) -> None:
    """A wrong code and a wrong password; the whole way is in `signed_in`."""
    password = {account["address"]: account["password"] for account in run.ready["accounts"]}[PRINTER]
    asked = {"user_code": "NOSUCHCD", "account": PRINTER, "password": password, "consent": "organization"}
    answer = run.call("POST", "/api/signin", asked)
    assert answer["result"] == "wrong-code" and answer["error"]
    assert refused(run, "POST", "/api/signin", {**asked, "consent": "perhaps"})
    assert refused(run, "POST", "/api/signin", {"account": PRINTER, "password": password})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("security_defaults", True),
        ("smtp_auth_disabled", True),
        ("conditional_access", ["block-device-code"]),
        ("sign_in_frequency_s", 3600),
        ("access_token_s", 600),
        ("refresh_inactive_s", 86400),
    ],
)
def test_tenant(run: Started, field: str, value: object) -> None:
    before = run.call("GET", "/api/tenant")
    assert before[field] != value
    after = run.call("PATCH", "/api/tenant", {field: value})
    assert after == {**before, field: value} == run.call("GET", "/api/tenant")
    assert field in refused(run, "PATCH", "/api/tenant", {field: {"a": 1}})
    assert run.call("GET", "/api/tenant") == after
    assert run.call("PATCH", "/api/tenant", {field: before[field]}) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("enabled", False),
        ("smtp_auth", True),
        ("smtp_auth", False),
        ("mailbox", False),
        ("roles", ["Global Administrator"]),
    ],
)
def test_users(run: Started, field: str, value: object) -> None:
    def user() -> Json:
        [found] = [user for user in run.call("GET", "/api/users") if user["address"] == JONAS]
        return dict(found)

    before = user()
    assert before[field] != value and "password" not in before
    assert run.call("PATCH", f"/api/users/{JONAS}", {field: value}) == {**before, field: value} == user()
    assert field in refused(run, "PATCH", f"/api/users/{JONAS}", {field: 7})
    assert run.call("PATCH", f"/api/users/{JONAS.upper()}", {field: before[field]}) == before


def test_smtp_auth_null_follows_the_tenant(run: Started) -> None:
    run.call("PATCH", f"/api/users/{JONAS}", {"smtp_auth": False})
    assert run.call("PATCH", f"/api/users/{JONAS}", {"smtp_auth": None})["smtp_auth"] is None


def test_password(run: Started) -> None:
    """The new one is shown where accounts are, the old one is wrong from then on."""
    run.call("PATCH", f"/api/users/{RUTA}", {"password": "Kitas-slaptažodis-1"})
    shown = {account["address"]: account["password"] for account in run.call("GET", "/api/watch")["accounts"]}
    assert shown[RUTA] == "Kitas-slaptažodis-1"
    assert refused(run, "PATCH", f"/api/users/{RUTA}", {"password": ""})


def test_revoke_ends_the_sign_ins_of_that_user(run: Started) -> None:
    assert run.call("POST", f"/api/users/{JONAS}/revoke", {}) == {}
    assert run.ask("POST", "/api/users/nobody@bureau.example/revoke", {}).status == 404
    events = [json.loads(line) for line in run.ask("GET", "/api/trace").body.splitlines()]
    assert any(event.get("revoked") and event["user"] == JONAS for event in events)


def test_mailboxes(signed_in: Started) -> None:
    run = signed_in
    before = len(run.mails(ONA))
    assert run.scan(ONA, name="sąskaita ž.pdf", body=PDF)["status"] == "sent"
    mails = run.mails(ONA)
    assert len(mails) == before + 1
    row = mails[-1]
    assert {"n", "from", "to", "subject", "date", "size", "attachments"} <= set(row)
    assert row["n"] == len(mails) and PRINTER in row["from"] and row["to"] == ONA
    assert row["attachments"] == ["sąskaita ž.pdf"]
    answer = run.ask("GET", f"/api/mailboxes/{ONA}/{row['n']}")
    assert answer.headers["content-type"] == "message/rfc822" and len(answer.body) == row["size"]
    message = email.message_from_bytes(answer.body, policy=email.policy.default)
    [attachment] = list(message.iter_attachments())
    assert attachment.get_content() == PDF
    for path in (f"{ONA}/{row['n'] + 1}", f"{ONA}/0", f"{ONA}/x", f"{ONA}/-1", "nobody@bureau.example"):
        assert run.ask("GET", f"/api/mailboxes/{path}").status == 404, path


def test_faxes(run: Started) -> None:
    assert run.call("GET", "/api/faxes") == []
    for path in ("1", "0", "x", "-1"):
        assert run.ask("GET", f"/api/faxes/{path}").status == 404, path


def test_tenants_and_the_provider(run: Started) -> None:
    *tenants, provider = run.call("GET", "/api/tenants")
    assert [tenant["domain"] for tenant in tenants] == run.ready["tenants"]
    assert tenants[0] == run.call("GET", "/api/tenant")
    assert (provider["domain"], provider["custom"]["client_id"]) == (
        "faksas.example",
        run.ready["provider"]["client_id"],
    )
    assert run.call("PATCH", "/api/tenants/faksas.example", {"rotates": False}) == {**provider, "rotates": False}
    assert run.call("PATCH", "/api/tenants/faksas.example", {"rotates": True}) == provider
    assert (
        run.call("PATCH", "/api/tenants/depesa.example", {"sign_in_frequency_s": 3600})["sign_in_frequency_s"] == 3600
    )
    assert run.call("GET", "/api/tenant")["sign_in_frequency_s"] is None
    assert "no tenant" in refused(run, "PATCH", "/api/tenants/elsewhere.example", {"rotates": True})


# --- faults and trace ---


def test_faults(run: Started) -> None:
    told = run.call("GET", "/api/faults")
    assert told["active"] == [] and {"token", "devicecode", "smtp"} <= {kind["where"] for kind in told["kinds"]}
    fault = run.call("POST", "/api/faults", {"where": "smtp", "kind": "421", "times": 3})
    assert fault["times"] == 3 and run.call("GET", "/api/faults")["active"] == [fault]
    assert run.call("DELETE", "/api/faults") == {}
    assert run.call("GET", "/api/faults")["active"] == []
    assert "no fault" in refused(run, "POST", "/api/faults", {"where": "smtp", "kind": "flood"})
    assert refused(run, "POST", "/api/faults", {"where": "moon", "kind": "421"})


def test_trace_has_no_secrets(signed_in: Started) -> None:
    signed_in.scan(ONA)
    answer = signed_in.ask("GET", "/api/trace")
    events = [json.loads(line) for line in answer.body.splitlines()]
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert all({"n", "at", "where"} <= set(event) for event in events)
    numbers = [event["n"] for event in events]
    assert numbers == sorted(numbers) and {"device", "smtp"} <= {event["where"] for event in events}
    later = signed_in.ask("GET", f"/api/trace?after={numbers[-2]}").body.splitlines()
    assert [json.loads(line)["n"] for line in later] == numbers[-1:]
    secrets = [signed_in.ready["admin_password"], *(account["password"] for account in signed_in.ready["accounts"])]
    for secret in secrets:
        assert secret.encode() not in answer.body
    assert b"eyJ" not in answer.body, "a token is in the trace"


def test_trace_follows(run: Started) -> None:
    url = urlsplit(run.ready["page"])
    connection = http.client.HTTPConnection(url.hostname or "", url.port or 0, timeout=60)
    try:
        connection.request("GET", "/api/trace?follow=1")
        with connection.getresponse() as answer:
            run.call("PATCH", "/api/tenant", {"message_bytes": 1_000_000})
            while (event := json.loads(answer.readline())).get("tenant") != ["message_bytes"]:
                assert "n" in event
            run.call("PATCH", "/api/tenant", {"message_bytes": 36_700_160})
            assert json.loads(answer.readline())["n"] > event["n"]
    finally:
        connection.close()


def test_help_page_names_every_call(run: Started) -> None:
    page = run.ask("GET", "/api")
    assert page.headers["content-type"].startswith("text/html")
    for call in CALLS:
        assert f"<code>{call.path}</code>" in page.body.decode(), call.path


# --- who may not, and what makes no sense ---


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 400),
        ({"Host": "evil.example:80"}, 400),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/api/state"), ("GET", "/api/panel.png"), ("POST", "/api/power")])
def test_other_pages_are_refused(run: Started, method: str, path: str, headers: dict[str, str], status: int) -> None:
    body = {"state": "off"} if method == "POST" else None
    answer = run.ask(method, path, body, headers)
    assert answer.status == status and error(answer)
    assert not any(name.startswith("access-control") for name in answer.headers)
    assert run.state()["power"] == "on"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_plain_form_can_send_is_refused(run: Started, kind: str) -> None:
    answer = run.ask("POST", "/api/power", b'{"state": "off"}', {"Content-Type": kind})
    assert answer.status == 415 and "application/json" in error(answer)
    assert run.state()["power"] == "on"


def test_what_is_not_there(run: Started) -> None:
    assert run.ask("GET", "/api/nothing").status == 404
    assert run.ask("GET", "/../etc/passwd").status == 404
    assert run.ask("GET", "/api/power").status == 405
    assert run.ask("GET", "/api/power").headers["allow"] == "POST"
    assert run.ask("OPTIONS", "/api/power").status == 405


BODIES = [
    (call.method, call.path.format(address=JONAS, domain="faksas.example", id=1, n=1))
    for call in CALLS
    if call.method in ("POST", "PATCH")
]
NONSENSE = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"off"',
    b"\xff\xfe",
    b'{"a": 1e999}',
    b'{"a": NaN}',
    b'{"a": -Infinity}',
    b'{"a": ' + b"9" * 5000 + b"}",
    b'{"a": "\\ud800"}',
    b"[" * 60_000,
    b'{"a":' * 10_000,
    b'{"' + b"x" * 70_000 + b'": 1}',
    b'{"state": "on", "state": "maybe", "x": 1}',
]


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_nonsense_is_refused_with_a_sentence(run: Started, method: str, path: str) -> None:
    for body in NONSENSE:
        answer = run.ask(method, path, body, {"Content-Type": "application/json"})
        if answer.status == 200:
            assert body == b"" and path.endswith("/revoke"), (path, body[:40], answer.body)
        else:
            error(answer)
    check_state(run.state())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/clock", {"advance_s": 10**15}),
        ("/api/clock", {"advance_s": 1e300}),
        ("/api/clock", {"advance_s": "1"}),
        ("/api/clock", {"advance_s": True}),
        ("/api/clock", {"set_s": 0}),
        ("/api/clock", {"set_s": 1e18}),
        ("/api/clock", {"device_drift_s": -1e18}),
        ("/api/clock", {"advance_s": 1, "set_s": 1}),
        ("/api/touch", {"x": -1, "y": 0}),
        ("/api/touch", {"x": 320, "y": 0}),
        ("/api/touch", {"x": 1.5, "y": 0}),
        ("/api/touch", {"x": 1}),
        ("/api/key", {"key": "F13"}),
        ("/api/key", {"key": "\n"}),
        ("/api/key", {"key": "x" * 5000}),
        ("/api/type", {"text": "x" * 300}),
        ("/api/type", {"text": "a\x00b"}),
        ("/api/power", {"state": "perhaps"}),
        ("/api/scanner", {"sample": "../../etc/passwd"}),
        ("/api/faults", {"where": "smtp", "kind": "421", "times": 0}),
        ("/api/faults", {"where": "smtp", "kind": "421", "step": "dance"}),
    ],
)
def test_absurd_values_are_refused_with_a_sentence(run: Started, path: str, body: Json) -> None:
    error(run.ask("POST", path, body))


def test_a_huge_body_is_refused_before_it_is_read(run: Started) -> None:
    url = urlsplit(run.ready["page"])
    with socket.create_connection((url.hostname, url.port), 10) as sock:
        head = f"PUT /api/scanner?name=a HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/pdf\r\n"
        sock.sendall((head + "Content-Length: 99999999999\r\n\r\n").encode())
        assert sock.recv(100).startswith(b"HTTP/1.1 413 ")
    assert (
        run.ask("POST", "/api/key", b'"' + b"x" * 3_000_000 + b'"', {"Content-Type": "application/json"}).status == 400
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = sorted(
    {
        "x",
        "y",
        "key",
        "words",
        "text",
        "state",
        "sample",
        "advance_s",
        "set_s",
        "device_drift_s",
        "user_code",
        "account",
    }
    | {"password", "consent", "where", "kind", "times", "step", "bytes", "seconds", "enabled", "smtp_auth", "roles"}
    | {"security_defaults", "conditional_access", "sign_in_frequency_s", "message_bytes", "mailbox", "send_as"}
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    call=st.sampled_from([pair for pair in BODIES if pair[1] not in ("/api/power", "/api/clock")]),
    body=st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4).map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=60),
    path=st.text(st.characters(codec="ascii", exclude_categories=("Cc", "Zs")), max_size=12),
)
def test_nothing_that_is_sent_ends_the_server(run: Started, call: tuple[str, str], body: bytes, path: str) -> None:
    """Each is done or refused with a sentence; 5xx, a traceback or silence would fail."""
    method, target = call
    answer = run.ask(method, target, body, {"Content-Type": "application/json"})
    assert answer.status == 200 or error(answer)
    answer = run.ask(
        method,
        "/api/" + path.replace("?", "").replace("#", "").replace("%", ""),
        b"{}",
        {"Content-Type": "application/json"},
    )
    assert answer.status in (200, 404, 405) or error(answer)
    check_state(run.state())
