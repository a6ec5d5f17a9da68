"""A short text to be mailed, in the shape of a scan: for the connection test and for notices."""


class TextScan:
    """`hal/api.pyi` Scan."""

    page = 0

    def __init__(self, data: bytes) -> None:
        self._rest = data

    async def read(self) -> bytes:
        data, self._rest = self._rest, b""
        return data

    async def close(self) -> None:
        return
