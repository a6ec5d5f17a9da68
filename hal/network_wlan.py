"""WLAN: joins the network and comes back to it for ever (`hal/api.pyi` Network). Start at `WlanNetwork.keep`.

Sockets and TLS are in `hal/network_micropython.py`, names in `hal/resolver_udp.py`.
"""

import asyncio
from time import ticks_add, ticks_diff, ticks_ms  # type: ignore[attr-defined]

from micropython import const

from hal.errors import ConnectFailed, LinkDown, NetworkTimeout
from hal.resolver_udp import UdpResolver

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from network import WLAN

    from hal.api import Interface, Listener, Stream
    from hal.network_micropython import Sockets

_JOIN_MS = const(20_000)
_JOIN_STEP_MS = const(200)
_LOOK_MS = const(1000)  # how late a lost link may be noticed
_AGAIN_MS = const(1000)  # after the first failure; twice as long after each further one
_LONGEST_AGAIN_MS = const(60_000)
_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - Web Config is for the whole network
_FAILED = const(
    200
)  # a status from here to 999, or below 0, says that nothing will come of it: which one, ports disagree
_GOING_ON = const(1000)
_NOWHERE = "0.0.0.0"  # noqa: S104
_HTTPS = "https://"
_HTTPS_PORT = const(443)


class WlanInterface:
    name = "Wi-Fi"
    standard = True

    def __init__(self, wlan: "WLAN") -> None:
        self._wlan = wlan
        self._scheme = "http://"
        self.mac = ":".join([f"{byte:02X}" for byte in wlan.config("mac")])
        self.streams: list[Any] = []
        self.clear()

    def clear(self) -> None:
        self.address = self.netmask = self.gateway = self.dns = self.web_url = ""

    def set(self, address: str, netmask: str, gateway: str, dns: str) -> None:
        self.address, self.netmask, self.gateway, self.dns = address, netmask, gateway, dns
        self.listened_on(self._scheme == _HTTPS)

    def listened_on(self, https: bool) -> None:
        self._scheme = _HTTPS if https else "http://"
        self.web_url = self._scheme + self.address + "/" if self.address else ""

    def up(self) -> bool:
        return self.address != ""

    def signal_dbm(self) -> "int | None":
        return int(self._wlan.status("rssi")) if self.up() else None


class WlanNetwork:
    """`wlan` is active: before that it has no MAC. `dns`: a name server to use, "" for the one that the network names."""

    fitted = True

    def __init__(
        self, wlan: "WLAN", sockets: "Sockets", random: "Callable[[int], bytes]", log: "Callable[[str], None]", dns: str
    ) -> None:
        self._wlan = wlan
        self._sockets = sockets
        self._random = random
        self._log = log
        self._dns = dns
        self._interface = WlanInterface(wlan)
        self.interfaces: list[Interface] = [self._interface]
        self.resolver = UdpResolver(sockets.waiters, random, self._servers)
        self._changed = asyncio.Event()

    async def changed(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def tell(self) -> None:
        """Something changed that the device shows of the network."""
        self._changed.set()

    async def connect(self, host: str, port: int, interface: "Interface", timeout_ms: int) -> "Stream":
        deadline = ticks_add(ticks_ms(), timeout_ms)
        if not interface.up():
            raise LinkDown(f"{interface.name} has no link")
        failure: Exception = NetworkTimeout(f"{host} was not reached in time")
        for address in await self.resolver.resolve(host, timeout_ms):
            left_ms = ticks_diff(deadline, ticks_ms())
            if left_ms <= 0:
                break
            try:
                return await self._sockets.connect(address, port, left_ms, self._interface.streams)
            except ConnectFailed as error:  # the next one may live
                failure = error
        raise failure

    async def listen(self, port: int) -> "Listener":
        listener = self._sockets.listen(_EVERY_ADDRESS, port, self._interface.streams)
        self._interface.listened_on(port == _HTTPS_PORT)
        return listener

    async def keep(self, ssid: str, password: str) -> None:
        """Join the network `ssid`, and again whenever it is lost; for ever."""
        if not ssid:
            self._log("wlan: no network was named")
            return
        again_ms = _AGAIN_MS
        while True:
            problem = await self._join(ssid, password)
            if problem:
                self._log("wlan: " + ssid + ": " + problem)
                wait_ms = again_ms // 2 + again_ms * self._random(1)[0] // 256
                again_ms = min(2 * again_ms, _LONGEST_AGAIN_MS)
                await asyncio.sleep(wait_ms / 1000)
                continue
            again_ms = _AGAIN_MS
            while self._look():  # noqa: ASYNC110 - the chip tells nobody
                await asyncio.sleep(_LOOK_MS / 1000)
            self._log("wlan: " + ssid + ": the link is gone")

    async def _join(self, ssid: str, password: str) -> str:
        """Returns what kept it from that, "" for nothing."""
        wlan = self._wlan
        try:
            wlan.active(True)
            wlan.disconnect()  # from an attempt that is still going on: a new one would be refused
            wlan.connect(ssid, password)
        except OSError as error:
            return "it cannot be joined: " + str(error)
        for _ in range(_JOIN_MS // _JOIN_STEP_MS):
            await asyncio.sleep(_JOIN_STEP_MS / 1000)
            if self._look():
                signal = str(self._interface.signal_dbm()) + " dBm"
                self._log("wlan: " + ssid + ": " + self._interface.address + ", " + signal)
                return ""
            if wlan.status() < 0 or _FAILED <= wlan.status() < _GOING_ON:
                break
        return "it cannot be joined, status " + str(wlan.status())

    def _look(self) -> bool:
        """Follow what the chip says; whether it is connected."""
        interface = self._interface
        before = interface.address
        interface.clear()
        if self._wlan.isconnected():
            address, netmask, gateway, dns = self._wlan.ifconfig()
            if address != _NOWHERE:
                interface.set(address, netmask, gateway, self._dns or dns)
        if interface.address != before:
            self.resolver.forget()
            for stream in list(interface.streams):
                stream.lose()
            self.tell()
        return interface.up()

    def _servers(self) -> list[str]:
        dns = self._interface.dns
        return [dns] if dns and dns != _NOWHERE else []
