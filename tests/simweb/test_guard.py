"""Who may speak to the control API (SV-01, SV-02, SV-07): a table of requests, and headers drawn at random."""

import asyncio
import random
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.web.api import CALLS, ControlApi
from sim.web.guard import Guard, RefusedError
from tests.simweb.asking import PORT, asked, error
from tests.simweb.fake_world import FakeWorld

KEY = ("POST", "/api/key", {"key": "ok"})
LOOK = ("GET", "/api/panel.png", None)
PAGE = ("GET", "/", None)
Ask = tuple[str, str, object]


def status(request: Ask, headers: Mapping[str, str | None], token: str | None = None) -> tuple[int, bool]:
    """The status, and whether the world noticed anything. None takes a header away."""
    world = FakeWorld()
    method, target, body = request
    kept = {name: value for name, value in headers.items() if value is not None}
    if headers.get("host", "") is None:
        kept["host"] = ""
    response = asyncio.run(asked(ControlApi(world, port=PORT, token=token), method, target, body, kept))
    assert "access-control-allow-origin" not in {name.lower() for name in response.headers}
    if response.status >= 400:
        assert error(response)
    return response.status, world.told != []


OWN_ORIGIN = f"http://127.0.0.1:{PORT}"


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"[::1]:{PORT}"])
def test_the_three_names_of_loopback(host: str) -> None:
    assert status(KEY, {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}) == (200, True)
    assert status(LOOK, {"host": host}) == (200, False)


@pytest.mark.parametrize("request_", [KEY, LOOK, PAGE])
@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "127.0.0.1",
        "localhost",
        f"127.0.0.1:{PORT + 1}",
        f"127.0.0.1:0{PORT}",
        f"LOCALHOST:{PORT}",
        f"localhost.:{PORT}",
        f"127.1:{PORT}",
        f"0.0.0.0:{PORT}",
        f"::1:{PORT}",
        f"[::1%25lo]:{PORT}",
        f"[0:0:0:0:0:0:0:1]:{PORT}",
        f"evil.example:{PORT}",
        f"127.0.0.1.evil.example:{PORT}",
        f"evil.example@127.0.0.1:{PORT}",
        f"127.0.0.1:{PORT}, evil.example",
        f"127.0.0.1:{PORT}\n",
        f" 127.0.0.1:{PORT}",
        "[",
        "[::1",
        ":",
        "\udcff",
    ],
)
def test_any_other_host_is_refused(request_: Ask, host: str | None) -> None:
    assert status(request_, {"host": host}) == (400, False)


@pytest.mark.parametrize("request_", [KEY, LOOK, PAGE])
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        f"https://127.0.0.1:{PORT}",
        f"http://127.0.0.1:{PORT + 1}",
        f"http://localhost:{PORT}",
        f"http://127.0.0.1:{PORT}/",
        f"http://evil.example@127.0.0.1:{PORT}",
        f"{OWN_ORIGIN}, {OWN_ORIGIN}",
    ],
)
def test_any_other_origin_is_refused(request_: Ask, origin: str) -> None:
    assert status(request_, {"origin": origin}) == (403, False)


@pytest.mark.parametrize(
    ("request_", "site", "expected"),
    [
        (KEY, "same-origin", 200),
        (KEY, "none", 200),
        (KEY, "same-site", 403),
        (KEY, "cross-site", 403),
        (KEY, "", 403),
        (KEY, "Same-Origin", 403),
        (LOOK, "same-origin", 200),
        (LOOK, "none", 200),
        (LOOK, "same-site", 403),
        (LOOK, "cross-site", 403),
        (PAGE, "none", 200),
        (PAGE, "same-site", 200),  # a link from Web Config or the mailboxes back to the printer
        (PAGE, "cross-site", 403),
    ],
)
def test_sec_fetch_site(request_: Ask, site: str, expected: int) -> None:
    assert status(request_, {"sec-fetch-site": site})[0] == expected


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
    ],
)
def test_a_plain_form_post_does_not_pass(content_type: str | None) -> None:
    assert status(("POST", "/api/key", b'{"key": "ok"}'), {"content-type": content_type}) == (415, False)


@pytest.mark.parametrize("content_type", [None, "", "pdf", "application/pdf\r\nX: y", "a/b/c"])
def test_a_document_without_a_type_does_not_pass(content_type: str | None) -> None:
    assert status(("PUT", "/api/scanner?name=a", b"x"), {"content-type": content_type}) == (415, False)


@pytest.mark.parametrize("path", sorted({call.path for call in CALLS}))
def test_neither_get_nor_options_changes_or_grants_anything(path: str) -> None:
    target = path.replace("{address}", "ona@bureau.example").replace("{n}", "1").replace("{id}", "7")
    if path != "/api/trace":
        assert not status(("GET", target, None), {})[1]
    preflight = {"origin": OWN_ORIGIN, "access-control-request-method": "POST"}
    assert status(("OPTIONS", target, None), preflight) == (405, False)
    assert status(("OPTIONS", target, None), {**preflight, "origin": "http://evil.example"}) == (403, False)


def test_every_answer_is_kept_from_other_pages() -> None:
    async def story() -> None:
        api = ControlApi(FakeWorld(), port=PORT)
        for target in ("/", "/app.js", "/page.css", "/icon.svg", "/api", "/api/state", "/api/panel.png", "/nothing"):
            headers = (await asked(api, "GET", target)).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert headers["Cache-Control"] == "no-store"
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy

    asyncio.run(story())


# How a page of another site makes a browser ask: what the browser then says about itself, and what it sends.
_FOREIGN = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
_WAYS: dict[str, tuple[str, bytes | None, dict[str, str]]] = {
    "form": ("POST", b"do=ok", {**_FOREIGN, "content-type": "application/x-www-form-urlencoded"}),
    "simple fetch": ("POST", b'{"key": "ok"}', {**_FOREIGN, "content-type": "text/plain"}),
    "fetch": ("POST", b"{}", {**_FOREIGN, "content-type": "application/json"}),
    "preflight": ("OPTIONS", None, {**_FOREIGN, "access-control-request-method": "PATCH"}),
    "WebSocket": ("GET", None, {"origin": "http://evil.example", "connection": "Upgrade", "upgrade": "websocket"}),
    "EventSource": ("GET", None, {**_FOREIGN, "accept": "text/event-stream"}),
    "image": ("GET", None, {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}),
}


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("path", sorted({call.path for call in CALLS}))
def test_sv01_no_page_of_another_origin_gets_through(path: str, way: str) -> None:
    target = path.replace("{address}", "ona@bureau.example").replace("{n}", "1").replace("{id}", "7")
    method, body, headers = _WAYS[way]
    assert status((method, target, body), headers) == (403, False)


# --- the token ---

TOKEN = "a-token-of-this-start"


@pytest.mark.parametrize("request_", [KEY, LOOK, PAGE])
def test_with_a_token_nothing_goes_without_it(request_: Ask) -> None:
    assert status(request_, {}, TOKEN) == (401, False)
    for wrong in ("Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer \udcff"):
        assert status(request_, {"authorization": wrong}, TOKEN) == (401, False)
    for wrong in (
        "",
        "scanpost-control-8080=",
        "scanpost-control-8080",
        f"other={TOKEN}",
        f"scanpost-control-9={TOKEN}",
    ):
        assert status(request_, {"cookie": wrong}, TOKEN) == (401, False)
    assert status(request_, {"authorization": f"Bearer {TOKEN}"}, TOKEN)[0] == 200
    assert status(request_, {"cookie": f"a=b; scanpost-control-8080={TOKEN}"}, TOKEN)[0] == 200


def test_a_token_does_not_open_the_door_to_other_pages() -> None:
    right = {"authorization": f"Bearer {TOKEN}"}
    assert status(KEY, {**right, "origin": "http://evil.example"}, TOKEN) == (403, False)
    assert status(KEY, {**right, "host": f"evil.example:{PORT}"}, TOKEN) == (400, False)


def test_the_first_address_puts_the_token_into_a_cookie() -> None:
    async def story() -> None:
        api = ControlApi(FakeWorld(), port=PORT, token=TOKEN)
        welcome = await asked(api, "GET", f"/?token={TOKEN}")
        assert (welcome.status, welcome.headers["Location"]) == (303, "/")
        cookie, *attributes = welcome.headers["Set-Cookie"].split("; ")
        assert {"HttpOnly", "SameSite=Strict"} <= set(attributes)
        assert (await asked(api, "GET", "/", headers={"cookie": cookie})).status == 200
        assert (await asked(api, "GET", "/?token=wrong")).status == 401
        assert (await asked(api, "GET", f"/api/state?token={TOKEN}")).status == 401  # only the page's address

    asyncio.run(story())


def test_without_a_token_there_is_none_to_guess() -> None:
    assert status(("GET", "/?token=", None), {}) == (200, False)
    with pytest.raises(ValueError, match="empty"):
        Guard(PORT, "")


# --- at random ---

_PIECES = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    "evil.example",
    ":",
    "8080",
    f":{PORT}",
    "http://",
    "//",
    "@",
    "null",
    "none",
    "same-origin",
    "cross-site",
    "same-site",
    " ",
    ",",
    "\t",
    "\x00",
    "%",
    "[",
    "]",
    "ą",
    "\udc80",
]
_words = st.one_of(st.sampled_from(_PIECES), st.text(max_size=4))
_value = st.lists(_words, max_size=5).map("".join)
_HOSTS = {f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"[::1]:{PORT}"}


@settings(max_examples=300, deadline=None)
@given(
    host=st.one_of(st.sampled_from(sorted(_HOSTS)), _value),
    origin=st.one_of(st.none(), _value),
    site=st.one_of(st.none(), _value),
    content_type=st.one_of(st.none(), st.just("application/json"), _value),
    cookie=_value,
    authorization=_value,
)
def test_headers_drawn_at_random_let_nobody_in_and_break_nothing(
    host: str, origin: str | None, site: str | None, content_type: str | None, cookie: str, authorization: str
) -> None:
    given_headers = {"origin": origin, "sec-fetch-site": site, "content-type": content_type}
    headers = {name: value for name, value in given_headers.items() if value is not None}
    headers |= {"host": host, "cookie": cookie, "authorization": authorization}
    own = (
        host in _HOSTS
        and origin in (None, f"http://{host}")
        and site in (None, "none", "same-origin")
        and content_type is not None
        and content_type.partition(";")[0].strip().lower() == "application/json"
    )
    answered, changed = status(("POST", "/api/key", b'{"key": "ok"}'), headers)
    assert (answered == 200) == changed == own
    assert answered in (200, 400, 403, 415)
    assert status(KEY, headers, TOKEN) in ((400, False), (401, False), (403, False))


def test_a_hundred_thousand_requests_of_strangers(capsys: pytest.CaptureFixture[str]) -> None:
    drawn = random.Random(2)
    guard = Guard(PORT, None)
    accepted = 0
    for _ in range(100_000):
        headers = {
            name: "".join(drawn.choices(_PIECES, k=drawn.randint(0, 4)))
            for name in ("host", "origin", "sec-fetch-site")
            if drawn.random() < 0.9
        }
        if drawn.random() < 0.5:
            headers["host"] = f"127.0.0.1:{PORT}"
        try:
            guard.check(drawn.choice(("GET", "POST", "PATCH", "PUT", "DELETE")), "/api/state", headers)
        except RefusedError:
            continue
        host = headers["host"]
        own = host in _HOSTS and headers.get("origin") in (None, f"http://{host}")
        accepted += not (own and headers.get("sec-fetch-site") in (None, "none", "same-origin"))
    with capsys.disabled():
        print(f"\nguard: 100,000 requests, {accepted} of strangers accepted, 0 crashes")
    assert accepted == 0
