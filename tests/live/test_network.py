"""The network of a firmware process: real sockets and TLS against servers of every kind (manual R17, R18)."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.contract import checks
from tests.live.certificates import Authority
from tests.live.rig import INTERPRETERS, Rig

pytestmark = pytest.mark.live

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_DAY_S = 86400


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.test ESMTP, and not in TLS\r\n")
    await reader.read(-1)


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    linger_no_time = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_no_time)


async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def serving(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on loopback; its port."""
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await handler(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            connections.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def visit_in_tls(port: int, number: int) -> None:
    """A client of the device that does as `checks.serve_tls` asks for, and trusts the device's own certificate alone."""
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=checks.CERTIFICATE)
    in_tls: dict[str, Any] = {"ssl": context, "server_hostname": "127.0.0.1"} if number in (0, 3) else {}
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, **in_tls)
        if number == 0:
            writer.write(b"ping")
            assert await reader.readexactly(20_004) == b"pong" + b"x" * 20_000
        elif number == 2:
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
        if number in (1, 2):
            assert await reader.read(1) == b""
        writer.close()
    except OSError:  # what the device does not like it may also reset
        assert number in (2, 3)


def a_call(host: str = "server.test", **changes: Any) -> dict[str, Any]:
    return {
        "host": host,
        "port": 443,
        "interface": 0,
        "tls": {"name": host, "ca": None, "verify": True},
        "timeout_ms": 5000,
        "send": "hello",
        "take": 5,
        **changes,
    }


class Outcome:
    def __init__(self, outcome: str, took_ms: int) -> None:
        self.text = outcome
        self.took_ms = took_ms


async def outcomes_of(rig: Rig) -> list[Outcome]:
    return [Outcome(*outcome) for outcome in await rig.state("outcomes")]


def dialling(interpreter: str, folder: Path, calls: list[dict[str, Any]], port: int, **configuration: Any) -> Any:
    """A device that makes these calls; `server.test:443` leads to `port`."""
    device = folder / "device"
    device.mkdir()
    return Rig.running(
        interpreter,
        "dial.py",
        device,
        files={"calls": json.dumps(calls).encode()},
        **{"names": {"server.test:443": ["127.0.0.1", port]}, **configuration},
    )


def call_server(
    interpreter: str,
    folder: Path,
    handler: Handler,
    context: ssl.SSLContext | None,
    call: dict[str, Any],
    roots: tuple[bytes, ...] = (),
) -> Outcome:
    files = []
    for number, der in enumerate(roots):
        files.append(folder / f"root{number}.der")
        files[-1].write_bytes(der)

    async def main() -> Outcome:
        async with (
            serving(handler, context) as port,
            dialling(interpreter, folder, [call], port, roots=files) as rig,
        ):
            return (await outcomes_of(rig))[0]

    return asyncio.run(main())


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Test Root")


@pytest.fixture(params=INTERPRETERS)
def interpreter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_trusted_server_is_talked_to(interpreter: str, tmp_path: Path, authority: Authority) -> None:
    context = authority.server(tmp_path, "server.test")
    assert call_server(interpreter, tmp_path, echo, context, a_call(), (authority.der,)).text == "hello"


def test_every_built_in_root_counts(interpreter: str, tmp_path: Path, authority: Authority) -> None:
    context = authority.server(tmp_path, "server.test")
    roots = (Authority("Another").der, authority.der)
    assert call_server(interpreter, tmp_path, echo, context, a_call(), roots).text == "hello"


def test_own_roots_replace_the_built_in_ones(interpreter: str, tmp_path: Path, authority: Authority) -> None:
    context = authority.server(tmp_path, "server.test")
    own = {"name": "server.test", "verify": True}
    right = a_call(tls={**own, "ca": [b64encode(authority.der).decode()]})
    wrong = a_call(tls={**own, "ca": [b64encode(Authority("Another").der).decode()]})

    async def main() -> list[str]:
        async with serving(echo, context) as port, dialling(interpreter, tmp_path, [right, wrong], port) as rig:
            return [outcome.text for outcome in await outcomes_of(rig)]

    assert asyncio.run(main()) == ["hello", "CertificateError untrusted"]


@pytest.mark.parametrize(
    ("host", "from_days", "to_days", "reason"),
    [
        ("other.test", -365, 365, "name"),
        ("server.test", -365, -1, "expired"),
        ("server.test", 1, 365, "not-yet-valid"),
    ],
)
def test_a_bad_certificate_is_refused_for_what_it_is(
    interpreter: str, tmp_path: Path, authority: Authority, host: str, from_days: int, to_days: int, reason: str
) -> None:
    context = authority.server(tmp_path, host, from_days, to_days)
    outcome = call_server(interpreter, tmp_path, echo, context, a_call(), (authority.der,))
    assert outcome.text == f"CertificateError {reason}"


def test_an_unknown_root_is_refused(interpreter: str, tmp_path: Path, authority: Authority) -> None:
    """Also when the certificate has expired and is for another name: who it is from matters most."""
    context = Authority("Unknown").server(tmp_path, "other.test", -365, -1)
    outcome = call_server(interpreter, tmp_path, echo, context, a_call(), (authority.der,))
    assert outcome.text == "CertificateError untrusted"


def test_without_verification_any_certificate_will_do(interpreter: str, tmp_path: Path) -> None:
    context = Authority("Unknown").server(tmp_path, "other.test", -365, -1)
    call = a_call(tls={"name": "server.test", "ca": None, "verify": False})
    assert call_server(interpreter, tmp_path, echo, context, call).text == "hello"


def test_a_server_that_speaks_first_is_heard(interpreter: str, tmp_path: Path, authority: Authority) -> None:
    async def greeter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        await reader.read(-1)

    context = authority.server(tmp_path, "server.test")
    call = a_call(send="", take=11)
    assert call_server(interpreter, tmp_path, greeter, context, call, (authority.der,)).text == "220 ready\r\n"


def test_what_is_longer_than_a_record_arrives_whole(interpreter: str, tmp_path: Path, authority: Authority) -> None:
    context = authority.server(tmp_path, "server.test")
    text = "".join(str(number) for number in range(10_000))
    call = a_call(send=text, take=len(text))
    assert call_server(interpreter, tmp_path, echo, context, call, (authority.der,)).text == text


def test_an_end_in_tls_is_an_end(interpreter: str, tmp_path: Path, authority: Authority) -> None:
    context = authority.server(tmp_path, "server.test")
    assert call_server(interpreter, tmp_path, hang_up, context, a_call(), (authority.der,)).text == "<end>"


def test_one_task_reads_while_another_writes(interpreter: str, tmp_path: Path, authority: Authority) -> None:
    """And a process that ends with TLS open and a task waiting on it ends by its own exit code."""
    device = tmp_path / "device"
    device.mkdir()

    async def main() -> tuple[list[Any], int]:
        async with serving(echo, authority.server(tmp_path, "server.test")) as port:
            names = {"server.test:443": ["127.0.0.1", port]}
            async with Rig.running(interpreter, "duplex.py", device, names=names) as rig:
                came = await rig.state("came")
                await rig.link.stop()
                assert rig.process is not None
                return came, await rig.process.wait()

    assert asyncio.run(main()) == ([1 << 20, True], 4)


@pytest.mark.parametrize(
    ("handler", "call", "error"),
    [
        (plain, a_call(), "TLSError"),
        (hang_up, a_call(), "ConnectionLost"),
        (reset, a_call(), "ConnectionLost"),
        (reset, a_call(tls=None), "ConnectionLost"),
        (hang_up, a_call(tls=None), "<end>"),
    ],
    ids=["text instead of TLS", "end in the handshake", "reset in the handshake", "reset", "end"],
)
def test_a_server_that_misbehaves(
    interpreter: str, tmp_path: Path, handler: Handler, call: dict[str, Any], error: str
) -> None:
    assert call_server(interpreter, tmp_path, handler, None, call).text == error


@pytest.mark.parametrize("tls", [None, a_call()["tls"]], ids=["plain", "handshake"])
def test_a_silent_server_costs_the_deadline_and_no_more(
    interpreter: str, tmp_path: Path, tls: dict[str, Any] | None
) -> None:
    outcome = call_server(interpreter, tmp_path, silent, None, a_call(tls=tls, timeout_ms=300))
    assert outcome.text == "NetworkTimeout"
    assert 300 <= outcome.took_ms < 3000


def test_a_server_that_takes_nothing_costs_the_deadline(interpreter: str, tmp_path: Path) -> None:
    async def main() -> str:
        async with serving(deaf) as port:
            names = {"server.test:443": ["127.0.0.1", port]}
            async with Rig.running(interpreter, "flood.py", tmp_path, names=names) as rig:
                return str(await rig.state("outcome"))

    assert asyncio.run(main()) == "NetworkTimeout"


def test_nobody_listens(interpreter: str, tmp_path: Path) -> None:
    async def main() -> str:
        async with serving(echo) as port:
            pass  # now it is free again
        async with dialling(interpreter, tmp_path, [a_call(tls=None)], port) as rig:
            return (await outcomes_of(rig))[0].text

    assert asyncio.run(main()) == "ConnectFailed"


def test_nothing_leaves_the_computer(interpreter: str, tmp_path: Path) -> None:
    """Names that the table does not know are not looked up, on other ports neither; addresses are not dialled."""
    calls = [
        a_call(host, port=port) for host, port in [("login.example", 443), ("server.test", 444), ("192.0.2.1", 443)]
    ]

    async def main() -> list[str]:
        async with dialling(interpreter, tmp_path, calls, 1) as rig:
            return [outcome.text for outcome in await outcomes_of(rig)]

    assert asyncio.run(main()) == ["NameNotFound", "NameNotFound", "ConnectFailed"]


def test_loopback_needs_no_name(interpreter: str, tmp_path: Path) -> None:
    async def main() -> str:
        async with serving(echo) as port:
            call = a_call("127.0.0.1", port=port, tls=None)
            async with dialling(interpreter, tmp_path, [call], 1) as rig:
                return (await outcomes_of(rig))[0].text

    assert asyncio.run(main()) == "hello"


@pytest.mark.parametrize(("outside", "text"), [(False, "ConnectFailed"), (True, "hello")])
def test_outside_lets_other_addresses_be_dialled(interpreter: str, outside: bool, text: str, tmp_path: Path) -> None:
    """0.0.0.0 is no loopback address, and yet Linux leads it to this computer."""

    async def main() -> str:
        async with serving(echo) as port:
            call = a_call("0.0.0.0", port=port, tls=None)
            async with dialling(interpreter, tmp_path, [call], 1, outside=outside) as rig:
                return (await outcomes_of(rig))[0].text

    assert asyncio.run(main()) == text


def test_a_link_that_goes_down_breaks_what_runs_over_it(interpreter: str, tmp_path: Path, authority: Authority) -> None:
    """And a new connection is refused until it is up again; the other interface goes on."""
    context = authority.server(tmp_path, "server.test")
    root = tmp_path / "root.der"
    root.write_bytes(authority.der)
    calls = [a_call(take=6, timeout_ms=60_000), a_call(), a_call(interface=1)]

    async def main() -> list[str]:
        async with (
            serving(echo, context) as port,
            dialling(interpreter, tmp_path, calls, port, roots=[root]) as rig,
        ):
            await rig.state("connected")
            rig.link.interfaces[0].link = False
            return [outcome.text for outcome in await outcomes_of(rig)]

    assert asyncio.run(main()) == ["ConnectionLost", "LinkDown", "hello"]


@pytest.mark.parametrize(
    ("drift_s", "unset", "outcome"),
    [
        (0, False, "hello"),
        (-364 * _DAY_S, False, "hello"),
        (364 * _DAY_S, False, "hello"),
        (366 * _DAY_S, False, "CertificateError expired"),
        (-366 * _DAY_S, False, "CertificateError not-yet-valid"),
        (0, True, "CertificateError not-yet-valid"),
    ],
)
def test_the_devices_own_clock_decides(
    interpreter: str, tmp_path: Path, authority: Authority, drift_s: int, unset: bool, outcome: str
) -> None:
    """TLS goes by the host's clock, which is right; the device's is what a real device would go by."""
    context = authority.server(tmp_path, "server.test")
    root = tmp_path / "root.der"
    root.write_bytes(authority.der)

    async def main() -> str:
        folder = tmp_path / "device"
        folder.mkdir()
        async with serving(echo, context) as port:
            rig = Rig.running(
                interpreter,
                "dial.py",
                folder,
                files={"calls": json.dumps([a_call()]).encode()},
                names={"server.test:443": ["127.0.0.1", port]},
                roots=[root],
                drift_s=drift_s,
                unset=unset,
            )
            async with rig as running:
                return (await outcomes_of(running))[0].text

    assert asyncio.run(main()) == outcome
