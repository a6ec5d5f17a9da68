"""The module `network` of a microcontroller with WLAN, and an access point in the air around it.

As the CYW43's: it joins when it is told to, which takes its time, and does not come back by itself when the link is lost.
"""

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 0, 1, 3
STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD = -2, -3
_JOIN_MS = 300


class Air:
    """The access point `ssid`, which gives whoever knows the password an address."""

    ssid = "bureau"
    password = "air password"
    there = True
    ifconfig = ("192.0.2.17", "255.255.255.0", "192.0.2.1", "192.0.2.53")
    joined = 0  # how often somebody did


air = Air()
chosen: "dict[str, str]" = {}


def country(code: "str | None" = None) -> str:
    if code is not None:
        if len(code) != 2:
            raise ValueError("a country has two letters")
        chosen["country"] = code
    return chosen.get("country", "XX")


def hostname(name: "str | None" = None) -> str:
    if name is not None:
        chosen["hostname"] = name
    return chosen.get("hostname", "PicoW")


class WLAN:
    IF_STA = 0
    PM_NONE = 16

    def __init__(self, interface: int = 0) -> None:
        self._active = False
        self._status = STAT_IDLE
        self._asked_ms = 0
        self._key = ("", "")

    def active(self, on: "bool | None" = None) -> "bool | None":
        if on is None:
            return self._active
        self._active = on
        return None

    def config(self, name: str = "", **settings: "Any") -> "Any":
        if name == "mac":
            return b"\x28\xcd\xc1\x00\x00\x07" if self._active else bytes(6)
        return None

    def connect(self, ssid: str, key: str) -> None:
        if not self._active:
            raise OSError(1)
        self._key = (ssid, key)
        self._status = STAT_CONNECTING
        self._asked_ms = time.ticks_ms()  # type: ignore[attr-defined]

    def disconnect(self) -> None:
        self._status = STAT_IDLE

    def isconnected(self) -> bool:
        return self.status() == STAT_GOT_IP

    def status(self, name: "str | None" = None) -> int:
        if name == "rssi":
            return -61
        waited_ms = time.ticks_diff(time.ticks_ms(), self._asked_ms)  # type: ignore[attr-defined]
        if self._status == STAT_CONNECTING and waited_ms >= _JOIN_MS:
            if not air.there or self._key[0] != air.ssid:
                self._status = STAT_NO_AP_FOUND
            elif self._key[1] != air.password:
                self._status = STAT_WRONG_PASSWORD
            else:
                self._status = STAT_GOT_IP
                air.joined += 1
        elif self._status == STAT_GOT_IP and not air.there:
            self._status = STAT_NO_AP_FOUND
        return self._status

    def ifconfig(self) -> "tuple[str, str, str, str]":
        return air.ifconfig if self.status() == STAT_GOT_IP else ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")
