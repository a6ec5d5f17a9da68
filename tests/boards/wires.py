"""Where a board's network leads: to servers of the test on this computer."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Lan:
    """In place of the module `socket`: addresses lead to where the test has its servers, and names lead nowhere."""

    def __init__(self, leads: "dict[str, int]") -> None:
        import socket

        self._real = socket
        self._leads = leads
        for name in ("socket", "AF_INET", "SOCK_DGRAM", "SOCK_STREAM", "SOL_SOCKET", "SO_REUSEADDR"):
            setattr(self, name, getattr(socket, name))

    def getaddrinfo(self, host: str, port: int) -> "Any":
        if not host.replace(".", "").isdigit():
            raise AssertionError("To look up " + host + " here would hold up everything else")
        port = self._leads.get(host + ":" + str(port), port if host == "0.0.0.0" else 1)
        return self._real.getaddrinfo("127.0.0.1", port)
