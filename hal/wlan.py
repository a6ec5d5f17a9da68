"""A board's way into the network: WLAN, the sockets over it, and the clock that time servers set. Start at `go_online`."""

import asyncio

import machine
import network

from hal.clock_ntp import NtpClock
from hal.network_micropython import Sockets
from hal.network_wlan import WlanNetwork

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hal.onboard import Onboard

_TIME_SERVERS = ["0.pool.ntp.org", "1.pool.ntp.org"]


def go_online(board: "Onboard", reconnects: "int | None" = None) -> None:
    """As `/device.json` says: "ssid", "wifi_password", "country", "hostname", "dns", "ntp".

    `reconnects`: how often the WLAN is to come back by itself, where it can.
    """
    device, random, log = board.device, board.entropy.random, board.console.log
    country, hostname = device.text("country"), device.text("hostname")
    if country:
        network.country(country)
    network.hostname(hostname or "scanpost")
    wlan = network.WLAN(network.WLAN.IF_STA)
    wlan.active(True)
    if reconnects is not None:
        wlan.config(reconnects=reconnects)
    clock = board.clock = NtpClock(machine.RTC().datetime, log)
    sockets = Sockets(board.root_files, clock.now)
    net = board.network = WlanNetwork(wlan, sockets, random, log, device.text("dns"))
    server = device.text("ntp")
    servers = [server] if server else _TIME_SERVERS
    board.tasks = [
        asyncio.create_task(net.keep(device.text("ssid"), device.text("wifi_password"))),
        asyncio.create_task(clock.keep(servers, sockets.waiters, net.resolver, random, net.interfaces[0].up, net.tell)),
    ]
