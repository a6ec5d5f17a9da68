"""`make bench`: the figures that the product promises, measured side by side in one run and printed as a table."""

from __future__ import annotations

import asyncio
import base64
import json
import smtplib
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from sim.cloud.entra import CLIENT_ID, LOGIN_HOST
from sim.httpd import Request
from sim.live import find_micropython
from sim.live_world import LiveWorld
from sim.person import ONA, PRINTER, ended, scan_to_email, set_up
from tests.bench import panel
from tests.bench.virtual import figures
from tests.boards.startup import MOST_MS, counted

_ROUNDS = 15
_DOCUMENT = bytes(range(256)) * 400  # 100 KB
_HERE = Path(__file__).parent


def _token(world: LiveWorld) -> str:
    """An access token for the printer's mailbox, got with the device code as any client would."""

    def post(path: str, form: dict[str, str]) -> dict[str, str]:
        headers = {"host": LOGIN_HOST, "content-type": "application/x-www-form-urlencoded"}
        url = f"/organizations/oauth2/v2.0/{path}"
        request = Request("POST", url, {}, headers, urlencode(form).encode(), "https", LOGIN_HOST)
        body = world.cloud.entra.handle(request).body
        answer: dict[str, str] = json.loads(body if isinstance(body, (bytes, str)) else b"")
        return answer

    scope = "https://outlook.office.com/SMTP.Send offline_access"
    code = post("devicecode", {"client_id": CLIENT_ID, "scope": scope})
    [password] = [a["password"] for a in world.accounts() if a["address"] == PRINTER]
    world.cloud.complete_sign_in(code["user_code"], PRINTER, password, "organization")
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    form = {"client_id": CLIENT_ID, "grant_type": grant, "device_code": code["device_code"]}
    return post("token", form)["access_token"]


async def _ours(world: LiveWorld) -> tuple[float, float]:
    """Milliseconds to the server's 250: from the finger on Send, and from when the panel has taken the press."""
    world.put_document("scan.pdf", "application/pdf", _DOCUMENT)
    count = len(world.state()["jobs"])
    await world.key("home")
    await world.tap("Scan to Email")
    await world.type(ONA)
    await world.until(lambda s: any(ONA in words for words in s["panel"]["words"]))
    before = world.events[-1]["n"]
    started = time.perf_counter()
    sending = asyncio.create_task(world.tap("Send"))
    await world.until(lambda s: len(s["jobs"]) > count)
    taken = time.perf_counter()
    await world.until(lambda _: any("delivered" in event for event in world.trace(before)))
    delivered = time.perf_counter()
    await sending
    await ended(world)
    return (delivered - started) * 1000, (delivered - taken) * 1000


async def _minimal(folder: Path, plan: dict[str, object]) -> float:
    command = find_micropython() or []
    (folder / "plan.json").write_text(json.dumps(plan))
    process = await asyncio.create_subprocess_exec(
        *command, str(_HERE / "minimal_client.py"), "plan.json", cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return float(output.split()[-1])


def _smtplib(plan: dict[str, object], mail: bytes) -> float:
    context = ssl.create_default_context(cafile=str(plan["ca_pem"]))
    context.check_hostname = False
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", int(str(plan["port"]))) as client:
        assert client.sock is not None
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.starttls(context=context)
        client.ehlo()
        client.docmd("AUTH", "XOAUTH2")
        code, text = client.docmd(str(plan["blob"]))
        assert code == 235, text
        client.sendmail(str(plan["from"]), [str(plan["to"])], mail)
        return (time.perf_counter() - started) * 1000


async def _mails() -> list[tuple[str, str, str]]:
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = LiveWorld(folder / "state", interpreter="micropython")
        try:
            boot = time.perf_counter()
            await world.start()
            started = (time.perf_counter() - boot) * 1000
            await world.power("off")
            boot = time.perf_counter()
            await world.power("on")
            frame = (time.perf_counter() - boot) * 1000
            rows.append(("firmware start to first screen and Web Config", f"{frame:.0f} ms", "500 ms"))
            rows.append(("world (cloud, link, firmware) to ready", f"{started:.0f} ms", "3000 ms"))
            await set_up(world)
            await scan_to_email(world, ONA, body=_DOCUMENT)
            await ended(world)
            mail = world.message(ONA, 1)
            token = _token(world)
            blob = base64.b64encode(f"user={PRINTER}\x01auth=Bearer {token}\x01\x01".encode()).decode()
            (folder / "mail").write_bytes(mail)
            plan: dict[str, object] = {
                "port": world.servers.smtp_port,
                "blob": blob,
                "from": PRINTER,
                "to": ONA,
                "mail": "mail",
                "ca": str(world.servers.ca_der_path),
                "ca_pem": str(world.servers.ca_pem_path),
            }
            ours, minimal, library = [], [], []
            for _ in range(_ROUNDS):
                ours.append(await _ours(world))
                minimal.append(await _minimal(folder, plan))
                library.append(await asyncio.to_thread(_smtplib, plan, mail))
            least = statistics.median(minimal)
            for words, times, target in (
                ("100 KB, finger on Send to the server's 250", [time for time, _ in ours], ""),
                ("100 KB, press taken to the server's 250", [time for _, time in ours], "1.25"),
                ("100 KB, minimal client on the same MicroPython", minimal, ""),
                ("100 KB, CPython's smtplib", library, ""),
            ):
                median = statistics.median(times)
                rows.append((words, f"{median:.0f} ms ({median / least:.2f} x minimal)", target and f"{target} x"))
        finally:
            await world.stop()
    return rows


def _ready() -> tuple[str, str, str]:
    """`python -m sim run` from the command to its ready file."""
    with tempfile.TemporaryDirectory() as name:
        ready = Path(name) / "ready.json"
        started = time.perf_counter()
        command = [sys.executable, "-m", "sim", "run", "--headless", "--state", name + "/state", "--port", "0"]
        process = subprocess.Popen([*command, "--ready-file", str(ready)])
        while not ready.exists() and process.poll() is None:
            time.sleep(0.005)
        taken = time.perf_counter() - started
        process.terminate()
        process.wait()
    return ("make run to ready, once installed", f"{taken:.2f} s", "3 s")


def _pico() -> tuple[str, str, str]:
    reckoned = []
    for in_place in (True, False):
        with tempfile.TemporaryDirectory() as name:
            reckoned.append(f"{asyncio.run(counted(Path(name), in_place)).reckoned_ms}")
    what = "power-up to the home screen on a Pico, in place / from files, reckoned"
    return (what, f"{' / '.join(reckoned)} ms", f"{MOST_MS} ms")


def _virtual() -> list[tuple[str, str, str]]:
    return [
        (
            figure.what,
            f"{figure.measured:,.2f} {figure.unit}",
            f"{figure.target:g} {figure.unit}" if figure.target else "",
        )
        for figure in figures()
    ]


def _panel() -> list[tuple[str, str, str]]:
    return [
        (figure.what, f"{figure.measured:.2f} {figure.unit}", f"{figure.most:g} {figure.unit}" if figure.most else "")
        for figure in panel.figures()
    ]


def main() -> None:
    rows = [("what", "measured", "target"), *asyncio.run(_mails()), _ready(), _pico(), *_virtual(), *_panel()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()
