"""The network of a board that has none: its standard interface is never up, and nothing can be listened on."""

import asyncio

from hal.errors import ConnectFailed, LinkDown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.api import Interface, Listener, Stream


class NoInterface:
    name = "No network"
    standard = True
    mac = address = netmask = gateway = dns = web_url = ""

    def up(self) -> bool:
        return False

    def signal_dbm(self) -> "int | None":
        return None


class NoNetwork:
    fitted = False

    def __init__(self) -> None:
        self.interfaces: list[Interface] = [NoInterface()]

    async def connect(self, host: str, port: int, interface: "Interface", timeout_ms: int) -> "Stream":  # noqa: ARG002
        raise LinkDown("This device has no network")

    async def changed(self) -> None:
        await asyncio.Event().wait()

    async def listen(self, port: int) -> "Listener":
        raise ConnectFailed("This device has no network: nobody would come to port " + str(port))
