"""The seam's contract on each board, from its compiled folder on the real MicroPython, against real servers.

Left out are keys, since boards have three or none and the check presses others too, and a document that is taken away, since
the test page then lies there; `test_parts.py` has both.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from boards.mpy import build
from tests.boards.lan import names, the_time
from tests.boards.lan import serving as serving_udp
from tests.boards.on_bench import HERE, Bench, install
from tests.boards.test_pico_w import free_port
from tests.contract import checks
from tests.live.certificates import Authority
from tests.live.test_network import echo, plain, serving, silent, visit_in_tls

pytestmark = pytest.mark.live
_EVERYWHERE = ["storage", "entropy", "identity", "scanner", "panel", "printer", "clock"]
_ONLINE = ["interfaces", "connect", "connect_refusals", "deadline", "tls", "tls_refusals", "listen"]
_SERVING = ["serve_tls"]  # on models that have HTTPS
BOARDS = {
    "pico": _EVERYWHERE,
    "pico_w": _EVERYWHERE + _ONLINE,
    "pico2_w": _EVERYWHERE + _ONLINE + _SERVING,
    "esp32s3": _EVERYWHERE + _ONLINE + _SERVING,
}
_WIFI = {"ssid": "bureau", "wifi_password": "air password", "ntp": "time.test"}
_HOSTS = {"time.test": 9, "echo.test": 10, "tls.test": 11, "wrong.test": 12, "silent.test": 13, "plain.test": 14}


def test_every_check_is_made_somewhere() -> None:
    assert set(_EVERYWHERE + _ONLINE + _SERVING) == {check.__name__ for check in checks.CHECKS} - {
        "keys",
        "scanner_removal",
    }


@pytest.mark.parametrize("board", BOARDS)
def test_contract(board: str, tmp_path: Path) -> None:
    authority = Authority("Test Root")
    flash = flash_of(board, tmp_path, authority.der)

    async def story() -> dict[str, str]:
        async with AsyncExitStack() as stack:
            lan = await servers(stack, tmp_path, authority)
            web_port, tls_port = (lan.setdefault(f"0.0.0.0:{port}", free_port()) for port in (80, 443))
            more: dict[str, Any] = {"display": "ili9341", "heap_kb": 8192}
            async with Bench.powered(flash, board, {}, lan, **more) as bench:
                outcomes: dict[str, str] = {}
                doing = asyncio.create_task(world(bench, web_port, tls_port))
                while len(outcomes) < len(BOARDS[board]):
                    count = len(outcomes)
                    await bench.until(lambda count=count: len(told(bench)) > count)  # type: ignore[misc]
                    outcomes = told(bench)
                doing.cancel()
                return outcomes

    assert asyncio.run(story()) == dict.fromkeys(BOARDS[board], "")


def told(bench: Bench) -> dict[str, str]:
    return dict(json.loads(line[9:]) for line in bench.lines if line.startswith("outcome: "))


async def world(bench: Bench, web_port: int, tls_port: int) -> None:
    """What the checks ask of it."""
    await bench.until(lambda: "state: listening" in bench.lines)
    reader, writer = await asyncio.open_connection("127.0.0.1", web_port)
    writer.write(b"ping")
    assert await reader.readexactly(4) == b"pong"
    writer.close()
    for number in range(5):
        await bench.until(lambda number=number: bench.lines.count("state: listening_tls") > number)  # type: ignore[misc]
        await visit_in_tls(tls_port, number)


def flash_of(board: str, folder: Path, root: bytes) -> Path:
    target = Path(shutil.copytree(build(board), folder / "root"))
    (target / "main.py").write_text((HERE / "contract_main.py").read_text())
    (target / "board.py").write_text(f"from hal.board_{board} import connect\n")
    shutil.copy(checks.__file__, target / "checks.py")
    (target / "checks.json").write_text(json.dumps(BOARDS[board]))
    (target / "device.json").write_text(json.dumps(_WIFI))
    for place, content in (("scans/žodis.pdf", checks.DOCUMENT), ("roots/root.der", root)):
        (target / place).parent.mkdir()
        (target / place).write_bytes(content)
    install(target, folder / "flash")
    return folder / "flash"


async def servers(stack: AsyncExitStack, folder: Path, authority: Authority) -> dict[str, int]:
    """Where the addresses lead; nobody listens on `echo.test:8`."""
    addresses = {host: f"192.0.2.{number}" for host, number in _HOSTS.items()}
    right, wrong = authority.server(folder, "tls.test"), authority.server(folder, "other.test")
    tcp = [
        ("echo.test:7", echo, None),
        ("tls.test:443", echo, right),
        ("wrong.test:443", echo, wrong),
        ("silent.test:9", silent, None),
        ("plain.test:443", plain, None),
    ]
    lan = {
        "192.0.2.53:53": await stack.enter_async_context(serving_udp(names(addresses))),
        addresses["time.test"] + ":123": await stack.enter_async_context(serving_udp(the_time())),
    }
    for where, handler, context in tcp:
        host, _, port = where.partition(":")
        lan[f"{addresses[host]}:{port}"] = await stack.enter_async_context(serving(handler, context))
    return lan
