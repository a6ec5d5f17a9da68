"""The network of a firmware process: real sockets on this computer, led by the simulator's name table.

Interfaces are what the simulator says they are; a link that goes down breaks the streams that run over it. Nothing leaves
the computer unless the option `outside` says so. Sockets and TLS themselves are in `hal/network_micropython.py` and
`hal/network_cpython.py`, which have the same `Sockets`.
"""

import asyncio

from hal import link
from hal.errors import ConnectFailed, LinkDown, NameNotFound
from hal.link import pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hal.api import Buffer, Interface, Stream
    from hal.network_cpython import Listener, Sockets

LOOPBACK = "127.0.0.1"
_PORTS_TRIED = 50
_LOWEST_PORT = 20000
_PORTS = 40000  # how many there are from the lowest


class LinkInterface:
    """An interface as the simulator describes it; `streams` are those that run over it."""

    def __init__(self, fields: "dict[str, Any]") -> None:
        self.name: str = fields["name"]
        self.standard: bool = fields["standard"]
        self.streams: list[Any] = []
        self.set(fields)

    def set(self, fields: "dict[str, Any]") -> None:
        """Take what the simulator says about it now. When it goes down, its streams are lost."""
        self.mac: str = fields["mac"]
        self.address: str = fields["address"]
        self.netmask: str = fields["netmask"]
        self.gateway: str = fields["gateway"]
        self.dns: str = fields["dns"]
        self.web_url: str = fields["web_url"]
        self._up: bool = fields["up"]
        self._signal_dbm: int | None = fields["signal_dbm"]
        if not self._up:
            for stream in list(self.streams):
                stream.lose()

    def up(self) -> bool:
        return self._up

    def signal_dbm(self) -> "int | None":
        return self._signal_dbm


class LinkNetwork:
    """`welcome`: its fields `interfaces`, `names`, `outside`, `web_ports`. `random`: n random bytes."""

    fitted = True

    def __init__(
        self,
        sockets: "Sockets",
        send: "Callable[[int, Buffer], None]",
        random: "Callable[[int], bytes]",
        welcome: "dict[str, Any]",
    ) -> None:
        self.interfaces: list[Interface] = []
        self._by_name: dict[str, LinkInterface] = {}
        for fields in welcome["interfaces"]:
            interface = self._by_name[fields["name"]] = LinkInterface(fields)
            self.interfaces.append(interface)
        self.names: dict[str, list[Any]] = welcome["names"]
        self._outside: bool = welcome["outside"]
        self._web_ports: dict[str, int] = welcome["web_ports"]
        self._sockets = sockets
        self._send = send
        self._random = random
        self._changed = asyncio.Event()
        self.opening = 0  # connections that are being opened

    def set_interface(self, fields: "dict[str, Any]") -> None:
        self._by_name[fields["name"]].set(fields)
        self._changed.set()

    async def changed(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    async def connect(self, host: str, port: int, interface: "Interface", timeout_ms: int) -> "Stream":
        if not interface.up():
            raise LinkDown(f"{interface.name} has no link")
        known = self.names.get(f"{host}:{port}")
        if known is not None:
            address, port = known
        elif self._outside or host == "localhost" or host.startswith("127."):
            address = host
        elif _is_address(host):
            raise ConnectFailed(f"No way leads to {host}")
        else:
            raise NameNotFound(f"The name {host} is not known")
        self.opening += 1
        try:
            return await self._sockets.connect(address, port, timeout_ms, self._by_name[interface.name].streams)
        finally:
            self.opening -= 1

    async def listen(self, port: int) -> "LinkListener":
        """On some free port of loopback instead, as the simulator is told; the one it was told last, if it is free."""
        real_port = self._web_ports.get(str(port), 0)
        for _ in range(_PORTS_TRIED):
            if real_port:
                try:
                    listener = self._sockets.listen(LOOPBACK, real_port, self._standard().streams)
                except ConnectFailed:
                    pass
                else:
                    self._web_ports[str(port)] = real_port
                    self._send(link.WEB_PORT, pack([port, real_port]))
                    for interface in self._by_name.values():
                        interface.web_url = link.web_url(LOOPBACK, port, real_port)
                    return LinkListener(listener, self)
            real_port = _LOWEST_PORT + int.from_bytes(self._random(2), "big") % _PORTS
        raise ConnectFailed("No port is free")

    def _standard(self) -> LinkInterface:
        for interface in self._by_name.values():
            if interface.standard:
                return interface
        raise LinkDown("There is no standard interface")


class LinkListener:
    def __init__(self, listener: "Listener", network: LinkNetwork) -> None:
        self._listener = listener
        self._network = network

    async def accept(self) -> "Stream":
        while True:
            stream = await self._listener.accept()
            for interface in self._network.interfaces:
                if interface.up():
                    return stream
            await stream.close()  # without a link nobody gets here

    async def close(self) -> None:
        await self._listener.close()


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
