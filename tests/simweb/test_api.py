"""Every call of the control API answers as documented, and refuses what makes no sense with 4xx and a sentence."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from PIL import Image

from sim.web.api import CALLS, MAX_DOCUMENT_BYTES, ControlApi
from sim.web.samples import SAMPLES, sample
from tests.simweb.asking import PORT, answer, ask, asked, error
from tests.simweb.fake_world import FakeWorld

BUREAU, FAKSAS = "bureau.example", "faksas.example"


@pytest.fixture
def world() -> FakeWorld:
    return FakeWorld()


def test_state_is_the_worlds_own(world: FakeWorld) -> None:
    assert answer(ask(world, "GET", "/api/state")) == world.state()


def test_panel_is_a_picture(world: FakeWorld) -> None:
    response = ask(world, "GET", "/api/panel.png")
    assert response.content_type == "image/png" and isinstance(response.body, bytes)
    assert Image.open(io.BytesIO(response.body)).size == (320, 240)


@pytest.mark.parametrize(
    ("method", "target", "body", "told"),
    [
        ("POST", "/api/touch", {"x": 0, "y": 239}, ("touch", 0, 239)),
        ("POST", "/api/key", {"key": "ok"}, ("key", "ok")),
        ("POST", "/api/key", {"key": "ž"}, ("key", "ž")),
        ("POST", "/api/tap", {"words": "Job Status"}, ("tap", "Job Status")),
        ("POST", "/api/type", {"text": "ona@bureau.example"}, ("type", "ona@bureau.example")),
        ("DELETE", "/api/scanner", None, ("remove_document",)),
        ("POST", "/api/clock", {"advance_s": 7862400}, ("advance", 7862400)),
        ("POST", "/api/clock", {"set_s": 1_800_000_000.5}, ("set_clock", 1_800_000_000.5)),
        ("POST", "/api/clock", {"device_drift_s": -3600}, ("drift", -3600)),
        ("POST", "/api/power", {"state": "off"}, ("power", "off")),
        ("PATCH", "/api/tenant", {"security_defaults": True}, ("patch_tenant", {"security_defaults": True}, BUREAU)),
        (
            "PATCH",
            "/api/tenant",
            {"sign_in_frequency_s": None},
            ("patch_tenant", {"sign_in_frequency_s": None}, BUREAU),
        ),
        ("PATCH", "/api/tenants/faksas.example", {"rotates": False}, ("patch_tenant", {"rotates": False}, FAKSAS)),
        (
            "PATCH",
            "/api/users/Ona@bureau.example",
            {"smtp_auth": None, "roles": []},
            ("patch_user", "ona@bureau.example", {"smtp_auth": None, "roles": []}),
        ),
        ("POST", "/api/users/ona@bureau.example/revoke", {}, ("revoke", "ona@bureau.example")),
        ("POST", "/api/faults", {"where": "smtp", "kind": "cut"}, ("add_fault", {"where": "smtp", "kind": "cut"})),
        ("DELETE", "/api/faults", None, ("clear_faults",)),
    ],
)
def test_what_is_asked_reaches_the_world(
    world: FakeWorld, method: str, target: str, body: object, told: tuple[Any, ...]
) -> None:
    response = ask(world, method, target, body)
    answer(response)
    assert (response.status, world.told) == (200, [told])


def test_document_with_its_own_type_lies_on_the_glass(world: FakeWorld) -> None:
    document = ask(world, "PUT", "/api/scanner?name=s%C4%85skaita.pdf", b"%PDF", content_type="Application/PDF; v=1")
    assert answer(document) == {"name": "sąskaita.pdf", "content_type": "application/pdf", "size": 4}
    assert world.told == [("put_document", "sąskaita.pdf", "application/pdf", b"%PDF")]


@pytest.mark.parametrize(
    ("target", "size", "status"),
    [
        ("/api/scanner", 1, 400),
        ("/api/scanner?name=", 1, 400),
        ("/api/scanner?name=a%0D%0Ab", 1, 400),
        ("/api/scanner?name=a%00b", 1, 400),
        ("/api/scanner?name=" + "a" * 201, 1, 400),
        ("/api/scanner?name=a", 0, 400),
        ("/api/scanner?name=a", MAX_DOCUMENT_BYTES + 1, 413),
    ],
)
def test_document_that_the_glass_does_not_take(world: FakeWorld, target: str, size: int, status: int) -> None:
    response = ask(world, "PUT", target, bytes(size), content_type="image/png")
    assert error(response) and response.status == status
    assert world.told == []


def test_samples_are_documents_that_anybody_can_open(world: FakeWorld) -> None:
    assert "sąskaita-ąčęėįšųūž.pdf" in SAMPLES
    for name in SAMPLES:
        assert answer(ask(world, "POST", "/api/scanner", {"sample": name}))["name"] == name
        body = sample(name)[1]
        assert world.told[-1] == ("put_document", name, SAMPLES[name].content_type, body)
        if name.endswith(".pdf"):
            assert body.startswith(b"%PDF-") and body.rstrip().endswith(b"%%EOF")
        else:
            Image.open(io.BytesIO(body)).load()
        assert body == SAMPLES[name].make()  # the same each time
    assert ask(world, "POST", "/api/scanner", {"sample": "../etc/passwd"}).status == 404


def test_power_tells_what_it_is_now(world: FakeWorld) -> None:
    assert answer(ask(world, "POST", "/api/power", {"state": "off"})) == {"power": "off"}


def test_clock_tells_the_new_time(world: FakeWorld) -> None:
    before = world.now_s
    assert answer(ask(world, "POST", "/api/clock", {"advance_s": 60})) == {"now_s": before + 60, "offset_s": 60}


def test_signin_in_one_call(world: FakeWorld) -> None:
    person = {"user_code": "ABCD1234", "account": "admin@bureau.example", "password": "x", "consent": "organization"}
    assert answer(ask(world, "POST", "/api/signin", person))["result"] == "signed-in"
    assert world.told == [("signin", "ABCD1234", "admin@bureau.example", "x", "organization")]
    del person["consent"]
    ask(world, "POST", "/api/signin", person)
    assert world.told[-1][-1] == "user"


def test_tenant_and_users(world: FakeWorld) -> None:
    assert answer(ask(world, "GET", "/api/tenant")) == world.tenant()
    assert answer(ask(world, "PATCH", "/api/tenant", {"smtp_auth_disabled": True}))["smtp_auth_disabled"] is True
    assert answer(ask(world, "GET", "/api/tenants")) == world.tenants()
    assert answer(ask(world, "PATCH", "/api/tenants/faksas.example", {"rotates": False})) == world.tenant(FAKSAS)
    assert [user["address"] for user in answer(ask(world, "GET", "/api/users"))] == list(world.people)
    assert answer(ask(world, "PATCH", "/api/users/ona@bureau.example", {"enabled": False}))["enabled"] is False


def test_mailbox_and_raw_message_that_no_browser_runs(world: FakeWorld) -> None:
    assert answer(ask(world, "GET", "/api/mailboxes/ona@bureau.example"))[0]["attachments"] == ["ą.pdf"]
    message = ask(world, "GET", "/api/mailboxes/ona@bureau.example/1")
    assert message.body == world.message("ona@bureau.example", 1)
    assert message.content_type == "message/rfc822"
    assert message.headers["Content-Security-Policy"].startswith("sandbox;")
    assert message.headers["Content-Disposition"].startswith("attachment;")


def test_paper_is_a_picture(world: FakeWorld) -> None:
    assert ask(world, "GET", "/api/paper/7.png").content_type == "image/png"


def test_faults(world: FakeWorld) -> None:
    ask(world, "POST", "/api/faults", {"where": "smtp", "kind": "cut", "after_bytes": 12})
    assert answer(ask(world, "GET", "/api/faults"))["active"] == [{"where": "smtp", "kind": "cut", "after_bytes": 12}]


def test_trace_is_a_json_object_a_line(world: FakeWorld) -> None:
    world.events.append({"n": 2, "at": "", "where": "smtp", "line": "EHLO ąžuolas\n"})
    response = ask(world, "GET", "/api/trace?after=1")
    assert isinstance(response.body, bytes) and response.body.count(b"\n") == 1
    assert json.loads(response.body) == world.events[1]


def test_trace_goes_on_as_it_happens(world: FakeWorld) -> None:
    async def story() -> list[Any]:
        world.events.append({"n": 2, "at": "", "where": "token"})
        response = await asked(ControlApi(world, port=PORT), "GET", "/api/trace?follow=1&after=1")
        assert not isinstance(response.body, bytes | str)
        lines = response.body
        seen = [json.loads(await anext(lines))["n"]]
        coming = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0)
        assert not coming.done()
        world.events.append({"n": 3, "at": "", "where": "smtp"})
        await world.key("ok")
        seen.append(json.loads(await coming)["n"])
        assert isinstance(lines, AsyncGenerator)
        await lines.aclose()
        return seen

    assert asyncio.run(story()) == [2, 3]


def test_watch_answers_at_once_and_then_when_something_changed(world: FakeWorld) -> None:
    async def story() -> None:
        api = ControlApi(world, port=PORT)
        first = answer(await asked(api, "GET", "/api/watch"))
        assert first["state"] == world.state() and first["label"] == world.label()
        assert {"tenant", "users", "accounts", "links", "samples"} <= set(first)
        waiting = asyncio.ensure_future(asked(api, "GET", f"/api/watch?after={first['version']}"))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        await world.key("ok")
        assert answer(await waiting)["version"] > first["version"]

    asyncio.run(story())


def test_faxes_and_the_document_that_no_browser_runs(world: FakeWorld) -> None:
    assert answer(ask(world, "GET", "/api/faxes")) == world.faxes()
    document = ask(world, "GET", "/api/faxes/1")
    assert (document.body, document.content_type) == (b"%PDF-1.7 fax", "application/pdf")
    assert document.headers["Content-Disposition"] == 'attachment; filename="fax-1"'
    assert "sandbox" in document.headers["Content-Security-Policy"]


def test_every_call_is_documented_on_the_help_page(world: FakeWorld) -> None:
    page = ask(world, "GET", "/api")
    assert page.content_type == "text/html; charset=utf-8" and isinstance(page.body, str)
    for call in CALLS:
        assert f"<code>{call.path}</code>" in page.body
        assert call.does


def test_the_calls_that_programs_outside_rely_on_are_all_there() -> None:
    assert {f"{call.method} {call.path}" for call in CALLS} >= {
        "GET /api/state",
        "GET /api/panel.png",
        "POST /api/touch",
        "POST /api/key",
        "POST /api/tap",
        "POST /api/type",
        "PUT /api/scanner",
        "DELETE /api/scanner",
        "POST /api/clock",
        "POST /api/power",
        "POST /api/signin",
        "GET /api/tenant",
        "PATCH /api/tenant",
        "GET /api/users",
        "PATCH /api/users/{address}",
        "POST /api/users/{address}/revoke",
        "GET /api/mailboxes/{address}",
        "GET /api/mailboxes/{address}/{n}",
        "GET /api/tenants",
        "PATCH /api/tenants/{domain}",
        "GET /api/faxes",
        "GET /api/faxes/{n}",
        "GET /api/paper/{id}.png",
        "GET /api/faults",
        "POST /api/faults",
        "DELETE /api/faults",
        "GET /api/trace",
    }


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("POST", "/api/touch", b"{", 400),
        ("POST", "/api/touch", b"\xff\xfe", 400),
        ("POST", "/api/touch", b"[" * 60_000, 400),
        ("POST", "/api/touch", b"{" + b" " * 70_000 + b"}", 400),
        ("POST", "/api/touch", [1, 2], 400),
        ("POST", "/api/touch", {}, 400),
        ("POST", "/api/touch", {"x": 1}, 400),
        ("POST", "/api/touch", {"x": 1, "y": 2, "z": 3}, 400),
        ("POST", "/api/touch", {"x": 1.5, "y": 2}, 400),
        ("POST", "/api/touch", {"x": True, "y": 2}, 400),
        ("POST", "/api/touch", {"x": "1", "y": 2}, 400),
        ("POST", "/api/touch", {"x": 320, "y": 2}, 400),
        ("POST", "/api/touch", {"x": -1, "y": 2}, 400),
        ("POST", "/api/touch", {"x": None, "y": 2}, 400),
        ("POST", "/api/touch", b'{"x": ' + b"9" * 5000 + b', "y": 1}', 400),
        ("POST", "/api/key", {"key": ""}, 400),
        ("POST", "/api/key", {"key": "eject"}, 400),
        ("POST", "/api/key", {"key": ["ok"]}, 400),
        ("POST", "/api/key", b'{"key": "\\ud800"}', 400),
        ("POST", "/api/tap", {"words": "Fly"}, 404),
        ("POST", "/api/type", {"text": "a" * 5000}, 400),
        ("POST", "/api/clock", {}, 400),
        ("POST", "/api/clock", {"advance_s": 1, "set_s": 2}, 400),
        ("POST", "/api/clock", {"advance_s": -1}, 400),
        ("POST", "/api/clock", b'{"advance_s": NaN}', 400),
        ("POST", "/api/clock", b'{"advance_s": Infinity}', 400),
        ("POST", "/api/clock", b'{"advance_s": 1e999}', 400),
        ("POST", "/api/clock", {"advance_s": 10**18}, 400),
        ("POST", "/api/clock", {"set_s": True}, 400),
        ("POST", "/api/power", {"state": "half"}, 400),
        ("POST", "/api/power", {"state": []}, 400),
        ("POST", "/api/signin", {"user_code": 1, "account": "", "password": ""}, 400),
        ("POST", "/api/signin", {"user_code": "", "account": "", "password": "", "consent": "perhaps"}, 400),
        ("PATCH", "/api/tenant", {}, 400),
        ("PATCH", "/api/tenant", {"security_default": True}, 400),
        ("PATCH", "/api/tenant", {"security_defaults": "yes"}, 400),
        ("PATCH", "/api/tenant", {"security_defaults": None}, 400),
        ("PATCH", "/api/tenant", {"refresh_inactive_s": 0}, 400),
        ("PATCH", "/api/tenant", b'{"conditional_access": [1e999]}', 400),
        ("PATCH", "/api/tenants/elsewhere.example", {"rotates": False}, 404),
        ("PATCH", "/api/tenants/faksas.example", {}, 400),
        ("PATCH", "/api/tenants/faksas.example", {"security_defaults": True}, 400),
        ("GET", "/api/faxes/2", None, 404),
        ("GET", "/api/faxes/²", None, 404),
        ("PATCH", "/api/users/nobody@bureau.example", {"enabled": True}, 404),
        ("PATCH", "/api/users/ona@bureau.example", {"enabled": 1}, 400),
        ("PATCH", "/api/users/ona@bureau.example", {"roles": "admin"}, 400),
        ("PATCH", "/api/users/ona@bureau.example", {"shoe_size": 42}, 400),
        ("POST", "/api/users/nobody@bureau.example/revoke", {}, 404),
        ("POST", "/api/users/ona@bureau.example/revoke", {"all": True}, 400),
        ("GET", "/api/mailboxes/nobody@bureau.example", None, 404),
        ("GET", "/api/mailboxes/ona@bureau.example/2", None, 404),
        ("GET", "/api/mailboxes/ona@bureau.example/-1", None, 404),
        ("GET", "/api/mailboxes/ona@bureau.example/²", None, 404),
        ("GET", "/api/mailboxes/ona@bureau.example/" + "1" * 400, None, 404),
        ("GET", "/api/paper/8.png", None, 404),
        ("GET", "/api/paper/x.png", None, 404),
        ("POST", "/api/faults", {"where": "smtp"}, 400),
        ("POST", "/api/faults", {"where": "smtp", "kind": "boredom"}, 400),
        ("POST", "/api/faults", {"where": 1, "kind": "cut"}, 400),
        ("GET", "/api/trace?after=-1", None, 400),
        ("GET", "/api/trace?after=" + "9" * 400, None, 400),
        ("GET", "/api/trace?follow=yes", None, 400),
        ("GET", "/api/watch?after=x", None, 400),
        ("GET", "/api/state", {"a": 1}, 400),
        ("DELETE", "/api/scanner", {"a": 1}, 400),
        ("GET", "/api/nothing", None, 404),
        ("GET", "/api/", None, 404),
        ("GET", "/api/paper/../state", None, 404),
        ("GET", "/../api.py", None, 404),
        ("GET", "//", None, 404),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    world: FakeWorld, method: str, target: str, body: object, status: int
) -> None:
    response = ask(world, method, target, body, **({"content_type": "application/json"} if body is not None else {}))
    assert error(response) and response.status == status
    assert world.told == []


def test_wrong_method_is_told_the_right_ones(world: FakeWorld) -> None:
    response = ask(world, "POST", "/api/state", {})
    assert error(response) and response.status == 405
    assert response.headers["Allow"] == "GET"
    assert ask(world, "GET", "/api/scanner").headers["Allow"] == "DELETE, POST, PUT"
    assert ask(world, "POST", "/app.js", {}).headers["Allow"] == "GET"


def test_a_device_that_is_off_is_a_conflict(world: FakeWorld) -> None:
    world.powered = "off"
    response = ask(world, "POST", "/api/key", {"key": "ok"})
    assert response.status == 409 and "switched off" in error(response)


@pytest.mark.parametrize("bug", [KeyError("secret"), ZeroDivisionError("secret"), IndexError("secret")])
def test_a_bug_is_no_answer_and_no_end(
    world: FakeWorld, bug: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise bug

    monkeypatch.setattr(world, "state", broken)
    with caplog.at_level(logging.CRITICAL + 1):
        response = ask(world, "GET", "/api/state")
    assert response.status == 500 and "secret" not in error(response)
