"""The mail part alone, as somebody takes it for a board of their own: by mip, and with the program of the documentation."""

from __future__ import annotations

import asyncio
import email
import email.policy
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from boards import mip
from boards.mip import package_json
from sim.cloud.standalone import StandaloneCloud
from sim.image import ROOT
from sim.live import find_micropython
from tests.boards.lan import names, serving, the_time
from tests.boards.on_bench import Bench, install
from tests.live.test_cloud_alone import a_person_signs_in

pytestmark = pytest.mark.live
_ADMIN, _ONA = "admin@bureau.example", "ona@bureau.example"
_MOST_LINES = 20
_DEVICE = {"ssid": "bureau", "wifi_password": "air password", "ntp": "time.bureau.example"}
_ZONE = {
    "time.bureau.example": "192.0.2.123",
    "login.microsoftonline.com": "192.0.2.1",
    "smtp.office365.com": "192.0.2.2",
}
# A Pico W has 190 KB of heap; TLS takes 30 of it, and a mail on its way 25. Here objects are 1.4 times as large.
_MOST_HEAP = (190 - 30 - 25) * 1024 * 14 // 10


def program() -> str:
    """The example of the documentation, as it is."""
    found = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "your-own-board.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    """The project, kept on a web server."""
    handler = functools.partial(_Quiet, directory=str(ROOT))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def installed(web: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which MicroPython's own mip has put the package into `lib`."""
    folder = tmp_path_factory.mktemp("installed")
    command = find_micropython()
    if command is None:
        pytest.skip("no MicroPython here")
    run = subprocess.run(
        [*command, "-c", f"import mip\nmip.install('{web}/package.json', target='lib')"],
        cwd=folder,
        env={**os.environ, "MICROPYPATH": ".frozen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Done" in run.stdout, run.stdout + run.stderr
    return folder


def test_the_package_file_is_up_to_date() -> None:
    """Make it anew with `python -m boards package`."""
    assert (ROOT / "package.json").read_text("utf-8") == package_json()


def test_mip_installs_what_it_names_and_nothing_of_the_scanner(installed: Path) -> None:
    found = {str(path.relative_to(installed / "lib")) for path in installed.rglob("*.py")}
    assert found == {name for name, _ in json.loads(package_json())["urls"]}
    assert {"firmware/oauth/token.py", "firmware/mail/smtp.py", "hal/network_wlan.py"} <= found
    assert not {
        name for name in found if name.startswith(("firmware/panel", "firmware/web", "firmware/jobs", "hal/panel"))
    }
    for name in found:
        assert (installed / "lib" / name).read_bytes() == (ROOT / name).read_bytes()


def test_the_example_is_short() -> None:
    assert len(program().splitlines()) <= _MOST_LINES


@pytest.mark.parametrize("compiled", [False, True])
def test_the_example_signs_in_and_sends_a_mail_and_the_next_time_it_only_sends(
    compiled: bool, installed: Path, tmp_path: Path
) -> None:
    """On the real MicroPython, with the parts of a Pico W: its WLAN, name server, time server, and TLS."""
    folder = tmp_path / "board"
    shutil.copytree(mip.build() if compiled else installed / "lib", folder / "lib")
    (folder / "main.py").write_text(program())
    (folder / "device.json").write_text(json.dumps(_DEVICE))
    (folder / "roots").mkdir()
    asyncio.run(_played(folder, tmp_path / "flash"))


async def _played(folder: Path, flash: Path) -> None:
    cloud = StandaloneCloud()
    ready = await cloud.start()
    try:
        shutil.copy(ready["ca_der"], folder / "roots" / "ca.der")
        install(folder, flash)
        async with serving(names(_ZONE)) as names_port, serving(the_time()) as time_port:
            lan = {
                "192.0.2.53:53": names_port,
                "192.0.2.123:123": time_port,
                "192.0.2.1:443": int(ready["cloud"].rpartition(":")[2]),
                "192.0.2.2:587": ready["smtp"]["port"],
            }
            async with Bench.powered(flash, "pico_w", {}, lan) as bench:
                await bench.until(lambda: _said(bench, "Open "))
                assert int(await bench.ask("heap")) < _MOST_HEAP
                code = _said(bench, "Open ")[0].rpartition(" ")[2]
                assert "close this window" in await a_person_signs_in(ready, code, _ADMIN)
                await bench.until(lambda: _said(bench, "sent 250 "))
            async with Bench.powered(flash, "pico_w", {}, lan) as bench:
                await bench.until(lambda: _said(bench, "sent 250 "))
                assert not _said(bench, "Open ")
        mailboxes = cloud.servers.cloud.mailboxes
        mails = [mailboxes.raw(_ONA, row["n"]) for row in mailboxes.list(_ONA)]
        for raw in mails:
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            assert mail["From"] == _ADMIN and mail["Subject"] == "21.5 degrees"
            [attachment] = list(mail.iter_attachments())
            assert (attachment.get_filename(), attachment.get_content()) == ("log.csv", "10:00,21.5\r\n")
        assert len(mails) == 2
    finally:
        await cloud.stop()


def _said(bench: Bench, beginning: str) -> list[str]:
    return [line for line in bench.lines if line.startswith(beginning)]
