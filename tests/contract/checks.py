"""The contract of the seam as checks that run inside the device, on MicroPython and on CPython alike.

Each check is given a board and asserts what `hal/api.pyi` promises. The world around it offers: `echo.test:7` (sends
back what comes, ends when the client ends), `tls.test:443` (TLS for that name; then echo), `wrong.test:443` (TLS,
certificate for another name), `silent.test:9` (accepts and says nothing), `plain.test:443` (answers TLS with text), no
listener on `echo.test:8`, no such name as `nowhere.test`; a document of 20,000 known bytes on the glass.
"""

import asyncio
import binascii

from hal.errors import (
    CertificateError,
    ConnectFailed,
    NameNotFound,
    NetworkError,
    NetworkTimeout,
    ScannerError,
    StorageError,
    TLSError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hal.api import Board, Stream

# A certificate for tests that was made as `firmware/device_certificate.py` does it, and its key
CERTIFICATE = binascii.a2b_base64(
    b"MIIBpjCCAU2gAwIBAgIQVP803s9GddNQPo72EtjYQzAKBggqhkjOPQQDAjAeMRwwGgYDVQQDDBNTY2FucG9zdCBTUDAwMDAxMjM0"
    b"MCAXDTE5MDEwMTAwMDAwMFoYDzk5OTkxMjMxMjM1OTU5WjAeMRwwGgYDVQQDDBNTY2FucG9zdCBTUDAwMDAxMjM0MFkwEwYHKoZI"
    b"zj0CAQYIKoZIzj0DAQcDQgAE7cN8NKcVgevAvN+CAALmnMkshXKkxl3tLhy5ToIq+t87VgGxn/1ysNq9lDJ5YzdzUfNMhZbE4xr5"
    b"cspIUfOBdKNrMGkwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYEFIdI"
    b"wmMhQ0DAsdvd1M2Z1+AkGSKZMBUGA1UdEQQOMAyHBH8AAAGHBMsAcQcwCgYIKoZIzj0EAwIDRwAwRAIgNEkGy7Ix3HclHBI4GyP4"
    b"CAAgJEgeFHpuolQpFk3jYoICIDJM8/p8sOj1z/GtZvPX0ODpegkUXO/XGR1l7LG0B8ti"
)
KEY = binascii.a2b_base64(
    b"MHcCAQEEIEV8dp852GRBmcDlvbz7yFs3zpHL3h/BsOprRPEwQ23XoAoGCCqGSM49AwEHoUQDQgAE7cN8NKcVgevAvN+CAALmnMks"
    b"hXKkxl3tLhy5ToIq+t87VgGxn/1ysNq9lDJ5YzdzUfNMhZbE4xr5cspIUfOBdA=="
)
DOCUMENT = bytes((i * 7 + i // 256) % 256 for i in range(20000))


async def clock(board: "Board") -> None:
    first, started = board.clock.now(), board.clock.ticks_ms()
    assert first is not None and first > 1_700_000_000
    await board.clock.sleep_ms(30)
    passed = board.clock.ticks_ms() - started
    assert 30 <= passed < 5000, passed
    await board.clock.sleep_ms(0)
    await board.clock.sleep_ms(-5)


async def storage(board: "Board") -> None:
    s = board.storage
    assert s.size("probe") == -1 and s.read("probe", 0, 10) == b""
    s.write("probe", b"one")
    s.append("probe", memoryview(b" two"))
    assert s.read("probe", 0, 100) == b"one two" and s.read("probe", 4, 2) == b"tw" and s.size("probe") == 7
    assert s.read("probe", 7, 1) == b""
    s.append("grown", b"x")
    s.rename("probe", "grown")
    assert s.size("probe") == -1 and s.read("grown", 0, 100) == b"one two"
    assert "grown" in s.names() and "probe" not in s.names()
    s.write("grown", b"")
    assert s.size("grown") == 0
    s.write("grown", b"long" * 3000)  # several blocks of flash, then fewer bytes in its place
    assert s.size("grown") == 12000 and s.read("grown", 11998, 10) == b"ng" and s.read("grown", 4094, 4) == b"nglo"
    s.append("grown", memoryview(b"not this one, this")[14:])
    assert s.read("grown", 11996, 100) == b"longthis"
    s.write("grown", b"short")
    assert s.read("grown", 0, 20000) == b"short"
    s.append("e" * 32, b"")
    assert s.size("e" * 32) == 0
    s.remove("e" * 32)
    s.remove("grown")
    s.remove("grown")
    for bad in ("../x", "A", "", "a/b", ".hidden", "x" * 33):
        await _raises(StorageError, s.write, bad, b"")
        await _raises(StorageError, s.rename, bad, "other")
        await _raises(StorageError, s.size, bad)
        await _raises(StorageError, s.read, bad, 0, 1)
        await _raises(StorageError, s.remove, bad)
    await _raises(StorageError, s.rename, "absent", "other")
    assert s.size("other") == -1


async def entropy(board: "Board") -> None:
    assert len(board.entropy.random(16)) == 16
    assert board.entropy.random(16) != board.entropy.random(16)


async def identity(board: "Board") -> None:
    i = board.identity
    assert i.model and i.serial and i.firmware and len(i.label_password) >= 10
    assert i.serial not in i.label_password
    old_key = i.chip_key
    i.new_chip_key()
    assert len(i.chip_key) == len(old_key) == 32 and i.chip_key != old_key
    assert set(i.features) <= {"fax", "my-email", "https"}
    assert i.https in (False, "https" in i.features) and i.certificate() is None
    assert isinstance(i.client_id, str) and isinstance(i.tenant, str)


async def interfaces(board: "Board") -> None:
    standard = [i for i in board.network.interfaces if i.standard]
    assert len(standard) == 1 and standard[0].up() and standard[0].address and len(standard[0].mac) == 17
    signal_dbm = standard[0].signal_dbm()
    assert signal_dbm is None or -120 < signal_dbm < 0


async def connect(board: "Board") -> None:
    stream = await _open(board, "echo.test", 7)
    await stream.write(b"hello", 1000)
    assert await _exactly(stream, 5) == b"hello"
    await stream.write(bytearray(b"a" * 100_000), 5000)
    assert await _exactly(stream, 100_000) == b"a" * 100_000
    await stream.close()
    await stream.close()
    await _raises_async(NetworkError, stream.read(1, 100))


async def connect_refusals(board: "Board") -> None:
    await _raises_async(NameNotFound, _open(board, "nowhere.test", 7))
    await _raises_async(ConnectFailed, _open(board, "echo.test", 8))


async def deadline(board: "Board") -> None:
    stream = await _open(board, "silent.test", 9)
    started = board.clock.ticks_ms()
    await _raises_async(NetworkTimeout, stream.read(1, 200))
    assert 150 <= board.clock.ticks_ms() - started < 5000
    await stream.close()
    stream = await _open(board, "silent.test", 9)
    await _raises_async(NetworkTimeout, stream.start_tls("silent.test", None, True, 200))
    await stream.close()


async def tls(board: "Board") -> None:
    stream = await _open(board, "tls.test", 443)
    await stream.start_tls("tls.test", None, True, 5000)
    await stream.write(b"x" * 20_000, 5000)
    assert await _exactly(stream, 20_000) == b"x" * 20_000
    await stream.close()


async def tls_refusals(board: "Board") -> None:
    assert await _certificate_reason(board, "wrong.test", None) == "name"
    assert await _certificate_reason(board, "tls.test", []) == "untrusted"
    stream = await _open(board, "wrong.test", 443)
    await stream.start_tls("wrong.test", None, False, 5000)
    await stream.write(b"unchecked", 1000)
    assert await _exactly(stream, 9) == b"unchecked"
    await stream.close()
    stream = await _open(board, "plain.test", 443)
    await _raises_async(TLSError, stream.start_tls("plain.test", None, True, 5000))
    await stream.close()


async def listen(board: "Board") -> None:
    """The world connects to port 80 when it sees the listener, sends "ping" and expects "pong"."""
    listener = await board.network.listen(80)
    board.monitor.state("listening", True)
    stream = await listener.accept()
    assert await _exactly(stream, 4) == b"ping"
    await stream.write(b"pong", 1000)
    assert await stream.read(1, 5000) == b""
    await stream.close()
    await listener.close()


async def serve_tls(board: "Board") -> None:
    """For each state "listening_tls" the world connects to port 443: in TLS with "ping", for "pong"; saying nothing; with
    text instead of TLS; in TLS once more; and to close the connection at once.
    """
    assert not any(each.web_url.startswith("https") for each in board.network.interfaces)
    listener = await board.network.listen(443)
    assert all(each.web_url.startswith("https://") for each in board.network.interfaces if each.up())
    for number, error in enumerate((None, NetworkTimeout, TLSError, CertificateError, NetworkError)):
        board.monitor.state("listening_tls", number)
        stream = await listener.accept()
        key = KEY[:-1] if error is CertificateError else KEY
        begun = [0]

        def begins(begun: "list[int]" = begun) -> None:
            begun[0] += 1

        serving = stream.serve_tls(CERTIFICATE, key, 300 if error is NetworkTimeout else 5000, begins)
        if error is None:
            await serving
            assert begun == [1]
            assert await _exactly(stream, 4) == b"ping"
            await stream.write(b"pong" + b"x" * 20_000, 5000)
            assert await stream.read(1, 5000) == b""
        else:
            await _raises_async(error, serving)
            assert begun == [0]
        await stream.close()
    await listener.close()


async def scanner(board: "Board") -> None:
    document = board.scanner.document()
    assert document is not None and document.size == len(DOCUMENT) and document.name == "žodis.pdf"
    for _ in range(2):
        scan = await board.scanner.open(document)
        seen = b""
        while True:
            chunk = await scan.read()
            if not chunk:
                break
            assert len(chunk) <= 8192
            seen += chunk
        assert seen == DOCUMENT
        await scan.close()


async def scanner_removal(board: "Board") -> None:
    """The world takes the document away when it reads `part` "scanning"."""
    document = board.scanner.document()
    assert document is not None
    scan = await board.scanner.open(document)
    assert len(await scan.read()) > 0
    board.monitor.state("scanning", True)
    while board.scanner.document() is not None:
        await board.clock.sleep_ms(5)
    await _raises_async(ScannerError, scan.read())
    await scan.close()
    await _raises_async(ScannerError, board.scanner.open(document))


async def panel(board: "Board") -> None:
    """The world looks once, and looks again when it has seen the first frame."""
    p = board.panel
    p.palette(bytes(48))
    p.say("probe", "lt", [("Žodžiai", 1, 2, 30, 10, 1)])
    frame = bytearray(p.height * ((p.width * p.depth + 7) // 8))
    for fill in (0, 255):
        await p.ready()
        for i in range(len(frame)):
            frame[i] = fill
        p.show(frame)


async def keys(board: "Board") -> None:
    """The world presses OK, then types "ž", then touches (10, 20) where the panel can be touched."""
    board.monitor.state("keys", True)
    for transition in (("ok", True), ("ok", False), ("ž", True), ("ž", False)):
        assert await board.keys.next() == transition
    if board.touch is not None:
        for pressed in (True, False):
            assert await board.touch.next() == (10, 20, pressed)


async def printer(board: "Board") -> None:
    assert board.printer.states() == []
    await board.printer.write(b"\x1b@\x1bt\x21")
    await board.printer.write("Būsena\n".encode().replace("ū".encode(), b"\xd7") + b"\x1dV\x00")


CHECKS = [
    clock, storage, entropy, identity, interfaces, connect, connect_refusals, deadline, tls, tls_refusals, listen,
    serve_tls, scanner, scanner_removal, panel, keys, printer,
]  # fmt: skip


async def _open(board: "Board", host: str, port: int) -> "Stream":
    standard = next(i for i in board.network.interfaces if i.standard)
    return await board.network.connect(host, port, standard, 2000)


async def _exactly(stream: "Stream", n: int) -> bytearray:
    data = bytearray(n)  # at once: a small heap has no room for one that grows
    done = 0
    while done < n:
        piece = await stream.read(min(4096, n - done), 5000)
        assert piece, "the stream ended early"
        data[done : done + len(piece)] = piece
        done += len(piece)
    return data


async def _certificate_reason(board: "Board", host: str, ca: "list[bytes] | None") -> str:
    stream = await _open(board, host, 443)
    try:
        await stream.start_tls(host, ca, True, 5000)
    except CertificateError as error:
        return error.reason
    finally:
        await stream.close()
    return "accepted"


async def _raises(error: "type[Exception]", function: "Callable[..., object]", *arguments: object) -> None:
    try:
        function(*arguments)
    except error:
        return
    raise AssertionError(f"{function} took {arguments}")


async def _raises_async(error: "type[Exception]", waiting: "Awaitable[object]") -> None:
    try:
        await waiting
    except error:
        return
    raise AssertionError(f"{error} was not raised")


async def run(board: "Board", name: str) -> str:
    """Run one check; "" when it held, else what did not."""
    for check in CHECKS:
        if check.__name__ == name:
            try:
                await asyncio.wait_for(check(board), 30)
            except AssertionError as error:
                return "did not hold: " + str(error)
            return ""
    return "no such check"
