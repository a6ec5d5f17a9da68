"""The errors that parts raise, the same on every board. `hal/api.pyi` says which part raises which.

Transport and TLS are apart: a `CertificateError` means that somebody else answered, or that a clock is wrong; it is
never a reason to try without TLS. Texts are for a log: they name hosts, never secrets.
"""


class HardwareError(Exception):
    """Base of all errors of the seam."""


class NetworkError(HardwareError):
    """Base of what can go wrong on the way to a server."""


class LinkDown(NetworkError):
    """The interface has no link or no address."""


class NameNotFound(NetworkError):
    """The host name could not be resolved."""


class ConnectFailed(NetworkError):
    """Nobody accepts connections there, or no way leads there."""


class ConnectionLost(NetworkError):
    """The other end reset or cut the connection."""


class NetworkTimeout(NetworkError):
    """Nothing came, or nothing was taken, within the time allowed."""


class TLSError(NetworkError):
    """The handshake failed for a reason other than the certificate."""


class CertificateError(NetworkError):
    """The server's certificate was refused. `reason`: "expired", "not-yet-valid", "name", "untrusted" or "other"."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(text or reason)
        self.reason = reason


class StorageError(HardwareError):
    """The storage could not read or write."""


class StorageFull(StorageError):
    """No space left."""


class ScannerError(HardwareError):
    """The document was taken away, or the scanner failed."""


class PrinterError(HardwareError):
    """The printer is gone."""
