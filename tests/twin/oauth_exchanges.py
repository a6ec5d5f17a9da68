"""The OAuth core on a table of inputs, one line of JSON each. Runs on both interpreters; start at `report`.

Besides the cases written down, HTTP answers and JSON are damaged in many ways by a small generator that counts alike
everywhere.
"""

import binascii
import json

from firmware.checks import split_url
from firmware.http import HTTPError, ResponseParser, build_request, retry_after_ms, urlencode
from firmware.oauth.answers import AnswerError, first_sentence, json_object, plain_text
from firmware.oauth.provider import binding, discovered, discovery_urls, provider_for, trust_der
from firmware.oauth.signin import SignIn
from firmware.oauth.token import Account
from firmware.settings import DEFAULTS, load, public
from firmware.settings_rules import validate
from firmware.strict_json import loads
from tests.oauth_answers import TENANT, device_answer, id_token, refusal, token_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Draw = Callable[[int], int]

OK = b"HTTP/1.1 200 OK\r\n"
HTTP = (
    OK + b"Content-Length: 5\r\nX-A: 1\r\nx-a: \t2 \r\n\r\nhello",
    OK + b"Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA \r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 Slow\r\nRetry-After: 9\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 200 \r\nName: \xc5\xbe\xff\r\n\r\nuntil the end",
    b"HTTP/1.1 204 No\r\n\r\n",
    OK + b"Content-Length: -1\r\n\r\n",
    OK + b"Content-Length: 1_0\r\n\r\n0123456789",
    OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    OK + b"A: " + b"x" * 9000,
    OK + b"\r\n" + b"x" * 2000,
)
URLS = (
    "https://Login.Bureau.example/a?b=c",
    "http://[::1]:8080/",
    "https://user@a.example/",
    "https://a.example:65536/",
    "https://a.example:\u00b2/",
    "https://\u017e.example/",
    "https://a.example/#x",
    "https://1.2.3.256/",
    "javascript:alert(1)",
    "",
)
WORDS = (
    "AADSTS50173: The grant has expired. The grant was issued on 2025. Trace ID: 1",
    "a\u202eb\x00c\u200fd\ufeffe\r\nf",
    "D\u0117mesio \U0001f600 \u017eod\u017eiai",
    "x" * 70 + " SECRET y",
    "long " * 100,
    "",
)
BODIES = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"a":1}x',
    b'{"a":"\xff"}',
    b"\xff\xfe",
    b"<html>",
    b'{"error":"\\ud83d\\ude00"}',
    b'{"error":"invalid_grant","error_description":"\\ud83d\\ude00 \\ud800 x"}',
    b'{"error":"invalid_grant","error_codes":[true,1e999,-5,700082]}',
    b'{"expires_in":1e999}',
    b"[" * 500,
    b'{"a":' + b"[" * 50 + b"]" * 50 + b"}",
    device_answer(),
    device_answer(interval=0, expires_in=10**12),
    device_answer(interval="x", expires_in="60"),
    device_answer(verification_uri="http://127.0.0.1:8080/device"),
    device_answer(verification_uri="http://evil.example/"),
    device_answer(user_code="AB\u202eCD"),
    token_answer(),
    token_answer(refresh_token=None, expires_in=0),
    token_answer(scope="everything"),
    token_answer(scope="openid"),
    token_answer(access_token="\ud800"),
    token_answer(id_token=id_token(name="\u0160ar\u016bn\u0117 \U0001f600")),
    token_answer(id_token=id_token(aud="other")),
    token_answer(id_token=id_token(preferred_username="a@b\x01c")),
    token_answer(id_token="a.b.c"),
    refusal("authorization_pending", 70016),
    refusal("slow_down"),
    refusal("authorization_declined", 70018),
    refusal("expired_token", 70019),
    refusal("invalid_grant", 700082),
    refusal("invalid_grant", 50173, suberror="bad_token"),
    refusal("invalid_grant", 53003),
    refusal("interaction_required", 50079),
    refusal("invalid_client", 7000218),
    refusal("temporarily_unavailable"),
)
JSON = (
    b'{"a": [1, -2.5, 30e2, 0, -0, true, false, null], "b": {"c": {}}, "d": []} ',
    b'["\\u017e\\ud83d\\ude00\\n\\/\\"\\\\ \xc5\xbe \xf0\x9f\x98\x80"]',
    b'["\xed\xa0\x80"]',  # a surrogate in UTF-8
    b'["\xc0\xaf"]',  # an overlong form
    b'["\xf4\x90\x80\x80"]',  # above U+10FFFF
    b'{"a": 1, "a": 2}',
    b'{"\\u0061": 1, "a": 2}',
    b"[" * 15 + b"]" * 15,
    b"[" * 17 + b"]" * 17,
    b"[NaN]",
    b"[1e999]",
    b"[123456789012345678901234567890]",
    b"\xef\xbb\xbf[]",
)
FORMS: "tuple[dict[str, Any], ...]" = (
    {},
    {"method": "oauth2", "smtp_host": "SMTP.Office365.com"},
    {"method": "oauth2", "smtp_host": "evil.example", "smtp_port": "25", "secure": "none"},
    {"smtp_port": "\u0661", "pop3_port": "+1", "password": "x" * 21, "account": "\u0105"},
    {"sender": "a\r\nb@bureau.example", "smtp_host": "192.0.2.300", "verify": "maybe", "service": "x"},
    {"method": "oauth2", "service": "custom", "secure": "none"},
    {
        "method": "oauth2",
        "service": "custom",
        "smtp_host": "mail.bureau.example",
        "authority": "https://login.bureau.example/x",
        "client_id": "scanner",
        "scope": "smtp",
        "ca": "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----",
    },
    {"smtp_port": 587, "verify": False, "sender": None},
)
DOCUMENT = {
    "issuer": "https://login.bureau.example/x",
    "device_authorization_endpoint": "https://login.bureau.example/device",
    "token_endpoint": "https://login.bureau.example/token",
}
_DAMAGES = 30  # of each answer


def report() -> None:
    for line in lines():
        print(line)


def lines() -> "Iterator[str]":
    draw = _numbers()
    for answer in HTTP:
        yield _line("http", _parsed([answer]))
        yield _line("http", _parsed([answer[i : i + 1] for i in range(len(answer))]))
        for _ in range(_DAMAGES):
            yield _line("http", _parsed([_damaged(answer, draw)]))
    for url in URLS:
        yield _line("url", _named(split_url, url))
    for words in WORDS:
        yield _line("words", _ascii(first_sentence(words, ("SECRET",))), _ascii(plain_text(words, 20)))
    yield _line("form", urlencode({"a b": "\u017e/\U0001f600", "c": "-._~+", "": ""}).decode())
    yield _line(
        "request", _named(build_request, "POST", "h", "/a", {"A": "b"}, b"x") == b"", str(_named(_split_request))
    )
    for value in ("5", "0", "9" * 30, "-1", "\u00b2", "Sun, 23 Nov 2025 10:00:30 GMT", "Sun, 29 Feb 2099 10:00:30 GMT"):
        headers = {"retry-after": value, "date": "Sun, 23 Nov 2025 10:00:00 GMT"}
        yield _line("retry", retry_after_ms(headers))
    for form in FORMS:
        settings, problems = validate(form)
        yield _line("settings", sorted(public(settings).items()), problems, load(settings) == settings)
        provider = provider_for(settings)
        found = _named(discovered, provider, DOCUMENT)
        yield _line("provider", provider.document(), discovery_urls(provider.authority), isinstance(found, str))
        yield _line("binding", binding(settings, provider, "Wired LAN"))
    custom = dict(
        DEFAULTS, service="custom", authority="https://login.bureau.example/x", smtp_host="mail.bureau.example"
    )
    for issuer in (
        "https://login.bureau.example/x/",
        "https://login.bureau.example/" + TENANT,
        "http://login.bureau.example/x",
    ):
        found = _named(discovered, provider_for(custom), dict(DOCUMENT, issuer=issuer))
        yield _line("discovered", found if isinstance(found, str) else found.document())
    der = b"\x30\x82\x00\xf0" + bytes(range(240))
    text = binascii.b2a_base64(der).decode()
    pem = "-----BEGIN CERTIFICATE-----\r\n" + text + "-----END CERTIFICATE-----\r\n"
    for ca in (pem, pem * 2, pem * 5, pem.replace("A", "*"), pem[:-30], pem.replace("=", ""), text):
        found = _named(trust_der, dict(custom, ca=ca))
        yield _line("trust", [binascii.hexlify(one).decode() for one in found] if isinstance(found, list) else found)
    code, saved = device_answer(), _saved()
    for body in BODIES:
        for status in (200, 400, 503):
            yield _line("answer", status, _exchanged(status, body, code, saved))
        for _ in range(_DAMAGES):
            damaged = _damaged(body, draw)
            yield _line("damaged", *[_exchanged(status, damaged, code, saved) for status in (200, 400)])
    for document in JSON:
        yield _line("json", _read(document))
        for _ in range(_DAMAGES):
            yield _line("json", _read(_damaged(document, draw)))


def _read(document: bytes) -> "Any":
    value = _named(loads, document)
    return value if isinstance(value, str) and value == "refused" else _plain(value)


def _exchanged(status: int, body: bytes, code: bytes, record: str) -> "list[object]":
    """What one answer makes of an attempt that asks for a code, of one that polls for `code`, and of a saved sign-in."""
    provider = provider_for(DEFAULTS)
    first, second = SignIn(provider), SignIn(provider)
    first.on_device_code(status, body, 1000)
    second.on_device_code(200, code, 1000)
    saved = Account.load(json.loads(record))
    saved.refresh_form(provider)
    second.on_poll(status, {"retry-after": "7"}, body, 6000)
    outcome = saved.on_refresh(status, {"retry-after": "7"}, body, 1763892000, 6000, 99)
    grant = second.grant
    after = saved.record()
    return [
        _named(json_object, body) if len(body) < 3 else isinstance(_named(json_object, body), dict),
        [
            first.state,
            first.user_code,
            first.verification_uri,
            first.next_poll_ticks,
            first.deadline_ticks,
            _ascii(first.reason),
        ],
        [second.state, second.next_poll_ticks, second.trouble, _ascii(second.reason)],
        [grant.address, grant.tenant, _ascii(grant.name), grant.missing_scope] if grant is not None else [],
        [outcome, saved.retry_at_ticks, _ascii(saved.trouble), saved.keep_alive_in_ms(7000, 1763895600)],
        [_ascii(str(after[name])) for name in sorted(after)],
    ]


def _saved() -> str:
    """The record of a sign-in."""
    machine = SignIn(provider_for(DEFAULTS))
    machine.on_device_code(200, device_answer(), 0)
    machine.on_poll(200, {}, token_answer(), 0)
    account = Account()
    assert machine.grant is not None
    account.grant(machine.grant, "binding", 1763000000, 0)
    account.commit()
    return json.dumps(account.record())


def _parsed(pieces: "list[bytes]") -> object:
    parser = ResponseParser(1000)
    try:
        for piece in pieces:
            if parser.feed(piece):
                break
        if not parser.done:
            parser.end()
    except HTTPError as error:
        return error.reason
    return [parser.status, sorted(parser.headers.items()), binascii.hexlify(bytes(parser.body)).decode()]


def _split_request() -> bytes:
    return build_request("GET", "h\r\nX: y", "/", {})


def _named(call: "Callable[..., Any]", *arguments: object) -> "Any":
    """What `call` returns, or the name of its refusal."""
    try:
        return call(*arguments)
    except AnswerError as error:
        return error.key
    except ValueError:
        return "refused"


def _damaged(data: bytes, draw: "Draw") -> bytes:
    """`data` cut short, or with one byte changed to a random or a telling one, put in, or left out."""
    at = draw(len(data) + 1)
    kind = draw(4)
    byte = b'{}[]",:\\0-e\x00\xff\r\n '[draw(18) :][:1] if draw(2) else bytes([draw(256)])
    if kind == 0:
        return data[:at]
    return data[:at] + (b"" if kind == 1 else byte) + data[at if kind == 2 else at + 1 :]


def _numbers() -> "Draw":
    """A generator of small numbers that is the same everywhere (Numerical Recipes' linear congruence)."""
    state = [2025]

    def draw(below: int) -> int:
        state[0] = (state[0] * 1664525 + 1013904223) & 0xFFFFFFFF
        return (state[0] >> 8) % below

    return draw


def _ascii(text: str) -> str:
    if len(text.encode()) == len(text) and "\x7f" not in text:
        return text
    return "".join(c if ord(c) < 127 else "<" + str(ord(c)) + ">" for c in text)


def _line(*values: object) -> str:
    return _plain(list(values))


def _plain(value: object) -> str:
    """JSON with sorted names: dictionaries keep another order on MicroPython."""
    if isinstance(value, dict):
        return "{" + ",".join(_plain(name) + ":" + _plain(value[name]) for name in sorted(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_plain(item) for item in value) + "]"
    return json.dumps(_ascii(value) if isinstance(value, str) else value)


if __name__ == "__main__":
    report()
