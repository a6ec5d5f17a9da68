"""`python -m sim …` as somebody else's program sees it: processes, a ready file, HTTP. Start at `Started`."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, cast
from urllib.parse import quote, urlsplit

from sim.browser import Browser
from sim.image import ROOT
from sim.person import ended, scan_to_email, set_up
from sim.streams import SocketStream
from sim.world import World

Json = dict[str, Any]
_PATIENCE_S = 30.0


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Command = tuple[str, ...]
COMMAND: Command = ("-m", "sim")


def sim(
    *arguments: object, command: Command = COMMAND, environment: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(
    *arguments: object, command: Command = COMMAND, environment: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Run a command that ends by itself: exit code, what it printed, what it complained about."""
    process = sim(*arguments, command=command, environment=environment)
    try:
        out, complaint = process.communicate(timeout=_PATIENCE_S)
    finally:
        process.kill()
    return process.returncode, out, complaint


def children(parent: int) -> list[int]:
    """The processes that this one started."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in listed.splitlines()]
    return [int(pid) for pid, ppid in pairs if int(ppid) == parent]


class Started:
    """`with Started("run", "--headless", …) as run`; at the end it is told to end with SIGINT."""

    def __init__(
        self, folder: Path, *arguments: object, command: Command = COMMAND, environment: dict[str, str] | None = None
    ) -> None:
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        self.process = sim(*arguments, "--ready-file", ready, command=command, environment=environment)
        deadline = time.monotonic() + _PATIENCE_S
        while not ready.exists():
            assert time.monotonic() < deadline, "it did not become ready"
            try:
                self.process.wait(0.01)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"it ended before it was ready: {self.process.communicate()}")
        self.ready: Json = json.loads(ready.read_text())
        self.complaint = ""

    @classmethod
    def run(cls, folder: Path, *arguments: object) -> Started:
        """The printer, its state kept in `folder`."""
        where = () if "--state" in arguments else ("--state", folder / "state")
        return cls(folder, "run", "--headless", "--port", 0, *where, *arguments)

    def __enter__(self) -> Started:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.returncode is None:
            code = self.end()
            assert error is not None or code == 0, self.complaint

    def end(self, number: int = signal.SIGINT, within_s: float = _PATIENCE_S) -> int:
        """Tell it to end and return its exit code."""
        self.process.send_signal(number)
        try:
            _, self.complaint = self.process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return self.process.returncode

    def firmware(self) -> int:
        """The process id of the firmware."""
        [child] = children(self.process.pid)
        return child

    # --- the control API ---

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
        """One call. `body`: bytes as they are, anything else as JSON."""
        url = urlsplit(self.ready["page"])
        connection = http.client.HTTPConnection(url.hostname or "", url.port or 0, timeout=_PATIENCE_S)
        sent = {"Authorization": f"Bearer {self.ready['token']}"} if "token" in self.ready else {}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body=body, headers={**sent, **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call that must be done; its JSON."""
        answer = self.ask(method, path, body)
        assert answer.status == 200, (method, path, answer.status, answer.body[:500])
        return answer.json

    def state(self) -> Json:
        return cast(Json, self.call("GET", "/api/state"))

    def until(self, holds: Callable[[Json], object], timeout_s: float = _PATIENCE_S) -> Json:
        """Watch until the state is so; returns it."""
        deadline = time.monotonic() + timeout_s
        after = -1
        while True:
            view = self.call("GET", "/api/watch" if after < 0 else f"/api/watch?after={after}")
            if holds(view["state"]):
                return cast(Json, view["state"])
            assert time.monotonic() < deadline, f"Did not come about: {view['state']}"
            after = view["version"]

    def until_trace(self, holds: Callable[[Json], object]) -> Json:
        """Follow the trace, from its beginning, until an event is so; returns it."""
        url = urlsplit(self.ready["page"])
        connection = http.client.HTTPConnection(url.hostname or "", url.port or 0, timeout=_PATIENCE_S)
        try:
            connection.request("GET", "/api/trace?follow=1")
            with connection.getresponse() as answer:
                while line := answer.readline():
                    if holds(event := json.loads(line)):
                        return cast(Json, event)
        finally:
            connection.close()
        raise AssertionError("The trace ended")

    def mails(self, address: str) -> list[Json]:
        return cast(list[Json], self.call("GET", f"/api/mailboxes/{quote(address)}"))

    def logs(self) -> list[str]:
        lines = self.ask("GET", "/api/trace").body.splitlines()
        return [event["log"] for event in map(json.loads, lines) if "log" in event]

    # --- people's steps (`sim/person.py`) ---

    def sign_in(self, **fields: str | bool) -> None:
        """The manual's set-up, as far as OK."""
        self._do(set_up, **fields)

    def begin_scan(self, to: str, **document: Any) -> None:
        self._do(scan_to_email, to, **document)

    def scan(self, to: str, **document: Any) -> Json:
        """Scan and send; the job when it has ended."""
        self.begin_scan(to, **document)
        return cast(Json, self._do(ended))

    def _do(self, step: Callable[..., Coroutine[Any, Any, Any]], *arguments: Any, **named: Any) -> Any:
        """In a thread of its own: who calls may be inside an event loop, as Playwright is."""
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, step(cast(World, FarWorld(self)), *arguments, **named)).result()


class FarHands:
    """What `sim/person.py` needs of a person's hands: the keys of a panel that has one for Home."""

    def __init__(self, run: Started) -> None:
        self._run = run

    async def home(self) -> None:
        """Go to the home screen; while the display is dark the first press only lights it."""
        for _ in range(2):
            self._run.call("POST", "/api/key", {"key": "home"})


class FarWorld:
    """What `sim/person.py` needs of a world, through the control API."""

    def __init__(self, run: Started) -> None:
        self._run = run
        self.hands = FarHands(run)

    def state(self) -> Json:
        return self._run.state()

    async def until(self, holds: Callable[[Json], object], timeout_s: float = 60.0) -> Json:
        return self._run.until(holds, timeout_s)

    def browser(self) -> Browser:
        async def dial(host: str, port: int) -> SocketStream:
            return SocketStream(*await asyncio.open_connection(host, port))

        return Browser(dial)

    def web_config_url(self) -> str:
        return str(self._run.ready["web_config"])

    def label(self) -> Json:
        return {"admin_password": self._run.ready["admin_password"]}

    def accounts(self) -> list[Json]:
        return cast(list[Json], self._run.ready["accounts"])

    def patch_tenant(self, change: Json, domain: str = "bureau.example") -> Json:
        return cast(Json, self._run.call("PATCH", f"/api/tenants/{domain}", change))

    async def signin(self, user_code: str, account: str, password: str, consent: str) -> Json:
        asked = {"user_code": user_code, "account": account, "password": password, "consent": consent}
        return cast(Json, self._run.call("POST", "/api/signin", asked))

    async def advance(self, seconds: float) -> None:
        self._run.call("POST", "/api/clock", {"advance_s": seconds})

    async def tap(self, words: str) -> None:
        self._run.call("POST", "/api/tap", {"words": words})

    async def type(self, text: str) -> None:
        self._run.call("POST", "/api/type", {"text": text})

    def put_document(self, name: str, content_type: str, body: bytes) -> Json:
        answer = self._run.ask("PUT", f"/api/scanner?name={quote(name)}", body, {"Content-Type": content_type})
        assert answer.status == 200, answer.body
        return cast(Json, answer.json)
