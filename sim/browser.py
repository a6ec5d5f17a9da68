"""A person's browser without a screen: fetches pages, fills in forms by their labels, presses buttons by their words.

It runs in every world, over any stream. Start at `Browser.open`, then `Browser.press`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import copy
from functools import cached_property, lru_cache
from html.parser import HTMLParser
from typing import NamedTuple, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

import h11

_TIMEOUT_MS = 30_000
_MOST_REDIRECTS = 5


class ByteStream(Protocol):
    async def read(self, n: int, timeout_ms: int) -> bytes: ...
    async def write(self, data: bytes, timeout_ms: int) -> None: ...
    async def close(self) -> None: ...


Dial = Callable[[str, int], Awaitable[ByteStream]]


class Form:
    def __init__(self, action: str, method: str) -> None:
        self.action = action
        self.method = method
        self.fields: dict[str, str] = {}
        self.labels: dict[str, str] = {}  # label's words -> field name
        self.boxes: dict[str, str] = {}  # check box -> its value when ticked
        self.choices: dict[str, dict[str, str]] = {}  # select or radio -> {words: value}
        self.buttons: dict[str, tuple[str, str, str]] = {}  # words -> (name, value, formaction)

    def new(self) -> Form:
        """One to fill in."""
        form = copy(self)
        form.fields = dict(self.fields)
        return form


class Page:
    """What a page says (`text`), and what can be done on it (`forms`, `links`)."""

    def __init__(self, url: str, status: int, html: str) -> None:
        self.url = url
        self.status = status
        self.html = html

    @cached_property
    def forms(self) -> list[Form]:
        return [form.new() for form in read_page(self.url, self.html).forms]

    @property
    def links(self) -> dict[str, str]:
        return read_page(self.url, self.html).links

    @property
    def text(self) -> str:
        return read_page(self.url, self.html).text


class _Reader(HTMLParser):
    def __init__(self, url: str, html: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self._form: Form | None = None
        self._words: list[str] = []
        self._collect: list[tuple[str, dict[str, str], int]] = []
        self._ids: dict[str, str] = {}
        self._label_for: list[tuple[Form, str, str]] = []
        self._select = ""
        self._hidden = 0
        self.feed(html)
        self.close()
        for form, target, words in self._label_for:
            form.labels[words] = self._ids.get(target, target)
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attributes}
        form = self._form
        if tag in ("style", "script", "title"):
            self._hidden += 1
        elif tag == "form":
            form = self._form = Form(a.get("action", "") or self.url, a.get("method", "get").lower())
            self.forms.append(form)
        elif form is not None and tag == "input" and "disabled" not in a:
            name, kind, value = a.get("name", ""), a.get("type", "text"), a.get("value", "")
            if "id" in a:
                self._ids[a["id"]] = name
            if kind == "submit":
                form.buttons[value] = (name, value, a.get("formaction", ""))
            elif kind == "checkbox":
                form.boxes[name] = value or "on"
                if "checked" in a:
                    form.fields[name] = value or "on"
            elif kind == "radio":
                form.choices.setdefault(name, {})[value] = value
                if "checked" in a:
                    form.fields[name] = value
            elif name:
                form.fields[name] = value
        elif form is not None and tag == "select":
            self._select = a.get("name", "")
            self._ids[a.get("id", "")] = self._select
            form.choices[self._select] = {}
        elif tag in ("a", "button", "label", "option", "textarea"):
            self._collect.append((tag, a, len(self._words)))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "title"):
            self._hidden = max(0, self._hidden - 1)
        elif tag == "form":
            self._form = None
        while self._collect and self._collect[-1][0] == tag:
            _, a, start = self._collect.pop()
            self._collected(tag, a, " ".join(" ".join(self._words[start:]).split()), start)
            break

    def _collected(self, tag: str, a: dict[str, str], words: str, start: int) -> None:
        form = self._form
        if tag == "a" and "href" in a:
            self.links[words] = urljoin(self.url, a["href"])
        elif form is None:
            return
        elif tag == "button" and "disabled" not in a:
            form.buttons[words] = (a.get("name", ""), a.get("value", ""), a.get("formaction", ""))
        elif tag == "label":
            self._label_for.append((form, a.get("for", ""), words))
        elif tag == "option":
            choices, value = form.choices[self._select], a.get("value", words)
            choices[words] = value
            if "selected" in a or self._select not in form.fields:
                form.fields[self._select] = value
            del self._words[start:]
        elif tag == "textarea":
            form.fields[a.get("name", "")] = "".join(self._words[start:]).lstrip("\n")
            self._ids[a.get("id", "")] = a.get("name", "")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._words.append(data)


class _Read(NamedTuple):
    forms: list[Form]
    links: dict[str, str]
    text: str


@lru_cache(maxsize=32)
def read_page(url: str, html: str) -> _Read:
    """Kept, since the same seed gives the same pages: reading them took a fifth of the time of a virtual story."""
    reader = _Reader(url, html)
    return _Read(reader.forms, reader.links, reader.text)


class Browser:
    """`dial(host, port)` opens a connection, one in TLS where that is wanted; cookies are kept for each host and port.

    `language` is the person's.
    """

    def __init__(self, dial: Dial, language: str = "en") -> None:
        self._dial = dial
        self.language = language
        self._cookies: dict[str, dict[str, str]] = {}

    async def open(self, url: str) -> Page:
        return await self._follow("GET", url, b"")

    async def press(self, page: Page, button: str, **fields: str | bool) -> Page:
        """Fill in fields (by name, or by label with `_` for anything but letters and digits), then press a button.

        True ticks a box, False clears it. Raises LookupError when there is no such button or field.
        """
        for form in page.forms:
            if button in form.buttons:
                break
        else:
            words = [word for form in page.forms for word in form.buttons]
            raise LookupError(f"No button {button!r} on {page.url} (status {page.status}): {words}; {page.text[:300]}")
        filled = dict(form.fields)
        for key, value in fields.items():
            name = self._name(form, key)
            if value is True:
                filled[name] = form.boxes[name]
            elif value is False:
                filled.pop(name, None)
            else:
                choices = form.choices.get(name)
                if choices and value not in choices.values():
                    value = choices[value]
                filled[name] = value
        name, value, formaction = form.buttons[button]
        if name:
            filled[name] = value
        url = urljoin(page.url, formaction or form.action)
        if form.method == "post":
            return await self._follow("POST", url, urlencode(filled).encode())
        return await self._follow("GET", urljoin(url, "?" + urlencode(filled)), b"")

    @staticmethod
    def _name(form: Form, key: str) -> str:
        known = set(form.fields) | set(form.boxes) | set(form.choices)
        if key in known:
            return key
        for words, name in form.labels.items():
            if "".join(c if c.isalnum() else "_" for c in words).strip("_") == key:
                return name
        raise LookupError(f"No field {key!r}; there are {sorted(known)} with labels {sorted(form.labels)}")

    async def _follow(self, method: str, url: str, body: bytes) -> Page:
        for _ in range(_MOST_REDIRECTS):
            status, location, html = await self._request(method, url, body)
            if status not in (302, 303, 307):
                return Page(url, status, html)
            if status != 307:
                method, body = "GET", b""
            url = urljoin(url, location)
        raise LookupError(f"{url} redirects in a circle")

    async def _request(self, method: str, url: str, body: bytes) -> tuple[int, str, str]:
        parts = urlsplit(url)
        stream = await self._dial(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
        try:
            cookies = self._cookies.setdefault(parts.netloc, {})
            headers = [("Host", parts.netloc), ("Accept-Language", self.language)]
            if cookies:
                headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items())))
            if method == "POST":
                headers += [
                    ("Origin", f"{parts.scheme}://{parts.netloc}"),
                    ("Content-Type", "application/x-www-form-urlencoded"),
                    ("Content-Length", str(len(body))),
                ]
            client = h11.Connection(h11.CLIENT)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            data = client.send(h11.Request(method=method, target=target, headers=headers)) or b""
            data += client.send(h11.Data(data=body)) or b"" if body else b""
            data += client.send(h11.EndOfMessage()) or b""
            await stream.write(data, _TIMEOUT_MS)
            status, location, content = 0, "", bytearray()
            while True:
                try:
                    event = client.next_event()
                except h11.RemoteProtocolError as error:  # what a browser shows as "sent an invalid response"
                    raise ConnectionError(f"{parts.netloc} did not answer {method} {parts.path}: {error}") from error
                if event is h11.NEED_DATA:
                    client.receive_data(await stream.read(65536, _TIMEOUT_MS))
                elif isinstance(event, h11.Response):
                    status = event.status_code
                    for name, value in event.headers:
                        if name == b"location":
                            location = value.decode()
                        elif name == b"set-cookie":
                            cookie, _, _ = value.decode().partition(";")
                            key, _, text = cookie.partition("=")
                            cookies[key] = text
                elif isinstance(event, h11.Data):
                    content += event.data
                elif isinstance(event, h11.EndOfMessage):
                    return status, location, content.decode("utf-8", "replace")
        finally:
            await stream.close()
