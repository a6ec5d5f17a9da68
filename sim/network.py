"""The network of the virtual world: in-memory streams with the manners of TCP and TLS.

`SimNetwork` is the device's network part (`hal/api.pyi` Network): its name table leads host names and ports to services,
and to nothing else. A `MemoryStream` is one end of a connection; its other end is handed to the service, or to the device
when somebody connects to it. TLS is what it costs and what it checks, not its arithmetic: the bytes stay readable here.
How long things take and how bytes arrive is the `Weather`; that something breaks is a fault (`sim/cloud/faults.py`).
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_private_key

from hal.errors import (
    CertificateError,
    ConnectFailed,
    ConnectionLost,
    LinkDown,
    NameNotFound,
    NetworkTimeout,
    TLSError,
)
from sim.loop import Handle, VirtualLoop, virtual_loop

if TYPE_CHECKING:
    from hal.api import Buffer, Clock

    Service = Callable[["MemoryStream"], Awaitable[None]]

_WINDOW = 65536  # bytes that may wait at one end before its peer's writes wait
_BACKLOG = 8
_HTTPS_PORT = 443
Range = tuple[int, int]


class Weather(NamedTuple):
    """What the network is like; each (least, most) is drawn from the world's seed anew whenever it is met."""

    lookup_ms: Range = (0, 0)
    connect_ms: Range = (10, 10)
    handshake_ms: Range = (30, 30)
    latency_ms: Range = (0, 0)  # of each write; what was written first arrives first
    bytes_per_s: int = 0  # 0: as many as there are
    pieces: bool = False  # a read gives a drawn part of what is there


CALM = Weather()
ROUGH = Weather((1, 400), (10, 2000), (30, 3000), (0, 300), 20_000, True)


def _draw(random: random.Random, span: Range) -> int:
    least, most = span
    return least if least == most else random.randint(least, most)


class SimInterface:
    """One network interface of the simulated device (`hal/api.pyi` Interface)."""

    def __init__(self, name: str, mac: str, address: str, standard: bool = True) -> None:
        self.name = name
        self.standard = standard
        self.mac = mac
        self.address = address
        self.netmask = "255.255.255.0"
        self.gateway = address.rpartition(".")[0] + ".1"
        self.dns = self.gateway
        self.web_url = f"http://{address}/"
        self.link = True
        self.radio_dbm: int | None = None  # a cable has none

    def up(self) -> bool:
        return self.link and self.address != ""

    def signal_dbm(self) -> int | None:
        return self.radio_dbm if self.up() else None


class MemoryStream:
    """One end of a connection. Made in pairs by `pair`; both the device's Stream and a service's ServerStream."""

    def __init__(self, peer: str, weather: Weather = CALM, draws: random.Random | None = None) -> None:
        self.peer = peer
        self._weather = weather
        self._at_once = weather.latency_ms == (0, 0) and not weather.bytes_per_s
        self._draws = draws or random.Random(0)
        self._coming: deque[tuple[float, bytes | None]] = deque()  # sent by this end: when it arrives; None is the end
        self._under_way = 0  # bytes of it
        self.other: MemoryStream = self
        self.roots: list[bytes] = []
        self.wall_clock: Callable[[], int | None] = lambda: None
        self.sent_bytes = 0
        self._inbox = bytearray()
        self._end = False  # the other end will send no more
        self._lost = False  # the connection was cut
        self._closed = False
        self._waiters: list[asyncio.Future[None]] = []  # who waits at this end
        self._blocked = False  # one of them wants to write, and the window is full
        self._alarm: Handle | None = None  # wakes them all: one timer for many waits
        self._alarm_ms = 0
        self._hello = False  # this end has begun its TLS handshake
        self._certificate: bytes | None = None

    async def read(self, n: int, timeout_ms: int) -> bytes:
        if not self._inbox or self._lost or self._closed:
            await self._until(self._heard, timeout_ms, "Nothing came")
        if self._weather.pieces and n > 1 and len(self._inbox) > 1:
            n = self._draws.randint(1, min(n, len(self._inbox)))
        if len(self._inbox) <= n:
            data = bytes(self._inbox)
            self._inbox.clear()
        else:
            data = bytes(self._inbox[:n])
            del self._inbox[:n]
        if self.other._blocked:
            self.other._wake()
        return data

    def _heard(self) -> bool:
        return bool(self._inbox) or self._end

    async def write(self, data: Buffer, timeout_ms: int) -> None:
        other = self.other
        if len(other._inbox) + self._under_way >= _WINDOW:
            self._blocked = True
            try:
                await self._until(
                    lambda: len(other._inbox) + self._under_way < _WINDOW or other._closed,
                    timeout_ms,
                    "Nothing was taken",
                )
            finally:
                self._blocked = False
        if self._lost or self._closed or other._closed:
            raise ConnectionLost("The connection was closed")
        self.sent_bytes += len(data)
        self._send(bytes(data))

    def _send(self, data: bytes | None) -> None:
        """Let it arrive after what was sent before; at once in calm weather. None: there will be no more."""
        if self._at_once:
            self._put(data)
            return
        weather, loop = self._weather, asyncio.get_running_loop()
        delay_s = _draw(self._draws, weather.latency_ms) / 1000
        if weather.bytes_per_s and data:
            delay_s += len(data) / weather.bytes_per_s
        due = max(loop.time() + delay_s, self._coming[-1][0] if self._coming else 0.0)
        self._coming.append((due, data))
        self._under_way += len(data or b"")
        loop.call_at(due, self._arrive)

    def _arrive(self) -> None:
        """One timer for each thing sent: which of two at the same moment fires first makes no difference."""
        _, data = self._coming.popleft()
        self._under_way -= len(data or b"")
        self._put(data)
        if self._blocked:
            self._wake()

    def _put(self, data: bytes | None) -> None:
        other = self.other
        if data is None:
            other._end = True
        else:
            other._inbox += data
        if other._waiters:
            other._wake()

    async def start_tls(self, server_hostname: str, ca: list[bytes] | None, verify: bool, timeout_ms: int) -> None:
        if self._inbox:
            raise TLSError("The server sent bytes before the TLS handshake")
        other = self.other
        self._hello = True
        other._wake()
        handshake_ms = _draw(self._draws, self._weather.handshake_ms)
        await asyncio.sleep(min(handshake_ms, timeout_ms) / 1000)
        if handshake_ms > timeout_ms:
            raise NetworkTimeout(f"No TLS answer came within {timeout_ms} ms")
        await self._until(
            lambda: other._certificate is not None or bool(self._inbox) or self._end, timeout_ms, "No TLS answer came"
        )
        if other._certificate is None and not self._inbox:
            raise ConnectionLost("The server closed the connection in the TLS handshake")
        if other._certificate is None:
            raise TLSError("The server did not answer in TLS")
        if verify:
            try:
                check_certificate(
                    other._certificate, server_hostname, self.roots if ca is None else ca, self.wall_clock()
                )
            except CertificateError:
                await self.close()
                raise

    async def serve_tls(self, certificate: bytes, key: bytes, timeout_ms: int, begun: Callable[[], None]) -> None:
        """As the device does it; a server of the world has its key elsewhere."""
        late_ms = virtual_loop().now_ms + timeout_ms
        await self._until(lambda: self.other._hello or self._heard(), timeout_ms, "No TLS handshake came")
        if not _belongs(certificate, key):
            raise CertificateError("other", "The device's own certificate is of no use")
        if not self.other._hello:
            if not self._inbox:
                raise ConnectionLost("The client closed the connection before the TLS handshake")
            raise TLSError("The client did not begin a TLS handshake")
        begun()
        await self.start_tls_server(certificate, max(1, late_ms - virtual_loop().now_ms))

    @property
    def shown(self) -> bytes | None:
        """The certificate that the other end has shown."""
        return self.other._certificate

    async def start_tls_server(self, certificate_der: bytes, timeout_ms: int = 60_000) -> None:
        """Answer the other end's handshake. Bytes it sent in clear before are dropped (RFC 3207 6)."""
        self._inbox.clear()
        self._certificate = certificate_der
        self.other._wake()
        await self._until(
            lambda: self.other._hello or bool(self._inbox) or self._end, timeout_ms, "No TLS handshake came"
        )
        if not self.other._hello:
            raise TLSError("The client did not begin a TLS handshake")

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.finish()
            self.other._wake()
            self._end_waiting()

    def finish(self) -> None:
        """Say no more; what comes is still taken."""
        self._send(None)

    def cut(self) -> None:
        """Reset the connection, as a dead network or a dead process does."""
        for end in (self, self.other):
            end._lost = True
            end._end_waiting()

    def _end_waiting(self) -> None:
        self._wake()
        if self._alarm is not None:
            self._alarm.cancel()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _until(self, holds: Callable[[], bool], timeout_ms: int, complaint: str) -> None:
        loop = virtual_loop()
        late_ms = loop.now_ms + timeout_ms
        while not self._lost and not self._closed and not holds():
            if loop.now_ms >= late_ms:
                raise NetworkTimeout(f"{complaint} within {timeout_ms} ms")
            if self._alarm is None or self._alarm_ms > late_ms:
                self._set_alarm(loop, late_ms)
            waiter = loop.create_future()
            self._waiters.append(waiter)
            await waiter
        if self._lost or self._closed:
            raise ConnectionLost("The connection was lost")

    def _set_alarm(self, loop: VirtualLoop, when_ms: int) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = loop.call_at_ms(when_ms, self._ring)
        self._alarm_ms = when_ms

    def _ring(self) -> None:
        """For one of those who wait it may be too late; the others set it anew."""
        self._alarm = None
        self._wake()


def pair(
    client_address: str, server_address: str, weather: Weather = CALM, draws: random.Random | None = None
) -> tuple[MemoryStream, MemoryStream]:
    """The client's end and the server's end of a new connection."""
    client, server = MemoryStream(server_address, weather, draws), MemoryStream(client_address, weather, draws)
    client.other, server.other = server, client
    return client, server


class _Listener:
    def __init__(self, closed: Callable[[], None]) -> None:
        self._queue: list[MemoryStream] = []
        self._arrived = asyncio.Event()
        self._on_close = closed

    async def accept(self) -> MemoryStream:
        while not self._queue:
            self._arrived.clear()
            await self._arrived.wait()
        return self._queue.pop(0)

    async def close(self) -> None:
        self._on_close()
        for stream in self._queue:
            await stream.close()

    def offer(self, stream: MemoryStream) -> bool:
        if len(self._queue) >= _BACKLOG:
            return False
        self._queue.append(stream)
        self._arrived.set()
        return True


class SimNetwork:
    """The device's network in the virtual world. `services` is the whole Internet: (host, port) -> service."""

    fitted = True

    def __init__(
        self,
        clock: Clock,
        roots: list[bytes],
        interfaces: list[SimInterface],
        weather: Weather = CALM,
        draws: random.Random | None = None,
    ) -> None:
        """`draws`: where the weather is drawn from."""
        self._changed = asyncio.Event()
        self.interfaces = interfaces
        self.services: dict[tuple[str, int], Service] = {}
        self.names_down: set[str] = set()  # host names that do not resolve now
        self.trouble: Callable[[str], str] = lambda _: ""  # "dns", "dns-silence" or "refused" for who connects now
        self.connects = 0  # asked for by the device
        self._weather = weather
        self._draws = draws or random.Random(0)
        self._clock = clock
        self._roots = roots
        self._listeners: dict[int, _Listener] = {}
        self._open: list[MemoryStream] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def connect(self, host: str, port: int, interface: SimInterface, timeout_ms: int) -> MemoryStream:
        self.connects += 1
        if not interface.up():
            raise LinkDown(f"{interface.name} has no link")
        trouble = self.trouble(host)
        ms = _draw(self._draws, self._weather.lookup_ms) + _draw(self._draws, self._weather.connect_ms)
        if trouble == "dns-silence":
            ms = timeout_ms + 1
        await asyncio.sleep(min(ms, timeout_ms) / 1000)
        if ms > timeout_ms:
            raise NetworkTimeout(f"No connection to {host} within {timeout_ms} ms")
        if not interface.up():
            raise LinkDown(f"{interface.name} has no link")
        if trouble == "dns" or host in self.names_down or not any(host == name for name, _ in self.services):
            raise NameNotFound(f"The name {host} is not known")
        service = self.services.get((host, port))
        if service is None or trouble == "refused":
            raise ConnectFailed(f"{host} accepts no connections on port {port}")
        client = self.call(service, f"{host}:{port}", interface.address, self._weather)
        client.roots, client.wall_clock = self._roots, self._clock.now
        self._open = [stream for stream in self._open if not stream._closed]
        self._open.append(client)
        return client

    def call(
        self, service: Service, address: str, peer: str = "198.51.100.20", weather: Weather = CALM
    ) -> MemoryStream:
        """Connect somebody to a service; its end runs as a task named "service"."""
        client, server = pair(peer, address, weather, self._draws)
        task = asyncio.get_running_loop().create_task(self._serve(service, server), name="service")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return client

    async def _serve(self, service: Service, stream: MemoryStream) -> None:
        try:
            await service(stream)
        except (ConnectionLost, NetworkTimeout, TLSError):
            return  # the client went away: a service has nobody left to tell
        finally:
            await stream.close()

    async def listen(self, port: int) -> _Listener:
        if port in self._listeners:
            raise ConnectFailed(f"Port {port} is in use")
        listener = self._listeners[port] = _Listener(lambda: self._forget(port))
        for interface in self.interfaces:
            scheme = "https" if port == _HTTPS_PORT else "http"
            interface.web_url = f"{scheme}://{interface.address}/" if interface.address else ""
        return listener

    def _forget(self, port: int) -> None:
        self._listeners.pop(port, None)

    def dial(self, port: int, peer: str = "198.51.100.20") -> MemoryStream:
        """Connect to the device from outside. Raises ConnectFailed."""
        client, server = pair(peer, f"{self.interfaces[0].address}:{port}")
        listener = self._listeners.get(port)
        if listener is None or not self.interfaces[0].up() or not listener.offer(server):
            raise ConnectFailed(f"The device accepts no connections on port {port}")
        self._open.append(client)
        return client

    def set_link(self, interface: SimInterface, link: bool) -> None:
        """Plug the cable in or pull it: connections do not survive the pulling."""
        interface.link = link
        if not link:
            self.power_off(forget_listeners=False)
        self._changed.set()

    async def changed(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def power_off(self, forget_listeners: bool = True) -> None:
        for stream in self._open:
            stream.cut()
        self._open.clear()
        if forget_listeners:
            self._listeners.clear()


@functools.lru_cache(maxsize=64)
def _parsed(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


@functools.lru_cache(maxsize=64)
def _belongs(certificate: bytes, key: bytes) -> bool:
    """Whether they can be read, and the key is the certificate's."""
    try:
        private = load_der_private_key(key, None)
        return bool(private.public_key() == _parsed(certificate).public_key())
    except (ValueError, UnsupportedAlgorithm):
        return False


@functools.lru_cache(maxsize=256)
def _issued_by(der: bytes, ca_der: bytes) -> bool:
    try:
        _parsed(der).verify_directly_issued_by(_parsed(ca_der))
    except (ValueError, TypeError, InvalidSignature):
        return False
    constraints = _parsed(ca_der).extensions.get_extension_for_class(x509.BasicConstraints).value
    return constraints.ca


@functools.lru_cache(maxsize=64)
def _names(der: bytes) -> list[str]:
    try:
        names = _parsed(der).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []  # a name in the subject counts no more (RFC 9525 6.4.4)
    return names.get_values_for_type(x509.DNSName) + [str(a) for a in names.get_values_for_type(x509.IPAddress)]


@functools.lru_cache(maxsize=64)
def _validity(der: bytes) -> tuple[float, float]:
    """From when until when, in Unix seconds."""
    certificate = _parsed(der)
    return certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()


def check_certificate(der: bytes, hostname: str, ca: list[bytes], now_s: int | None) -> None:
    """What a TLS client checks: issuer, name (RFC 9525: DNS-ID or IP-ID), validity by the device's own clock."""
    if not any(_issued_by(der, root) for root in ca):
        raise CertificateError("untrusted", f"The certificate of {hostname} is refused")
    if hostname not in _names(der):
        raise CertificateError("name", f"The certificate of {hostname} is refused")
    begin_s, end_s = _validity(der)
    if (now_s or 0) < begin_s:
        raise CertificateError("not-yet-valid", "The certificate is not valid yet by the device's clock")
    if (now_s or 0) > end_s:
        raise CertificateError("expired", "The certificate has expired by the device's clock")
